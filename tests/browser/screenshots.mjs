// Makes docs/screenshots from the demo: node screenshots.mjs [PAGE …]. Fictional people, the demo's own moments.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { signIn, startBrowser, startDemo, widths } from "./demo.mjs";
import { places } from "./places.mjs";

const folder = join(import.meta.dirname, "../../docs/screenshots");
const wanted = process.argv.length > 2 ? process.argv.slice(2) : ["month", "event", "check-in", "report", "planner"];

await mkdir(folder, { recursive: true });
const [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
try {
  const page = await signIn(browser, demo.organiser);
  const where = await places(demo, page);
  // A door with somebody through it.
  await page.goto(demo.url + where["check-in"]);
  for (const number of ["NY001", "NY002", "NY003", "NY006", "NY011", "NY012"]) {
    await page.goto(`${demo.url}${where["check-in"]}?q=${number}`);
    await page.locator(`button.person[value=${number}]`).click();
  }
  for (const name of wanted) {
    for (const viewport of Object.values(widths)) {
      await page.setViewportSize(viewport);
      const answer = await page.goto(demo.url + where[name]);
      if (answer.status() !== 200) throw new Error(`${name}: ${answer.status()}`);
      await page.screenshot({ path: join(folder, `${name}-${viewport.width}.png`) });
    }
  }
} finally {
  await browser.close();
  await demo.stop();
}
