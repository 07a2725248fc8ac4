//! Telling the invited of what an import brought, when `--notify` asks for it. Without it nobody is told, now or later:
//! events that are new carry `mails = false`.

use std::collections::{BTreeMap, BTreeSet};

use entity::event;
use entity::id::{EventId, SessionId};
use entity::session;
use entity::state::{EventStatus, MessageKind, SessionStatus};
use sea_orm::ConnectionTrait;

use super::run::{Import, Notify};
use crate::error::Result;
use crate::scheduling::{News, answer, tell_all};

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

/// Puts what is to be told into the outbox, in the import's transaction.
pub async fn tell<C: ConnectionTrait>(import: &Import<'_, C>) -> Result<()> {
    let ahead = import.known.sessions.values().filter(|session| session.ends_at > import.ground.now);
    let moved: Vec<_> = ahead.map(|session| session.id).filter(|id| import.news.moved.contains(id)).collect();
    answer::clear(import.db, &moved, import.ground.now).await?;
    if import.ground.notify == Notify::Nobody {
        return Ok(());
    }
    let mut news: BTreeMap<EventId, (&event::Model, Vec<News>)> = BTreeMap::new();
    let now = import.ground.now;
    let changed = import.known.sessions.values().filter(|session| import.news.changed.contains(&session.id));
    for session in changed.filter(|session| session.ends_at > now) {
        let Some(event) = import.known.event_of(session) else { continue };
        let Some(kind) = what(event, session) else { continue };
        let told = News { kind, session: session.clone(), detail: None, gone_from: None };
        news.entry(event.id).or_insert_with(|| (event, Vec::new())).1.push(told);
    }
    for (event, mut news) in news.into_values() {
        news.sort_by_key(|one| (one.session.starts_at, one.session.id));
        tell_all(import.db, event, news, now).await?;
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
