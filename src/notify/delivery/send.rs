//! A sender: makes a message into a mail, and sends it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::Instant;

use super::flow::{Line, Parcel};
use super::jitter;
use crate::notify::message::{Composed, Stationery, compose};
use crate::outbox::{self, Outcome, Settled};

/// The longest rest after a mail. A mail server that takes its time leaves the machine to others by itself.
const REST: Duration = Duration::from_millis(10);

/// Sends what comes, one after the other, until nothing comes any more. While people are waiting for answers, it rests
/// between mails.
pub(super) async fn all(line: Arc<Line>, parcels: Arc<Mutex<Receiver<Parcel>>>, done: Sender<Settled>) {
    let stationery = line.delivery.stationery();
    loop {
        let next = parcels.lock().await.recv().await;
        let Some(parcel) = next else { return };
        if line.is_given_up() {
            if let Err(error) = line.give_back(&[parcel.row.id]).await {
                // Its lease runs out.
                tracing::warn!(message = %parcel.row.id, %error, "a message was not let go of");
            }
            continue;
        }
        let began = Instant::now();
        let outcome = match one(&line, &stationery, &parcel).await {
            Done::Tried(outcome) => outcome,
            Done::Later(until) => {
                put_off(&line, &parcel, until).await;
                continue;
            }
        };
        metrics::counter!("pufa_mail_attempts_total", "outcome" => outcome.as_str()).increment(1);
        let breaker = line.delivery.mailer.breaker();
        let now = line.delivery.clock.now();
        match &outcome {
            Outcome::Away(why) => {
                // The log says it once a round, and when it is left alone.
                if breaker.trip(why, now) || line.away.fetch_add(1, Ordering::Relaxed) == 0 {
                    tracing::warn!(%why, "the mail server is away");
                }
            }
            Outcome::Sent(_) => {
                breaker.answered();
                line.away.store(0, Ordering::Relaxed);
            }
            Outcome::Failed(_) | Outcome::Dead(_) | Outcome::Moot(_) => {}
        }
        if done.send(Settled::new(&parcel.row, outcome, jitter(), now)).await.is_err() {
            return;
        }
        let rest = line.delivery.traffic.rest_after(began.elapsed(), REST);
        if !rest.is_zero() && !line.stop.is_cancelled() {
            tokio::time::sleep(rest).await;
        }
    }
}

/// What came of a message.
enum Done {
    /// It was tried, or is not to be sent at all.
    Tried(Outcome),
    /// It is not to go before then.
    Later(DateTime<Utc>),
}

async fn one(line: &Line, stationery: &Stationery<'_>, parcel: &Parcel) -> Done {
    Done::Tried(match compose(stationery, &parcel.facts, &parcel.row, line.delivery.clock.now()) {
        Ok(Composed::Mail(mail)) => line.delivery.mailer.send(&mail).await,
        Ok(Composed::Later(until)) => return Done::Later(until),
        Ok(Composed::Moot(why)) => Outcome::Moot(why),
        Err(error) => {
            tracing::error!(message = %parcel.row.id, %error, "a message cannot be made into a mail");
            Outcome::Failed("internal error".to_owned())
        }
    })
}

async fn put_off(line: &Line, parcel: &Parcel, until: DateTime<Utc>) {
    let (db, worker) = (line.delivery.db.write(), line.delivery.mailer.worker());
    if let Err(error) = outbox::put_off(db, &parcel.row, worker, until).await {
        // Its lease runs out.
        tracing::warn!(message = %parcel.row.id, %error, "a message was not put off");
    }
    line.let_go(std::iter::once(parcel.row.id));
}
