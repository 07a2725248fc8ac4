//! Subscriptions: what stands in them, as other programs read it, and when it changes.

use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use axum::http::{Method, Request, header};
use chrono::{Days, NaiveDate};
use entity::state::{FeedDetail, Role, Scope};
use entity::{audit, feed_version, membership, session};
use pufa::access::{Actor, Rights};
use pufa::calendar::feeds::address::{self, Keeper};
use pufa::calendar::feeds::{Terms, What, of_feeds};
use pufa::calendar::subscription;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, sea_query::Expr};
use serde_json::{Value, json};

use crate::directory::desk;
use crate::harness::{Answer, TestApp};
use crate::import::{files, good};

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

/// A published series of Thursdays, 14:30 to 16:30; gives the whole.
async fn publish_series(app: &TestApp, token: &str, first: &str, count: usize) -> Value {
    let event = json!({
        "key": "W", "kind": "center_group_study", "title": "每周学法", "org_code": "GQ-KJ", "location": "三楼会议室",
        "audience": ["org:GQ-KJ"], "series": {
            "key": "W", "starts_at": format!("{first}T14:30"), "ends_at": format!("{first}T16:30"),
            "rrule": format!("FREQ=WEEKLY;BYDAY=TH;COUNT={count}"),
        },
    });
    let made = app.post("/api/v1/events", token, event).await.expect(201).json();
    let path = format!("/api/v1/events/{}", id_of(&made["id"]));
    app.post(&format!("{path}/publish"), token, json!({"override": "冲突另有测试"})).await.expect(200);
    made
}

/// A calendar in lines as they were before folding.
async fn plain(app: &TestApp, path: &str) -> String {
    app.get(path, "").await.expect(200).text().replace("\r\n ", "")
}

/// A person's own subscription that rings.
async fn ringing(app: &TestApp, staff_no: &str, alarms: &[u32]) -> String {
    let (person, key) = (app.person_id(staff_no).await, app.signing_key().await.unwrap());
    let terms = Terms { alarms: alarms.to_vec(), ..Terms::default() };
    let (own, what) = (Keeper::Person(person), What::Person(person));
    let secret = address::make(app.db.write(), key, &own, &what, &terms, app.now()).await.unwrap();
    format!("/calendar/{secret}.ics")
}

fn id_of(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).expect("an id")
}

async fn feed_of(app: &TestApp, staff_no: &str) -> String {
    let token = subscription::create(app.db.write(), app.person_id(staff_no).await, app.now()).await.unwrap();
    format!("/calendar/{token}.ics")
}

/// A subscription of that kind by somebody who manages there, in full.
async fn made(app: &TestApp, org: &str, what: What, terms: Terms) -> String {
    let actor = Actor { name: "account:1".into(), organisation: app.org_id(org).await, rights: Rights::Manage };
    let key = app.signing_key().await.unwrap();
    let tx = app.db.begin().await.unwrap();
    let token = address::make(&tx, key, &Keeper::Manager(&actor), &what, &terms, app.now()).await.unwrap();
    tx.commit().await.unwrap();
    format!("/calendar/{token}.ics")
}

fn busy() -> Terms {
    Terms { detail: FeedDetail::Busy, ..Terms::default() }
}

