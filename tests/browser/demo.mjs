// The program in its demo, as a process in a folder of its own, and Chromium to look at it with.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

const binary = resolve(process.env.PUFA_TEST_BINARY ?? join(import.meta.dirname, "../../target/debug/pufa"));

export const widths = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 900 } };

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/// Starts `pufa serve --demo` on an empty folder; gives its address and the two printed links.
export async function startDemo() {
  const folder = await mkdtemp(join(tmpdir(), "pufa-demo-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { ...process.env, PUFA__SERVER__LISTEN: `127.0.0.1:${port}` };
  const server = spawn(binary, ["serve", "--demo"], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((done) => server.once("exit", done));
  let out = "", log = "";
  server.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  server.stderr.setEncoding("utf8").on("data", (text) => (log += text));
  const links = () => out.match(/http:\/\/127\.0\.0\.1:\d+\/(?:enter|sign-in)\/[\w-]+/g) ?? [];
  const from = Date.now();
  while (links().length < 2 || !(await ready(url))) {
    if (server.exitCode !== null || Date.now() - from > 60_000) {
      server.kill("SIGKILL");
      throw new Error(`the demo does not start:\n${out}\n${log}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  const [organiser, staff] = links();
  return {
    url, organiser, staff,
    log: () => log,
    async stop() {
      server.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const ready = (url) => fetch(`${url}/readyz`).then((answer) => answer.ok, () => false);

/// Debian's Chromium without a screen; it asks nobody outside for anything.
export const startBrowser = () => chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});

/// A page of somebody who opened a sign-in link. `options` are those of a browser context.
export async function signIn(browser, link, options = {}) {
  const context = await browser.newContext({ viewport: widths.desk, locale: "zh-CN", ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  await page.goto(link);
  const button = page.locator("form[method=post] button.primary");
  // A mailed link is confirmed by a button; mail filters open links too.
  if (new URL(page.url()).pathname.startsWith("/sign-in/")) await button.click();
  return page;
}
