//! What those who get invitations answered to them: a new version of what somebody accepted must not ask them as if
//! they had said nothing. Pure, but for what it reads beforehand.

use std::collections::{HashMap, HashSet};

use entity::id::{EventId, PersonId, SessionId};
use entity::state::AnswerStatus;
use entity::{outbox, session};
use sea_orm::{ConnectionTrait, DbErr};

use super::facts::{Facts, registered};
use super::overtaken::KINDS;
use crate::scheduling::answer;

/// By session and person; only what stands.
pub(super) type Answers = HashMap<(SessionId, PersonId), AnswerStatus>;

/// The answers to what a batch invites to; nothing where calendars hear of nothing.
pub(super) async fn answers(
    db: &impl ConnectionTrait,
    rows: &[outbox::Model],
    sittings: &HashMap<EventId, Vec<session::Model>>,
) -> Result<Answers, DbErr> {
    let heard = || rows.iter().filter(|row| KINDS.contains(&row.kind));
    let mut sessions: HashSet<SessionId> = heard().filter_map(|row| row.session_id).collect();
    let whole = heard().filter(|row| row.series_id.is_some()).filter_map(|row| row.event_id);
    sessions.extend(whole.filter_map(|event| sittings.get(&event)).flatten().map(|session| session.id));
    answer::of_people(db, &sessions, &heard().filter_map(|row| row.person_id).collect()).await
}

/// What stands of whoever gets a message as their answer to a session; who put their name down has said that they come.
pub(super) fn answer(facts: &Facts, row: &outbox::Model, session: SessionId) -> Option<AnswerStatus> {
    if registered(row).is_some() {
        return Some(AnswerStatus::Accepted);
    }
    facts.answers.get(&(session, row.person_id?)).copied()
}

/// What they answered to all of these sessions; None where it is not the same.
pub(super) fn to_all<'a>(
    facts: &Facts,
    row: &outbox::Model,
    mut sessions: impl Iterator<Item = &'a session::Model>,
) -> Option<AnswerStatus> {
    let first = answer(facts, row, sessions.next()?.id)?;
    sessions.all(|session| answer(facts, row, session.id) == Some(first)).then_some(first)
}
