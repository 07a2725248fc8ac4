//! The line: claiming at its head, and what holds it together.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use entity::id::OutboxId;
use entity::outbox::Model as Row;
use entity::state::MessageKind;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Sender};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::leases::Leases;
use super::{Delivery, send, write};
use crate::error::Result;
use crate::notify::facts::Facts;
use crate::outbox::{LEASE, Pacer, claim, claim_links, has_links, release, renew};

/// Messages that lie ready for the senders while the next batch is claimed.
const READY: usize = 256;
/// Links to sign in that lie ready.
const LINKS: usize = 16;
/// Outcomes that wait to be written down.
const UNWRITTEN: usize = 1_024;
/// The most messages that are claimed at once.
const MOST: usize = 512;
/// Between two looks at what else is due, while a server takes its time.
const LOOK: Duration = Duration::from_secs(1);
/// A batch that is handed on within this was small.
const SOON: Duration = Duration::from_secs(1);

/// A message on its way to a sender, with what its batch speaks of.
pub(super) struct Parcel {
    pub row: Row,
    pub facts: Arc<Facts>,
    /// Before it was claimed.
    pub claimed: Instant,
}

/// The ways to the senders.
#[derive(Clone)]
struct Ready {
    all: Sender<Parcel>,
    links: Sender<Parcel>,
}

impl Ready {
    async fn send(&self, parcel: Parcel) {
        let parcel = match parcel.row.kind {
            MessageKind::SignIn => match self.links.try_send(parcel) {
                Ok(()) => return,
                // So many at once wait for their turn like others.
                Err(TrySendError::Full(parcel) | TrySendError::Closed(parcel)) => parcel,
            },
            _ => parcel,
        };
        // The senders are there until this end is dropped.
        drop(self.all.send(parcel).await);
    }
}

/// What all of the line share.
pub(super) struct Line {
    pub delivery: Arc<Delivery>,
    pub stop: CancellationToken,
    /// Claimed and not settled.
    pub held: Mutex<HashSet<OutboxId>>,
    pub leases: Leases,
    pub settled: AtomicUsize,
    /// Messages in a row for which the server was away.
    pub away: AtomicUsize,
    /// When a mail was taken last.
    pub taken: Mutex<Option<Instant>>,
    /// Whether what became of mails cannot be written down: then none is sent that could only go out again.
    pub unwritten: AtomicBool,
    /// Whether nothing more is claimed.
    pub over: CancellationToken,
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

    /// Those of claimed rows that are not under way already: a lease that ran out unnoticed gives them once more.
    fn hold(&self, rows: Vec<Row>) -> Vec<Row> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        rows.into_iter().filter(|row| held.insert(row.id)).collect()
    }

    pub(super) fn let_go(&self, ids: impl Iterator<Item = OutboxId>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            held.remove(&id);
        }
    }

    /// Waits until nothing is under way; false when nothing more is to be claimed by then.
    async fn is_clear(&self) -> bool {
        while !self.rests().await {}
        !self.is_given_up()
    }

    /// Waits for a moment; true as soon as nothing is under way. A mail for which the server takes its time holds up
    /// nothing that becomes due meanwhile.
    async fn rests(&self) -> bool {
        const STEP: Duration = Duration::from_millis(10);
        let end = Instant::now() + LOOK;
        loop {
            if self.held.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            tokio::time::sleep(STEP).await;
        }
    }

    /// A mail got through.
    pub(super) fn took_one(&self) {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether others got a mail through a moment ago: then a server that is away is so for one connection only.
    pub(super) fn gets_through(&self) -> bool {
        const MOMENT: Duration = Duration::from_secs(10);
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at.elapsed() < MOMENT)
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
        leases: Leases::default(),
        settled: AtomicUsize::new(0),
        away: AtomicUsize::new(0),
        taken: Mutex::default(),
        unwritten: AtomicBool::new(false),
        over: CancellationToken::new(),
    });
    let (ready, parcels) = mpsc::channel(READY);
    let (done, outcomes) = mpsc::channel(UNWRITTEN);
    let (urgent, links) = mpsc::channel(LINKS);
    let ready = Ready { all: ready, links: urgent };
    let (parcels, links) = (send::shared(parcels), send::shared(links));
    // Whoever drops this future ends the tasks too.
    let mut tasks = JoinSet::new();
    for _ in 0..senders {
        tasks.spawn(send::all(line.clone(), links.clone(), Some(parcels.clone()), done.clone()));
    }
    // One for links to sign in alone: whatever keeps the others busy, somebody waits for these.
    tasks.spawn(send::all(line.clone(), links, None, done.clone()));
    drop((parcels, done));
    tasks.spawn(write::all(line.clone(), outcomes));
    let mut holding = JoinSet::new();
    holding.spawn(hold(line.clone()));
    let claiming = async {
        let claimed = claim_all(&line, ready.clone()).await;
        line.over.cancel();
        claimed
    };
    let (claimed, ()) = tokio::join!(claiming, claim_urgent(&line, ready.clone()));
    drop(ready);
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
async fn claim_all(line: &Line, ready: Ready) -> Result<()> {
    let delivery = &line.delivery;
    let least = delivery.mailer.connections();
    let mut pacer = delivery.pacer();
    let mut size = (least * 8).min(MOST);
    while !line.is_given_up() && !ready.all.is_closed() {
        // One mail is enough to see whether the server is back.
        let limit = if delivery.mailer.breaker().on_probation() { 1 } else { size };
        if limit == 1 && !line.is_clear().await {
            return Ok(());
        }
        let claimed = Instant::now();
        let rows = claim_batch(line, &mut pacer, limit).await?;
        let Some(rows) = rows else {
            if line.rests().await {
                return Ok(());
            }
            continue;
        };
        let rows = line.hold(rows);
        if rows.is_empty() {
            continue;
        }
        let began = Instant::now();
        hand_on(line, rows, claimed, &ready).await?;
        size = if began.elapsed() < SOON { (size * 2).min(MOST) } else { (size / 2).max(least * 2) };
    }
    Ok(())
}

