//! A room or hall that events are held in. An event names it by its name.

use crate::id::{OrganisationId, PlaceId};
use sea_orm::entity::prelude::*;

/// A room or hall that events are held in. An event names it by its name.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "place")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: PlaceId,
    /// Whose it is; those below may use it too.
    pub organisation_id: OrganisationId,
    /// As an event's location names it; unique within its organisation.
    pub name: String,
    /// How to get there; may be empty.
    pub address: String,
    /// How many people fit in.
    pub capacity: Option<i32>,
    /// Since when it is not offered any more.
    pub retired_at: Option<DateTimeUtc>,
    /// When the row was written.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
