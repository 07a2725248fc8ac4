//! What became of an event's messages, for its organiser.

use chrono::{DateTime, Utc};
use entity::id::EventId;
use entity::outbox;
use entity::state::{MessageKind, MessageState};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};

/// How many messages of a kind are in a state.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Heap {
    /// What they say.
    pub kind: MessageKind,
    /// Where they stand.
    pub state: MessageState,
    /// How many.
    pub count: i64,
    /// When the newest was written.
    pub newest: DateTime<Utc>,
}

/// How an event's messages stand, by kind and state.
pub async fn summary(db: &impl ConnectionTrait, event: EventId) -> Result<Vec<Heap>, DbErr> {
    outbox::Entity::find()
        .select_only()
        .column(outbox::Column::Kind)
        .column(outbox::Column::State)
        .column_as(outbox::Column::Id.count(), "count")
        .column_as(outbox::Column::CreatedAt.max(), "newest")
        .filter(outbox::Column::EventId.eq(event))
        .group_by(outbox::Column::Kind)
        .group_by(outbox::Column::State)
        .order_by_asc(outbox::Column::Kind)
        .order_by_asc(outbox::Column::State)
        .into_model()
        .all(db)
        .await
}

/// The newest of an event's messages that did not get through, at most `most`.
pub async fn troubled(db: &impl ConnectionTrait, event: EventId, most: u64) -> Result<Vec<outbox::Model>, DbErr> {
    outbox::Entity::find()
        .filter(outbox::Column::EventId.eq(event))
        .filter(outbox::Column::State.is_in([MessageState::Failed, MessageState::Dead]))
        .order_by_desc(outbox::Column::Id)
        .limit(most)
        .all(db)
        .await
}
