//! A staff number that was merged into another person: whoever is looked up by it is found, and nobody gets it again.

use crate::id::PersonId;
use sea_orm::entity::prelude::*;

/// A staff number that was merged into another person: whoever is looked up by it is found, and nobody gets it again.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person_alias")]
pub struct Model {
    /// The number that is no person's own any more.
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_no: String,
    /// Whom it stands for.
    pub person_id: PersonId,
    /// When the two were merged.
    pub merged_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
