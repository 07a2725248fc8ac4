//! Observances of a year, the plan by hand, and drafts from what is set and what is only expected.

use entity::state::{ChecklistKind, Role};
use entity::{checklist_item, event, plan_item, session};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::harness::{Browser, TestApp};

async fn desk<'a>(app: &'a TestApp, org: &str, role: Role) -> Browser<'a> {
    let secret = app.account(&format!("{}-{role}@example.test", org.to_lowercase()), org, role).await;
    let browser = Browser::new(app);
    browser.get(&format!("/enter/{secret}")).await.expect(303);
    browser
}

/// The part of the page about one observance.
fn part<'a>(html: &'a str, key: &str) -> &'a str {
    html.split(&format!("<li id=\"{key}\">")).nth(1).expect("the observance").split("<li id=").next().unwrap()
}

async fn made(app: &TestApp, kind: &str) -> (event::Model, Vec<session::Model>, Vec<checklist_item::Model>) {
    let found = event::Entity::find().filter(event::Column::Kind.eq(kind)).one(app.db.read()).await.unwrap().unwrap();
    let sessions =
        session::Entity::find().filter(session::Column::EventId.eq(found.id)).all(app.db.read()).await.unwrap();
    let tasks = checklist_item::Entity::find()
        .filter(checklist_item::Column::EventId.eq(found.id))
        .all(app.db.read())
        .await
        .unwrap();
    (found, sessions, tasks)
}

