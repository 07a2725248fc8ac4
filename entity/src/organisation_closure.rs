//! Every organisation with every one above it, and itself: what lies below one is one look-up.

use crate::id::OrganisationId;
use sea_orm::entity::prelude::*;

/// Every organisation with every one above it, and itself: what lies below one is one look-up.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation_closure")]
pub struct Model {
    /// Ancestor id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ancestor_id: OrganisationId,
    /// Descendant id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub descendant_id: OrganisationId,
}

impl ActiveModelBehavior for ActiveModel {}
