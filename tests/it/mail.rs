//! Mail from the change that causes it to the server's answer: what it says, when, and how often it is tried.

use chrono::{DateTime, TimeDelta, Utc};
use entity::outbox::{self, Model as Row};
use entity::state::{MessageKind, MessageState, Scope};
use entity::{event, person};
use mail_parser::{Message, MessageParser, MimeHeaders};
use pufa::outbox::{Outcome, Patience, Settled, claim, renew, settle};
use pufa::state::Mode;
use pufa::{access, jobs};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::harness::{Backend, Smtp, TestApp, shanghai};

/// A published event of one session from 09:00 to 11:00 on a day, by the API; gives its id and its session's.
pub async fn publish(app: &TestApp, token: &str, key: &str, day: &str, audience: &[&str]) -> (i64, i64) {
    let event = json!({
        "key": key, "kind": "joint_study", "title": "三级联合学法（第4次）", "org_code": "GQ-KJ",
        "location": "局三楼会议室", "topics": ["科学技术进步法修订要点"], "required": true, "audience": audience,
        "sessions": [{
            "key": format!("{key}-1"), "starts_at": format!("{day}T09:00"), "ends_at": format!("{day}T11:00"),
        }],
    });
    let made = app.post("/api/v1/events", token, event).await.expect(201).json();
    let id = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok()).expect("an id");
    let (event, session) = (id(&made["id"]), id(&made["sessions"][0]["id"]));
    app.post(&format!("/api/v1/events/{event}/publish"), token, json!({"override": "冲突另有测试"})).await.expect(200);
    (event, session)
}

pub async fn deliver(app: &TestApp) {
    jobs::deliver(app, &CancellationToken::new()).await.unwrap();
}

/// What the ticks do at a local time.
async fn tick(app: &TestApp, local: &str) {
    app.at(local);
    jobs::add_reminders(app).await.unwrap();
    deliver(app).await;
}

pub async fn rows(app: &TestApp) -> Vec<Row> {
    outbox::Entity::find().order_by_asc(outbox::Column::Id).all(app.db.read()).await.unwrap()
}

/// The kinds of all messages that were sent, in order.
async fn sent(app: &TestApp) -> Vec<&'static str> {
    let sent = rows(app).await.into_iter().filter(|row| row.state == MessageState::Sent);
    sent.map(|row| row.kind.as_str()).collect()
}

/// Every mail that was sent, as people read it.
pub async fn texts(app: &TestApp) -> Vec<String> {
    let sent = rows(app).await.into_iter().filter(|row| row.state == MessageState::Sent);
    sent.map(|row| shown(&mail_of(app, &row))).collect()
}

/// The mail of a message, as it lies in the folder.
pub fn mail_of(app: &TestApp, row: &Row) -> Vec<u8> {
    std::fs::read(app.folder.path().join("mail").join(row.answer.as_ref().unwrap())).unwrap()
}

pub fn parse(raw: &[u8]) -> Message<'_> {
    MessageParser::default().parse(raw).expect("a mail")
}

/// A mail as people and programs read it, without what differs at each run.
fn shown(raw: &[u8]) -> String {
    let mail = parse(raw);
    let header = |name: &str| mail.header_raw(name).unwrap_or("-").trim().to_owned();
    let party = |list: Option<&mail_parser::Address<'_>>| {
        let one = list.unwrap().first().unwrap();
        format!("{} <{}>", one.name().unwrap_or("-"), one.address().unwrap())
    };
    let kinds: Vec<_> = mail
        .parts
        .iter()
        .map(|part| {
            let kind = part.content_type().unwrap();
            let method = kind.attribute("method").map(|m| format!("; method={m}")).unwrap_or_default();
            format!("{}/{}{method}", kind.ctype(), kind.subtype().unwrap())
        })
        .collect();
    let calendar = calendar_of(&mail).unwrap_or_default();
    let unfolded = calendar.replace("\r\n ", "").replace("\r\n", "\n");
    let redacted: Vec<_> =
        unfolded.lines().map(|line| if line.starts_with("UID:") { "UID:[uid]" } else { line }).collect();
    format!(
        "From: {}\nTo: {}\nSubject: {}\nDate: {}\nAuto-Submitted: {}\nParts: {}\n\n{}\n---- calendar\n{}",
        party(mail.from()),
        party(mail.to()),
        mail.subject().unwrap(),
        header("Date"),
        header("Auto-Submitted"),
        kinds.join(", "),
        unsigned(mail.body_text(0).unwrap().trim()),
        redacted.join("\n"),
    )
}

