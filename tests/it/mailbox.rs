//! The mailbox: a real server, and one that hangs, hangs up, refuses, is slow or full. Nothing is lost, nothing counts
//! twice.

use std::time::{Duration, Instant};

use entity::received_mail;
use entity::state::Scope;
use pufa::jobs::read_mailbox;
use pufa::notify::mailbox::Target;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
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
        assert_eq!((dovecot.held("INBOX"), dovecot.held("pufa-done")), ((0, 0), (3, 3)));
        assert_eq!(received(app).await, 3);
        let large = received_mail::Entity::find().filter(received_mail::Column::Verdict.eq("too-large")).one(app.db.read());
        assert_eq!(large.await.unwrap().unwrap().sender, "big@x.test");
        // The same once more, by TLS from the start: it counts once, and is put aside too.
        dovecot.deliver(&answer);
        let tls = format!("imaps://pufa:secret%20word@127.0.0.1:{}", dovecot.tls_port);
        look(app, &tls, small).await;
        assert_eq!((received(app).await, dovecot.held("pufa-done").0), (3, 4));
        assert_eq!(app.mailbox.known().problem, None);
        // Somebody opened it first, with another program.
        dovecot.deliver_opened(b"From: b@x.test\r\nSubject: opened\r\n\r\nNothing for you.\r\n");
        look(app, &tls, small).await;
        assert_eq!((received(app).await, dovecot.held("INBOX").0, dovecot.held("pufa-done").0), (4, 0, 5));
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
        let rogue = Rogue::up(vec![answer]).await;
        let url = format!("imap://pufa:secret@127.0.0.1:{}/INBOX", rogue.port);
        for (mood, step) in [
            (Mood::Mute, "greeting"),
            (Mood::Hangs("LOGIN"), "sign in"),
            (Mood::Refuses("LOGIN", "[AUTHENTICATIONFAILED] no"), "sign in"),
            (Mood::Drops("SELECT"), "open the folder"),
            (Mood::Refuses("SELECT", "no such folder"), "open the folder"),
            (Mood::Hangs("UID SEARCH"), "search"),
            (Mood::Drops("UID SEARCH"), "search"),
            (Mood::Refuses("UID SEARCH", "not now"), "search"),
            (Mood::Drops("UID FETCH"), "fetch a mail"),
            (Mood::Hangs("UID FETCH"), "fetch a mail"),
            (Mood::Refuses("UID FETCH", "it is broken"), "fetch a mail"),
        ] {
            rogue.behave(mood);
            let from = Instant::now();
            look(app, &url, |_| {}).await;
            let problem = app.mailbox.known().problem.unwrap_or_default();
            assert!(problem.starts_with(step), "{mood:?}: {problem}");
            assert!(from.elapsed() < Duration::from_secs(10), "{mood:?}: {:?}", from.elapsed());
            assert_eq!(answer_of(app, &token, &session, "KJ001").await, Value::Null);
        }
        assert_eq!(app.mailbox.known().failures, 11);
        // Taken in, and the line breaks before it could be flagged: it comes again, and counts once.
        rogue.behave(Mood::Drops("UID STORE"));
        look(app, &url, |_| {}).await;
        assert_eq!((answer_of(app, &token, &session, "KJ001").await, received(app).await), (json!("declined"), 1));
        // It cannot be flagged: it comes again, and that is no good look.
        rogue.behave(Mood::Refuses("UID STORE", "read-only"));
        look(app, &url, |_| {}).await;
        assert!(app.mailbox.known().problem.unwrap().starts_with("flag a mail"));
        assert_eq!((received(app).await, rogue.held()), (1, vec![]));
    }

    async fn a_full_folder_delays_nothing_and_is_tidied_later(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (session, answer) = invited(app, &token).await;
        let rogue = Rogue::up(vec![answer]).await;
        let url = format!("imap://pufa:secret@127.0.0.1:{}/INBOX", rogue.port);
        rogue.behave(Mood::Refuses("UID MOVE", "[OVERQUOTA] full"));
        for n in 1..=3 {
            look(app, &url, |_| {}).await;
            let known = app.mailbox.known();
            let problem = known.problem.unwrap();
            assert!(problem.starts_with("move to pufa-done") && problem.contains("full"), "{problem}");
            assert_eq!((known.failures, rogue.held()), (n, vec![7]));
            // The next look is a minute away, not an hour.
            assert!(app.mailbox.is_due(app.now() + chrono::Duration::seconds(60)));
        }
        assert_eq!((answer_of(app, &token, &session, "KJ001").await, received(app).await), (json!("declined"), 1));
        assert_eq!(rogue.said().iter().filter(|line| line.starts_with("UID FETCH")).count(), 1, "it is not read again");
        rogue.behave(Mood::Kind);
        look(app, &url, |_| {}).await;
        assert_eq!((app.mailbox.known().problem, rogue.held(), received(app).await), (None, vec![], 1));
    }

    async fn one_mail_that_fails_keeps_no_other_waiting(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (session, answer) = invited(app, &token).await;
        let rogue = Rogue::up(vec![b"From: a@x.test\r\n\r\nx".to_vec(), answer]).await;
        let url = format!("imap://pufa:secret@127.0.0.1:{}/INBOX", rogue.port);
        rogue.behave(Mood::Drops("UID FETCH 7 "));
        look(app, &url, |_| {}).await;
        assert_eq!((rogue.held(), received(app).await), (vec![7, 8], 0));
        look(app, &url, |_| {}).await;
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "declined");
        assert_eq!((rogue.held(), received(app).await), (vec![7], 1));
        // It is said, and others come in as soon as ever.
        assert!(app.mailbox.known().problem.unwrap().starts_with("fetch a mail"));
        assert!(app.mailbox.is_due(app.now() + chrono::Duration::seconds(60)));
        // A refusal leaves the line as it is: the others come in by the same look.
        let rogue = Rogue::up(vec![b"From: b@x.test\r\n\r\nx".to_vec(), b"From: c@x.test\r\n\r\nx".to_vec()]).await;
        let url = format!("imap://pufa:secret@127.0.0.1:{}/INBOX", rogue.port);
        rogue.behave(Mood::Refuses("UID FETCH 7 ", "it is broken"));
        look(app, &url, |_| {}).await;
        assert_eq!((rogue.held(), received(app).await), (vec![7], 2));
    }

    async fn a_slow_server_is_waited_for_while_it_goes_on(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (session, answer) = invited(app, &token).await;
        // Five slices, each in its time; together they take longer than one may.
        let long = [answer, vec![b'a'; 300_000]].concat();
        let rogue = Rogue::up(vec![long.clone()]).await;
        let url = format!("imap://pufa:secret@127.0.0.1:{}/INBOX", rogue.port);
        rogue.behave(Mood::Slow);
        look(app, &url, |_| {}).await;
        assert_eq!((app.mailbox.known().problem, rogue.held()), (None, vec![]));
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "declined");
        assert_eq!(rogue.said().iter().filter(|line| line.starts_with("UID FETCH")).count(), 5);
        // Of one that is too large no more than the beginning is asked for.
        let rogue = Rogue::up(vec![long]).await;
        let url = format!("imap://pufa:secret@127.0.0.1:{}/INBOX", rogue.port);
        look(app, &url, |settings| settings.limit = 100_000).await;
        assert_eq!(rogue.said().iter().filter(|line| line.starts_with("UID FETCH")).count(), 1);
        assert_eq!((rogue.held(), received(app).await), (vec![], 2));
    }

    async fn a_plain_server_is_enough(app: &TestApp) {
        app.world().await;
        let mail = |n: u32| format!("From: a@x.test\r\n\r\n{n}").into_bytes();
        // Neither MOVE nor keywords: what is seen counts as taken.
        let rogue = Rogue::up(vec![mail(1)]).await;
        rogue.keep_no_keywords();
        rogue.behave(Mood::Lacks("UID MOVE"));
        let url = format!("imap://pufa:secret@127.0.0.1:{}/INBOX", rogue.port);
        look(app, &url, |_| {}).await;
        assert_eq!((app.mailbox.known().problem, rogue.held(), received(app).await), (None, vec![], 1));
        let said = rogue.said();
        for command in ["UID SEARCH UNSEEN", "UID COPY 7 \"pufa-done\"", "UID STORE 7 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 7"] {
            assert!(said.iter().any(|line| line == command), "{command}: {said:?}");
        }
        // Where keywords are kept, what somebody opened first is read all the same.
        let rogue = Rogue::up(vec![mail(2)]).await;
        let url = format!("imap://pufa:secret@127.0.0.1:{}/INBOX", rogue.port);
        rogue.open_all();
        look(app, &url, |_| {}).await;
        assert_eq!((rogue.held(), received(app).await), (vec![], 2));
    }

    async fn a_real_mailbox_that_is_full_loses_nothing(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (session, answer) = invited(app, &token).await;
        let dovecot = Dovecot::up(1);
        for n in 0..3 {
            dovecot.deliver(format!("From: a@x.test\r\n\r\n{n}").as_bytes());
        }
        dovecot.deliver(&answer);
        let url = format!("imap://pufa:secret%20word@127.0.0.1:{}/INBOX", dovecot.port);
        look(app, &url, |settings| settings.ca = dovecot.ca()).await;
        assert_eq!(answer_of(app, &token, &session, "KJ001").await, "declined");
        assert_eq!(received(app).await, 4);
        assert_eq!(dovecot.held("INBOX").0 + dovecot.held("pufa-done").0, 4);
        look(app, &url, |settings| settings.ca = dovecot.ca()).await;
        assert_eq!((received(app).await, dovecot.held("INBOX").0 + dovecot.held("pufa-done").0), (4, 4));
    }
}
