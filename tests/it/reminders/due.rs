//! Reminders before a session.

use chrono::{DateTime, Utc};
use entity::id::{PersonId, SessionId};
use entity::state::{
    AnswerStatus, AnswerVia, AttendanceStatus, MessageKind, MessageState, RemindWhom, ReminderWish, Role, Word,
};
use entity::{answer, attendance, event, reminder_run};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{deliver, publish, rows, sent, tick, wish, write};
use crate::harness::{Backend, TestApp};
use crate::pages::desk;

async fn runs(app: &TestApp) -> Vec<reminder_run::Model> {
    reminder_run::Entity::find().all(app.db.read()).await.unwrap()
}

pub async fn answer(
    app: &TestApp,
    session: i64,
    person: PersonId,
    status: AnswerStatus,
    cleared: Option<DateTime<Utc>>,
) {
    let row = answer::ActiveModel {
        session_id: Set(SessionId(session)),
        person_id: Set(person),
        status: Set(status),
        comment: Set(String::new()),
        sequence: Set(0),
        stamp: Set(app.now()),
        via: Set(AnswerVia::Page),
        answered_at: Set(app.now()),
        cleared_at: Set(cleared),
        ..Default::default()
    };
    answer::Entity::insert(row).exec(app.db.write()).await.unwrap();
}

pub async fn came(app: &TestApp, session: i64, person: PersonId, status: AttendanceStatus) {
    let row = attendance::ActiveModel {
        session_id: Set(SessionId(session)),
        person_id: Set(person),
        status: Set(status),
        word: Set(Word::Organiser),
        recorded_at: Set(app.now()),
        recorded_by: Set("test".to_owned()),
        ..Default::default()
    };
    attendance::Entity::insert(row).exec(app.db.write()).await.unwrap();
}

async fn remind_whom(app: &TestApp, id: i64, whom: RemindWhom) {
    event::Entity::update_many()
        .col_expr(event::Column::RemindWhom, Expr::value(whom))
        .filter(event::Column::Id.eq(id))
        .exec(app.db.write())
        .await
        .unwrap();
}

