//! Next year from this year: 2025 from the worked 2024, 2026 from that, 2027 from that; twice, by two at once, and with
//! what cannot be.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Datelike, NaiveDate, Weekday};
use entity::state::{ChecklistKind, EventStatus, RemindWhom, Role};
use entity::{checklist_item, event, outbox, plan_item, session, speaker};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::harness::{Browser, TestApp};
use crate::import::{QUIET, bring, year};

async fn desk<'a>(app: &'a TestApp, email: &str, org: &str, role: Role) -> Browser<'a> {
    let secret = app.account(email, org, role).await;
    let browser = Browser::new(app);
    browser.get(&format!("/enter/{secret}")).await.expect(303);
    browser
}

/// The worked year, on a December day after all of it.
async fn worked_year(app: &TestApp) {
    app.at("2024-12-20T09:00");
    let outcome = bring(app, pufa::import::from_path(&year()).unwrap(), QUIET).await;
    assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The days off that the State Council's notices name, and the weekend days that are worked instead, written down here
/// again: what the program has must not be its own witness.
fn notices(year: i32) -> Option<(BTreeSet<NaiveDate>, BTreeSet<NaiveDate>)> {
    let (off, worked): (&[(&str, u32)], &[&str]) = match year {
        2025 => (
            &[
                ("2025-01-01", 1),
                ("2025-01-28", 8),
                ("2025-04-04", 3),
                ("2025-05-01", 5),
                ("2025-05-31", 3),
                ("2025-10-01", 8),
            ],
            &["2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"],
        ),
        2026 => (
            &[
                ("2026-01-01", 3),
                ("2026-02-15", 9),
                ("2026-04-04", 3),
                ("2026-05-01", 5),
                ("2026-06-19", 3),
                ("2026-09-25", 3),
                ("2026-10-01", 7),
            ],
            &["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"],
        ),
        _ => return None,
    };
    let off = off.iter().flat_map(|(first, n)| day(first).iter_days().take(*n as usize)).collect();
    Some((off, worked.iter().map(|text| day(text)).collect()))
}

fn is_off(day: NaiveDate) -> bool {
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    match notices(day.year()) {
        Some((off, worked)) => off.contains(&day) || weekend && !worked.contains(&day),
        None => weekend,
    }
}

/// What a browser would send of the review as it stands.
fn form(html: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let value = |tag: &str, name: &str| {
        let found = tag.split(&format!(" {name}=\"")).nth(1)?;
        Some(found.split('"').next()?.to_owned())
    };
    let review = html.split("action=\"/planning/next-year\" class=\"stack\"").nth(1).unwrap_or_default();
    for tag in review.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap()) {
        let kind = value(tag, "type").unwrap_or_default();
        let name = value(tag, "name").unwrap_or_default();
        if name != "csrf" && (kind != "checkbox" || tag.contains(" checked")) {
            fields.push((name, value(tag, "value").unwrap_or_default()));
        }
    }
    fields
}

async fn send(browser: &Browser<'_>, fields: &[(String, String)], act: &str, status: u16) -> crate::harness::Answer {
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("act", act));
    browser.post("/planning/next-year", &fields).await.expect(status)
}

async fn sessions(app: &TestApp, year: i32) -> Vec<(session::Model, event::Model)> {
    let rows = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(session::Column::Year.eq(year))
        .order_by_asc(session::Column::StartsAt)
        .all(app.db.read())
        .await
        .unwrap();
    rows.into_iter().map(|(session, event)| (session, event.unwrap())).collect()
}

/// The keys of a year's sittings with their local days, without the year.
fn by_key(rows: &[(session::Model, event::Model)]) -> BTreeMap<String, (NaiveDate, String, String)> {
    let base = |key: &str| {
        let (event, n) = key.rsplit_once('-').unwrap();
        format!("{}-{n}", event.split('@').next().unwrap())
    };
    rows.iter().map(|(s, e)| (base(&s.key), (s.day, e.title.clone(), e.kind.clone()))).collect()
}

