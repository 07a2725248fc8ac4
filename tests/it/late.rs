//! Invitations that go out late, are sent again, or come a second time: what they then say, and what they leave unsaid.

use entity::id::SessionId;
use entity::state::{AnswerStatus, AnswerVia, MessageKind, MessageState, Scope};
use entity::{membership, outbox, session};
use pufa::people;
use pufa::scheduling::answer::{Given, give};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};

use crate::answers::{answer_of, newest, reply, take};
use crate::harness::{TestApp, shanghai};
use crate::mail::{calendar_of, deliver, mail_of, parse, publish, rows};

const OVERTAKEN: &str = "未发送：之后的通知已有变化，以后者为准。";

/// The mail server asks to come again at a local time with all that waits for one of the staff.
async fn hold_back(app: &TestApp, who: &str, until: &str) {
    let done = outbox::Entity::update_many()
        .col_expr(outbox::Column::State, Expr::value(MessageState::Failed))
        .col_expr(outbox::Column::Attempts, Expr::value(1))
        .col_expr(outbox::Column::NextAt, Expr::value(shanghai(until)))
        .filter(outbox::Column::Address.eq(format!("{who}@example.test")))
        .filter(outbox::Column::State.eq(MessageState::Queued))
        .exec(app.db.write())
        .await
        .unwrap();
    assert_eq!(done.rows_affected, 1, "one mail to {who} waits");
}

async fn of(app: &TestApp, who: &str) -> Vec<outbox::Model> {
    rows(app).await.into_iter().filter(|row| row.address == format!("{who}@example.test")).collect()
}

/// What became of the messages to one of the staff: `sent`, or why not.
async fn fates(app: &TestApp, who: &str) -> Vec<(MessageKind, String)> {
    let fate = |row: outbox::Model| match row.state {
        MessageState::Dead => (row.kind, row.answer.unwrap()),
        state => (row.kind, state.to_string()),
    };
    of(app, who).await.into_iter().map(fate).collect()
}

/// The calendar of the nth message to one of the staff, unfolded.
async fn calendar(app: &TestApp, who: &str, n: usize) -> String {
    let row = of(app, who).await.remove(n);
    calendar_of(&parse(&mail_of(app, &row))).expect("a calendar").replace("\r\n ", "")
}

async fn patch(app: &TestApp, token: &str, path: &str, body: Value) {
    app.patch(path, token, body).await.expect(200);
}

/// A published series of four Wednesdays from 20 March, to which KJ001 and KJ002 are invited, and have heard of it unless
/// mail to KJ002 is held back; gives the addresses of the event and of its sittings.
async fn weekly(app: &TestApp, token: &str, held_back: Option<&str>) -> (String, Vec<String>) {
    let event = json!({
        "key": "w", "kind": "lecture", "title": "每周学法", "org_code": "GQ-KJ", "location": "三楼", "required": true,
        "audience": ["staff:KJ001", "staff:KJ002"],
        "series": {
            "key": "W", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T10:00",
            "rrule": "FREQ=WEEKLY;COUNT=4",
        },
    });
    let made = app.post("/api/v1/events", token, event).await.expect(201).json();
    let event = format!("/api/v1/events/{}", made["id"].as_str().unwrap());
    app.post(&format!("{event}/publish"), token, json!({"override": "另有测试"})).await.expect(200);
    if let Some(until) = held_back {
        hold_back(app, "kj002", until).await;
    }
    deliver(app).await;
    let sittings = made["sessions"].as_array().unwrap().iter();
    let sittings = sittings.map(|one| format!("/api/v1/sessions/{}", one["id"].as_str().unwrap())).collect();
    (event, sittings)
}

/// What one of the staff answers to a session.
async fn say(app: &TestApp, who: &str, session: &str, status: AnswerStatus) {
    let id = SessionId(session.rsplit('/').next().unwrap().parse().unwrap());
    let session = session::Entity::find_by_id(id).one(app.db.read()).await.unwrap().unwrap();
    let given = Given {
        person: app.person_id(who).await,
        status,
        comment: String::new(),
        sequence: None,
        stamp: None,
        via: AnswerVia::Page,
        by: None,
    };
    give(app.db.write(), &[session], &given, app.now()).await.unwrap();
}

