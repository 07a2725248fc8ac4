//! What to do before an event, and what to take along: ticked off one by one.

use chrono::{DateTime, Utc};
use entity::checklist_item;
use entity::id::{ChecklistItemId, EventId};
use entity::state::ChecklistKind;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event_to_fill;
use crate::access::{Actor, audit};
use crate::db::insert_all;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::scheduling::wording;

/// Items of one checklist that somebody writes by hand.
const MOST: u64 = 200;

/// Something to do before an event, or to take along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// `task` or `take`.
    #[schema(value_type = String, example = "task")]
    pub kind: ChecklistKind,
    /// What.
    pub text: String,
}

impl Task {
    /// Something to do.
    pub fn to_do(text: impl Into<String>) -> Self {
        Self { kind: ChecklistKind::Task, text: text.into() }
    }
}

/// An event's checklist: what to do, then what to take along, each in its order.
pub async fn checklist_of(db: &impl ConnectionTrait, event: EventId) -> Result<Vec<checklist_item::Model>, DbErr> {
    checklist_item::Entity::find()
        .filter(checklist_item::Column::EventId.eq(event))
        .order_by_desc(checklist_item::Column::Kind)
        .order_by_asc(checklist_item::Column::Position)
        .order_by_asc(checklist_item::Column::Id)
        .all(db)
        .await
}

/// Writes items, not ticked, behind those that an event has, in the caller's transaction; for what makes events from
/// templates and observances, which answers for who may do so.
pub async fn put_checklist(db: &impl ConnectionTrait, event: EventId, items: &[Task]) -> Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    let mut wrong = Vec::new();
    let last: Option<Option<i32>> = checklist_item::Entity::find()
        .filter(checklist_item::Column::EventId.eq(event))
        .select_only()
        .column_as(checklist_item::Column::Position.max(), "last")
        .into_tuple()
        .one(db)
        .await?;
    let first = last.flatten().map_or(0, |last| last + 1);
    let rows: Vec<_> = (first..)
        .zip(items.iter().enumerate())
        .map(|(position, (i, item))| checklist_item::ActiveModel {
            event_id: Set(event),
            position: Set(position),
            kind: Set(item.kind),
            text: Set(wording::needed(&format!("checklist[{i}].text"), &item.text, 200, &mut wrong)),
            ..Default::default()
        })
        .collect();
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    Ok(insert_all(db, rows, None).await?)
}

/// Adds items, one a line of `text`, in the caller's transaction.
pub async fn add_to_checklist(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    kind: ChecklistKind,
    text: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    event_to_fill(db, actor, id).await?;
    let items: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| Task { kind, text: line.to_owned() })
        .collect();
    if items.is_empty() {
        return Err(Error::field("text", "required"));
    }
    let there = checklist_item::Entity::find().filter(checklist_item::Column::EventId.eq(id)).count(db).await?;
    if there.saturating_add(items.len() as u64) > MOST {
        return Err(Error::invalid(vec![FieldProblem::new("checklist", "too-many").with("limit", MOST)]));
    }
    put_checklist(db, id, &items).await?;
    record(db, actor, id, "checklist.add", serde_json::json!({ "items": items.len() }), now).await
}

/// What a tick is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// Done.
    On,
    /// Not done after all.
    Off,
}

/// Ticks an item or takes the tick back, in the caller's transaction; who ticked it first stays written down.
pub async fn tick(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    item: ChecklistItemId,
    to: Tick,
    now: DateTime<Utc>,
) -> Result<()> {
    event_to_fill(db, actor, id).await?;
    let row = find(db, id, item).await?;
    if (to == Tick::On) == row.done_at.is_some() {
        return Ok(());
    }
    let (at, by) = match to {
        Tick::On => (Some(now), Some(actor.name.clone())),
        Tick::Off => (None, None),
    };
    checklist_item::Entity::update_many()
        .col_expr(checklist_item::Column::DoneAt, Expr::value(at))
        .col_expr(checklist_item::Column::DoneBy, Expr::value(by))
        .filter(checklist_item::Column::Id.eq(item))
        .exec(db)
        .await?;
    let action = if to == Tick::On { "checklist.tick" } else { "checklist.untick" };
    record(db, actor, id, action, serde_json::json!({ "item": item }), now).await
}

/// Takes an item off the list, in the caller's transaction.
pub async fn remove_from_checklist(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    item: ChecklistItemId,
    now: DateTime<Utc>,
) -> Result<()> {
    event_to_fill(db, actor, id).await?;
    let row = find(db, id, item).await?;
    checklist_item::Entity::delete_by_id(item).exec(db).await?;
    record(db, actor, id, "checklist.remove", serde_json::json!({ "text": row.text }), now).await
}

async fn find(db: &impl ConnectionTrait, event: EventId, item: ChecklistItemId) -> Result<checklist_item::Model> {
    checklist_item::Entity::find_by_id(item)
        .filter(checklist_item::Column::EventId.eq(event))
        .one(db)
        .await?
        .ok_or_else(|| Error::new(Code::NotFound))
}

/// Ticks stand in the audit, but not in the event's history: they would push everything else out of sight.
async fn record(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    action: &str,
    detail: serde_json::Value,
    now: DateTime<Utc>,
) -> Result<()> {
    let deed = audit::Deed { actor: &actor.name, action, subject: format!("event:{id}"), event_id: None, detail };
    Ok(audit::record(db, deed, now).await?)
}
