//! Putting messages into the outbox.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{AccountId, EventId, PersonId, SeriesId, SessionId};
use entity::state::{MessageKind, MessageState};
use entity::{outbox, session};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr};

use crate::db::insert_all;

/// How far a sign-in link goes before what waits already: somebody stands before the door, and it works for minutes.
pub(super) const AHEAD: TimeDelta = TimeDelta::days(1);

/// One thing to tell one address.
#[derive(Clone, Debug)]
pub struct Message {
    /// What is told to whom, once: `invitation:{session}:{sequence}:{person}`.
    pub key: String,
    /// What it says.
    pub kind: MessageKind,
    /// Of which event.
    pub event_id: Option<EventId>,
    /// Of which session.
    pub session_id: Option<SessionId>,
    /// Of which series as a whole; then of no session.
    pub series_id: Option<SeriesId>,
    /// To whom, if it is one of the staff.
    pub person_id: Option<PersonId>,
    /// To whom, if it is an account.
    pub account_id: Option<AccountId>,
    /// Where it goes.
    pub address: String,
    /// What the ids do not say.
    pub detail: Option<serde_json::Value>,
}

impl Message {
    /// A message to an address, of nothing so far, and to nobody who is known.
    #[must_use]
    pub const fn new(kind: MessageKind, key: String, address: String) -> Self {
        Self {
            key,
            kind,
            event_id: None,
            session_id: None,
            series_id: None,
            person_id: None,
            account_id: None,
            address,
            detail: None,
        }
    }

    /// The same of a session, and so of its event.
    #[must_use]
    pub fn of_session(self, session: &session::Model) -> Self {
        Self { event_id: Some(session.event_id), session_id: Some(session.id), ..self }
    }

    /// The same to one of the staff, or to somebody who is not.
    #[must_use]
    pub fn to_person(self, person_id: Option<PersonId>) -> Self {
        Self { person_id, ..self }
    }

    /// The same with what the ids do not say.
    #[must_use]
    pub fn saying(self, detail: serde_json::Value) -> Self {
        Self { detail: Some(detail), ..self }
    }
}

/// Puts messages into the outbox, in the caller's transaction; one whose key is there already is left as it was.
pub async fn enqueue(db: &impl ConnectionTrait, messages: Vec<Message>, now: DateTime<Utc>) -> Result<(), DbErr> {
    enqueue_for(db, messages.into_iter().map(|message| (now, message)), now).await
}

/// The same of messages that are not to be sent before some moment each.
pub async fn enqueue_for(
    db: &impl ConnectionTrait,
    messages: impl IntoIterator<Item = (DateTime<Utc>, Message)>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let rows: Vec<_> = messages
        .into_iter()
        .map(|(goes, message)| outbox::ActiveModel {
            key: Set(message.key),
            kind: Set(message.kind),
            event_id: Set(message.event_id),
            session_id: Set(message.session_id),
            series_id: Set(message.series_id),
            person_id: Set(message.person_id),
            account_id: Set(message.account_id),
            domain: Set(domain(&message.address)),
            address: Set(message.address),
            detail: Set(message.detail),
            state: Set(MessageState::Queued),
            attempts: Set(0),
            next_at: Set(if message.kind == MessageKind::SignIn { goes - AHEAD } else { goes }),
            message_id: Set(uuid::Uuid::new_v4().to_string()),
            created_at: Set(now),
            ..Default::default()
        })
        .collect();
    let told_already = OnConflict::column(outbox::Column::Key).do_nothing().to_owned();
    insert_all(db, rows, Some(&told_already)).await
}

/// The right part of an address, lower case; empty for what is no address.
#[must_use]
pub fn domain(address: &str) -> String {
    address.rsplit_once('@').map_or_else(String::new, |(_, domain)| domain.to_lowercase())
}
