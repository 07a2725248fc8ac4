//! Putting one's name down for an event: a limit, a waiting list that fills itself, and mails that say so.
//!
//! Whoever changes who is registered holds the event's row first, so that two who want the last place come one after
//! the other. First come, first served, by id. A place that becomes free goes to the first who waits, in the same
//! transaction. Of the public no more is kept than name, address and whence, and that only until some time after the
//! event ([`forget`]).

pub mod api;
mod call_off;
mod enter;
mod forget;
pub mod mine;
pub mod pages;
pub mod public;
mod queue;
mod settings;
mod tell;

pub use call_off::{call_off, move_up};
pub use enter::{Applicant, Entered, Way, enter};
pub use forget::{forget, has_due};
pub use queue::{Sums, active, active_of, fill, place, sums, sums_of};
pub use settings::Terms;
pub(super) use settings::understand;
pub use tell::Said;

use chrono::{DateTime, Utc};
use entity::id::EventId;
use entity::state::{AudienceTarget, EventStatus, RegistrationMode, SessionStatus};
use entity::{audience_rule, event, registration, session};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::access::Actor;
use crate::dates::Zone;
use crate::error::{Code, Error, Result};
use crate::people;

/// A moment of an event as JSON shows it: with the offset of the event's zone.
#[must_use]
pub fn moment(event: &event::Model, at: DateTime<Utc>) -> String {
    let zone = Zone::parse(&event.time_zone).unwrap_or(Zone(chrono_tz::Asia::Shanghai));
    zone.with_offset(at).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false)
}

/// When registration ends: at the closing time, and at the latest when the first sitting that takes place begins. None
/// when none takes place.
#[must_use]
pub fn closes(event: &event::Model, sessions: &[session::Model]) -> Option<DateTime<Utc>> {
    let first = sessions.iter().filter(|row| row.status != SessionStatus::Cancelled).map(|row| row.starts_at).min()?;
    Some(event.registration_closes_at.map_or(first, |at| at.min(first)))
}

/// Whether people may put their names down themselves.
#[must_use]
pub fn is_open(event: &event::Model, sessions: &[session::Model], now: DateTime<Utc>) -> bool {
    event.status == EventStatus::Scheduled
        && event.registration == RegistrationMode::Open
        && closes(event, sessions).is_some_and(|closes| now < closes)
}

/// Whether the audience of an event names the public.
pub async fn is_public(db: &impl ConnectionTrait, event: EventId) -> Result<bool> {
    let line = audience_rule::Entity::find()
        .filter(audience_rule::Column::EventId.eq(event))
        .filter(audience_rule::Column::Target.eq(AudienceTarget::Public))
        .one(db)
        .await?;
    Ok(line.is_some())
}

/// The event of that id held until the transaction ends; `not-found` when there is none.
pub async fn hold(db: &impl ConnectionTrait, id: EventId) -> Result<event::Model> {
    let row = event::Entity::find_by_id(id).lock_exclusive().one(db).await?;
    row.ok_or_else(|| Error::new(Code::NotFound))
}

/// Refuses who is not of the host: names and addresses of registered people are no other body's affair.
pub async fn of_host(db: &impl ConnectionTrait, actor: &Actor, event: &event::Model) -> Result<()> {
    if people::is_below(db, event.host_id, actor.organisation).await? {
        return Ok(());
    }
    Err(Error::new(Code::Forbidden))
}

/// The registration behind the secret of a link; `expired` when there is none any more.
pub async fn by_secret(db: &impl ConnectionTrait, secret: &str) -> Result<registration::Model> {
    let row = registration::Entity::find().filter(registration::Column::Secret.eq(secret)).one(db).await?;
    row.ok_or_else(|| Error::new(Code::Expired))
}
