//! What hangs on a person, in counts.

use entity::id::PersonId;
use entity::{attendance, exam_result, leave, membership, roster_entry, study_hours};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter};
use serde::Serialize;

/// How much hangs on a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Memberships.
    pub memberships: u64,
    /// Fixed rosters that they are on.
    pub rosters: u64,
    /// Sessions of which something is known.
    pub attendances: u64,
    /// Exam results.
    pub results: u64,
    /// Rows of hours.
    pub hours: u64,
    /// Leaves asked for.
    pub leaves: u64,
}

/// Counts what hangs on a person.
pub async fn held(db: &impl ConnectionTrait, id: PersonId) -> Result<Held, DbErr> {
    Ok(Held {
        memberships: membership::Entity::find().filter(membership::Column::PersonId.eq(id)).count(db).await?,
        rosters: roster_entry::Entity::find().filter(roster_entry::Column::PersonId.eq(id)).count(db).await?,
        attendances: attendance::Entity::find().filter(attendance::Column::PersonId.eq(id)).count(db).await?,
        results: exam_result::Entity::find().filter(exam_result::Column::PersonId.eq(id)).count(db).await?,
        hours: study_hours::Entity::find().filter(study_hours::Column::PersonId.eq(id)).count(db).await?,
        leaves: leave::Entity::find().filter(leave::Column::PersonId.eq(id)).count(db).await?,
    })
}
