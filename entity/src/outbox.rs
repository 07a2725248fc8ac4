//! A message that must be told, and what became of it. Knows kinds and ids only; text is made when it is sent.

use crate::id::{AccountId, EventId, OutboxId, PersonId, SeriesId, SessionId};
use crate::state::{MessageKind, MessageState};
use sea_orm::entity::prelude::*;

/// A message that must be told, and what became of it. Knows kinds and ids only; text is made when it is sent.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: OutboxId,
    /// What is told to whom, so that it is told once.
    #[sea_orm(unique)]
    pub key: String,
    /// Kind.
    pub kind: MessageKind,
    /// Of which event.
    pub event_id: Option<EventId>,
    /// Of which session.
    pub session_id: Option<SessionId>,
    /// Of whom.
    pub person_id: Option<PersonId>,
    /// Account id.
    pub account_id: Option<AccountId>,
    /// As it was when the row was written.
    pub address: String,
    /// What the ids do not say: a sign-in link's secret (removed once sent), a cancellation's reason.
    pub detail: Option<Json>,
    /// State.
    pub state: MessageState,
    /// Attempts.
    pub attempts: i32,
    /// Not to be sent before.
    pub next_at: DateTimeUtc,
    /// While a worker holds it.
    pub lease_until: Option<DateTimeUtc>,
    /// Leased by.
    pub leased_by: Option<String>,
    /// Left part of the Message-ID of the mail, the same at every attempt.
    pub message_id: String,
    /// What the server said last.
    pub answer: Option<String>,
    /// When the row was written.
    pub created_at: DateTimeUtc,
    /// Sent at.
    pub sent_at: Option<DateTimeUtc>,
    /// Of which series as a whole.
    pub series_id: Option<SeriesId>,
    /// The right part of the address, lower case: what paces go by.
    pub domain: String,
    /// The slot that the pace of its domain gave it. Earlier than `next_at`: since when it waits for one.
    pub paced_at: Option<DateTimeUtc>,
    /// Whether it is dead because it needs not be said any more; the answer is the reason then.
    pub moot: bool,
}

impl ActiveModelBehavior for ActiveModel {}
