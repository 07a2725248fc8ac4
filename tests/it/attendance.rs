//! At the door: who may come, when, what stands when several facts are known, and what is written of it.

use axum::http::Method;
use entity::id::{EventId, SessionId};
use entity::state::{AttendanceStatus, AudienceSign, AudienceTarget, EventStatus, Scope, SessionStatus, Word};
use entity::{attendance, attendance_change, audience_rule, audit, event, membership, roster_entry, session};
use futures_util::future::join_all;
use pufa::people;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use crate::harness::{TestApp, shanghai};

/// What an event's audience must do.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Required,
    Optional,
}

/// Whether others may come.
#[derive(Clone, Copy, PartialEq)]
enum WalkIns {
    Welcome,
    Refused,
}

impl TestApp {
    /// A published lecture of GQ-KJ for all of it, on 12 March 2024 from 09:00 to 11:00.
    async fn lecture(&self, kind: Kind, walk_ins: WalkIns) -> SessionId {
        let now = self.now();
        let host_id = self.org_id("GQ-KJ").await;
        let event = event::ActiveModel {
            key: Set("EV-1".into()),
            kind: Set("lecture".into()),
            title: Set("宪法宣传".into()),
            host_id: Set(host_id),
            location: Set("三楼会议室".into()),
            required: Set(kind == Kind::Required),
            walk_ins: Set(walk_ins == WalkIns::Welcome),
            status: Set(EventStatus::Scheduled),
            time_zone: Set("Asia/Shanghai".into()),
            form: Set(String::new()),
            reminders: Set(None),
            mails: Set(true),
            revision: Set(1),
            created_at: Set(now),
            updated_at: Set(now),
            published_at: Set(Some(now)),
            ..Default::default()
        };
        let event_id = event::Entity::insert(event).exec(self.db.write()).await.unwrap().last_insert_id;
        let rule = audience_rule::ActiveModel {
            event_id: Set(event_id),
            position: Set(0),
            sign: Set(AudienceSign::Include),
            target: Set(AudienceTarget::Org),
            organisation_id: Set(Some(host_id)),
            group_name: Set(None),
            person_id: Set(None),
            ..Default::default()
        };
        audience_rule::Entity::insert(rule).exec_without_returning(self.db.write()).await.unwrap();
        self.sitting(event_id, "EV-1-1", "2024-03-12T09:00", "2024-03-12T11:00").await
    }

