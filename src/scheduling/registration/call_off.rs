//! Taking a name off again, and letting somebody in who waits.

use chrono::{DateTime, Utc};
use entity::id::RegistrationId;
use entity::state::{EventStatus, RegistrationStatus};
use entity::{event, registration};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel};

use super::queue::{fill, give_place};
use super::tell::{Said, tell};
use crate::access::audit;
use crate::error::{Code, Error, Result};
use crate::scheduling::joint::has_begun;
use crate::scheduling::publish::sessions;

/// Takes a name off, in the caller's transaction, which holds the event; a place that becomes free goes to the first
/// who waits. Again changes nothing; once everything is over it is `too-late`.
pub async fn call_off(
    db: &impl ConnectionTrait,
    event: &event::Model,
    id: RegistrationId,
    by: &str,
    now: DateTime<Utc>,
) -> Result<registration::Model> {
    let row = of_event(db, event, id).await?;
    if row.status == RegistrationStatus::Cancelled {
        return Ok(row);
    }
    let sittings = sessions(db, event.id).await?;
    if sittings.iter().all(|session| session.ends_at <= now) {
        return Err(Error::new(Code::TooLate));
    }
    let had_place = row.status == RegistrationStatus::Registered;
    let mut row = row.into_active_model();
    row.status = Set(RegistrationStatus::Cancelled);
    row.updated_at = Set(now);
    let row = row.update(db).await?;
    let said = if had_place { Said::CalledOff } else { Said::NoLongerWaiting };
    tell(db, event, &sittings, &row, said, None, now).await?;
    record(db, event, &row, "registration.call_off", by, now).await?;
    if had_place {
        fill(db, event, now).await?;
    }
    Ok(row)
}

/// Gives somebody who waits a place, by an organiser's wish: before their turn, and beyond the limit if there is none
/// free. The caller holds the event.
pub async fn move_up(
    db: &impl ConnectionTrait,
    event: &event::Model,
    id: RegistrationId,
    by: &str,
    now: DateTime<Utc>,
) -> Result<registration::Model> {
    let row = of_event(db, event, id).await?;
    match (event.status, row.status) {
        (EventStatus::Cancelled, _) => return Err(Error::new(Code::Cancelled)),
        (_, RegistrationStatus::Registered) => return Ok(row),
        (_, RegistrationStatus::Cancelled) => return Err(Error::new(Code::WrongState)),
        (_, RegistrationStatus::Waiting) => {}
    }
    let sittings = sessions(db, event.id).await?;
    if has_begun(&sittings, now) && sittings.iter().all(|session| session.ends_at <= now) {
        return Err(Error::new(Code::TooLate));
    }
    let row = give_place(db, row, now).await?;
    tell(db, event, &sittings, &row, Said::MovedUp, None, now).await?;
    record(db, event, &row, "registration.move_up", by, now).await?;
    Ok(row)
}

async fn of_event(db: &impl ConnectionTrait, event: &event::Model, id: RegistrationId) -> Result<registration::Model> {
    let row = registration::Entity::find_by_id(id).one(db).await?;
    row.filter(|row| row.event_id == event.id).ok_or_else(|| Error::new(Code::NotFound))
}

async fn record(
    db: &impl ConnectionTrait,
    event: &event::Model,
    row: &registration::Model,
    action: &str,
    by: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let deed = audit::Deed {
        actor: by,
        action,
        subject: format!("event:{}", event.id),
        event_id: Some(event.id),
        detail: serde_json::json!({ "registration_id": row.id }),
    };
    Ok(audit::record(db, deed, now).await?)
}
