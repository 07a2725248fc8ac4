//! The notice that names the days off of a year. A row here replaces what comes with the program for that year.

use sea_orm::entity::prelude::*;

/// The notice that names the days off of a year. A row here replaces what comes with the program for that year.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "holiday_notice")]
pub struct Model {
    /// Of which year.
    #[sea_orm(primary_key, auto_increment = false)]
    pub year: i32,
    /// Where it stands: addresses, one a line.
    pub source: String,
    /// Its date.
    pub published: Option<Date>,
    /// When the row was written.
    pub imported_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
