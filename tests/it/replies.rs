//! Answers by mail at the edges: written by nobody's calendar program, in odd orders, at the same moment as others.

use std::time::Duration;

use entity::state::{AnswerStatus, AnswerVia, Scope};
use entity::{event, person, session};
use pufa::scheduling::answer::{Given, Taken, clear, give};
use pufa::scheduling::registration::hold;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::answers::{answer_of, id_of, links, newest, publish, reply, signed_in, take};
use crate::harness::{Browser, TestApp};
use crate::mail::deliver;
use crate::registration::{fair, put_down, states};

/// A mail with an answer, its VEVENTs as they are given.
fn written(from: &str, events: &[&str]) -> Vec<u8> {
    let events: String = events.iter().map(|lines| format!("BEGIN:VEVENT\r\n{lines}\r\nEND:VEVENT\r\n")).collect();
    format!(
        "From: {from}\r\nContent-Type: text/calendar; method=REPLY; charset=UTF-8\r\n\r\n\
         BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REPLY\r\n{events}END:VCALENDAR\r\n"
    )
    .into_bytes()
}

/// A weekly study of three sittings for KJ001, published: its event, its sittings, and its UID.
async fn series(app: &TestApp, token: &str) -> (Vec<String>, String) {
    let body = json!({
        "key": "s", "kind": "center_group_study", "title": "学法", "org_code": "GQ-KJ", "location": "三楼",
        "audience": ["staff:KJ001"], "required": true,
        "series": {"key": "W", "starts_at": "2024-04-04T14:30", "ends_at": "2024-04-04T16:30", "rrule": "FREQ=WEEKLY;COUNT=3"},
    });
    let made = app.post("/api/v1/events", token, body).await.expect(201).json();
    let path = format!("/api/v1/events/{}/publish", made["id"].as_str().unwrap());
    app.post(&path, token, json!({"override": "x"})).await.expect(200);
    deliver(app).await;
    let sessions = made["sessions"].as_array().unwrap().iter();
    let sittings = sessions.map(|one| format!("/api/v1/sessions/{}", one["id"].as_str().unwrap())).collect();
    (sittings, entity::series::Entity::find().one(app.db.read()).await.unwrap().unwrap().uid)
}

async fn only(tx: &DatabaseTransaction) -> session::Model {
    session::Entity::find().one(tx).await.unwrap().unwrap()
}

/// Ends a transaction a while after others began to wait for it.
async fn end(tx: DatabaseTransaction) {
    tokio::time::sleep(Duration::from_millis(700)).await;
    tx.commit().await.unwrap();
}

/// A transaction in which the only session was moved: mails carry that SEQUENCE from now on.
async fn moving(app: &TestApp, sequence: i32) -> DatabaseTransaction {
    let tx = app.db.begin().await.unwrap();
    let row = only(&tx).await;
    hold(&tx, row.event_id).await.unwrap();
    session::Entity::update_many()
        .col_expr(session::Column::Sequence, Expr::value(sequence))
        .filter(session::Column::Id.eq(row.id))
        .exec(&tx)
        .await
        .unwrap();
    clear(&tx, &[row.id], app.now()).await.unwrap();
    tx
}

