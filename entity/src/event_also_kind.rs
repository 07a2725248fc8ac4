//! A further kind in which an event's sessions count (counting rule 11).

use crate::id::EventId;
use sea_orm::entity::prelude::*;

/// A further kind in which an event's sessions count (counting rule 11).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_also_kind")]
pub struct Model {
    /// Of which event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: EventId,
    /// Kind.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// Whether it is there because an item of an agenda is of that kind, and goes with the last such item.
    pub by_agenda: bool,
}

impl ActiveModelBehavior for ActiveModel {}
