//! Subscriptions: what stands in them, as other programs read it, and when it changes.

use std::path::Path;
use std::process::Command;

use axum::http::{Method, Request, header};
use chrono::{Days, NaiveDate};
use entity::state::Scope;
use entity::{membership, session};
use pufa::calendar::subscription;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};

use crate::harness::{Answer, TestApp};

/// A published event of one session, by the API; gives its id.
async fn publish(app: &TestApp, token: &str, key: &str, title: &str, session: Value, audience: &[&str]) -> i64 {
    let event = json!({
        "key": key, "kind": "lecture", "title": title, "org_code": "GQ-KJ", "location": "局三楼, 会议室; 东侧",
        "topics": ["科学技术进步法"], "audience": audience, "sessions": [session],
    });
    let made = app.post("/api/v1/events", token, event).await.expect(201).json();
    let id = id_of(&made["id"]);
    app.post(&format!("/api/v1/events/{id}/publish"), token, json!({"override": "冲突另有测试"})).await.expect(200);
    id
}

fn id_of(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).expect("an id")
}

async fn feed_of(app: &TestApp, staff_no: &str) -> String {
    let token = subscription::create(app.db.write(), app.person_id(staff_no).await, app.now()).await.unwrap();
    format!("/calendar/{token}.ics")
}

async fn fetch_if_changed(app: &TestApp, path: &str, tag: &str) -> Answer {
    let request = Request::builder().uri(path).header(header::IF_NONE_MATCH, tag);
    app.send(request.body(axum::body::Body::empty()).unwrap()).await
}

/// What Python's `icalendar` and ical.js make of a feed; fails when they differ.
fn read_by_others(app: &TestApp, text: &str) -> Value {
    let file = app.folder.path().join("feed.ics");
    std::fs::write(&file, text).unwrap();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ical");
    let python = std::env::var("PUFA_TEST_PYTHON").expect("PUFA_TEST_PYTHON is not set: use tests/run");
    let by_python = run(Command::new(python).arg(scripts.join("read.py")).arg(&file));
    let by_js = run(Command::new("node").arg(scripts.join("read.mjs")).arg(&file));
    assert_eq!(by_python, by_js, "two readers differ over\n{text}");
    by_python
}

fn run(command: &mut Command) -> Value {
    let output = command.output().expect("the reader starts: use tests/run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON of the reader")
}

