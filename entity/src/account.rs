//! Somebody who works with the pages in a role.

use crate::id::{AccountId, OrganisationId};
use crate::state::Role;
use sea_orm::entity::prelude::*;

/// Somebody who works with the pages in a role.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: AccountId,
    /// Lower case.
    #[sea_orm(unique)]
    pub email: String,
    /// Of which organisation.
    pub organisation_id: OrganisationId,
    /// Role.
    pub role: Role,
    /// When the row was written.
    pub created_at: DateTimeUtc,
    /// Disabled at.
    pub disabled_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
