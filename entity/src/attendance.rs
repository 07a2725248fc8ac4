//! What became of one person in one session: one row, its earlier states in `attendance_change`.

use crate::id::{AttendanceId, OrganisationId, PersonId, SessionId};
use crate::state::{AttendanceStatus, Word};
use sea_orm::entity::prelude::*;

/// What became of one person in one session: one row, its earlier states in `attendance_change`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attendance")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: AttendanceId,
    /// Unique with the person.
    pub session_id: SessionId,
    /// Of whom.
    pub person_id: PersonId,
    /// Whom they were under on the session's day; None when no membership covered it.
    pub organisation_id: Option<OrganisationId>,
    /// Where it stands.
    pub status: AttendanceStatus,
    /// Whose word the status is.
    pub word: Word,
    /// When they came, by the earliest fact.
    pub checked_in_at: Option<DateTimeUtc>,
    /// How that was learned: `token`, `organiser`, `paper`, `code`…
    pub method: Option<String>,
    /// As given; may be empty.
    pub note: Option<String>,
    /// When the row took its present state.
    pub recorded_at: DateTimeUtc,
    /// Who gave it, as in `audit.actor`.
    pub recorded_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
