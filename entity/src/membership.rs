//! Where a person belongs, from a day to a day, both included; no end is open.

use crate::id::{MembershipId, OrganisationId, PersonId};
use sea_orm::entity::prelude::*;

/// Where a person belongs, from a day to a day, both included; no end is open.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "membership")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: MembershipId,
    /// Of whom.
    pub person_id: PersonId,
    /// Of which organisation.
    pub organisation_id: OrganisationId,
    /// As shown; may be empty.
    pub title: String,
    /// Unique with the person.
    pub active_from: Date,
    /// Active to.
    pub active_to: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
