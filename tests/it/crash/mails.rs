//! Mails while the mail server is down and pufa is killed: none is lost, and none goes out twice that was settled.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use entity::outbox;
use entity::state::MessageState;
use pufa::db::Db;
use sea_orm::EntityTrait;

use super::{Ground, Mailed, close, ground, id, publish};
use crate::harness::{Backend, Server, Smtp};

/// Mails sent at once: a setting of the servers here, and the most that a kill can double.
const CONNECTIONS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arrive_once_each_when_the_mail_server_was_down_on_sqlite() {
    mail_server_was_down(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arrive_once_each_when_the_mail_server_was_down_on_postgres() {
    mail_server_was_down(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn go_on_within_30_seconds_on_sqlite() {
    killed_while_sending(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn go_on_within_30_seconds_on_postgres() {
    killed_while_sending(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_not_lost_when_a_kill_falls_between_them_on_sqlite() {
    killed_between(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_not_lost_when_a_kill_falls_between_them_on_postgres() {
    killed_between(Backend::Postgres).await;
}

fn server(ground: &Ground, smtp: &Smtp) -> Server {
    let settings = [
        ("PUFA__MAIL__URL", smtp.url()),
        ("PUFA__MAIL__FROM", "普法 <pufa@example.test>".to_owned()),
        ("PUFA__MAIL__RETRY_AFTER", "1".to_owned()),
        ("PUFA__MAIL__TICK", "1".to_owned()),
        ("PUFA__MAIL__CONNECTIONS", CONNECTIONS.to_string()),
    ];
    Server::new(&ground.database, &settings.each_ref().map(|(name, value)| (*name, value.as_str())))
}

async fn mail_server_was_down(backend: Backend) {
    let ground = ground(backend, 12, Mailed::Yes).await;
    let mut smtp = Smtp::down();
    let server = server(&ground, &smtp);
    server.start().await;
    let event = publish(&server, &ground.token, "DOWN").await;
    until(60, "each mail was tried and failed", async || {
        let messages = messages(&ground).await;
        messages.len() == 12 && messages.iter().all(|m| m.state == MessageState::Failed && m.attempts >= 1)
    })
    .await;
    // The organiser sees why.
    let shown = server.get(&format!("/api/v1/events/{}/messages", id(&event)), &ground.token).await;
    for message in shown["items"].as_array().unwrap() {
        assert_eq!(message["state"], "failed");
        assert!(message["answer"].as_str().is_some_and(|answer| !answer.is_empty()), "{message}");
    }

    server.killer().kill();
    server.start().await;
    server.killer().kill();
    smtp.start();
    server.start().await;
    until(60, "all mails arrived", async || smtp.accepted().len() >= 12).await;
    until(20, "all mails are marked as sent", async || {
        messages(&ground).await.iter().all(|m| m.state == MessageState::Sent)
    })
    .await;
    // Nothing more comes, not after another start either.
    server.killer().kill();
    server.start().await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(by_address(&smtp).values().map(Vec::len).collect::<Vec<_>>(), [1; 12], "once each");
}

async fn killed_while_sending(backend: Backend) {
    let ground = ground(backend, 8, Mailed::Yes).await;
    let smtp = Smtp::up();
    smtp.behave("hang");
    let server = server(&ground, &smtp);
    server.start().await;
    publish(&server, &ground.token, "HANG").await;
    until(30, "mails are being sent", async || smtp.offered().len() >= CONNECTIONS).await;
    server.killer().kill();
    let killed = Instant::now();
    smtp.behave("accept");
    server.start().await;
    until(60, "all mails arrived", async || smtp.accepted().len() >= 8).await;
    let took = killed.elapsed();
    println!("what the killed server had claimed went on after {:.1} s", took.as_secs_f64());
    assert!(took < Duration::from_secs(30), "{took:?}");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(by_address(&smtp).values().map(Vec::len).collect::<Vec<_>>(), [1; 8], "once each");
}

async fn killed_between(backend: Backend) {
    let ground = ground(backend, 60, Mailed::Yes).await;
    let smtp = Smtp::up();
    smtp.behave("slow 0.1");
    let server = server(&ground, &smtp);
    server.start().await;
    publish(&server, &ground.token, "SLOW").await;
    until(60, "some mails arrived", async || smtp.accepted().len() >= 20).await;
    server.killer().kill();
    let before = smtp.accepted().len();
    assert!(before < 60, "the kill fell between the mails");
    server.start().await;
    until(90, "all mails arrived", async || by_address(&smtp).len() == 60).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mails = by_address(&smtp);
    // At least once: only what was under way at the kill may come twice, and is known as the same by its Message-ID.
    let twice: Vec<_> = mails.values().filter(|ids| ids.len() > 1).collect();
    println!("{before} mails had arrived at the kill; {} came twice", twice.len());
    // Each connection may hold one, and one more whose answer waited to be written down with others.
    assert!(twice.len() <= 2 * CONNECTIONS, "{twice:?}");
    for ids in twice {
        assert_eq!(ids.len(), 2, "{ids:?}");
        assert_eq!(ids[0], ids[1], "the same mail");
    }
}

/// What the outbox says, read beside the running server.
async fn messages(ground: &Ground) -> Vec<outbox::Model> {
    let db = Db::connect(&ground.database, 1).await.unwrap();
    let rows = outbox::Entity::find().all(db.read()).await.unwrap();
    close(&db).await;
    rows
}

/// The Message-IDs of the accepted mails by recipient.
fn by_address(smtp: &Smtp) -> HashMap<String, Vec<String>> {
    let mut mails: HashMap<String, Vec<String>> = HashMap::new();
    for mail in smtp.accepted() {
        assert!(mail.subject.as_ref().is_some_and(|subject| subject.contains("专题讲座")), "{mail:?}");
        let [to] = mail.to.as_slice() else { panic!("a mail to more than one: {mail:?}") };
        mails.entry(to.clone()).or_default().push(mail.message_id.expect("a Message-ID"));
    }
    mails
}

async fn until(seconds: u64, what: &str, holds: impl AsyncFn() -> bool) {
    let from = Instant::now();
    while !holds().await {
        assert!(from.elapsed() < Duration::from_secs(seconds), "not within {seconds} s: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
