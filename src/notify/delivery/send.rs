//! A sender: makes a message into a mail, and sends it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::OutboxId;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::Instant;

use super::flow::{Line, Parcel};
use super::jitter;
use crate::notify::message::{Composed, Stationery, compose};
use crate::outbox::{self, Outcome, Settled};

/// The longest rest after a mail. A mail server that takes its time leaves the machine to others by itself.
const REST: Duration = Duration::from_millis(10);
/// When a message is tried again that came upon one connection too many.
const AGAIN: TimeDelta = TimeDelta::seconds(30);

/// What several senders take from.
pub(super) type Shared = Arc<Mutex<Receiver<Parcel>>>;

/// For several senders.
pub(super) fn shared(parcels: Receiver<Parcel>) -> Shared {
    Arc::new(Mutex::new(parcels))
}

/// Sends what comes, one after the other, until nothing comes any more: links to sign in first, and for one sender
/// nothing else. While people are waiting for answers, it rests between mails.
pub(super) async fn all(line: Arc<Line>, links: Shared, parcels: Option<Shared>, done: Sender<Settled>) {
    let left = parcels.as_ref().unwrap_or(&links);
    let stationery = line.delivery.stationery();
    let mut pause = Pause::default();
    loop {
        let Some(parcel) = next(&links, parcels.as_ref()).await else { return };
        let _care = Care(&line, parcel.row.id);
        written(&line).await;
        let began = Instant::now();
        if is_left(&line, &parcel, began).await {
            continue;
        }
        let outcome = match one(&line, &stationery, &parcel).await {
            Done::Tried(outcome) => outcome,
            Done::Moot(why) => {
                spare(&line, &parcel).await;
                Outcome::Moot(why)
            }
            Done::Later(until) => {
                put_off(&line, &parcel, until).await;
                continue;
            }
        };
        let (now, is_away) = (line.delivery.clock.now(), matches!(outcome, Outcome::Away(_)));
        if let Outcome::Away(why) = &outcome
            && line.gets_through()
        {
            tracing::warn!(%why, "a connection got no further, and others do: mail.connections may be too many");
            put_off(&line, &parcel, now + AGAIN).await;
            pause.take(&line, left).await;
            continue;
        }
        metrics::counter!("pufa_mail_attempts_total", "outcome" => outcome.as_str()).increment(1);
        note(&line, &outcome, now);
        if matches!(outcome, Outcome::Sent(_)) {
            pause = Pause::default();
        }
        if done.send(Settled::new(&parcel.row, outcome, jitter(), now)).await.is_err() {
            return;
        }
        if is_away {
            pause.take(&line, left).await;
        }
        let rest = line.delivery.traffic.rest_after(began.elapsed(), REST);
        if !rest.is_zero() && !line.stop.is_cancelled() {
            tokio::time::sleep(rest).await;
        }
    }
}

/// What comes next; None once nothing comes any more.
async fn next(links: &Shared, parcels: Option<&Shared>) -> Option<Parcel> {
    let link = async { links.lock().await.recv().await };
    let Some(parcels) = parcels else { return link.await };
    tokio::select! {
        biased;
        Some(link) = link => Some(link),
        parcel = async { parcels.lock().await.recv().await } => parcel,
    }
}

/// Lets go of a message whose sender panics: nobody else would, and its lease would be renewed for ever.
struct Care<'a>(&'a Line, OutboxId);

impl Drop for Care<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.let_go(std::iter::once(self.1));
        }
    }
}

/// Waits while what became of other mails cannot be written down: what is sent then goes out twice.
async fn written(line: &Line) {
    const LOOK: Duration = Duration::from_millis(100);
    while line.unwritten.load(Ordering::Relaxed) && !line.stop.is_cancelled() {
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether a message is not to be tried by this worker, which lets go of it: all are given back, or somebody else may
/// have it by now.
async fn is_left(line: &Line, parcel: &Parcel, now: Instant) -> bool {
    let id = parcel.row.id;
    if line.is_given_up() {
        if let Err(error) = line.give_back(&[id]).await {
            // Its lease runs out.
            tracing::warn!(message = %id, %error, "a message was not let go of");
        }
        return true;
    }
    let is_lost = !line.leases.hold(parcel.claimed, now.into_std());
    if is_lost {
        tracing::warn!(message = %id, "a lease ran out before its message was sent");
        line.let_go(std::iter::once(id));
    }
    is_lost
}

/// What an outcome says about the server.
fn note(line: &Line, outcome: &Outcome, now: DateTime<Utc>) {
    let breaker = line.delivery.mailer.breaker();
    match outcome {
        Outcome::Away(why) => {
            // The log says it once a round, and when it is left alone.
            if breaker.trip(why, now) || line.away.fetch_add(1, Ordering::Relaxed) == 0 {
                tracing::warn!(%why, "the mail server is away");
            }
        }
        Outcome::Sent(_) => {
            breaker.answered();
            line.away.store(0, Ordering::Relaxed);
            line.took_one();
        }
        Outcome::Failed(_) | Outcome::Dead(_) | Outcome::Moot(_) => {}
    }
}

/// How long a sender that found the server away lets others go first: a second, doubling up to half a minute. A server
/// that takes fewer connections than there are senders refuses the rest at once, message by message.
struct Pause(Duration);

impl Default for Pause {
    fn default() -> Self {
        Self(Duration::from_secs(1))
    }
}

impl Pause {
    const LONGEST: Duration = Duration::from_secs(30);

    async fn take(&mut self, line: &Line, parcels: &Shared) {
        const LOOK: Duration = Duration::from_millis(100);
        let end = Instant::now() + self.0;
        while Instant::now() < end && !line.is_given_up() {
            // Once all is claimed, whoever takes what is left does not wait for others.
            if line.over.is_cancelled() && parcels.lock().await.is_empty() {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        self.0 = (self.0 * 2).min(Self::LONGEST);
    }
}

/// What came of a message.
enum Done {
    /// It was tried.
    Tried(Outcome),
    /// It is not to be sent at all, for that reason.
    Moot(String),
    /// It is not to go before then.
    Later(DateTime<Utc>),
}

async fn one(line: &Line, stationery: &Stationery<'_>, parcel: &Parcel) -> Done {
    Done::Tried(match compose(stationery, &parcel.facts, &parcel.row, line.delivery.clock.now()) {
        Ok(Composed::Mail(mail)) => line.delivery.mailer.send(&mail).await,
        Ok(Composed::Later(until)) => return Done::Later(until),
        Ok(Composed::Moot(why)) => return Done::Moot(why),
        Err(error) => {
            tracing::error!(message = %parcel.row.id, %error, "a message cannot be made into a mail");
            Outcome::Failed("internal error".to_owned())
        }
    })
}

async fn put_off(line: &Line, parcel: &Parcel, until: DateTime<Utc>) {
    spare(line, parcel).await;
    let (db, worker) = (line.delivery.db.write(), line.delivery.mailer.worker());
    if let Err(error) = outbox::put_off(db, &parcel.row, worker, until).await {
        // Its lease runs out.
        tracing::warn!(message = %parcel.row.id, %error, "a message was not put off");
    }
    line.let_go(std::iter::once(parcel.row.id));
}

/// Its domain is not sent this one: another may have its place of the day.
async fn spare(line: &Line, parcel: &Parcel) {
    if let Err(error) = outbox::spare(line.delivery.db.write(), &parcel.row, line.delivery.config.zone()).await {
        tracing::warn!(message = %parcel.row.id, %error, "a place of a day was not given back");
    }
}
