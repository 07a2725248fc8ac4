//! Making an event and its sessions what they were.

use chrono::{DateTime, Utc};
use entity::id::{EventId, SessionId, UndoStepId};
use entity::state::{EventStatus, SessionStatus};
use entity::{attendance, event, roster_entry, session};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::step::{Before, Listed, SessionBefore, hindrance, mark, newest};
use super::told::{self, Since};
use crate::access::{Actor, audit};
use crate::db::insert_all;
use crate::error::{Code, Error, Result};
use crate::outbox::withdraw;
use crate::scheduling::publish::{sessions, touch_event};
use crate::scheduling::whole::event_to_manage;
use crate::scheduling::{Whole, load_whole, roster};

/// Takes back the last deed on an event, in the caller's transaction; `step` says which is meant. `not-undone` says at
/// `step` why it cannot be: there is none, something came after it, it was taken back already, a session has begun or
/// ended since, somebody attended, or put their name down for what would be a draft. Gives the event as it is again.
pub async fn undo(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    step: Option<UndoStepId>,
    now: DateTime<Utc>,
) -> Result<Whole> {
    event_to_manage(db, actor, id).await?;
    // What began is written down as it stood, before anything is made otherwise.
    roster::freeze_due(db, now).await?;
    let event = event_to_manage(db, actor, id).await?;
    let Some(last) = newest(db, id).await? else { return Err(refused("undo-nothing")) };
    if step.is_some_and(|meant| meant != last.id) {
        return Err(refused("undo-changed"));
    }
    let before: Before = serde_json::from_value(last.before.clone()).map_err(Error::internal)?;
    let present = sessions(db, id).await?;
    if let Some(why) = hindrance(db, &last, &before, (&event, &present), now).await? {
        return Err(refused(why));
    }
    if !mark(db, last.id, now).await? {
        return Err(refused("undo-done"));
    }
    let touched: Vec<(SessionBefore, session::Model)> = before
        .sessions
        .iter()
        .filter_map(|old| Some((old.clone(), present.iter().find(|session| session.id == old.id)?.clone())))
        .collect();
    let Since { deed, shifts } = Since::load(db, &last, &before, &present).await?;
    let withdrawn = withdraw(db, deed).await?;
    let tells_all = event.status != before.status || event.location != before.location;
    restore_event(db, &before, id).await?;
    let event = touch_event(db, id, now).await?;
    let mut restored = Vec::new();
    for (old, row) in touched {
        let session = restore_session(db, &event, &old, &row, (tells_all, now)).await?;
        restored.push((row, session));
    }
    let told = told::take_back(db, &event, &restored, (withdrawn.told, shifts), now).await?;
    roster::freeze_due(db, now).await?;
    let deed = audit::Deed {
        actor: &actor.name,
        action: &format!("undo.{}", last.action),
        subject: format!("event:{id}"),
        event_id: Some(id),
        detail: serde_json::json!({ "withdrawn": withdrawn.untried, "told": told }),
    };
    audit::record(db, deed, now).await?;
    load_whole(db, event).await
}

fn refused(why: &'static str) -> Error {
    Error::new(Code::NotUndone).at("step", why)
}

async fn restore_event(db: &impl ConnectionTrait, before: &Before, id: EventId) -> Result<()> {
    event::Entity::update_many()
        .col_expr(event::Column::Status, Expr::value(before.status.as_str()))
        .col_expr(event::Column::Mails, Expr::value(before.mails))
        .col_expr(event::Column::PublishedAt, Expr::value(before.published_at))
        .col_expr(event::Column::Location, Expr::value(before.location.as_str()))
        .filter(event::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Makes a session what it was, with its next SEQUENCE where its time, place or status changes with that.
async fn restore_session(
    db: &impl ConnectionTrait,
    event: &event::Model,
    old: &SessionBefore,
    row: &session::Model,
    (tells_all, now): (bool, DateTime<Utc>),
) -> Result<session::Model> {
    let same = (old.starts_at, old.ends_at, old.all_day, old.status, &old.location)
        == (row.starts_at, row.ends_at, row.all_day, row.status, &row.location);
    let mut changed = row.clone().into_active_model();
    changed.starts_at = Set(old.starts_at);
    changed.ends_at = Set(old.ends_at);
    changed.all_day = Set(old.all_day);
    changed.day = Set(old.day);
    changed.year = Set(old.year);
    changed.status = Set(old.status);
    changed.title = Set(old.title.clone());
    changed.location = Set(old.location.clone());
    changed.by_hand = Set(old.by_hand);
    if event.status == EventStatus::Draft {
        changed.told_at = Set(old.told_at);
    }
    if !same || tells_all {
        changed.sequence = Set(row.sequence + 1);
    }
    changed.revision = Set(row.revision + 1);
    changed.updated_at = Set(now);
    let open = event.status == EventStatus::Draft || old.starts_at > now && old.status == SessionStatus::Scheduled;
    match (old.roster_frozen_at, row.roster_frozen_at) {
        (None, Some(_)) if open => {
            thaw(db, row.id).await?;
            changed.roster_frozen_at = Set(None);
        }
        (Some(at), None) => {
            freeze_again(db, row.id, &old.roster).await?;
            changed.roster_frozen_at = Set(Some(at));
        }
        _ => {}
    }
    Ok(changed.update(db).await?)
}

/// A roster that the deed fixed follows memberships again; not where somebody's attendance is known.
async fn thaw(db: &impl ConnectionTrait, id: SessionId) -> Result<()> {
    let attended = attendance::Entity::find().filter(attendance::Column::SessionId.eq(id)).one(db).await?;
    if attended.is_some() {
        return Err(refused("undo-attended"));
    }
    roster_entry::Entity::delete_many().filter(roster_entry::Column::SessionId.eq(id)).exec(db).await?;
    Ok(())
}

async fn freeze_again(db: &impl ConnectionTrait, id: SessionId, roster: &[Listed]) -> Result<()> {
    let rows: Vec<_> = roster
        .iter()
        .map(|listed| roster_entry::ActiveModel {
            session_id: Set(id),
            person_id: Set(listed.person),
            organisation_id: Set(listed.organisation),
            name: Set(listed.name.clone()),
            title: Set(listed.title.clone()),
        })
        .collect();
    Ok(insert_all(db, rows, None).await?)
}
