//! A law or subject that an event deals with, in the order given.

use crate::id::EventId;
use sea_orm::entity::prelude::*;

/// A law or subject that an event deals with, in the order given.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_topic")]
pub struct Model {
    /// Of which event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: EventId,
    /// Position.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// As shown.
    pub name: String,
}

impl ActiveModelBehavior for ActiveModel {}
