//! Something to read or to hand out at an event: a link, or a file.

use crate::id::{EventId, MaterialId, SessionId, StoredFileId};
use sea_orm::entity::prelude::*;

/// Something to read or to hand out at an event: a link, or a file.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "material")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: MaterialId,
    /// Of which event.
    pub event_id: EventId,
    /// Of which session; None is all of them.
    pub session_id: Option<SessionId>,
    /// Order among those of the event.
    pub position: i32,
    /// As shown.
    pub title: String,
    /// Of a link.
    pub url: Option<String>,
    /// Of a file.
    pub file_id: Option<StoredFileId>,
    /// Under which name a file is handed out.
    pub file_name: Option<String>,
    /// Of a file.
    pub media_type: Option<String>,
    /// When the row was written.
    pub added_at: DateTimeUtc,
    /// By whom, as in `audit.actor`.
    pub added_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
