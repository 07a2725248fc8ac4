//! What a session row says: its time, its place, and whether it counts as held.

use chrono::{DateTime, Utc};
use entity::state::{EventStatus, SessionStatus};
use entity::{event, session};
use sea_orm::{ColumnTrait, Condition};

use crate::dates::{Span, Zone};

/// When a session is.
#[must_use]
pub fn span(row: &session::Model) -> Span {
    let zone = Zone::parse(&row.time_zone).unwrap_or(Zone(chrono_tz::Asia::Shanghai));
    Span { start: row.starts_at, end: row.ends_at, all_day: row.all_day, zone }
}

/// Its own title, else its event's.
#[must_use]
pub fn title<'a>(event: &'a event::Model, session: &'a session::Model) -> &'a str {
    session.title.as_deref().unwrap_or(&event.title)
}

/// Its own place, else its event's.
#[must_use]
pub fn location<'a>(event: &'a event::Model, session: &'a session::Model) -> &'a str {
    session.location.as_deref().unwrap_or(&event.location)
}

/// Whether it counts (counting rule 1): of a published event, marked held or past its end, not cancelled.
#[must_use]
pub fn counts(event: &event::Model, session: &session::Model, now: DateTime<Utc>) -> bool {
    event.status == EventStatus::Scheduled
        && match session.status {
            SessionStatus::Held => true,
            SessionStatus::Scheduled => session.ends_at <= now,
            SessionStatus::Cancelled => false,
        }
}

/// The same as a condition on `session` joined with `event`.
#[must_use]
pub fn counts_at(now: DateTime<Utc>) -> Condition {
    Condition::all().add(event::Column::Status.eq(EventStatus::Scheduled)).add(
        Condition::any().add(session::Column::Status.eq(SessionStatus::Held)).add(
            Condition::all()
                .add(session::Column::Status.eq(SessionStatus::Scheduled))
                .add(session::Column::EndsAt.lte(now)),
        ),
    )
}
