//! Month, week, agenda, planner and list: what they show, to whom, and what they ask the database.

mod year;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, TimeDelta};
use entity::id::SessionId;
use entity::state::{EventStatus, Role, SessionStatus};

use crate::harness::{Browser, TestApp, shanghai};
use year::Known;

/// Which sittings a filter leaves.
type Which = Box<dyn Fn(&Known) -> bool>;

/// A browser that is signed in with an account of that role.
async fn desk<'a>(app: &'a TestApp, org: &str, role: Role) -> Browser<'a> {
    let secret = app.account(&format!("{}-{role}@example.test", org.to_lowercase()), org, role).await;
    let browser = Browser::new(app);
    browser.get(&format!("/enter/{secret}")).await.expect(303);
    browser
}

/// How often each kind of thing was asked for since the last call: by the first table of each statement.
fn asked(app: &TestApp) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for sql in app.statements() {
        *counts.entry(first_table(&sql)).or_default() += 1;
    }
    counts
}

/// The table after the first FROM that stands in no bracket.
fn first_table(sql: &str) -> String {
    let mut depth = 0;
    for (at, c) in sql.char_indices() {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth == 0 && sql[at..].starts_with(" FROM \"") {
            return sql[at + 7..].split('"').next().unwrap().to_owned();
        }
    }
    String::new()
}

/// A page's text, plain slashes.
async fn page(browser: &Browser<'_>, path: &str) -> String {
    browser.get(path).await.expect(200).text().replace("&#x2f;", "/").replace("&amp;", "&")
}

/// The sessions that a part of a page links to, in order.
fn sessions(html: &str) -> Vec<SessionId> {
    html.split("?session=").skip(1).map(|rest| SessionId(rest.split('"').next().unwrap().parse().unwrap())).collect()
}

/// What the links "n more" of a part of a page add up to.
fn more(html: &str) -> usize {
    html.split("还有 ").skip(1).filter_map(|rest| rest.split(" 场").next()?.parse::<usize>().ok()).sum()
}

/// The part of a page from the day of that date to the next one.
fn of_day<'a>(html: &'a str, end: &str, day: NaiveDate) -> &'a str {
    let rest = html.split(&format!("<time datetime=\"{day}\"")).nth(1).unwrap_or_else(|| panic!("no {day}"));
    rest.split(end).next().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn ids<'a>(known: impl IntoIterator<Item = &'a Known>) -> Vec<SessionId> {
    known.into_iter().map(|one| one.id).collect()
}

/// Follows an agenda's links of that relation to the end; gives the sessions of each part.
async fn walk(browser: &Browser<'_>, from: &str, rel: &str) -> Vec<Vec<SessionId>> {
    let (mut parts, mut next) = (Vec::new(), Some(from.to_owned()));
    while let Some(path) = next {
        let html = page(browser, &path).await;
        let main = html.split("<div class=\"agenda\"").nth(1).and_then(|rest| rest.split("<nav class=\"pager").next());
        parts.push(main.map(sessions).unwrap_or_default());
        let pager = html.split("<nav class=\"pager").nth(1).unwrap();
        next = pager
            .split(&format!("rel=\"{rel}\" href=\""))
            .nth(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned());
        assert!(parts.len() < 100, "it ends");
    }
    parts
}

