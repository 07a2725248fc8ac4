//! A counter that grows when anything in its field changes: caches ask it whether they still hold.

use sea_orm::entity::prelude::*;

/// A counter that grows when anything in its field changes: caches ask it whether they still hold.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "revision")]
pub struct Model {
    /// `people`: organisations, persons, memberships and groups; `calendar` and `calendar-0` to `calendar-7`: what else
    /// calendars show.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Value.
    pub value: i64,
}

impl ActiveModelBehavior for ActiveModel {}
