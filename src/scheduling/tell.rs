//! Telling the invited, as outbox rows in the transaction of what they are told.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{PersonId, SessionId};
use entity::state::{EventStatus, MessageKind, SessionStatus};
use entity::{event, session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use serde_json::Value;

use super::audience::{Audience, invited, invited_by_day};
use super::registration;
use crate::error::Result;
use crate::outbox::{Message, enqueue};
use crate::people::Member;

/// Whether somebody may still come: published, neither held nor cancelled, and its end ahead.
#[must_use]
pub fn is_ahead(event: &event::Model, session: &session::Model, now: DateTime<Utc>) -> bool {
    event.status == EventStatus::Scheduled && session.status == SessionStatus::Scheduled && session.ends_at > now
}

/// Tells everyone invited to a session, and who put their names down for it; each (kind, session, SEQUENCE, person) is told
/// once, whoever asks how often. People without an address are told nothing.
pub async fn tell(
    db: &impl ConnectionTrait,
    kind: MessageKind,
    event: &event::Model,
    session: &session::Model,
    detail: Option<Value>,
    now: DateTime<Utc>,
) -> Result<()> {
    let audience = Audience::load(db, event).await?;
    let people = invited(db, &audience, session.day).await?;
    tell_people(db, kind, event, session, &people, detail.clone(), now).await?;
    tell_registered(db, kind, event, session, &people, detail.as_ref(), now).await
}

/// Tells who put their names down for a session, and are not among the invited, what these are told.
pub(super) async fn tell_registered(
    db: &impl ConnectionTrait,
    kind: MessageKind,
    event: &event::Model,
    session: &session::Model,
    invited: &[Member],
    detail: Option<&Value>,
    now: DateTime<Utc>,
) -> Result<()> {
    let rows = registration::active(db, event.id).await?;
    let letters = registration::letters(&rows, kind, event, session, &reached(invited), detail);
    Ok(enqueue(db, letters, now).await?)
}

/// Those of the invited whom mail reaches.
fn reached(invited: &[Member]) -> HashSet<PersonId> {
    invited.iter().filter(|member| member.email.is_some()).map(|member| member.person_id).collect()
}

/// The same of people already found.
pub(super) async fn tell_people(
    db: &impl ConnectionTrait,
    kind: MessageKind,
    event: &event::Model,
    session: &session::Model,
    people: &[Member],
    detail: Option<Value>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    enqueue(db, letters(kind, event, session, people, detail.as_ref()), now).await?;
    told(db, vec![session.id], now).await
}

/// One message for each of them who has an address.
fn letters(
    kind: MessageKind,
    event: &event::Model,
    session: &session::Model,
    people: &[Member],
    detail: Option<&Value>,
) -> Vec<Message> {
    let letter = |member: &Member| {
        Some(Message {
            key: format!("{kind}:{}:{}:{}", session.id, session.sequence, member.person_id),
            kind,
            event_id: Some(event.id),
            session_id: Some(session.id),
            person_id: Some(member.person_id),
            account_id: None,
            address: member.email.clone()?,
            detail: detail.cloned(),
        })
    };
    people.iter().filter_map(letter).collect()
}

async fn told(db: &impl ConnectionTrait, sessions: Vec<SessionId>, now: DateTime<Utc>) -> Result<(), DbErr> {
    session::Entity::update_many()
        .col_expr(session::Column::ToldAt, Expr::value(now))
        .filter(session::Column::Id.is_in(sessions))
        .exec(db)
        .await
        .map(drop)
}

/// What is to be told of one session.
#[derive(Clone, Debug)]
pub(super) struct News {
    /// What it says.
    pub kind: MessageKind,
    /// The session as it is now.
    pub session: session::Model,
    /// What the ids do not say.
    pub detail: Option<Value>,
    /// The day on which it was: who was invited then and is not now is told that it is off.
    pub gone_from: Option<NaiveDate>,
}

/// Tells the invited of many sessions of one event, in as many statements as of a few.
pub(super) async fn tell_all(
    db: &impl ConnectionTrait,
    event: &event::Model,
    news: Vec<News>,
    now: DateTime<Utc>,
) -> Result<()> {
    if news.is_empty() {
        return Ok(());
    }
    let audience = Audience::load(db, event).await?;
    let days = news.iter().flat_map(|one| [Some(one.session.day), one.gone_from]).flatten().collect();
    let people = invited_by_day(db, &audience, &days).await?;
    let of = |day: NaiveDate| people.get(&day).cloned().unwrap_or_default();
    let names = registration::active(db, event.id).await?;
    let mut messages = Vec::new();
    for one in &news {
        let here = of(one.session.day);
        messages.extend(letters(one.kind, event, &one.session, &here, one.detail.as_ref()));
        let told = reached(&here);
        messages.extend(registration::letters(&names, one.kind, event, &one.session, &told, one.detail.as_ref()));
        if let Some(day) = one.gone_from {
            messages.extend(letters(MessageKind::Cancellation, event, &one.session, &gone(of(day), &here), None));
        }
    }
    enqueue(db, messages, now).await?;
    Ok(told(db, news.iter().map(|one| one.session.id).collect(), now).await?)
}

/// Those of `before` who are not among `after`.
pub(super) fn gone(before: Vec<Member>, after: &[Member]) -> Vec<Member> {
    let still: HashSet<_> = after.iter().map(|member| member.person_id).collect();
    before.into_iter().filter(|member| !still.contains(&member.person_id)).collect()
}