    /// A session of an event.
    async fn sitting(&self, event_id: EventId, key: &str, from: &str, to: &str) -> SessionId {
        let now = self.now();
        let row = session::ActiveModel {
            key: Set(key.into()),
            event_id: Set(event_id),
            uid: Set(format!("{key}@example.test")),
            starts_at: Set(shanghai(from)),
            ends_at: Set(shanghai(to)),
            all_day: Set(false),
            time_zone: Set("Asia/Shanghai".into()),
            day: Set(from[..10].parse().unwrap()),
            year: Set(from[..4].parse().unwrap()),
            status: Set(SessionStatus::Scheduled),
            title: Set(None),
            location: Set(None),
            sequence: Set(0),
            revision: Set(1),
            told_at: Set(None),
            roster_frozen_at: Set(None),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        session::Entity::insert(row).exec(self.db.write()).await.unwrap().last_insert_id
    }

    async fn change_event(&self, column: event::Column, value: impl Into<sea_orm::Value>) {
        event::Entity::update_many()
            .col_expr(column, Expr::value(value))
            .col_expr(event::Column::Revision, Expr::col(event::Column::Revision).add(1))
            .exec(self.db.write())
            .await
            .unwrap();
    }

    async fn stands(&self, staff_no: &str) -> Option<attendance::Model> {
        let id = self.person_id(staff_no).await;
        attendance::Entity::find().filter(attendance::Column::PersonId.eq(id)).one(self.db.read()).await.unwrap()
    }

    async fn put_in(&self, session: SessionId, staff_no: &str, status: AttendanceStatus, word: Word) {
        let row = attendance::ActiveModel {
            session_id: Set(session),
            person_id: Set(self.person_id(staff_no).await),
            organisation_id: Set(Some(self.org_id("GQ-KJ-FG").await)),
            status: Set(status),
            word: Set(word),
            checked_in_at: Set(None),
            method: Set(None),
            note: Set(Some("如前".into())),
            recorded_at: Set(self.now()),
            recorded_by: Set("command".into()),
            ..Default::default()
        };
        attendance::Entity::insert(row).exec_without_returning(self.db.write()).await.unwrap();
    }
}

fn path(session: SessionId) -> String {
    format!("/api/v1/sessions/{session}/check-ins")
}

journeys! {
    async fn a_first_check_in_is_created_and_a_second_finds_it(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Welcome).await;
        let token = app.token("GQ-KJ", Scope::CheckIn).await;
        app.at("2024-03-12T08:45");
        let first = app.post(&path(id), &token, json!({"staff_no": "KJ001"})).await.expect(201).json();
        let person = app.person_id("KJ001").await.to_string();
        assert_eq!(first, json!({
            "session_id": id.to_string(), "session_key": "EV-1-1", "person_id": person, "staff_no": "KJ001",
            "name": "干部KJ1", "org_code": "GQ-KJ-FG", "status": "present",
            "checked_in_at": "2024-03-12T08:45:00+08:00", "method": "token", "walk_in": false, "note": null,
        }));
        app.at("2024-03-12T08:50");
        let again = app.post(&path(id), &token, json!({"person_id": person})).await.expect(200).json();
        assert_eq!(again, first);
        let both = json!({"staff_no": "KJ001", "person_id": person, "method": "paper"});
        assert_eq!(app.post(&path(id), &token, both).await.expect(200).json(), first);
        assert_eq!(attendance::Entity::find().count(app.db.read()).await.unwrap(), 1);
        assert_eq!(attendance_change::Entity::find().count(app.db.read()).await.unwrap(), 0);
    }

