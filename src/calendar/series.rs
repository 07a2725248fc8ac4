//! What the VEVENTs of series have in common, from their rows.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::SeriesId;
use entity::{series, session};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::recurring::Head;

/// The heads of these series, in two queries. SEQUENCE and stamp are of all sittings, whoever is invited to which.
pub async fn heads(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = SeriesId>,
) -> Result<HashMap<SeriesId, Head>, DbErr> {
    let ids: Vec<SeriesId> = ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let sums: Vec<(SeriesId, i64, DateTime<Utc>)> = session::Entity::find()
        .select_only()
        .column(session::Column::SeriesId)
        // PostgreSQL adds whole numbers up to a wider kind of its own.
        .column_as(Expr::col(session::Column::Sequence).sum().cast_as("bigint"), "sum")
        .column_as(session::Column::UpdatedAt.max(), "newest")
        .filter(session::Column::SeriesId.is_in(ids.iter().copied()))
        .group_by(session::Column::SeriesId)
        .into_tuple()
        .all(db)
        .await?;
    let rows = series::Entity::find().filter(series::Column::Id.is_in(ids)).all(db).await?;
    let sums: HashMap<SeriesId, (i64, DateTime<Utc>)> = sums.into_iter().map(|(id, sum, at)| (id, (sum, at))).collect();
    let head = |row: series::Model| {
        let (sum, newest) = sums.get(&row.id).copied().unwrap_or((0, row.updated_at));
        let sequence = u32::try_from(sum).unwrap_or(0);
        (row.id, Head { sequence, stamp: std::cmp::max(newest, row.updated_at), row })
    };
    Ok(rows.into_iter().map(head).collect())
}
