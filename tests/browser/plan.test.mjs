// From a template to an event that is published, moved and called off, with a conflict on the way.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { signIn, startBrowser, startDemo } from "./demo.mjs";

let demo, browser, page;

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
  page = await signIn(browser, demo.organiser);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/// A Wednesday two weeks ahead or later, outside the weeks that have holidays.
function ordinaryDay() {
  const day = new Date(Date.now() + 14 * 86_400_000);
  const festive = (at) => [1, 2, 4, 5, 6, 10].includes(at.getUTCMonth() + 1) || at.getUTCMonth() === 8 && at.getUTCDate() > 14;
  while (day.getUTCDay() !== 3 || festive(day)) day.setUTCDate(day.getUTCDate() + 1);
  return day.toISOString().slice(0, 10);
}

const id = () => new URL(page.url()).pathname.match(/\/events\/(\d+)/)?.[1];
const steps = () => page.locator(".steps").innerText();

/// Makes a draft from the lecture's template; gives the event's id.
async function draft(day) {
  await page.goto(`${demo.url}/templates`);
  await page.getByRole("link", { name: /使用模板：专题讲座/ }).click();
  await page.fill("#date", day);
  await page.getByRole("button", { name: "生成草稿" }).click();
  await page.waitForURL(/\/events\/\d+/);
  return id();
}

const mails = async (event) => {
  await page.goto(`${demo.url}/events/${event}`);
  return Number(await page.locator(".tabs a[href='#mail'] span").innerText());
};

describe("an event from a template", () => {
  let day, first, second;

  test("is a draft with its checklist, which nobody is told of", async () => {
    day = ordinaryDay();
    first = await draft(day);
    assert.match(await steps(), /草稿/);
    assert.equal(await mails(first), 0);
    await page.goto(`${demo.url}/events/${first}/checklist`);
    assert.ok((await page.locator("main li").count()) > 0, "the template's tasks came along");
  });

  test("is published without a question where nothing is in the way", async () => {
    await page.goto(`${demo.url}/events/${first}/publish`);
    assert.equal(await page.locator("#conflicts").count(), 0, await page.locator("main").innerText());
    await page.getByRole("button", { name: /^发布并发出 \d+ 封$/ }).click();
    await page.waitForURL(new RegExp(`/events/${first}`));
    assert.match(await steps(), /已发布/);
    assert.ok((await mails(first)) > 0);
  });

  test("is refused at the same time with the same people, and the conflict is named", async () => {
    second = await draft(day);
    assert.notEqual(second, first);
    await page.goto(`${demo.url}/events/${second}/publish`);
    const text = await page.locator("#conflicts").innerText();
    assert.match(text, /专题讲座|法/);
    await page.getByRole("button", { name: /不改，发布并发出/ }).click();
    assert.ok(await page.locator("#e-override").count(), "without a reason it is not published");
    assert.equal(await mails(second), 0);
  });

  test("moves to a free time by one tap, and is published", async () => {
    await page.goto(`${demo.url}/events/${second}/publish`);
    await page.getByRole("button", { name: /^改到 / }).first().click();
    await page.waitForURL(new RegExp(`/events/${second}/publish`));
    assert.equal(await page.locator("#conflicts").count(), 0, await page.locator("main").innerText());
    await page.getByRole("button", { name: /^发布并发出 \d+ 封$/ }).click();
    await page.waitForURL(new RegExp(`/events/${second}(\\?|#|$)`));
    assert.match(await steps(), /已发布/);
  });

  test("moves by hand, telling the invited, and the move is taken back", async () => {
    const before = await mails(second);
    await page.getByLabel("更多").first().click();
    await page.getByRole("link", { name: "改时间或地点" }).first().click();
    await page.fill("#location", "县农业大厦一楼");
    await page.getByRole("button", { name: /^保存并发出 \d+ 封$/ }).click();
    await page.waitForURL(new RegExp(`/events/${second}`));
    assert.match(await page.locator(".page-head").innerText(), /县农业大厦一楼/);
    const told = await mails(second);
    assert.ok(told > before, `${told} mails after ${before}`);
    await page.getByRole("button", { name: /撤销/ }).first().click();
    await page.waitForLoadState();
    assert.doesNotMatch(await page.locator(".page-head").innerText(), /县农业大厦一楼/);
  });

  test("is called off with a reason, and the event says so", async () => {
    const before = await mails(second);
    await page.goto(`${demo.url}/events/${second}/cancel`);
    await page.fill("[name=reason]", "讲师临时有事");
    await page.locator("main form[method=post] button").first().click();
    await page.waitForURL(new RegExp(`/events/${second}(\\?|#|$)`));
    assert.match(await page.locator(".page-head").innerText(), /已取消/);
    assert.ok((await mails(second)) > before, "who was invited is told");
    assert.match(await page.locator("#history").innerText(), /取消/);
  });
});
