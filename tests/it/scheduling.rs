//! Events and sessions over HTTP: made, looked up, changed, published, cancelled; and what is told to whom.

use std::collections::BTreeSet;

use entity::state::Scope;
use entity::{outbox, roster_entry, session};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::harness::TestApp;

/// A lecture of GQ-KJ on Friday 15 March 2024, to which all six of the bureau are invited.
fn lecture(key: &str) -> Value {
    json!({
        "key": key, "kind": "lecture", "title": "宪法专题讲座", "org_code": "GQ-KJ", "audience": ["org:GQ-KJ"],
        "location": "三楼会议室", "required": true,
        "sessions": [{"key": format!("{key}-1"), "starts_at": "2024-03-15T09:00", "ends_at": "2024-03-15T11:00+08:00"}],
    })
}

async fn make(app: &TestApp, token: &str, body: Value) -> Value {
    app.post("/api/v1/events", token, body).await.expect(201).json()
}

/// An address below /api/v1 of what was answered.
fn at(list: &str, shown: &Value) -> String {
    format!("/api/v1/{list}/{}", shown["id"].as_str().expect("an id"))
}

async fn messages(app: &TestApp) -> Vec<outbox::Model> {
    outbox::Entity::find().order_by_asc(outbox::Column::Id).all(app.db.read()).await.unwrap()
}

/// How many messages of a kind there are.
async fn told(app: &TestApp, kind: &str) -> usize {
    messages(app).await.iter().filter(|row| row.kind.as_str() == kind).count()
}

/// The row behind a session.
async fn row(app: &TestApp, key: &str) -> session::Model {
    let rows = session::Entity::find().all(app.db.read()).await.unwrap();
    rows.into_iter().find(|row| row.key == key).expect("a session of that key")
}

/// A published lecture; gives the event.
async fn published(app: &TestApp, token: &str, body: Value) -> Value {
    let made = make(app, token, body).await;
    app.post(&format!("{}/publish", at("events", &made)), token, Value::Null).await.expect(200).json()
}

