//! A request to be excused from a session.

use crate::id::{LeaveId, PersonId, SessionId};
use crate::state::{LeaveKind, LeaveStatus};
use sea_orm::entity::prelude::*;

/// A request to be excused from a session.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "leave")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: LeaveId,
    /// Of which session.
    pub session_id: SessionId,
    /// Of whom.
    pub person_id: PersonId,
    /// Kind.
    pub kind: LeaveKind,
    /// Reason.
    pub reason: String,
    /// Where it stands.
    pub status: LeaveStatus,
    /// Asked at.
    pub asked_at: DateTimeUtc,
    /// Decided at.
    pub decided_at: Option<DateTimeUtc>,
    /// Decided by.
    pub decided_by: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
