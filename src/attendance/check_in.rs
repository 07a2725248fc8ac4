//! Check-ins: all that wait at one moment go into one transaction, and each is answered after its commit.
//!
//! What is acknowledged is on disk. A check-in whose caller went away is written all the same.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::batch::Batches;
use super::record::{Arrived, CheckIn, Recorded};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::scheduling::Kinds;

/// How many may wait; beyond that the door says `unavailable` rather than let callers wait for long.
const QUEUE: usize = 2_000;
/// How many share one transaction.
const BATCH: usize = 200;

/// A check-in that waits for its transaction.
#[derive(Debug)]
pub(super) struct Waiting {
    pub check_in: CheckIn,
    pub now: DateTime<Utc>,
    pub answer: oneshot::Sender<Result<Recorded>>,
}

/// Where check-ins wait for their transaction. Cheap to clone; its task ends when the last one is dropped.
#[derive(Clone, Debug)]
pub struct CheckInWriter {
    queue: mpsc::Sender<Waiting>,
}

impl CheckInWriter {
    /// Starts the task that writes. Must be called within a tokio runtime.
    #[must_use]
    pub fn start(db: Db, kinds: Kinds) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        tokio::spawn(async move {
            loop {
                let run = tokio::spawn(write_all(waiting.clone(), Batches::new(db.clone(), kinds.clone())));
                match run.await {
                    Ok(()) => return,
                    // Whoever waited in that batch gets an error; the next ones must not.
                    Err(error) => tracing::error!(%error, "the check-in writer failed and is started again"),
                }
            }
        });
        Self { queue }
    }

    /// Checks somebody in; answers after the commit. `unavailable` when too many wait.
    pub async fn record(&self, check_in: CheckIn, now: DateTime<Utc>) -> Result<Recorded> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Waiting { check_in, now, answer }).map_err(|error| match error {
            TrySendError::Full(_) => Error::new(Code::Unavailable),
            TrySendError::Closed(_) => Error::internal("the check-in writer has ended"),
        })?;
        counted(answered.await.map_err(lost)?)
    }

    /// Checks several in, as they stand; answers in the same order, each on its own. Waits while too many others do.
    pub async fn record_all(&self, check_ins: Vec<CheckIn>, now: DateTime<Utc>) -> Vec<Result<Recorded>> {
        let mut answers = Vec::with_capacity(check_ins.len());
        for check_in in check_ins {
            let (answer, answered) = oneshot::channel();
            let sent = self.queue.send(Waiting { check_in, now, answer }).await;
            answers.push(async move {
                sent.map_err(|_| Error::internal("the check-in writer has ended"))?;
                counted(answered.await.map_err(lost)?)
            });
        }
        join_all(answers).await
    }
}

/// Counts what became of a check-in: `new`, `again`, or the code of its refusal.
fn counted(answer: Result<Recorded>) -> Result<Recorded> {
    let outcome = match &answer {
        Ok(recorded) if recorded.status == Arrived::New => "new",
        Ok(_) => "again",
        Err(error) => error.code().slug(),
    };
    metrics::counter!("pufa_check_ins_total", "outcome" => outcome).increment(1);
    answer
}

fn lost(_: oneshot::error::RecvError) -> Error {
    Error::internal("the check-in writer failed before it answered")
}

async fn write_all(waiting: Arc<Mutex<mpsc::Receiver<Waiting>>>, mut batches: Batches) {
    let mut waiting = waiting.lock().await;
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        batches.write(std::mem::take(&mut batch)).await;
        batch.reserve(BATCH);
    }
}
