//! A label on a membership, such as `center-group`.

use crate::id::MembershipId;
use sea_orm::entity::prelude::*;

/// A label on a membership, such as `center-group`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "membership_group")]
pub struct Model {
    /// Membership id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub membership_id: MembershipId,
    /// As shown.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
}

impl ActiveModelBehavior for ActiveModel {}
