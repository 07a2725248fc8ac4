//! A state that an attendance had before, kept with who, when and why.

use crate::id::{AttendanceChangeId, PersonId, SessionId};
use crate::state::{AttendanceStatus, Word};
use sea_orm::entity::prelude::*;

/// A state that an attendance had before, kept with who, when and why.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attendance_change")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: AttendanceChangeId,
    /// Of which session.
    pub session_id: SessionId,
    /// Of whom.
    pub person_id: PersonId,
    /// Where it stands.
    pub status: AttendanceStatus,
    /// Word.
    pub word: Word,
    /// Checked in at.
    pub checked_in_at: Option<DateTimeUtc>,
    /// Method.
    pub method: Option<String>,
    /// As given; may be empty.
    pub note: Option<String>,
    /// When it had taken that state.
    pub recorded_at: DateTimeUtc,
    /// Who gave it.
    pub recorded_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
