//! What an event and its sessions were before a deed.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{EventId, OrganisationId, PersonId, SessionId, UndoStepId};
use entity::state::{EventStatus, SessionStatus};
use entity::{event, roster_entry, session, undo_step};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};

use crate::access::Actor;
use crate::error::{Error, Result};
use crate::scheduling::publish::sessions;
use crate::scheduling::registration::active;

/// The deed that makes a draft known.
pub(super) const PUBLISH: &str = "event.publish";

/// Deeds of one request that are taken back together: a form changes an event and several sessions at once.
const TOGETHER: [&str; 2] = ["event.change", "session.change"];

/// What an event and those of its sessions that a deed touches were before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::scheduling) struct Before {
    pub status: EventStatus,
    pub mails: bool,
    pub published_at: Option<DateTime<Utc>>,
    pub location: String,
    pub sessions: Vec<SessionBefore>,
    /// SEQUENCE of the series that they are of; None where they are of none, or were kept by an earlier version.
    #[serde(default)]
    pub series: Option<i64>,
}

/// What a session was before a deed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::scheduling) struct SessionBefore {
    pub id: SessionId,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub all_day: bool,
    pub day: NaiveDate,
    pub year: i32,
    pub status: SessionStatus,
    pub title: Option<String>,
    pub location: Option<String>,
    pub by_hand: bool,
    pub told_at: Option<DateTime<Utc>>,
    pub roster_frozen_at: Option<DateTime<Utc>>,
    /// None where an earlier version kept it.
    #[serde(default)]
    pub sequence: Option<i32>,
    /// Its fixed roster, where the deed lets it follow memberships again.
    pub roster: Vec<Listed>,
}

/// Somebody on a fixed roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::scheduling) struct Listed {
    pub person: PersonId,
    pub organisation: OrganisationId,
    pub name: String,
    pub title: String,
}

impl Before {
    /// What these are now, before the deed.
    pub fn of(event: &event::Model, sessions: &[session::Model]) -> Self {
        Self {
            status: event.status,
            mails: event.mails,
            published_at: event.published_at,
            location: event.location.clone(),
            sessions: sessions.iter().map(SessionBefore::of).collect(),
            series: None,
        }
    }

    /// SEQUENCE of the series before the deed, which raised that of no other sitting: messages of the deed bear none
    /// below it.
    fn series_before(&self, present: &[session::Model]) -> Option<i64> {
        let id = present.iter().find_map(|row| row.series_id)?;
        let sequences: HashMap<SessionId, Option<i32>> =
            self.sessions.iter().map(|old| (old.id, old.sequence)).collect();
        let of_it = present.iter().filter(|row| row.series_id == Some(id));
        Some(of_it.map(|row| i64::from(sequences.get(&row.id).copied().flatten().unwrap_or(row.sequence))).sum())
    }

    /// The same with the fixed rosters of these sessions.
    pub async fn with_rosters(mut self, db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        for session in self.sessions.iter_mut().filter(|session| session.roster_frozen_at.is_some()) {
            let rows =
                roster_entry::Entity::find().filter(roster_entry::Column::SessionId.eq(session.id)).all(db).await?;
            session.roster = rows.into_iter().map(Listed::from).collect();
        }
        Ok(self)
    }
}

impl SessionBefore {
    fn of(row: &session::Model) -> Self {
        Self {
            id: row.id,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            all_day: row.all_day,
            day: row.day,
            year: row.year,
            status: row.status,
            title: row.title.clone(),
            location: row.location.clone(),
            by_hand: row.by_hand,
            told_at: row.told_at,
            roster_frozen_at: row.roster_frozen_at,
            sequence: Some(row.sequence),
            roster: Vec::new(),
        }
    }
}

impl From<roster_entry::Model> for Listed {
    fn from(row: roster_entry::Model) -> Self {
        Self { person: row.person_id, organisation: row.organisation_id, name: row.name, title: row.title }
    }
}

