//! What must be said by now and is not in the outbox yet: reminders, what follows a session, and morning digests.
//!
//! Worked out afresh at each tick from what is there, so that a tick may be missed, repeated, or run on several
//! servers at once. It is written in parts of few rows, each in a short transaction of its own, so that whoever checks
//! in meanwhile need not wait; how far it came stands in `reminder_run`, in the transaction of the rows themselves.
//! The start stands in a reminder's key: a session that moved is reminded of anew.

mod after;
mod digest;
mod moment;
mod people;
mod quiet;
mod reminders;
mod run;
mod say;
mod sending;
mod standing;

pub use quiet::Quiet;
pub use sending::{Turn, after_turn, may_wait, turn};
pub use standing::Standing;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use crate::config::Config;
use crate::dates::Zone;
use crate::db::Db;
use crate::error::Result;
use crate::scheduling::Kinds;

/// What an installation says of mails that nobody asks for one by one.
#[derive(Clone, Copy, Debug)]
pub struct House<'a> {
    /// The event kinds, with the reminders of each.
    pub kinds: &'a Kinds,
    /// Where the hours of people are read.
    pub zone: Zone,
    /// The hours of those who chose none.
    pub quiet: Quiet,
    /// When digests go, local.
    pub digest_at: NaiveTime,
    /// How long after a session its mails go.
    pub after: TimeDelta,
}

impl<'a> House<'a> {
    /// As the settings say.
    #[must_use]
    pub fn of(config: &Config, kinds: &'a Kinds) -> Self {
        let (quiet, digest_at, after) = (config.quiet(), config.digest_at(), config.after());
        Self { kinds, zone: config.zone(), quiet, digest_at, after }
    }
}

/// Puts into the outbox what is due; gives how many messages.
pub async fn write_due(db: &Db, house: &House<'_>, now: DateTime<Utc>) -> Result<usize> {
    let count = reminders::write(db, house, now).await? + after::write(db, house, now).await?;
    Ok(count + digest::write(db, house, now).await?)
}
