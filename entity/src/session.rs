//! One sitting of an event, with a start and an end.

use crate::id::{EventId, SeriesId, SessionId};
use crate::state::SessionStatus;
use sea_orm::entity::prelude::*;

/// One sitting of an event, with a start and an end.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: SessionId,
    /// Key.
    #[sea_orm(unique)]
    pub key: String,
    /// Of which event.
    pub event_id: EventId,
    /// iCalendar UID; never changes (RFC 7986 section 5.3).
    #[sea_orm(unique)]
    pub uid: String,
    /// Of an all-day session: local midnight of its first day.
    pub starts_at: DateTimeUtc,
    /// Of an all-day session: local midnight after its last day.
    pub ends_at: DateTimeUtc,
    /// All day.
    pub all_day: bool,
    /// IANA name, of its event.
    pub time_zone: String,
    /// Local date of the start (counting rule 1).
    pub day: Date,
    /// Year of `day`.
    pub year: i32,
    /// Where it stands.
    pub status: SessionStatus,
    /// Its own, else the event's.
    pub title: Option<String>,
    /// Its own, else the event's.
    pub location: Option<String>,
    /// iCalendar SEQUENCE: grows with time, place and status.
    pub sequence: i32,
    /// Grows with anything that shows.
    pub revision: i64,
    /// When the invited were last told of its time: a reminder due before then is not sent.
    pub told_at: Option<DateTimeUtc>,
    /// None while the roster follows memberships.
    pub roster_frozen_at: Option<DateTimeUtc>,
    /// When the row was written.
    pub created_at: DateTimeUtc,
    /// Of its row as shown; the DTSTAMP of a feed.
    pub updated_at: DateTimeUtc,
    /// The series that it is a sitting of.
    pub series_id: Option<SeriesId>,
    /// The slot that the rule gave it, local, `20260108T143000`, or `20260108` of whole days: the RECURRENCE-ID by which
    /// it stays the same sitting wherever it is moved (RFC 5545 section 3.8.4.4).
    pub recurrence_id: Option<String>,
    /// The slot that the rule gives it now, written the same way: another than `recurrence_id` once the rule changed.
    pub slot: Option<String>,
    /// Whether somebody set its time by hand: a change of the series leaves it alone.
    pub by_hand: bool,
    /// Short minutes; may be empty.
    pub minutes: String,
    /// The SEQUENCE of mails since its time and place are what they are: answers to a lower one come too late.
    pub answers_from: i32,
    /// Its event.
    #[sea_orm(belongs_to, from = "event_id", to = "id")]
    pub event: BelongsTo<super::event::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
