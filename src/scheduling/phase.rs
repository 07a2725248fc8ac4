//! Where an event or a sitting stands as people see it: pure, from its status and the time.

use chrono::{DateTime, Utc};
use entity::state::{EventStatus, SessionStatus};
use entity::{event, session};

/// Where it stands as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Not published.
    Draft,
    /// Published and ahead.
    Ahead,
    /// Going on.
    Running,
    /// Over, or marked so.
    Held,
    /// Called off.
    Cancelled,
}

impl Phase {
    /// All, in their order.
    pub const ALL: [Self; 5] = [Self::Draft, Self::Ahead, Self::Running, Self::Held, Self::Cancelled];

    /// Its name in addresses and in the keys of texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Ahead => "ahead",
            Self::Running => "running",
            Self::Held => "held",
            Self::Cancelled => "cancelled",
        }
    }

    /// The phase of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == name)
    }

    /// Of one sitting.
    #[must_use]
    pub fn of_session(event: &event::Model, session: &session::Model, now: DateTime<Utc>) -> Self {
        Self::of(event.status, session.status, (session.starts_at, session.ends_at), now)
    }

    /// Of one sitting, by the status of its event, its own, its start and its end.
    #[must_use]
    pub fn of(
        event: EventStatus,
        session: SessionStatus,
        (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
        now: DateTime<Utc>,
    ) -> Self {
        match (event, session) {
            (EventStatus::Cancelled, _) | (_, SessionStatus::Cancelled) => Self::Cancelled,
            (EventStatus::Draft, _) => Self::Draft,
            (_, SessionStatus::Held) => Self::Held,
            _ if ends_at <= now => Self::Held,
            _ if starts_at <= now => Self::Running,
            _ => Self::Ahead,
        }
    }

    /// Of an event as a whole: running if a sitting is, else ahead if one is, else held.
    #[must_use]
    pub fn of_event(event: &event::Model, sessions: &[session::Model], now: DateTime<Utc>) -> Self {
        match event.status {
            EventStatus::Draft => return Self::Draft,
            EventStatus::Cancelled => return Self::Cancelled,
            EventStatus::Scheduled => {}
        }
        let has = |wanted| sessions.iter().any(|session| Self::of_session(event, session, now) == wanted);
        let order = [Self::Running, Self::Ahead, Self::Held, Self::Cancelled];
        order.into_iter().find(|&phase| has(phase)).unwrap_or(Self::Ahead)
    }
}