/// Keeps what takes a deed back, in the deed's own transaction and as its last write. What was kept before is let go:
/// something came after it now.
pub(in crate::scheduling) async fn remember(
    db: &impl ConnectionTrait,
    actor: &Actor,
    action: &str,
    id: EventId,
    mut before: Before,
    now: DateTime<Utc>,
) -> Result<()> {
    let event = event::Entity::find_by_id(id).one(db).await?.ok_or_else(|| Error::internal("an event that is gone"))?;
    before.series = before.series_before(&sessions(db, id).await?);
    if let Some(last) = newest(db, id).await? {
        let one_request = last.created_at == now
            && last.actor == actor.name
            && last.undone_at.is_none()
            && TOGETHER.contains(&last.action.as_str())
            && TOGETHER.contains(&action);
        if one_request && let Ok(first) = serde_json::from_value::<Before>(last.before) {
            let new = before.sessions.into_iter().filter(|new| first.sessions.iter().all(|old| old.id != new.id));
            let mut sessions = first.sessions.clone();
            sessions.extend(new);
            before = Before { sessions, ..first };
        }
    }
    undo_step::Entity::delete_many().filter(undo_step::Column::EventId.eq(id)).exec(db).await?;
    let row = undo_step::ActiveModel {
        event_id: Set(id),
        action: Set(action.to_owned()),
        actor: Set(actor.name.clone()),
        revision: Set(event.revision),
        before: Set(serde_json::to_value(&before).map_err(Error::internal)?),
        created_at: Set(now),
        undone_at: Set(None),
        ..Default::default()
    };
    undo_step::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

pub(super) async fn newest(db: &impl ConnectionTrait, event: EventId) -> Result<Option<undo_step::Model>, DbErr> {
    undo_step::Entity::find()
        .filter(undo_step::Column::EventId.eq(event))
        .order_by_desc(undo_step::Column::Id)
        .one(db)
        .await
}

/// Marks a step as taken back; false when somebody else has just done so.
pub(super) async fn mark(db: &impl ConnectionTrait, id: UndoStepId, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let done = undo_step::Entity::update_many()
        .col_expr(undo_step::Column::UndoneAt, Expr::value(now))
        .filter(undo_step::Column::Id.eq(id))
        .filter(undo_step::Column::UndoneAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// A deed that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Possible {
    /// Name it when taking it back, so that no other is.
    pub step: UndoStepId,
    /// The deed, as in `audit.action`.
    pub action: String,
}

/// Why a step cannot be taken back, as the code of its text; None when it can.
pub(super) async fn hindrance(
    db: &impl ConnectionTrait,
    step: &undo_step::Model,
    before: &Before,
    (event, sessions): (&event::Model, &[session::Model]),
    now: DateTime<Utc>,
) -> Result<Option<&'static str>> {
    if step.undone_at.is_some() {
        return Ok(Some("undo-done"));
    }
    if step.revision != event.revision {
        return Ok(Some("undo-changed"));
    }
    let passed = |at: DateTime<Utc>| step.created_at < at && at <= now;
    let begun = before.sessions.iter().any(|old| {
        let new = sessions.iter().find(|session| session.id == old.id);
        passed(old.starts_at)
            || passed(old.ends_at)
            || new.is_some_and(|new| passed(new.starts_at) || passed(new.ends_at))
    });
    if begun {
        return Ok(Some("undo-begun"));
    }
    // Nobody can put their name down for a draft, so those who did would be lost.
    let named = before.status == EventStatus::Draft && !active(db, event.id).await?.is_empty();
    Ok(named.then_some("undo-registered"))
}

/// The last deed on an event, if it can be taken back now.
pub async fn latest(
    db: &impl ConnectionTrait,
    event: &event::Model,
    sessions: &[session::Model],
    now: DateTime<Utc>,
) -> Result<Option<Possible>> {
    let Some(step) = newest(db, event.id).await? else { return Ok(None) };
    let before: Before = serde_json::from_value(step.before.clone()).map_err(Error::internal)?;
    let free = hindrance(db, &step, &before, (event, sessions), now).await?.is_none();
    Ok(free.then_some(Possible { step: step.id, action: step.action }))
}
