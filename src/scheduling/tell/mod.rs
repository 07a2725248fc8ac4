//! Telling the invited, as outbox rows in the transaction of what they are told: one mail a UID, which is one of a series
//! and otherwise one of a session.

mod join;
mod letters;
mod series;
mod shift;

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{PersonId, SeriesId, SessionId};
use entity::state::{EventStatus, MessageKind, SessionStatus};
use entity::{event, outbox, registration, session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use serde_json::Value;

use super::audience::{Audience, invited_by_day};
use super::registration as names;
use crate::error::Result;
use crate::people::Member;

pub use join::{join, written_so_far};
pub(super) use letters::{Addressee, Extent, Letters, Told, Turn, detail};
pub(super) use series::SeriesMail;
pub(super) use shift::{Invited, Shifted, raise, tell_shifts};

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
    let named: HashSet<PersonId> = down.iter().filter_map(|row| row.person_id).collect();
    let known: OnDays = people.iter().map(|(day, people)| (*day, reached(people).collect())).collect();
    let heard = heard(db, &news).await?;
    let mut letters = Letters::new(event, extent);
    for one in &news {
        let at = letters.session(&one.session);
        let concerned = |who: &Addressee| heard.get(&one.session.id).is_none_or(|those| those.contains(&who.address));
        let here = of(one.session.day);
        for who in here.iter().map(Addressee::member).chain(beside(&down, &known, &one.session)) {
            letters.turn(who.filter(concerned), at, one.turn(), one.detail.as_ref());
        }
        if let Some(day) = one.gone_from {
            // Who put their name down comes on whatever day it is.
            let gone = gone(of(day).to_vec(), here).into_iter().filter(|member| !named.contains(&member.person_id));
            for member in gone {
                letters.turn(Addressee::member(&member), at, Turn::Goes, None);
            }
        }
    }
    letters.write(db, now).await?;
    let ids = news.iter().map(|one| one.session.id);
    Ok(told(db, ids.filter(|id| heard.get(id).is_none_or(|those| !those.is_empty())).collect(), now).await?)
}

/// Who put their names down and is not invited to a session anyway.
fn beside<'a>(
    rows: &'a [registration::Model],
    known: &'a OnDays,
    session: &session::Model,
) -> impl Iterator<Item = Option<Addressee>> + use<'a> {
    let (day, of_series) = (session.day, session.series_id.is_some());
    let here = move |id: &PersonId| known.get(&day).is_some_and(|people| people.contains(id));
    // A series has one UID: who is invited to some of it is told of all of it as such.
    let elsewhere = move |id: &PersonId| of_series && known.values().any(|people| people.contains(id));
    rows.iter().filter(move |row| !row.person_id.as_ref().is_some_and(here)).map(move |row| match row.person_id {
        Some(id) if elsewhere(&id) => Addressee::person(id, Some(&row.email)),
        _ => Addressee::registered(row),
    })
}

/// Of sessions that are off and may never have been told of, because an import brought them quietly: the addresses that
/// were told of them all the same, before a quiet import changed them or as those of people who put their names down.
async fn heard(db: &impl ConnectionTrait, news: &[News]) -> Result<HashMap<SessionId, HashSet<String>>, DbErr> {
    let off = |one: &&News| one.kind == MessageKind::Cancellation && one.session.told_at.is_none();
    let off: Vec<&session::Model> = news.iter().filter(off).map(|one| &one.session).collect();
    if off.is_empty() {
        return Ok(HashMap::new());
    }
    let about = Condition::any()
        .add(outbox::Column::SessionId.is_in(off.iter().map(|session| session.id)))
        .add(outbox::Column::SeriesId.is_in(off.iter().filter_map(|session| session.series_id)));
    let kinds = [MessageKind::Invitation, MessageKind::Update, MessageKind::Registration];
    let told: Vec<(Option<SessionId>, Option<SeriesId>, String)> = outbox::Entity::find()
        .select_only()
        .columns([outbox::Column::SessionId, outbox::Column::SeriesId, outbox::Column::Address])
        .distinct()
        .filter(about)
        .filter(outbox::Column::Kind.is_in(kinds))
        .into_tuple()
        .all(db)
        .await?;
    let those = |session: &session::Model| {
        let of_it = |(one, series, _): &&(Option<SessionId>, Option<SeriesId>, String)| {
            *one == Some(session.id) || series.is_some() && *series == session.series_id
        };
        told.iter().filter(of_it).map(|(_, _, address)| address.clone()).collect()
    };
    Ok(off.into_iter().map(|session| (session.id, those(session))).collect())
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
