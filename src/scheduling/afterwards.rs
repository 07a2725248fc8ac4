//! What is mailed once a session is over.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::state::{MessageKind, SessionStatus};
use entity::{event, reminder_run, session};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use super::kind::Kinds;
use crate::db::insert_all;
use crate::error::FieldProblem;

/// One mail after a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Afterwards {
    /// To those who had to come and did not: what to make up, by when.
    MakeUp,
    /// To those who came.
    Thanks,
    /// To all of them, once there are materials.
    Materials,
}

impl Afterwards {
    /// Every one, in the order of forms.
    pub const ALL: [Self; 3] = [Self::MakeUp, Self::Thanks, Self::Materials];

    /// As files, JSON and forms spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MakeUp => "make_up",
            Self::Thanks => "thanks",
            Self::Materials => "materials",
        }
    }

    /// The message that says it.
    #[must_use]
    pub const fn kind(self) -> MessageKind {
        match self {
            Self::MakeUp => MessageKind::MakeUp,
            Self::Thanks => MessageKind::Thanks,
            Self::Materials => MessageKind::Materials,
        }
    }

    /// As it stands in `reminder_run.what`.
    #[must_use]
    pub fn run(self) -> String {
        format!("after {}", self.as_str())
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// What is mailed after an event's sessions: its own choice, else its kind's.
#[must_use]
pub fn of_event(kinds: &Kinds, event: &event::Model) -> BTreeSet<Afterwards> {
    match event.after.as_ref().and_then(|own| own.as_array()) {
        Some(own) => own.iter().filter_map(|text| Afterwards::parse(text.as_str()?)).collect(),
        None => kinds.get(&event.kind).map(|kind| kind.after().into_iter().collect()).unwrap_or_default(),
    }
}

/// Understands a list of them, each once.
pub(super) fn read(list: &[String], wrong: &mut Vec<FieldProblem>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for (i, text) in list.iter().enumerate() {
        match Afterwards::parse(text.trim()) {
            Some(one) => drop(found.insert(one)),
            None => wrong.push(FieldProblem::new(format!("after[{i}]"), "bad-after")),
        }
    }
    found.into_iter().map(|one| one.as_str().to_owned()).collect()
}

/// Says of what an event mails from now on that of the sessions that are over nothing need be said: who turns thanks on
/// in June does not thank for January.
pub(super) async fn spare_the_past(
    db: &impl ConnectionTrait,
    kinds: &Kinds,
    before: &event::Model,
    event: &event::Model,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let (were, are) = (of_event(kinds, before), of_event(kinds, event));
    let fresh: Vec<_> = are.difference(&were).copied().collect();
    if fresh.is_empty() {
        return Ok(());
    }
    let over = session::Entity::find()
        .filter(session::Column::EventId.eq(event.id))
        .filter(session::Column::Status.ne(SessionStatus::Cancelled))
        .filter(session::Column::EndsAt.lte(now))
        .all(db)
        .await?;
    spare(db, &over, &fresh, now).await
}

/// Says that after these sessions this is not mailed, unless somebody has begun to mail it.
pub async fn spare(
    db: &impl ConnectionTrait,
    sessions: &[session::Model],
    mails: &[Afterwards],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = |session: &session::Model, what: String| reminder_run::ActiveModel {
        session_id: Set(session.id),
        starts_at: Set(session.starts_at),
        what: Set(what),
        reached: Set(0),
        begun_at: Set(now),
        done_at: Set(Some(now)),
        ..Default::default()
    };
    let rows = sessions.iter().flat_map(|session| {
        mails.iter().flat_map(move |one| [row(session, one.run()), row(session, format!("{} registered", one.run()))])
    });
    let key = [reminder_run::Column::SessionId, reminder_run::Column::StartsAt, reminder_run::Column::What];
    insert_all(db, rows.collect(), Some(&OnConflict::columns(key).do_nothing().to_owned())).await
}
