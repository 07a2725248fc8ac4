//! Answers to invitations, by mail: made by the libraries of other programs, honest and forged.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use entity::state::{MessageState, Scope};
use entity::{assistant, outbox, received_mail};
use pufa::notify::reply::{Intake, receive};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::harness::{Backend, TestApp};
use crate::mail::deliver;

const LIMIT: usize = 5 * 1024 * 1024;

/// A published event of one session, by the API, whose invitations went out; gives its and its session's address.
pub async fn publish(app: &TestApp, token: &str, key: &str, day: &str, audience: &[&str]) -> (String, String) {
    let event = json!({
        "key": key, "kind": "lecture", "title": "专题讲座", "org_code": "GQ-KJ", "location": "三楼", "required": true,
        "audience": audience,
        "sessions": [{"key": format!("{key}-1"), "starts_at": format!("{day}T09:00"), "ends_at": format!("{day}T11:00")}],
    });
    let made = app.post("/api/v1/events", token, event).await.expect(201).json();
    let event = format!("/api/v1/events/{}", made["id"].as_str().unwrap());
    let session = format!("/api/v1/sessions/{}", made["sessions"][0]["id"].as_str().unwrap());
    app.post(&format!("{event}/publish"), token, json!({"override": "x"})).await.expect(200);
    deliver(app).await;
    (event, session)
}

/// The newest mail that was sent to an address, as a file.
pub async fn newest(app: &TestApp, address: &str) -> PathBuf {
    let row = outbox::Entity::find()
        .filter(outbox::Column::Address.eq(address))
        .filter(outbox::Column::State.eq(MessageState::Sent))
        .order_by_desc(outbox::Column::Id)
        .one(app.db.read())
        .await
        .unwrap()
        .expect("a mail to that address");
    app.folder.path().join("mail").join(row.answer.unwrap())
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/answer").join(name)
}

/// What a Python program answers to an invitation.
pub fn reply(invitation: &Path, wishes: Value) -> Vec<u8> {
    let python = std::env::var("PUFA_TEST_PYTHON").expect("PUFA_TEST_PYTHON is not set: use tests/run");
    output(Command::new(python).arg(script("reply.py")).arg(invitation).arg(wishes.to_string()))
}

