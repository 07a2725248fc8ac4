//! Telling the invited, as outbox rows in the transaction of what they are told: one mail a UID, which is one of a series
//! and otherwise one of a session.

mod letters;
mod series;
mod shift;

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{PersonId, SessionId};
use entity::state::{EventStatus, MessageKind, SessionStatus};
use entity::{event, registration, session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use serde_json::Value;

use super::audience::{Audience, invited_by_day};
use super::registration as names;
use crate::error::Result;
use crate::people::Member;

pub(super) use letters::{Addressee, Extent, Letters, Told, Turn, detail};
pub(super) use series::SeriesMail;
pub(super) use shift::{Invited, Shifted, tell_shifts};

/// Whether somebody may still come: published, neither held nor cancelled, and its end ahead.
#[must_use]
pub fn is_ahead(event: &event::Model, session: &session::Model, now: DateTime<Utc>) -> bool {
    event.status == EventStatus::Scheduled && session.status == SessionStatus::Scheduled && session.ends_at > now
}

/// What is to be told of one session.
#[derive(Clone, Debug)]
pub struct News {
    /// What it says: `invitation`, `update` or `cancellation`.
    pub kind: MessageKind,
    /// The session as it is now.
    pub session: session::Model,
    /// What the ids do not say.
    pub detail: Option<Value>,
    /// The day on which it was: who was invited then and is not now is told that it is off.
    pub gone_from: Option<NaiveDate>,
}

impl News {
    /// That a session is there.
    #[must_use]
    pub const fn invitation(session: session::Model) -> Self {
        Self { kind: MessageKind::Invitation, session, detail: None, gone_from: None }
    }

    const fn turn(&self) -> Turn {
        match self.kind {
            MessageKind::Cancellation => Turn::Goes,
            MessageKind::Update => Turn::Changes,
            _ => Turn::Comes,
        }
    }
}

/// Tells everyone invited to these sessions of one event, and who put their names down for it, in as many statements as
/// of one; each (kind, UID, SEQUENCE, person) is told once, whoever asks how often. People without an address are told
/// nothing.
pub async fn tell_all(
    db: &impl ConnectionTrait,
    event: &event::Model,
    news: Vec<News>,
    now: DateTime<Utc>,
) -> Result<()> {
    tell_as(db, event, news, Extent::Smallest, now).await
}

/// The same after a series was laid out anew: its mails are always of the whole.
pub(super) async fn tell_as(
    db: &impl ConnectionTrait,
    event: &event::Model,
    news: Vec<News>,
    extent: Extent,
    now: DateTime<Utc>,
) -> Result<()> {
    if news.is_empty() {
        return Ok(());
    }
    let audience = Audience::load(db, event).await?;
    let days: BTreeSet<NaiveDate> =
        news.iter().flat_map(|one| [Some(one.session.day), one.gone_from]).flatten().collect();
    let people = invited_by_day(db, &audience, &days).await?;
    let of = |day: NaiveDate| people.get(&day).map(Vec::as_slice).unwrap_or_default();
    let down = names::active(db, event.id).await?;
    // Who is invited is told as such, of whichever session.
    let known: HashSet<PersonId> = people.values().flat_map(|day| reached(day)).collect();
    let mut letters = Letters::new(event, extent);
    for one in &news {
        let at = letters.session(&one.session);
        let here = of(one.session.day);
        for member in here {
            letters.turn(Addressee::member(member), at, one.turn(), one.detail.as_ref());
        }
        for row in beside(&down, &known) {
            letters.turn(Addressee::registered(row), at, one.turn(), one.detail.as_ref());
        }
        if let Some(day) = one.gone_from {
            for member in gone(of(day).to_vec(), here) {
                letters.turn(Addressee::member(&member), at, Turn::Goes, None);
            }
        }
    }
    letters.write(db, now).await?;
    Ok(told(db, news.iter().map(|one| one.session.id).collect(), now).await?)
}

/// Who put their names down and is not among those who are told anyway.
fn beside<'a>(
    rows: &'a [registration::Model],
    known: &'a HashSet<PersonId>,
) -> impl Iterator<Item = &'a registration::Model> {
    rows.iter().filter(|row| row.person_id.is_none_or(|id| !known.contains(&id)))
}

/// Those of the invited whom mail reaches.
fn reached(invited: &[Member]) -> impl Iterator<Item = PersonId> {
    invited.iter().filter(|member| member.email.is_some()).map(|member| member.person_id)
}

pub(super) async fn told(db: &impl ConnectionTrait, sessions: Vec<SessionId>, now: DateTime<Utc>) -> Result<(), DbErr> {
    session::Entity::update_many()
        .col_expr(session::Column::ToldAt, Expr::value(now))
        .filter(session::Column::Id.is_in(sessions))
        .exec(db)
        .await
        .map(drop)
}

/// Those of `before` who are not among `after`.
pub(super) fn gone(before: Vec<Member>, after: &[Member]) -> Vec<Member> {
    let still: HashSet<_> = after.iter().map(|member| member.person_id).collect();
    before.into_iter().filter(|member| !still.contains(&member.person_id)).collect()
}

/// Who is invited on which day.
type OnDays = HashMap<NaiveDate, HashSet<PersonId>>;
