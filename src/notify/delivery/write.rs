//! Writing down what became of messages: all that wait at that moment in one transaction.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use super::flow::Line;
use crate::error::Result;
use crate::outbox::{Settled, settle};

/// Outcomes of one transaction.
const MOST: usize = 400;
/// Between the ends of two transactions: between them check-ins use the one writer of SQLite. Whatever was sent in that
/// time goes out again if the server is killed.
const GAP: Duration = Duration::from_millis(25);

/// Writes down what comes, until nothing comes any more. What cannot be written is tried again: the mail is out.
pub(super) async fn all(line: Arc<Line>, mut outcomes: Receiver<Settled>) {
    let mut group = Vec::with_capacity(MOST);
    let mut last = Instant::now();
    while outcomes.recv_many(&mut group, MOST).await > 0 {
        if !line.stop.is_cancelled() {
            tokio::time::sleep_until(last + GAP).await;
        }
        while group.len() < MOST {
            let Ok(settled) = outcomes.try_recv() else { break };
            group.push(settled);
        }
        insist(&line, &group).await;
        last = Instant::now();
        group.clear();
    }
}

/// Tries until it is written, and nothing is sent meanwhile. Once the program stops, for a minute; after that the
/// leases run out, and it goes out once more with the same Message-ID.
async fn insist(line: &Line, group: &[Settled]) {
    const PAUSE: Duration = Duration::from_millis(500);
    const LAST_TRIES: u32 = 120;
    let (mut attempt, mut left) = (1_u64, LAST_TRIES);
    while left > 0 {
        match write(line, group).await {
            Ok(held) => {
                line.unwritten.store(false, Ordering::Relaxed);
                line.settled.fetch_add(group.len(), Ordering::Relaxed);
                if held < u64::try_from(group.len()).unwrap_or(u64::MAX) {
                    tracing::warn!(group = group.len(), held, "leases ran out while sending");
                }
                break;
            }
            Err(error) => {
                line.unwritten.store(true, Ordering::Relaxed);
                tracing::error!(%error, attempt, "what became of mails was not written down");
            }
        }
        attempt += 1;
        left -= u32::from(line.stop.is_cancelled());
        tokio::time::sleep(PAUSE).await;
    }
    line.let_go(group.iter().map(|settled| settled.id));
}

async fn write(line: &Line, group: &[Settled]) -> Result<u64> {
    let delivery = &line.delivery;
    let tx = delivery.db.begin().await?;
    let held = settle(&tx, delivery.mailer.worker(), group, delivery.patience()).await?;
    tx.commit().await?;
    Ok(held)
}
