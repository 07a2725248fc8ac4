//! Something to do before an event, or to take along.

use crate::id::{ChecklistItemId, EventId};
use crate::state::ChecklistKind;
use sea_orm::entity::prelude::*;

/// Something to do before an event, or to take along.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checklist_item")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: ChecklistItemId,
    /// Of which event.
    pub event_id: EventId,
    /// Order within the event.
    pub position: i32,
    /// To do, or to take along.
    pub kind: ChecklistKind,
    /// What.
    pub text: String,
    /// When it was ticked.
    pub done_at: Option<DateTimeUtc>,
    /// By whom, as in `audit.actor`.
    pub done_by: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
