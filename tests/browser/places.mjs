// Where the demo's pages are, found as a person finds them: by links.

const first = (page, selector) => page.locator(selector).first().getAttribute("href");

/// Paths by name, for an organiser's page; `my` is for a member of the staff.
export async function places(demo, page) {
  await page.goto(`${demo.url}/calendar`);
  const event = await first(page, ".ev:has-text('农产品质量安全法专题讲座')");
  await page.goto(`${demo.url}/events?q=${encodeURIComponent("数据安全法讲座")}`);
  const draft = (await first(page, "main a[href^='/events/']:has-text('数据安全法讲座')")).split("?")[0];
  await page.goto(demo.url + event);
  const door = await first(page, "a[href$='/check-in']");
  const bare = event.split("?")[0];
  await page.goto(`${demo.url}${bare}/content`);
  const agenda = await first(page, "a[href$='/agenda']");
  await page.goto(`${demo.url}/places`);
  const place = await first(page, "main a[href^='/places/']:not([href$='new'])");
  await page.goto(`${demo.url}/templates`);
  const use = await first(page, "main a[href$='/use']");
  await page.goto(`${demo.url}/planning?year=2025`);
  const item = await first(page, "main a[href^='/planning/items/']");
  // The first mails go out within a few seconds of the start.
  const from = Date.now();
  do await page.goto(`${demo.url}/demo/mail`);
  while (await page.locator("tbody a:has-text('邀请：')").count() === 0 && Date.now() - from < 30_000);
  const letter = await first(page, "tbody a");
  // What the mail's own link opens, for somebody who is signed in nowhere.
  await page.goto(demo.url + await first(page, "tbody a:has-text('邀请：')"));
  const text = await page.locator("main").innerText();
  const answer = text.match(/\/answer\/[\w.~-]+/)[0];
  await page.goto(`${demo.url}/people?q=NY017`);
  const person = await first(page, "main a[href^='/people/']:has-text('干部NY17')");
  return {
    month: "/calendar", week: "/week", "by day": "/agenda", planner: "/planner?year=2025", "holiday week": "/week?date=2025-05-01",
    "not understood": "/agenda?date=nonsense&org=NOWHERE&needs=me", list: "/events", event, draft, new: "/events/new", edit: `${bare}/edit`,
    publish: `${draft}/publish`, cancel: `${bare}/cancel`, "check-in": door, set: door.replace("check-in", "attendance/NY001"),
    content: `${bare}/content`, agenda, speakers: `${bare}/speakers`, checklist: `${bare}/checklist`,
    places: "/places", "new place": "/places/new", place, topics: "/topics?year=2025", holidays: "/holidays?year=2026",
    people: "/people", person, "new person": "/people/new", organisations: "/organisations", groups: "/groups",
    group: "/groups/members?name=center-group", doubles: "/people/doubles",
    planning: "/planning?year=2025", "plan item": item, templates: "/templates", "new template": "/templates/new", use,
    template: use.replace("/use", ""), "next year": "/planning/next-year?from=2025", observances: "/observances?year=2025",
    "observance draft": "/observances/science_week/draft?year=2031",
    open: "/open", registration: `${bare}/registration`, joint: `${bare}/joint`,
    report: "/reports/2025?org=YX-NY", mail: "/demo/mail", "mail desk": "/mail?state=all", "mail of an event": `/mail?event=${bare.split("/").pop()}`, senders: "/mail/senders", letter, texts: "/mail/texts", words: "/mail/texts/reminder", account: "/account", calendars: "/calendars", "public calendar": "/calendar/public", "calendar help": "/calendar/help", "not found": "/no-such-page", my: "/my", "my answers": "/my/answers", "my reminders": "/my/reminders", answer,
    "sign-in": "/sign-in",
  };
}