/// A text without what its signed links end with: the key is made anew at each run.
fn unsigned(text: &str) -> String {
    let line = |line: &str| {
        let signed = ["/reminders/", "/answer/"].into_iter().find_map(|path| Some((path, line.split_once(path)?)));
        let Some((path, (before, after))) = signed else { return line.to_owned() };
        let asked = after.find('?').map_or("", |at| &after[at..]);
        format!("{before}{path}[token]{asked}")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

pub fn calendar_of(mail: &Message<'_>) -> Option<String> {
    let part = mail.parts.iter().find(|p| p.content_type().is_some_and(|t| t.subtype() == Some("calendar")))?;
    Some(part.text_contents().map_or_else(|| String::from_utf8(part.contents().to_vec()).unwrap(), str::to_owned))
}

journeys! {
    async fn what_invitation_change_and_cancellation_say(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, session) = publish(app, &token, "e", "2024-10-18", &["staff:KJ001"]).await;
        deliver(app).await;
        app.at("2024-03-13T08:00");
        let moved = json!({"starts_at": "2024-10-21T14:00", "ends_at": "2024-10-21T16:00", "location": "二楼"});
        app.patch(&format!("/api/v1/sessions/{session}"), &token, moved).await.expect(200);
        deliver(app).await;
        app.at("2024-03-14T08:00");
        let why = json!({"reason": "主讲人出差"});
        app.post(&format!("/api/v1/events/{event}/cancel"), &token, why).await.expect(200);
        deliver(app).await;

        let rows = rows(app).await;
        assert_eq!(sent(app).await, ["invitation", "update", "cancellation"]);
        let raw: Vec<_> = rows.iter().map(|row| mail_of(app, row)).collect();
        for (name, raw) in ["invitation", "update", "cancellation"].into_iter().zip(&raw) {
            insta::assert_snapshot!(name, shown(raw));
            assert!(raw.is_ascii() && raw.split(|b| *b == b'\n').all(|line| line.len() <= 998));
        }
        let mails: Vec<_> = raw.iter().map(|raw| parse(raw)).collect();
        let ids: Vec<_> = mails.iter().map(|mail| mail.message_id().unwrap().to_owned()).collect();
        assert_eq!(ids[0], format!("{}@example.test", rows[0].message_id));
        assert_eq!(mails[0].references().as_text(), None);
        for later in &mails[1..] {
            assert_eq!(later.references().as_text(), Some(ids[0].as_str()));
            assert_eq!(later.in_reply_to().as_text(), Some(ids[0].as_str()));
        }
        let calendars: Vec<_> = mails.iter().map(|mail| calendar_of(mail).unwrap()).collect();
        let line = |text: &str, name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned()
        };
        assert_eq!(line(&calendars[0], "UID:"), line(&calendars[1], "UID:"));
        assert_eq!(line(&calendars[0], "UID:"), line(&calendars[2], "UID:"));
        let sequences: Vec<i32> = calendars.iter().map(|c| line(c, "SEQUENCE:").parse().unwrap()).collect();
        assert!(sequences.is_sorted_by(|a, b| a < b), "{sequences:?}");
        let alternatives = &mails[0].parts[1];
        assert_eq!(alternatives.sub_parts().map(<[u32]>::len), Some(3));
        assert_eq!(mails[0].attachment(mails[0].attachment_count() as u32 - 1).unwrap().attachment_name(), Some("invite.ics"));
        let html = mails[0].body_html(0).unwrap();
        assert!(html.contains("http://pufa.example.test/my") && !html.contains("class="));
    }

    async fn reminders_come_three_days_and_an_hour_before_and_once(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        publish(app, &token, "e", "2024-03-20", &["staff:KJ001", "staff:KJ002"]).await;
        tick(app, "2024-03-17T08:59").await;
        assert_eq!(sent(app).await, ["invitation"; 2]);
        tick(app, "2024-03-17T09:00").await;
        tick(app, "2024-03-17T09:01").await;
        assert_eq!(sent(app).await, ["invitation", "invitation", "reminder", "reminder"]);
        tick(app, "2024-03-20T08:00").await;
        tick(app, "2024-03-20T08:59").await;
        assert_eq!(sent(app).await[4..], ["reminder", "reminder"]);
        tick(app, "2024-03-20T09:00").await;
        assert_eq!(rows(app).await.len(), 6);
        let reminder = rows(app).await.into_iter().find(|row| row.kind == MessageKind::Reminder).unwrap();
        insta::assert_snapshot!("reminder", shown(&mail_of(app, &reminder)));
    }

    async fn a_reminder_already_due_when_told_is_not_sent(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        // Published the day before: the invitation stands for the reminder of three days.
        app.at("2024-03-19T10:00");
        publish(app, &token, "e", "2024-03-20", &["staff:KJ001"]).await;
        tick(app, "2024-03-19T10:01").await;
        assert_eq!(sent(app).await, ["invitation"]);
        tick(app, "2024-03-20T08:00").await;
        assert_eq!(sent(app).await, ["invitation", "reminder"]);
    }

    async fn after_a_standstill_only_the_latest_reminder_is_sent(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        publish(app, &token, "e", "2024-03-20", &["staff:KJ001"]).await;
        publish(app, &token, "past", "2024-03-18", &["staff:KJ001"]).await;
        deliver(app).await;
        tick(app, "2024-03-20T08:30").await;
        assert_eq!(sent(app).await, ["invitation", "invitation", "reminder"]);
        let reminder = rows(app).await.pop().unwrap();
        assert_eq!(reminder.detail.unwrap()["before"], "PT1H");
    }

    async fn a_moved_session_is_reminded_of_anew_and_a_cancelled_one_not(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, session) = publish(app, &token, "e", "2024-03-20", &["staff:KJ001"]).await;
        let (event, _) = publish(app, &token, "gone", "2024-03-20", &["staff:KJ002"]).await;
        deliver(app).await;
        tick(app, "2024-03-17T09:00").await;
        assert_eq!(sent(app).await[2..], ["reminder", "reminder"]);
        let moved = json!({"starts_at": "2024-03-27T09:00", "ends_at": "2024-03-27T11:00"});
        app.patch(&format!("/api/v1/sessions/{session}"), &token, moved).await.expect(200);
        app.post(&format!("/api/v1/events/{event}/cancel"), &token, json!({})).await.expect(200);
        tick(app, "2024-03-17T09:05").await;
        assert_eq!(sent(app).await[4..], ["update", "cancellation"]);
        tick(app, "2024-03-20T08:00").await;
        assert_eq!(sent(app).await.len(), 6);
        tick(app, "2024-03-24T09:00").await;
        assert_eq!(sent(app).await[6..], ["reminder"]);
    }

    async fn an_events_own_reminders_stand_for_the_kinds_and_an_import_sends_none(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (own, _) = publish(app, &token, "own", "2024-04-20", &["staff:KJ001"]).await;
        event::Entity::update_many()
            .col_expr(event::Column::Reminders, Expr::value(json!(["P30D"])))
            .filter(event::Column::Id.eq(own)).exec(app.db.write()).await.unwrap();
        let (quiet, _) = publish(app, &token, "quiet", "2024-04-20", &["staff:KJ002"]).await;
        deliver(app).await;
        event::Entity::update_many()
            .col_expr(event::Column::Mails, Expr::value(false))
            .filter(event::Column::Id.eq(quiet)).exec(app.db.write()).await.unwrap();
        tick(app, "2024-03-21T09:00").await;
        tick(app, "2024-04-17T09:00").await;
        assert_eq!(sent(app).await, ["invitation", "invitation", "reminder"]);
    }

    async fn what_became_moot_is_not_sent_and_says_why(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, _) = publish(app, &token, "e", "2024-03-20", &["staff:KJ001"]).await;
        publish(app, &token, "over", "2024-03-13", &["staff:KJ002"]).await;
        app.post(&format!("/api/v1/events/{event}/cancel"), &token, json!({})).await.expect(200);
        app.at("2024-03-14T08:00");
        deliver(app).await;
        let seen: Vec<_> = rows(app).await.into_iter().map(|row| (row.kind, row.state, row.answer.unwrap())).collect();
        assert_eq!(seen[0], (MessageKind::Invitation, MessageState::Dead, "未发送：本场已取消。".into()));
        assert_eq!(seen[1], (MessageKind::Invitation, MessageState::Dead, "未发送：本场已结束。".into()));
        assert_eq!((seen[2].0, seen[2].1), (MessageKind::Cancellation, MessageState::Sent));
    }

    async fn a_sign_in_link_is_mailed_and_its_secret_forgotten(app: &TestApp) {
        app.world().await;
        for _ in 0..2 {
            let tx = app.db.begin().await.unwrap();
            access::sign_in::mail_link(&tx, "KJ001@example.test", &app.config.access, app.now()).await.unwrap();
            tx.commit().await.unwrap();
        }
        let secret = rows(app).await[0].detail.clone().unwrap()["secret"].as_str().unwrap().to_owned();
        deliver(app).await;
        let row = rows(app).await.pop().unwrap();
        assert_eq!((row.state, &row.detail), (MessageState::Sent, &None));
        let raw = mail_of(app, &row);
        let mail = parse(&raw);
        assert!(mail.body_text(0).unwrap().contains(&format!("http://pufa.example.test/sign-in/{secret}")));
        assert!(calendar_of(&mail).is_none());
        // One that could not go out in time is of no use any more.
        app.at("2024-03-12T09:00");
        let tx = app.db.begin().await.unwrap();
        access::sign_in::mail_link(&tx, "kj001@example.test", &app.config.access, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        app.at("2024-03-12T09:31");
        deliver(app).await;
        let row = rows(app).await.pop().unwrap();
        assert_eq!((row.state, &row.detail), (MessageState::Dead, &None));
    }

    async fn names_and_titles_cannot_break_out_of_a_header(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, _) = publish(app, &token, "e", "2024-03-20", &["staff:KJ001"]).await;
        let evil = "x\"\r\nBcc: victim@example.test\r\nATTENDEE:mailto:victim@example.test";
        let long = format!("{evil} {}", "a".repeat(3_000));
        person::Entity::update_many().col_expr(person::Column::Name, Expr::value(evil))
            .filter(person::Column::StaffNo.eq("KJ001")).exec(app.db.write()).await.unwrap();
        event::Entity::update_many().col_expr(event::Column::Title, Expr::value(long))
            .filter(event::Column::Id.eq(event)).exec(app.db.write()).await.unwrap();
        deliver(app).await;
        let raw = mail_of(app, &rows(app).await[0]);
        let mail = parse(&raw);
        assert!(mail.bcc().is_none());
        assert_eq!(mail.to().unwrap().iter().count(), 1);
        assert!(raw.split(|b| *b == b'\n').all(|line| line.len() <= 998), "a line over 998 octets");
        let calendar = calendar_of(&mail).unwrap().replace("\r\n ", "");
        assert_eq!(calendar.lines().filter(|line| line.starts_with("ATTENDEE")).count(), 1);
    }

    async fn two_workers_never_claim_the_same(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        publish(app, &token, "e", "2024-03-20", &["org:GQ-KJ"]).await;
        let (db, now) = (app.db.write(), app.now());
        let (one, two) = tokio::join!(claim(db, "one", 4, now), claim(db, "two", 4, now));
        let mut ids: Vec<_> = one.unwrap().into_iter().chain(two.unwrap()).map(|row| row.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 6, "six people, each claimed once");
        assert!(claim(db, "three", 10, now).await.unwrap().is_empty());
        // One worker goes on, the other was killed.
        renew(db, "one", &ids, now + TimeDelta::seconds(20)).await.unwrap();
        let later = now + TimeDelta::seconds(30);
        let taken = claim(db, "three", 10, later).await.unwrap();
        assert!(!taken.is_empty() && taken.iter().all(|row| row.lease_until > Some(later)));
        // What the killed one has to say comes too late.
        let patience = Patience { retry_after: TimeDelta::seconds(60), max_attempts: 3 };
        let sent: Vec<_> = taken.iter().map(|row| Settled::new(row, Outcome::Sent(format!("250 {}", row.id)), 0.0, later)).collect();
        let count = taken.len() as u64;
        assert_eq!(settle(db, "two", &sent, patience).await.unwrap(), 0);
        assert_eq!(settle(db, "three", &sent, patience).await.unwrap(), count);
        assert_eq!(settle(db, "three", &sent, patience).await.unwrap(), 0);
        for row in rows(app).await.into_iter().filter(|row| row.state == MessageState::Sent) {
            assert_eq!((row.answer, row.attempts, row.sent_at), (Some(format!("250 {}", row.id)), 1, Some(later)));
        }
    }

    async fn failures_back_off_and_end(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        publish(app, &token, "e", "2024-03-20", &["staff:KJ001"]).await;
        let patience = Patience { retry_after: TimeDelta::seconds(60), max_attempts: 3 };
        let (db, mut now, mut waits) = (app.db.write(), app.now(), Vec::new());
        for _ in 0..3 {
            let row = claim(db, "one", 1, now).await.unwrap().pop().expect("due");
            let failed = Settled::new(&row, Outcome::Failed("451 later".into()), 0.0, now);
            settle(db, "one", &[failed], patience).await.unwrap();
            let row = rows(app).await.pop().unwrap();
            waits.push((row.state.as_str(), (row.next_at - now).num_seconds()));
            assert!(claim(db, "one", 1, row.next_at - TimeDelta::seconds(1)).await.unwrap().is_empty());
            now = row.next_at;
        }
        assert_eq!(waits[..2], [("failed", 60), ("failed", 120)]);
        assert_eq!((waits[2].0, rows(app).await[0].attempts), ("dead", 3));
        assert!(claim(db, "one", 1, now + TimeDelta::days(9)).await.unwrap().is_empty());
    }
}

