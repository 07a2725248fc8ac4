//! Somebody who speaks at an event: one of the staff, or somebody from elsewhere.

use crate::id::{EventId, PersonId, SessionId, SpeakerId};
use sea_orm::entity::prelude::*;

/// Somebody who speaks at an event: one of the staff, or somebody from elsewhere.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "speaker")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: SpeakerId,
    /// Of which event.
    pub event_id: EventId,
    /// Of which session; None is all of them.
    pub session_id: Option<SessionId>,
    /// Order among those of the event.
    pub position: i32,
    /// Who, if one of the staff.
    pub person_id: Option<PersonId>,
    /// As shown.
    pub name: String,
    /// Post and body; may be empty.
    pub title: String,
}

impl ActiveModelBehavior for ActiveModel {}