    async fn the_window_is_judged_by_when_they_came(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Welcome).await;
        let token = app.token("GQ-KJ", Scope::CheckIn).await;
        app.at("2024-03-12T08:29");
        app.post(&path(id), &token, json!({"staff_no": "KJ001"})).await.problem(409, "too-early");
        // A clock that is two minutes ahead means now; more is refused.
        app.post(&path(id), &token, json!({"staff_no": "KJ001", "at": "2024-03-12T08:31:00+08:00"})).await
            .problem(409, "too-early");
        let far = app.post(&path(id), &token, json!({"staff_no": "KJ001", "at": "2024-03-12T08:31:01+08:00"})).await
            .problem(422, "invalid");
        assert_eq!(far["errors"][0]["code"], "at-in-future");
        app.at("2024-03-12T08:30");
        let ahead = json!({"staff_no": "KJ001", "at": "2024-03-12T00:32:00Z"});
        let record = app.post(&path(id), &token, ahead).await.expect(201).json();
        assert_eq!(record["checked_in_at"], "2024-03-12T08:30:00+08:00");
        app.at("2024-03-12T09:10");
        let late = app.post(&path(id), &token, json!({"staff_no": "KJ002"})).await.expect(201).json();
        assert_eq!(late["status"], "late");
        app.at("2024-03-12T11:00:01");
        app.post(&path(id), &token, json!({"staff_no": "KJ003"})).await.problem(409, "closed");
        // Heard of after the end, but it happened in time.
        app.at("2024-03-14T10:00");
        let heard = json!({"staff_no": "KJ003", "at": "2024-03-12T09:05:00+08:00"});
        let record = app.post(&path(id), &token, heard).await.expect(201).json();
        assert_eq!((&record["status"], &record["checked_in_at"]), (&json!("present"), &json!("2024-03-12T09:05:00+08:00")));
        let before = json!({"staff_no": "KJ004", "at": "2024-03-12T08:29:59+08:00"});
        app.post(&path(id), &token, before).await.problem(409, "too-early");
    }

    async fn drafts_and_cancelled_sessions_let_nobody_in(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Welcome).await;
        let token = app.token("GQ-KJ", Scope::CheckIn).await;
        let manager = app.token("GQ-KJ", Scope::Manage).await;
        let put = format!("/api/v1/sessions/{id}/attendance/KJ002");
        app.at("2024-03-12T08:55");
        let body = json!({"staff_no": "KJ001"});
        app.post(&path(id), &token, body.clone()).await.expect(201);
        app.change_event(event::Column::Status, "draft").await;
        app.post(&path(id), &token, json!({"staff_no": "KJ002"})).await.problem(409, "not-published");
        app.put(&put, &manager, json!({"status": "present"})).await.problem(409, "not-published");
        app.change_event(event::Column::Status, "cancelled").await;
        app.post(&path(id), &token, body.clone()).await.problem(409, "cancelled");
        app.put(&put, &manager, json!({"status": "present"})).await.problem(409, "cancelled");
        app.change_event(event::Column::Status, "scheduled").await;
        app.post(&path(id), &token, body.clone()).await.expect(200);
        session::Entity::update_many()
            .col_expr(session::Column::Status, Expr::value("cancelled"))
            .col_expr(session::Column::Revision, Expr::value(9))
            .exec(app.db.write()).await.unwrap();
        app.post(&path(id), &token, json!({"staff_no": "KJ003"})).await.problem(409, "cancelled");
        assert_eq!(attendance::Entity::find().count(app.db.read()).await.unwrap(), 1);
    }

    async fn a_change_by_another_server_is_seen_at_the_next_check_in(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Refused).await;
        let token = app.token("GQ-KJ", Scope::CheckIn).await;
        app.at("2024-03-12T08:55");
        app.post(&path(id), &token, json!({"staff_no": "KJ001"})).await.expect(201);
        app.post(&path(id), &token, json!({"staff_no": "KJ007"})).await.problem(404, "not-found");
        app.person("KJ007", "GQ-KJ-FG", &[]).await;
        app.post(&path(id), &token, json!({"staff_no": "KJ007"})).await.expect(201);
        // KJ002 belongs here no more.
        let left = app.person_id("KJ002").await;
        let tx = app.db.begin().await.unwrap();
        membership::Entity::delete_many().filter(membership::Column::PersonId.eq(left)).exec(&tx).await.unwrap();
        people::touch(&tx).await.unwrap();
        tx.commit().await.unwrap();
        app.post(&path(id), &token, json!({"staff_no": "KJ002"})).await.problem(403, "not-invited");
        // Walk-ins are welcome from now on.
        app.change_event(event::Column::WalkIns, true).await;
        let record = app.post(&path(id), &token, json!({"staff_no": "KJ002"})).await.expect(201).json();
        assert_eq!((&record["walk_in"], &record["org_code"]), (&json!(true), &Value::Null));
    }

    async fn who_is_not_invited_comes_only_where_walk_ins_are_welcome(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Refused).await;
        let token = app.token("GQ-KJ", Scope::CheckIn).await;
        app.at("2024-03-12T08:55");
        app.post(&path(id), &token, json!({"staff_no": "SF001"})).await.problem(403, "not-invited");
        app.post(&path(id), &token, json!({"staff_no": "NOBODY"})).await.problem(404, "not-found");
        app.post(&path(id), &token, json!({"person_id": "999999"})).await.problem(404, "not-found");
        app.post(&path(id), &token, json!({"person_id": "x"})).await.problem(404, "not-found");
        app.change_event(event::Column::WalkIns, true).await;
        let record = app.post(&path(id), &token, json!({"staff_no": "SF001"})).await.expect(201).json();
        assert_eq!((&record["walk_in"], &record["org_code"]), (&json!(true), &json!("GQ-SF")));
    }

    async fn of_an_optional_event_everybody_is_a_walk_in(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Optional, WalkIns::Refused).await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        app.at("2024-03-12T09:05");
        let record = app.post(&path(id), &token, json!({"staff_no": "KJ001"})).await.expect(201).json();
        assert_eq!(record["walk_in"], true);
        app.post(&path(id), &token, json!({"staff_no": "SF001"})).await.problem(403, "not-invited");
        let roster = app.get(&format!("/api/v1/sessions/{id}/roster"), &token).await.expect(200).json();
        assert_eq!(roster["items"].as_array().unwrap().len(), 1);
        assert_eq!(roster["items"][0]["walk_in"], true);
    }

    async fn after_the_start_the_roster_is_fixed_before_anybody_comes(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Refused).await;
        let token = app.token("GQ-KJ", Scope::CheckIn).await;
        app.at("2024-03-12T08:50");
        app.post(&path(id), &token, json!({"staff_no": "KJ001"})).await.expect(201);
        assert_eq!(roster_entry::Entity::find().count(app.db.read()).await.unwrap(), 0);
        app.at("2024-03-12T09:01");
        app.post(&path(id), &token, json!({"staff_no": "KJ002"})).await.expect(201);
        assert_eq!(roster_entry::Entity::find().count(app.db.read()).await.unwrap(), 6);
        // Whoever joins now is not on it.
        app.person("KJ008", "GQ-KJ-FG", &[]).await;
        app.post(&path(id), &token, json!({"staff_no": "KJ008"})).await.problem(403, "not-invited");
    }

    async fn a_token_sees_what_its_organisation_or_one_below_hosts(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Welcome).await;
        app.at("2024-03-12T08:55");
        let body = json!({"staff_no": "KJ001"});
        for org in ["GQ-SF", "ZB-KJ", "GQ-KJ-FG"] {
            let other = app.token(org, Scope::Manage).await;
            app.post(&path(id), &other, body.clone()).await.problem(404, "not-found");
            app.get(&format!("/api/v1/sessions/{id}/roster"), &other).await.problem(404, "not-found");
            app.get(&format!("/api/v1/sessions/{id}/attendance"), &other).await.problem(404, "not-found");
            let put = format!("/api/v1/sessions/{id}/attendance/KJ001");
            app.put(&put, &other, json!({"status": "present"})).await.problem(404, "not-found");
        }
        app.post(&path(id), "", body.clone()).await.problem(401, "unauthorized");
        app.post(&path(id), "00", body.clone()).await.problem(401, "unauthorized");
        let reader = app.token("GQ", Scope::Read).await;
        app.post(&path(id), &reader, body.clone()).await.problem(403, "forbidden");
        app.post("/api/v1/check-ins", &reader, json!({"check_ins": []})).await.problem(403, "forbidden");
        app.get(&format!("/api/v1/sessions/{id}/roster"), &reader).await.expect(200);
        let door = app.token("GQ", Scope::CheckIn).await;
        app.get(&format!("/api/v1/sessions/{id}/roster"), &door).await.expect(200);
        app.get(&format!("/api/v1/sessions/{id}/attendance"), &door).await.problem(403, "forbidden");
        let put = format!("/api/v1/sessions/{id}/attendance/KJ001");
        app.put(&put, &door, json!({"status": "present"})).await.problem(403, "forbidden");
        app.post("/api/v1/sessions/424242/check-ins", &door, body.clone()).await.problem(404, "not-found");
        app.post("/api/v1/sessions/x/check-ins", &door, body.clone()).await.problem(404, "not-found");
        assert!(app.stands("KJ001").await.is_none());
        app.post(&path(id), &door, body).await.expect(201);
    }

    async fn bodies_that_say_nothing_are_refused_with_the_field(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Welcome).await;
        let token = app.token("GQ-KJ", Scope::CheckIn).await;
        app.at("2024-03-12T08:55");
        let (one, two) = (app.person_id("KJ001").await.to_string(), app.person_id("KJ002").await.to_string());
        for (body, field, code) in [
            (json!({}), "staff_no", "names-nobody"),
            (json!({"staff_no": "  "}), "staff_no", "names-nobody"),
            (json!({"staff_no": "KJ001", "person_id": two}), "person_id", "two-people"),
            (json!({"staff_no": "KJ001", "at": "yesterday"}), "at", "bad-moment"),
            (json!({"staff_no": "KJ001", "at": "2024-03-12T08:50:00"}), "at", "bad-moment"),
            (json!({"staff_no": "KJ001", "nonce": ""}), "nonce", "required"),
            (json!({"staff_no": "KJ001", "nonce": "x".repeat(201)}), "nonce", "too-long"),
            (json!({"staff_no": "KJ001", "method": "a\nb"}), "method", "control-characters"),
            (json!({"staff_no": 1}), "staff_no", "wrong-type"),
        ] {
            let problem = app.post(&path(id), &token, body.clone()).await.problem(422, "invalid");
            assert_eq!((&problem["errors"][0]["field"], &problem["errors"][0]["code"]), (&json!(field), &json!(code)), "{body}");
        }
        app.post(&path(id), &token, json!({"code": "12345678"})).await.problem(410, "expired");
        app.post(&path(id), &token, json!({"code": "12345678", "person_id": one})).await.problem(410, "expired");
        let big = json!({"staff_no": "K".repeat(2_000_000)});
        app.post(&path(id), &token, big).await.problem(413, "too-large");
        app.call(Method::POST, &path(id), &token, Value::Null).await.problem(415, "unsupported-media");
        assert_eq!(attendance::Entity::find().count(app.db.read()).await.unwrap(), 0);
    }

    async fn the_earliest_arrival_stands_in_whatever_order(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Welcome).await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        app.at("2024-03-12T10:00");
        let at = |time: &str, method: &str| {
            json!({"staff_no": "KJ001", "at": format!("2024-03-12T{time}:00+08:00"), "method": method})
        };
        let late = app.post(&path(id), &token, at("09:20", "token")).await.expect(201).json();
        assert_eq!(late["status"], "late");
        let earlier = app.post(&path(id), &token, at("09:03", "paper")).await.expect(200).json();
        assert_eq!((&earlier["status"], &earlier["method"]), (&json!("present"), &json!("paper")));
        let later = app.post(&path(id), &token, at("09:40", "token")).await.expect(200).json();
        assert_eq!(later, earlier);
        let list = app.get(&format!("/api/v1/sessions/{id}/attendance"), &token).await.expect(200).json();
        let history = list["items"][0]["history"].as_array().unwrap();
        let states: Vec<_> = history.iter().map(|state| state["status"].as_str().unwrap()).collect();
        assert_eq!(states, ["late", "present"]);
        assert_eq!(list["items"][0]["checked_in_at"], "2024-03-12T09:03:00+08:00");
    }

    async fn an_organisers_word_stands_above_check_ins(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Welcome).await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let put = |number: &str| format!("/api/v1/sessions/{id}/attendance/{number}");
        app.at("2024-03-12T08:45");
        let word = json!({"status": "absent", "note": "已请他人代签"});
        let record = app.put(&put("KJ001"), &token, word.clone()).await.expect(200).json();
        assert_eq!((&record["status"], &record["note"]), (&json!("absent"), &json!("已请他人代签")));
        let stands = app.post(&path(id), &token, json!({"staff_no": "KJ001"})).await.expect(200).json();
        assert_eq!(stands, record);
        // The same word twice is one.
        app.put(&put("KJ001"), &token, word).await.expect(200);
        assert_eq!(attendance_change::Entity::find().count(app.db.read()).await.unwrap(), 0);
        // After a check-in, the organiser's word replaces it and keeps when they came.
        app.post(&path(id), &token, json!({"staff_no": "KJ002"})).await.expect(201);
        let left = app.put(&put("KJ002"), &token, json!({"status": "left_early"})).await.expect(200).json();
        assert_eq!((&left["status"], &left["checked_in_at"]), (&json!("left_early"), &json!("2024-03-12T08:45:00+08:00")));
        let list = app.get(&format!("/api/v1/sessions/{id}/attendance"), &token).await.expect(200).json();
        let history = &list["items"][1]["history"];
        assert_eq!((&history[0]["status"], &history[1]["status"]), (&json!("present"), &json!("left_early")));
        assert!(history[1]["by"].as_str().unwrap().starts_with("token:"));
        assert_eq!(audit::Entity::find().filter(audit::Column::Action.eq("attendance.set")).count(app.db.read()).await.unwrap(), 2);
    }

    async fn leave_gives_way_to_who_came_and_the_answer_says_so(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Welcome).await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        app.at("2024-03-12T08:45");
        app.put(&format!("/api/v1/sessions/{id}/attendance/KJ001"), &token, json!({"status": "excused", "note": "出差"})).await.expect(200);
        app.put_in(id, "KJ002", AttendanceStatus::Excused, Word::Import).await;
        app.put_in(id, "KJ003", AttendanceStatus::Absent, Word::Import).await;
        app.put_in(id, "KJ004", AttendanceStatus::Exempt, Word::Import).await;
        for (number, was) in [("KJ001", "excused"), ("KJ002", "excused"), ("KJ003", "absent")] {
            let record = app.post(&path(id), &token, json!({"staff_no": number})).await.expect(201).json();
            assert_eq!((&record["status"], &record["replaced"]), (&json!("present"), &json!(was)), "{number}");
            let again = app.post(&path(id), &token, json!({"staff_no": number})).await.expect(200).json();
            assert_eq!(again.get("replaced"), None);
        }
        let exempt = app.post(&path(id), &token, json!({"staff_no": "KJ004"})).await.expect(200).json();
        assert_eq!(exempt["status"], "exempt");
        let list = app.get(&format!("/api/v1/sessions/{id}/attendance"), &token).await.expect(200).json();
        assert_eq!(list["items"][0]["history"][0]["status"], "excused");
        assert_eq!(list["items"][0]["history"][0]["reason"], "出差");
        assert_eq!(attendance_change::Entity::find().count(app.db.read()).await.unwrap(), 3);
    }

    async fn off_the_roster_one_can_only_have_come(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Refused).await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        for moment in ["2024-03-12T08:45", "2024-03-12T09:05"] {
            app.at(moment);
            let put = format!("/api/v1/sessions/{id}/attendance/SF001");
            for status in ["excused", "made_up", "absent", "exempt"] {
                let problem = app.put(&put, &token, json!({"status": status})).await.problem(422, "invalid");
                assert_eq!(problem["errors"][0]["code"], "off-roster", "{status}");
            }
            let record = app.put(&put, &token, json!({"status": "late"})).await.expect(200).json();
            assert_eq!(record["walk_in"], true);
        }
        let put = format!("/api/v1/sessions/{id}/attendance/KJ001");
        let problem = app.put(&put, &token, json!({"status": "gone"})).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["code"], "unknown-status");
        app.put(&format!("/api/v1/sessions/{id}/attendance/NOBODY"), &token, json!({"status": "late"})).await
            .problem(404, "not-found");
        app.put(&put, &token, json!({"status": "exempt"})).await.expect(200);
    }

    async fn the_same_nonce_gives_the_first_answer_again(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Welcome).await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        app.at("2024-03-12T08:25");
        let body = json!({"staff_no": "KJ001", "nonce": "n-1"});
        // A refusal is no answer that is kept: the device tries again.
        app.post(&path(id), &token, body.clone()).await.problem(409, "too-early");
        app.at("2024-03-12T08:45");
        let first = app.post(&path(id), &token, body.clone()).await.expect(201).json();
        app.at("2024-03-12T12:00");
        app.put(&format!("/api/v1/sessions/{id}/attendance/KJ001"), &token, json!({"status": "absent"})).await.expect(200);
        assert_eq!(app.post(&path(id), &token, body.clone()).await.expect(201).json(), first);
        assert_eq!(app.stands("KJ001").await.unwrap().status, AttendanceStatus::Absent);
        let other = json!({"staff_no": "KJ002", "nonce": "n-1"});
        app.post(&path(id), &token, other.clone()).await.problem(409, "nonce-reused");
        assert!(app.stands("KJ002").await.is_none());
        // Another device's nonce is another nonce.
        let device = app.token("GQ-KJ", Scope::CheckIn).await;
        app.at("2024-03-12T10:00");
        app.post(&path(id), &device, other).await.expect(201);
        // Repeated later with others, as a device does that never saw the answer.
        let batch = json!({"check_ins": [{"session_id": id.to_string(), "staff_no": "KJ001", "nonce": "n-1"}]});
        let results = app.post("/api/v1/check-ins", &token, batch).await.expect(200).json();
        assert_eq!((&results["results"][0]["status"], &results["results"][0]["record"]), (&json!(201), &first));
    }

    async fn one_person_many_times_at_once_is_one_row(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Welcome).await;
        let token = app.token("GQ-KJ", Scope::CheckIn).await;
        app.at("2024-03-12T08:45");
        let calls = (0..40).map(|n| {
            let body = json!({"staff_no": format!("KJ00{}", n % 2 + 1), "method": format!("m{n}")});
            let token = token.clone();
            async move { app.post(&path(id), &token, body).await.status.as_u16() }
        });
        let statuses = join_all(calls).await;
        assert_eq!(statuses.iter().filter(|&&status| status == 201).count(), 2, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|&&status| status == 200).count(), 38, "{statuses:?}");
        assert_eq!(attendance::Entity::find().count(app.db.read()).await.unwrap(), 2);
    }

    async fn one_nonce_many_times_at_once_is_one_answer(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Welcome).await;
        let token = app.token("GQ-KJ", Scope::CheckIn).await;
        app.at("2024-03-12T08:45");
        let door = path(id);
        let calls = (0..20).map(|_| app.post(&door, &token, json!({"staff_no": "KJ001", "nonce": "same"})));
        for answer in join_all(calls).await {
            answer.expect(201);
        }
        let calls = ["KJ002", "KJ003"].map(|no| json!({"staff_no": no, "nonce": "two"}));
        let answers = join_all(calls.into_iter().map(|body| app.post(&door, &token, body))).await;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
        assert_eq!(attendance::Entity::find().count(app.db.read()).await.unwrap(), 2);
    }

    async fn many_at_once_are_answered_each_on_its_own(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Refused).await;
        let token = app.token("GQ-KJ", Scope::CheckIn).await;
        app.at("2024-03-12T18:00");
        let session = id.to_string();
        let at = |time: &str| format!("2024-03-12T{time}:00+08:00");
        let body = json!({"check_ins": [
            {"session_id": session, "staff_no": "KJ001", "at": at("09:20"), "nonce": "a"},
            {"session_id": session, "staff_no": "NOBODY", "at": at("09:00"), "nonce": "b"},
            {"session_id": session, "staff_no": "KJ001", "at": at("09:01"), "nonce": "c"},
            {"session_id": "424242", "staff_no": "KJ002", "at": at("09:00"), "nonce": "d"},
            {"session_id": session, "staff_no": "SF001", "at": at("09:00"), "nonce": "e"},
            {"session_id": session, "staff_no": "KJ002", "nonce": "f"},
            {"session_id": session, "staff_no": 5, "nonce": "g"},
            {"staff_no": "KJ002", "nonce": "h"},
            "nonsense",
            {"session_id": session, "staff_no": "KJ003", "at": at("09:30"), "nonce": "a"},
            {"session_id": session, "staff_no": "KJ004", "at": at("10:59")},
            {"session_id": session, "code": "x", "nonce": "k"},
        ]});
        let answer = app.post("/api/v1/check-ins", &token, body.clone()).await.expect(200).json();
        let results = answer["results"].as_array().unwrap();
        let seen: Vec<_> = results.iter().map(|result| (result["nonce"].as_str(), result["status"].as_u64().unwrap())).collect();
        assert_eq!(seen, [
            (Some("a"), 201), (Some("b"), 404), (Some("c"), 200), (Some("d"), 404), (Some("e"), 403), (Some("f"), 409),
            (Some("g"), 422), (Some("h"), 422), (None, 422), (Some("a"), 409), (None, 201), (Some("k"), 410),
        ]);
        assert_eq!(results[1]["problem"]["type"], "urn:pufa:problem:not-found");
        assert_eq!(results[2]["record"]["checked_in_at"], "2024-03-12T09:01:00+08:00");
        assert_eq!(results[7]["problem"]["errors"][0]["field"], "session_id");
        assert_eq!(app.stands("KJ001").await.unwrap().status, AttendanceStatus::Present);
        // Sent again, whole: the same answers where there was a nonce, and nothing changes.
        let again = app.post("/api/v1/check-ins", &token, body).await.expect(200).json();
        for (n, expected) in [(0, 201), (2, 200), (9, 409), (10, 200)] {
            assert_eq!(again["results"][n]["status"], expected, "{n}");
        }
        assert_eq!(attendance::Entity::find().count(app.db.read()).await.unwrap(), 2);
        assert_eq!(attendance_change::Entity::find().count(app.db.read()).await.unwrap(), 1);
        let many = json!({"check_ins": vec![json!({"session_id": session, "staff_no": "KJ001"}); 1001]});
        app.post("/api/v1/check-ins", &token, many).await.problem(422, "invalid");
    }

    async fn a_roster_shows_who_is_expected_who_came_and_who_did_not(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Welcome).await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        app.at("2024-03-12T08:55");
        app.post(&path(id), &token, json!({"staff_no": "KJ002"})).await.expect(201);
        app.post(&path(id), &token, json!({"staff_no": "TZ001"})).await.expect(201);
        let url = format!("/api/v1/sessions/{id}/roster");
        let statuses = |roster: &Value| -> Vec<(String, Option<String>, bool)> {
            roster["items"].as_array().unwrap().iter().map(|item| (
                item["staff_no"].as_str().unwrap().to_owned(),
                item["status"].as_str().map(ToOwned::to_owned),
                item["walk_in"].as_bool().unwrap(),
            )).collect()
        };
        let roster = app.get(&url, &token).await.expect(200).json();
        assert_eq!(roster["next"], Value::Null);
        assert_eq!(roster["items"][0], json!({
            "person_id": app.person_id("KJ001").await.to_string(), "staff_no": "KJ001", "name": "干部KJ1",
            "org_code": "GQ-KJ-FG", "status": null, "checked_in_at": null, "method": null, "answer": null,
            "walk_in": false,
        }));
        let before = statuses(&roster);
        assert_eq!(before.len(), 7);
        assert_eq!(before[1], ("KJ002".into(), Some("present".into()), false));
        assert_eq!(before[6], ("TZ001".into(), Some("present".into()), true));
        app.put(&format!("/api/v1/sessions/{id}/attendance/KJ003"), &token, json!({"status": "exempt"})).await.expect(200);
        // Held: whoever has no record is absent.
        app.at("2024-03-12T11:00");
        let after = statuses(&app.get(&url, &token).await.expect(200).json());
        assert_eq!(after[0], ("KJ001".into(), Some("absent".into()), false));
        let (event, session) = event_and_session(app, id).await;
        let tree = people::OrgTree::load(app.db.read()).await.unwrap();
        let rows = pufa::attendance::roll(app.db.read(), &event, &session, &tree, app.now()).await.unwrap();
        let counts = pufa::attendance::Counts::of(&rows);
        assert_eq!((counts.expected, counts.attended, counts.absent, counts.exempt, counts.walk_ins, counts.missing), (5, 1, 4, 1, 1, 0));
        let from = app.get(&format!("{url}?cursor=KJ005"), &token).await.expect(200).json();
        assert_eq!(statuses(&from).len(), 2);
    }

    async fn leave_is_named_and_not_there_yet(app: &TestApp) {
        app.world().await;
        let id = app.lecture(Kind::Required, WalkIns::Welcome).await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        app.post(&format!("/api/v1/sessions/{id}/leaves"), &token, json!({})).await.problem(501, "not-implemented");
        app.post("/api/v1/leaves/1/grant", &token, json!({})).await.problem(501, "not-implemented");
        app.post("/api/v1/leaves/1/refuse", "", json!({})).await.problem(401, "unauthorized");
    }
}

async fn event_and_session(app: &TestApp, id: SessionId) -> (event::Model, session::Model) {
    let found = session::Entity::find_by_id(id).find_also_related(event::Entity).one(app.db.read()).await.unwrap();
    let (session, event) = found.unwrap();
    (event.unwrap(), session)
}