async fn copy_year(app: &TestApp, browser: &Browser<'_>, from: i32) -> String {
    let html = browser.get(&format!("/planning/next-year?from={from}")).await.expect(200).text();
    let made = send(browser, &form(&html), "make", 303).await;
    let done = browser.get(made.header("location")).await.expect(200).text();
    assert!(done.contains("都已生成"), "{done}");
    let outcome = made.header("location").to_owned();
    let count = outbox::Entity::find().count(app.db.read()).await.unwrap();
    assert_eq!(count, 0, "nobody is told anything");
    outcome
}

fn print(years: [&BTreeMap<String, (NaiveDate, String, String)>; 4]) {
    println!("| sitting | title | 2024 | 2025 | 2026 | 2027 |\n| --- | --- | --- | --- | --- | --- |");
    for (key, (old, title, _)) in years[0] {
        let cell = |year: &BTreeMap<String, (NaiveDate, String, String)>| {
            year.get(key).map_or("—".to_owned(), |(day, _, _)| day.format("%m-%d %a").to_string())
        };
        println!(
            "| {key} | {title} | {} | {} | {} | {} |",
            old.format("%m-%d %a"),
            cell(years[1]),
            cell(years[2]),
            cell(years[3])
        );
    }
}

journeys! {
    async fn three_years_follow_the_worked_one_and_no_sitting_lies_on_a_day_off(app: &TestApp) {
        worked_year(app).await;
        let browser = desk(app, "o@example.test", "GQ-KJ", Role::Organizer).await;
        let before = by_key(&sessions(app, 2024).await);
        assert_eq!(before.len(), 27);
        let outcome = copy_year(app, &browser, 2024).await;
        assert!(outcome.ends_with("made=23&there=0&items=6&items_there=0"), "{outcome}");
        copy_year(app, &browser, 2025).await;
        let page = browser.get("/planning/next-year?from=2026").await.expect(200).text();
        assert!(page.contains("2027年的放假通知还没有"), "{page}");
        copy_year(app, &browser, 2026).await;

        let workdays = pufa::scheduling::holidays::load(app.db.read()).await.unwrap();
        let mut years = Vec::new();
        for year in [2025, 2026, 2027] {
            let rows = sessions(app, year).await;
            assert_eq!(rows.len(), 27, "{year}");
            for (row, event) in &rows {
                assert!(!is_off(row.day), "{}: {} is a day off by the list", event.key, row.day);
                assert!(!workdays.is_off(row.day), "{}: {} is a day off", event.key, row.day);
                assert_eq!(event.status, EventStatus::Draft, "nothing is published");
            }
            years.push(by_key(&rows));
        }
        print([&before, &years[0], &years[1], &years[2]]);
        // The second Tuesday of March; the second Wednesday of June; a month's end; one on a holiday.
        for (key, y2025, y2026) in [
            ("2024-001-1", "2025-03-11", "2026-03-10"),
            ("2024-002-1", "2025-06-11", "2026-06-10"),
            ("2024-009-1", "2025-01-27", "2026-01-26"),
            ("2024-011-1", "2025-05-15", "2026-05-21"),
            ("2024-023-1", "2025-12-04", "2026-12-04"),
            ("2024-020-1", "2025-05-26", "2026-05-25"),
            ("2024-020-2", "2025-05-27", "2026-05-26"),
            ("2024-020-3", "2025-05-28", "2026-05-27"),
        ] {
            assert_eq!((years[0][key].0, years[1][key].0), (day(y2025), day(y2026)), "{key}");
        }
        // Constitution Day 2027 is a Saturday: set by law, and still not a working day.
        assert_eq!(years[2]["2024-023-1"].0, day("2027-12-03"));
        // A training of three days in a row stays one.
        for (year, off) in years.iter().zip([2025, 2026, 2027]) {
            let days: Vec<_> = (1..=3).map(|n| year[&format!("2024-014-{n}")].0).collect();
            assert!(days[1] == days[0].succ_opt().unwrap() && days[2] == days[1].succ_opt().unwrap(), "{off}: {days:?}");
        }
        // Quarterly ones stay in their quarter.
        for key in ["2024-001-1", "2024-002-1", "2024-003-1", "2024-004-1"] {
            let quarters: BTreeSet<_> = years.iter().map(|year| year[key].0.month0() / 3).collect();
            assert_eq!(quarters.into_iter().collect::<Vec<_>>(), [before[key].0.month0() / 3], "{key}");
        }
        unset_days_are_said(app).await;
    }

    async fn done_twice_and_by_two_at_once_nothing_doubles(app: &TestApp) {
        worked_year(app).await;
        let browser = desk(app, "o@example.test", "GQ-KJ", Role::Organizer).await;
        let other = desk(app, "p@example.test", "GQ", Role::Admin).await;
        let fields = form(&browser.get("/planning/next-year?from=2024").await.expect(200).text());
        let theirs = form(&other.get("/planning/next-year?from=2024&org=GQ-KJ").await.expect(200).text());
        assert_eq!(fields.iter().filter(|(name, _)| name == "take").count(), 23);
        // The other chose another day for one.
        let mut theirs = theirs;
        let at = theirs.iter().position(|(name, _)| name == "s_day").unwrap();
        theirs[at].1 = "2025-02-27".to_owned();
        let (mine, second) = tokio::join!(send(&browser, &fields, "make", 303), send(&other, &theirs, "make", 303));
        let made = |answer: &crate::harness::Answer, name: &str| -> i64 {
            let found = answer.header("location").split(&format!("{name}=")).nth(1).unwrap();
            found.split('&').next().unwrap().parse().unwrap()
        };
        assert_eq!(made(&mine, "made") + made(&second, "made"), 23);
        assert_eq!(made(&mine, "there") + made(&second, "there"), 23);
        assert_eq!(made(&mine, "items") + made(&second, "items"), 6);
        let again = send(&browser, &fields, "make", 303).await;
        assert!(again.header("location").ends_with("made=0&there=23&items=0&items_there=6"), "{}", again.header("location"));
        assert!(browser.get(again.header("location")).await.text().contains("已有而未动的活动 23 项"));
        assert_eq!(sessions(app, 2025).await.len(), 27);
        assert_eq!(event::Entity::find().filter(event::Column::Key.contains("@2025")).count(app.db.read()).await.unwrap(), 23);
        let items = plan_item::Entity::find().filter(plan_item::Column::Year.eq(2025)).all(app.db.read()).await.unwrap();
        let lecture = items.iter().find(|row| row.item == "lecture").unwrap();
        assert_eq!((items.len(), lecture.target, lecture.due), (6, 1, Some(day("2025-10-31"))));
    }

    async fn what_is_taken_edited_and_left_is_as_it_was_reviewed(app: &TestApp) {
        worked_year(app).await;
        let old = event::Entity::find().filter(event::Column::Key.eq("2024-014")).one(app.db.read()).await.unwrap().unwrap();
        let rows = session::Entity::find().filter(session::Column::EventId.eq(old.id)).order_by_asc(session::Column::StartsAt).all(app.db.read()).await.unwrap();
        let task = checklist_item::ActiveModel {
            event_id: Set(old.id), position: Set(0), kind: Set(ChecklistKind::Task), text: Set("订教室".to_owned()),
            done_at: Set(Some(app.now())), done_by: Set(Some("account:1".to_owned())), ..Default::default()
        };
        checklist_item::Entity::insert(task).exec(app.db.write()).await.unwrap();
        let says = speaker::ActiveModel {
            event_id: Set(old.id), session_id: Set(Some(rows[1].id)), position: Set(0), person_id: Set(None),
            name: Set("外请教师".to_owned()), title: Set("党校".to_owned()), ..Default::default()
        };
        speaker::Entity::insert(says).exec(app.db.write()).await.unwrap();
        let mails = event::ActiveModel {
            id: Set(old.id), remind_whom: Set(RemindWhom::NotCheckedIn), after: Set(Some(json!(["thanks"]))), ..Default::default()
        };
        event::Entity::update(mails).exec(app.db.write()).await.unwrap();

        let browser = desk(app, "o@example.test", "GQ-KJ", Role::Organizer).await;
        let html = browser.get("/planning/next-year?from=2024").await.expect(200).text();
        let mut fields = form(&html);
        fields.retain(|(name, value)| name != "item" && (name != "take" || *value == old.id.to_string()));
        let second = fields.iter().position(|(name, value)| name == "s_id" && *value == rows[1].id.to_string()).unwrap() + 1;
        assert_eq!(fields[second].0, "s_day");
        for (typed, says) in [("2026-06-03", "日期应在 2025 年内"), ("", "不是有效的日期"), ("99999-01-01", "不是有效的日期")] {
            fields[second].1 = typed.to_owned();
            let wrong = send(&browser, &fields, "make", 422).await.text();
            assert!(wrong.contains(says) && wrong.contains(&format!("value=\"{typed}\"")), "{typed}: {wrong}");
        }
        // A day off may be chosen, and is said.
        fields[second].1 = "2025-06-07".to_owned();
        let looked = send(&browser, &fields, "look", 200).await.text();
        assert!(looked.contains("是休息日") && looked.contains("你选的日期"), "{looked}");
        assert_eq!(sessions(app, 2025).await.len(), 0, "looking makes nothing");
        fields[second].1 = "2025-06-05".to_owned();
        send(&browser, &fields, "make", 303).await;
        let made = sessions(app, 2025).await;
        let local: Vec<_> = made.iter().map(|(row, _)| (row.day, pufa::scheduling::session::span(row).start_text())).collect();
        assert_eq!(made.len(), 3);
        assert!(local.iter().any(|(day_, text)| *day_ == day("2025-06-05") && text.starts_with("2025-06-05T09:00")), "{local:?}");
        let new = made[0].1.id;
        assert_eq!((made[0].1.remind_whom, &made[0].1.after), (RemindWhom::NotCheckedIn, &Some(json!(["thanks"]))));
        let tasks = checklist_item::Entity::find().filter(checklist_item::Column::EventId.eq(new)).all(app.db.read()).await.unwrap();
        assert_eq!(tasks.iter().map(|row| (row.text.as_str(), row.done_at, row.done_by.as_deref())).collect::<Vec<_>>(), [("订教室", None, None)]);
        let speakers = speaker::Entity::find().filter(speaker::Column::EventId.eq(new)).all(app.db.read()).await.unwrap();
        let of = made.iter().find(|(row, _)| Some(row.id) == speakers[0].session_id).unwrap();
        assert_eq!((speakers.len(), speakers[0].name.as_str(), of.0.day), (1, "外请教师", day("2025-06-05")));
        // The others are still to be had.
        let html = browser.get("/planning/next-year?from=2024").await.expect(200).text();
        assert_eq!(form(&html).iter().filter(|(name, _)| name == "take").count(), 22);
    }

    async fn the_wrong_people_and_the_wrong_years_get_nothing(app: &TestApp) {
        worked_year(app).await;
        let browser = desk(app, "o@example.test", "GQ-KJ", Role::Organizer).await;
        for year in ["99999", "0", "x", "-1"] {
            let html = browser.get(&format!("/planning/next-year?from={year}")).await.expect(422).text();
            assert!(html.contains("年份应为 1990 至 2198"), "{html}");
        }
        assert!(browser.get("/planning/next-year?from=1999").await.expect(200).text().contains("没有可以照搬的"));
        browser.get("/planning/next-year?from=2024&org=GQ-SF").await.expect(404);
        browser.post("/planning/next-year", &[("from", "99999")]).await.expect(400);
        let beside = desk(app, "s@example.test", "GQ-SF", Role::Organizer).await;
        let html = beside.get("/planning/next-year?from=2024").await.expect(200).text();
        assert!(html.contains("没有可以照搬的") && !html.contains("理论中心组"), "a bureau copies its own events");
        beside.get("/templates/new").await.expect(200);
        let mine = form(&browser.get("/planning/next-year?from=2024").await.expect(200).text());
        let stolen: Vec<_> = mine.into_iter().filter(|(name, _)| name != "org").collect();
        assert!(send(&beside, &stolen, "make", 303).await.header("location").contains("made=0&there=0&items=0"));
        let viewer = desk(app, "v@example.test", "GQ-KJ", Role::Viewer).await;
        viewer.get("/planning/next-year?from=2024").await.expect(403);
        viewer.post("/planning/next-year", &[("from", "2024")]).await.expect(403);
        assert_eq!(sessions(app, 2025).await.len(), 0);
        app.at("2026-03-01T09:00");
        let late = desk(app, "l@example.test", "GQ-KJ", Role::Organizer).await;
        assert!(late.get("/planning/next-year?from=2024").await.expect(200).text().contains("2025年已经开始"));
    }
}

