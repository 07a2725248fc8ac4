//! Who did what, when.

use crate::id::{AuditId, EventId};
use sea_orm::entity::prelude::*;

/// Who did what, when.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: AuditId,
    /// At.
    pub at: DateTimeUtc,
    /// `account:3`, `token:2`, `person:5`, `command` or `pufa`.
    pub actor: String,
    /// `event.publish`, `attendance.set`…
    pub action: String,
    /// `event:5`, `session:7`…
    pub subject: String,
    /// The event it belongs to, for its history.
    pub event_id: Option<EventId>,
    /// Detail.
    pub detail: Json,
}

impl ActiveModelBehavior for ActiveModel {}
