//! An organisation that hosts an event together with its host.

use crate::id::{EventId, OrganisationId};
use crate::state::CoHostStatus;
use sea_orm::entity::prelude::*;

/// An organisation that hosts an event together with its host.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_co_host")]
pub struct Model {
    /// Of which event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: EventId,
    /// Of which organisation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organisation_id: OrganisationId,
    /// What it says to that.
    pub status: CoHostStatus,
    /// When it said so.
    pub decided_at: Option<DateTimeUtc>,
    /// Who said so, as in `audit.actor`.
    pub decided_by: Option<String>,
    /// Whom to ask there; may be empty.
    pub contact: String,
}

impl ActiveModelBehavior for ActiveModel {}
