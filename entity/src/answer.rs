//! What somebody answered to an invitation: one answer a person and session, the latest.

use crate::id::{AnswerId, PersonId, SessionId};
use crate::state::{AnswerStatus, AnswerVia};
use sea_orm::entity::prelude::*;

/// What somebody answered to an invitation: one answer a person and session, the latest.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "answer")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: AnswerId,
    /// To which session.
    pub session_id: SessionId,
    /// Whose answer it is.
    pub person_id: PersonId,
    /// What they said.
    pub status: AnswerStatus,
    /// What they added; may be empty.
    pub comment: String,
    /// The SEQUENCE that was answered.
    pub sequence: i32,
    /// When it was said by the sender's own clock: DTSTAMP of a reply.
    pub stamp: DateTimeUtc,
    /// By which way it came.
    pub via: AnswerVia,
    /// The assistant who said it for them.
    pub by_person_id: Option<PersonId>,
    /// When it came in.
    pub answered_at: DateTimeUtc,
    /// When a new time or place made it void; None while it stands.
    pub cleared_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
