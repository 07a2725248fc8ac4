//! What stands against an event's times before it is published: the same place, speaker or required person twice at a
//! time, a day off, an hour outside work, more people than places.
//!
//! Looked for against published sessions of anybody and against the event's own other sessions; drafts of the same host
//! are hints. Places, speakers, people and room are asked about whatever the date. Days off and hours are looked at only
//! for kinds that do not go out to the public. A day that a notice names as off is asked about more than seven days
//! ahead, and more than seven days past, for then the date is likely a slip; a plain weekend and an hour outside work
//! only more than thirty days ahead, while planning. Nearer they are shown and ask for no reason: who calls a meeting
//! at short notice, on an evening or a weekend, knows it. Of a session over several days only the first and the last
//! count, and its hours do not. A series that keeps a sitting on a day off is asked about once, when it is published.
//!
//! What lasts longer than a day and is an exam, goes out to the public or is online is a window in which people come
//! when they can: nobody is in two places because of it.

pub mod api;
mod facts;
mod free;
mod gate;
mod judge;
mod overlap;
pub mod pages;
mod room;
mod subject;
mod time;
mod view;
mod words;

pub use free::Free;
pub use gate::{Changed, changed, override_now};
pub(super) use gate::{demand_none, hints};
pub use subject::{Sitting, Subject};
pub use view::ConflictView;
pub use words::words;

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{EventId, OrganisationId, PersonId, SessionId};
use sea_orm::ConnectionTrait;

use super::{Ground, WorkHours};
use crate::access::Actor;
use crate::dates::Span;
use crate::error::Result;

/// What sort of thing is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// The place is used twice at a time.
    Place,
    /// Somebody speaks twice at a time.
    Speaker,
    /// Somebody must be at two places at a time.
    Person,
    /// Fewer places than people who must come.
    Capacity,
    /// The day is no working day, or nobody has said yet.
    DayOff,
    /// Before or after the hours of work.
    WorkingHours,
}

impl Sort {
    /// Every sort, in the order in which they are shown.
    pub const ALL: [Self; 6] =
        [Self::Place, Self::Speaker, Self::Person, Self::Capacity, Self::DayOff, Self::WorkingHours];

    /// Its name in JSON and in the keys of texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::Speaker => "speaker",
            Self::Person => "person",
            Self::Capacity => "capacity",
            Self::DayOff => "day_off",
            Self::WorkingHours => "working_hours",
        }
    }
}

/// Whether a conflict keeps an event from being published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It does, until somebody says why it does not matter.
    Blocks,
    /// It is worth knowing.
    Hint,
}

/// One thing that is in the way of one session.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// What sort of thing.
    pub sort: Sort,
    /// Whether it keeps the event from being published.
    pub weight: Weight,
    /// The session that it is in the way of.
    pub own: Own,
    /// The session with which it cannot be together.
    pub other: Option<Other>,
    /// Who or what.
    pub about: About,
}

/// The session that something is in the way of.
#[derive(Clone, Debug, PartialEq)]
pub struct Own {
    /// None of one that is not saved yet.
    pub session: Option<SessionId>,
    /// Its key; may be empty.
    pub key: String,
    /// When.
    pub span: Span,
}

/// The session with which another cannot be together.
#[derive(Clone, Debug, PartialEq)]
pub struct Other {
    /// When.
    pub span: Span,
    /// Whether its event is still a draft.
    pub draft: bool,
    /// What it is; None when the reader may not see it.
    pub known: Option<KnownOther>,
}

/// What a reader may know of another session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownOther {
    /// Its event.
    pub event: EventId,
    /// The session itself; None of one that is not saved yet.
    pub session: Option<SessionId>,
    /// Its title, or its event's; may be empty.
    pub title: String,
    /// Its event's kind.
    pub kind: String,
    /// Its host.
    pub host: OrganisationId,
    /// Its host's code.
    pub host_code: String,
    /// Its host's name.
    pub host_name: String,
}

/// Somebody who is wanted twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Somebody {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
}

/// Who or what is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// The place of that name.
    Place(String),
    /// Speakers, by name.
    Speakers(Vec<String>),
    /// People who must be in both, or speak in one and must be in the other.
    People(Vec<Somebody>),
    /// A day off, with the holiday's name where a notice gives one.
    DayOff(NaiveDate, Option<String>),
    /// A year of which no notice is known: it goes by weekends.
    NoNotice(i32),
    /// The hours of work.
    Hours(WorkHours),
    /// How many must come, and how many fit in: into the place of that name, or as the event says.
    Room(usize, i32, Option<String>),
}

/// Everything that is in the way of a subject's sessions, by session and sort; hints too. The number of queries does
/// not depend on how many sessions there are. What `actor` may not see is named by its time alone.
pub async fn find(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    actor: &Actor,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Vec<Conflict>> {
    let spans: Vec<Span> = subject.asked().map(|sitting| sitting.span).collect();
    let there = overlap::load(db, subject, &spans).await?;
    let facts = facts::Facts::load(db, subject, there).await?;
    Ok(judge::judge(ground, actor, subject, &facts, now))
}

/// Whether any of them keeps the event from being published.
#[must_use]
pub fn blocks(conflicts: &[Conflict]) -> bool {
    conflicts.iter().any(|conflict| conflict.weight == Weight::Blocks)
}
