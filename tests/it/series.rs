//! Series of sittings: made by a rule, moved off days off, changed from some sitting on; what began stays as it was.

use std::collections::BTreeMap;

use entity::state::Scope;
use entity::{attendance, outbox, session};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::harness::{Browser, TestApp};

/// An event of GQ-KJ with the six people of the bureau and that series.
fn study(key: &str, series: Value) -> Value {
    json!({
        "key": key, "kind": "center_group_study", "title": "理论学习中心组学法", "org_code": "GQ-KJ",
        "audience": ["org:GQ-KJ"], "location": "三楼会议室", "required": true, "series": series,
    })
}

/// The quarterly study of 2026: the first day of each quarter, 14:30 to 16:30, after days off.
fn quarterly() -> Value {
    json!({
        "key": "ZXZ2026", "starts_at": "2026-01-01T14:30", "ends_at": "2026-01-01T16:30",
        "rrule": "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1;COUNT=4", "time_zone": "Asia/Shanghai", "on_day_off": "after",
    })
}

/// Every Thursday from 8 January 2026.
fn weekly(count: usize) -> Value {
    json!({
        "key": "W", "starts_at": "2026-01-08T14:30", "ends_at": "2026-01-08T16:30",
        "rrule": format!("FREQ=WEEKLY;BYDAY=TH;COUNT={count}"),
    })
}

async fn make(app: &TestApp, token: &str, body: Value) -> Value {
    app.post("/api/v1/events", token, body).await.expect(201).json()
}

fn at(list: &str, shown: &Value) -> String {
    format!("/api/v1/{list}/{}", shown["id"].as_str().expect("an id"))
}

/// The address of the sitting of that key.
fn sitting(event: &Value, key: &str) -> String {
    let list = event["sessions"].as_array().expect("sessions");
    at("sessions", list.iter().find(|one| one["key"] == key).unwrap_or_else(|| panic!("no {key} in {event}")))
}

async fn publish(app: &TestApp, token: &str, event: &Value) -> Value {
    app.post(&format!("{}/publish", at("events", event)), token, json!({"override": "x"})).await.expect(200).json()
}

async fn told(app: &TestApp) -> BTreeMap<String, u64> {
    let rows = outbox::Entity::find().all(app.db.read()).await.unwrap();
    rows.iter().fold(BTreeMap::new(), |mut sums, row| {
        *sums.entry(row.kind.as_str().to_owned()).or_default() += 1;
        sums
    })
}

async fn rows(app: &TestApp) -> Vec<session::Model> {
    session::Entity::find().order_by_asc(session::Column::Key).all(app.db.read()).await.unwrap()
}

/// Every sitting as a line: key, recurrence-id, state, time, who set it, attendance.
async fn table(app: &TestApp) -> String {
    let zone = pufa::dates::Zone::parse("Asia/Shanghai").unwrap();
    let mut lines = Vec::new();
    for row in rows(app).await {
        let came = attendance::Entity::find()
            .filter(attendance::Column::SessionId.eq(row.id))
            .count(app.db.read())
            .await
            .unwrap();
        let (from, to) = (zone.local(row.starts_at), zone.local(row.ends_at));
        lines.push(format!(
            "{} | {} | {:9} | {}–{} | {:7} | {came} came | sequence {}",
            row.key,
            row.recurrence_id.as_deref().unwrap_or("-"),
            row.status,
            from.format("%m-%d %H:%M"),
            to.format("%H:%M"),
            if row.by_hand { "by hand" } else { "" },
            row.sequence,
        ));
    }
    lines.join("\n")
}

