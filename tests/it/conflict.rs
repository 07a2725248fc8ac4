//! Conflicts before publishing: what is named, to whom, what overrides it, and which times are free.

use entity::state::Scope;
use entity::{audit, person, place, speaker};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::harness::TestApp;

/// A required study of GQ-KJ on Friday 15 March 2024, three days ahead.
fn study(key: &str, org: &str, audience: &[&str]) -> Value {
    json!({
        "key": key, "kind": "lecture", "title": format!("讲座{key}"), "org_code": org, "audience": audience,
        "required": true,
        "sessions": [{"key": format!("{key}-1"), "starts_at": "2024-03-15T09:00", "ends_at": "2024-03-15T11:00"}],
    })
}

async fn make(app: &TestApp, token: &str, body: Value) -> String {
    let made = app.post("/api/v1/events", token, body).await.expect(201).json();
    format!("/api/v1/events/{}", made["id"].as_str().unwrap())
}

async fn publish(app: &TestApp, token: &str, event: &str) {
    app.post(&format!("{event}/publish"), token, Value::Null).await.expect(200);
}

/// The conflicts that publishing is refused with.
async fn refused(app: &TestApp, token: &str, event: &str) -> Vec<Value> {
    let problem = app.post(&format!("{event}/publish"), token, json!({})).await.problem(409, "conflicts");
    problem["conflicts"].as_array().unwrap().clone()
}

fn kinds(conflicts: &[Value]) -> Vec<&str> {
    conflicts.iter().map(|conflict| conflict["kind"].as_str().unwrap()).collect()
}

/// The id in an address.
fn id(address: &str) -> i64 {
    address.rsplit('/').next().unwrap().parse().unwrap()
}

async fn place_of(app: &TestApp, org: &str, name: &str, capacity: Option<i32>) {
    let row = place::ActiveModel {
        organisation_id: Set(app.org_id(org).await),
        name: Set(name.to_owned()),
        address: Set(String::new()),
        capacity: Set(capacity),
        retired_at: Set(None),
        created_at: Set(app.now()),
        updated_at: Set(app.now()),
        ..Default::default()
    };
    place::Entity::insert(row).exec(app.db.write()).await.unwrap();
}

async fn speaks(app: &TestApp, event: &str, staff_no: Option<&str>, name: &str, title: &str) {
    let person_id = match staff_no {
        Some(number) => Some(app.person_id(number).await),
        None => None,
    };
    let row = speaker::ActiveModel {
        event_id: Set(entity::id::EventId(id(event))),
        session_id: Set(None),
        position: Set(0),
        person_id: Set(person_id),
        name: Set(name.to_owned()),
        title: Set(title.to_owned()),
        ..Default::default()
    };
    speaker::Entity::insert(row).exec(app.db.write()).await.unwrap();
}