journeys! {
    async fn many_are_written_in_parts_by_two_servers_at_once_and_none_twice(app: &TestApp) {
        app.world().await;
        for number in 100..700 {
            app.person(&format!("KJ{number}"), "GQ-KJ", &[]).await;
        }
        let (_, session) = publish(app, "e", ("2024-03-20T09:00", "2024-03-20T11:00"), &["org:GQ-KJ"], json!({})).await;
        let invited = rows(app).await.len();
        app.at("2024-03-20T08:00");
        let (one, two) = tokio::join!(write(app), write(app));
        let more = write(app).await;
        let reminders: Vec<_> = rows(app).await.into_iter().filter(|row| row.kind == MessageKind::Reminder).collect();
        assert_eq!(reminders.len(), invited);
        assert_eq!(one + two + more, invited, "each counted once");
        let run = runs(app).await.pop().unwrap();
        assert_eq!((run.session_id.0, run.what.as_str(), run.done_at.is_some()), (session, "PT1H", true));
        assert!(run.reached >= reminders.iter().map(|row| row.person_id.unwrap().0).max().unwrap());
        // Nothing is read of many people once it is done.
        app.statements();
        assert_eq!(write(app).await, 0);
        assert!(app.statements().len() < 8);
    }

    async fn a_run_that_was_killed_goes_on_where_it_was(app: &TestApp) {
        app.world().await;
        publish(app, "e", ("2024-03-20T09:00", "2024-03-20T11:00"), &["staff:KJ001", "staff:KJ002", "staff:KJ003"], json!({})).await;
        let (first, second) = (app.person_id("KJ001").await, app.person_id("KJ002").await);
        app.at("2024-03-20T08:00");
        assert_eq!(write(app).await, 3);
        // As if the server had ended after the first: the others are not in the outbox, and the run says so.
        for row in rows(app).await {
            if row.kind == MessageKind::Reminder && row.person_id != Some(first) {
                entity::outbox::Entity::delete_by_id(row.id).exec(app.db.write()).await.unwrap();
            }
        }
        reminder_run::Entity::update_many()
            .col_expr(reminder_run::Column::Reached, Expr::value(first.0))
            .col_expr(reminder_run::Column::DoneAt, Expr::value(None::<DateTime<Utc>>))
            .exec(app.db.write()).await.unwrap();
        assert!(second > first);
        assert_eq!(write(app).await, 2);
        deliver(app).await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj001", "kj002", "kj003"]);
    }

    async fn wishes_are_heeded_when_written_and_when_sent(app: &TestApp) {
        app.world().await;
        wish(app, "KJ001", ReminderWish::Off, None).await;
        wish(app, "KJ002", ReminderWish::Digest, None).await;
        let all = ["staff:KJ001", "staff:KJ002", "staff:KJ003", "staff:KJ004"];
        let (_, session) = publish(app, "e", ("2024-03-20T09:00", "2024-03-20T11:00"), &all, json!({})).await;
        tick(app, "2024-03-17T09:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj003", "kj004"]);
        app.at("2024-03-20T08:00");
        write(app).await;
        wish(app, "KJ003", ReminderWish::Off, None).await;
        deliver(app).await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj003", "kj004", "kj004"]);
        let last = rows(app).await.into_iter().find(|row| row.state == MessageState::Dead).unwrap();
        assert_eq!(last.answer.as_deref(), Some("未发送：本人不收提醒。"));
        // What changes is told to all of them.
        let token = app.token("GQ-KJ", entity::state::Scope::Manage).await;
        app.patch(&format!("/api/v1/sessions/{session}"), &token, json!({"location": "二楼"})).await.expect(200);
        deliver(app).await;
        assert_eq!(sent(app, MessageKind::Update).await, ["kj001", "kj002", "kj003", "kj004"]);
    }

    async fn who_declined_what_is_not_required_is_not_reminded(app: &TestApp) {
        app.world().await;
        let all = ["staff:KJ001", "staff:KJ002", "staff:KJ003"];
        let times = ("2024-03-20T09:00", "2024-03-20T11:00");
        let (_, free) = publish(app, "free", times, &all, json!({})).await;
        let (_, must) = publish(app, "must", times, &all, json!({"required": true})).await;
        for (session, cleared) in [(free, None), (must, None)] {
            answer(app, session, app.person_id("KJ001").await, AnswerStatus::Declined, cleared).await;
        }
        // A new time made that answer void.
        answer(app, free, app.person_id("KJ002").await, AnswerStatus::Declined, Some(app.now())).await;
        // On leave.
        came(app, must, app.person_id("KJ003").await, AttendanceStatus::Excused).await;
        tick(app, "2024-03-20T08:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj001", "kj002", "kj002", "kj003"]);
    }

    async fn only_those_who_have_not_answered_or_not_checked_in(app: &TestApp) {
        app.world().await;
        let all = ["staff:KJ001", "staff:KJ002", "staff:KJ003"];
        let times = ("2024-03-20T09:00", "2024-03-20T11:00");
        let (one, asked) = publish(app, "asked", times, &all, json!({})).await;
        let (two, begun) = publish(app, "begun", times, &all, json!({"reminders": ["PT15M"]})).await;
        remind_whom(app, one, RemindWhom::Unanswered).await;
        remind_whom(app, two, RemindWhom::NotCheckedIn).await;
        answer(app, asked, app.person_id("KJ001").await, AnswerStatus::Accepted, None).await;
        app.at("2024-03-20T08:00");
        assert_eq!(write(app).await, 2);
        answer(app, asked, app.person_id("KJ002").await, AnswerStatus::Tentative, None).await;
        deliver(app).await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj003"]);
        app.at("2024-03-20T08:45");
        came(app, begun, app.person_id("KJ001").await, AttendanceStatus::Present).await;
        assert_eq!(write(app).await, 2);
        came(app, begun, app.person_id("KJ002").await, AttendanceStatus::Present).await;
        deliver(app).await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj003", "kj003"]);
    }

    async fn quiet_hours_hold_reminders_and_nothing_else(app: &TestApp) {
        app.world().await;
        // Early risers, and one who wants to be told at any hour.
        wish(app, "KJ002", ReminderWish::Each, Some("22:00-05:00")).await;
        wish(app, "KJ003", ReminderWish::Each, Some("")).await;
        let all = ["staff:KJ001", "staff:KJ002", "staff:KJ003"];
        publish(app, "e", ("2024-03-20T07:30", "2024-03-20T09:00"), &all, json!({"reminders": ["PT1H30M"]})).await;
        publish(app, "dawn", ("2024-03-21T06:30", "2024-03-21T07:30"), &["staff:KJ001"], json!({"reminders": ["PT1H"]})).await;
        tick(app, "2024-03-20T05:59").await;
        assert!(sent(app, MessageKind::Reminder).await.is_empty());
        tick(app, "2024-03-20T06:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj002", "kj003"]);
        tick(app, "2024-03-20T06:59").await;
        assert_eq!(sent(app, MessageKind::Reminder).await.len(), 2);
        tick(app, "2024-03-20T07:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj001", "kj002", "kj003"]);
        // Of what begins before the quiet ends, the evening before.
        tick(app, "2024-03-20T20:59").await;
        assert_eq!(sent(app, MessageKind::Reminder).await.len(), 3);
        tick(app, "2024-03-20T21:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj001", "kj001", "kj002", "kj003"]);
        // An invitation goes at any hour.
        app.at("2024-03-20T23:00");
        publish(app, "night", ("2024-03-22T09:00", "2024-03-22T10:00"), &["staff:KJ001"], json!({})).await;
        assert_eq!(sent(app, MessageKind::Invitation).await.len(), 5);
    }

    async fn hours_of_one_keep_nobody_else_from_a_reminder(app: &TestApp) {
        app.world().await;
        wish(app, "KJ002", ReminderWish::Each, Some("12:00-14:00")).await;
        let more = json!({"reminders": ["PT2H", "PT1H"]});
        publish(app, "e", ("2024-03-20T14:00", "2024-03-20T15:00"), &["staff:KJ001", "staff:KJ002"], more).await;
        // To the one the last of them goes before their hours, to the other each in its time.
        for (at, to) in [("11:29", ""), ("11:30", "kj002"), ("12:00", "kj001 kj002"), ("13:00", "kj001 kj001 kj002")] {
            tick(app, &format!("2024-03-20T{at}")).await;
            assert_eq!(sent(app, MessageKind::Reminder).await.join(" "), to, "{at}");
        }
        let to = app.person_id("KJ002").await;
        let one = rows(app).await.into_iter().find(|row| row.kind == MessageKind::Reminder && row.person_id == Some(to));
        assert_eq!(one.unwrap().detail.unwrap()["before"], "PT1H");
    }

    async fn of_reminders_that_come_together_one_is_sent(app: &TestApp) {
        app.world().await;
        let more = || json!({"reminders": ["PT2H", "PT1H"]});
        publish(app, "early", ("2024-03-20T08:00", "2024-03-20T09:00"), &["staff:KJ001"], more()).await;
        tick(app, "2024-03-20T06:00").await;
        tick(app, "2024-03-20T06:59").await;
        assert!(sent(app, MessageKind::Reminder).await.is_empty());
        tick(app, "2024-03-20T07:00").await;
        tick(app, "2024-03-20T07:30").await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj001"]);
        // No mail went out for an hour: what it was to say first is said by the next.
        publish(app, "late", ("2024-03-21T14:00", "2024-03-21T15:00"), &["staff:KJ002"], more()).await;
        app.at("2024-03-21T12:00");
        assert_eq!(write(app).await, 1);
        tick(app, "2024-03-21T13:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj001", "kj002"]);
        let (mut first, mut second) = (None, None);
        for row in rows(app).await.into_iter().filter(|row| row.kind == MessageKind::Reminder && row.address.starts_with("kj002")) {
            if row.state == MessageState::Dead { first = Some(row) } else { second = Some(row) }
        }
        assert_eq!(first.unwrap().answer.as_deref(), Some("未发送：同一场的下一次提醒已到时间，只发那一次。"));
        assert_eq!(second.unwrap().detail.unwrap()["before"], "PT1H");
    }

    async fn who_comes_or_goes_while_a_reminder_waits_is_heeded(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", entity::state::Scope::Manage).await;
        let more = json!({"reminders": ["PT1H"]});
        let (event, _) = publish(app, "e", ("2024-03-20T07:30", "2024-03-20T09:00"), &["staff:KJ001", "staff:KJ002"], more).await;
        tick(app, "2024-03-20T06:30").await;
        app.at("2024-03-20T06:45");
        let audience = json!({"audience": ["staff:KJ001", "staff:KJ003"]});
        app.patch(&format!("/api/v1/events/{event}"), &token, audience).await.expect(200);
        tick(app, "2024-03-20T07:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj001", "kj003"]);
        assert_eq!(rows(app).await.iter().filter(|row| row.kind == MessageKind::Reminder).count(), 2);
    }

    async fn each_sitting_of_a_series_is_reminded_of_and_none_that_is_called_off(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", entity::state::Scope::Manage).await;
        let series = json!({"key": "w", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T10:00", "rrule": "FREQ=WEEKLY;COUNT=3"});
        let more = json!({"reminders": ["PT1H"], "sessions": null, "series": series});
        let (event, _) = publish(app, "e", ("2024-03-20T09:00", "2024-03-20T10:00"), &["staff:KJ001"], more).await;
        tick(app, "2024-03-20T08:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await.len(), 1);
        let whole = app.get(&format!("/api/v1/events/{event}"), &token).await.expect(200).json();
        let second = whole["sessions"].as_array().unwrap().iter().find(|one| one["key"] == "w-20240327").unwrap();
        let path = format!("/api/v1/sessions/{}/cancel", second["id"].as_str().unwrap());
        app.post(&path, &token, json!({})).await.expect(200);
        tick(app, "2024-03-27T08:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await.len(), 1);
        tick(app, "2024-04-03T07:59").await;
        assert_eq!(sent(app, MessageKind::Reminder).await.len(), 1);
        tick(app, "2024-04-03T08:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj001", "kj001"]);
    }

    async fn a_session_elsewhere_is_reminded_of_by_its_own_clock_and_in_the_houses_hours(app: &TestApp) {
        app.world().await;
        let more = || json!({"reminders": ["PT1H"], "time_zone": "Europe/Berlin"});
        // 16:00 in Shanghai.
        publish(app, "e", ("2024-03-20T09:00", "2024-03-20T10:00"), &["staff:KJ001"], more()).await;
        tick(app, "2024-03-20T14:59").await;
        assert!(sent(app, MessageKind::Reminder).await.is_empty());
        tick(app, "2024-03-20T15:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj001"]);
        // An hour before midnight there it is 06:00 in Shanghai, and quiet; its morning there is of use until 16:00.
        publish(app, "day", ("2024-03-21", "2024-03-21"), &["staff:KJ002"], more()).await;
        tick(app, "2024-03-21T06:59").await;
        assert_eq!(sent(app, MessageKind::Reminder).await.len(), 1);
        tick(app, "2024-03-21T07:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj001", "kj002"]);
    }

    async fn what_failed_in_the_evening_waits_for_the_morning(app: &TestApp) {
        app.world().await;
        publish(app, "e", ("2024-03-20T09:00", "2024-03-20T11:00"), &["staff:KJ001"], json!({"reminders": ["PT12H"]})).await;
        app.at("2024-03-19T21:00");
        assert_eq!(write(app).await, 1);
        tick(app, "2024-03-19T21:40").await;
        let row = rows(app).await.pop().unwrap();
        assert_eq!((row.state, row.attempts, row.leased_by), (MessageState::Queued, 0, None));
        assert_eq!(row.next_at, crate::harness::shanghai("2024-03-20T07:00"));
        tick(app, "2024-03-20T07:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj001"]);
    }

    async fn whole_days_are_reminded_of_in_daylight(app: &TestApp) {
        app.world().await;
        publish(app, "e", ("2024-03-20", "2024-03-21"), &["staff:KJ001"], json!({"reminders": ["P1D", "PT1H"]})).await;
        for (at, count) in [("18T23:59", 0), ("19T06:59", 0), ("19T07:00", 1), ("19T23:00", 1), ("20T06:59", 1), ("20T07:00", 2), ("20T12:00", 2), ("21T09:00", 2)] {
            tick(app, &format!("2024-03-{at}")).await;
            assert_eq!(sent(app, MessageKind::Reminder).await.len(), count, "{at}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_quiet_hours_reminders_come_on_time() {
    let app =
        TestApp::start_with(Backend::Sqlite, pufa::state::Mode::Normal, |config| config.mail.quiet = String::new());
    let app = app.await;
    app.world().await;
    publish(&app, "e", ("2024-03-20T07:30", "2024-03-20T09:00"), &["staff:KJ001"], json!({})).await;
    tick(&app, "2024-03-20T06:30").await;
    assert_eq!(sent(&app, MessageKind::Reminder).await, ["kj001"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_reminded_of_an_event_that_does_not_say_it_is_said_by_its_kind() {
    let app = TestApp::start_with(Backend::Sqlite, pufa::state::Mode::Normal, |config| {
        let forum =
            "[forum]\nname = { zh = \"论坛\", en = \"Forum\" }\nclass = \"study\"\nremind_whom = \"unanswered\"";
        config.kinds.extend(forum.parse::<toml::Table>().unwrap());
    });
    let app = &app.await;
    app.world().await;
    let (all, times) = (["staff:KJ001", "staff:KJ002"], ("2024-03-20T09:00", "2024-03-20T11:00"));
    let (by_kind, one) = publish(app, "kind", times, &all, json!({"kind": "forum"})).await;
    let (by_itself, two) = publish(app, "own", times, &all, json!({"kind": "forum", "remind_whom": "all"})).await;
    for session in [one, two] {
        answer(app, session, app.person_id("KJ001").await, AnswerStatus::Accepted, None).await;
    }
    tick(app, "2024-03-20T08:00").await;
    assert_eq!(sent(app, MessageKind::Reminder).await, ["kj001", "kj002", "kj002"]);
    let desk = desk(app, "GQ-KJ", Role::Organizer).await;
    let chosen = |page: &str, word: &str| page.contains(&format!("name=\"remind_whom\" value=\"{word}\" checked"));
    assert!(chosen(&desk.get("/events/new").await.expect(200).text(), ""));
    for (event, word) in [(by_kind, "unanswered"), (by_itself, "all")] {
        let page = desk.get(&format!("/events/{event}/edit")).await.expect(200).text();
        assert!(chosen(&page, word) && !page.contains("name=\"remind_whom\" value=\"\""), "{page}");
    }
    let token = app.token("GQ-KJ", entity::state::Scope::Manage).await;
    let template = json!({
        "name": "论坛", "org_code": "GQ-KJ", "kind": "forum", "title_pattern": "{year}年论坛", "starts_at": "09:00",
        "length_minutes": 60, "audience": ["org:{org}"],
    });
    let made = app.post("/api/v1/templates", &token, template).await.expect(201).json();
    assert_eq!(made["remind_whom"], "unanswered");
}