/// Reads what claimed rows speak of, and gives them to the senders.
async fn hand_on(line: &Line, rows: Vec<Row>, claimed: Instant, ready: &Ready) -> Result<()> {
    let facts = match Facts::load(line.delivery.db.read(), &rows).await {
        Ok(facts) => Arc::new(facts),
        Err(error) => {
            line.give_back(&rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
            return Err(error.into());
        }
    };
    for row in rows {
        ready.send(Parcel { row, facts: facts.clone(), claimed }).await;
    }
    Ok(())
}

/// Claims links to sign in beside the rest, until that is over.
async fn claim_urgent(line: &Line, ready: Ready) {
    while line.over.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
        if line.is_given_up() {
            continue;
        }
        if let Err(error) = claim_some_links(line, &ready).await {
            tracing::warn!(%error, "links to sign in were not claimed");
        }
    }
}

async fn claim_some_links(line: &Line, ready: &Ready) -> Result<()> {
    let delivery = &line.delivery;
    let (claimed, now) = (Instant::now(), delivery.clock.now());
    if !has_links(delivery.db.read(), now).await? {
        return Ok(());
    }
    let rows = line.hold(claim_links(delivery.db.write(), delivery.mailer.worker(), LINKS as u64, now).await?);
    hand_on(line, rows, claimed, ready).await
}

/// The next messages; None when none is due. Empty when all that were had to wait for their slots.
async fn claim_batch(line: &Line, pacer: &mut Pacer, limit: usize) -> Result<Option<Vec<Row>>> {
    let delivery = &line.delivery;
    let (db, worker, now) = (&delivery.db, delivery.mailer.worker(), delivery.clock.now());
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    if pacer.is_idle() {
        let rows = claim(db.write(), worker, limit, now).await?;
        return Ok(Some(rows).filter(|rows| !rows.is_empty()));
    }
    let tx = db.begin().await?;
    let rows = claim(&tx, worker, limit, now).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let rows = pacer.pace(&tx, rows, now).await?;
    tx.commit().await?;
    Ok(Some(rows))
}

/// Renews the leases of what is under way.
async fn hold(line: Arc<Line>) {
    loop {
        tokio::time::sleep(LEASE.to_std().unwrap_or(Duration::from_secs(30)) / 3).await;
        let ids: Vec<_> = line.held.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        if let Err(error) = renew_all(&line, &ids).await {
            tracing::warn!(%error, "leases were not renewed");
        }
    }
}

async fn renew_all(line: &Line, ids: &[OutboxId]) -> Result<()> {
    let delivery = &line.delivery;
    if ids.is_empty() {
        return Ok(());
    }
    let tx = delivery.db.begin().await?;
    // However long the wait for a connection was: from here on.
    let (began, now) = (Instant::now(), delivery.clock.now());
    renew(&tx, delivery.mailer.worker(), ids, now).await?;
    tx.commit().await?;
    line.leases.renewed(began);
    Ok(())
}