journeys! {
    async fn one_person_on_two_rosters_is_named_and_the_override_stands_in_the_audit(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let first = make(app, &token, study("A", "GQ-SF", &["org:GQ-SF", "staff:KJ002"])).await;
        publish(app, &token, &first).await;
        let second = make(app, &token, study("B", "GQ-KJ", &["org:GQ-KJ"])).await;

        let listed = app.get(&format!("{second}/conflicts"), &token).await.expect(200).json();
        let conflicts = refused(app, &token, &second).await;
        assert_eq!(listed["items"], json!(conflicts));
        assert_eq!(kinds(&conflicts), ["person"]);
        let conflict = &conflicts[0];
        assert_eq!((&conflict["blocks"], &conflict["session_key"]), (&json!(true), &json!("B-1")));
        let name = person::Entity::find().filter(person::Column::StaffNo.eq("KJ002")).one(app.db.read()).await.unwrap().unwrap();
        assert_eq!(conflict["people"], json!([{"person_id": name.id.to_string(), "name": name.name}]));
        assert_eq!(conflict["other"]["title"], "讲座A");
        assert_eq!(conflict["other"]["org_code"], "GQ-SF");
        assert_eq!(conflict["other"]["event_id"], id(&first).to_string());
        assert_eq!(conflict["other"]["starts_at"], "2024-03-15T09:00:00+08:00");
        assert_eq!(
            conflict["words"]["zh-CN"],
            format!("3月15日（周五）09:00–11:00：1 人同时要参加“讲座A”（县司法局，3月15日（周五）09:00–11:00）：{}", name.name)
        );
        assert!(conflict["words"]["en"].as_str().unwrap().contains("must also be in “讲座A”"), "{conflict}");
        // Nothing was told, and a blank reason is none.
        app.post(&format!("{second}/publish"), &token, json!({"override": "  "})).await.problem(409, "conflicts");
        assert_eq!(app.get(&second, &token).await.json()["status"], "draft");

        let body = json!({"override": "局长已同意分头参加"});
        let published = app.post(&format!("{second}/publish"), &token, body).await.expect(200).json();
        assert_eq!(published["status"], "scheduled");
        let deed = audit::Entity::find()
            .filter(audit::Column::Action.eq("event.publish"))
            .order_by_desc(audit::Column::Id)
            .one(app.db.read())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(deed.detail["reason"], "局长已同意分头参加");
        assert_eq!(deed.detail["conflicts"][0]["kind"], "person");
        assert_eq!(deed.detail["conflicts"][0]["persons"], json!([name.id]));
        assert_eq!(deed.detail["conflicts"][0]["other_event"], id(&first));
    }

    async fn the_other_end_of_an_hour_an_optional_or_a_cancelled_event_is_no_conflict(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let first = make(app, &token, study("A", "GQ-KJ", &["org:GQ-KJ"])).await;
        publish(app, &token, &first).await;
        let mut after = study("B", "GQ-KJ", &["org:GQ-KJ"]);
        after["sessions"][0]["starts_at"] = json!("2024-03-15T11:00");
        after["sessions"][0]["ends_at"] = json!("2024-03-15T12:00");
        let after = make(app, &token, after).await;
        publish(app, &token, &after).await;
        let mut optional = study("C", "GQ-KJ", &["org:GQ-KJ"]);
        optional["required"] = json!(false);
        let optional = make(app, &token, optional).await;
        publish(app, &token, &optional).await;
        // Who is taken out of one audience is not wanted twice.
        let apart = make(app, &token, study("D", "GQ-KJ", &["staff:SF001", "org:GQ-KJ", "-org:GQ-KJ"])).await;
        publish(app, &token, &apart).await;
        let last = make(app, &token, study("E", "GQ-KJ", &["group:center-group"])).await;
        assert_eq!(kinds(&refused(app, &token, &last).await), ["person"]);
        app.post(&format!("{first}/cancel"), &token, Value::Null).await.expect(200);
        publish(app, &token, &last).await;
    }

    async fn what_another_body_does_is_named_by_its_time_alone(app: &TestApp) {
        app.world().await;
        let (county, bureau) = (app.token("GQ", Scope::Manage).await, app.token("GQ-KJ", Scope::Manage).await);
        let first = make(app, &county, study("A", "GQ-SF", &["staff:KJ001"])).await;
        publish(app, &county, &first).await;
        let second = make(app, &bureau, study("B", "GQ-KJ", &["org:GQ-KJ"])).await;
        let conflicts = refused(app, &bureau, &second).await;
        let other = &conflicts[0]["other"];
        assert_eq!((&other["title"], &other["event_id"], &other["org_name"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!(other["starts_at"], "2024-03-15T09:00:00+08:00");
        let words = conflicts[0]["words"]["zh-CN"].as_str().unwrap();
        assert!(words.contains("其他单位的活动（3月15日（周五）09:00–11:00）") && !words.contains("讲座A"), "{words}");
        app.get(&format!("{second}/conflicts"), &app.token("GQ-TZ", Scope::Read).await).await.problem(404, "not-found");
    }

    async fn a_place_is_used_once_at_a_time_and_holds_all_who_must_come(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        place_of(app, "GQ-KJ", "三楼会议室", Some(5)).await;
        place_of(app, "GQ-SF", "三楼会议室", None).await;
        place_of(app, "GQ-KJ", "报告厅", Some(40)).await;
        let at = |key: &str, org: &str, audience: &str, place: &str| {
            let mut body = study(key, org, &[audience]);
            body["location"] = json!(place);
            body
        };
        let first = make(app, &token, at("A", "GQ-KJ", "staff:KJ001", "三楼会议室")).await;
        publish(app, &token, &first).await;
        // Another body's room of the same name is another room; a town without one means the text.
        let sister = make(app, &token, at("B", "GQ-SF", "staff:SF001", "三楼会议室")).await;
        publish(app, &token, &sister).await;
        let text = make(app, &token, at("C", "GQ-TZ", "staff:TZ001", " 三楼会议室 ")).await;
        assert_eq!(kinds(&refused(app, &token, &text).await), ["place", "place"]);
        for nowhere in ["", "线上（腾讯会议）", "https://meet.example.test/9"] {
            app.patch(&text, &token, json!({"location": nowhere})).await.expect(200);
            assert_eq!(app.get(&format!("{text}/conflicts"), &token).await.json()["items"], json!([]));
        }
        // Six must come, five fit in.
        let full = make(app, &token, at("D", "GQ-KJ", "org:GQ-KJ", "三楼会议室")).await;
        let conflicts = refused(app, &token, &full).await;
        assert_eq!(kinds(&conflicts), ["place", "person", "capacity"]);
        assert_eq!((&conflicts[2]["expected"], &conflicts[2]["capacity"]), (&json!(6), &json!(5)));
        app.patch(&full, &token, json!({"location": "报告厅", "audience": ["org:GQ-KJ", "-staff:KJ001"]})).await.expect(200);
        publish(app, &token, &full).await;
    }

    async fn a_speaker_is_at_one_place_at_a_time(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let first = make(app, &token, study("A", "GQ-SF", &["org:GQ-SF"])).await;
        speaks(app, &first, None, "讲师甲", "党校教授").await;
        speaks(app, &first, Some("KJ001"), "干部KJ1", "").await;
        publish(app, &token, &first).await;
        let second = make(app, &token, study("B", "GQ-TZ", &["org:GQ-TZ"])).await;
        speaks(app, &second, None, "讲师甲", "党校教授").await;
        speaks(app, &second, None, "干部KJ1", "").await;
        let conflicts = refused(app, &token, &second).await;
        assert_eq!((kinds(&conflicts), &conflicts[0]["speakers"]), (vec!["speaker"], &json!(["讲师甲"])));
        // Who speaks there must be here.
        let third = make(app, &token, study("C", "GQ-KJ", &["org:GQ-KJ"])).await;
        let conflicts = refused(app, &token, &third).await;
        assert_eq!((kinds(&conflicts), conflicts[0]["people"].as_array().unwrap().len()), (vec!["person"], 1));
        // Who must be there speaks here.
        let fourth = make(app, &token, study("D", "GQ-TZ", &["staff:KJ006"])).await;
        speaks(app, &fourth, Some("SF001"), "干部SF1", "").await;
        assert_eq!(kinds(&refused(app, &token, &fourth).await), ["person"]);
    }

    async fn two_sessions_of_one_event_and_a_draft_beside_it(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        make(app, &token, study("A", "GQ-KJ", &["staff:KJ001"])).await;
        let mut body = study("B", "GQ-KJ", &["org:GQ-KJ"]);
        let more = json!({"key": "B-2", "starts_at": "2024-03-15T10:00", "ends_at": "2024-03-15T12:00"});
        body["sessions"].as_array_mut().unwrap().push(more);
        let event = make(app, &token, body).await;
        let conflicts = refused(app, &token, &event).await;
        let shown: Vec<_> = conflicts.iter().map(|c| (c["kind"].as_str().unwrap(), c["blocks"].as_bool().unwrap(), c["other"]["draft"].as_bool().unwrap())).collect();
        // The pair is named once; the draft of the same host is a hint beside each session.
        assert_eq!(shown, [("person", true, false), ("person", false, true), ("person", false, true)]);
        let second = conflicts[0]["other"]["session_id"].as_str().unwrap();
        app.post(&format!("/api/v1/sessions/{second}/cancel"), &token, Value::Null).await.expect(200);
        publish(app, &token, &event).await;
    }

    async fn days_off_and_evenings_are_asked_about_when_planned_ahead(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let on = |key: &str, kind: &str, start: &str, end: &str| {
            let mut body = study(key, "GQ-KJ", &["org:GQ-KJ"]);
            body["kind"] = json!(kind);
            body["sessions"][0]["starts_at"] = json!(start);
            body["sessions"][0]["ends_at"] = json!(end);
            body
        };
        let holiday = make(app, &token, on("A", "lecture", "2024-10-01T09:00", "2024-10-01T11:00")).await;
        let conflicts = refused(app, &token, &holiday).await;
        assert_eq!((&conflicts[0]["kind"], &conflicts[0]["day"]), (&json!("day_off"), &json!("2024-10-01")));
        assert!(conflicts[0]["holiday"].as_str().unwrap().contains("国庆"), "{conflicts:?}");
        let evening = make(app, &token, on("B", "meeting", "2024-06-12T19:00", "2024-06-12T20:00")).await;
        assert_eq!(kinds(&refused(app, &token, &evening).await), ["working_hours"]);
        // Outreach is where the public is; a meeting this week is known to who calls it.
        let stand = make(app, &token, on("C", "constitution_day", "2024-12-01T09:00", "2024-12-01T20:00")).await;
        publish(app, &token, &stand).await;
        let soon = make(app, &token, on("D", "meeting", "2024-03-16T19:00", "2024-03-16T21:00")).await;
        publish(app, &token, &soon).await;
        let worked = make(app, &token, on("E", "lecture", "2024-09-29T09:00", "2024-09-29T11:00")).await;
        publish(app, &token, &worked).await;
        let unknown = make(app, &token, on("F", "lecture", "2035-03-15T09:00", "2035-03-15T11:00")).await;
        let hints = app.get(&format!("{unknown}/conflicts"), &token).await.expect(200).json();
        assert_eq!((&hints["items"][0]["kind"], &hints["items"][0]["blocks"]), (&json!("day_off"), &json!(false)));
        publish(app, &token, &unknown).await;
    }

    async fn a_change_of_what_is_published_says_what_is_in_its_way(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let first = make(app, &token, study("A", "GQ-KJ", &["org:GQ-KJ"])).await;
        publish(app, &token, &first).await;
        let mut body = study("B", "GQ-KJ", &["org:GQ-KJ"]);
        body["sessions"][0]["starts_at"] = json!("2024-03-15T14:00");
        body["sessions"][0]["ends_at"] = json!("2024-03-15T16:00");
        let second = make(app, &token, body).await;
        publish(app, &token, &second).await;
        let shown = app.get(&second, &token).await.json();
        let session = format!("/api/v1/sessions/{}", shown["sessions"][0]["id"].as_str().unwrap());
        let moved = app.patch(&session, &token, json!({"starts_at": "2024-03-15T10:00"})).await.expect(200).json();
        assert_eq!(kinds(moved["conflicts"].as_array().unwrap()), ["person"]);
        let renamed = app.patch(&session, &token, json!({"title": "改名"})).await.expect(200).json();
        assert_eq!(renamed["conflicts"], Value::Null);
        let changed = app.patch(&second, &token, json!({"topics": ["宪法"]})).await.expect(200).json();
        assert_eq!(kinds(changed["conflicts"].as_array().unwrap()), ["person"]);
        let freed = app.patch(&second, &token, json!({"audience": ["org:GQ-SF"]})).await.expect(200).json();
        assert_eq!(freed["conflicts"], Value::Null);
    }

    async fn free_times_are_working_hours_at_which_nobody_is_elsewhere(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let mut body = study("A", "GQ-SF", &["staff:KJ002"]);
        body["sessions"] = json!([
            {"key": "A-1", "starts_at": "2024-03-15T08:30", "ends_at": "2024-03-15T15:00"},
            {"key": "A-2", "starts_at": "2024-03-18T08:00", "ends_at": "2024-03-18T18:00"},
        ]);
        let first = make(app, &token, body).await;
        publish(app, &token, &first).await;
        let asked = "/api/v1/free-slots?host=GQ-KJ&audience=org:GQ-KJ&length=PT2H&near=2024-03-15T09:00";
        let free = app.get(asked, &token).await.expect(200).json();
        let starts: Vec<_> = free["items"].as_array().unwrap().iter().map(|slot| slot["starts_at"].as_str().unwrap().to_owned()).collect();
        // Friday from 15:00, the day before at its end, and before that; not the weekend, not the taken Monday.
        assert_eq!(starts, ["2024-03-15T15:00:00+08:00", "2024-03-14T16:00:00+08:00", "2024-03-14T14:00:00+08:00"]);
        // Without the one who is elsewhere, the wish itself is free.
        let free = app.get(&asked.replace("org:GQ-KJ", "org:GQ-KJ;-staff:KJ002"), &token).await.expect(200).json();
        assert_eq!(free["items"][0]["starts_at"], "2024-03-15T09:00:00+08:00");
        // Nothing past: it is Tuesday 08:00.
        let free = app.get(&asked.replace("2024-03-15", "2024-03-11"), &token).await.expect(200).json();
        assert_eq!(free["items"][0]["starts_at"], "2024-03-12T08:15:00+08:00");

        let wrong = "/api/v1/free-slots?host=NO&audience=org:NO&length=P1M&near=soon";
        let problem = app.get(wrong, &token).await.problem(422, "invalid");
        let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["host", "near", "length", "audience[0]"]);
        app.get(asked, &app.token("GQ", Scope::Read).await).await.problem(403, "forbidden");
    }
}

journeys! {
    async fn the_pages_name_a_conflict_and_lead_out_of_it(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        place_of(app, "GQ-KJ", "三楼会议室", Some(20)).await;
        place_of(app, "GQ-KJ", "报告厅", Some(40)).await;
        let with_place = |mut body: Value| {
            body["location"] = json!("三楼会议室");
            body
        };
        let first = make(app, &token, with_place(study("A", "GQ-KJ", &["staff:KJ001"]))).await;
        publish(app, &token, &first).await;
        let event = make(app, &token, with_place(study("B", "GQ-KJ", &["org:GQ-KJ"]))).await;
        let path = format!("/events/{}", id(&event));
        let browser = crate::harness::Browser::new(app);
        let secret = app.account("kj@example.test", "GQ-KJ", entity::state::Role::Organizer).await;
        browser.get(&format!("/sign-in/{secret}")).await;
        browser.post(&format!("/sign-in/{secret}"), &[]).await;

        let page = browser.get(&format!("{path}/publish")).await.expect(200).text();
        assert!(page.contains("有 2 处冲突") && page.contains("“三楼会议室”同时用于“讲座A”"), "{page}");
        assert!(page.contains("改到 3月15日（周五）11:00–13:00") && page.contains("换到报告厅（40 座）"), "{page}");
        let refused = browser.post(&format!("{path}/publish"), &[("override", " ")]).await.expect(409).text();
        assert!(refused.contains("id=\"e-override\""), "{refused}");

        // One tap moves the draft, and leads back to publishing, where nothing is in the way any more.
        let session = app.get(&event, &token).await.json()["sessions"][0]["id"].as_str().unwrap().to_owned();
        let next = format!("{path}/publish");
        let tap = [("starts_at", "2024-03-15T14:00:00+08:00"), ("ends_at", "2024-03-15T16:00:00+08:00"), ("next", next.as_str())];
        let there = browser.post(&format!("/sessions/{session}/move"), &tap).await.expect(303);
        assert_eq!(there.header("location"), format!("{path}/publish?done=moved"));
        assert!(!browser.get(&next).await.expect(200).text().contains("处冲突"));
        browser.post(&format!("{path}/publish"), &[]).await.expect(303);

        // Moving what is published into a conflict is refused until it has a reason.
        let by_hand = |why: &'static str| {
            [("by_hand", "yes"), ("day", "2024-03-15"), ("start", "10:00"), ("end", "12:00"), ("override", why)]
        };
        let refused = browser.post(&format!("/sessions/{session}/move"), &by_hand("")).await.expect(409).text();
        assert!(refused.contains("有 2 处冲突") && refused.contains("value=\"10:00\""), "{refused}");
        assert_eq!(app.get(&event, &token).await.json()["sessions"][0]["starts_at"], "2024-03-15T14:00:00+08:00");
        browser.post(&format!("/sessions/{session}/move"), &by_hand("只有这个时间")).await.expect(303);
        assert_eq!(app.get(&event, &token).await.json()["sessions"][0]["starts_at"], "2024-03-15T10:00:00+08:00");
        let shown = browser.get(&path).await.expect(200).text();
        assert!(shown.contains("不顾冲突：场所 1 处、人员 1 处") && shown.contains("只有这个时间"), "{shown}");

        // Bad input stands beside its field; who may not manage the host is told nothing.
        let bad = [("by_hand", "yes"), ("day", "2024-03-15"), ("start", "12:00"), ("end", "10:00")];
        assert!(browser.post(&format!("/sessions/{session}/move"), &bad).await.expect(422).text().contains("id=\"e-ends_at\""));
        browser.get("/sessions/99999/move").await.expect(404);
    }
}

journeys! {
    async fn the_number_of_queries_does_not_grow_with_the_sessions(app: &TestApp) {
        use crate::harness::Backend;
        use entity::id::EventId;
        use pufa::scheduling::conflict::{Subject, find};
        use sea_orm::ConnectionTrait;

        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        place_of(app, "GQ-KJ", "三楼会议室", Some(3)).await;
        let weekly = |key: &str, n: u32| {
            let mut body = study(key, "GQ-KJ", &["org:GQ-KJ", "group:center-group"]);
            body["location"] = json!("三楼会议室");
            let first = chrono::NaiveDate::from_ymd_opt(2024, 4, 8).unwrap();
            let on = |i: u32| first + chrono::Days::new(u64::from(i) * 7);
            let session = |i| json!({"key": format!("{key}-{i}"), "starts_at": format!("{}T09:00", on(i)), "ends_at": format!("{}T11:00", on(i))});
            body["sessions"] = (0..n).map(session).collect();
            body
        };
        let big = make(app, &token, weekly("BIG", 100)).await;
        app.post(&format!("{big}/publish"), &token, json!({"override": "场地已协调"})).await.expect(200);
        let actor = pufa::access::token::actor(app.db.read(), &token).await.unwrap().unwrap();
        let mut counts = Vec::new();
        let mut asked = Vec::new();
        for n in [2, 60] {
            let event = make(app, &token, weekly(&format!("N{n}"), n)).await;
            let row = entity::event::Entity::find_by_id(EventId(id(&event))).one(app.db.read()).await.unwrap().unwrap();
            let whole = pufa::scheduling::load_whole(app.db.read(), row).await.unwrap();
            app.statements();
            let found = find(app.db.read(), &app.ground(), &actor, &Subject::of(&whole), app.now()).await.unwrap();
            asked = app.statements();
            counts.push(asked.len());
            let published = |c: &&pufa::scheduling::conflict::Conflict| c.other.as_ref().is_some_and(|other| !other.draft);
            // Beside each session of the published one: the place, and everybody.
            assert_eq!(found.iter().filter(published).count(), n as usize * 2);
        }
        assert_eq!(counts[0], counts[1], "{asked:#?}");
        assert!(counts[0] <= 12, "one query for each kind of thing, not {}: {asked:#?}", counts[0]);
        if app.backend == Backend::Sqlite {
            for sql in asked.iter().filter(|sql| sql.contains("FROM \"session\"")) {
                let plan = app.db.read().query_all_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN {sql}"))).await.unwrap();
                let steps: Vec<String> = plan.iter().map(|row| row.try_get::<String>("", "detail").unwrap()).collect();
                assert!(steps.iter().all(|step| !step.starts_with("SCAN session") && !step.starts_with("SCAN event")), "{steps:?}\n{sql}");
                assert!(steps.iter().any(|step| step.contains("COVERING INDEX ix_session_starts_at_ends_at (starts_at>? AND starts_at<?)")), "{steps:?}");
            }
        }
    }
}
