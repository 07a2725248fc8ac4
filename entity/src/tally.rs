//! A counted outreach quantity of an event; a correction is negative.

use crate::id::{EventId, TallyId};
use crate::state::Origin;
use sea_orm::entity::prelude::*;

/// A counted outreach quantity of an event; a correction is negative.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tally")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: TallyId,
    /// Of which event.
    pub event_id: EventId,
    /// `materials`, `consultations`, `audience` or another.
    pub metric: String,
    /// Amount.
    pub amount: i64,
    /// As given; may be empty.
    pub note: String,
    /// Subject.
    pub subject: Option<String>,
    /// Origin.
    pub origin: Origin,
    /// When it was given.
    pub recorded_at: DateTimeUtc,
    /// Who gave it.
    pub recorded_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
