//! What was told of an event, and what became of it.

use entity::id::{EventId, OutboxId};
use entity::outbox;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::error::Result;
use crate::paging::{Listed, PART, after_id, part};

/// The messages of an event, as they were written.
pub async fn of_event(
    db: &impl ConnectionTrait,
    event: EventId,
    cursor: Option<&str>,
) -> Result<Listed<outbox::Model>> {
    let rows = outbox::Entity::find()
        .filter(outbox::Column::EventId.eq(event))
        .filter(outbox::Column::Id.gt(OutboxId(after_id(cursor)?)))
        .order_by_asc(outbox::Column::Id)
        .limit(PART + 1)
        .all(db)
        .await?;
    Ok(part(rows, |row| row.id.to_string()))
}
