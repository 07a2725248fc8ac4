//! A node of the tree of organisations: city, county, bureau, town, section.

use crate::id::OrganisationId;
use sea_orm::entity::prelude::*;

/// A node of the tree of organisations: city, county, bureau, town, section.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: OrganisationId,
    /// Short name for good, such as `GQ-KJ`.
    #[sea_orm(unique)]
    pub code: String,
    /// As shown.
    pub name: String,
    /// None at the top of a tree.
    pub parent_id: Option<OrganisationId>,
    /// `city`, `county`, `bureau`, `town`, `section` or a site's own word.
    pub level: String,
    /// The last day on which it is there; None is open.
    pub active_to: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
