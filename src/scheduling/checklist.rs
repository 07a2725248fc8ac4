//! What is to be done before an event, or taken along to it: rows that a template or an observance brings with it.

use entity::checklist_item;
use entity::id::EventId;
use entity::state::ChecklistKind;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::insert_all;
use crate::error::Result;

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

/// Adds them, not ticked, behind what an event's checklist holds, in the caller's transaction.
pub async fn add_tasks(db: &impl ConnectionTrait, event: EventId, tasks: &[Task]) -> Result<()> {
    if tasks.is_empty() {
        return Ok(());
    }
    let there = checklist_item::Entity::find().filter(checklist_item::Column::EventId.eq(event)).count(db).await?;
    let first = i32::try_from(there).unwrap_or(i32::MAX / 2);
    let rows = (first..).zip(tasks).map(|(position, task)| checklist_item::ActiveModel {
        event_id: Set(event),
        position: Set(position),
        kind: Set(task.kind),
        text: Set(task.text.clone()),
        ..Default::default()
    });
    insert_all(db, rows.collect(), None).await?;
    Ok(())
}
