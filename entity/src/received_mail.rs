//! A mail that came in, and what became of it. Its text is not kept.

use crate::id::{EventId, PersonId, ReceivedMailId, SessionId};
use crate::state::ReceivedKind;
use sea_orm::entity::prelude::*;

/// A mail that came in, and what became of it. Its text is not kept.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "received_mail")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: ReceivedMailId,
    /// SHA-256 of the whole mail, so that one that comes twice counts once.
    #[sea_orm(unique)]
    pub digest: String,
    /// When it came in.
    pub received_at: DateTimeUtc,
    /// What it was.
    pub kind: ReceivedKind,
    /// The address in its From; may be empty.
    pub sender: String,
    /// Its Message-ID.
    pub message_id: Option<String>,
    /// What became of it: `taken`, or why it changed nothing.
    pub verdict: String,
    /// What the ids do not say.
    pub detail: Option<Json>,
    /// Of which event.
    pub event_id: Option<EventId>,
    /// Of which session.
    pub session_id: Option<SessionId>,
    /// Of whom.
    pub person_id: Option<PersonId>,
}

impl ActiveModelBehavior for ActiveModel {}
