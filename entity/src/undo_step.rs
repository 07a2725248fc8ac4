//! What takes one deed back, as long as nothing came after it.

use crate::id::{EventId, UndoStepId};
use sea_orm::entity::prelude::*;

/// What takes one deed back, as long as nothing came after it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "undo_step")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: UndoStepId,
    /// Of which event.
    pub event_id: EventId,
    /// The deed, as in `audit.action`.
    pub action: String,
    /// Whose deed, as in `audit.actor`.
    pub actor: String,
    /// The event's revision after the deed; another means that something came after it.
    pub revision: i64,
    /// What it was before.
    pub before: Json,
    /// When the deed was done.
    pub created_at: DateTimeUtc,
    /// When it was taken back.
    pub undone_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