journeys! {
    async fn the_quarterly_study_of_2026_changes_for_the_rest_and_keeps_what_was(app: &TestApp) {
        app.world().await;
        app.at("2025-12-20T09:00");
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let made = make(app, &token, study("Q", quarterly())).await;
        assert_eq!(made["series"]["moved"], json!([
            {"date": "2026-01-01", "to": "2026-01-04", "why": "元旦"},
            {"date": "2026-10-01", "to": "2026-10-08", "why": "国庆节"},
        ]), "{}", made["series"]);
        // 4 January 2026 is a Sunday that is worked.
        let event = publish(app, &token, &made).await;
        // One mail a person, whatever the number of sittings.
        assert_eq!(told(app).await, BTreeMap::from([("invitation".to_owned(), 6)]));

        // The first is held, and five of six came.
        app.at("2026-01-04T14:35");
        let first = sitting(&event, "ZXZ2026-20260101");
        for number in 1..=5 {
            let body = json!({"staff_no": format!("KJ00{number}")});
            app.post(&format!("{first}/check-ins"), &token, body).await.expect(201);
        }
        app.at("2026-02-02T09:00");
        // The second is moved by hand, the third called off.
        let body = json!({"starts_at": "2026-04-03T09:00", "ends_at": "2026-04-03T11:00"});
        let moved = app.patch(&sitting(&event, "ZXZ2026-20260401"), &token, body).await.expect(200).json();
        assert_eq!((&moved["by_hand"], &moved["recurrence_id"]), (&json!(true), &json!("20260401T143000")));
        let third = sitting(&event, "ZXZ2026-20260701");
        let off = app.post(&format!("{third}/cancel"), &token, json!({"reason": "半年总结"})).await.expect(200);
        assert_eq!(off.json()["status"], "cancelled");
        assert_eq!(table(app).await, "\
ZXZ2026-20260101 | 20260101T143000 | scheduled | 01-04 14:30–16:30 |         | 5 came | sequence 0
ZXZ2026-20260401 | 20260401T143000 | scheduled | 04-03 09:00–11:00 | by hand | 0 came | sequence 1
ZXZ2026-20260701 | 20260701T143000 | cancelled | 07-01 14:30–16:30 |         | 0 came | sequence 1
ZXZ2026-20261001 | 20261001T143000 | scheduled | 10-08 14:30–16:30 |         | 0 came | sequence 0");

        // Then the time changes for the rest.
        let before = told(app).await;
        let change = json!({"series": {"starts_at": "2026-01-01T15:00", "ends_at": "2026-01-01T16:30"}});
        let changed = app.patch(&at("events", &event), &token, change.clone()).await.expect(200).json();
        assert_eq!(changed["series"]["applied"], json!({
            "changed": ["ZXZ2026-20261001"], "added": [], "cancelled": [], "removed": [],
            "by_hand": ["ZXZ2026-20260401"], "missing": [],
        }));
        assert_eq!(table(app).await, "\
ZXZ2026-20260101 | 20260101T143000 | scheduled | 01-04 14:30–16:30 |         | 5 came | sequence 0
ZXZ2026-20260401 | 20260401T143000 | scheduled | 04-03 09:00–11:00 | by hand | 0 came | sequence 1
ZXZ2026-20260701 | 20260701T143000 | cancelled | 07-01 14:30–16:30 |         | 0 came | sequence 1
ZXZ2026-20261001 | 20261001T143000 | scheduled | 10-08 15:00–16:30 |         | 0 came | sequence 1");
        let after = told(app).await;
        assert_eq!(after["update"] - before["update"], 6);
        let last = outbox::Entity::find().order_by_desc(outbox::Column::Id).one(app.db.read()).await.unwrap().unwrap();
        assert_eq!(last.detail.unwrap()["changes"][0]["before"]["starts_at"], "2026-10-08T14:30:00+08:00");
        assert_eq!((&after["invitation"], &after["cancellation"]), (&6, &6));

        // Again: nothing is told twice. The moved one comes along only when it is asked for.
        app.patch(&at("events", &event), &token, change).await.expect(200);
        assert_eq!(told(app).await, after);
        let take = json!({"series": {"by_hand": "take"}});
        app.patch(&at("events", &event), &token, take).await.expect(200);
        let taken = rows(app).await[1].clone();
        assert_eq!((taken.day.to_string().as_str(), taken.by_hand, taken.sequence), ("2026-04-01", false, 2));

        // What was called off comes back when somebody says so, at the time that holds now.
        let back = app.post(&format!("{}/restore", sitting(&event, "ZXZ2026-20260701")), &token, Value::Null).await;
        assert_eq!(back.expect(200).json()["starts_at"], "2026-07-01T15:00:00+08:00");
        assert_eq!((told(app).await["invitation"], told(app).await["update"]), (6, after["update"] + 12));
        app.post(&format!("{}/restore", sitting(&event, "ZXZ2026-20260701")), &token, Value::Null).await.problem(409, "wrong-state");
    }

    async fn this_and_all_later_and_all(app: &TestApp) {
        app.world().await;
        app.at("2026-01-05T09:00");
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = make(app, &token, study("S", weekly(6))).await;
        publish(app, &token, &event).await;
        app.at("2026-01-16T09:00");
        let third = sitting(&event, "W-20260122");
        app.patch(&sitting(&event, "W-20260205"), &token, json!({"starts_at": "2026-02-06T10:00", "ends_at": "2026-02-06T11:00"})).await.expect(200);
        app.post(&format!("{}/cancel", sitting(&event, "W-20260212")), &token, Value::Null).await.expect(200);

        let etag = app.get(&third, &token).await.header("etag").to_owned();
        let fourth = sitting(&event, "W-20260129");
        let body = json!({"starts_at": "2026-01-29T09:00", "ends_at": "2026-01-29T10:00", "location": "礼堂"});
        let changed = app.patch(&format!("{fourth}?apply=later"), &token, body).await.expect(200).json();
        assert_eq!(changed["applied"]["changed"], json!(["W-20260129", "W-20260205"]), "{changed}");
        assert_eq!(changed["applied"]["by_hand"], json!(["W-20260205"]));
        assert_eq!((&changed["starts_at"], &changed["location"]), (&json!("2026-01-29T09:00:00+08:00"), &json!("礼堂")));
        let expected = "\
W-20260108 | 20260108T143000 | scheduled | 01-08 14:30–16:30 |         | 0 came | sequence 0
W-20260115 | 20260115T143000 | scheduled | 01-15 14:30–16:30 |         | 0 came | sequence 0
W-20260122 | 20260122T143000 | scheduled | 01-22 14:30–16:30 |         | 0 came | sequence 0
W-20260129 | 20260129T143000 | scheduled | 01-29 09:00–10:00 |         | 0 came | sequence 1
W-20260205 | 20260205T143000 | scheduled | 02-06 10:00–11:00 | by hand | 0 came | sequence 2
W-20260212 | 20260212T143000 | cancelled | 02-12 14:30–16:30 |         | 0 came | sequence 1";
        assert_eq!(table(app).await, expected);
        // Laid out again, the third keeps the time that the rule gave it before.
        app.patch(&at("events", &event), &token, json!({"series": {}})).await.expect(200);
        assert_eq!(table(app).await, expected);

        // Of all, what began stays.
        let body = json!({"starts_at": "2026-01-22T08:00", "ends_at": "2026-01-22T09:00"});
        app.patch(&format!("{third}?apply=all&by_hand=take"), &token, body).await.expect(200);
        assert_eq!(table(app).await, "\
W-20260108 | 20260108T143000 | scheduled | 01-08 14:30–16:30 |         | 0 came | sequence 0
W-20260115 | 20260115T143000 | scheduled | 01-15 14:30–16:30 |         | 0 came | sequence 0
W-20260122 | 20260122T143000 | scheduled | 01-22 08:00–09:00 |         | 0 came | sequence 1
W-20260129 | 20260129T143000 | scheduled | 01-29 08:00–09:00 |         | 0 came | sequence 2
W-20260205 | 20260205T143000 | scheduled | 02-06 08:00–09:00 | by hand | 0 came | sequence 3
W-20260212 | 20260212T143000 | cancelled | 02-12 14:30–16:30 |         | 0 came | sequence 1");
        let current = app.get(&third, &token).await.header("etag").to_owned();
        assert_ne!(etag, current);
        for (path, body, field) in [
            (format!("{third}?apply=later"), json!({"starts_at": "2026-01-23T08:00", "ends_at": "2026-01-23T09:00"}), "starts_at"),
            (format!("{third}?apply=later"), json!({"status": "held"}), "status"),
            (format!("{third}?apply=later"), json!({"title": "a\u{7}"}), "title"),
        ] {
            let problem = app.patch(&path, &token, body).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        }
        let problem = app.patch(&format!("{third}?apply=some"), &token, json!({})).await;
        assert!(problem.status.is_client_error());
        // A sitting of no series is changed alone.
        let mut plain = study("P", Value::Null);
        plain["sessions"] = json!([{"key": "P-1", "starts_at": "2026-03-03T09:00", "ends_at": "2026-03-03T10:00"}]);
        let plain = make(app, &token, plain).await;
        let problem = app.patch(&format!("{}?apply=later", sitting(&plain, "P-1")), &token, json!({"title": "x"})).await;
        assert_eq!(problem.problem(422, "invalid")["errors"][0]["field"], "apply");

        // All later ones are called off, with the reason.
        let off = app.post(&format!("{fourth}/cancel?apply=later"), &token, json!({"reason": "停办"})).await.expect(200).json();
        assert_eq!(off["applied"]["cancelled"], json!(["W-20260129", "W-20260205"]));
        let states: Vec<_> = rows(app).await.into_iter().filter(|row| row.key.starts_with('W')).map(|row| row.status.as_str()).collect();
        assert_eq!(states, ["scheduled", "scheduled", "scheduled", "cancelled", "cancelled", "cancelled"]);
        // And no lay-out brings them back.
        app.patch(&at("events", &event), &token, json!({"series": {"starts_at": "2026-01-08T16:00"}})).await.expect(200);
        let states: Vec<_> = rows(app).await.into_iter().filter(|row| row.key.starts_with('W')).map(|row| row.status.as_str()).collect();
        assert_eq!(states, ["scheduled", "scheduled", "scheduled", "cancelled", "cancelled", "cancelled"]);
    }

    async fn a_series_is_made_once_and_refused_with_reasons(app: &TestApp) {
        app.world().await;
        app.at("2026-01-05T09:00");
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let made = make(app, &token, study("S", weekly(3))).await;
        assert_eq!(made["sessions"].as_array().unwrap().len(), 3);
        assert_eq!((&made["sessions"][0]["key"], &made["sessions"][0]["series"]), (&json!("W-20260108"), &made["series"]["id"]));
        assert!(made["series"]["words"]["zh-CN"].as_str().unwrap().contains("每周"), "{}", made["series"]["words"]);
        // Twice, and after one sitting was moved: still the same. Another rule is another event.
        app.post("/api/v1/events", &token, study("S", weekly(3))).await.expect(200);
        app.patch(&sitting(&made, "W-20260115"), &token, json!({"starts_at": "2026-01-16T09:00", "ends_at": "2026-01-16T10:00"})).await.expect(200);
        app.post("/api/v1/events", &token, study("S", weekly(3))).await.expect(200);
        app.post("/api/v1/events", &token, study("S", weekly(4))).await.problem(409, "key-taken");
        // Keys that another event has.
        let problem = app.post("/api/v1/events", &token, study("S2", weekly(3))).await.problem(409, "key-taken");
        assert_eq!(problem["errors"][0]["field"], "series.key");
        assert_eq!(app.get("/api/v1/events?key=S2", &token).await.json()["items"], json!([]));

        let with = |name: &str, value: Value| {
            let mut series = weekly(3);
            series["key"] = json!("X");
            series[name] = value;
            series
        };
        for (series, field, code) in [
            (with("rrule", json!("FREQ=DAILY;COUNT=100000")), "series.rrule", "rule-too-many"),
            (with("rrule", json!("FREQ=DAILY;UNTIL=22991231")), "series.rrule", "rule-too-many"),
            (with("rrule", json!("FREQ=SECONDLY")), "series.rrule", "rule-frequency"),
            (with("rrule", json!("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")), "series.rrule", "rule-no-day"),
            (with("time_zone", json!("Europe/Berlin")), "series.time_zone", "zone-not-events"),
            (with("ends_at", json!("2026-01-08T14:30")), "series.ends_at", "end-before-start"),
            (with("ends_at", json!("2026-01-08")), "series.ends_at", "bad-time"),
            (with("key", json!("\u{7}")), "series.key", "control-characters"),
        ] {
            let problem = app.post("/api/v1/events", &token, study("X", series)).await.problem(422, "invalid");
            assert_eq!((&problem["errors"][0]["field"], &problem["errors"][0]["code"]), (&json!(field), &json!(code)), "{problem}");
        }
        let problem = app.post("/api/v1/events", &token, study("X", with("on_day_off", json!("never")))).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], "series.on_day_off");
        let mut both = study("X", weekly(3));
        both["sessions"] = json!([]);
        app.post("/api/v1/events", &token, both).await.problem(422, "invalid");
        // The limit itself is served, in one go.
        let many = make(app, &token, study("MANY", json!({"key": "MANY", "starts_at": "2026-01-08T08:00", "ends_at": "2026-01-08T09:00", "rrule": "FREQ=DAILY;COUNT=1000"}))).await;
        assert_eq!(many["sessions"].as_array().unwrap().len(), 1000);
    }

    async fn an_endless_rule_is_bounded_and_years_without_notice_are_named(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let endless = json!({"key": "E", "starts_at": "2027-12-01T09:00", "ends_at": "2027-12-01T10:00", "rrule": "FREQ=MONTHLY;BYMONTHDAY=1", "on_day_off": "skip"});
        let made = make(app, &token, study("E", endless)).await;
        assert_eq!(made["series"]["bounded_until"], "2029-11-30");
        let years = made["series"]["years_without_notice"].as_array().unwrap();
        assert!(years.contains(&json!(2028)) && years.contains(&json!(2029)), "{years:?}");
        let skipped = made["series"]["skipped"].as_array().unwrap();
        assert!(skipped.iter().any(|one| one["date"] == "2028-01-01" && one["why"] == "weekend"), "{skipped:?}");
        assert_eq!(made["sessions"].as_array().unwrap().len() + skipped.len(), 24);

        // Half past two does not exist in Berlin on 29 March 2026; whole days always do.
        let mut berlin = study("B", json!({"key": "B", "starts_at": "2026-03-27T02:30", "ends_at": "2026-03-27T03:30", "rrule": "FREQ=DAILY;COUNT=4"}));
        berlin["time_zone"] = json!("Europe/Berlin");
        let made = make(app, &token, berlin).await;
        assert_eq!(made["series"]["missing"], json!(["2026-03-29T02:30"]));
        let days: Vec<_> = made["sessions"].as_array().unwrap().iter().map(|one| one["starts_at"].as_str().unwrap()[..10].to_owned()).collect();
        assert_eq!(days, ["2026-03-27", "2026-03-28", "2026-03-30", "2026-03-31"]);
        let mut days = study("D", json!({"key": "D", "starts_at": "2026-03-28", "ends_at": "2026-03-29", "rrule": "FREQ=YEARLY;COUNT=2"}));
        days["time_zone"] = json!("Europe/Berlin");
        let made = make(app, &token, days).await;
        assert_eq!((&made["sessions"][1]["starts_at"], &made["sessions"][1]["ends_at"]), (&json!("2027-03-28"), &json!("2027-03-29")));
        assert_eq!(made["sessions"][0]["recurrence_id"], "20260328");
        // A time that is not there on one date leaves that sitting as it was, and says so.
        let event = app.get("/api/v1/events?key=B", &token).await.json()["items"][0].clone();
        let later = json!({"starts_at": "2026-03-27T01:30", "ends_at": "2026-03-27T02:00"});
        app.patch(&format!("{}?apply=all", sitting(&event, "B-20260327")), &token, later).await.expect(200);
        let problem = app.patch(&at("events", &event), &token, json!({"time_zone": "UTC"})).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["code"], "zone-of-series");
    }

    async fn a_draft_loses_what_the_rule_no_longer_gives_and_what_is_published_calls_it_off(app: &TestApp) {
        app.world().await;
        app.at("2026-01-05T09:00");
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = make(app, &token, study("S", weekly(4))).await;
        let path = at("events", &event);
        let rule = |count: usize, day: &str| json!({"series": {"rrule": format!("FREQ=WEEKLY;BYDAY={day};COUNT={count}")}});
        let done = app.patch(&path, &token, rule(3, "TH")).await.expect(200).json();
        assert_eq!(done["series"]["applied"]["removed"], json!(["W-20260129"]));
        assert_eq!((rows(app).await.len(), told(app).await.len()), (3, 0));
        publish(app, &token, &event).await;
        let before = rows(app).await;

        // Thursdays become Fridays: each sitting stays the one that it was.
        let etag = app.get(&path, &token).await.header("etag").to_owned();
        let done = app.patch(&path, &token, rule(2, "FR")).await.expect(200).json();
        assert_eq!(done["series"]["applied"]["changed"], json!(["W-20260108", "W-20260115"]));
        assert_eq!(done["series"]["applied"]["cancelled"], json!(["W-20260122"]));
        let after = rows(app).await;
        for (was, is) in before.iter().zip(&after) {
            assert_eq!((&was.id, &was.uid, &was.recurrence_id, was.sequence + 1), (&is.id, &is.uid, &is.recurrence_id, is.sequence));
        }
        assert_eq!(after[0].day.to_string(), "2026-01-09");
        // Of what moved and what is off, one mail a person.
        assert_eq!(told(app).await, BTreeMap::from([("invitation".to_owned(), 6), ("update".to_owned(), 6)]));

        // A longer rule brings it back as itself, and adds one.
        let done = app.patch(&path, &token, rule(4, "TH")).await.expect(200).json();
        assert_eq!(done["series"]["applied"]["added"], json!(["W-20260122", "W-20260129"]), "{}", done["series"]["applied"]);
        assert_eq!(rows(app).await[2].id, before[2].id);
        assert_eq!((told(app).await["invitation"], told(app).await["update"]), (6, 12));

        // Who saw an older state is refused; of two at once, one waits for the other and nothing is told twice.
        let request = axum::http::Request::builder().method("PATCH").uri(path.as_str()).header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json").header("if-match", etag).body(axum::body::Body::from(rule(1, "TH").to_string())).unwrap();
        app.send(request).await.problem(412, "changed-meanwhile");
        let both = futures_util::future::join(app.patch(&path, &token, rule(6, "TH")), app.patch(&path, &token, rule(6, "TH"))).await;
        assert_eq!((both.0.status.as_u16(), both.1.status.as_u16()), (200, 200));
        assert_eq!((rows(app).await.len(), told(app).await["update"]), (6, 18));

        // A transaction that never commits leaves nothing.
        let (before, messages) = (table(app).await, told(app).await);
        let tx = app.db.begin().await.unwrap();
        let actor = pufa::access::Actor { name: "test".into(), organisation: app.org_id("GQ-KJ").await, rights: pufa::access::Rights::Manage };
        let id = entity::id::EventId(event["id"].as_str().unwrap().parse().unwrap());
        let change = pufa::scheduling::series::SeriesChange { starts_at: Some("2026-01-08T08:00".into()), ..Default::default() };
        pufa::scheduling::series::change_series(&tx, &actor, id, change, app.now()).await.unwrap();
        drop(tx);
        assert_eq!((table(app).await, told(app).await), (before, messages));
    }

    async fn the_form_shows_the_dates_before_they_are_saved_and_the_page_changes_the_rest(app: &TestApp) {
        app.world().await;
        app.at("2025-12-20T09:00");
        let secret = app.account("o@example.test", "GQ-KJ", entity::state::Role::Organizer).await;
        let browser = Browser::new(app);
        browser.get(&format!("/enter/{secret}")).await.expect(303);
        let page = browser.get("/events/new").await.expect(200).text();
        for text in ["遇休息日", "推迟到后一个工作日", "自己写规则（RRULE）", "提醒", "联系人", "名额", "宣传形式", "时区"] {
            assert!(page.contains(text), "{text}");
        }
        let base = [
            ("key", "web-s"), ("kind", "center_group_study"), ("title", "季度\r\n学法"), ("org_code", "GQ-KJ"), ("audience", "org:GQ-KJ"),
            ("required", "yes"), ("walk_ins", "no"), ("location", "礼堂"), ("contact", "干部KJ01 123"), ("capacity", "40"), ("form", "讲座"),
            ("reminding", "own"), ("reminders", "P7D"), ("reminders", "PT1H"), ("s_id", ""), ("s_day", "2026-01-01"), ("s_start", "14:30"),
            ("s_end", "16:30"), ("s_last", ""), ("r_repeat", "form"), ("r_every", "1"), ("r_unit", "quarter-date"), ("r_date", "1"), ("r_end", "count"),
            ("r_count", "4"),
        ];
        let form = |more: &[(&'static str, &'static str)]| {
            let mut all: Vec<_> = base.iter().copied().filter(|(name, _)| !more.iter().any(|(other, _)| other == name)).collect();
            all.extend(more);
            all
        };
        // The setting is asked for; nothing is made without it.
        let asked = browser.post("/events/new", &form(&[("act", "save")])).await.expect(422).text();
        assert!(asked.contains("id=\"e-r_off\"") && asked.contains("请选择遇休息日怎么办"), "{asked}");
        let looked = browser.post("/events/new", &form(&[("act", "look"), ("r_off", "after")])).await.expect(200).text();
        for text in ["10月1日（周四）", "10月8日（周四）14:30", "国庆节", "实际 4 次"] {
            assert!(looked.contains(text), "{text}: {looked}");
        }
        let looked = browser.post("/events/new", &form(&[("act", "look"), ("r_off", "skip"), ("s_day", "2030-01-01")])).await.expect(200).text();
        assert!(looked.contains("2030 年的放假通知还没有"), "{looked}");
        let wrong = browser.post("/events/new", &form(&[("act", "save"), ("r_off", "after"), ("r_count", "x"), ("title", "a\u{7}b")])).await.expect(422).text();
        assert!(wrong.contains("id=\"e-r_count\"") && wrong.contains("id=\"e-title\"") && wrong.contains("控制字符"), "{wrong}");
        let wrong = browser.post("/events/new", &form(&[("act", "save"), ("r_off", "after"), ("r_repeat", "rule"), ("r_rule", "FREQ=DAILY;COUNT=100000")])).await.expect(422).text();
        assert!(wrong.contains("id=\"e-r_repeat\"") && wrong.contains("1000 场") && wrong.contains("COUNT=100000"), "{wrong}");

        let made = browser.post("/events/new", &form(&[("act", "save"), ("r_off", "after")])).await.expect(303);
        let event = made.header("location").split('?').next().unwrap().to_owned();
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let shown = app.get(&format!("/api/v1{event}"), &token).await.expect(200).json();
        assert_eq!((&shown["title"], &shown["contact"], &shown["capacity"], &shown["form"]), (&json!("季度 学法"), &json!("干部KJ01 123"), &json!(40), &json!("讲座")));
        assert_eq!(shown["reminders"], json!(["P7D", "PT1H"]));
        assert_eq!(shown["sessions"][3]["starts_at"], "2026-10-08T14:30:00+08:00");
        browser.post(&format!("{event}/publish"), &[("override", "x"), ("reason", "x")]).await;
        browser.get(&format!("{event}/edit")).await.expect(200);

        // The page of the series: two look at it, the first changes it.
        let series = format!("{event}/series");
        let page = browser.get(&series).await.expect(200).text();
        assert!(page.contains("遇休息日改期（国庆节）") && page.contains("value=\"quarter-date\" selected"), "{page}");
        let hidden = |page: &str, name: &str| -> &'static str {
            let value = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap();
            Box::leak(value.to_owned().into_boxed_str())
        };
        let revision = hidden(&page, "revision");
        let change = form(&[("act", "look"), ("r_off", "after"), ("s_start", "15:00"), ("revision", revision)]);
        let looked = browser.post(&series, &change).await.expect(200).text();
        assert!(looked.contains("将有的变动") && looked.contains("10月8日（周四）15:00–16:30（改期）"), "{looked}");
        let change = form(&[("act", "save"), ("r_off", "after"), ("s_start", "15:00"), ("revision", revision)]);
        browser.post(&series, &change).await.expect(303);
        let late = form(&[("act", "save"), ("r_off", "before"), ("s_start", "09:00"), ("revision", revision)]);
        let answer = browser.post(&series, &late).await.expect(412).text();
        assert!(answer.contains("别人刚改过") && answer.contains("2026-01-01 15:00 16:30") && answer.contains("value=\"09:00\""), "{answer}");
        assert_ne!(hidden(&answer.replace("name=\"revision\" value=\"\"", ""), "revision"), revision);

        // One sitting by its own form; and later ones with it.
        let id = shown["sessions"][1]["id"].as_str().unwrap();
        let edit = format!("/sessions/{id}/edit");
        let page = browser.get(&edit).await.expect(200).text();
        let revision = hidden(&page, "revision");
        let one = |more: &[(&'static str, &'static str)]| {
            let mut all = vec![("revision", revision), ("day", "2026-04-01"), ("start", "15:00"), ("end", "16:30"), ("last", "")];
            all.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
            all.extend(more);
            all
        };
        let wrong = browser.post(&edit, &one(&[("apply", "later"), ("day", "2026-04-02")])).await.expect(422).text();
        assert!(wrong.contains("id=\"e-starts_at\"") && wrong.contains("value=\"2026-04-02\""), "{wrong}");
        browser.post(&edit, &one(&[("apply", "later"), ("place", "二楼\n会议室")])).await.expect(303);
        let shown = app.get(&format!("/api/v1{event}"), &token).await.expect(200).json();
        let places: Vec<_> = shown["sessions"].as_array().unwrap().iter().map(|one| one["location"].as_str().unwrap()).collect();
        assert_eq!(places, ["礼堂", "二楼 会议室", "二楼 会议室", "二楼 会议室"]);
        let late = browser.post(&edit, &one(&[("apply", "this"), ("title", "专题")])).await.expect(412).text();
        assert!(late.contains("别人刚改过") && late.contains("value=\"专题\"") && late.contains("二楼 会议室"), "{late}");

        // A notice that comes later changes nothing by itself; the page says so, and lays out again.
        let tx = app.db.begin().await.unwrap();
        let notice = entity::holiday_notice::ActiveModel { year: Set(2026), source: Set("test".into()), published: Set(None), imported_at: Set(app.now()) };
        entity::holiday_notice::Entity::insert(notice).exec_without_returning(&tx).await.unwrap();
        let off = entity::holiday_day::ActiveModel { year: Set(2026), day: Set("2026-07-01".parse().unwrap()), name: Set("建党节".into()), off: Set(true) };
        entity::holiday_day::Entity::insert(off).exec_without_returning(&tx).await.unwrap();
        tx.commit().await.unwrap();
        let before = table(app).await;
        let page = browser.get(&series).await.expect(200).text();
        assert!(page.contains("重新排一次") && page.contains("7月2日（周四）15:00–16:30（改期）"), "{page}");
        assert_eq!(table(app).await, before);
        browser.post(&series, &[("act", "again"), ("revision", "x")]).await.expect(303);
        let after = table(app).await;
        assert!(after.contains("| 07-02 15:00–16:30") && after.contains("| 10-01 15:00–16:30"), "{after}");

        // Called off and brought back; another bureau sees none of it.
        let id = shown["sessions"][2]["id"].as_str().unwrap();
        browser.post(&format!("/sessions/{id}/cancel"), &[("reason", "x")]).await.expect(303);
        assert!(browser.get(&series).await.expect(200).text().contains(&format!("/sessions/{id}/restore")));
        browser.post(&format!("/sessions/{id}/restore"), &[]).await.expect(303);
        browser.post(&format!("/sessions/{id}/restore"), &[]).await.expect(409);
        let secret = app.account("sf@example.test", "GQ-SF", entity::state::Role::Organizer).await;
        let other = Browser::new(app);
        other.get(&format!("/enter/{secret}")).await.expect(303);
        other.get("/account").await.expect(200);
        for path in [series.clone(), edit.clone()] {
            other.get(&path).await.expect(404);
        }
        other.post(&series, &change).await.expect(404);
        browser.get("/settings/lang?to=en&next=/").await.expect(303);
        for path in [series, edit, "/events/new".to_owned()] {
            let html = browser.get(&path).await.expect(200).text();
            assert_eq!((html.matches("<h1").count(), html.contains(" style=")), (1, false), "{path}");
        }
    }
}
