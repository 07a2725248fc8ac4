//! Whether anything changed at all: one question to the database for all requests that wait at that moment.
//!
//! A request joins the next look-up that begins after it arrived, never one that is under way: what was committed before
//! the request came, by this server, by another one or by the command line, is always seen.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, oneshot};

use crate::db::{Db, revisions};
use crate::error::{Code, Error, Result};

/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Questions under way at once: while the database thinks of one, others gather for the next.
const AT_ONCE: usize = 2;

type Answer = Option<i64>;
type Questions = mpsc::UnboundedReceiver<oneshot::Sender<Answer>>;

/// Asks for the revision, for all that wait.
#[derive(Clone, Debug)]
pub struct Lookups(mpsc::UnboundedSender<oneshot::Sender<Answer>>);

impl Lookups {
    /// Begins to wait for questions; ends when nobody can ask any more.
    #[must_use]
    pub fn start(db: &Db) -> Self {
        let (ask, asked) = mpsc::unbounded_channel();
        let asked = Arc::new(Mutex::new(asked));
        for _ in 0..AT_ONCE {
            tokio::spawn(answer(db.clone(), asked.clone()));
        }
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

/// Answers all that wait by one question, again and again.
async fn answer(db: Db, asked: Arc<Mutex<Questions>>) {
    loop {
        let waiting = {
            let mut asked = asked.lock().await;
            let Some(first) = asked.recv().await else { return };
            // Whoever is about to ask does so first: one question for all of them.
            tokio::task::yield_now().await;
            let mut waiting = vec![first];
            while let Ok(more) = asked.try_recv() {
                waiting.push(more);
            }
            waiting
        };
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
}
