// What a page must keep, whoever looks at it: no barrier that axe-core finds, nothing wider than the window.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/// The rules of WCAG 2.2 A and AA that axe-core sees broken, a line each.
export async function findProblems(page) {
  // By the debugger, not as a script of the page: the page's own policy stays as it is.
  await page.evaluate(axe);
  const found = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: { type: "tag", values: tags } }), tags);
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary.replaceAll("\n", " ")}`));
}

/// By how many pixels the page is wider than the window, and what sticks out.
export const goesSideways = (page) => page.evaluate(() => {
  const width = document.documentElement.clientWidth;
  const over = document.documentElement.scrollWidth - width;
  if (over <= 0) return null;
  const out = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1);
  return `${over} px: ${out.slice(0, 3).map((e) => `${e.tagName}.${e.className}`).join(", ")}`;
});
