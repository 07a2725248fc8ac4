//! A rule by which sittings of an event recur. The sittings are rows of their own; the rule says which are still to come.

use crate::id::{EventId, SeriesId};
use crate::state::OnDayOff;
use sea_orm::entity::prelude::*;

/// A rule by which sittings of an event recur. The sittings are rows of their own; the rule says which are still to come.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "series")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: SeriesId,
    /// Of which event; an event has one at most.
    #[sea_orm(unique)]
    pub event_id: EventId,
    /// The beginning of its sittings' keys.
    pub key: String,
    /// iCalendar UID of the whole; never changes (RFC 7986 section 5.3).
    #[sea_orm(unique)]
    pub uid: String,
    /// RFC 5545 section 3.3.10, without `RRULE:`.
    pub rrule: String,
    /// Local start of the first slot, `2026-01-08T14:30`; a date when all day.
    pub starts_at: String,
    /// Local end of the first slot; the last date, included, when all day.
    pub ends_at: String,
    /// Whether its sittings are whole days.
    pub all_day: bool,
    /// What becomes of a sitting on a day off.
    pub on_day_off: OnDayOff,
    /// The first date whose slots the rule says: earlier ones stand as an earlier rule left them. None is all.
    pub applies_from: Option<Date>,
    /// When the row was written.
    pub created_at: DateTimeUtc,
    /// When the rule last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
