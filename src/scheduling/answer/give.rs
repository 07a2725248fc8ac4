//! Writing answers down, and making them void.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::answer::{self, Column};
use entity::id::{PersonId, SeriesId, SessionId};
use entity::session;
use entity::state::{AnswerStatus, AnswerVia};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::db::insert_all;

/// How far ahead of the clock here a sender's clock is believed.
const AHEAD: TimeDelta = TimeDelta::days(1);

/// An answer that somebody gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Whose it is.
    pub person: PersonId,
    /// What they say.
    pub status: AnswerStatus,
    /// What they add.
    pub comment: String,
    /// The SEQUENCE that they answer; None for what was seen just now.
    pub sequence: Option<i32>,
    /// When it was said; None is now.
    pub stamp: Option<DateTime<Utc>>,
    /// By which way.
    pub via: AnswerVia,
    /// The assistant who says it for them.
    pub by: Option<PersonId>,
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It stands.
    Stands,
    /// It is to a time or place that changed since.
    Late,
    /// A later one stands.
    Older,
}

/// Writes one answer to each of these sessions down, in the caller's transaction, which holds their event and read them
/// since: whoever moves them, or answers too, comes before or after. The highest SEQUENCE, then the latest stamp wins
/// (RFC 5546 section 2.1.5); of two with both alike the one that comes later. One without a SEQUENCE is to what is now.
/// Gives what became of it, session by session.
pub async fn give(
    db: &impl ConnectionTrait,
    sessions: &[session::Model],
    given: &Given,
    now: DateTime<Utc>,
) -> Result<Vec<Taken>, DbErr> {
    let ids: Vec<SessionId> = sessions.iter().map(|session| session.id).collect();
    let standing = standing(db, &ids, given.person).await?;
    // An answer that names none is to what mails say now: none that answers an earlier mail may beat it.
    let told: HashMap<SessionId, i32> = match given.sequence {
        Some(_) => HashMap::new(),
        None => asked(db, &ids).await?.into_iter().collect(),
    };
    let stamp = given.stamp.map_or(now, |stamp| stamp.min(now + AHEAD));
    let (mut seen, mut rows) = (Vec::new(), Vec::new());
    for session in sessions {
        let (sequence, stamp) = match (given.sequence, standing.get(&session.id).copied()) {
            (Some(sequence), _) if sequence < session.answers_from => {
                seen.push(Taken::Late);
                continue;
            }
            (Some(sequence), Some(before)) if (sequence, stamp) < before => {
                seen.push(Taken::Older);
                continue;
            }
            (Some(sequence), _) => (sequence, stamp),
            (None, before) => {
                let asked = told.get(&session.id).copied().unwrap_or_default().max(session.answers_from);
                // What is said on a page is said now, whatever a mail's clock claimed.
                before.map_or((asked, stamp), |(sequence, said)| (asked.max(sequence), stamp.max(said)))
            }
        };
        seen.push(Taken::Stands);
        rows.push(row(session.id, given, (sequence, stamp), now));
    }
    let over = OnConflict::columns([Column::SessionId, Column::PersonId])
        .update_columns([
            Column::Status,
            Column::Comment,
            Column::Sequence,
            Column::Stamp,
            Column::Via,
            Column::ByPersonId,
            Column::AnsweredAt,
            Column::ClearedAt,
        ])
        .to_owned();
    insert_all(db, rows, Some(&over)).await?;
    Ok(seen)
}

/// SEQUENCE and stamp of the answers of a person that stand, by session.
async fn standing(
    db: &impl ConnectionTrait,
    ids: &[SessionId],
    person: PersonId,
) -> Result<HashMap<SessionId, (i32, DateTime<Utc>)>, DbErr> {
    let mut found = HashMap::new();
    for ids in ids.chunks(1_000) {
        let rows = answer::Entity::find()
            .filter(Column::SessionId.is_in(ids.iter().copied()))
            .filter(Column::PersonId.eq(person))
            .filter(Column::ClearedAt.is_null())
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|row| (row.session_id, (row.sequence, row.stamp))));
    }
    Ok(found)
}

fn row(
    session: SessionId,
    given: &Given,
    (sequence, stamp): (i32, DateTime<Utc>),
    now: DateTime<Utc>,
) -> answer::ActiveModel {
    answer::ActiveModel {
        session_id: Set(session),
        person_id: Set(given.person),
        status: Set(given.status),
        comment: Set(given.comment.clone()),
        sequence: Set(sequence),
        stamp: Set(stamp),
        via: Set(given.via),
        by_person_id: Set(given.by),
        answered_at: Set(now),
        cleared_at: Set(None),
        ..Default::default()
    }
}

/// Makes the answers to these sessions void: their time or place changed, and their SEQUENCE with it. In the caller's
/// transaction, after that was written.
pub async fn clear(db: &impl ConnectionTrait, ids: &[SessionId], now: DateTime<Utc>) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut from: HashMap<i32, Vec<SessionId>> = HashMap::new();
    for (id, sequence) in asked(db, ids).await? {
        from.entry(sequence).or_default().push(id);
    }
    for (sequence, ids) in from {
        for ids in ids.chunks(1_000) {
            session::Entity::update_many()
                .col_expr(session::Column::AnswersFrom, Expr::value(sequence))
                .filter(session::Column::Id.is_in(ids.iter().copied()))
                .exec(db)
                .await?;
        }
    }
    for ids in ids.chunks(1_000) {
        answer::Entity::update_many()
            .col_expr(Column::ClearedAt, Expr::value(now))
            .filter(Column::SessionId.is_in(ids.iter().copied()))
            .filter(Column::ClearedAt.is_null())
            .exec(db)
            .await?;
    }
    Ok(())
}

/// The SEQUENCE that mails of these sessions carry now: a session's own, of a sitting that of its series, which is the
/// sum over its sittings.
async fn asked(db: &impl ConnectionTrait, ids: &[SessionId]) -> Result<Vec<(SessionId, i32)>, DbErr> {
    let mut rows: Vec<(SessionId, Option<SeriesId>, i32)> = Vec::new();
    for ids in ids.chunks(1_000) {
        let found: Vec<_> =
            sequences().filter(session::Column::Id.is_in(ids.iter().copied())).into_tuple().all(db).await?;
        rows.extend::<Vec<(SessionId, Option<SeriesId>, i32)>>(found);
    }
    let series: HashSet<SeriesId> = rows.iter().filter_map(|(_, series, _)| *series).collect();
    let mut sums: HashMap<SeriesId, i32> = HashMap::new();
    if !series.is_empty() {
        let sittings: Vec<(SessionId, Option<SeriesId>, i32)> =
            sequences().filter(session::Column::SeriesId.is_in(series)).into_tuple().all(db).await?;
        for (_, series, sequence) in sittings {
            if let Some(series) = series {
                *sums.entry(series).or_default() += sequence;
            }
        }
    }
    let of = |(id, series, own): (SessionId, Option<SeriesId>, i32)| {
        (id, series.and_then(|series| sums.get(&series).copied()).unwrap_or(own))
    };
    Ok(rows.into_iter().map(of).collect())
}

fn sequences() -> sea_orm::Select<session::Entity> {
    session::Entity::find().select_only().columns([
        session::Column::Id,
        session::Column::SeriesId,
        session::Column::Sequence,
    ])
}