fn output(command: &mut Command) -> Vec<u8> {
    let output = command.output().expect("it starts: use tests/run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What becomes of a mail.
pub async fn take(app: &TestApp, raw: Vec<u8>) -> &'static str {
    receive(&app.db, Intake::of(raw, LIMIT), app.now()).await.unwrap()
}

/// What somebody's line of the roster says they answered.
pub async fn answer_of(app: &TestApp, token: &str, session: &str, staff_no: &str) -> Value {
    let roster = app.get(&format!("{session}/roster"), token).await.expect(200).json();
    let row = roster["items"].as_array().unwrap().iter().find(|row| row["staff_no"] == staff_no).cloned();
    row.expect("somebody of that number")["answer"].clone()
}

journeys! {
    async fn an_answer_of_a_calendar_program_shows_at_the_roster(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, session) = publish(app, &token, "e", "2024-10-18", &["org:GQ-KJ"]).await;
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, Value::Null);
        let invitation = newest(app, "kj001@example.test").await;
        for (n, (shape, partstat, word)) in [
            ("alternative", "DECLINED", "declined"), ("alone", "TENTATIVE", "tentative"),
            ("attachment", "ACCEPTED", "accepted"),
        ].into_iter().enumerate() {
            let stamp = format!("2024-03-12T0{n}:00:00+00:00");
            let raw = reply(&invitation, json!({"partstat": partstat, "shape": shape, "dtstamp": stamp, "comment": "出差; 不能来"}));
            assert_eq!(take(app, raw.clone()).await, "taken", "{shape}");
            assert_eq!(answer_of(app, &token, &session, "KJ001").await, word);
            assert_eq!(take(app, raw).await, "twice");
        }
        assert_eq!(answer_of(app, &token, &session, "KJ002").await, Value::Null);
        let kept = received_mail::Entity::find().all(app.db.read()).await.unwrap();
        assert_eq!(kept.len(), 3);
        assert!(kept.iter().all(|row| row.verdict == "taken" && row.sender == "kj001@example.test" && row.person_id.is_some()));
    }

    async fn what_is_forged_late_or_older_changes_nothing(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, session) = publish(app, &token, "e", "2024-10-18", &["staff:KJ001", "staff:KJ002"]).await;
        let (_, other) = publish(app, &token, "other", "2024-10-19", &["staff:KJ003"]).await;
        let (first, third) = (newest(app, "kj001@example.test").await, newest(app, "kj003@example.test").await);
        let stamp = "2024-03-12T05:00:00+00:00";
        let good = json!({"partstat": "ACCEPTED", "dtstamp": stamp, "sequence": 1});
        assert_eq!(take(app, reply(&first, good)).await, "taken");
        for (wishes, verdict) in [
            (json!({"partstat": "DECLINED", "from": "kj002@example.test"}), "other-sender"),
            (json!({"partstat": "DECLINED", "from": "stranger@elsewhere.test"}), "other-sender"),
            (json!({"partstat": "DECLINED", "from": "干部 <kj001@example.test>, kj002@example.test"}), "other-sender"),
            (json!({"partstat": "DECLINED", "uid": "nothing@example.test"}), "unknown-uid"),
            (json!({"partstat": "DECLINED", "method": "REQUEST"}), "other-method"),
            (json!({"partstat": "DECLINED", "method": "COUNTER"}), "other-method"),
            (json!({"partstat": "DECLINED", "method": "REPLY", "mime_method": "REQUEST"}), "two-methods"),
            (json!({"partstat": "DECLINED", "dtstamp": "2024-03-12T04:59:59+00:00", "sequence": 1}), "older"),
            (json!({"partstat": "DECLINED", "dtstamp": "2024-03-12T06:00:00+00:00", "sequence": 0}), "older"),
            (json!({"partstat": "NEEDS-ACTION", "dtstamp": "2024-03-12T06:00:00+00:00", "sequence": 1}), "no-answer"),
        ] {
            assert_eq!(take(app, reply(&first, wishes.clone())).await, verdict, "{wishes}");
            assert_eq!(answer_of(app, &token, &session, "KJ001").await, "accepted", "{wishes}");
        }
        // Invited to another one: an answer to this.
        let raw = reply(&first, json!({"partstat": "DECLINED", "from": "kj003@example.test", "attendee": "kj003@example.test"}));
        assert_eq!(take(app, raw).await, "not-invited");
        assert_eq!(answer_of(app, &token, &other, "KJ003").await, Value::Null);
        assert_eq!(take(app, b"From: kj001@example.test\r\n\r\nI come.".to_vec()).await, "no-calendar");
        assert_eq!(take(app, reply(&third, json!({"partstat": "DECLINED"}))).await, "taken");
        assert_eq!(answer_of(app, &token, &other, "KJ003").await, "declined");
    }

    async fn a_new_time_or_place_makes_answers_void_and_late(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, session) = publish(app, &token, "e", "2024-10-18", &["staff:KJ001"]).await;
        let first = newest(app, "kj001@example.test").await;
        let answer = |n: u32, partstat: &str| json!({"partstat": partstat, "dtstamp": format!("2024-03-12T05:0{n}:00+00:00")});
        assert_eq!(take(app, reply(&first, answer(1, "ACCEPTED"))).await, "taken");
        app.patch(&event, &token, json!({"title": "专题讲座（改）"})).await.expect(200);
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "accepted");
        let moved = json!({"starts_at": "2024-10-21T14:00", "ends_at": "2024-10-21T16:00"});
        app.patch(&session, &token, moved).await.expect(200);
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, Value::Null);
        assert_eq!(take(app, reply(&first, answer(2, "DECLINED"))).await, "late");
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, Value::Null);
        deliver(app).await;
        let second = newest(app, "kj001@example.test").await;
        assert_eq!(take(app, reply(&second, answer(0, "TENTATIVE"))).await, "taken");
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "tentative");
        app.patch(&event, &token, json!({"location": "二楼"})).await.expect(200);
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, Value::Null);
        deliver(app).await;
        app.post(&format!("{event}/cancel"), &token, json!({})).await.expect(200);
        assert_eq!(take(app, reply(&second, answer(3, "ACCEPTED"))).await, "cancelled");
        app.at("2025-01-01T00:00");
        let (_, over) = publish(app, &token, "over", "2025-01-02", &["staff:KJ001"]).await;
        let third = newest(app, "kj001@example.test").await;
        app.at("2025-01-02T11:00");
        assert_eq!(take(app, reply(&third, answer(4, "ACCEPTED"))).await, "over");
        assert_eq!(answer_of(app, &token, &over, "KJ001").await, Value::Null);
    }

    async fn an_assistant_answers_for_who_named_them(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, session) = publish(app, &token, "e", "2024-10-18", &["staff:KJ001"]).await;
        let first = newest(app, "kj001@example.test").await;
        let wishes = json!({"partstat": "DECLINED", "from": "KJ005@example.test"});
        assert_eq!(take(app, reply(&first, wishes.clone())).await, "other-sender");
        let row = assistant::ActiveModel {
            person_id: Set(app.person_id("KJ001").await), assistant_id: Set(app.person_id("KJ005").await),
            created_at: Set(app.now()), ..Default::default()
        };
        assistant::Entity::insert(row).exec(app.db.write()).await.unwrap();
        assert_eq!(take(app, reply(&first, wishes)).await, "taken");
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "declined");
        let delegated = json!({"partstat": "DELEGATED", "delegate": "kj002@example.test", "dtstamp": "2030-01-01T00:00:00+00:00"});
        assert_eq!(take(app, reply(&first, delegated)).await, "taken");
        let row = entity::answer::Entity::find().one(app.db.read()).await.unwrap().unwrap();
        assert_eq!((row.comment.as_str(), row.by_person_id), ("→ kj002@example.test", None));
    }

    async fn an_answer_handed_in_on_standard_input_counts(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, session) = publish(app, &token, "e", "2099-10-16", &["staff:KJ001"]).await;
        let invitation = newest(app, "kj001@example.test").await;
        let calendar = app.folder.path().join("invite.ics");
        let raw = std::fs::read(&invitation).unwrap();
        let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
        let part = mail.parts.iter().find(|part| part.text_contents().is_some_and(|text| text.starts_with("BEGIN:VCALENDAR")));
        std::fs::write(&calendar, part.unwrap().text_contents().unwrap()).unwrap();
        let raw = output(Command::new("node").arg(script("reply.mjs")).arg(&calendar).args(["DECLINED", "2024-03-12T01:00:00Z"]));
        assert_eq!(piped(app, &raw), (true, "taken\n".to_owned()));
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "declined");
        assert_eq!(piped(app, &raw), (true, "twice\n".to_owned()));
        assert_eq!(piped(app, b""), (true, "no-mail\n".to_owned()));
        let huge = [b"From: a@x.test\r\n\r\n".to_vec(), vec![b'a'; 30 * 1024 * 1024]].concat();
        let before = std::time::Instant::now();
        assert_eq!(piped(app, &huge), (true, "too-large\n".to_owned()));
        assert!(before.elapsed().as_secs() < 20, "{:?}", before.elapsed());
        let deep: String = (0..1_000).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")).collect();
        assert_eq!(piped(app, format!("From: a@x.test\r\n{deep}").as_bytes()), (true, "too-deep\n".to_owned()));
    }
}

/// `pufa mail receive` with that on standard input: whether it did what it should, and what it said.
fn piped(app: &TestApp, raw: &[u8]) -> (bool, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pufa"))
        .args(["mail", "receive"])
        .current_dir(app.folder.path())
        .env("PUFA__DATABASE__URL", &app.config.database.url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(raw).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipe_is_told_to_try_again_only_when_the_database_is_gone() {
    let app = TestApp::start(Backend::Sqlite).await;
    let mut child = Command::new(env!("CARGO_BIN_EXE_pufa"))
        .args(["mail", "receive"])
        .current_dir(app.folder.path())
        .env("PUFA__DATABASE__URL", "postgres://nobody:x@127.0.0.1:1/none")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
