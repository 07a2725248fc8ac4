//! Telling the invited, as outbox rows in the transaction of what they are told.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::state::{EventStatus, MessageKind, SessionStatus};
use entity::{event, session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use serde_json::Value;

use super::audience::{Audience, invited};
use crate::outbox::{Message, enqueue};
use crate::people::Member;

/// Whether somebody may still come: published, neither held nor cancelled, and its end ahead.
#[must_use]
pub fn is_ahead(event: &event::Model, session: &session::Model, now: DateTime<Utc>) -> bool {
    event.status == EventStatus::Scheduled && session.status == SessionStatus::Scheduled && session.ends_at > now
}

/// Tells everyone invited to a session; each (kind, session, SEQUENCE, person) is told once, whoever asks how often.
/// People without an address are told nothing.
pub async fn tell(
    db: &impl ConnectionTrait,
    kind: MessageKind,
    event: &event::Model,
    session: &session::Model,
    detail: Option<Value>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let audience = Audience::load(db, event).await?;
    let people = invited(db, &audience, session.day).await?;
    tell_people(db, kind, event, session, &people, detail, now).await
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
    let messages = people
        .iter()
        .filter_map(|member| {
            let address = member.email.clone()?;
            Some(Message {
                key: format!("{kind}:{}:{}:{}", session.id, session.sequence, member.person_id),
                kind,
                event_id: Some(event.id),
                session_id: Some(session.id),
                person_id: Some(member.person_id),
                account_id: None,
                address,
                detail: detail.clone(),
            })
        })
        .collect();
    enqueue(db, messages, now).await?;
    session::Entity::update_many()
        .col_expr(session::Column::ToldAt, Expr::value(now))
        .filter(session::Column::Id.eq(session.id))
        .exec(db)
        .await
        .map(drop)
}

/// Those of `before` who are not among `after`.
pub(super) fn gone(before: Vec<Member>, after: &[Member]) -> Vec<Member> {
    let still: HashSet<_> = after.iter().map(|member| member.person_id).collect();
    before.into_iter().filter(|member| !still.contains(&member.person_id)).collect()
}
