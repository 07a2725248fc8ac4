//! One item of a session's agenda; of a study kind, its session counts in that kind too (counting rule 11).

use crate::id::{AgendaItemId, SessionId};
use sea_orm::entity::prelude::*;

/// One item of a session's agenda; of a study kind, its session counts in that kind too (counting rule 11).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agenda_item")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: AgendaItemId,
    /// Of which session.
    pub session_id: SessionId,
    /// Order within the session.
    pub position: i32,
    /// What it is about.
    pub title: String,
    /// A study kind, as in `event_also_kind`.
    pub kind: Option<String>,
    /// Who reports; may be empty.
    pub reporter: String,
    /// Planned length in minutes.
    pub minutes: Option<i32>,
    /// What was said and decided, shortly; may be empty.
    pub note: String,
}

impl ActiveModelBehavior for ActiveModel {}
