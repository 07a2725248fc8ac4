//! Whether anything changed at all: one question to the database for all requests that wait at that moment.
//!
//! A request joins the next look-up that begins after it arrived, never one that is under way: what was committed before
//! the request came, by this server, by another one or by the command line, is always seen.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::db::{Db, revisions};
use crate::error::{Code, Error, Result};

/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(10);

type Answer = Option<i64>;

/// Asks for the revision, for all that wait.
#[derive(Clone, Debug)]
pub struct Lookups(mpsc::UnboundedSender<oneshot::Sender<Answer>>);

impl Lookups {
    /// Begins to wait for questions; ends when nobody can ask any more.
    #[must_use]
    pub fn start(db: Db) -> Self {
        let (ask, mut asked) = mpsc::unbounded_channel::<oneshot::Sender<Answer>>();
        tokio::spawn(async move {
            while let Some(first) = asked.recv().await {
                // Whoever is about to ask does so first: one question for all of them.
                tokio::task::yield_now().await;
                let mut waiting = vec![first];
                while let Ok(more) = asked.try_recv() {
                    waiting.push(more);
                }
                let answer = match tokio::time::timeout(PATIENCE, revisions(db.read())).await {
                    Ok(Ok(revision)) => Some(revision),
                    Ok(Err(error)) => {
                        tracing::error!(%error, "the revision of calendars cannot be read");
                        None
                    }
                    Err(_) => {
                        tracing::error!("the database does not say the revision of calendars");
                        None
                    }
                };
                for one in waiting {
                    // Whoever went away meanwhile needs none.
                    one.send(answer).ok();
                }
            }
        });
        Self(ask)
    }

    /// The revision at some moment after this was called; `unavailable` when the database does not say.
    pub async fn revision(&self) -> Result<i64> {
        let (tell, told) = oneshot::channel();
        let unavailable = || Error::new(Code::Unavailable);
        self.0.send(tell).map_err(|_| unavailable())?;
        told.await.ok().flatten().ok_or_else(unavailable)
    }
}