journeys! {
    async fn no_kind_of_thing_is_asked_for_twice(app: &TestApp) {
        app.world().await;
        app.at("2025-06-16T10:00");
        year::make(app).await;
        let browser = desk(app, "GQ", Role::Organizer).await;
        for path in [
            "/calendar", "/week", "/agenda", "/planner", "/events", "/calendar?month=5&kind=class-study&org=GQ-KJ&q=活动&place=第1&topic=民法典",
            "/agenda?date=2025-01-01&status=held", "/planner?year=2025&org=GQ-SF",
        ] {
            app.statements();
            browser.get(&path.replace("活动", "%E6%B4%BB").replace("第", "").replace("民法典", "x")).await.expect(200);
            let counts = asked(app);
            // The list says how many events there are, and shows some.
            let twice: Vec<_> = counts.iter().filter(|(table, n)| **n > 1 + usize::from(*table == "event")).collect();
            assert!(twice.is_empty(), "{path}: {counts:?}");
            assert!(counts["account"] == 1 && counts["organisation"] == 1 && counts["session"] == 1, "{path}: {counts:?}");
            assert!(counts.values().sum::<usize>() <= 8, "{path}: {counts:?}");
        }
        // What waits for the reader also asks who else organises, once.
        browser.get("/agenda?needs=me").await.expect(200);
        let counts = asked(app);
        assert!(counts["session"] == 1 && counts["account"] == 2, "{counts:?}");
    }

    async fn a_month_and_a_week_show_each_of_two_thousand_sessions_on_its_days(app: &TestApp) {
        app.world().await;
        app.at("2025-06-16T10:00");
        let known = year::make(app).await;
        let browser = desk(app, "GQ", Role::Organizer).await;
        for month in [1, 5, 6, 12] {
            let html = page(&browser, &format!("/calendar?year=2025&month={month}")).await;
            let first = NaiveDate::from_ymd_opt(2025, month, 1).unwrap();
            let all = known.iter().filter(|one| one.day.year() == 2025 && one.day.month() == month).count();
            assert!(html.contains(&format!("共 {all} 场")), "{month}: {all}");
            for day in first.iter_days().take_while(|day| day.month() == month) {
                let part = of_day(&html, "</li>", day);
                let expected: BTreeSet<_> = ids(known.iter().filter(|one| one.touches(day, day))).into_iter().collect();
                let shown: BTreeSet<_> = sessions(part).into_iter().collect();
                assert!(shown.is_subset(&expected), "{day}");
                assert_eq!(shown.len() + more(part), expected.len(), "{day}");
                assert!(more(part) == 0 || shown.len() == 7, "{day}: {}", shown.len());
            }
        }
        for monday in ["2024-12-30", "2025-04-28", "2025-05-26", "2025-12-29"].map(day) {
            let html = page(&browser, &format!("/week?date={monday}")).await;
            for day in monday.iter_days().take(7) {
                let part = of_day(&html, "</section>", day);
                let expected: BTreeSet<_> = ids(known.iter().filter(|one| one.touches(day, day))).into_iter().collect();
                let shown: BTreeSet<_> = sessions(part).into_iter().collect();
                assert!(shown.is_subset(&expected), "{day}: {shown:?} {expected:?}");
                assert_eq!(shown.len() + more(part), expected.len(), "{day}");
            }
        }
        // By its own clock, on its own day; the zone is said where it is another one.
        let june = page(&browser, "/week?date=2025-05-26").await;
        let last = of_day(&june, "</section>", day("2025-05-31"));
        for text in ["跨夜场", "柏林场", "22:00 Berlin–23:30", "20:00 Honolulu–21:00", "23:00"] {
            assert!(last.contains(text), "{text}: {last}");
        }
        let next = of_day(&june, "</section>", day("2025-06-01"));
        assert!(next.contains("跨夜场") && next.contains("接上日–01:30") && !next.contains("柏林场"), "{next}");
        let may = page(&browser, "/calendar?year=2025&month=5&q=多日").await;
        assert_eq!(may.matches("<b><span class=\"hide\">学习：</span>多日场</b>").count(), 6, "28 April to 3 May");
        assert!(may.contains("共 0 场"), "it began in April");
        assert!(of_day(&may, "</li>", day("2025-05-01")).contains("劳动节"));
        let april = page(&browser, "/calendar?year=2025&month=4").await;
        assert!(of_day(&april, "</li>", day("2025-04-27")).contains("劳动节，调休上班"), "a weekend that is worked");
    }

    async fn the_agenda_goes_through_the_year_in_order_both_ways_and_by_every_filter(app: &TestApp) {
        app.world().await;
        app.at("2025-06-16T10:00");
        let now = shanghai("2025-06-16T10:00");
        let known = year::make(app).await;
        let browser = desk(app, "GQ", Role::Organizer).await;
        let parts = walk(&browser, "/agenda?date=2025-01-01", "next").await;
        assert!(parts.iter().all(|part| part.len() <= 50) && parts.len() >= 40);
        assert_eq!(parts.concat(), ids(&known), "what lasts into the first day stands first");
        let mut back = walk(&browser, "/agenda?date=2026-01-01", "prev").await;
        back.reverse();
        assert_eq!(back.concat(), ids(&known));
        let from_may = walk(&browser, "/agenda?date=2025-05-01", "next").await.concat();
        assert_eq!(from_may, ids(known.iter().filter(|one| one.last >= day("2025-05-01"))));

        let study = ["lecture", "training"];
        let cases: [(&str, Which); 10] = [
            ("kind=class-study", Box::new(move |one| study.contains(&one.kind))),
            ("kind=exam", Box::new(|one| one.kind == "exam")),
            ("org=GQ-SF", Box::new(|one| one.host == "GQ-SF")),
            ("place=%E7%AC%AC3", Box::new(|one| one.place.starts_with("第3"))),
            ("place=100%25_%27%22%5C", Box::new(|one| one.place.starts_with("100%"))),
            ("topic=%E6%B0%91%E6%B3%95%E5%85%B8", Box::new(|one| one.topic == Some("民法典"))),
            ("q=%E6%B4%BB%E5%8A%A801", Box::new(|one| one.title.starts_with("活动01"))),
            ("q=%E5%AE%AA%E6%B3%95", Box::new(|one| one.topic == Some("宪法"))),
            ("status=held&org=GQ-KJ", Box::new(move |one| one.host == "GQ-KJ" && one.over(now) && !one.cancelled())),
            ("status=cancelled", Box::new(Known::cancelled)),
        ];
        for (query, which) in cases {
            let expected = ids(known.iter().filter(|one| which(one)));
            assert!(!expected.is_empty(), "{query}");
            assert_eq!(walk(&browser, &format!("/agenda?date=2025-01-01&{query}"), "next").await.concat(), expected, "{query}");
        }
        let html = page(&browser, "/agenda?date=2025-05-01&kind=exam&org=GQ-SF&q=x%26y").await;
        for path in ["/calendar?year=2025&month=5", "/week?date=2025-05-01", "/planner?year=2025", "/events?year=2025"] {
            assert!(html.contains(&format!("href=\"{path}&org=GQ-SF&kind=exam&q=x%26y\"")), "{path} keeps the filters: {html}");
        }
    }

    async fn the_planner_adds_up(app: &TestApp) {
        app.world().await;
        app.at("2025-06-16T10:00");
        let known = year::make(app).await;
        let browser = desk(app, "GQ", Role::Organizer).await;
        for (query, which) in [("", None), ("&org=GQ-TZ", Some("GQ-TZ"))] {
            let html = page(&browser, &format!("/planner?year=2025{query}")).await;
            let foot = html.split("<tfoot>").nth(1).unwrap().split("</tfoot>").next().unwrap();
            let sums: Vec<usize> =
                foot.split("<td class=\"num\">").skip(1).map(|rest| rest.split('<').next().unwrap().parse().unwrap()).collect();
            let counted = |month: u32| {
                known
                    .iter()
                    .filter(|one| one.day.year() == 2025 && one.day.month() == month && !one.cancelled())
                    .filter(|one| which.is_none_or(|host| one.host == host))
                    .count()
            };
            let expected: Vec<usize> = (1..=12).map(counted).collect();
            assert_eq!(sums[..12], expected, "{query}");
            assert_eq!(sums[12], expected.iter().sum::<usize>());
            let rows: usize = html
                .split("<td class=\"num\">")
                .skip(1)
                .take(html.split("<tfoot>").next().unwrap().matches("<td class=\"num\">").count())
                .map(|rest| rest.split('<').next().unwrap().parse::<usize>().unwrap())
                .sum();
            assert_eq!(rows, sums[12], "the rows add up to what the months add up to");
        }
        let html = page(&browser, "/planner?year=2025&q=%E5%A4%9A%E6%97%A5").await;
        assert!(html.contains("<b>28–5.3</b> 多日场"), "{html}");
        assert!(html.contains("国家宪法日") && html.contains("民法典宣传月") && html.contains("国庆节"), "observances and days off");
        assert!(page(&browser, "/planner?year=2024").await.contains("<b>30–1.2</b> 跨年场"));
        assert!(page(&browser, "/planner?year=2031").await.contains("2031年还没有放假安排的通知"));
    }

    async fn drafts_and_what_is_elsewhere_are_not_shown_to_others(app: &TestApp) {
        app.world().await;
        app.at("2025-06-16T10:00");
        year::make(app).await;
        let theirs = desk(app, "GQ-KJ", Role::Organizer).await;
        let other = desk(app, "GQ-SF", Role::Organizer).await;
        for path in [
            "/calendar?year=2025&month=5", "/week?date=2025-05-20", "/agenda?date=2025-05-20", "/planner?year=2025", "/events?year=2025",
        ] {
            let query = format!("{path}&q=%E8%8D%89%E7%A8%BF%E5%9C%BA");
            assert!(page(&theirs, &query).await.contains("草稿场"), "{path}");
            assert!(!page(&other, &query).await.replace("value=\"草稿场\"", "").contains("草稿场"), "{path}");
            assert!(page(&other, &format!("{path}&org=GQ-KJ")).await.contains("没有编号为“GQ-KJ”的单位"), "{path}");
        }
        let staff = Browser::new(app);
        for path in ["/week", "/agenda", "/planner"] {
            assert!(staff.get(path).await.expect(303).header("location").starts_with("/sign-in"));
        }
    }

    async fn what_needs_me_waits_for_me(app: &TestApp) {
        app.world().await;
        app.at("2025-06-16T10:00");
        let now = shanghai("2025-06-16T10:00");
        let known = year::make(app).await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        let due = |one: &Known| {
            one.event_status == EventStatus::Draft && one.status == SessionStatus::Scheduled && one.starts_at <= now + TimeDelta::days(14)
        };
        let silent = |one: &Known| one.required && one.over(now) && one.kind != "exam";
        let waits = |one: &&Known| one.host == "GQ-KJ" && (due(one) || silent(one));
        let expected = ids(known.iter().filter(waits));
        assert!(known.iter().any(|one| one.host == "GQ-KJ" && due(one)) && expected.len() > 20);
        assert_eq!(walk(&browser, "/agenda?date=2025-01-01&needs=me", "next").await.concat(), expected);
        let first = page(&browser, "/agenda?needs=me").await;
        let since = day("2025-06-16") - Days::new(60);
        assert_eq!(sessions(&first)[0], known.iter().filter(waits).find(|one| one.last >= since).unwrap().id);
        // The county leaves to each body what it has organisers for.
        let county = desk(app, "GQ", Role::Organizer).await;
        let mine = walk(&county, "/agenda?date=2025-01-01&needs=me", "next").await.concat();
        let hosts: BTreeSet<_> = known.iter().filter(|one| mine.contains(&one.id)).map(|one| one.host).collect();
        assert_eq!(hosts, ["GQ-SF", "GQ-TZ"].into());
        // A record of anybody settles it.
        let done = known.iter().find(|one| one.host == "GQ-KJ" && silent(one)).unwrap();
        let token = app.token("GQ-KJ", entity::state::Scope::Manage).await;
        app.put(&format!("/api/v1/sessions/{}/attendance/KJ001", done.id), &token, serde_json::json!({"status": "present"})).await.expect(200);
        assert!(!walk(&browser, "/agenda?date=2025-01-01&needs=me", "next").await.concat().contains(&done.id));
    }

    async fn somebody_of_the_staff_sees_what_they_must_come_to(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", entity::state::Scope::Manage).await;
        for (key, audience, required) in [("must", "org:GQ-KJ-FG", true), ("may", "org:GQ-KJ-FG", false), ("others", "org:GQ-KJ-BGS", true)] {
            let made = app.post("/api/v1/events", &token, serde_json::json!({
                "key": key, "kind": "lecture", "title": format!("title-{key}"), "org_code": "GQ-KJ", "audience": [audience], "required": required,
                "sessions": [{"key": format!("{key}-1"), "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T10:00"}],
            })).await.expect(201).json();
            app.post(&format!("/api/v1/events/{}/publish", made["id"].as_str().unwrap()), &token, serde_json::json!({"override": "test"})).await.expect(200);
        }
        let account = pufa::access::sign_in::create_account(app.db.write(), "kj001@example.test", app.org_id("GQ-KJ").await, Role::Viewer, app.now()).await.unwrap();
        let person = app.person_id("KJ001").await;
        let secret = pufa::access::sign_in::create_link(app.db.write(), Some(account.id), Some(person), &app.config.access, app.now()).await.unwrap();
        let browser = Browser::new(app);
        browser.get(&format!("/enter/{secret}")).await.expect(303);
        for path in ["/calendar?needs=me", "/agenda?needs=me", "/planner?needs=me", "/week?date=2024-03-20&needs=me", "/events?needs=me"] {
            let html = page(&browser, path).await;
            assert!(html.contains("title-must") && !html.contains("title-may") && !html.contains("title-others"), "{path}: {html}");
        }
    }

    async fn whatever_stands_in_the_address_a_page_answers_and_says_so(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ", Role::Organizer).await;
        let long = "%E6%B3%95".repeat(600);
        for path in ["/calendar", "/week", "/agenda", "/planner", "/events"] {
            for (query, said) in [
                ("year=99999", "没有“99999”这个年份"),
                ("year=-1", "没有“-1”这个年份"),
                ("month=13", "没有“13”这个月份"),
                ("date=garbage", "“garbage”不是日期"),
                ("date=2025-02-29", "“2025-02-29”不是日期"),
                ("date=%2B262142-12-31", "不是日期"),
                ("org=NOWHERE", "没有编号为“NOWHERE”的单位"),
                ("kind=nothing", "没有“nothing”这个类型"),
                ("status=odd", "没有“odd”这个状态"),
                ("needs=you", "不认识“you”"),
                ("page=-1", "没有“-1”这一页"),
                ("page=18446744073709551615", "没有“18446744073709551615”这一页"),
                ("page=1000000", ""),
                ("q=%25_%27%22%5C%0D%0A", "value=\"%_"),
                ("q=%FF%FE", ""),
                ("place=%25&topic=%27%3B--", ""),
                ("year=2024&year=2025&q=a&q=b", "value=\"b\""),
                ("date=1990-01-01", ""),
                ("date=2199-12-31&year=2199", ""),
                ("after=x&before=y", ""),
                ("after=2024-05-01_9223372036854775807_1", ""),
                ("before=0001-01-01_0_9223372036854775807", ""),
                ("%zz&=&&&", ""),
            ] {
                let html = page(&browser, &format!("{path}?{query}")).await;
                assert!(html.contains("<h1>") && html.contains(said), "{path}?{query}: {html}");
            }
            let html = page(&browser, &format!("{path}?q={long}")).await;
            assert!(html.contains("最多 100 个字"), "{path}");
        }
        assert!(page(&browser, "/agenda?after=nonsense").await.contains("“nonsense”读不出来"));
        assert!(browser.get("/week?date=2025-05-01").await.expect(200).text().contains("<h1>2025年4月28日–5月4日（第18周）"));
        browser.get("/settings/lang?to=en").await.expect(303);
        for path in ["/calendar?month=13", "/week", "/agenda", "/planner", "/events"] {
            let html = page(&browser, path).await;
            assert!(html.contains("Needs me") && !html.contains("筛选"), "{path}");
        }
    }
}