/// The summaries of a feed, in order.
async fn summaries(app: &TestApp, path: &str) -> Vec<String> {
    let text = app.get(path, "").await.expect(200).text().replace("\r\n ", "");
    text.lines().filter_map(|line| line.strip_prefix("SUMMARY:")).map(str::to_owned).collect()
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
        app.post(&format!("/api/v1/events/{id}/cancel"), &token, json!({})).await.expect(200);
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
        let feeds = [feed_of(app, "KJ001").await, feed_of(app, "KJ002").await, feed_of(app, "KJ003").await];
        let count = async |n: usize, word: &str| plain(app, &feeds[n]).await.matches(word).count();
        assert_eq!((count(0, "SUMMARY:spring").await, count(0, "SUMMARY:autumn").await), (1, 1));
        assert_eq!(count(1, "BEGIN:VEVENT").await, 2);
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
        pufa::people::touch(&tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((count(0, "SUMMARY:spring").await, count(0, "SUMMARY:autumn").await), (1, 0));
        assert_eq!((count(1, "SUMMARY:spring").await, count(1, "SUMMARY:autumn").await), (1, 1));
        assert_eq!(count(2, "BEGIN:VEVENT").await, 0);
    }

    async fn an_address_works_until_it_is_switched_off(app: &TestApp) {
        app.world().await;
        let person = app.person_id("KJ001").await;
        let (first, second) = (feed_of(app, "KJ001").await, feed_of(app, "KJ001").await);
        assert_ne!(first, second);
        assert!(first.len() >= "/calendar/.ics".len() + 32, "at least 128 bits");
        app.get(&first, "").await.expect(200);
        app.get(&second, "").await.expect(200);
        let (own, other) = (Keeper::Person(person), Keeper::Person(app.person_id("KJ002").await));
        let feeds = address::list(app.db.read(), &own).await.unwrap();
        address::switch_off(app.db.write(), &own, feeds[0].id, app.now()).await.unwrap();
        app.get(&first, "").await.problem(404, "not-found");
        app.get(&second, "").await.expect(200);
        assert!(address::switch_off(app.db.write(), &own, feeds[0].id, app.now()).await.is_err());
        assert!(address::switch_off(app.db.write(), &other, feeds[1].id, app.now()).await.is_err());
        assert_eq!(address::switch_all_off(app.db.write(), &own, app.now()).await.unwrap(), 1);
        app.get(&second, "").await.problem(404, "not-found");
        app.get("/calendar/unknown.ics", "").await.problem(404, "not-found");
        app.get(second.trim_end_matches(".ics"), "").await.problem(404, "not-found");
    }

    async fn each_kind_of_calendar_holds_its_own_and_below(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let event = async |key: &str, kind: &str, org: &str, also: &[&str], audience: &str| {
            let body = json!({
                "key": key, "kind": kind, "title": key, "org_code": org, "also_kinds": also, "audience": [audience],
                "sessions": [{"key": format!("s-{key}"), "starts_at": "2024-04-10T09:00", "ends_at": "2024-04-10T10:00"}],
            });
            let id = id_of(&app.post("/api/v1/events", &token, body).await.expect(201).json()["id"]);
            app.post(&format!("/api/v1/events/{id}/publish"), &token, json!({"override": "冲突另有测试"})).await.expect(200);
        };
        event("a-lecture", "lecture", "GQ-KJ", &[], "org:GQ-KJ").await;
        event("b-week", "science_week", "GQ-KJ-FG", &[], "org:GQ-KJ").await;
        event("c-open", "lecture", "GQ-SF", &[], "public").await;
        event("d-also", "meeting", "GQ-SF", &["lecture"], "org:GQ-SF").await;
        event("e-fair", "science_week", "GQ-KJ-FG", &[], "public").await;

        let (gq, kj, sf) = (app.org_id("GQ").await, app.org_id("GQ-KJ").await, app.org_id("GQ-SF").await);
        for (org, what, shows) in [
            ("GQ", What::Organisation(gq), &["a-lecture", "b-week", "c-open", "d-also", "e-fair"][..]),
            ("GQ-KJ", What::Organisation(kj), &["a-lecture", "b-week", "e-fair"]),
            ("GQ", What::Kind("lecture".into(), Some(gq)), &["a-lecture", "c-open", "d-also"]),
            ("GQ-SF", What::Kind("lecture".into(), Some(sf)), &["c-open", "d-also"]),
            ("GQ", What::Public(Some(gq)), &["c-open", "e-fair"]),
            ("GQ-SF", What::Public(Some(sf)), &["c-open"]),
            ("GQ", What::Public(None), &["c-open", "e-fair"]),
        ] {
            let path = made(app, org, what.clone(), Terms::default()).await;
            assert_eq!(summaries(app, &path).await, shows, "{what:?}");
        }
    }

    async fn the_public_is_told_no_more_than_its_own_page_shows(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let body = json!({
            "key": "e", "kind": "science_week", "title": "开放日", "org_code": "GQ-KJ", "location": "线上",
            "topics": ["科学技术普及法"], "audience": ["public", "org:GQ-KJ"], "required": true,
            "sessions": [{"key": "s", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"}],
        });
        let event = id_of(&app.post("/api/v1/events", &token, body).await.expect(201).json()["id"]);
        let path = format!("/api/v1/events/{event}");
        app.post(&format!("{path}/publish"), &token, json!({"override": "冲突另有测试"})).await.expect(200);
        let link = json!({"title": "工作人员会议", "url": "https://meeting.tencent.com/dm/staff"});
        app.post(&format!("{path}/materials"), &token, link).await.expect(201);
        app.put(&format!("{path}/speakers"), &token, json!([{"staff_no": "KJ001"}])).await.expect(200);
        let kj = app.org_id("GQ-KJ").await;
        let own = plain(app, &made(app, "GQ-KJ", What::Organisation(kj), Terms::default()).await).await;
        for word in ["https://meeting.tencent.com/dm/staff", "干部KJ1", "必须参加", "科学技术普及法"] {
            assert!(own.contains(word), "{word} in {own}");
        }
        let public = made(app, "GQ-KJ", What::Public(Some(kj)), Terms::default()).await;
        let shown = plain(app, &public).await;
        for word in ["meeting.tencent.com", "CONFERENCE", "干部KJ1", "参加"] {
            assert!(!shown.contains(word), "{word} in {shown}");
        }
        for word in ["SUMMARY:开放日", "LOCATION:线上", "县科技局", "科学技术普及法", "http://pufa.example.test/open"] {
            assert!(shown.contains(word), "{word} in {shown}");
        }
        // No longer for the public.
        app.patch(&path, &token, json!({"audience": ["org:GQ-KJ"]})).await.expect(200);
        assert!(summaries(app, &public).await.is_empty());
    }

    async fn nobody_makes_or_stops_what_is_not_theirs(app: &TestApp) {
        app.world().await;
        let (key, now) = (app.signing_key().await.unwrap(), app.now());
        let (kj, sf) = (app.org_id("GQ-KJ").await, app.org_id("GQ-SF").await);
        let actor = Actor { name: "account:1".into(), organisation: kj, rights: Rights::Manage };
        let manager = Keeper::Manager(&actor);
        let (one, other) = (app.person_id("KJ001").await, app.person_id("KJ002").await);
        let tx = app.db.begin().await.unwrap();
        for what in [
            What::Organisation(sf), What::Kind("lecture".into(), Some(sf)), What::Kind("lecture".into(), None),
            What::Public(None), What::Person(one),
        ] {
            let refused = address::make(&tx, key, &manager, &what, &Terms::default(), now).await.unwrap_err();
            assert_eq!(refused.code().slug(), "not-found", "{what:?}");
        }
        assert!(address::make(&tx, key, &Keeper::Person(other), &What::Person(one), &Terms::default(), now).await.is_err());
        let public = What::Public(Some(kj));
        address::make(&tx, key, &manager, &public, &Terms::default(), now).await.unwrap();
        let twice = address::make(&tx, key, &manager, &public, &Terms::default(), now).await.unwrap_err();
        assert_eq!(twice.code().slug(), "wrong-state");
        for wrong in [
            Terms { alarms: vec![99_999], ..Terms::default() },
            Terms { alarms: vec![1, 2, 3, 4, 5, 6], ..Terms::default() },
            Terms { name: "长".repeat(101), ..Terms::default() },
            Terms { name: "a\u{0}b".into(), ..Terms::default() },
        ] {
            let refused = address::make(&tx, key, &manager, &What::Organisation(kj), &wrong, now).await.unwrap_err();
            assert_eq!(refused.code().slug(), "invalid", "{wrong:?}");
        }
        address::make(&tx, key, &Keeper::Person(one), &What::Person(one), &Terms::default(), now).await.unwrap();
        let own = address::list(&tx, &Keeper::Person(one)).await.unwrap()[0].id;
        for stranger in [Keeper::Person(other), Keeper::Manager(&actor)] {
            assert!(address::renew(&tx, key, &stranger, own, now).await.is_err());
            assert!(address::change(&tx, &stranger, own, &Terms::default(), now).await.is_err());
            assert!(address::switch_off(&tx, &stranger, own, now).await.is_err());
        }
    }

    async fn an_address_made_anew_ends_the_old_one_and_holds_the_same(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let session = json!({"key": "s", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"});
        publish(app, &token, "e", "讲座", session, &["org:GQ-KJ"]).await;
        let person = app.person_id("KJ001").await;
        let (own, key) = (Keeper::Person(person), app.signing_key().await.unwrap());
        let terms = Terms { name: "我的, 日历".into(), detail: FeedDetail::Full, alarms: vec![30, 1_440, 30] };
        let first = address::make(app.db.write(), key, &own, &What::Person(person), &terms, app.now()).await.unwrap();
        let path = |token: &str| format!("/calendar/{token}.ics");
        let before = app.get(&path(&first), "").await.expect(200);
        let id = address::list(app.db.read(), &own).await.unwrap()[0].id;
        let tx = app.db.begin().await.unwrap();
        let second = address::renew(&tx, key, &own, id, app.now()).await.unwrap();
        app.get(&path(&first), "").await.expect(200);
        tx.commit().await.unwrap();
        app.get(&path(&first), "").await.problem(404, "not-found");
        fetch_if_changed(app, &path(&first), before.header("etag")).await.problem(404, "not-found");
        let after = app.get(&path(&second), "").await.expect(200);
        assert_eq!(after.text().replace("\r\n ", "").replace(&second, &first), before.text().replace("\r\n ", ""));
        assert!(before.header("content-disposition").starts_with("inline; filename="));

        // Other wishes keep the address.
        let id = address::list(app.db.read(), &own).await.unwrap()[0].id;
        address::change(app.db.write(), &own, id, &busy(), app.now()).await.unwrap();
        assert_eq!(summaries(app, &path(&second)).await, ["忙"]);

        // The public's is worked out again, not kept, and new as well.
        let public = made(app, "GQ-KJ", What::Public(Some(app.org_id("GQ-KJ").await)), Terms::default()).await;
        let row = address::list_public(app.db.read()).await.unwrap().pop().unwrap();
        assert_eq!(public, path(&address::public_token(key, row.id)));
        assert_ne!(public, path(&address::public_token(key, entity::id::FeedId(row.id.0 + 1))));
        app.get(&public.replace(&row.id.0.to_string(), "999"), "").await.problem(404, "not-found");
    }

    async fn busy_tells_when_and_nothing_else(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let session = json!({"key": "s", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"});
        let event = publish(app, &token, "e", "处分决定宣读", session, &["org:GQ-KJ"]).await;
        let link = json!({"title": "会议", "url": "https://meeting.tencent.com/dm/secret"});
        app.post(&format!("/api/v1/events/{event}/materials"), &token, link).await.expect(201);
        let full = made(app, "GQ-KJ", What::Organisation(app.org_id("GQ-KJ").await), Terms::default()).await;
        let full = app.get(&full, "").await.expect(200).text().replace("\r\n ", "");
        assert!(full.contains("CONFERENCE;VALUE=URI:https://meeting.tencent.com/dm/secret\r\n"), "{full}");
        assert!(full.contains(&format!("URL:http://pufa.example.test/events/{event}?session=")));
        assert!(full.contains("TRANSP:OPAQUE") && full.contains("COLOR:seagreen") && full.contains("SOURCE;VALUE=URI:http://"));
        let path = made(app, "GQ-KJ", What::Organisation(app.org_id("GQ-KJ").await), busy()).await;
        let text = app.get(&path, "").await.expect(200).text().replace("\r\n ", "");
        for secret in ["处分", "局三楼", "科学技术进步法", "讲座", "meeting.tencent", "/events/", "DESCRIPTION", "LOCATION", "CATEGORIES", "URL:"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(text.contains("SUMMARY:忙\r\n") && text.contains("CLASS:PRIVATE") && text.contains("TRANSP:OPAQUE"));
        assert!(text.contains("DTSTART;TZID=Asia/Shanghai:20240320T090000"));
    }

    async fn alarms_ring_as_their_owner_chose_and_never_change_by_themselves(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        for (key, day) in [("one", "2024-03-20"), ("two", "2024-03-21")] {
            let (from, to) = (format!("{day}T09:00"), format!("{day}T11:00"));
            let session = json!({"key": format!("s-{key}"), "starts_at": from, "ends_at": to});
            publish(app, &token, key, &format!("{key}：{}", "法".repeat(60)), session, &["org:GQ-KJ"]).await;
        }
        let person = app.person_id("KJ001").await;
        let (own, key) = (Keeper::Person(person), app.signing_key().await.unwrap());
        let terms = Terms { alarms: vec![1_440, 30], ..Terms::default() };
        let secret = address::make(app.db.write(), key, &own, &What::Person(person), &terms, app.now()).await.unwrap();
        let path = format!("/calendar/{secret}.ics");
        let answer = app.get(&path, "").await.expect(200);
        let text = answer.text();
        assert!(text.split("\r\n").all(|line| line.len() <= 75));
        read_by_others(app, &text);
        let plain = text.replace("\r\n ", "");
        assert_eq!(plain.matches("BEGIN:VALARM\r\n").count(), 4);
        assert_eq!((plain.matches("TRIGGER:-PT30M\r\n").count(), plain.matches("TRIGGER:-P1D\r\n").count()), (2, 2));
        assert!(!plain.contains("ACKNOWLEDGED") && plain.contains("ACTION:DISPLAY\r\n"));
        for part in plain.split("BEGIN:VALARM").skip(1) {
            assert_eq!(part.split("END:VALARM").next().unwrap().matches("DTSTAMP").count(), 0);
        }
        app.at("2024-03-12T20:00");
        assert_eq!(app.get(&path, "").await.expect(200).body, answer.body);
        // What is cancelled rings no more; the others still do.
        let id = session::Entity::find().one(app.db.read()).await.unwrap().unwrap().id;
        app.post(&format!("/api/v1/sessions/{id}/cancel"), &token, json!({})).await.expect(200);
        assert_eq!(app.get(&path, "").await.expect(200).text().matches("BEGIN:VALARM").count(), 2);
    }

    async fn whole_days_ring_in_the_morning(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let days = json!({"key": "days", "starts_at": "2024-05-25", "ends_at": "2024-05-26", "all_day": true});
        publish(app, &token, "e", "科技活动周", days, &["org:GQ-KJ"]).await;
        let text = plain(app, &ringing(app, "KJ001", &[0, 30, 60, 1_440]).await).await;
        let triggers: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("TRIGGER:")).collect();
        assert_eq!(triggers, ["PT9H", "-PT15H"], "{text}");
        read_by_others(app, &text);
    }

    async fn a_series_is_cut_by_the_window_rings_and_hides(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        // Ten Thursdays, of which the window of 12 March 2024 holds the last four.
        let made_series = publish_series(app, &token, "2023-01-05", 10).await;
        let path = ringing(app, "KJ001", &[30]).await;
        let text = plain(app, &path).await;
        assert_eq!((text.matches("BEGIN:VEVENT").count(), text.matches("TRIGGER:-PT30M").count()), (1, 1), "{text}");
        assert!(text.contains("DTSTART;TZID=Asia/Shanghai:20230216T143000") && text.contains("UNTIL=20230309T063000Z"));
        read_by_others(app, &text);
        let secret = path.trim_start_matches("/calendar/").trim_end_matches(".ics");
        assert_eq!(app.feeds.read(secret, app.now()).await.unwrap().version.sessions.len(), 4);

        // A sitting that differs rings too, and busy tells nothing of why it does.
        let sitting = id_of(&made_series["sessions"][8]["id"]);
        app.patch(&format!("/api/v1/sessions/{sitting}"), &token, json!({"title": "处分决定", "location": "密室"})).await.expect(200);
        let text = plain(app, &path).await;
        assert_eq!((text.matches("BEGIN:VEVENT").count(), text.matches("TRIGGER:-PT30M").count()), (2, 2), "{text}");
        assert!(text.contains("RECURRENCE-ID;TZID=Asia/Shanghai:20230302T143000"));
        let hidden = made(app, "GQ-KJ", What::Organisation(app.org_id("GQ-KJ").await), busy()).await;
        let text = plain(app, &hidden).await;
        for secret in ["处分", "密室", "学法", "会议室", "DESCRIPTION", "CATEGORIES"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(text.contains("SUMMARY:忙\r\n") && text.contains("RRULE:"));
        // The first two of them go over the edge.
        assert!(plain(app, &path).await.contains("DTSTART;TZID=Asia/Shanghai:20230216T143000"));
        app.at("2024-03-24T08:00");
        let text = plain(app, &path).await;
        assert!(!text.contains("20230216") && !text.contains("20230223"), "{text}");
    }

    async fn a_sittings_own_link_is_its_own(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let series = publish_series(app, &token, "2024-03-14", 4).await;
        let link = json!({
            "title": "会议", "url": "https://meeting.tencent.com/dm/first", "session_id": series["sessions"][0]["id"],
        });
        app.post(&format!("/api/v1/events/{}/materials", id_of(&series["id"])), &token, link).await.expect(201);
        let text = plain(app, &feed_of(app, "KJ001").await).await;
        let with: Vec<_> = text.split("BEGIN:VEVENT").filter(|part| part.contains("CONFERENCE")).collect();
        assert_eq!(with.len(), 1, "{text}");
        assert!(with[0].contains("RECURRENCE-ID;TZID=Asia/Shanghai:20240314T143000") && !with[0].contains("RRULE"));
    }

    async fn nothing_that_is_said_of_a_person_is_in_any_calendar(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let session = json!({"key": "s", "starts_at": "2024-03-12T09:00", "ends_at": "2024-03-12T11:00"});
        let event = publish(app, &token, "e", "讲座", session, &["org:GQ-KJ", "public"]).await;
        app.patch(&format!("/api/v1/events/{event}"), &token, json!({"required": true})).await.expect(200);
        let kj = app.org_id("GQ-KJ").await;
        let mut paths = vec![feed_of(app, "KJ001").await];
        for what in [What::Organisation(kj), What::Kind("lecture".into(), Some(kj)), What::Public(Some(kj))] {
            paths.push(made(app, "GQ-KJ", what, Terms::default()).await);
        }
        let id = session::Entity::find().one(app.db.read()).await.unwrap().unwrap().id;
        let word = json!({"status": "excused", "note": "住院手术"});
        app.put(&format!("/api/v1/sessions/{id}/attendance/KJ001"), &token, word).await.expect(200);
        app.at("2024-03-12T12:00");
        for path in paths {
            let text = plain(app, &path).await;
            assert!(text.contains("SUMMARY:讲座"));
            for word in ["住院", "手术", "excused", "请假"] {
                assert!(!text.contains(word), "{word} in {text}");
            }
        }
    }

    async fn whatever_changes_shows_at_the_next_fetch(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let place = json!({"org_code": "GQ-KJ", "name": "三楼会议室", "capacity": 40});
        let place = app.post("/api/v1/places", &token, place).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        let session = json!({"key": "s", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"});
        let event = publish(app, &token, "e", "讲座", session, &["org:GQ-KJ"]).await;
        app.patch(&format!("/api/v1/events/{event}"), &token, json!({"location": "三楼会议室"})).await.expect(200);
        // Once more, by mistake: a person of another number, who left long ago.
        let double = app.person("KJ901", "GQ-KJ", &[]).await;
        let tx = app.db.begin().await.unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        membership::Entity::update_many()
            .col_expr(membership::Column::ActiveFrom, Expr::value(day("2020-01-01")))
            .col_expr(membership::Column::ActiveTo, Expr::value(day("2020-12-31")))
            .filter(membership::Column::PersonId.eq(double))
            .exec(&tx)
            .await
            .unwrap();
        pufa::people::touch(&tx).await.unwrap();
        tx.commit().await.unwrap();
        let session = json!({"key": "s-double", "starts_at": "2024-03-22T09:00", "ends_at": "2024-03-22T11:00"});
        publish(app, &token, "double", "两个工号", session, &["staff:KJ901"]).await;
        let id = session::Entity::find().filter(session::Column::Key.eq("s")).one(app.db.read()).await.unwrap().unwrap().id;
        let person = app.person_id("KJ001").await;
        let browser = desk(app, "GQ", Role::Admin).await;
        let path = feed_of(app, "KJ001").await;
        let mut before = plain(app, &path).await;
        // Each fetch finds what the one before it left in the cache.
        let mut step = async |word: &str| {
            assert!(!before.contains(word), "{word} in {before}");
            before = plain(app, &path).await;
            assert!(before.contains(word), "{word} in {before}");
        };

        browser.get(&format!("/people/{person}/edit")).await.expect(200);
        let form = [("name", "新名字"), ("email", "kj001@example.test")];
        browser.post(&format!("/people/{person}/edit"), &form).await.expect(303);
        step("NAME:普法 · 新名字").await;
        let form = [("act", "rename"), ("new_name", "县科学技术局"), ("new_level", "bureau")];
        browser.post(&format!("/organisations/{}", app.org_id("GQ-KJ").await), &form).await.expect(303);
        step("DESCRIPTION:县科学技术局").await;
        app.patch(&format!("/api/v1/places/{place}"), &token, json!({"name": "301会议室"})).await.expect(200);
        step("LOCATION:301会议室").await;
        let speakers = json!([{"name": "外请讲师甲"}]);
        app.put(&format!("/api/v1/events/{event}/speakers"), &token, speakers).await.expect(200);
        step("外请讲师甲").await;
        browser.get("/people/merge?one=KJ001&other=KJ901").await.expect(200);
        let form = [("one", "KJ001"), ("other", "KJ901"), ("stays", "KJ001")];
        browser.post("/people/merge", &form).await.expect(303);
        step("SUMMARY:两个工号").await;
        let brought = [
            ("events.csv", "event_key,kind,title,org_code,co_host_codes,location,audience,required,status\nI,lecture,导入的,GQ-SF,,礼堂,org:GQ-SF;org:GQ-KJ,no,scheduled\n"),
            ("sessions.csv", "session_key,event_key,starts_at,ends_at,all_day,status\nI1,I,2024-03-25T09:00,2024-03-25T11:00,no,scheduled\n"),
        ];
        good(app, files(&brought)).await;
        step("SUMMARY:导入的").await;
        app.post(&format!("/api/v1/sessions/{id}/cancel"), &token, json!({})).await.expect(200);
        step("STATUS:CANCELLED").await;
        // Of another bureau from the 15th on: what is the old one's alone goes, what is both's stays.
        let looked = browser.get(&format!("/people/{person}/transfer")).await.expect(200).text();
        let seen = looked.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let form = [("act", "save"), ("seen", seen.as_str()), ("from", "2024-03-15"), ("org_code", "GQ-SF"), ("title", ""), ("more_groups", "")];
        browser.post(&format!("/people/{person}/transfer"), &form).await.expect(303);
        let mut left = summaries(app, &path).await;
        left.sort();
        assert_eq!(left, ["两个工号", "导入的"]);
    }

    async fn other_peoples_changes_pack_nothing_anew(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let session = json!({"key": "s", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"});
        publish(app, &token, "e", "讲座", session, &["org:GQ-KJ"]).await;
        let path = feed_of(app, "KJ001").await;
        let secret = path.trim_start_matches("/calendar/").trim_end_matches(".ics");
        let first = app.feeds.read(secret, app.now()).await.unwrap();
        app.at("2024-03-12T09:00");
        app.person("SF003", "GQ-SF", &[]).await;
        let again = app.feeds.read(secret, app.now()).await.unwrap();
        assert_eq!(again.modified, first.modified);
        for n in 0..2 {
            assert_eq!(again.body[n].as_ptr(), first.body[n].as_ptr(), "the very same octets");
        }
        assert!(Arc::ptr_eq(&again.version, &first.version));
        assert_eq!(app.get(&path, "").await.expect(200).header("last-modified"), "Tue, 12 Mar 2024 00:00:00 GMT");
        let since = Request::builder().uri(&path).header(header::IF_MODIFIED_SINCE, "Tue, 12 Mar 2024 00:00:00 GMT");
        app.send(since.body(axum::body::Body::empty()).unwrap()).await.expect(304);
    }

    async fn what_is_kept_goes_exactly_when_something_in_it_changes(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let session = |key: &str, day: &str| json!({
            "key": key, "starts_at": format!("{day}T09:00"), "ends_at": format!("{day}T11:00"),
        });
        let mine = publish(app, &token, "mine", "讲座", session("s-mine", "2024-03-20"), &["org:GQ-KJ"]).await;
        let other = publish(app, &token, "other", "别人的", session("s-other", "2024-03-21"), &["org:GQ-SF"]).await;
        let secret = feed_of(app, "KJ001").await;
        let secret = secret.trim_start_matches("/calendar/").trim_end_matches(".ics").to_owned();
        let read = async || app.feeds.read(&secret, app.now()).await.unwrap();
        let kept = read().await;
        assert!(Arc::ptr_eq(&kept, &read().await));
        let (shown, others) = (format!("/api/v1/events/{mine}"), format!("/api/v1/events/{other}"));
        app.patch(&others, &token, json!({"title": "还是别人的"})).await.expect(200);
        assert!(Arc::ptr_eq(&kept, &read().await), "another's event changed");

        // A second server on the same database sees what the first one wrote, at once.
        let twin = pufa::app::build_on(app.db.clone(), app.config.clone(), app.clock.clone(), app.mode).unwrap();
        assert_eq!(twin.feeds.read(&secret, app.now()).await.unwrap().tags, kept.tags);
        for change in [
            json!({"title": "新题目"}), json!({"location": "新地方"}), json!({"topics": ["宪法"]}),
            json!({"audience": ["staff:KJ001"]}), json!({"required": true}), json!({"kind": "training"}),
        ] {
            let before = read().await;
            app.patch(&shown, &token, change.clone()).await.expect(200);
            let (here, there) = (read().await, twin.feeds.read(&secret, app.now()).await.unwrap());
            assert!(!Arc::ptr_eq(&before, &here), "{change}");
            assert_eq!(here.tags, there.tags, "{change}");
        }
        let before = read().await;
        let link = json!({"title": "会议", "url": "https://meeting.tencent.com/dm/5"});
        app.post(&format!("{shown}/materials"), &token, link).await.expect(201);
        assert_ne!(before.tags, read().await.tags);
        let before = read().await;
        app.patch(&shown, &token, json!({"audience": ["org:GQ-KJ", "-staff:KJ001"]})).await.expect(200);
        assert_ne!(before.tags, read().await.tags);
        assert!(read().await.version.sessions.is_empty());
        // The window moves at midnight.
        let before = read().await;
        app.at("2024-03-13T00:00");
        assert!(!Arc::ptr_eq(&before, &read().await));
    }

    async fn a_body_is_packed_for_who_takes_it_and_known_by_its_tags(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let session = json!({"key": "s", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"});
        publish(app, &token, "e", "讲座", session, &["org:GQ-KJ"]).await;
        let path = feed_of(app, "KJ001").await;
        let ask = async |method: Method, fields: &[(&str, &str)]| {
            let mut request = Request::builder().method(method).uri(&path);
            for (name, value) in fields {
                request = request.header(*name, *value);
            }
            app.send(request.body(axum::body::Body::empty()).unwrap()).await
        };
        let plain = ask(Method::GET, &[]).await.expect(200);
        assert_eq!((plain.header("content-encoding"), plain.header("last-modified")), ("", ""));
        app.at("2024-03-12T08:01");
        let packed = ask(Method::GET, &[("accept-encoding", "gzip, deflate, br")]).await.expect(200);
        assert_eq!((packed.header("content-encoding"), packed.header("vary")), ("gzip", "accept-encoding"));
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&packed.body[..]).read_to_end(&mut text).unwrap();
        assert_eq!(text, plain.body);
        let (tag, other) = (plain.header("etag"), packed.header("etag"));
        assert!(tag != other && !tag.starts_with("W/") && !other.starts_with("W/"));
        assert_eq!(packed.header("last-modified"), "Tue, 12 Mar 2024 00:00:00 GMT");

        for (fields, status) in [
            (vec![("if-none-match", tag)], 304),
            (vec![("if-none-match", other), ("accept-encoding", "gzip")], 304),
            (vec![("if-none-match", "\"x\""), ("if-modified-since", "Tue, 12 Mar 2024 00:00:00 GMT")], 200),
            (vec![("if-modified-since", "Tue, 12 Mar 2024 00:00:00 GMT")], 304),
            (vec![("if-modified-since", "Mon, 11 Mar 2024 23:59:59 GMT")], 200),
            (vec![("if-modified-since", "neulich")], 200),
        ] {
            for method in [Method::GET, Method::HEAD] {
                let answer = ask(method, &fields).await.expect(status);
                assert!(!answer.header("etag").is_empty() && answer.header("cache-control").contains("private"));
                assert_eq!(answer.header("last-modified"), "Tue, 12 Mar 2024 00:00:00 GMT");
            }
        }
        let head = ask(Method::HEAD, &[("accept-encoding", "gzip")]).await.expect(200);
        assert!(head.body.is_empty());
        assert_eq!(head.header("content-length"), packed.body.len().to_string());
    }

    async fn who_fetched_what_is_written_down_now_and_then(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let session = json!({"key": "s", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"});
        publish(app, &token, "e", "讲座", session, &["org:GQ-KJ"]).await;
        let path = feed_of(app, "KJ001").await;
        let fetch = async |client: &str, tag: &str| {
            let request = Request::builder().uri(&path).header(header::USER_AGENT, client).header(header::IF_NONE_MATCH, tag);
            app.send(request.body(axum::body::Body::empty()).unwrap()).await
        };
        let tag = fetch("iOS/17.4 dataaccessd/1.0", "").await.expect(200).header("etag").to_owned();
        app.at("2024-03-12T09:00");
        fetch("iOS/17.4 dataaccessd/1.0", &tag).await.expect(304);
        fetch(&"长".repeat(300), "").await;
        fetch(&"g".repeat(300), "").await.expect(200);
        let person = app.person_id("KJ001").await;
        let feed = address::list(app.db.read(), &Keeper::Person(person)).await.unwrap()[0].id;
        assert!(of_feeds(app.db.read(), vec![feed]).await.unwrap().is_empty(), "nothing is written by a request");
        pufa::jobs::write_fetches(app).await.unwrap();
        let rows = of_feeds(app.db.read(), vec![feed]).await.unwrap();
        let phone = rows.iter().find(|row| row.client.starts_with("iOS")).unwrap();
        assert_eq!((phone.times, phone.status, phone.held, phone.etag.as_str()), (2, 304, 1, tag.as_str()));
        assert!(phone.first_at < phone.last_at);
        assert!(rows.iter().all(|row| row.client.chars().count() <= 200));
        assert!(rows.iter().any(|row| row.client == "长".repeat(200)), "in whatever script: {rows:?}");
        let held = feed_version::Entity::find().all(app.db.read()).await.unwrap();
        assert_eq!(held.len(), 1, "one version, whoever has it: {held:?}");
        assert_eq!((held[0].etag.as_str(), held[0].sessions.as_array().unwrap().len()), (tag.as_str(), 1));
        app.at("2024-03-12T09:45");
        fetch("iOS/17.4 dataaccessd/1.0", &tag).await.expect(304);
        app.at("2024-03-12T09:30");
        for n in 0..60 {
            fetch(&format!("client {n}"), "").await.expect(200);
        }
        pufa::jobs::write_fetches(app).await.unwrap();
        let rows = of_feeds(app.db.read(), vec![feed]).await.unwrap();
        assert_eq!(rows.len(), 50, "a client that calls itself something else each time fills nothing");
        assert_eq!(rows.iter().find(|row| row.client.starts_with("iOS")).unwrap().times, 3);

        // A version is forgotten once no client has it any more.
        let versions = async || feed_version::Entity::find().count(app.db.read()).await.unwrap();
        let session = json!({"key": "s2", "starts_at": "2024-03-21T09:00", "ends_at": "2024-03-21T11:00"});
        publish(app, &token, "e2", "讲座", session, &["org:GQ-KJ"]).await;
        app.at("2024-03-12T10:00");
        fetch("iOS/17.4 dataaccessd/1.0", &tag).await.expect(200);
        pufa::jobs::write_fetches(app).await.unwrap();
        assert_eq!(versions().await, 2);
        for row in rows {
            fetch(&row.client, &tag).await.expect(200);
        }
        pufa::jobs::write_fetches(app).await.unwrap();
        assert_eq!(versions().await, 1);
    }

    async fn who_made_and_stopped_an_address_is_written_down(app: &TestApp) {
        app.world().await;
        let (person, key) = (app.person_id("KJ001").await, app.signing_key().await.unwrap());
        let public = What::Public(Some(app.org_id("GQ-KJ").await));
        let tx = app.db.begin().await.unwrap();
        for what in [What::Person(person), public.clone(), public] {
            address::create(&tx, key, &what, app.now()).await.unwrap();
        }
        let own = Keeper::Person(person);
        address::make(&tx, key, &own, &What::Person(person), &Terms::default(), app.now()).await.unwrap();
        assert_eq!(address::switch_all_off(&tx, &own, app.now()).await.unwrap(), 2);
        tx.commit().await.unwrap();
        let rows = audit::Entity::find().filter(audit::Column::Action.starts_with("feed.")).order_by_asc(audit::Column::Id);
        let rows = rows.all(app.db.read()).await.unwrap();
        let said: Vec<_> = rows.iter().map(|row| (row.actor.as_str(), row.action.as_str())).collect();
        let own = format!("person:{person}");
        assert_eq!(said, [
            ("command", "feed.create"), ("command", "feed.create"), ("command", "feed.off"), ("command", "feed.create"),
            (&own, "feed.create"), (&own, "feed.off"), (&own, "feed.off"),
        ]);
        assert_eq!(rows[2].subject, rows[1].subject, "the public's first one");
    }
}
