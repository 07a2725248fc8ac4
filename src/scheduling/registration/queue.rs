//! Who is registered, who waits, and at which place.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::EventId;
use entity::state::{EventStatus, RegistrationStatus};
use entity::{event, registration};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::tell::{Said, tell};
use crate::error::Result;
use crate::scheduling::joint::has_begun;
use crate::scheduling::publish::sessions;

/// How many are registered, and how many wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sums {
    /// With a place.
    pub registered: u64,
    /// Without one so far.
    pub waiting: u64,
}

impl Sums {
    /// Whether there is a place.
    #[must_use]
    pub fn has_room(self, capacity: Option<i32>) -> bool {
        self.free(capacity) > 0
    }

    /// How many places there are.
    #[must_use]
    pub fn free(self, capacity: Option<i32>) -> u64 {
        match capacity {
            None => u64::MAX,
            Some(most) => u64::try_from(most).unwrap_or(0).saturating_sub(self.registered),
        }
    }
}

/// The sums of one event.
pub async fn sums(db: &impl ConnectionTrait, event: EventId) -> Result<Sums> {
    Ok(sums_of(db, [event]).await?.remove(&event).unwrap_or_default())
}

/// The sums of several events, in one query.
pub async fn sums_of(
    db: &impl ConnectionTrait,
    events: impl IntoIterator<Item = EventId>,
) -> Result<HashMap<EventId, Sums>> {
    let rows: Vec<(EventId, RegistrationStatus, i64)> = registration::Entity::find()
        .select_only()
        .column(registration::Column::EventId)
        .column(registration::Column::Status)
        .column_as(registration::Column::Id.count(), "count")
        .filter(registration::Column::EventId.is_in(events))
        .group_by(registration::Column::EventId)
        .group_by(registration::Column::Status)
        .into_tuple()
        .all(db)
        .await?;
    let mut found: HashMap<EventId, Sums> = HashMap::new();
    for (event, status, count) in rows {
        let sums = found.entry(event).or_default();
        let count = u64::try_from(count).unwrap_or(0);
        match status {
            RegistrationStatus::Registered => sums.registered = count,
            RegistrationStatus::Waiting => sums.waiting = count,
            RegistrationStatus::Cancelled => {}
        }
    }
    Ok(found)
}

/// Everyone with a place, then everyone who waits, first come first.
pub async fn active(db: &impl ConnectionTrait, event: EventId) -> Result<Vec<registration::Model>> {
    let rows = registration::Entity::find()
        .filter(registration::Column::EventId.eq(event))
        .filter(registration::Column::Status.ne(RegistrationStatus::Cancelled))
        .order_by_asc(registration::Column::Id)
        .all(db)
        .await?;
    let (mut first, waiting): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| row.status == RegistrationStatus::Registered);
    first.extend(waiting);
    Ok(first)
}

/// The same of several events, in one query; in no order.
pub async fn active_of(
    db: &impl ConnectionTrait,
    events: impl IntoIterator<Item = EventId>,
) -> Result<HashMap<EventId, Vec<registration::Model>>, sea_orm::DbErr> {
    let rows = registration::Entity::find()
        .filter(registration::Column::EventId.is_in(events))
        .filter(registration::Column::Status.ne(RegistrationStatus::Cancelled))
        .order_by_asc(registration::Column::Id)
        .all(db)
        .await?;
    let mut found: HashMap<EventId, Vec<registration::Model>> = HashMap::new();
    for row in rows {
        found.entry(row.event_id).or_default().push(row);
    }
    Ok(found)
}

/// At which place of the queue somebody waits, from 1; None for who does not wait.
pub async fn place(db: &impl ConnectionTrait, row: &registration::Model) -> Result<Option<u64>> {
    if row.status != RegistrationStatus::Waiting {
        return Ok(None);
    }
    let before = registration::Entity::find()
        .filter(registration::Column::EventId.eq(row.event_id))
        .filter(registration::Column::Status.eq(RegistrationStatus::Waiting))
        .filter(registration::Column::Id.lte(row.id))
        .count(db)
        .await?;
    Ok(Some(before))
}

/// Gives free places to those who wait, in order, and tells them; the caller holds the event. Not of an event that has
/// begun: nobody can count on coming then. Gives how many moved up.
pub async fn fill(db: &impl ConnectionTrait, event: &event::Model, now: DateTime<Utc>) -> Result<usize> {
    if event.status != EventStatus::Scheduled {
        return Ok(0);
    }
    let sums = sums(db, event.id).await?;
    if sums.waiting == 0 || !sums.has_room(event.capacity) {
        return Ok(0);
    }
    let sittings = sessions(db, event.id).await?;
    if has_begun(&sittings, now) {
        return Ok(0);
    }
    let next = registration::Entity::find()
        .filter(registration::Column::EventId.eq(event.id))
        .filter(registration::Column::Status.eq(RegistrationStatus::Waiting))
        .order_by_asc(registration::Column::Id)
        .limit(sums.free(event.capacity).min(sums.waiting))
        .all(db)
        .await?;
    let count = next.len();
    for row in next {
        let row = give_place(db, row, now).await?;
        tell(db, event, &sittings, &row, Said::MovedUp, None, now).await?;
    }
    Ok(count)
}

/// Turns waiting into having a place.
pub(super) async fn give_place(
    db: &impl ConnectionTrait,
    row: registration::Model,
    now: DateTime<Utc>,
) -> Result<registration::Model> {
    let mut row = row.into_active_model();
    row.status = Set(RegistrationStatus::Registered);
    row.updated_at = Set(now);
    Ok(row.update(db).await?)
}
