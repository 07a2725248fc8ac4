//! Where an event stands, with who brought it there and when: from its deeds.

pub mod pages;

use std::collections::HashMap;

use entity::audit;
use entity::id::EventId;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

/// The deeds that bring an event or a session from one state to another, and those that take that back.
const DEEDS: [&str; 10] = [
    "event.create",
    "event.publish",
    "event.cancel",
    "session.cancel",
    "session.change",
    "undo.event.publish",
    "undo.event.cancel",
    "undo.session.cancel",
    "undo.session.change",
    "undo.event.change",
];

/// The last deed that brought an event, and each of its sessions, to a state.
#[derive(Clone, Debug, Default)]
pub struct Brought {
    /// Made.
    pub created: Option<audit::Model>,
    /// Published.
    pub published: Option<audit::Model>,
    /// Cancelled as a whole.
    pub cancelled: Option<audit::Model>,
    /// Of sessions, by subject: `session:7` marked held.
    pub held: HashMap<String, audit::Model>,
    /// Of sessions, by subject: cancelled alone.
    pub sessions_cancelled: HashMap<String, audit::Model>,
}

/// Reads an event's deeds; one query.
pub async fn brought(db: &impl ConnectionTrait, event: EventId) -> Result<Brought, DbErr> {
    let rows = audit::Entity::find()
        .filter(audit::Column::EventId.eq(event))
        .filter(audit::Column::Action.is_in(DEEDS))
        .order_by_asc(audit::Column::Id)
        .all(db)
        .await?;
    let mut brought = Brought::default();
    for row in rows {
        match row.action.as_str() {
            "event.create" => brought.created = Some(row),
            "event.publish" => brought.published = Some(row),
            "undo.event.publish" => brought.published = None,
            "event.cancel" => brought.cancelled = Some(row),
            "undo.event.cancel" => brought.cancelled = None,
            "session.cancel" => drop(brought.sessions_cancelled.insert(row.subject.clone(), row)),
            "session.change" if row.detail["after"]["status"] == "held" && row.detail["before"]["status"] != "held" => {
                drop(brought.held.insert(row.subject.clone(), row));
            }
            _ => {}
        }
    }
    Ok(brought)
}
