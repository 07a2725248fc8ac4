//! What becomes of sessions for each person, made into messages: one a UID.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{PersonId, RegistrationId, SessionId};
use entity::state::MessageKind;
use entity::{event, outbox, registration, session};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::series::SeriesMail;
use crate::error::Result;
use crate::outbox::{Message, enqueue};
use crate::people::Member;

/// What becomes of a session for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// They are invited to it.
    Comes,
    /// It is at another time or place.
    Changes,
    /// It is off, or they are.
    Goes,
}

impl Turn {
    /// The kind of a message that says only this.
    pub(super) const fn kind(self) -> MessageKind {
        match self {
            Self::Comes => MessageKind::Invitation,
            Self::Changes => MessageKind::Update,
            Self::Goes => MessageKind::Cancellation,
        }
    }

    /// As it stands in details.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Comes => "comes",
            Self::Changes => "changes",
            Self::Goes => "goes",
        }
    }
}

/// How much of a series a message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// One sitting, where that is all there is to say.
    Smallest,
    /// The whole.
    Whole,
}

/// Somebody whom mail reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// The end of keys.
    pub mark: String,
    /// If one of the staff.
    pub person_id: Option<PersonId>,
    /// If they put their name down and are not invited anyway.
    pub registration: Option<RegistrationId>,
    /// Where mail goes.
    pub address: String,
}

impl Addressee {
    /// Somebody invited; None without an address.
    pub fn member(member: &Member) -> Option<Self> {
        Self::person(member.person_id, member.email.as_deref())
    }

    /// The same by id.
    pub fn person(id: PersonId, address: Option<&str>) -> Option<Self> {
        let address = address.filter(|address| !address.is_empty())?.to_owned();
        Some(Self { mark: id.to_string(), person_id: Some(id), registration: None, address })
    }

    /// Somebody who put their name down; None without an address.
    pub fn registered(row: &registration::Model) -> Option<Self> {
        let address = Some(row.email.clone()).filter(|address| !address.is_empty())?;
        Some(Self { mark: format!("r{}", row.id), person_id: row.person_id, registration: Some(row.id), address })
    }

    /// A message to them of one session by itself, which is told once of each SEQUENCE; its key ends with `end`.
    pub fn message(&self, kind: MessageKind, (session, sequence): (&session::Model, i64), end: &str) -> Message {
        let key = format!("{kind}:{}:{sequence}:{}{end}", session.id, self.mark);
        Message::new(kind, key, self.address.clone()).of_session(session).to_person(self.person_id)
    }
}

/// What the key of a message about calendars says beside whom it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The SEQUENCE that its deed gave.
    pub sequence: i64,
    /// Whether a change of audience or people caused it: see [`Letters::ending`].
    pub shift: bool,
}

impl Told {
    /// Reads it; None of other messages.
    pub fn of(row: &outbox::Model) -> Option<Self> {
        let mut parts = row.key.split(':').skip(if row.series_id.is_some() { 3 } else { 2 });
        let sequence = parts.next()?.parse().ok()?;
        parts.next()?;
        Some(Self { sequence, shift: parts.next().is_some() })
    }
}

/// One turn of one session.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Which of the sessions.
    pub at: usize,
    pub turn: Turn,
    pub detail: Option<Arc<Value>>,
}

/// Messages of one event in the making.
pub struct Letters<'a> {
    event: &'a event::Model,
    extent: Extent,
    sessions: Vec<session::Model>,
    details: Vec<(Value, Arc<Value>)>,
    known: HashMap<String, usize>,
    people: Vec<(Addressee, Vec<Part>)>,
    end: String,
}

impl<'a> Letters<'a> {
    /// None so far.
    pub fn new(event: &'a event::Model, extent: Extent) -> Self {
        Self {
            event,
            extent,
            sessions: Vec::new(),
            details: Vec::new(),
            known: HashMap::new(),
            people: Vec::new(),
            end: String::new(),
        }
    }

    /// The same with keys that end so, by which a shift of people is known. One that leaves SEQUENCE as it is tells
    /// anew all the same.
    pub fn ending(mut self, end: String) -> Self {
        self.end = end;
        self
    }

    /// Takes a session in, as it is now, in the order in which they are told; gives its place.
    pub fn session(&mut self, session: &session::Model) -> usize {
        self.sessions.push(session.clone());
        self.sessions.len() - 1
    }

    /// Says what becomes of the session at a place for somebody.
    pub fn turn(&mut self, who: Option<Addressee>, at: usize, turn: Turn, detail: Option<&Value>) {
        let Some(who) = who else { return };
        let detail = detail.map(|detail| self.shared(detail));
        let place = *self.known.entry(who.mark.clone()).or_insert_with(|| {
            self.people.push((who, Vec::new()));
            self.people.len() - 1
        });
        self.people[place].1.push(Part { at, turn, detail });
    }

    /// The same detail goes to many.
    fn shared(&mut self, detail: &Value) -> Arc<Value> {
        if let Some((last, shared)) = self.details.last()
            && last == detail
        {
            return shared.clone();
        }
        let shared = Arc::new(detail.clone());
        self.details.push((detail.clone(), shared.clone()));
        shared
    }

    /// Puts them into the outbox; gives how many.
    pub async fn write(self, db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<usize> {
        let of_series = self.sessions.iter().find_map(|session| session.series_id);
        let series = match of_series.filter(|_| !self.people.is_empty()) {
            Some(id) => Some(SeriesMail::load(db, self.event, id, now).await?),
            None => None,
        };
        let mut messages = Vec::new();
        for (who, parts) in &self.people {
            let (whole, single): (Vec<&Part>, Vec<&Part>) =
                parts.iter().partition(|part| self.sessions[part.at].series_id.is_some());
            if let (Some(series), Some(first)) = (&series, whole.first()) {
                let letter = series.letter(who, &whole, &self.sessions, self.extent, &self.end);
                messages.extend(letter.map(|letter| (first.at, letter)));
            }
            messages.extend(single.iter().map(|part| (part.at, self.letter(who, part, &single))));
        }
        messages.sort_by_key(|(at, _)| *at);
        let count = messages.len();
        enqueue(db, messages.into_iter().map(|(_, message)| message).collect(), now).await?;
        Ok(count)
    }

    /// The message of one session by itself; the first of several of a kind names them all.
    fn letter(&self, who: &Addressee, part: &Part, all: &[&Part]) -> Message {
        let session = &self.sessions[part.at];
        let kind = part.turn.kind();
        let sequence = session.sequence.into();
        let mut detail = detail(part.detail.as_deref(), sequence, who);
        let alike: Vec<SessionId> =
            all.iter().filter(|other| other.turn == part.turn).map(|other| self.sessions[other.at].id).collect();
        if alike.len() > 1 && alike[0] == session.id {
            detail["sessions"] = json!(alike);
        }
        who.message(kind, (session, sequence), &self.end).saying(detail)
    }
}

/// A detail with what each bears: the SEQUENCE that its deed gave, and the registration that it goes to.
pub(in crate::scheduling) fn detail(given: Option<&Value>, sequence: i64, who: &Addressee) -> Value {
    let mut detail = given.cloned().unwrap_or_else(|| json!({}));
    detail["sequence"] = json!(sequence);
    if let Some(registration) = who.registration {
        detail["registration"] = json!(registration);
    }
    detail
}
