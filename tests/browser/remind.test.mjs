// How somebody wants to be reminded, and the words of mails with their preview, in a real browser.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { signIn, startBrowser, startDemo } from "./demo.mjs";

let demo, browser, desk, staff;

before(async () => {
  [demo, browser] = await Promise.all([startDemo(), startBrowser()]);
  desk = await signIn(browser, demo.organiser);
  staff = await signIn(browser, demo.staff);
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

describe("a member of the staff", () => {
  test("chooses one mail a morning and hours of their own, and it stays", async () => {
    await staff.goto(`${demo.url}/my`);
    const mine = staff.locator("#reminders");
    await mine.getByLabel("每天 07:30 一封汇总").check();
    await mine.getByLabel("自定").check();
    await mine.getByLabel("从").fill("20:00");
    await mine.getByLabel("到", { exact: true }).fill("08:00");
    await mine.getByRole("button", { name: "保存" }).click();
    await staff.waitForURL(/done=reminders/);
    assert.match(await staff.locator(".toast").innerText(), /已保存提醒方式/);
    assert.ok(await staff.locator("#reminders").getByLabel("每天 07:30 一封汇总").isChecked());
    assert.equal(await staff.locator("#reminders input[name=from]").inputValue(), "20:00");
  });

  test("is told beside the field what is wrong with it", async () => {
    const mine = staff.locator("#reminders");
    await mine.getByLabel("到", { exact: true }).fill("20:00");
    await mine.getByRole("button", { name: "保存" }).click();
    assert.match(await staff.locator("#e-quiet").innerText(), /两个不同的时间/);
    assert.equal(await staff.locator("input[name=to]").inputValue(), "20:00", "what was typed is kept");
  });
});

describe("an organiser", () => {
  test("sees the whole mail before its words are kept", async () => {
    await desk.goto(`${demo.url}/mail/texts`);
    await desk.getByRole("link", { name: "提醒", exact: true }).click();
    await desk.fill("#lead", "{host}请你别忘了");
    await desk.fill("#note", "请带笔记本");
    await desk.getByRole("button", { name: "预览" }).click();
    assert.match(await desk.locator("#preview pre").innerText(), /请你别忘了[\s\S]*请带笔记本/);
    const letter = desk.frameLocator("#preview iframe");
    assert.match(await letter.locator("body").innerText(), /请你别忘了[\s\S]*请带笔记本/);
    await desk.getByRole("button", { name: "保存" }).click();
    await desk.waitForURL(/done=saved/);
    await desk.goto(`${demo.url}/mail/texts`);
    assert.match(await desk.locator("tr", { hasText: "提醒" }).first().innerText(), /本单位的文字/);
    await desk.goto(`${demo.url}/mail/texts/reminder`);
    assert.equal(await desk.inputValue("#note"), "请带笔记本", "instead of the demo's own");
  });

  test("is told which placeholder there is not, and goes back to the house's words", async () => {
    await desk.goto(`${demo.url}/mail/texts/reminder`);
    await desk.fill("#subject", "{who}");
    await desk.getByRole("button", { name: "保存" }).click();
    assert.match(await desk.locator("#e-subject").innerText(), /没有“who”/);
    assert.equal(await desk.inputValue("#subject"), "{who}");
    await desk.getByRole("button", { name: /用回/ }).click();
    await desk.waitForURL(/done=reset/);
    assert.equal(await desk.inputValue("#lead"), "");
  });

  test("chooses whom an event reminds and what it mails afterwards", async () => {
    await desk.goto(`${demo.url}/events?q=${encodeURIComponent("数据安全法讲座")}`);
    await desk.locator("main a[href^='/events/']", { hasText: "数据安全法讲座" }).first().click();
    const event = new URL(desk.url()).pathname;
    await desk.goto(`${demo.url}${event}/edit`);
    await desk.check("input[name=remind_whom][value=unanswered]");
    await desk.check("input[name=aftering][value=own]");
    await desk.check("input[name=after][value=thanks]");
    await desk.locator("main form.form button.primary").first().click();
    await desk.waitForURL(new RegExp(`${event}(\\?|$)`));
    assert.match(await desk.locator("aside").innerText(), /未答复的人[\s\S]*致谢/);
  });
});
