//! The mailbox: a real server, and one that hangs, hangs up, refuses, is slow or full. Nothing is lost, nothing counts
//! twice.

use std::time::{Duration, Instant};

use entity::received_mail;
use entity::state::Scope;
use pufa::jobs::read_mailbox;
use pufa::notify::mailbox::Target;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::answers::{answer_of, newest, publish, reply};
use crate::harness::{Dovecot, Mood, Rogue, TestApp};

/// Reads the mailbox once, a day after it was last read.
async fn look(app: &TestApp, url: &str, change: impl FnOnce(&mut pufa::config::Mailbox)) {
    let mut settings = app.config.mailbox.clone();
    settings.url = url.to_owned();
    settings.timeout = 2;
    change(&mut settings);
    let target = Target::of(&settings).unwrap().unwrap();
    app.clock.set(app.now() + chrono::Days::new(1));
    read_mailbox(app, &target, &CancellationToken::new()).await.unwrap();
}

async fn received(app: &TestApp) -> u64 {
    received_mail::Entity::find().count(app.db.read()).await.unwrap()
}

/// A session in October with KJ001 invited, and their answer.
async fn invited(app: &TestApp, token: &str) -> (String, Vec<u8>) {
    let (_, session) = publish(app, token, "e", "2024-10-18", &["staff:KJ001"]).await;
    let invitation = newest(app, "kj001@example.test").await;
    (session, reply(&invitation, json!({"partstat": "DECLINED"})))
}

journeys! {
    async fn what_lies_in_a_mailbox_is_taken_in_and_moved_aside(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (session, answer) = invited(app, &token).await;
        let dovecot = Dovecot::up(1_000);
        dovecot.deliver(&answer);
        dovecot.deliver(b"From: a@x.test\r\nSubject: hello\r\n\r\nNothing for you.\r\n");
        dovecot.deliver(&[b"From: big@x.test\r\n\r\n".to_vec(), vec![b'a'; 300_000]].concat());
        let url = format!("imap://pufa:secret%20word@127.0.0.1:{}/INBOX", dovecot.port);
        let small = |settings: &mut pufa::config::Mailbox| {
            settings.limit = 100_000;
            settings.ca = dovecot.ca();
        };
        look(app, &url, small).await;
        assert_eq!(app.mailbox.known().problem, None);
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "declined");
        assert_eq!((dovecot.held("INBOX"), dovecot.held("pufa-done")), ((1, 1), (2, 2)));
        assert_eq!(received(app).await, 2);
        // The same once more, by TLS from the start: it counts once, and is put aside too.
        dovecot.deliver(&answer);
        let tls = format!("imaps://pufa:secret%20word@127.0.0.1:{}", dovecot.tls_port);
        look(app, &tls, small).await;
        assert_eq!((received(app).await, dovecot.held("pufa-done").0), (2, 3));
        assert_eq!(app.mailbox.known().problem, None);
        // A server for which nobody vouches, and a wrong password.
        look(app, &tls, |_| {}).await;
        assert!(app.mailbox.known().problem.unwrap().starts_with("TLS"), "an unknown authority");
        look(app, &url.replace("secret", "wrong"), small).await;
        let known = app.mailbox.known();
        assert!(known.problem.as_deref().unwrap().starts_with("sign in"), "{known:?}");
        assert_eq!(known.failures, 2);
    }

    async fn a_server_that_misbehaves_loses_nothing_and_counts_nothing_twice(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (session, answer) = invited(app, &token).await;
        let rogue = Rogue::up(answer).await;
        let url = format!("imap://pufa:secret@127.0.0.1:{}/INBOX", rogue.port);
        for (mood, step) in [
            (Mood::Mute, "greeting"),
            (Mood::Hangs("LOGIN"), "sign in"),
            (Mood::Refuses("LOGIN", "[AUTHENTICATIONFAILED] no"), "sign in"),
            (Mood::Drops("SELECT"), "open the folder"),
            (Mood::Refuses("SELECT", "no such folder"), "open the folder"),
            (Mood::Hangs("UID SEARCH"), "search"),
            (Mood::Drops("UID FETCH"), "ask for sizes"),
            (Mood::Hangs("UID FETCH 7 (UID BODY"), "fetch a mail"),
        ] {
            rogue.behave(mood);
            let from = Instant::now();
            look(app, &url, |_| {}).await;
            let problem = app.mailbox.known().problem.unwrap_or_default();
            assert!(problem.starts_with(step), "{mood:?}: {problem}");
            assert!(from.elapsed() < Duration::from_secs(10), "{mood:?}: {:?}", from.elapsed());
            assert_eq!(answer_of(app, &token, &session, "KJ001").await, Value::Null);
        }
        assert_eq!(app.mailbox.known().failures, 8);
        // Taken in, and the line breaks before it could be flagged: it comes again, and counts once.
        rogue.behave(Mood::Drops("UID STORE"));
        look(app, &url, |_| {}).await;
        assert_eq!((answer_of(app, &token, &session, "KJ001").await, received(app).await), (json!("declined"), 1));
        // The folder is full: it stays, flagged, and is not read again.
        rogue.behave(Mood::Refuses("UID MOVE", "[OVERQUOTA] full"));
        look(app, &url, |_| {}).await;
        let problem = app.mailbox.known().problem.unwrap();
        assert!(problem.contains("OVERQUOTA") || problem.contains("full"), "{problem}");
        rogue.said();
        rogue.behave(Mood::Slow);
        look(app, &url, |_| {}).await;
        let said = rogue.said();
        assert!(said.iter().any(|line| line.starts_with("UID SEARCH")), "{said:?}");
        assert!(!said.iter().any(|line| line.starts_with("UID FETCH")), "{said:?}");
        assert_eq!((app.mailbox.known().problem, received(app).await), (None, 1));
    }
}
