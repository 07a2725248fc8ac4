//! A key for other programs. Only its hash is kept.

use crate::id::{ApiTokenId, OrganisationId};
use crate::state::Scope;
use sea_orm::entity::prelude::*;

/// A key for other programs. Only its hash is kept.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_token")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: ApiTokenId,
    /// As shown.
    pub name: String,
    /// Token hash.
    #[sea_orm(unique)]
    pub token_hash: String,
    /// Of which organisation.
    pub organisation_id: OrganisationId,
    /// Scope.
    pub scope: Scope,
    /// When the row was written.
    pub created_at: DateTimeUtc,
    /// Revoked at.
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
