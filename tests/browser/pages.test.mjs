// What people do on the pages, in a real browser, against the real program in its demo.

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

const path = () => new URL(page.url()).pathname;
const count = async (name) => Number(await page.locator(`.counts [data-count=${name}]`).first().innerText());
const heading = (of = page) => of.locator("h1").innerText();

/// Fills the form of a new event that is open for check-in now: it began five minutes ago, in Shanghai.
async function fillEvent(of, title) {
  const part = (at, options) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", ...options }).format(at);
  const day = (at) => part(at, { dateStyle: "short" });
  const time = (at) => part(at, { timeStyle: "short" });
  const [from, to] = [new Date(Date.now() - 5 * 60_000), new Date(Date.now() + 60 * 60_000)];
  await of.fill("#title", title);
  await of.selectOption("#kind", "lecture");
  await of.fill("#s_day_0", day(from));
  await of.fill("#s_start_0", time(from));
  await of.fill("#s_end_0", time(to));
  // Across midnight the last day is another one.
  if (day(from) !== day(to)) await of.locator("input[name=s_last]").first().fill(day(to));
  await of.fill("#location", "局四楼会议室");
  await of.fill("#audience", "org:YX-NY");
  await of.check("input[name=required][value=yes]");
}

/// Publishes the draft that is open. The demo has a session on right now, so its people are wanted twice.
async function publish(of) {
  await of.getByRole("link", { name: "发布", exact: true }).click();
  assert.match(await of.locator("#conflicts").innerText(), /农产品质量安全法专题讲座/, "the other session is named");
  await of.fill("#override", "与另一场合并举行");
  await of.locator("main form button.primary").click();
}

describe("an organiser", () => {
  test("comes from the printed link to the month", async () => {
    assert.equal(path(), "/calendar");
    assert.ok((await page.locator(".month .ev").count()) > 3, "the month has events");
    assert.equal(await page.locator("#today").count(), 1);
  });

  test("switches to English and back", async () => {
    await page.getByRole("link", { name: "English" }).click();
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    assert.equal(path(), "/calendar", "the same page");
    await page.getByRole("link", { name: "Calendar" }).first().waitFor();
    await page.getByRole("link", { name: "简体中文" }).click();
    assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
  });

  test("opens an event, sees who is missing, and mails", async () => {
    await page.locator(".ev", { hasText: "农产品质量安全法专题讲座" }).first().click();
    assert.match(await heading(), /农产品质量安全法专题讲座/);
    assert.ok((await count("expected")) > 20);
    assert.ok((await page.locator("#roster tbody tr").count()) > 10);
    assert.ok((await page.locator("#mail li").count()) > 0, "the demo's invitations are listed");
  });

  test("is told beside the field what is wrong with a new event, and keeps what was typed", async () => {
    await page.goto(`${demo.url}/events/new`);
    await fillEvent(page, "浏览器里办的讲座");
    await page.fill("#s_end_0", "00:00");
    await page.fill("#audience", "org:NOWHERE");
    await page.locator("form.form button.primary").click();
    assert.equal(path(), "/events/new");
    const field = page.locator("#audience");
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    assert.match(await page.locator("#e-audience").innerText(), /NOWHERE|没有/);
    assert.equal(await field.inputValue(), "org:NOWHERE");
    assert.equal(await page.inputValue("#title"), "浏览器里办的讲座");
    assert.ok((await page.locator("[role=alert] a").count()) > 0, "a summary that links to the fields");
  });

  test("mends it, publishes, checks somebody in, and calls it off", async () => {
    await fillEvent(page, "浏览器里办的讲座");
    await page.locator("form.form button.primary").click();
    assert.match(path(), /^\/events\/\d+/);
    assert.match(await page.locator(".title .chip").innerText(), /草稿/);

    await publish(page);
    assert.match(path(), /^\/events\/\d+/);
    const event = page.url();
    const [expected, attended] = [await count("expected"), await count("attended")];
    assert.ok(expected > 20, "the roster of the bureau");
    assert.equal(attended, 0);

    await page.getByRole("link", { name: "签到", exact: false }).first().click();
    assert.match(path(), /^\/sessions\/\d+\/check-in$/);
    await page.fill("#q", "NY007");
    await page.locator("form.find button").click();
    const person = page.locator("button.person[value=NY007]");
    assert.equal(await page.locator("button.person").count(), 1, "found by number");
    await person.click();
    assert.match(await page.locator(".toast").innerText(), /签到/);
    assert.equal(await count("attended"), 1);
    assert.equal(await count("missing"), expected - 1);

    await page.goto(event);
    assert.equal(await count("attended"), 1);
    const live = page.waitForFunction(() => document.querySelector("[data-count=attended]").textContent === "2",
      null, { timeout: 30_000 });
    // Somebody else checks another person in: the open page counts on by itself.
    const other = await page.context().newPage();
    await other.goto(event);
    await other.locator("#roster form button[value=NY008]").click();
    await other.close();
    await live;

    await page.goto(event);
    await page.locator("details.menu summary").click();
    await page.locator("details.menu a[href$='/cancel'][href^='/events/']").click();
    await page.fill("#reason", "试用");
    await page.locator("button.danger").click();
    assert.match(await page.locator(".title .chip").innerText(), /已取消/);
  });

  test("reads the year's report", async () => {
    await page.getByRole("link", { name: "报告" }).click();
    assert.match(path(), /^\/reports\/\d{4}$/, "the latest year");
    await page.goto(`${demo.url}/reports/2025?org=YX-NY`);
    assert.match(await page.locator("dl.stats").innerText(), /\d+\.\d%/, "a rate");
    assert.ok((await page.locator("figure.chart svg rect").count()) > 5, "a chart of the worked year");
    // A figure leads to the rows behind it, as many as it says.
    const figure = page.locator("section:has(#h-kind) tbody tr td.num a").first();
    const said = Number(await figure.innerText());
    await figure.click();
    assert.match(path(), /\/rows$/);
    assert.equal(await page.locator("main tbody tr").count(), said);
  });

  test("sees an invitation among the demo's mails", async () => {
    const mail = page.locator("tbody a", { hasText: "邀请" }).first();
    const from = Date.now();
    do await page.goto(`${demo.url}/demo/mail`);
    while (await mail.count() === 0 && Date.now() - from < 30_000);
    await mail.click();
    const text = await page.locator("main").innerText();
    assert.match(text, /METHOD:REQUEST/);
    assert.match(text, /BEGIN:VEVENT/);
  });
});