/// Each draft of the year without a notice says so, those of the years with one do not, and an expected observance is
/// carried with its task.
async fn unset_days_are_said(app: &TestApp) {
    let tasks = checklist_item::Entity::find().all(app.db.read()).await.unwrap();
    let mut by_event: HashMap<_, Vec<String>> = HashMap::new();
    for row in tasks {
        by_event.entry(row.event_id).or_default().push(row.text);
    }
    for year in [2025, 2026, 2027] {
        for (_, event) in sessions(app, year).await {
            let list = by_event.get(&event.id).cloned().unwrap_or_default();
            let notice = list.iter().filter(|text| text.contains("放假通知")).count();
            assert_eq!(notice, usize::from(year == 2027), "{}: {list:?}", event.key);
            let Some(key) = &event.observance else { continue };
            let is_set = app.observances.get(key, year).unwrap().is_set();
            let asked = list.iter().filter(|text| text.starts_with("通知发布后核对日期")).count();
            assert_eq!(asked, usize::from(!is_set), "{}: {list:?}", event.key);
        }
    }
    let tied =
        event::Entity::find().filter(event::Column::Observance.is_not_null()).count(app.db.read()).await.unwrap();
    assert_eq!(tied, 3 * 4, "four of the year's events are held for an observance");
}

journeys! {
    async fn a_series_is_laid_out_anew_by_its_rule(app: &TestApp) {
        app.world().await;
        app.at("2024-12-20T09:00");
        let token = app.token("GQ-KJ", entity::state::Scope::Manage).await;
        app.post("/api/v1/events", &token, serde_json::json!({
            "key": "q", "kind": "center_group_study", "title": "2025年季度学法", "org_code": "GQ-KJ", "audience": ["org:GQ-KJ"],
            "series": {"key": "q", "starts_at": "2025-01-02T14:30", "ends_at": "2025-01-02T16:30",
                "rrule": "FREQ=MONTHLY;INTERVAL=3;BYDAY=1TH;COUNT=4", "on_day_off": "keep"},
        })).await.expect(201);
        let browser = desk(app, "o@example.test", "GQ-KJ", Role::Organizer).await;
        let html = browser.get("/planning/next-year?from=2025").await.expect(200).text();
        assert!(html.contains("共 4 场") && html.contains("现改为推后到工作日"), "{html}");
        copy_year(app, &browser, 2025).await;
        let made = sessions(app, 2026).await;
        let days: Vec<_> = made.iter().map(|(row, _)| row.day.to_string()).collect();
        // The first Thursdays of January, April, July and October; 1 January and 1 October are off.
        assert_eq!(days, ["2026-01-04", "2026-04-02", "2026-07-02", "2026-10-08"]);
        assert!(made.iter().all(|(row, event)| row.series_id.is_some() && event.title == "2026年季度学法"));
        copy_year(app, &browser, 2026).await;
        let next: Vec<_> = sessions(app, 2027).await.iter().map(|(row, _)| row.day.to_string()).collect();
        assert_eq!(next, ["2027-01-07", "2027-04-01", "2027-07-01", "2027-10-07"]);
    }
}
