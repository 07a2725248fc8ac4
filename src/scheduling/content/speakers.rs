//! Who speaks at an event.

use entity::id::EventId;
use entity::speaker;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

/// The speakers of these events, by event and in their order there. A speaker without a session speaks in all.
pub async fn speakers_of(
    db: &impl ConnectionTrait,
    events: impl IntoIterator<Item = EventId>,
) -> Result<Vec<speaker::Model>, DbErr> {
    speaker::Entity::find()
        .filter(speaker::Column::EventId.is_in(events))
        .order_by_asc(speaker::Column::EventId)
        .order_by_asc(speaker::Column::Position)
        .order_by_asc(speaker::Column::Id)
        .all(db)
        .await
}
