//! What is judged: an event that is there, as it stands or as if a session were moved, or one that is not saved yet.

use entity::id::{EventId, OrganisationId, SessionId};
use entity::session;
use entity::state::SessionStatus;

use crate::dates::Span;
use crate::scheduling::audience::Audience;
use crate::scheduling::{Whole, session as shown};

/// An event, as far as conflicts go.
#[derive(Clone, Debug)]
pub struct Subject {
    /// None of one that is not saved yet.
    pub event: Option<EventId>,
    /// Its host.
    pub host: OrganisationId,
    /// Its kind.
    pub kind: String,
    /// Whether the invited must attend.
    pub required: bool,
    /// How many may take part.
    pub capacity: Option<i32>,
    /// Of one that is not saved yet: whom it invites. None: what is saved.
    pub audience: Option<Audience>,
    /// Its sessions that are not cancelled.
    pub sittings: Vec<Sitting>,
}

/// A session, as far as conflicts go.
#[derive(Clone, Debug)]
pub struct Sitting {
    /// None of one that is not saved yet.
    pub session: Option<SessionId>,
    /// Its key; may be empty.
    pub key: String,
    /// Its own title, or its event's.
    pub title: String,
    /// When.
    pub span: Span,
    /// Where: its own place, or its event's; may be empty.
    pub location: String,
    /// Whether its roster is fixed.
    pub frozen: bool,
    /// Whether it is asked about, and not only there beside another.
    pub asked: bool,
}

impl Subject {
    /// An event as it stands, with every session that is not cancelled.
    #[must_use]
    pub fn of(whole: &Whole) -> Self {
        let event = &whole.event;
        let standing = whole.sessions.iter().filter(|session| session.status != SessionStatus::Cancelled);
        Self {
            event: Some(event.id),
            host: event.host_id,
            kind: event.kind.clone(),
            required: event.required,
            capacity: event.capacity,
            audience: None,
            sittings: standing.map(|session| sitting(whole, session)).collect(),
        }
    }

    /// The same, asking about these sessions alone.
    #[must_use]
    pub fn only(mut self, sessions: &[SessionId]) -> Self {
        for sitting in &mut self.sittings {
            sitting.asked = sitting.session.is_some_and(|id| sessions.contains(&id));
        }
        self
    }

    /// The same, as if that session were at another time; its roster follows memberships there.
    #[must_use]
    pub fn moved(mut self, session: SessionId, span: Span) -> Self {
        for sitting in self.sittings.iter_mut().filter(|sitting| sitting.session == Some(session)) {
            sitting.span = span;
        }
        self.only(&[session])
    }

    /// The sessions asked about.
    pub fn asked(&self) -> impl Iterator<Item = &Sitting> {
        self.sittings.iter().filter(|sitting| sitting.asked)
    }
}

fn sitting(whole: &Whole, session: &session::Model) -> Sitting {
    Sitting {
        session: Some(session.id),
        key: session.key.clone(),
        title: shown::title(&whole.event, session).to_owned(),
        span: shown::span(session),
        location: shown::location(&whole.event, session).to_owned(),
        frozen: session.roster_frozen_at.is_some(),
        asked: true,
    }
}
