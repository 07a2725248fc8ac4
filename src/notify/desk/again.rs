//! Sending again what did not get through: the same message, with the same Message-ID.

use chrono::{DateTime, Utc};
use entity::id::{EventId, OutboxId};
use entity::outbox::{self, Column};
use entity::state::{MessageKind, MessageState};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::Reach;
use crate::access::Actor;
use crate::access::audit::{Deed, record};
use crate::error::{Code, Error, Result};
use crate::outbox::{requeue, trouble};
use crate::scheduling::event_to_manage;

/// Sends one message again, in the caller's transaction; gives it as it stands now. `not-found` outside `reach`,
/// `wrong-state` unless it is dead. A link to sign in is never sent again: its secret is gone.
pub async fn again(
    db: &impl ConnectionTrait,
    actor: &Actor,
    reach: Reach,
    id: OutboxId,
    now: DateTime<Utc>,
) -> Result<outbox::Model> {
    let found = outbox::Entity::find_by_id(id).filter(reach.condition()).lock_exclusive().one(db).await?;
    let row = found.ok_or_else(|| Error::new(Code::NotFound))?;
    if row.state != MessageState::Dead || row.kind == MessageKind::SignIn {
        return Err(Error::new(Code::WrongState));
    }
    trouble::clear_all(db, std::iter::once(row.address.as_str())).await?;
    requeue(db, &[id], now).await?;
    note(db, actor, row.event_id, format!("message:{id}"), 1, now).await?;
    Ok(outbox::Entity::find_by_id(id).one(db).await?.unwrap_or(row))
}

/// The same of all dead messages of an event that the actor may change; gives how many.
pub async fn again_all(db: &impl ConnectionTrait, actor: &Actor, event: EventId, now: DateTime<Utc>) -> Result<usize> {
    event_to_manage(db, actor, event).await?;
    let rows: Vec<(OutboxId, String)> = outbox::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Address])
        .filter(Column::EventId.eq(event))
        .filter(Column::State.eq(MessageState::Dead))
        .filter(Column::Kind.ne(MessageKind::SignIn))
        .lock_exclusive()
        .into_tuple()
        .all(db)
        .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    trouble::clear_all(db, rows.iter().map(|(_, address)| address.as_str())).await?;
    let ids: Vec<_> = rows.iter().map(|(id, _)| *id).collect();
    requeue(db, &ids, now).await?;
    note(db, actor, Some(event), format!("event:{event}"), ids.len(), now).await?;
    Ok(ids.len())
}

async fn note(
    db: &impl ConnectionTrait,
    actor: &Actor,
    event_id: Option<EventId>,
    subject: String,
    count: usize,
    now: DateTime<Utc>,
) -> Result<()> {
    let detail = json!({ "count": count });
    Ok(record(db, Deed { actor: &actor.name, action: "message.send_again", subject, event_id, detail }, now).await?)
}
