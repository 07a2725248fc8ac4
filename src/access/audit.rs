//! Writes down who did what, in the transaction that does it.

use chrono::{DateTime, Utc};
use entity::audit;
use entity::id::EventId;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait};
use serde_json::Value;

use crate::db::insert_all;

/// One deed.
pub struct Deed<'a> {
    /// Who, as in [`super::Actor::name`].
    pub actor: &'a str,
    /// What: `event.publish`, `attendance.set`…
    pub action: &'a str,
    /// On what: `event:5`.
    pub subject: String,
    /// The event whose history it belongs to.
    pub event_id: Option<EventId>,
    /// What is worth knowing of it; no personal data beyond ids.
    pub detail: Value,
}

/// Writes a deed down.
pub async fn record(db: &impl ConnectionTrait, deed: Deed<'_>, now: DateTime<Utc>) -> Result<(), DbErr> {
    audit::Entity::insert(row(deed, now)).exec_without_returning(db).await.map(drop)
}

/// The same of many.
pub async fn record_all<'a>(
    db: &impl ConnectionTrait,
    deeds: impl IntoIterator<Item = Deed<'a>>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    insert_all(db, deeds.into_iter().map(|deed| row(deed, now)).collect(), None).await
}

fn row(deed: Deed<'_>, now: DateTime<Utc>) -> audit::ActiveModel {
    audit::ActiveModel {
        at: Set(now),
        actor: Set(deed.actor.to_owned()),
        action: Set(deed.action.to_owned()),
        subject: Set(deed.subject),
        event_id: Set(deed.event_id),
        detail: Set(deed.detail),
        ..Default::default()
    }
}