journeys! {
    async fn an_answer_comes_before_or_after_a_move_and_never_between(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, session) = publish(app, &token, "e", "2024-10-18", &["staff:KJ001"]).await;
        let mail = newest(app, "kj001@example.test").await;
        let answer = reply(&mail, json!({"partstat": "ACCEPTED"}));
        let (verdict, ()) = tokio::join!(take(app, answer), end(moving(app, 1).await));
        assert_eq!(verdict, "late");
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, Value::Null);
        // By the link in the mail, and by one's own page.
        let path = links(&mail)[0].split('?').next().unwrap().to_owned();
        let anybody = Browser::new(app);
        let fields = [("say", "accepted"), ("seen", "1")];
        let (page, ()) = tokio::join!(anybody.post(&path, &fields), end(moving(app, 2).await));
        page.expect(409);
        let (own, csrf) = signed_in(app, "KJ001").await;
        let path = format!("/my/answers/{}", id_of(&session));
        let fields = [("csrf", csrf.as_str()), ("say", "accepted"), ("person", ""), ("seen", "2")];
        let (page, ()) = tokio::join!(own.post(&path, &fields), end(moving(app, 3).await));
        assert_eq!(page.expect(303).header("location"), "/my/answers?done=changed");
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, Value::Null);
    }

    async fn of_two_answers_at_once_the_later_stands(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, session) = publish(app, &token, "e", "2024-10-18", &["staff:KJ001"]).await;
        let mail = newest(app, "kj001@example.test").await;
        let older = reply(&mail, json!({"partstat": "ACCEPTED", "dtstamp": "2024-03-11T00:00:00+00:00"}));
        let tx = app.db.begin().await.unwrap();
        let row = only(&tx).await;
        hold(&tx, row.event_id).await.unwrap();
        let newer = Given {
            person: app.person_id("KJ001").await, status: AnswerStatus::Declined, comment: String::new(),
            sequence: Some(0), stamp: Some(app.now()), via: AnswerVia::Mail, by: None,
        };
        assert_eq!(give(&tx, &[row], &newer, app.now()).await.unwrap(), [Taken::Stands]);
        let (verdict, ()) = tokio::join!(take(app, older), end(tx));
        assert_eq!(verdict, "older");
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "declined");
    }

    async fn an_earlier_mail_never_beats_a_later_page(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (sittings, uid) = series(app, &token).await;
        let first = newest(app, "kj001@example.test").await;
        // Another sitting moves: the whole series' mails carry a higher SEQUENCE, and answers to this one stand.
        app.patch(&sittings[0], &token, json!({"starts_at": "2024-04-05T14:30", "ends_at": "2024-04-05T16:30"})).await.expect(200);
        let (own, csrf) = signed_in(app, "KJ001").await;
        let path = format!("/my/answers/{}", id_of(&sittings[1]));
        own.post(&path, &[("csrf", &csrf), ("say", "declined"), ("person", ""), ("seen", "9")]).await.expect(303);
        let earlier = json!({
            "partstat": "ACCEPTED", "uid": uid, "sequence": 1, "recurrence": "20240411T143000",
            "dtstamp": "2024-03-11T00:00:00+00:00",
        });
        assert_eq!(take(app, reply(&first, earlier)).await, "older");
        assert_eq!(answer_of(app, &token, &sittings[1], "KJ001").await, "declined");
    }

    async fn one_sitting_is_said_after_all_of_them_in_whatever_order(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (sittings, uid) = series(app, &token).await;
        let say = |n: u32, partstat: &str, sitting: &str| {
            format!("UID:{uid}\r\n{sitting}DTSTAMP:20240312T05000{n}Z\r\nATTENDEE;PARTSTAT={partstat}:mailto:kj001@example.test")
        };
        let one = "RECURRENCE-ID;TZID=Asia/Shanghai:20240411T143000\r\n";
        let mail = written("kj001@example.test", &[&say(1, "DECLINED", one), &say(1, "ACCEPTED", "")]);
        assert_eq!(take(app, mail).await, "taken");
        for (sitting, word) in sittings.iter().zip(["accepted", "declined", "accepted"]) {
            assert_eq!(answer_of(app, &token, sitting, "KJ001").await, word);
        }
        // What is no series has no sittings.
        let (_, lone) = publish(app, &token, "e", "2024-10-18", &["staff:KJ001"]).await;
        let uid = session::Entity::find().order_by_desc(session::Column::Id).one(app.db.read()).await.unwrap().unwrap().uid;
        let lines = format!("UID:{uid}\r\n{one}ATTENDEE;PARTSTAT=DECLINED:mailto:kj001@example.test");
        assert_eq!(take(app, written("kj001@example.test", &[&lines])).await, "unknown-sitting");
        assert_eq!(answer_of(app, &token, &lone, "KJ001").await, Value::Null);
    }

    async fn what_holds_a_nul_is_taken_in_and_changes_nothing(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, session) = publish(app, &token, "e", "2024-10-18", &["staff:KJ001"]).await;
        let uid = session::Entity::find().one(app.db.read()).await.unwrap().unwrap().uid;
        let own = "ATTENDEE;PARTSTAT=DECLINED:mailto:kj001@example.test";
        let report = |head: &str, returned: &str| format!(
            "From: a@x.test\r\n{head}Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\
             Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; kj001\0@example.test\r\n\
             Action: failed\r\nStatus: 5.1.1\0\r\nDiagnostic-Code: smtp; 550\0 no\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}--b--\r\n"
        ).into_bytes();
        for (mail, verdict) in [
            (written("kj001@example.test", &[&format!("UID:{uid}\0\r\n{own}")]), "no-answer"),
            (written("kj001@example.test", &[&format!("UID:{uid}\r\nATTENDEE;PARTSTAT=DECLINED:mailto:kj001%00@example.test")]), "other-sender"),
            (written("kj001\0@example.test", &[&format!("UID:{uid}\r\n{own}")]), "other-sender"),
            (report("", "Message-ID: <a\0b@example.test>\r\n"), "unknown-message"),
            (report("In-Reply-To: <a\0b@example.test>\r\nMessage-ID: <c\0d@x>\r\n", ""), "unknown-message"),
        ] {
            assert_eq!(take(app, mail.clone()).await, verdict, "{}", String::from_utf8_lossy(&mail));
        }
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, Value::Null);
        let said = format!("UID:{uid}\r\nCOMMENT:a\0b\r\nATTENDEE;CN=\"x\0\";PARTSTAT=DELEGATED;DELEGATED-TO=\"mailto:b%00@x.test\":mailto:kj001@example.test");
        assert_eq!(take(app, written("kj001@example.test", &[&said])).await, "taken");
        assert_eq!(entity::answer::Entity::find().one(app.db.read()).await.unwrap().unwrap().comment, "a b");
    }

    async fn many_answers_in_one_mail_ask_the_database_little(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (sittings, uid) = series(app, &token).await;
        let lines = format!("UID:{uid}\r\nATTENDEE;PARTSTAT=DECLINED:mailto:kj001@example.test");
        let many = vec![lines.as_str(); 500];
        app.statements();
        assert_eq!(take(app, written("kj001@example.test", &many)).await, "taken");
        // Fifty are read, each by a few statements.
        let count = app.statements().len();
        assert!(count < 50 * 8, "{count}");
        assert_eq!(answer_of(app, &token, &sittings[0], "KJ001").await, "declined");
    }

    async fn who_put_their_name_down_calls_off_by_declining_all_that_is_ahead(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let two = json!({"sessions": [
            {"key": "F1-1", "starts_at": "2024-03-18T09:00", "ends_at": "2024-03-18T11:00"},
            {"key": "F1-2", "starts_at": "2024-03-19T09:00", "ends_at": "2024-03-19T11:00"},
        ]});
        let event = fair(app, &token, "F1", two).await;
        put_down(app, "F1", "a").await.expect(200);
        let rows = session::Entity::find().order_by_asc(session::Column::StartsAt).all(app.db.read()).await.unwrap();
        let say = |n: usize, partstat: &str, sequence: i32| {
            let uid = &rows[n].uid;
            let lines = format!("UID:{uid}\r\nSEQUENCE:{sequence}\r\nATTENDEE;PARTSTAT={partstat}:mailto:a@public.test");
            written("a@public.test", &[&lines])
        };
        let down = [("a".to_owned(), "registered")];
        for (mail, verdict) in [
            (say(1, "DECLINED", 0), "registered"), (say(0, "ACCEPTED", 0), "kept"), (say(0, "TENTATIVE", 0), "registered"),
        ] {
            assert_eq!(take(app, mail).await, verdict);
            assert_eq!(states(app).await, down);
        }
        let moved = json!({"starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"});
        app.patch(&format!("/api/v1/sessions/{}", rows[1].id), &token, moved).await.expect(200);
        app.at("2024-03-18T12:00");
        let late = [say(1, "DECLINED", 0), b"X: again\r\n".to_vec()].concat();
        assert_eq!(take(app, late).await, "late");
        assert_eq!(states(app).await, down);
        assert_eq!(take(app, say(1, "DECLINED", 1)).await, "taken");
        assert_eq!(states(app).await, [("a".to_owned(), "cancelled")]);
        let other = event::Entity::find().one(app.db.read()).await.unwrap().unwrap();
        assert!(event.ends_with(&other.id.to_string()));
    }

    async fn a_domain_of_other_letters_is_the_same_in_either_form(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        person::Entity::update_many()
            .col_expr(person::Column::Email, Expr::value("kj006@例子.测试"))
            .filter(person::Column::StaffNo.eq("KJ006"))
            .exec(app.db.write())
            .await
            .unwrap();
        let (_, session) = publish(app, &token, "e", "2024-10-18", &["staff:KJ006"]).await;
        let uid = session::Entity::find().one(app.db.read()).await.unwrap().unwrap().uid;
        let say = |partstat: &str, attendee: &str| {
            format!("UID:{uid}\r\nATTENDEE;PARTSTAT={partstat}:mailto:{attendee}")
        };
        let wire = "kj006@xn--fsqu00a.xn--0zwm56d";
        assert_eq!(take(app, written(wire, &[&say("DECLINED", "kj006@例子.测试")])).await, "taken");
        assert_eq!(answer_of(app, &token, &session, "KJ006").await, "declined");
        assert_eq!(take(app, written(wire, &[&say("ACCEPTED", wire)])).await, "taken");
        assert_eq!(answer_of(app, &token, &session, "KJ006").await, "accepted");
    }
}