/// An app that sends to a real SMTP server, with one invitation waiting.
async fn with_server(backend: Backend, smtp: &Smtp) -> TestApp {
    let url = smtp.url();
    let app = TestApp::start_with(backend, Mode::Normal, |config| config.mail.url = url).await;
    app.world().await;
    let token = app.token("GQ-KJ", Scope::Manage).await;
    publish(&app, &token, "e", "2024-03-20", &["staff:KJ001"]).await;
    app
}

/// Delivers, and gives what became of the one message.
async fn attempt(app: &TestApp, at: DateTime<Utc>) -> (MessageState, String) {
    app.clock.set(at);
    deliver(app).await;
    let row = rows(app).await.pop().unwrap();
    (row.state, row.answer.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_down_busy_or_breaks_off_gets_the_same_mail_later() {
    let mut smtp = Smtp::down();
    let app = with_server(Backend::Sqlite, &smtp).await;
    let mut now = shanghai("2024-03-12T08:00");
    let (state, answer) = attempt(&app, now).await;
    assert_eq!(state, MessageState::Failed);
    assert!(answer.to_lowercase().contains("refused"), "{answer}");
    smtp.start();
    for (how, said) in [("451", "451 4.3.0 come again later"), ("drop", "")] {
        smtp.behave(how);
        now += TimeDelta::minutes(10);
        let (state, answer) = attempt(&app, now).await;
        assert_eq!(state, MessageState::Failed, "{how}: {answer}");
        assert!(answer.contains(said), "{how}: {answer}");
    }
    smtp.behave("accept");
    let (state, answer) = attempt(&app, now + TimeDelta::hours(1)).await;
    assert_eq!((state, answer.as_str()), (MessageState::Sent, "250 2.0.0 kept as 1.eml"));
    let row = rows(&app).await.pop().unwrap();
    assert_eq!((row.attempts, row.lease_until, row.sent_at.is_some()), (4, None, true));
    let offered = smtp.offered();
    let ids: Vec<_> = offered.iter().map(|mail| mail.message_id.clone().unwrap()).collect();
    assert!(ids.iter().all(|id| *id == format!("<{}@example.test>", row.message_id)), "{ids:?}");
    assert_eq!(smtp.accepted().len(), 1);
    let raw = smtp.raw(&smtp.accepted()[0]);
    let mail = parse(&raw);
    assert_eq!(mail.subject(), Some("邀请：三级联合学法（第4次），3月20日（周三）09:00"));
    assert!(calendar_of(&mail).unwrap().contains("METHOD:REQUEST"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_refused_is_dead_with_the_servers_answer() {
    let smtp = Smtp::up();
    let app = with_server(Backend::Postgres, &smtp).await;
    smtp.behave("550");
    let (state, answer) = attempt(&app, app.now()).await;
    assert_eq!((state, answer.as_str()), (MessageState::Dead, "550 5.1.1 no such mailbox"));
    attempt(&app, app.now() + TimeDelta::days(2)).await;
    assert_eq!(smtp.offered().len(), 1, "not tried again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_mails_go_out_over_few_connections_once_each() {
    let smtp = Smtp::up();
    smtp.behave("slow 0.05");
    let url = smtp.url();
    let app = TestApp::start_with(Backend::Postgres, Mode::Normal, |config| config.mail.url = url).await;
    app.world().await;
    let token = app.token("GQ", Scope::Manage).await;
    // More than the first batch of either takes: they meet.
    for n in 0..20 {
        publish(&app, &token, &format!("e{n}"), "2024-03-20", &["org:GQ"]).await;
    }
    let stop = CancellationToken::new();
    // Two servers on one database.
    let (one, two) = tokio::join!(jobs::deliver(&app, &stop), deliver_elsewhere(&app, &smtp));
    one.unwrap();
    two.unwrap();
    let mut got: Vec<_> = smtp.accepted().into_iter().map(|mail| mail.message_id.unwrap()).collect();
    assert_eq!(got.len(), 180, "nine people, twenty sessions");
    got.sort();
    got.dedup();
    assert_eq!(got.len(), 180);
}

/// Taking a mass mail back holds its rows in the order of their ids; what became of them is written down meanwhile, in
/// another order. Neither waits for the other and the other for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_back_while_it_is_settled_makes_no_deadlock() {
    let app = TestApp::start(Backend::Postgres).await;
    app.world().await;
    let token = app.token("GQ-KJ", Scope::Manage).await;
    publish(&app, &token, "e", "2024-03-20", &["staff:KJ001", "staff:KJ002"]).await;
    let claimed = claim(app.db.write(), "one", 2, app.now()).await.unwrap();
    let (first, second) = (claimed[0].id.min(claimed[1].id), claimed[0].id.max(claimed[1].id));
    // The later one first: those that were sent are written before those that failed.
    let settled: Vec<_> = claimed
        .iter()
        .map(|row| {
            let outcome = if row.id == second { Outcome::Sent("250".into()) } else { Outcome::Failed("451".into()) };
            Settled::new(row, outcome, 0.0, app.now())
        })
        .collect();
    let held = |id| outbox::Entity::find_by_id(id).lock_exclusive();
    let back = app.db.begin().await.unwrap();
    held(first).one(&back).await.unwrap();
    let db = app.db.clone();
    let settling = tokio::spawn(async move {
        let tx = db.begin().await.unwrap();
        let patience = Patience { retry_after: TimeDelta::seconds(60), max_attempts: 3 };
        let held = settle(&tx, "one", &settled, patience).await?;
        tx.commit().await?;
        Ok::<_, sea_orm::DbErr>(held)
    });
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    held(second).one(&back).await.expect("no deadlock");
    back.commit().await.unwrap();
    assert_eq!(settling.await.unwrap().expect("no deadlock"), 2);
}

/// A second app on the same database.
async fn deliver_elsewhere(app: &TestApp, smtp: &Smtp) -> pufa::error::Result<()> {
    let mut config = app.config.clone();
    config.mail.url = smtp.url();
    let other = pufa::app::build(config, app.clock.clone(), Mode::Normal).await?;
    jobs::deliver(&other, &CancellationToken::new()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demonstration_shows_its_mail_and_nothing_else_does() {
    let app = TestApp::start_with(Backend::Sqlite, Mode::Demo, |_| {}).await;
    app.world().await;
    let token = app.token("GQ-KJ", Scope::Manage).await;
    publish(&app, &token, "e", "2024-03-20", &["org:GQ-KJ"]).await;
    deliver(&app).await;
    let list = app.get("/demo/mail", "").await.expect(200).text();
    assert!(list.contains("邀请：三级联合学法（第4次），3月20日（周三）09:00"));
    let row = rows(&app).await.into_iter().find(|row| row.kind == MessageKind::Invitation).unwrap();
    let path = format!("/demo/mail/{}", row.answer.unwrap());
    let mail = app.get(&path, "").await.expect(200).text();
    assert!(
        mail.contains("BEGIN:VCALENDAR")
            && mail.contains("BEGIN:VTIMEZONE")
            && mail.contains("Auto-Submitted: auto-generated")
    );
    let html = app.get(&format!("{path}/html"), "").await.expect(200);
    assert!(html.header("content-security-policy").contains("sandbox"));
    assert!(html.text().contains("三级联合学法（第4次）"));
    app.get("/demo/mail/..%2F..%2Fpufa.db", "").await.expect(404);
    app.get("/demo/mail/unknown.eml", "").await.expect(404);
    let normal = TestApp::start(Backend::Sqlite).await;
    normal.get("/demo/mail", "").await.expect(404);
    normal.get(&path, "").await.expect(404);
}
