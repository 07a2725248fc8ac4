//! The link in a mail by which its invitation is answered: signed, good for one person and one session or series.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::id::{EventId, PersonId, SeriesId, SessionId};
use entity::state::{EventStatus, SessionStatus};
use entity::{event, person, session};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::access::SigningKey;
use crate::error::{Code, Error, Result};
use crate::scheduling::audience::{Audience, invited_by_day};
use crate::scheduling::registration::hold;

const PURPOSE: &str = "answer";

/// To what an answer is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One session.
    Session(SessionId),
    /// All sittings of a series that are ahead.
    Series(SeriesId),
}

/// What a link carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// To what.
    pub scope: Scope,
    /// Whose answer.
    pub person: PersonId,
    /// The SEQUENCE from which answers counted when the mail was written.
    pub seen: i32,
}

impl Link {
    /// As the end of an address.
    #[must_use]
    pub fn token(&self, key: &SigningKey) -> String {
        let (kind, id) = match self.scope {
            Scope::Session(id) => (0, id.0),
            Scope::Series(id) => (1, id.0),
        };
        key.sign(PURPOSE, &[kind, id, self.person.0, i64::from(self.seen)])
    }

    /// Reads one; `not-found` for any that this installation did not write.
    pub fn open(key: &SigningKey, token: &str) -> Result<Self> {
        let [kind, id, person, seen] = key.open(PURPOSE, token)?;
        let scope = match kind {
            0 => Scope::Session(SessionId(id)),
            _ => Scope::Series(SeriesId(id)),
        };
        Ok(Self { scope, person: PersonId(person), seen: i32::try_from(seen).unwrap_or(i32::MAX) })
    }
}

/// What somebody is asked, as it is now.
#[derive(Clone, Debug)]
pub struct Question {
    /// Of which event.
    pub event: event::Model,
    /// The sessions, by start; those that can be answered while any can, else all.
    pub sessions: Vec<session::Model>,
    /// Who is asked.
    pub person: person::Model,
    /// Whether and why not.
    pub state: State,
}

/// Whether a question can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It can.
    Open,
    /// It does not take place.
    Cancelled,
    /// It is over.
    Over,
    /// They are not invited any more.
    NotInvited,
}

impl State {
    /// As templates and texts name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Cancelled => "cancelled",
            Self::Over => "over",
            Self::NotInvited => "not-invited",
        }
    }
}

impl Question {
    /// The SEQUENCE from which answers to any of it count.
    #[must_use]
    pub fn seen(&self) -> i32 {
        self.sessions.iter().map(|session| session.answers_from).max().unwrap_or(0)
    }
}

impl Scope {
    /// Which sessions.
    fn condition(self) -> SimpleExpr {
        match self {
            Self::Session(id) => session::Column::Id.eq(id),
            Self::Series(id) => session::Column::SeriesId.eq(id),
        }
    }
}

fn gone() -> Error {
    Error::new(Code::NotFound)
}

/// What a person is asked, in a transaction that writes the answer down. It holds the event first: nobody moves it
/// meanwhile, and of two who answer at once the second sees what the first said.
pub async fn question_held(
    db: &impl ConnectionTrait,
    scope: Scope,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Question> {
    let of = session::Entity::find().select_only().column(session::Column::EventId).filter(scope.condition());
    let event: Option<EventId> = of.into_tuple().one(db).await?;
    hold(db, event.ok_or_else(gone)?).await?;
    question(db, scope, person, now).await
}

/// What a person is asked; `not-found` for what was never published, or is no more.
pub async fn question(
    db: &impl ConnectionTrait,
    scope: Scope,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Question> {
    let sessions =
        session::Entity::find().filter(scope.condition()).order_by_asc(session::Column::StartsAt).all(db).await?;
    let first = sessions.first().ok_or_else(gone)?;
    let event = event::Entity::find_by_id(first.event_id).one(db).await?.ok_or_else(gone)?;
    if event.published_at.is_none() || event.status == EventStatus::Draft {
        return Err(gone());
    }
    let person = person::Entity::find_by_id(person).one(db).await?.ok_or_else(gone)?;
    let stands: Vec<_> = sessions.iter().filter(|session| session.status != SessionStatus::Cancelled).collect();
    let state =
        |state| Ok(Question { event: event.clone(), sessions: sessions.clone(), person: person.clone(), state });
    if event.status == EventStatus::Cancelled || stands.is_empty() {
        return state(State::Cancelled);
    }
    let mut ahead: Vec<session::Model> = stands.into_iter().filter(|session| is_open(session, now)).cloned().collect();
    if ahead.is_empty() {
        return state(State::Over);
    }
    let audience = Audience::load(db, &event).await?;
    let days: BTreeSet<_> = ahead.iter().map(|session| session.day).collect();
    let invited = invited_by_day(db, &audience, &days).await?;
    ahead.retain(|session| invited.get(&session.day).is_some_and(|all| all.iter().any(|m| m.person_id == person.id)));
    if ahead.is_empty() {
        return state(State::NotInvited);
    }
    Ok(Question { event, sessions: ahead, person, state: State::Open })
}

fn is_open(session: &session::Model, now: DateTime<Utc>) -> bool {
    session.status == SessionStatus::Scheduled && session.ends_at > now
}
