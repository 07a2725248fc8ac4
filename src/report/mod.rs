//! The year's figures: one struct, [`Figures`], that JSON, CSV, the page and its draft text read, so that they cannot
//! disagree. Each figure names the rows behind it.
//!
//! The rules are contract.md's counting rules; [`rate`] and [`source`] say which line of it they keep.

pub mod api;
pub mod chart;
pub mod checks;
pub mod csv;
pub mod draft;
pub mod figure;
mod figures;
mod grouped;
pub mod links;
mod load;
pub mod pages;
pub mod rate;
pub mod rows;
pub mod shown;
pub mod source;
pub mod topics;

pub use figures::{Attendance, Exam, Figures, Hours, Kind, Month, Plan};
pub use load::load;

use chrono::{DateTime, Utc};
use entity::session;

use crate::db::Db;
use crate::error::Result;
use crate::scheduling::{Kinds, roster, session as held};

/// Fixes the rosters of sessions that have begun, if there are any: figures are read from fixed rosters only. Call it
/// outside any transaction.
pub async fn settle(db: &Db, now: DateTime<Utc>) -> Result<()> {
    while roster::has_due(db.read(), now).await? {
        let tx = db.begin().await?;
        roster::freeze_due(&tx, now).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The planned length of a session in hours, whole days by the event's own kind (counting rule 4); 8 of a kind that the
/// site no longer has.
fn length(kinds: &Kinds, kind: &str, session: &session::Model) -> f64 {
    held::span(session).hours(all_day_hours(kinds, kind))
}

fn all_day_hours(kinds: &Kinds, kind: &str) -> f64 {
    kinds.get(kind).map_or(8.0, |kind| kind.all_day_hours)
}
