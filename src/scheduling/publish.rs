//! Publishing an event, and cancelling one or one of its sessions: what is told goes out in the same transaction.

use chrono::{DateTime, Utc};
use entity::id::{EventId, SessionId};
use entity::state::{EventStatus, MessageKind, SessionStatus};
use entity::{event, session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::content::follow_agendas;
use super::tell::{News, is_ahead, tell_all};
use super::whole::{event_to_manage, session_to_manage};
use super::{Ground, Whole, conflict, joint, load_whole, roster, shown::touch, undo, undo::Before, wording};
use crate::access::{Actor, audit};
use crate::error::{Code, Error, Result};

/// Publishes a draft and invites everyone to each session that is not over; publishing again tells nobody anything. An
/// event that a quiet import brought is invited to now, and sends reminders from now on. With conflicts it is refused,
/// unless `why` says why they do not matter; reason and conflicts are kept in the audit.
pub async fn publish(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    actor: &Actor,
    id: EventId,
    why: Option<String>,
    now: DateTime<Utc>,
) -> Result<Whole> {
    let why = reason("override", why)?;
    let event = event_to_manage(db, actor, id).await?;
    match event.status {
        EventStatus::Cancelled => return Err(Error::new(Code::WrongState)),
        EventStatus::Scheduled if event.mails => return load_whole(db, event).await,
        EventStatus::Scheduled | EventStatus::Draft => {}
    }
    let before = load_whole(db, event.clone()).await?;
    let overridden = conflict::demand_none(db, ground, actor, &before, why.as_deref(), now).await?;
    event::Entity::update_many()
        .col_expr(event::Column::Status, Expr::value(EventStatus::Scheduled.as_str()))
        .col_expr(event::Column::Mails, Expr::value(true))
        .col_expr(event::Column::PublishedAt, Expr::value(event.published_at.unwrap_or(now)))
        .filter(event::Column::Id.eq(id))
        .exec(db)
        .await?;
    let event = touch_event(db, id, now).await?;
    touch_sessions(db, id, now).await?;
    let mut ahead = sessions(db, id).await?;
    ahead.retain(|session| is_ahead(&event, session, now));
    tell_all(db, &event, ahead.into_iter().map(News::invitation).collect(), now).await?;
    joint::ask_all(db, &event, now).await?;
    roster::freeze_due(db, now).await?;
    let mut said = reasons(why);
    if !overridden.is_empty() {
        said["conflicts"] = overridden.into();
    }
    record(db, actor, "event.publish", format!("event:{id}"), id, said, now).await?;
    undo::remember(db, actor, "event.publish", id, Before::of(&before.event, &before.sessions), now).await?;
    load_whole(db, event).await
}

/// Cancels an event with every session that is not over, and tells those invited to them. A session that is over keeps
/// its state, and counts nowhere from now on. Cancelling again changes nothing.
pub async fn cancel_event(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    why: Option<String>,
    now: DateTime<Utc>,
) -> Result<Whole> {
    let why = reason("reason", why)?;
    let before = event_to_manage(db, actor, id).await?;
    if before.status == EventStatus::Cancelled {
        return load_whole(db, before).await;
    }
    // Whoever was to attend what has begun stays written down.
    roster::freeze_due(db, now).await?;
    let was = Before::of(&before, &sessions(db, id).await?);
    event::Entity::update_many()
        .col_expr(event::Column::Status, Expr::value(EventStatus::Cancelled.as_str()))
        .filter(event::Column::Id.eq(id))
        .exec(db)
        .await?;
    let event = touch_event(db, id, now).await?;
    let mut news = Vec::new();
    for session in sessions(db, id).await? {
        if session.status == SessionStatus::Cancelled {
            continue;
        }
        let ahead = session.status == SessionStatus::Scheduled && session.ends_at > now;
        let status = if ahead { SessionStatus::Cancelled } else { session.status };
        let session = next_sequence(db, session.id, status, now).await?;
        if ahead && before.status == EventStatus::Scheduled {
            news.push(off(session, why.as_deref()));
        }
    }
    tell_all(db, &event, news, now).await?;
    record(db, actor, "event.cancel", format!("event:{id}"), id, reasons(why), now).await?;
    undo::remember(db, actor, "event.cancel", id, was, now).await?;
    load_whole(db, event).await
}

/// Cancels one session, and tells those invited unless it is over or was never published. Cancelling again changes
/// nothing; a session of a cancelled event is `wrong-state`.
pub async fn cancel_session(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: SessionId,
    why: Option<String>,
    now: DateTime<Utc>,
) -> Result<(event::Model, session::Model)> {
    let why = reason("reason", why)?;
    let (event, session) = session_to_manage(db, actor, id).await?;
    if session.status == SessionStatus::Cancelled {
        return Ok((event, session));
    }
    if event.status == EventStatus::Cancelled {
        return Err(Error::new(Code::WrongState));
    }
    let ahead = is_ahead(&event, &session, now);
    roster::freeze_due(db, now).await?;
    let was = Before::of(&event, &[find(db, id).await?]);
    let session = next_sequence(db, id, SessionStatus::Cancelled, now).await?;
    let event = touch_event(db, event.id, now).await?;
    if ahead {
        tell_all(db, &event, vec![off(session, why.as_deref())], now).await?;
    }
    record(db, actor, "session.cancel", format!("session:{id}"), event.id, reasons(why), now).await?;
    undo::remember(db, actor, "session.cancel", event.id, was, now).await?;
    Ok((event, find(db, id).await?))
}

pub(super) fn reason(field: &str, text: Option<String>) -> Result<Option<String>> {
    let mut wrong = Vec::new();
    let text = text.map(|text| wording::line(field, &text, 500, &mut wrong)).filter(|text| !text.is_empty());
    if wrong.is_empty() { Ok(text) } else { Err(Error::invalid(wrong)) }
}

fn reasons(why: Option<String>) -> Value {
    why.map_or_else(|| json!({}), |why| json!({ "reason": why }))
}

fn off(session: session::Model, why: Option<&str>) -> News {
    let detail = why.map(|why| json!({ "reason": why }));
    News { kind: MessageKind::Cancellation, session, detail, gone_from: None }
}

async fn record(
    db: &impl ConnectionTrait,
    actor: &Actor,
    action: &str,
    subject: String,
    event: EventId,
    detail: Value,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let deed = audit::Deed { actor: &actor.name, action, subject, event_id: Some(event), detail };
    audit::record(db, deed, now).await
}

pub(super) async fn sessions(db: &impl ConnectionTrait, event: EventId) -> Result<Vec<session::Model>, DbErr> {
    session::Entity::find()
        .filter(session::Column::EventId.eq(event))
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(db)
        .await
}

async fn find(db: &impl ConnectionTrait, id: SessionId) -> Result<session::Model> {
    session::Entity::find_by_id(id).one(db).await?.ok_or_else(|| Error::new(Code::NotFound))
}

/// Gives a session its next SEQUENCE with a state.
async fn next_sequence(
    db: &impl ConnectionTrait,
    id: SessionId,
    status: SessionStatus,
    now: DateTime<Utc>,
) -> Result<session::Model> {
    session::Entity::update_many()
        .col_expr(session::Column::Status, Expr::value(status.as_str()))
        .col_expr(session::Column::Sequence, Expr::col(session::Column::Sequence).add(1))
        .col_expr(session::Column::Revision, Expr::col(session::Column::Revision).add(1))
        .col_expr(session::Column::UpdatedAt, Expr::value(now))
        .filter(session::Column::Id.eq(id))
        .exec(db)
        .await?;
    find(db, id).await
}

/// Says that an event, its audience or one of its sessions changed; gives its row. Its further kinds follow its agendas,
/// and kept calendars ask again what they hold.
pub(super) async fn touch_event(db: &impl ConnectionTrait, id: EventId, now: DateTime<Utc>) -> Result<event::Model> {
    // A sitting that is gone, or back, takes the study of its agenda with it.
    follow_agendas(db, &[id]).await?;
    event::Entity::update_many()
        .col_expr(event::Column::Revision, Expr::col(event::Column::Revision).add(1))
        .col_expr(event::Column::UpdatedAt, Expr::value(now))
        .filter(event::Column::Id.eq(id))
        .exec(db)
        .await?;
    touch(db, id).await?;
    event::Entity::find_by_id(id).one(db).await?.ok_or_else(|| Error::new(Code::NotFound))
}

/// Says that something which every session of an event shows changed.
pub(super) async fn touch_sessions(db: &impl ConnectionTrait, id: EventId, now: DateTime<Utc>) -> Result<(), DbErr> {
    session::Entity::update_many()
        .col_expr(session::Column::Revision, Expr::col(session::Column::Revision).add(1))
        .col_expr(session::Column::UpdatedAt, Expr::value(now))
        .filter(session::Column::EventId.eq(id))
        .exec(db)
        .await
        .map(drop)
}
