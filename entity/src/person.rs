//! One person, known by a staff number that is theirs for good.

use crate::id::PersonId;
use sea_orm::entity::prelude::*;

/// One person, known by a staff number that is theirs for good.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: PersonId,
    /// Staff no.
    #[sea_orm(unique)]
    pub staff_no: String,
    /// As shown.
    pub name: String,
    /// Lower case; mail and sign-in go by it.
    pub email: Option<String>,
    /// When the row was written.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
