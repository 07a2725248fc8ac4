//! Looking up answers that stand.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use entity::answer::{self, Column};
use entity::id::{PersonId, SessionId};
use entity::state::AnswerStatus;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::db::among;

/// How many of those who answered said what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// They come.
    pub accepted: u64,
    /// They do not.
    pub declined: u64,
    /// They may.
    pub tentative: u64,
}

impl Tally {
    /// How many answered.
    #[must_use]
    pub const fn answered(&self) -> u64 {
        self.accepted + self.declined + self.tentative
    }

    /// Counts one more.
    pub const fn add(&mut self, status: AnswerStatus) {
        match status {
            AnswerStatus::Accepted => self.accepted += 1,
            AnswerStatus::Declined => self.declined += 1,
            AnswerStatus::Tentative => self.tentative += 1,
        }
    }
}

/// The answers to these sessions that stand, whoever is invited now.
pub async fn of_sessions(
    db: &impl ConnectionTrait,
    ids: &[SessionId],
) -> Result<HashMap<(SessionId, PersonId), AnswerStatus>, DbErr> {
    let mut found = HashMap::new();
    for ids in ids.chunks(1_000) {
        let rows: Vec<(SessionId, PersonId, AnswerStatus)> = answer::Entity::find()
            .select_only()
            .columns([Column::SessionId, Column::PersonId, Column::Status])
            .filter(Column::SessionId.is_in(ids.iter().copied()))
            .filter(Column::ClearedAt.is_null())
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|(session, person, status)| ((session, person), status)));
    }
    Ok(found)
}

/// What these people answered to these sessions, where it stands.
pub async fn of_people<S: BuildHasher>(
    db: &impl ConnectionTrait,
    sessions: &HashSet<SessionId, S>,
    people: &HashSet<PersonId, S>,
) -> Result<HashMap<(SessionId, PersonId), AnswerStatus>, DbErr> {
    if sessions.is_empty() || people.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(SessionId, PersonId, AnswerStatus)> = answer::Entity::find()
        .select_only()
        .columns([Column::SessionId, Column::PersonId, Column::Status])
        .filter(Column::SessionId.is_in(sessions.iter().copied()))
        .filter(among(Column::PersonId, people.iter().copied()))
        .filter(Column::ClearedAt.is_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(session, person, status)| ((session, person), status)).collect())
}

/// What was answered to one session, by person.
pub async fn of_one(db: &impl ConnectionTrait, session: SessionId) -> Result<HashMap<PersonId, AnswerStatus>, DbErr> {
    let found = of_sessions(db, &[session]).await?;
    Ok(found.into_iter().map(|((_, person), status)| (person, status)).collect())
}

/// The answers to one session that stand, by person.
pub async fn of_session(
    db: &impl ConnectionTrait,
    session: SessionId,
) -> Result<HashMap<PersonId, answer::Model>, DbErr> {
    let rows = answer::Entity::find()
        .filter(Column::SessionId.eq(session))
        .filter(Column::ClearedAt.is_null())
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.person_id, row)).collect())
}

/// How the answers to these sessions stand.
pub async fn tallies(db: &impl ConnectionTrait, ids: &[SessionId]) -> Result<HashMap<SessionId, Tally>, DbErr> {
    let mut found: HashMap<SessionId, Tally> = HashMap::new();
    for ((session, _), status) in of_sessions(db, ids).await? {
        found.entry(session).or_default().add(status);
    }
    Ok(found)
}
