//! The line: claiming at its head, and what holds it together.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use entity::id::OutboxId;
use entity::outbox::Model as Row;
use tokio::sync::mpsc::{self, Sender};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Delivery, send, write};
use crate::error::Result;
use crate::notify::facts::Facts;
use crate::outbox::{LEASE, Paces, claim, pace, release, renew};

/// Messages that lie ready for the senders while the next batch is claimed.
const READY: usize = 256;
/// Outcomes that wait to be written down.
const UNWRITTEN: usize = 1_024;
/// The most messages that are claimed at once.
const MOST: usize = 512;
/// A batch that is handed on within this was small.
const SOON: Duration = Duration::from_secs(1);

/// A message on its way to a sender, with what its batch speaks of.
pub(super) struct Parcel {
    pub row: Row,
    pub facts: Arc<Facts>,
}

/// What all of the line share.
pub(super) struct Line {
    pub delivery: Arc<Delivery>,
    pub stop: CancellationToken,
    /// Claimed and not settled.
    pub held: Mutex<HashSet<OutboxId>>,
    pub settled: AtomicUsize,
    /// Messages in a row for which the server was away.
    pub away: AtomicUsize,
}

/// For so many messages a connection may find the server away before those that are claimed are given back.
const PROOFS: usize = 3;

impl Line {
    /// Whether nothing more should be claimed, and what was claimed go back untried. What is given back is due again at
    /// once: claiming on would go round without end.
    pub(super) fn is_given_up(&self) -> bool {
        let enough = PROOFS * self.delivery.mailer.connections();
        self.stop.is_cancelled()
            || self.away.load(Ordering::Relaxed) >= enough
            || self.delivery.mailer.breaker().resting(self.delivery.clock.now()).is_some()
    }

    pub(super) fn hold(&self, ids: impl Iterator<Item = OutboxId>) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).extend(ids);
    }

    pub(super) fn let_go(&self, ids: impl Iterator<Item = OutboxId>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            held.remove(&id);
        }
    }

    /// Claimed and not tried: somebody else may.
    pub(super) async fn give_back(&self, ids: &[OutboxId]) -> Result<()> {
        let delivery = &self.delivery;
        release(delivery.db.write(), delivery.mailer.worker(), ids).await?;
        self.let_go(ids.iter().copied());
        Ok(())
    }
}

/// Runs the line until nothing is due; gives how many messages were settled.
pub(super) async fn run(delivery: Arc<Delivery>, stop: &CancellationToken) -> Result<usize> {
    let senders = delivery.mailer.connections();
    let line = Arc::new(Line {
        delivery,
        stop: stop.clone(),
        held: Mutex::default(),
        settled: AtomicUsize::new(0),
        away: AtomicUsize::new(0),
    });
    let (ready, parcels) = mpsc::channel(READY);
    let (done, outcomes) = mpsc::channel(UNWRITTEN);
    let parcels = Arc::new(tokio::sync::Mutex::new(parcels));
    // Whoever drops this future ends the tasks too.
    let mut tasks = JoinSet::new();
    for _ in 0..senders {
        tasks.spawn(send::all(line.clone(), parcels.clone(), done.clone()));
    }
    drop((parcels, done));
    tasks.spawn(write::all(line.clone(), outcomes));
    let mut holding = JoinSet::new();
    holding.spawn(hold(line.clone()));
    let claimed = claim_all(&line, ready).await;
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            // What it had is tried again when its lease has run out.
            tracing::error!(%error, "a part of the delivery ended");
        }
    }
    claimed.map(|()| line.settled.load(Ordering::Relaxed))
}

/// Claims batches, and hands them on. A batch grows while the senders are quick, and shrinks when they are slow, so
/// that of several servers none sits on what another could send.
async fn claim_all(line: &Line, ready: Sender<Parcel>) -> Result<()> {
    let delivery = &line.delivery;
    let least = delivery.mailer.connections();
    let paces = delivery.paces();
    let mut size = (least * 8).min(MOST);
    while !line.is_given_up() {
        let limit = if delivery.mailer.breaker().on_probation() { least } else { size };
        let rows = claim_batch(line, &paces, limit).await?;
        let Some(rows) = rows else { return Ok(()) };
        line.hold(rows.iter().map(|row| row.id));
        let facts = match Facts::load(delivery.db.read(), &rows).await {
            Ok(facts) => Arc::new(facts),
            Err(error) => {
                line.give_back(&rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
                return Err(error.into());
            }
        };
        let began = Instant::now();
        for row in rows {
            // The senders are there until this end is dropped.
            drop(ready.send(Parcel { row, facts: facts.clone() }).await);
        }
        size = if began.elapsed() < SOON { (size * 2).min(MOST) } else { (size / 2).max(least * 2) };
    }
    Ok(())
}

/// The next messages; None when none is due. Empty when all that were had to wait for their slots.
async fn claim_batch(line: &Line, paces: &Paces, limit: usize) -> Result<Option<Vec<Row>>> {
    let delivery = &line.delivery;
    let (db, worker, now) = (&delivery.db, delivery.mailer.worker(), delivery.clock.now());
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    if paces.is_none() {
        let rows = claim(db.write(), worker, limit, now).await?;
        return Ok(Some(rows).filter(|rows| !rows.is_empty()));
    }
    let tx = db.begin().await?;
    let rows = claim(&tx, worker, limit, now).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let rows = pace(&tx, paces, delivery.config.zone(), rows, now).await?;
    tx.commit().await?;
    Ok(Some(rows))
}

/// Renews the leases of what is under way.
async fn hold(line: Arc<Line>) {
    let delivery = &line.delivery;
    loop {
        tokio::time::sleep(LEASE.to_std().unwrap_or(Duration::from_secs(30)) / 3).await;
        let ids: Vec<_> = line.held.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        if let Err(error) = renew(delivery.db.write(), delivery.mailer.worker(), &ids, delivery.clock.now()).await {
            tracing::warn!(%error, "leases were not renewed");
        }
    }
}