journeys! {
    async fn an_event_is_made_once(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let made = make(app, &token, lecture("L1")).await;
        assert_eq!(made["status"], "draft");
        assert_eq!(made["walk_ins"], true);
        assert_eq!(made["sessions"][0]["starts_at"], "2024-03-15T09:00:00+08:00");
        assert_eq!(made["sessions"][0]["ends_at"], "2024-03-15T11:00:00+08:00");
        assert_eq!(made["sessions"][0]["status"], "scheduled");

        let again = app.post("/api/v1/events", &token, lecture("L1")).await.expect(200).json();
        assert_eq!(again, made);
        let mut other = lecture("L1");
        other["title"] = json!("另一讲座");
        app.post("/api/v1/events", &token, other).await.problem(409, "key-taken");
        let mut other = lecture("L2");
        other["sessions"][0]["key"] = json!("L1-1");
        let problem = app.post("/api/v1/events", &token, other).await.problem(409, "key-taken");
        assert_eq!(problem["errors"][0]["field"], "sessions[0].key");
        // Nothing of the refused one is left.
        let found = app.get("/api/v1/events?key=L2", &token).await.expect(200).json();
        assert_eq!(found["items"], json!([]));

        let found = app.get("/api/v1/events?key=L1", &token).await.expect(200).json();
        assert_eq!(found, json!({"items": [made], "next": null}));
        let found = app.get("/api/v1/sessions?key=L1-1", &token).await.expect(200).json();
        assert_eq!(found["items"][0], made["sessions"][0]);
    }

    async fn publishing_invites_and_cancelling_takes_back(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let made = make(app, &token, lecture("L1")).await;
        let event = at("events", &made);
        assert_eq!(told(app, "invitation").await, 0);
        for _ in 0..2 {
            let published = app.post(&format!("{event}/publish"), &token, Value::Null).await.expect(200).json();
            assert_eq!(published["status"], "scheduled");
            assert_eq!(told(app, "invitation").await, 6);
        }
        for _ in 0..2 {
            let body = json!({"reason": "讲师生病"});
            let cancelled = app.post(&format!("{event}/cancel"), &token, body).await.expect(200).json();
            assert_eq!(cancelled["status"], "cancelled");
            assert_eq!(cancelled["sessions"][0]["status"], "cancelled");
            assert_eq!(told(app, "cancellation").await, 6);
        }
        app.post(&format!("{event}/publish"), &token, Value::Null).await.problem(409, "wrong-state");
    }

    async fn a_draft_of_the_past_is_published_without_mail_and_with_its_roster(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let mut body = lecture("L1");
        body["sessions"][0]["starts_at"] = json!("2024-03-11T09:00");
        body["sessions"][0]["ends_at"] = json!("2024-03-11T11:00");
        let more = json!({"key": "L1-2", "starts_at": "2024-03-16", "ends_at": "2024-03-17", "all_day": true});
        body["sessions"].as_array_mut().unwrap().push(more);
        let event = published(app, &token, body).await;
        assert_eq!(event["sessions"][1]["starts_at"], "2024-03-16");
        assert_eq!(event["sessions"][1]["ends_at"], "2024-03-17");
        // Only the session that is not over is told.
        let (past, ahead) = (row(app, "L1-1").await, row(app, "L1-2").await);
        let sessions: BTreeSet<_> = messages(app).await.iter().map(|row| row.session_id).collect();
        assert_eq!(sessions, BTreeSet::from([Some(ahead.id)]));
        assert_eq!(told(app, "invitation").await, 6);
        assert!(past.roster_frozen_at.is_some() && ahead.roster_frozen_at.is_none());
        let roster = roster_entry::Entity::find().all(app.db.read()).await.unwrap();
        assert_eq!(roster.iter().filter(|entry| entry.session_id == past.id).count(), 6);
    }

    async fn the_audience_is_as_written_and_decides_who_is_told(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let mut body = lecture("L1");
        let lines = json!(["-staff:KJ001", "group:center-group", "staff:SF001", "org:GQ-KJ-BGS", "public"]);
        body["audience"] = lines.clone();
        let event = published(app, &token, body).await;
        assert_eq!(event["audience"], lines);
        let to: BTreeSet<_> = messages(app).await.into_iter().map(|row| row.address).collect();
        let expected = ["kj002", "kj003", "kj004", "kj006", "sf001"].map(|name| format!("{name}@example.test"));
        assert_eq!(to, BTreeSet::from(expected));
    }

    async fn a_move_is_told_at_once_and_nothing_else_is(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let made = make(app, &token, lecture("L1")).await;
        let (event, session) = (at("events", &made), at("sessions", &made["sessions"][0]));
        // A draft is moved in silence.
        app.patch(&session, &token, json!({"starts_at": "2024-03-15T08:30"})).await.expect(200);
        app.post(&format!("{event}/publish"), &token, json!({})).await.expect(200);
        assert_eq!(told(app, "update").await, 0);
        let before = row(app, "L1-1").await;

        let body = json!({"starts_at": "2024-03-18T14:00", "ends_at": "2024-03-18T16:00"});
        let moved = app.patch(&session, &token, body.clone()).await.expect(200).json();
        assert_eq!(moved["starts_at"], "2024-03-18T14:00:00+08:00");
        let after = row(app, "L1-1").await;
        assert_eq!((after.sequence, after.day.to_string().as_str()), (before.sequence + 1, "2024-03-18"));
        assert_eq!((told(app, "update").await, told(app, "cancellation").await), (6, 0));
        // The same again changes nothing.
        app.patch(&session, &token, body).await.expect(200);
        assert_eq!(row(app, "L1-1").await, after);

        // The event's place is the session's while it has none of its own.
        app.patch(&event, &token, json!({"location": "二楼报告厅"})).await.expect(200);
        assert_eq!(told(app, "update").await, 12);
        assert_eq!(app.get(&session, &token).await.json()["location"], "二楼报告厅");
        app.patch(&session, &token, json!({"location": "广场"})).await.expect(200);
        assert_eq!((told(app, "update").await, row(app, "L1-1").await.sequence), (18, after.sequence + 2));
        app.patch(&event, &token, json!({"location": "一楼"})).await.expect(200);
        assert_eq!((told(app, "update").await, row(app, "L1-1").await.sequence), (18, after.sequence + 2));
        app.patch(&session, &token, json!({"location": null})).await.expect(200);
        assert_eq!(app.get(&session, &token).await.json()["location"], "一楼");
        assert_eq!(told(app, "update").await, 24);

        // Titles and the like tell nobody, but show; a wider audience tells those whom it brings: two and one more.
        let revision = row(app, "L1-1").await.revision;
        let change = json!({"title": "新题目", "audience": ["org:GQ"], "required": false, "reminders": [], "topics": ["宪法"]});
        let changed = app.patch(&event, &token, change).await.expect(200).json();
        assert_eq!((&changed["title"], &changed["audience"]), (&json!("新题目"), &json!(["org:GQ"])));
        assert_eq!((&changed["reminders"], &changed["topics"]), (&json!([]), &json!(["宪法"])));
        let back = app.patch(&event, &token, json!({"reminders": null})).await.expect(200).json();
        assert_eq!(back["reminders"], Value::Null);
        let after = row(app, "L1-1").await;
        assert!(after.revision > revision);
        assert_eq!((messages(app).await.len(), told(app, "invitation").await), (6 + 24 + 3, 6 + 3));

        // What is over is corrected in silence.
        app.at("2024-03-20T09:00");
        app.patch(&session, &token, json!({"ends_at": "2024-03-18T16:30"})).await.expect(200);
        assert_eq!(messages(app).await.len(), 6 + 24 + 3);
        assert_eq!(row(app, "L1-1").await.sequence, after.sequence + 1);
    }

    async fn who_is_no_more_invited_on_the_new_day_is_told_that_it_is_off(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let who = app.person_id("KJ006").await;
        let leaving = entity::membership::ActiveModel { active_to: Set(Some("2024-03-16".parse().unwrap())), ..Default::default() };
        entity::membership::Entity::update_many()
            .set(leaving)
            .filter(entity::membership::Column::PersonId.eq(who))
            .exec(app.db.write())
            .await
            .unwrap();
        let event = published(app, &token, lecture("L1")).await;
        assert_eq!(told(app, "invitation").await, 6);
        let body = json!({"starts_at": "2024-03-18T09:00", "ends_at": "2024-03-18T11:00"});
        app.patch(&at("sessions", &event["sessions"][0]), &token, body).await.expect(200);
        assert_eq!(told(app, "update").await, 5);
        let off: Vec<_> = messages(app).await.into_iter().filter(|row| row.kind.as_str() == "cancellation").collect();
        assert_eq!(off.iter().map(|row| row.person_id).collect::<Vec<_>>(), [Some(who)]);
    }

    async fn a_change_on_top_of_an_older_state_is_refused(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let made = make(app, &token, lecture("L1")).await;
        for path in [at("events", &made), at("sessions", &made["sessions"][0])] {
            let etag = app.get(&path, &token).await.expect(200).header("etag").to_owned();
            let patch = async |etag: &str, title: &str| {
                let request = axum::http::Request::patch(&path)
                    .header("authorization", format!("Bearer {token}"))
                    .header("content-type", "application/json")
                    .header("if-match", etag);
                app.send(request.body(json!({ "title": title }).to_string().into()).unwrap()).await
            };
            let answer = patch(&etag, "一").await.expect(200);
            assert_ne!(answer.header("etag"), etag);
            assert_eq!(answer.header("etag"), app.get(&path, &token).await.header("etag"));
            patch(&etag, "二").await.problem(412, "changed-meanwhile");
            patch("*", "三").await.expect(200);
            assert_eq!(app.get(&path, &token).await.json()["title"], "三");

            let etag = app.get(&path, &token).await.header("etag").to_owned();
            let request = axum::http::Request::get(&path)
                .header("authorization", format!("Bearer {token}"))
                .header("if-none-match", &etag);
            let answer = app.send(request.body("".into()).unwrap()).await.expect(304);
            assert!(answer.body.is_empty());
        }
    }

    async fn a_session_is_held_before_its_end(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let made = make(app, &token, lecture("L1")).await;
        let (event, session) = (at("events", &made), at("sessions", &made["sessions"][0]));
        app.patch(&session, &token, json!({"status": "held"})).await.problem(409, "wrong-state");
        app.post(&format!("{event}/publish"), &token, Value::Null).await.expect(200);
        app.patch(&session, &token, json!({"status": "cancelled"})).await.problem(409, "wrong-state");
        app.patch(&session, &token, json!({"status": "done"})).await.problem(422, "invalid");
        for _ in 0..2 {
            let held = app.patch(&session, &token, json!({"status": "held"})).await.expect(200).json();
            assert_eq!(held["status"], "held");
        }
        let held = row(app, "L1-1").await;
        assert!(held.roster_frozen_at.is_some());
        assert_eq!(roster_entry::Entity::find().all(app.db.read()).await.unwrap().len(), 6);
        app.patch(&session, &token, json!({"status": "scheduled"})).await.problem(409, "wrong-state");
        assert_eq!(messages(app).await.len(), 6);
    }

    async fn a_started_session_moves_ahead_only_while_nobody_attended(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = published(app, &token, lecture("L1")).await;
        let session = at("sessions", &event["sessions"][0]);
        app.at("2024-03-15T09:05");
        let later = json!({"starts_at": "2024-03-22T09:00", "ends_at": "2024-03-22T11:00"});
        app.patch(&session, &token, later).await.expect(200);
        assert!(row(app, "L1-1").await.roster_frozen_at.is_none());
        assert_eq!(roster_entry::Entity::find().all(app.db.read()).await.unwrap().len(), 0);
        assert_eq!(told(app, "update").await, 6);

        app.at("2024-03-22T09:00");
        app.post(&format!("{session}/check-ins"), &token, json!({"staff_no": "KJ001"})).await.expect(201);
        let later = json!({"starts_at": "2024-03-29T09:00", "ends_at": "2024-03-29T11:00"});
        app.patch(&session, &token, later).await.problem(409, "wrong-state");
        assert_eq!(app.get(&session, &token).await.json()["starts_at"], "2024-03-22T09:00:00+08:00");
        let roster = roster_entry::Entity::find().all(app.db.read()).await.unwrap();
        assert_eq!(roster.len(), 6);
    }

    async fn one_session_is_cancelled_and_the_others_stand(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let mut body = lecture("L1");
        let more = json!({"key": "L1-2", "starts_at": "2024-03-18T09:00", "ends_at": "2024-03-18T11:00"});
        body["sessions"].as_array_mut().unwrap().push(more);
        let event = published(app, &token, body).await;
        let first = at("sessions", &event["sessions"][0]);
        for _ in 0..2 {
            let cancelled = app.post(&format!("{first}/cancel"), &token, json!({"reason": "停电"})).await.expect(200).json();
            assert_eq!(cancelled["status"], "cancelled");
            assert_eq!(told(app, "cancellation").await, 6);
        }
        let message = messages(app).await.pop().unwrap();
        assert_eq!(message.detail.unwrap()["reason"], "停电");
        app.patch(&first, &token, json!({"title": "x"})).await.problem(409, "wrong-state");
        let event = app.get(&at("events", &event), &token).await.json();
        assert_eq!((&event["status"], &event["sessions"][1]["status"]), (&json!("scheduled"), &json!("scheduled")));
        // The rest goes with the event, and nobody hears of the first again.
        app.post(&format!("{}/cancel", at("events", &event)), &token, Value::Null).await.expect(200);
        assert_eq!(told(app, "cancellation").await, 12);
        app.patch(&at("events", &event), &token, json!({"title": "x"})).await.problem(409, "wrong-state");
        app.post(&format!("{}/cancel", at("sessions", &event["sessions"][1])), &token, Value::Null).await.expect(200);
    }

    async fn lists_are_filtered_and_come_in_parts(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let mut body = lecture("MANY");
        let one = |n: u64| {
            let day = chrono::NaiveDate::from_ymd_opt(2024, 4, 1).unwrap() + chrono::Days::new(n / 2);
            json!({"key": format!("MANY-{n}"), "starts_at": format!("{day}T09:00"), "ends_at": format!("{day}T10:00")})
        };
        body["sessions"] = (0..205).map(one).collect();
        make(app, &token, body).await;
        let mut town = lecture("TOWN");
        town["org_code"] = json!("GQ-TZ");
        town["kind"] = json!("community");
        make(app, &token, town).await;

        let (mut keys, mut cursor, mut parts) = (Vec::new(), String::new(), 0);
        loop {
            let part = app.get(&format!("/api/v1/sessions?org=GQ-KJ{cursor}"), &token).await.expect(200).json();
            keys.extend(part["items"].as_array().unwrap().iter().map(|item| item["key"].as_str().unwrap().to_owned()));
            parts += 1;
            match part["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!((keys.len(), parts), (205, 3));
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 205);

        let count = async |query: &str| {
            let found = app.get(&format!("/api/v1/{query}"), &token).await.expect(200).json();
            found["items"].as_array().unwrap().len()
        };
        assert_eq!(count("events").await, 2);
        assert_eq!(count("events?kind=community").await, 1);
        assert_eq!(count("events?org=GQ-TZ&kind=lecture").await, 0);
        assert_eq!(count("events?from=2024-04-01").await, 1);
        assert_eq!(count("events?to=2024-03-15").await, 1);
        assert_eq!(count("sessions?from=2024-04-02&to=2024-04-03").await, 4);
        assert_eq!(count("sessions?from=2024-04-02T09:00:00%2B08:00&to=2024-04-02T09:00:00%2B08:00").await, 2);
        app.get("/api/v1/events?kind=picnic", &token).await.problem(422, "invalid");
    }

    async fn tallies_add_up_and_never_fall_below_zero(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let made = make(app, &token, lecture("L1")).await;
        let path = format!("{}/tallies", at("events", &made));
        let body = json!({"metric": "materials", "amount": 120, "note": "宪法手册", "subject": "宪法", "nonce": "n1"});
        let first = app.post(&path, &token, body.clone()).await.expect(201).json();
        assert_eq!(first["amount"], 120);
        // Repeated, it is the same and counted once; with another content it is refused.
        assert_eq!(app.post(&path, &token, body.clone()).await.expect(201).json(), first);
        let mut other = body.clone();
        other["amount"] = json!(121);
        app.post(&path, &token, other).await.problem(409, "nonce-reused");
        // Another token's mark is another mark.
        let sister = app.token("GQ-KJ", Scope::Manage).await;
        app.post(&path, &sister, body).await.expect(201);
        app.post(&path, &token, json!({"metric": "materials", "amount": -240})).await.expect(201);
        let problem = app.post(&path, &token, json!({"metric": "materials", "amount": -1})).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["code"], "below-zero");
        app.post(&path, &token, json!({"metric": "consultations", "amount": -1})).await.problem(422, "invalid");
        for wrong in [json!({"metric": "", "amount": 1}), json!({"metric": "a"}), json!({"metric": "a", "amount": 1.5}),
            json!({"metric": "a", "amount": i64::MAX}), json!({"metric": "a", "amount": 1, "nonce": ""})]
        {
            app.post(&path, &token, wrong).await.problem(422, "invalid");
        }
        let read = app.token("GQ", Scope::Read).await;
        let listed = app.get(&path, &read).await.expect(200).json();
        let amounts: Vec<_> = listed["items"].as_array().unwrap().iter().map(|item| item["amount"].as_i64().unwrap()).collect();
        assert_eq!(amounts, [120, 120, -240]);
    }

    async fn exam_results_come_whole_or_not_at_all(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let other = make(app, &token, lecture("L1")).await;
        let result = |staff_no: &str, attempt: i32, score: f64| json!({"staff_no": staff_no, "attempt": attempt, "score": score, "pass_mark": 60});
        let problem = app.post(&format!("{}/exam-results", at("events", &other)), &token, json!({"results": []})).await;
        assert_eq!(problem.problem(409, "wrong-state")["errors"][0]["code"], "not-an-exam");
        let mut body = lecture("X1");
        body["kind"] = json!("exam");
        let exam = make(app, &token, body).await;
        let path = format!("{}/exam-results", at("events", &exam));
        let bad = json!({"results": [result("KJ001", 1, 90.0), result("XX9", 1, 90.0), result("KJ002", 0, 90.0),
            result("KJ003", 1, -1.0), result("KJ001", 1, 91.0), {"staff_no": "KJ004", "score": 1}]});
        let problem = app.post(&path, &token, bad).await.problem(422, "invalid");
        let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| format!("{} {}", e["field"].as_str().unwrap(), e["code"].as_str().unwrap())).collect();
        assert_eq!(fields, ["results[1].staff_no unknown-staff", "results[2].attempt bad-attempt", "results[3].score bad-score",
            "results[4].attempt result-twice", "results[5].pass_mark required"]);
        assert_eq!(app.get(&path, &token).await.json()["items"], json!([]));

        let good = json!({"results": [result("KJ001", 1, 55.0), result("KJ001", 2, 71.5), result("KJ002", 1, 90.0)]});
        for _ in 0..2 {
            assert_eq!(app.post(&path, &token, good.clone()).await.expect(200).json()["written"], 3);
        }
        app.post(&path, &token, json!({"results": [result("KJ002", 1, 59.5)]})).await.expect(200);
        let listed = app.get(&path, &token).await.expect(200).json();
        let rows: Vec<_> = listed["items"].as_array().unwrap().iter().map(|r| (r["staff_no"].as_str().unwrap(), r["score"].as_f64().unwrap(), r["passed"].as_bool().unwrap())).collect();
        assert_eq!(rows, [("KJ001", 55.0, false), ("KJ001", 71.5, true), ("KJ002", 59.5, false)]);
        app.patch(&at("events", &exam), &token, json!({"kind": "lecture"})).await.problem(409, "wrong-state");
    }

    async fn what_was_mailed_can_be_read(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = published(app, &token, lecture("L1")).await;
        let path = format!("{}/messages", at("events", &event));
        let listed = app.get(&path, &token).await.expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 6);
        let first = &listed["items"][0];
        assert_eq!((&first["to"], &first["kind"]), (&json!("kj001@example.test"), &json!("invitation")));
        assert_eq!((&first["state"], &first["attempts"]), (&json!("queued"), &json!(0)));
        let row = messages(app).await.remove(0);
        assert_eq!(first["message_id"], format!("<{}@example.test>", row.message_id));
    }

    async fn a_draft_may_change_its_zone_and_a_published_event_not(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let mut body = lecture("L1");
        let more = json!({"key": "L1-2", "starts_at": "2024-03-16", "ends_at": "2024-03-17", "all_day": true});
        body["sessions"].as_array_mut().unwrap().push(more);
        let made = make(app, &token, body).await;
        let event = at("events", &made);
        let moved = app.patch(&event, &token, json!({"time_zone": "Europe/Berlin"})).await.expect(200).json();
        assert_eq!(moved["sessions"][0]["starts_at"], "2024-03-15T02:00:00+01:00");
        assert_eq!(moved["sessions"][1]["starts_at"], "2024-03-16");
        app.post(&format!("{event}/publish"), &token, Value::Null).await.expect(200);
        app.patch(&event, &token, json!({"time_zone": "Asia/Shanghai"})).await.problem(409, "wrong-state");
    }
}
