//! A day that a notice names: off, or worked although it is a weekend.

use sea_orm::entity::prelude::*;

/// A day that a notice names: off, or worked although it is a weekend.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "holiday_day")]
pub struct Model {
    /// Of which notice.
    #[sea_orm(primary_key, auto_increment = false)]
    pub year: i32,
    /// Which day; it may lie in the year before.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Date,
    /// Of which holiday.
    pub name: String,
    /// Whether it is a day off; else it is worked.
    pub off: bool,
}

impl ActiveModelBehavior for ActiveModel {}
