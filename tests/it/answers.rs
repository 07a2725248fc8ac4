//! Answers to invitations, by mail: made by the libraries of other programs, honest and forged.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use entity::state::{MessageState, Role, Scope};
use entity::{assistant, mail_trouble, outbox, received_mail, series};
use pufa::notify::reply::{Intake, receive};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::harness::{Backend, Browser, TestApp};
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

pub fn output(command: &mut Command) -> Vec<u8> {
    let output = command.output().expect("it starts: use tests/run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What a mail server says of a mail that it could not deliver.
pub fn bounce(mail: &Path, wishes: Value) -> Vec<u8> {
    let python = std::env::var("PUFA_TEST_PYTHON").expect("PUFA_TEST_PYTHON is not set: use tests/run");
    output(Command::new(python).arg(script("bounce.py")).arg(mail).arg(wishes.to_string()))
}

/// The addresses in a mail's text that lead to the page of answers.
pub fn links(mail: &Path) -> Vec<String> {
    let raw = std::fs::read(mail).unwrap();
    let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
    let text = mail.body_text(0).unwrap().into_owned();
    let words = text.split_whitespace().filter_map(|word| word.split_once("http://pufa.example.test/answer/"));
    words.map(|(_, rest)| format!("/answer/{rest}")).collect()
}

/// A browser in which one of the staff is signed in, and its secret for forms.
pub async fn signed_in<'a>(app: &'a TestApp, staff_no: &str) -> (Browser<'a>, String) {
    let person = Some(app.person_id(staff_no).await);
    let secret =
        pufa::access::sign_in::create_link(app.db.write(), None, person, &app.config.access, app.now()).await.unwrap();
    let browser = Browser::new(app);
    browser.get(&format!("/enter/{secret}")).await.expect(303);
    let page = browser.get("/my/answers").await.expect(200).text();
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    (browser, csrf)
}

pub fn id_of(address: &str) -> &str {
    address.rsplit_once('/').unwrap().1
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

    async fn a_returned_mail_marks_its_address_and_is_told_once(app: &TestApp) {
        app.world().await;
        app.account("host@example.test", "GQ-KJ", Role::Organizer).await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, session) = publish(app, &token, "e", "2024-10-18", &["staff:KJ001", "staff:KJ002"]).await;
        let sent = newest(app, "kj001@example.test").await;
        let states = || async {
            let rows = outbox::Entity::find().order_by_asc(outbox::Column::Id).all(app.db.read()).await.unwrap();
            rows.into_iter().map(|row| (row.address, row.state, row.answer.unwrap_or_default())).collect::<Vec<_>>()
        };
        let before = states().await;
        // Whoever forges one knows no Message-ID, or not who it went to.
        for forged in [json!({"message_id": "<00000000-0000-4000-8000-000000000000@example.test>"}), json!({"recipient": "kj002@example.test"})] {
            assert_eq!(take(app, bounce(&sent, forged)).await, "unknown-message");
        }
        assert_eq!(take(app, bounce(&sent, json!({"action": "delivered", "status": "2.0.0"}))).await, "delivered");
        assert_eq!(states().await, before);
        assert_eq!(mail_trouble::Entity::find().one(app.db.read()).await.unwrap(), None);

        assert_eq!(take(app, bounce(&sent, json!({"action": "delayed", "status": "4.4.1"}))).await, "delayed");
        let marked = || async { mail_trouble::Entity::find().one(app.db.read()).await.unwrap().unwrap() };
        assert!(!marked().await.permanent);
        assert_eq!(take(app, bounce(&sent, json!({}))).await, "taken");
        assert_eq!(take(app, bounce(&sent, json!({"status": "5.2.2"}))).await, "taken");
        let row = marked().await;
        assert_eq!((row.address.as_str(), row.permanent, row.times), ("kj001@example.test", true, 3));
        let after = states().await;
        assert_eq!(after[0], ("kj001@example.test".to_owned(), MessageState::Dead, "550 5.1.1 no such mailbox".to_owned()));
        let told: Vec<_> = after.iter().filter(|row| row.0 == "host@example.test").collect();
        assert_eq!(told.len(), 1, "{after:?}");
        deliver(app).await;
        let letter = std::fs::read(newest(app, "host@example.test").await).unwrap();
        let letter = mail_parser::MessageParser::default().parse(&letter).unwrap();
        assert_eq!(letter.subject(), Some("退信：专题讲座，干部KJ1（kj001@example.test）"));
        assert!(letter.body_text(0).unwrap().contains("550 5.1.1 no such mailbox"));

        // Nothing more goes there, until somebody says that it may.
        let moved = json!({"starts_at": "2024-10-21T14:00", "ends_at": "2024-10-21T16:00"});
        app.patch(&session, &token, moved).await.expect(200);
        deliver(app).await;
        let last = states().await;
        let held: Vec<_> = last.iter().filter(|row| row.0 == "kj001@example.test").collect();
        assert!(held[1].1 == MessageState::Dead && held[1].2.contains("退信"), "{held:?}");
        let link = app.account("second@example.test", "GQ-KJ", Role::Organizer).await;
        let browser = Browser::new(app);
        browser.get(&format!("/enter/{link}")).await.expect(303);
        let page = browser.get(&format!("/events/{}", id_of(&event))).await.expect(200).text();
        assert!(page.contains("不再发信") && page.contains("kj001@example.test"));
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let path = format!("/events/{}/mail/trouble", id_of(&event));
        browser.post(&path, &[("csrf", &csrf), ("address", "kj002@example.test")]).await.expect(404);
        browser.post(&path, &[("csrf", &csrf), ("address", "kj001@example.test")]).await.expect(303);
        app.post(&format!("{event}/cancel"), &token, json!({})).await.expect(200);
        deliver(app).await;
        assert_eq!(states().await.iter().rev().find(|row| row.0 == "kj001@example.test").unwrap().1, MessageState::Sent);
    }

    async fn a_link_asks_and_only_its_form_answers(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, session) = publish(app, &token, "e", "2024-10-18", &["staff:KJ001"]).await;
        let mail = newest(app, "kj001@example.test").await;
        let links = links(&mail);
        assert_eq!(links.len(), 3, "{links:?}");
        let anybody = Browser::new(app);
        for link in &links {
            anybody.get(link).await.expect(200);
        }
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, Value::Null);
        let path = links[2].split('?').next().unwrap();
        let page = anybody.get(&links[2]).await.expect(200).text();
        assert!(page.contains("干部KJ1") && page.contains("专题讲座") && page.contains("请假"));
        anybody.post(path, &[("say", "perhaps")]).await.expect(422);
        anybody.post(path, &[("say", "declined"), ("comment", &"字".repeat(501))]).await.expect(422);
        anybody.post(path, &[("say", "declined"), ("comment", "出差")]).await.expect(303);
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "declined");
        anybody.post(path, &[("say", "accepted")]).await.expect(303);
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "accepted");
        // What was seen is not what is: it is shown, and asked again.
        app.patch(&session, &token, json!({"starts_at": "2024-10-21T14:00", "ends_at": "2024-10-21T16:00"})).await.expect(200);
        let page = anybody.post(path, &[("say", "declined"), ("seen", "0")]).await.expect(409).text();
        assert!(page.contains("已变更") && page.contains("14:00"));
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, Value::Null);
        assert!(anybody.get(path).await.expect(200).text().contains("已变更"));
        let seen = page.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        anybody.post(path, &[("say", "tentative"), ("seen", &seen)]).await.expect(303);
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "tentative");
        anybody.get(&format!("{path}0")).await.expect(404);
        app.post(&format!("{session}/cancel"), &token, json!({})).await.expect(200);
        assert!(anybody.get(path).await.expect(200).text().contains("已取消"));
        anybody.post(path, &[("say", "accepted"), ("seen", "99")]).await.expect(200);
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "tentative");
    }

    async fn a_mail_programs_own_button_declines_what_may_be_declined(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, session) = publish(app, &token, "must", "2024-10-18", &["staff:KJ001"]).await;
        let must = std::fs::read(newest(app, "kj001@example.test").await).unwrap();
        assert!(!String::from_utf8_lossy(&must).contains("List-Unsubscribe"));
        let event = json!({
            "key": "may", "kind": "lecture", "title": "选听讲座", "org_code": "GQ-KJ", "audience": ["staff:KJ002"],
            "sessions": [{"key": "may-1", "starts_at": "2024-10-19T09:00", "ends_at": "2024-10-19T11:00"}],
        });
        let made = app.post("/api/v1/events", &token, event).await.expect(201).json();
        let id = made["id"].as_str().unwrap();
        app.post(&format!("/api/v1/events/{id}/publish"), &token, json!({"override": "x"})).await.expect(200);
        deliver(app).await;
        let may = std::fs::read(newest(app, "kj002@example.test").await).unwrap();
        let mail = mail_parser::MessageParser::default().parse(&may).unwrap();
        let header = mail.header_raw("List-Unsubscribe").unwrap().replace(['\r', '\n', ' '], "");
        let path = header.trim_matches(['<', '>']).replace("http://pufa.example.test", "");
        assert!(path.ends_with("?say=declined"), "{path}");
        Browser::new(app).post(&path, &[("List-Unsubscribe", "One-Click")]).await.expect(200);
        let path = format!("/api/v1/sessions/{}/answers", made["sessions"][0]["id"].as_str().unwrap());
        let answers = app.get(&path, &token).await.expect(200).json();
        assert_eq!((&answers["items"][0]["answer"], &answers["items"][0]["via"]), (&json!("declined"), &json!("link")));
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, Value::Null);
    }

    async fn ones_own_page_answers_and_names_who_may(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, session) = publish(app, &token, "e", "2024-10-18", &["staff:KJ001", "staff:KJ002"]).await;
        let (head, head_csrf) = signed_in(app, "KJ001").await;
        let (clerk, clerk_csrf) = signed_in(app, "KJ005").await;
        let path = format!("/my/answers/{}", id_of(&session));
        let whose = app.person_id("KJ001").await.to_string();
        assert!(head.get("/my").await.expect(200).text().contains("1 场邀请待答复"));
        // Somebody who is not invited, and not asked to answer for anybody.
        clerk.post(&path, &[("csrf", &clerk_csrf), ("say", "accepted"), ("person", "")]).await.expect(404);
        clerk.post(&path, &[("csrf", &clerk_csrf), ("say", "accepted"), ("person", &whose)]).await.expect(404);
        for (wrong, code) in [("", "不能为空"), ("NOBODY", "没有这个工号"), ("KJ001", "不能指定自己")] {
            let page = head.post("/my/assistants", &[("csrf", &head_csrf), ("assistant", wrong)]).await.expect(422).text();
            assert!(page.contains(code), "{wrong}");
        }
        head.post("/my/assistants", &[("csrf", &head_csrf), ("assistant", "kj005@Example.test")]).await.expect(303);
        head.post("/my/assistants", &[("csrf", &head_csrf), ("assistant", "KJ005")]).await.expect(303);
        assert!(clerk.get("/my/answers").await.expect(200).text().contains("代干部KJ1答复"));
        clerk.post(&path, &[("csrf", &clerk_csrf), ("say", "tentative"), ("person", &whose)]).await.expect(303);
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "tentative");
        assert!(head.get("/my/answers").await.expect(200).text().contains("由干部KJ5代答"));
        head.post(&path, &[("csrf", &head_csrf), ("say", "declined"), ("person", "")]).await.expect(303);
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "declined");
        head.post(&path, &[("csrf", "x"), ("say", "accepted"), ("person", "")]).await.expect(403);
        let off = format!("/my/assistants/{}/off", app.person_id("KJ005").await);
        head.post(&off, &[("csrf", &head_csrf)]).await.expect(303);
        clerk.post(&path, &[("csrf", &clerk_csrf), ("say", "accepted"), ("person", &whose)]).await.expect(404);
        let moved = json!({"starts_at": "2024-10-21T14:00", "ends_at": "2024-10-21T16:00"});
        app.patch(&session, &token, moved).await.expect(200);
        head.post(&path, &[("csrf", &head_csrf), ("say", "accepted"), ("seen", "0")]).await.expect(303);
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, Value::Null);
        let link = app.account("host@example.test", "GQ-KJ", Role::Organizer).await;
        let host = Browser::new(app);
        host.get(&format!("/enter/{link}")).await.expect(303);
        let (second, csrf) = signed_in(app, "KJ002").await;
        second.post(&path, &[("csrf", &csrf), ("say", "accepted"), ("seen", "9")]).await.expect(303);
        let page = host.get(&format!("/events/{}", id_of(&event))).await.expect(200).text();
        assert!(page.contains("参加 1，暂定 0，不参加 0") && page.contains("干部KJ2"));
    }

    async fn an_answer_to_a_series_is_to_all_of_it_or_to_one_sitting(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = json!({
            "key": "s", "kind": "center_group_study", "title": "学法", "org_code": "GQ-KJ", "location": "三楼",
            "audience": ["staff:KJ001"], "required": true,
            "series": {"key": "W", "starts_at": "2024-04-04T14:30", "ends_at": "2024-04-04T16:30", "rrule": "FREQ=WEEKLY;COUNT=3"},
        });
        let made = app.post("/api/v1/events", &token, event).await.expect(201).json();
        let id = made["id"].as_str().unwrap();
        app.post(&format!("/api/v1/events/{id}/publish"), &token, json!({"override": "x"})).await.expect(200);
        deliver(app).await;
        let first = newest(app, "kj001@example.test").await;
        let uid = series::Entity::find().one(app.db.read()).await.unwrap().unwrap().uid;
        let sittings: Vec<String> = made["sessions"].as_array().unwrap().iter()
            .map(|one| format!("/api/v1/sessions/{}", one["id"].as_str().unwrap())).collect();
        let all = || async {
            let mut said = Vec::new();
            for sitting in &sittings {
                said.push(answer_of(app, &token, sitting, "KJ001").await);
            }
            said
        };
        let wishes = |n: u32, partstat: &str| json!({"partstat": partstat, "uid": uid, "dtstamp": format!("2024-03-12T05:0{n}:00+00:00")});
        assert_eq!(take(app, reply(&first, wishes(1, "ACCEPTED"))).await, "taken");
        assert_eq!(all().await, [json!("accepted"), json!("accepted"), json!("accepted")]);
        let mut one = wishes(2, "DECLINED");
        one["recurrence"] = json!("20240411T143000");
        assert_eq!(take(app, reply(&first, one)).await, "taken");
        assert_eq!(all().await, [json!("accepted"), json!("declined"), json!("accepted")]);
        let mut none = wishes(3, "DECLINED");
        none["recurrence"] = json!("20240412T143000");
        assert_eq!(take(app, reply(&first, none)).await, "unknown-sitting");
        // One sitting moves: only its answer is void, and a late one to all of it counts for the others alone.
        app.patch(&sittings[0], &token, json!({"starts_at": "2024-04-05T14:30", "ends_at": "2024-04-05T16:30"})).await.expect(200);
        assert_eq!(all().await, [Value::Null, json!("declined"), json!("accepted")]);
        assert_eq!(take(app, reply(&first, wishes(4, "TENTATIVE"))).await, "taken");
        assert_eq!(all().await, [Value::Null, json!("tentative"), json!("tentative")]);
    }

    async fn an_answer_to_a_series_is_to_what_it_held_and_none_to_what_is_back_or_new(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = json!({
            "key": "s", "kind": "center_group_study", "title": "学法", "org_code": "GQ-KJ", "location": "三楼",
            "audience": ["staff:KJ001"], "required": true,
            "series": {"key": "W", "starts_at": "2024-04-04T14:30", "ends_at": "2024-04-04T16:30", "rrule": "FREQ=WEEKLY;COUNT=3"},
        });
        let made = app.post("/api/v1/events", &token, event).await.expect(201).json();
        let path = format!("/api/v1/events/{}", made["id"].as_str().unwrap());
        app.post(&format!("{path}/publish"), &token, json!({"override": "x"})).await.expect(200);
        deliver(app).await;
        let first = newest(app, "kj001@example.test").await;
        let uid = series::Entity::find().one(app.db.read()).await.unwrap().unwrap().uid;
        let wishes = |n: u32| json!({"partstat": "ACCEPTED", "uid": uid, "dtstamp": format!("2024-03-12T05:0{n}:00+00:00")});
        assert_eq!(take(app, reply(&first, wishes(1))).await, "taken");
        let second = format!("/api/v1/sessions/{}", made["sessions"][1]["id"].as_str().unwrap());
        app.post(&format!("{second}/cancel"), &token, json!({})).await.expect(200);
        app.post(&format!("{second}/restore"), &token, Value::Null).await.expect(200);
        assert_eq!(answer_of(app, &token, &second, "KJ001").await, Value::Null);
        assert_eq!(take(app, reply(&first, wishes(2))).await, "taken");
        assert_eq!(answer_of(app, &token, &second, "KJ001").await, Value::Null, "it was to the sitting before it was off");

        let longer = app.patch(&path, &token, json!({"series": {"rrule": "FREQ=WEEKLY;COUNT=4"}})).await.expect(200).json();
        let fourth = format!("/api/v1/sessions/{}", longer["sessions"][3]["id"].as_str().unwrap());
        assert_eq!(take(app, reply(&first, wishes(3))).await, "taken", "to those that it knew");
        assert_eq!(answer_of(app, &token, &fourth, "KJ001").await, Value::Null);
        deliver(app).await;
        let latest = newest(app, "kj001@example.test").await;
        assert_eq!(take(app, reply(&latest, wishes(4))).await, "taken");
        assert_eq!(answer_of(app, &token, &fourth, "KJ001").await, "accepted");
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
        assert_eq!(piped(app, &raw).0, "taken\n");
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "declined");
        assert_eq!(piped(app, &raw).0, "twice\n");
        let (said, usual) = piped(app, b"");
        assert_eq!(said, "no-mail\n");
        let huge = [b"From: a@x.test\r\n\r\n".to_vec(), vec![b'a'; 30 * 1024 * 1024]].concat();
        let before = std::time::Instant::now();
        let (said, peak) = piped(app, &huge);
        assert_eq!(said, "too-large\n");
        assert!(before.elapsed().as_secs() < 20, "{:?}", before.elapsed());
        // Five are kept, and looked at as they are; the thirty never are.
        assert!(peak < usual + 25 * 1024, "{peak} KiB, {usual} KiB for a small one");
        let deep: String = (0..1_000).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")).collect();
        assert_eq!(piped(app, format!("From: a@x.test\r\n{deep}").as_bytes()).0, "too-deep\n");
    }
}

/// `pufa mail receive` with that on standard input, which must end well: what it said, and the most memory it had, in KiB.
fn piped(app: &TestApp, raw: &[u8]) -> (String, u64) {
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
    // The mark only rises, and is gone with the process.
    let (status, mut peak) = (format!("/proc/{}/status", child.id()), 0);
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = mark.unwrap_or(peak);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    (String::from_utf8(output.stdout).unwrap(), peak)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipe_fails_only_when_the_database_is_gone_and_may_ask_to_be_tried_again() {
    let app = TestApp::start(Backend::Sqlite).await;
    let run = |line: &str| {
        Command::new("sh")
            .args(["-c", line])
            .current_dir(app.folder.path())
            .env("PUFA", env!("CARGO_BIN_EXE_pufa"))
            .env("PUFA__DATABASE__URL", "postgres://nobody:x@127.0.0.1:1/none")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .code()
    };
    assert_eq!(run("\"$PUFA\" mail receive"), Some(1));
    // As config/default.toml says it to mail servers: EX_TEMPFAIL.
    assert_eq!(run("\"$PUFA\" mail receive || exit 75"), Some(75));
}
