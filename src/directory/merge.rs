//! Two rows that are one person.

use entity::id::PersonId;
use entity::person_alias;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

/// The numbers that were merged into a person.
pub async fn numbers_of(db: &impl ConnectionTrait, id: PersonId) -> Result<Vec<String>, DbErr> {
    let mine = person_alias::Entity::find().filter(person_alias::Column::PersonId.eq(id));
    let rows = mine.order_by_asc(person_alias::Column::StaffNo).all(db).await?;
    Ok(rows.into_iter().map(|row| row.staff_no).collect())
}
