//! Putting dead messages back into the queue.

use chrono::{DateTime, Utc};
use entity::id::OutboxId;
use entity::outbox::{self, Column};
use entity::state::MessageState;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

/// Makes those of these messages that are dead due at `now`, as if they had never been tried; what the server said last
/// stays until it says something else, and so does the Message-ID. Gives how many there were.
pub async fn requeue(db: &impl ConnectionTrait, ids: &[OutboxId], now: DateTime<Utc>) -> Result<u64, DbErr> {
    let mut done = 0;
    for ids in ids.chunks(1_000) {
        let result = outbox::Entity::update_many()
            .col_expr(Column::State, Expr::value(MessageState::Queued))
            .col_expr(Column::Attempts, Expr::value(0))
            .col_expr(Column::Moot, Expr::value(false))
            .col_expr(Column::NextAt, Expr::value(now))
            .col_expr(Column::PacedAt, Expr::value(None::<DateTime<Utc>>))
            .col_expr(Column::SentAt, Expr::value(None::<DateTime<Utc>>))
            .col_expr(Column::LeasedBy, Expr::value(None::<String>))
            .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
            .filter(Column::Id.is_in(ids.iter().copied()))
            .filter(Column::State.eq(MessageState::Dead))
            .exec(db)
            .await?;
        done += result.rows_affected;
    }
    Ok(done)
}
