//! What is asked of the door, and what it answers.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{PersonId, SessionId};
use entity::state::AttendanceStatus;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::merge::State;
use crate::access::Actor;
use crate::dates::Zone;

/// Whom a check-in names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// By staff number.
    StaffNo(String),
    /// By id.
    Person(PersonId),
    /// By both, which must agree.
    Both(String, PersonId),
}

/// Somebody came to a session.
#[derive(Clone, Debug)]
pub struct CheckIn {
    /// To which session.
    pub session_id: SessionId,
    /// Who came.
    pub who: Who,
    /// When; None is now.
    pub at: Option<DateTime<Utc>>,
    /// How it was learned: `token`, `organiser`, `paper`…
    pub method: String,
    /// What makes a repetition of this request known: it gets the first answer again.
    pub nonce: Option<Nonce>,
    /// Who says so.
    pub actor: Actor,
}

/// A request's own mark, within its scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Nonce {
    /// Who asked and what.
    pub scope: String,
    /// The mark.
    pub text: String,
}

impl CheckIn {
    /// The SHA-256 of what is asked, in hex: two requests of the same nonce must agree in it.
    #[must_use]
    pub fn meaning(&self) -> String {
        let (staff_no, person) = match &self.who {
            Who::StaffNo(no) => (Some(no.as_str()), None),
            Who::Person(id) => (None, Some(id.0)),
            Who::Both(no, id) => (Some(no.as_str()), Some(id.0)),
        };
        let meaning = serde_json::json!([self.session_id, staff_no, person, self.at, self.method]);
        hex::encode(Sha256::digest(meaning.to_string().as_bytes()))
    }
}

/// Whether somebody came just now, or was known to have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// Checked in by this.
    New,
    /// Checked in before, or an organiser's word stands.
    Again,
}

/// The answer to a check-in; what it says is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// New or not.
    pub status: Arrived,
    /// As it now stands.
    pub record: Record,
}

/// One person's attendance of one session, as other programs see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = AttendanceRecord)]
pub struct Record {
    /// Opaque.
    pub session_id: String,
    /// The session's key.
    pub session_key: String,
    /// Opaque.
    pub person_id: String,
    /// The person's staff number.
    pub staff_no: String,
    /// The person's name.
    pub name: String,
    /// Whom they were under on the session's day; null when nobody.
    pub org_code: Option<String>,
    /// `present`, `late`, `left_early`, `excused`, `made_up`, `absent` or `exempt`.
    #[schema(value_type = String)]
    pub status: AttendanceStatus,
    /// When they came, RFC 3339 with the offset of the session's zone.
    pub checked_in_at: Option<String>,
    /// How that was learned.
    pub method: Option<String>,
    /// Whether they came without being on the roster.
    pub walk_in: bool,
    /// As given.
    pub note: Option<String>,
    /// What had been said of them before they came, such as `excused`: only in the answer to the check-in that
    /// replaced it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub replaced: Option<AttendanceStatus>,
}

/// A person at one session's door: many are kept in memory, so they share what they can and take no more room than it
/// needs.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Who.
    pub person_id: PersonId,
    /// Their staff number.
    pub staff_no: Arc<str>,
    /// Their name.
    pub name: Box<str>,
    /// Whom they were under on the session's day.
    pub organisation_id: Option<entity::id::OrganisationId>,
    /// The code of that organisation.
    pub org_code: Option<Arc<str>>,
    /// Why they may come.
    pub place: Place,
}

/// How a person stands to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Must come.
    Roster,
    /// Invited, but need not come.
    Invited,
    /// Neither.
    Other,
}

impl Record {
    /// What `state` says of `guest`.
    #[must_use]
    pub fn new(session: (SessionId, &str, Zone), guest: &Guest, state: &State) -> Self {
        let (id, key, zone) = session;
        Self {
            session_id: id.to_string(),
            session_key: key.to_owned(),
            person_id: guest.person_id.to_string(),
            staff_no: guest.staff_no.to_string(),
            name: guest.name.to_string(),
            org_code: guest.org_code.as_deref().map(str::to_owned),
            status: state.status,
            checked_in_at: state.checked_in_at.map(|at| offset_text(zone, at)),
            method: state.method.clone(),
            walk_in: guest.place != Place::Roster && state.status.attended(),
            note: state.note.clone(),
            replaced: None,
        }
    }
}

/// RFC 3339 with the zone's offset.
#[must_use]
pub fn offset_text(zone: Zone, at: DateTime<Utc>) -> String {
    zone.with_offset(at).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false)
}