journeys! {
    async fn what_is_set_bears_its_source_and_one_tap_makes_a_draft(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        let html = browser.get("/observances?year=2024").await.expect(200).text();
        let day = part(&html, "constitution_day");
        assert!(day.contains("12月4日（周三）") && day.contains("已定") && day.contains("依据") && day.contains("还没有安排活动"), "{day}");
        let nonce = day.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let tap = [("key", nonce.as_str()), ("year", "2024"), ("org_code", "GQ-KJ"), ("when", "whole")];
        let first = browser.post("/observances/constitution_day/draft", &tap).await.expect(303);
        let again = browser.post("/observances/constitution_day/draft", &tap).await.expect(303);
        assert_eq!(first.header("location"), again.header("location"), "tapped twice makes one");
        let (event, sessions, tasks) = made(app, "constitution_day").await;
        assert_eq!((event.title.as_str(), event.observance.as_deref(), event.required), ("2024年国家宪法日宣传活动", Some("constitution_day"), false));
        assert_eq!((sessions.len(), sessions[0].all_day, sessions[0].day.to_string().as_str()), (1, true, "2024-12-04"));
        let usual = app.observances.get("constitution_day", 2024).unwrap();
        assert!(!usual.tasks.is_empty() && !usual.take_along.is_empty());
        let of = |kind| tasks.iter().filter(|row| row.kind == kind).count();
        assert_eq!((of(ChecklistKind::Task), of(ChecklistKind::Take)), (usual.tasks.len(), usual.take_along.len()));
        let html = browser.get("/observances?year=2024").await.expect(200).text();
        assert!(part(&html, "constitution_day").contains("2024年国家宪法日宣传活动"));
        // An event of the kind in the days counts as planned too, named or not.
        let token = app.token("GQ-KJ", entity::state::Scope::Manage).await;
        app.post("/api/v1/events", &token, json!({
            "key": "mfd", "kind": "civil_code_month", "title": "民法典进社区", "org_code": "GQ-KJ", "audience": ["public"],
            "sessions": [{"key": "mfd-1", "starts_at": "2024-05-16T09:00", "ends_at": "2024-05-16T11:00"}],
        })).await.expect(201);
        let html = browser.get("/observances?year=2024").await.expect(200).text();
        assert!(part(&html, "civil_code_month").contains("民法典进社区"));
        let beside = desk(app, "GQ-SF", Role::Viewer).await.get("/observances?year=2024").await.expect(200).text();
        assert!(!beside.contains("民法典进社区") && !beside.contains("/draft"));
    }

    async fn what_is_expected_says_so_and_carries_it(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        let expected = app.observances.get("science_week", 2031).unwrap();
        assert!(!expected.is_set());
        let html = browser.get("/observances?year=2031").await.expect(200).text();
        assert!(part(&html, "science_week").contains("预计，待通知") && html.contains("2031年的放假通知还没有"));
        let form = browser.get("/observances/science_week/draft?year=2031").await.expect(200).text();
        assert!(form.contains("整段") && form.contains("待通知"));
        let send = |when: &'static str, date: &'static str, from: &'static str, to: &'static str| {
            [("key", "o-1"), ("year", "2031"), ("org_code", "GQ-KJ"), ("when", when), ("date", date), ("starts_at", from), ("ends_at", to)]
        };
        let path = "/observances/science_week/draft";
        for (fields, place) in [
            (send("day", "2031-01-06", "09:00", "11:00"), "date"),
            (send("day", "", "09:00", "11:00"), "date"),
            (send("day", "99999-05-01", "09:00", "11:00"), "date"),
            (send("day", &expected.from.to_string().leak()[..], "11:00", "09:00"), "ends_at"),
            (send("day", &expected.from.to_string().leak()[..], "", "09:00"), "starts_at"),
        ] {
            let wrong = browser.post(path, &fields).await.expect(422).text();
            assert!(wrong.contains(&format!("id=\"e-{place}\"")), "{place}: {wrong}");
        }
        let mut elsewhere = send("whole", "", "", "");
        elsewhere[2].1 = "GQ-SF";
        browser.post(path, &elsewhere).await.expect(422);
        browser.post(path, &send("whole", "", "", "")).await.expect(303);
        let (event, sessions, tasks) = made(app, "science_week").await;
        assert_eq!(event.observance.as_deref(), Some("science_week"));
        let span = pufa::scheduling::session::span(&sessions[0]);
        assert_eq!((span.day(), span.last_day(), span.all_day), (expected.from, expected.to, true));
        assert!(tasks.iter().any(|row| row.text == "通知发布后核对日期：科技活动周"), "{tasks:?}");
        assert!(tasks.iter().any(|row| row.text.contains("放假通知")));
        for (path, status) in [
            ("/observances?year=99999", 422), ("/observances?year=x", 422), ("/observances/nothing/draft?year=2025", 404),
            ("/observances/science_month/draft?year=2001", 404), ("/observances?org=GQ-SF", 404),
        ] {
            browser.get(path).await.expect(status);
        }
        let viewer = desk(app, "GQ-KJ", Role::Viewer).await;
        viewer.get("/observances").await.expect(200);
        viewer.get("/observances/science_week/draft?year=2031").await.expect(403);
        viewer.post(path, &send("whole", "", "", "")).await.expect(403);
    }

    async fn the_plan_is_kept_by_hand_and_says_where_it_stands(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        assert!(browser.get("/planning").await.expect(200).text().contains("2024年还没有计划"));
        let item = |item: &'static str, metric: &'static str, target: &'static str, due: &'static str| {
            [("year", "2024"), ("org", "GQ-KJ"), ("org_code", "GQ-KJ"), ("item", item), ("metric", metric), ("target", target), ("due", due)]
        };
        for (fields, place) in [
            (item("", "", "4", ""), "item"), (item("party", "", "4", ""), "item"), (item("", "资料", "4", ""), "item"),
            (item("lecture", "", "0", ""), "target"), (item("lecture", "", "-1", ""), "target"),
            (item("lecture", "", "四", ""), "target"), (item("lecture", "", "9999999999999999999", ""), "target"),
            (item("lecture", "", "4", "2024-02-30"), "due"),
        ] {
            let wrong = browser.post("/planning/items", &fields).await.expect(422).text();
            assert!(wrong.contains(&format!("id=\"e-{place}\"")), "{fields:?}: {wrong}");
        }
        let mut elsewhere = item("lecture", "", "4", "");
        elsewhere[2].1 = "GQ-SF";
        browser.post("/planning/items", &elsewhere).await.expect(422);
        browser.post("/planning/items", &item("lecture", "", "2", "2024-03-01")).await.expect(303);
        browser.post("/planning/items", &item("lecture", "", "3", "")).await.expect(409);
        browser.post("/planning/items", &item("", "materials", "1000", "")).await.expect(303);
        browser.post("/planning/items", &item("meeting", "", "1", "2024-12-01")).await.expect(303);
        let token = app.token("GQ-KJ", entity::state::Scope::Manage).await;
        for (key, kind, day) in [("a", "lecture", "2024-03-05"), ("b", "meeting", "2024-03-06")] {
            app.post("/api/v1/events", &token, json!({
                "key": key, "kind": kind, "title": key, "org_code": "GQ-KJ", "audience": ["org:GQ-KJ"],
                "sessions": [{"key": format!("{key}-1"), "starts_at": format!("{day}T09:00"), "ends_at": format!("{day}T10:00")}],
            })).await.expect(201);
            let id = app.get(&format!("/api/v1/events?key={key}"), &token).await.json()["items"][0]["id"].as_str().unwrap().to_owned();
            // Past days are published like others.
            app.post(&format!("/api/v1/events/{id}/publish"), &token, json!({"override": "补录"})).await.expect(200);
        }
        let html = browser.get("/planning?year=2024").await.expect(200).text();
        for says in ["逾期 11 天", "未开始", "完成", "1/2</a>", "/events?year=2024&amp;kind=lecture", "/reports/2024/rows"] {
            assert!(html.replace("&#x2f;", "/").contains(says), "{says}: {html}");
        }
        let rows = plan_item::Entity::find().all(app.db.read()).await.unwrap();
        let lecture = rows.iter().find(|row| row.item == "lecture").unwrap();
        let path = format!("/planning/items/{}", lecture.id);
        let form = browser.get(&path).await.expect(200).text().replace("&#x2f;", "/");
        assert!(form.contains("value=\"2/2024-03-01\""), "{form}");
        browser.post(&path, &[("version", "2/2024-03-01"), ("target", "4"), ("due", "2024-12-31")]).await.expect(303);
        assert!(browser.get("/planning?year=2024").await.text().replace("&#x2f;", "/").contains("进行中 1/4"));
        let late = browser.post(&path, &[("version", "2/2024-03-01"), ("target", "9"), ("due", "")]).await.expect(412).text();
        assert!(late.contains("现在的目标是 4") && late.contains("value=\"9\""), "{late}");
        browser.post(&format!("{path}/remove"), &[("version", "2/2024-03-01")]).await.expect(412);
        let beside = desk(app, "GQ-SF", Role::Organizer).await;
        beside.get("/planning").await.expect(200);
        beside.get(&path).await.expect(404);
        beside.post(&format!("{path}/remove"), &[("version", "4/2024-12-31")]).await.expect(404);
        browser.post(&format!("{path}/remove"), &[("version", "4/2024-12-31")]).await.expect(303);
        assert_eq!(plan_item::Entity::find().all(app.db.read()).await.unwrap().len(), 2);
        let viewer = desk(app, "GQ-KJ", Role::Viewer).await;
        assert!(!viewer.get("/planning?year=2024").await.expect(200).text().contains("/planning/items"));
        viewer.post("/planning/items", &item("exam", "", "1", "")).await.expect(403);
    }
}