journeys! {
    async fn other_programs_read_what_was_meant(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let long = "讲座：".to_owned() + &"法".repeat(60);
        let january = json!({"key": "jan", "starts_at": "2025-01-15T09:00", "ends_at": "2025-01-15T11:00"});
        publish(app, &token, "e-jan", &long, january, &["org:GQ-KJ"]).await;
        let july = json!({"key": "jul", "starts_at": "2024-07-15T09:00", "ends_at": "2024-07-15T11:30"});
        publish(app, &token, "e-jul", "七月, 讲座; \"引号\" \\ 反斜杠", july, &["group:center-group"]).await;
        let days = json!({"key": "days", "starts_at": "2024-05-25", "ends_at": "2024-06-01", "all_day": true});
        publish(app, &token, "e-days", "科技活动周", days, &["staff:KJ001"]).await;

        let path = feed_of(app, "KJ001").await;
        let answer = app.get(&path, "").await.expect(200);
        assert_eq!(answer.header("content-type"), "text/calendar; charset=utf-8");
        assert!(answer.header("cache-control").contains("private"));
        let text = answer.text();
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "a line over 75 octets");
        assert_eq!(text.matches("BEGIN:DAYLIGHT").count(), 0, "old daylight saving");
        let read = read_by_others(app, &text);
        assert_eq!(read["zones"], json!(["Asia/Shanghai"]));
        assert_eq!(read["errors"], json!([]));
        assert_eq!(read["name"], "普法 · 干部KJ1");
        let shown: Vec<_> = read["events"].as_array().unwrap().iter()
            .map(|e| json!([e["summary"], e["start"], e["end"], e["tz"], e["status"], e["attendees"]])).collect();
        assert_eq!(json!(shown), json!([
            ["科技活动周", "2024-05-25", "2024-06-02", "", "CONFIRMED", 0],
            ["七月, 讲座; \"引号\" \\ 反斜杠", "2024-07-15T01:00:00Z", "2024-07-15T03:30:00Z", "Asia/Shanghai", "CONFIRMED", 0],
            [long, "2025-01-15T01:00:00Z", "2025-01-15T03:00:00Z", "Asia/Shanghai", "CONFIRMED", 0],
        ]));
        assert!(read["events"].as_array().unwrap().iter().all(|e| e["location"] == "局三楼, 会议室; 东侧"));
        // KJ006 is in no group: the lecture of January alone.
        let other = app.get(&feed_of(app, "KJ006").await, "").await.expect(200).text();
        assert_eq!(other.matches("BEGIN:VEVENT").count(), 1);
    }

    async fn the_same_bytes_until_something_changes(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let session = json!({"key": "s", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"});
        let event = publish(app, &token, "e", "讲座", session, &["org:GQ-KJ"]).await;
        let path = feed_of(app, "KJ001").await;
        let first = app.get(&path, "").await.expect(200);
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "a strong ETag: {tag}");

        app.at("2024-03-12T18:00");
        let again = app.get(&path, "").await.expect(200);
        assert_eq!(again.body, first.body, "nothing changed, DTSTAMP neither");
        for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
            let unchanged = fetch_if_changed(app, &path, &known).await.expect(304);
            assert!(unchanged.body.is_empty());
            assert_eq!(unchanged.header("etag"), tag);
        }
        let head = app.call(Method::HEAD, &path, "", Value::Null).await.expect(200);
        assert!(head.body.is_empty());
        assert_eq!((head.header("etag"), head.header("content-type")), (&*tag, "text/calendar; charset=utf-8"));

        let id = session::Entity::find().one(app.db.read()).await.unwrap().unwrap().id;
        let moved = json!({"starts_at": "2024-03-21T14:00", "ends_at": "2024-03-21T16:00"});
        app.patch(&format!("/api/v1/sessions/{id}"), &token, moved).await.expect(200);
        let changed = fetch_if_changed(app, &path, &tag).await.expect(200).text();
        let (before, after) = (read_by_others(app, &first.text()), read_by_others(app, &changed));
        let (before, after) = (&before["events"][0], &after["events"][0]);
        assert_eq!(before["uid"], after["uid"]);
        assert!(after["sequence"].as_i64() > before["sequence"].as_i64());
        assert_eq!(after["start"], "2024-03-21T06:00:00Z");

        app.post(&format!("/api/v1/events/{event}/cancel"), &token, json!({})).await.expect(200);
        let cancelled = read_by_others(app, &app.get(&path, "").await.expect(200).text());
        assert_eq!(cancelled["events"][0]["uid"], before["uid"]);
        assert_eq!(cancelled["events"][0]["status"], "CANCELLED");
        assert!(cancelled["events"][0]["sequence"].as_i64() > after["sequence"].as_i64());
    }

    async fn drafts_and_what_is_far_away_are_left_out(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        for (key, day) in [("old", "2023-02-11"), ("edge", "2023-02-13"), ("ahead", "2026-03-11"), ("far", "2026-03-13")] {
            let (from, to) = (format!("{day}T09:00"), format!("{day}T10:00"));
            let session = json!({"key": format!("s-{key}"), "starts_at": from, "ends_at": to});
            publish(app, &token, key, key, session, &["org:GQ-KJ"]).await;
        }
        let draft = json!({
            "key": "draft", "kind": "lecture", "title": "草稿", "org_code": "GQ-KJ", "audience": ["org:GQ-KJ"],
            "sessions": [{"key": "s-draft", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T10:00"}],
        });
        let made = app.post("/api/v1/events", &token, draft).await.expect(201).json();
        let path = feed_of(app, "KJ001").await;
        let summaries = async || {
            let read = read_by_others(app, &app.get(&path, "").await.expect(200).text());
            read["events"].as_array().unwrap().iter().map(|e| e["summary"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(summaries().await, ["edge", "ahead"]);
        // Cancelled as a draft: nobody ever heard of it.
        let id = id_of(&made["id"]);
        app.post(&format!("/api/v1/events/{id}/cancel"), &token, json!({})).await;
        assert_eq!(summaries().await, ["edge", "ahead"]);
        app.at("2024-03-14T08:00");
        assert_eq!(summaries().await, ["ahead", "far"]);
    }

    async fn memberships_of_the_day_decide(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        for (key, day) in [("spring", "2024-04-10"), ("autumn", "2024-10-10")] {
            let (from, to) = (format!("{day}T09:00"), format!("{day}T10:00"));
            let session = json!({"key": format!("s-{key}"), "starts_at": from, "ends_at": to});
            publish(app, &token, key, key, session, &["org:GQ-KJ", "-staff:KJ003"]).await;
        }
        // KJ001 moves to another bureau in July.
        let person = app.person_id("KJ001").await;
        let last = NaiveDate::from_ymd_opt(2024, 6, 30).unwrap();
        let tx = app.db.begin().await.unwrap();
        membership::Entity::update_many()
            .col_expr(membership::Column::ActiveTo, Expr::value(last))
            .filter(membership::Column::PersonId.eq(person))
            .exec(&tx)
            .await
            .unwrap();
        let moved = membership::ActiveModel {
            person_id: Set(person),
            organisation_id: Set(app.org_id("GQ-SF").await),
            title: Set(String::new()),
            active_from: Set(last + Days::new(1)),
            active_to: Set(None),
            ..Default::default()
        };
        membership::Entity::insert(moved).exec(&tx).await.unwrap();
        tx.commit().await.unwrap();
        let count = async |staff: &str, word: &str| {
            app.get(&feed_of(app, staff).await, "").await.expect(200).text().matches(word).count()
        };
        assert_eq!((count("KJ001", "SUMMARY:spring").await, count("KJ001", "SUMMARY:autumn").await), (1, 0));
        assert_eq!((count("KJ002", "SUMMARY:spring").await, count("KJ002", "SUMMARY:autumn").await), (1, 1));
        assert_eq!(count("KJ003", "BEGIN:VEVENT").await, 0);
    }

    async fn an_address_works_until_it_is_switched_off(app: &TestApp) {
        app.world().await;
        let person = app.person_id("KJ001").await;
        let (first, second) = (feed_of(app, "KJ001").await, feed_of(app, "KJ001").await);
        assert_ne!(first, second);
        assert!(first.len() >= "/calendar/.ics".len() + 32, "at least 128 bits");
        app.get(&first, "").await.expect(200);
        app.get(&second, "").await.expect(200);
        let feeds = subscription::of_person(app.db.read(), person).await.unwrap();
        subscription::revoke(app.db.write(), person, feeds[0].id, app.now()).await.unwrap();
        app.get(&first, "").await.problem(404, "not-found");
        app.get(&second, "").await.expect(200);
        assert!(subscription::revoke(app.db.write(), person, feeds[0].id, app.now()).await.is_err());
        assert!(subscription::revoke(app.db.write(), app.person_id("KJ002").await, feeds[1].id, app.now()).await.is_err());
        assert_eq!(subscription::revoke_all(app.db.write(), person, app.now()).await.unwrap(), 1);
        app.get(&second, "").await.problem(404, "not-found");
        app.get("/calendar/unknown.ics", "").await.problem(404, "not-found");
        app.get(second.trim_end_matches(".ics"), "").await.problem(404, "not-found");
    }
}