describe("a member of the staff", () => {
  test("sees their own sessions and makes a subscription link that works", async () => {
    const mine = await signIn(browser, demo.staff);
    assert.equal(new URL(mine.url()).pathname, "/my");
    assert.match(await mine.locator("main").innerText(), /农产品质量安全法专题讲座/);
    await mine.locator("form[action^='/my/calendar'] button").first().click();
    const shown = await mine.locator("main").innerHTML();
    const link = shown.match(/(?:https?|webcal):\/\/127\.0\.0\.1:\d+\/calendar\/[\w-]+\.ics/);
    assert.ok(link, "a link is shown");
    const feed = await fetch(link[0].replace(/^webcal/, "http"));
    assert.equal(feed.status, 200);
    assert.match(await feed.text(), /SUMMARY.*农产品质量安全法专题讲座/);
    const report = await mine.goto(`${demo.url}/reports/2025?org=YX-NY`);
    assert.ok(report.status() >= 400, "the report is not theirs");
    await mine.context().close();
  });
});

describe("without a script", () => {
  test("an event is made, published and attended", async () => {
    const links = await startDemo();
    try {
      const plain = await signIn(browser, links.organiser, { javaScriptEnabled: false });
      await plain.goto(`${links.url}/events/new`);
      await fillEvent(plain, "没有脚本的讲座");
      await plain.locator("form.form button.primary").click();
      await publish(plain);
      assert.match(await heading(plain), /没有脚本的讲座/);
      await plain.locator("#roster form button[value=NY009]").click();
      assert.equal(await plain.locator("[data-count=attended]").first().innerText(), "1");
      await plain.context().close();
    } finally {
      await links.stop();
    }
  });
});
