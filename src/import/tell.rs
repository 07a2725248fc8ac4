//! Telling the invited of what an import brought, when `--notify` asks for it. Without it nobody is told, now or later:
//! events that are new carry `mails = false`.

use std::collections::{BTreeMap, BTreeSet};

use entity::event;
use entity::id::{EventId, PersonId, SessionId};
use entity::session;
use entity::state::{EventStatus, MessageKind, SessionStatus};
use sea_orm::{Condition, ConnectionTrait};

use super::run::{Ground, Import, Notify};
use crate::db::revision;
use crate::error::Result;
use crate::people::{self, OrgTree, stays_where};
use crate::scheduling::ahead::{Ahead, Seats, Situation, shifts};
use crate::scheduling::{News, answer, join, tell_all, written_so_far};

/// Sessions that are new, or whose time, place or status changed.
#[derive(Clone, Debug, Default)]
pub struct Changed {
    changed: BTreeSet<SessionId>,
    moved: BTreeSet<SessionId>,
}

impl Changed {
    /// Remembers one.
    pub fn add(&mut self, session: SessionId) {
        self.changed.insert(session);
    }

    /// Remembers one whose time or place changed.
    pub fn moved(&mut self, session: SessionId) {
        self.moved.insert(session);
    }
}

/// Who is invited, before an import, to what is ahead and was told of.
#[derive(Debug, Default)]
pub struct Before {
    sessions: BTreeSet<SessionId>,
    seats: Seats,
}

impl Before {
    /// Reads it; nothing when nobody is to be told.
    pub async fn load(db: &impl ConnectionTrait, ground: &Ground<'_>) -> Result<Self> {
        if ground.notify == Notify::Nobody {
            return Ok(Self::default());
        }
        let ahead = Ahead::all(db, ground.now).await?;
        let told = ahead.sessions().filter(|(event, session)| event.mails && session.told_at.is_some());
        let sessions = told.map(|(_, session)| session.id).collect();
        Ok(Self { seats: seats(db, &ahead, &sessions).await?, sessions })
    }

    /// Tells those whom another audience, membership or day takes off, or brings. Gives of which events.
    async fn tell<C: ConnectionTrait>(&self, import: &Import<'_, C>) -> Result<BTreeSet<EventId>> {
        let (db, now) = (import.db, import.ground.now);
        if self.sessions.is_empty() {
            return Ok(BTreeSet::new());
        }
        let ahead = Ahead::all(db, now).await?;
        let shifts = shifts(&self.seats, &seats(db, &ahead, &self.sessions).await?);
        let concerned: BTreeSet<PersonId> = shifts.keys().map(|(_, person)| *person).collect();
        let persons = import.known.persons.values().filter(|person| concerned.contains(&person.id));
        let addresses = persons.filter_map(|person| Some((person.id, person.email.clone()?))).collect();
        let mark = revision(db, people::REVISION).await?;
        ahead.tell(db, &shifts, &addresses, mark, now).await?;
        let sessions: BTreeSet<SessionId> = shifts.keys().map(|(session, _)| *session).collect();
        Ok(ahead.sessions().filter(|(_, session)| sessions.contains(&session.id)).map(|(event, _)| event.id).collect())
    }
}

/// Who is invited to these of the sessions ahead, by the memberships as they stand.
async fn seats(db: &impl ConnectionTrait, ahead: &Ahead, sessions: &BTreeSet<SessionId>) -> Result<Seats> {
    if sessions.is_empty() {
        return Ok(Seats::new());
    }
    let (tree, stays) = (OrgTree::load(db).await?, stays_where(db, Condition::all()).await?);
    let mut seats = ahead.seats(Situation { tree: &tree, stays: &stays });
    seats.retain(|(session, _), _| sessions.contains(session));
    Ok(seats)
}

/// Puts what is to be told into the outbox, in the import's transaction: one message a UID to each.
pub async fn tell<C: ConnectionTrait>(import: &Import<'_, C>, before: &Before) -> Result<()> {
    let ahead = import.known.sessions.values().filter(|session| session.ends_at > import.ground.now);
    let moved: Vec<_> = ahead.map(|session| session.id).filter(|id| import.news.moved.contains(id)).collect();
    answer::clear(import.db, &moved, import.ground.now).await?;
    if import.ground.notify == Notify::Nobody {
        return Ok(());
    }
    let so_far = written_so_far(import.db).await?;
    let mut news: BTreeMap<EventId, (&event::Model, Vec<News>)> = BTreeMap::new();
    let now = import.ground.now;
    let changed = import.known.sessions.values().filter(|session| import.news.changed.contains(&session.id));
    for session in changed.filter(|session| session.ends_at > now) {
        let Some(event) = import.known.event_of(session) else { continue };
        let Some(kind) = what(event, session) else { continue };
        // Who was invited on another day and is not on this one is among those who are taken off.
        let told = News { kind, session: session.clone(), detail: None, gone_from: None };
        news.entry(event.id).or_insert_with(|| (event, Vec::new())).1.push(told);
    }
    let mut events: BTreeSet<EventId> = news.keys().copied().collect();
    for (event, mut news) in news.into_values() {
        news.sort_by_key(|one| (one.session.starts_at, one.session.id));
        tell_all(import.db, event, news, now).await?;
    }
    events.extend(before.tell(import).await?);
    for event in events {
        join(import.db, event, so_far).await?;
    }
    Ok(())
}

/// What the invited of a session are to be told: nothing of a draft, and of a cancellation only who was invited before.
fn what(event: &event::Model, session: &session::Model) -> Option<MessageKind> {
    let cancelled = event.status == EventStatus::Cancelled || session.status == SessionStatus::Cancelled;
    match (event.status == EventStatus::Draft || !event.mails, cancelled, session.told_at.is_some()) {
        (true, ..) | (_, true, false) => None,
        (_, true, true) => Some(MessageKind::Cancellation),
        (_, false, true) => Some(MessageKind::Update),
        (_, false, false) => Some(MessageKind::Invitation),
    }
}
