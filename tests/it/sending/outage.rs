//! A server that is away for days, lets only some connections in, or does not let a sender send: what was to be told
//! stays to be told.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use entity::state::MessageState;
use pufa::outbox::{Outcome, Patience, Settled, claim, settle};

use super::{Ground, fate, taken};
use crate::harness::{Backend, Smtp};

const PATIENCE: Patience = Patience { retry_after: TimeDelta::seconds(60), max_attempts: 12 };

/// Tries the one message there is; gives its state, the attempts that count, and the wait until the next.
async fn attempt(ground: &Ground, outcome: Outcome) -> (MessageState, i32, TimeDelta) {
    let (db, now) = (ground.app.db.write(), ground.app.now());
    let row = claim(db, "one", 1, now).await.unwrap().pop().expect("due");
    settle(db, "one", &[Settled::new(&row, outcome, 0.0, now)], PATIENCE).await.unwrap();
    let row = ground.rows().await.remove(0);
    let wait = row.next_at - now;
    ground.app.clock.set(now.max(row.next_at));
    (row.state, row.attempts, wait)
}

async fn away(backend: Backend) {
    let ground = Ground::make(backend, 1, "file:///tmp".to_owned()).await;
    let began = ground.app.now();
    let away = || Outcome::Away("connect: refused".to_owned());
    while ground.app.now() - began < TimeDelta::hours(119) {
        let (state, attempts, wait) = attempt(&ground, away()).await;
        assert_eq!(state, MessageState::Failed, "after {}", ground.app.now() - began);
        assert!(attempts <= 6 && wait <= TimeDelta::minutes(32), "{attempts} {wait}");
    }
    // It is back, and busy: there is still patience for that.
    let (state, attempts, _) = attempt(&ground, Outcome::Failed("451 later".to_owned())).await;
    assert_eq!((state, attempts), (MessageState::Failed, 7));
    ground.app.clock.set(ground.app.now().max(began + TimeDelta::days(5)));
    assert_eq!(attempt(&ground, away()).await.0, MessageState::Dead);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_days_kills_nothing_before_the_fifth_on_sqlite() {
    away(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_days_kills_nothing_before_the_fifth_on_postgres() {
    away(Backend::Postgres).await;
}

/// Relays that insist on the signed-in sender say so at MAIL FROM, and an administrator sets it right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_sender_is_tried_again() {
    let smtp = Smtp::up();
    smtp.behave("sender other@example.test");
    let ground = Ground::make(Backend::Sqlite, 3, smtp.url()).await;
    ground.deliver(10).await;
    for message in ground.shown().await.values() {
        assert_eq!(fate(message), ("failed", 1, "553 5.7.1 not your address"));
    }
    smtp.behave("sender pufa@example.test");
    ground.deliver(10).await;
    assert!(ground.shown().await.values().all(|message| fate(message).0 == "sent"));
}

/// Two of four connections are let in: the others are refused at once, and must not go through all there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_some_connections_costs_few_messages_an_attempt() {
    let smtp = Smtp::up();
    smtp.behave("most 2");
    let url = smtp.url();
    let app = Ground::people(Backend::Sqlite, 80, |config| {
        config.mail.url = url;
        config.mail.connections = 4;
    })
    .await;
    let ground = Ground::publish(app).await;
    let began = Instant::now();
    ground.deliver(0).await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let rows = ground.rows().await;
    let of = |state| rows.iter().filter(|row| row.state == state).collect::<Vec<_>>();
    // Each of the two may have come upon the limit before any mail was through.
    assert!(of(MessageState::Failed).len() <= 2, "{:?}", of(MessageState::Failed));
    for row in of(MessageState::Queued) {
        assert!(row.attempts == 0 && row.next_at == ground.app.now() + TimeDelta::seconds(30), "{row:?}");
    }
    assert!(of(MessageState::Sent).len() >= 70, "{} went out", of(MessageState::Sent).len());
    smtp.behave("accept");
    ground.app.clock.set(ground.app.now() + TimeDelta::minutes(2));
    ground.deliver(0).await;
    let mails = taken(&smtp);
    assert!(mails.len() == 80 && mails.values().all(|copies| copies.len() == 1), "{mails:?}");
}

/// After a rest one mail is enough to see whether the server is back; an answer of any kind says that it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_asked_about_with_one_mail() {
    let mut smtp = Smtp::down();
    let ground = Ground::make(Backend::Sqlite, 9, smtp.url()).await;
    let breaker = ground.app.mailer.breaker();
    for _ in 0..100 {
        breaker.trip("refused", ground.app.now());
    }
    assert!(breaker.resting(ground.app.now()).is_some());
    ground.deliver(2).await;
    let attempts = async || ground.rows().await.iter().map(|row| row.attempts).sum::<i32>();
    assert_eq!(attempts().await, 0, "it rests");
    ground.deliver(3).await;
    assert_eq!(attempts().await, 1, "one asks");
    smtp.start();
    smtp.behave("550");
    ground.deliver(3).await;
    assert!(!breaker.on_probation(), "it answered");
    assert_eq!(smtp.offered().len(), 9);
}
