// Every page, in light and dark, on a phone and at a desk: nothing in anybody's way, nothing wider than the window.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { signIn, startBrowser, startDemo, widths } from "./demo.mjs";
import { findProblems, goesSideways } from "./look.mjs";
import { places } from "./places.mjs";

let demo, browser, organiser, staff, where;

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
  [organiser, staff] = [await signIn(browser, demo.organiser), await signIn(browser, demo.staff)];
  where = await places(demo, organiser);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const names = [
  "month", "week", "holiday week", "by day", "planner", "not understood", "list", "event", "draft", "new", "edit", "publish", "cancel", "check-in", "set", "report", "mail", "letter",
  "texts", "words", "content", "agenda", "speakers", "checklist", "places", "new place", "place", "topics",
  "account", "not found", "my", "sign-in",
  "people", "person", "mail desk", "mail of an event", "senders", "calendars", "calendar help",
  "my answers", "my reminders", "answer",
  "planning", "plan item", "templates", "new template", "use", "template", "next year", "observances", "observance draft",
];

test("what is wrong would be seen", async () => {
  const page = await browser.newPage({ viewport: widths.phone });
  await page.setContent("<title>x</title><h1 style='color:#bbb'>pale</h1><img src='data:,'><div style='width:500px'>.</div>");
  const problems = await findProblems(page);
  for (const rule of ["color-contrast", "image-alt", "html-has-lang"]) {
    assert.ok(problems.some((problem) => problem.startsWith(rule)), rule);
  }
  assert.match(await goesSideways(page), /DIV/);
  await page.close();
});

for (const [width, viewport] of Object.entries(widths)) {
  for (const colorScheme of ["light", "dark"]) {
    describe(`${width}, ${colorScheme}`, () => {
      for (const name of names) {
        test(name, async () => {
          const page = name.startsWith("my") ? staff : organiser;
          await page.setViewportSize(viewport);
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          const abroad = ["sign-in", "answer"].includes(name);
          const look = abroad ? await (await browser.newContext({ viewport, colorScheme })).newPage() : page;
          const answer = await look.goto(demo.url + where[name]);
          assert.equal(answer.status(), name === "not found" ? 404 : 200);
          assert.deepEqual(await findProblems(look), []);
          assert.equal(await goesSideways(look), null);
          if (abroad) await look.context().close();
        });
      }
    });
  }
}