/// PARTSTAT of each VEVENT, and the start of a sitting by which it is known; empty for the whole.
fn answers(calendar: &str) -> Vec<(String, String)> {
    let events = calendar.split("BEGIN:VEVENT").skip(1);
    let after = |text: &str, name: &str| {
        text.split_once(name).map(|(_, rest)| rest.split([';', ':', '\r']).next().unwrap().to_owned())
    };
    let sitting = |event: &str| after(event, "RECURRENCE-ID;TZID=Asia/Shanghai:").unwrap_or_default();
    events.map(|event| (sitting(event), after(event, "PARTSTAT=").unwrap())).collect()
}

journeys! {
    async fn who_was_taken_off_meanwhile_is_not_invited_by_what_comes_late(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, _) = publish(app, &token, "e", "2024-03-20", &["staff:KJ001", "staff:KJ002"]).await;
        let event = format!("/api/v1/events/{event}");
        hold_back(app, "kj002", "2024-03-12T08:10").await;
        deliver(app).await;
        app.at("2024-03-12T08:05");
        patch(app, &token, &event, json!({"audience": ["staff:KJ001"]})).await;
        deliver(app).await;
        app.at("2024-03-12T08:10");
        deliver(app).await;
        let off = [(MessageKind::Invitation, OVERTAKEN.into()), (MessageKind::Cancellation, "sent".into())];
        assert_eq!(fates(app, "kj002").await, off);
        // Nor by what is sent again.
        let dead = of(app, "kj002").await.remove(0);
        pufa::outbox::requeue(app.db.write(), &[dead.id], app.now()).await.unwrap();
        deliver(app).await;
        assert_eq!(fates(app, "kj002").await, off);
        assert_eq!(fates(app, "kj001").await, [(MessageKind::Invitation, "sent".into())], "the other heard of nothing");
    }

    async fn who_was_put_back_meanwhile_loses_nothing_by_what_comes_late(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, session) = publish(app, &token, "e", "2024-03-20", &["staff:KJ001", "staff:KJ002"]).await;
        let event = format!("/api/v1/events/{event}");
        deliver(app).await;
        say(app, "KJ002", &format!("/{session}"), AnswerStatus::Accepted).await;
        app.at("2024-03-12T08:05");
        patch(app, &token, &event, json!({"audience": ["staff:KJ001"]})).await;
        hold_back(app, "kj002", "2024-03-12T08:20").await;
        app.at("2024-03-12T08:10");
        patch(app, &token, &event, json!({"audience": ["staff:KJ001", "staff:KJ002"]})).await;
        deliver(app).await;
        app.at("2024-03-12T08:20");
        deliver(app).await;
        assert_eq!(fates(app, "kj002").await, [
            (MessageKind::Invitation, "sent".into()),
            (MessageKind::Cancellation, OVERTAKEN.into()),
            (MessageKind::Invitation, "sent".into()),
        ]);
        let back = calendar(app, "kj002", 2).await;
        assert!(back.contains("METHOD:REQUEST") && back.contains("DTSTAMP:20240312T001000Z"), "{back}");
        assert!(back.contains("PARTSTAT=ACCEPTED"), "what they said stands: {back}");
    }

    async fn a_cancellation_that_comes_late_is_of_the_moment_of_its_deed(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, session) = publish(app, &token, "e", "2024-03-20", &["staff:KJ001", "staff:KJ002"]).await;
        deliver(app).await;
        app.at("2024-03-12T08:05");
        patch(app, &token, &format!("/api/v1/events/{event}"), json!({"audience": ["staff:KJ001"]})).await;
        hold_back(app, "kj002", "2024-03-12T08:20").await;
        app.at("2024-03-12T08:10");
        patch(app, &token, &format!("/api/v1/sessions/{session}"), json!({"location": "二楼"})).await;
        app.at("2024-03-12T08:20");
        deliver(app).await;
        let off = calendar(app, "kj002", 1).await;
        assert!(off.contains("METHOD:CANCEL") && off.contains("SEQUENCE:1\r\n"), "{off}");
        assert!(off.contains("DTSTAMP:20240312T000500Z"), "{off}");
    }

    async fn what_was_taken_back_is_not_done_by_sending_it_again(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, _) = publish(app, &token, "e", "2024-03-20", &["staff:KJ001"]).await;
        deliver(app).await;
        app.at("2024-03-12T08:05");
        app.post(&format!("/api/v1/events/{event}/cancel"), &token, json!({})).await.expect(200);
        // The mail server refuses it for good.
        let refused = of(app, "kj001").await.remove(1);
        outbox::Entity::update_many()
            .col_expr(outbox::Column::State, Expr::value(MessageState::Dead))
            .col_expr(outbox::Column::Answer, Expr::value("550 5.7.1 refused"))
            .filter(outbox::Column::Id.eq(refused.id)).exec(app.db.write()).await.unwrap();
        app.at("2024-03-12T08:06");
        app.post(&format!("/api/v1/events/{event}/undo"), &token, Value::Null).await.expect(200);
        pufa::outbox::requeue(app.db.write(), &[refused.id], app.now()).await.unwrap();
        deliver(app).await;
        assert_eq!(fates(app, "kj001").await[1], (MessageKind::Cancellation, "通知已由组织者撤回，不再发送".into()));
    }

    async fn of_a_series_late_mails_say_what_is_true_now(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, sittings) = weekly(app, &token, None).await;
        // That a sitting is off is still told after the whole was.
        app.at("2024-03-12T08:05");
        app.post(&format!("{}/cancel", sittings[0]), &token, json!({"reason": "场地检修"})).await.expect(200);
        hold_back(app, "kj002", "2024-03-12T08:20").await;
        app.at("2024-03-12T08:10");
        patch(app, &token, &event, json!({"location": "二楼"})).await;
        deliver(app).await;
        app.at("2024-03-12T08:20");
        deliver(app).await;
        assert_eq!(fates(app, "kj002").await[1], (MessageKind::Cancellation, "sent".into()));
        // Not of one that is on again.
        app.post(&format!("{}/cancel", sittings[1]), &token, json!({})).await.expect(200);
        hold_back(app, "kj002", "2024-03-12T08:40").await;
        app.at("2024-03-12T08:30");
        app.post(&format!("{}/restore", sittings[1]), &token, Value::Null).await.expect(200);
        deliver(app).await;
        app.at("2024-03-12T08:40");
        deliver(app).await;
        let told = fates(app, "kj002").await;
        assert_eq!(told[3..], [(MessageKind::Cancellation, OVERTAKEN.into()), (MessageKind::Update, "sent".into())]);
        // Nor that one was moved, to somebody who is off the whole.
        patch(app, &token, &sittings[2], json!({"location": "四楼"})).await;
        hold_back(app, "kj002", "2024-03-12T09:00").await;
        app.at("2024-03-12T08:50");
        patch(app, &token, &event, json!({"audience": ["staff:KJ001"]})).await;
        deliver(app).await;
        app.at("2024-03-12T09:00");
        deliver(app).await;
        let told = fates(app, "kj002").await;
        assert_eq!(told[5..], [(MessageKind::Update, OVERTAKEN.into()), (MessageKind::Cancellation, "sent".into())]);
    }

    async fn a_late_invitation_to_a_series_leaves_out_what_is_theirs_no_more(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, sittings) = weekly(app, &token, Some("2024-03-12T08:20")).await;
        // KJ002 goes on 12 April, and the last sitting is put after that.
        membership::Entity::update_many()
            .col_expr(membership::Column::ActiveTo, Expr::value(Some("2024-04-12".parse::<chrono::NaiveDate>().unwrap())))
            .filter(membership::Column::PersonId.eq(app.person_id("KJ002").await)).exec(app.db.write()).await.unwrap();
        let tx = app.db.begin().await.unwrap();
        people::touch(&tx).await.unwrap();
        tx.commit().await.unwrap();
        app.at("2024-03-12T08:05");
        let later = json!({"starts_at": "2024-04-17T09:00", "ends_at": "2024-04-17T10:00"});
        patch(app, &token, &sittings[3], later).await;
        deliver(app).await;
        app.at("2024-03-12T08:20");
        deliver(app).await;
        let told = [(MessageKind::Invitation, "sent".into()), (MessageKind::Cancellation, "sent".into())];
        assert_eq!(fates(app, "kj002").await, told);
        let whole = calendar(app, "kj002", 0).await;
        assert!(whole.contains("METHOD:REQUEST") && !whole.contains("20240417"), "{whole}");
        assert!(whole.contains("UNTIL=20240403T010000Z"), "{whole}");
    }

    async fn that_a_session_was_moved_into_the_past_is_told(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, session) = publish(app, &token, "e", "2024-03-20", &["staff:KJ001"]).await;
        let (event, _) = weekly(app, &token, None).await;
        app.at("2024-03-12T08:05");
        let past = json!({"starts_at": "2024-03-11T09:00", "ends_at": "2024-03-11T11:00"});
        patch(app, &token, &format!("/api/v1/sessions/{session}"), past).await;
        deliver(app).await;
        let told = fates(app, "kj001").await;
        assert_eq!(told[2..], [(MessageKind::Update, "sent".into())]);
        let moved = calendar(app, "kj001", 2).await;
        assert!(moved.contains("METHOD:REQUEST") && moved.contains("DTSTART;TZID=Asia/Shanghai:20240311T090000"), "{moved}");
        let row = of(app, "kj001").await.remove(2);
        assert!(!parse(&mail_of(app, &row)).body_text(0).unwrap().contains("/answer/"), "nobody is asked whether they come");
        // A change of a series goes out whenever it can, an invitation to what is over does not.
        patch(app, &token, &event, json!({"location": "二楼"})).await;
        patch(app, &token, &event, json!({"audience": ["staff:KJ001", "staff:KJ003"]})).await;
        app.at("2024-05-01T08:00");
        deliver(app).await;
        assert_eq!(fates(app, "kj001").await[3..], [(MessageKind::Update, "sent".into())]);
        assert_eq!(fates(app, "kj003").await, [(MessageKind::Invitation, "未发送：本场已结束。".into())]);
    }

    async fn a_new_version_of_a_series_keeps_what_was_answered(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, sittings) = weekly(app, &token, None).await;
        let fresh = calendar(app, "kj001", 0).await;
        assert_eq!(answers(&fresh), [(String::new(), "NEEDS-ACTION".to_owned())]);
        for sitting in &sittings {
            say(app, "KJ001", sitting, AnswerStatus::Accepted).await;
        }
        say(app, "KJ002", &sittings[1], AnswerStatus::Declined).await;
        // A sitting is off, and on again.
        app.at("2024-03-12T08:05");
        app.post(&format!("{}/cancel", sittings[3]), &token, json!({})).await.expect(200);
        app.post(&format!("{}/restore", sittings[3]), &token, Value::Null).await.expect(200);
        deliver(app).await;
        let pair = |at: &str, said: &str| (at.to_owned(), said.to_owned());
        let first = ["20240320T090000", "20240327T090000", "20240403T090000"].map(|at| pair(at, "ACCEPTED"));
        let asked = [pair("", "NEEDS-ACTION")];
        assert_eq!(answers(&calendar(app, "kj001", 2).await), [&asked, first.as_slice()].concat(), "that one is asked anew");
        say(app, "KJ001", &sittings[3], AnswerStatus::Accepted).await;
        let some = [pair("", "NEEDS-ACTION"), pair("20240327T090000", "DECLINED")];
        assert_eq!(answers(&calendar(app, "kj002", 2).await), some);
        // One more, of which nothing was said so far.
        app.at("2024-03-12T08:10");
        patch(app, &token, &event, json!({"series": {"rrule": "FREQ=WEEKLY;COUNT=5"}})).await;
        deliver(app).await;
        let all = ["20240320T090000", "20240327T090000", "20240403T090000", "20240410T090000"];
        let all = all.map(|at| pair(at, "ACCEPTED"));
        assert_eq!(answers(&calendar(app, "kj001", 3).await), [&asked, all.as_slice()].concat());
        app.at("2024-03-12T08:12");
        patch(app, &token, &event, json!({"series": {"rrule": "FREQ=WEEKLY;COUNT=4"}})).await;
        deliver(app).await;
        assert_eq!(answers(&calendar(app, "kj001", 4).await), [pair("", "ACCEPTED")], "all of it was answered alike");
        // Another place asks anew.
        app.at("2024-03-12T08:15");
        patch(app, &token, &event, json!({"location": "二楼"})).await;
        deliver(app).await;
        assert_eq!(answers(&calendar(app, "kj001", 5).await), [pair("", "NEEDS-ACTION")]);
    }

    async fn what_an_earlier_rule_left_is_known_by_the_slots_of_the_new_one(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, sittings) = weekly(app, &token, None).await;
        app.at("2024-03-12T08:05");
        let change = json!({"starts_at": "2024-04-03T14:30", "ends_at": "2024-04-03T15:30"});
        patch(app, &token, &format!("{}?apply=later", sittings[2]), change).await;
        deliver(app).await;
        let whole = calendar(app, "kj001", 1).await;
        assert!(!whole.contains("RDATE") && whole.contains("DTSTART;TZID=Asia/Shanghai:20240320T143000"), "{whole}");
        let known: Vec<String> = answers(&whole).into_iter().map(|(at, _)| at).collect();
        assert_eq!(known, ["", "20240320T143000", "20240327T143000"]);
        // And so is it answered.
        let wishes = json!({"partstat": "ACCEPTED", "recurrence": "20240327T143000", "dtstamp": "2024-03-12T00:10:00+00:00"});
        let raw = reply(&newest(app, "kj001@example.test").await, wishes);
        assert_eq!(take(app, raw).await, "taken");
        for (n, said) in [Value::Null, json!("accepted"), Value::Null, Value::Null].into_iter().enumerate() {
            assert_eq!(answer_of(app, &token, &sittings[n], "KJ001").await, said, "{n}");
        }
    }

    async fn where_it_is_joined_stands_in_the_invitation(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, sittings) = weekly(app, &token, None).await;
        let first = calendar(app, "kj001", 0).await;
        assert!(!first.contains("CONFERENCE"), "{first}");
        let link = json!({"title": "会议", "url": "https://meeting.tencent.com/dm/all"});
        app.post(&format!("{event}/materials"), &token, link).await.expect(201);
        app.at("2024-03-12T08:05");
        patch(app, &token, &sittings[1], json!({"location": "线上：https://meeting.tencent.com/dm/own"})).await;
        app.at("2024-03-12T08:10");
        patch(app, &token, &event, json!({"location": "线上"})).await;
        deliver(app).await;
        let one = calendar(app, "kj001", 1).await;
        assert!(one.contains("CONFERENCE;VALUE=URI:https://meeting.tencent.com/dm/own\r\n"), "{one}");
        let whole = calendar(app, "kj001", 2).await;
        assert_eq!(whole.matches("CONFERENCE;VALUE=URI:https://meeting.tencent.com/dm/all\r\n").count(), 1, "{whole}");
        assert_eq!(whole.matches("CONFERENCE;VALUE=URI:https://meeting.tencent.com/dm/own\r\n").count(), 1, "{whole}");
        assert_eq!(whole.matches("BEGIN:VEVENT").count(), 2, "{whole}");
    }

    async fn reminders_are_not_asked_what_invitations_are(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        publish(app, &token, "e", "2024-03-20", &["org:GQ-KJ"]).await;
        let later = |sql: &String| sql.contains("outbox") && sql.contains("\"kind\" IN") && sql.contains("\"id\" >");
        let links = |sql: &String| sql.contains("FROM \"material\"");
        app.statements();
        deliver(app).await;
        let asked = app.statements();
        assert_eq!((asked.iter().filter(|sql| later(sql)).count(), asked.iter().filter(|sql| links(sql)).count()), (1, 1));
        app.at("2024-03-17T09:00");
        pufa::jobs::add_reminders(app).await.unwrap();
        app.statements();
        deliver(app).await;
        let asked = app.statements();
        assert!(!asked.iter().any(|sql| later(sql) || links(sql)), "{asked:#?}");
        assert_eq!(fates(app, "kj001").await, [(MessageKind::Invitation, "sent".into()), (MessageKind::Reminder, "sent".into())]);
    }
}
