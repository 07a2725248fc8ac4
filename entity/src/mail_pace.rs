//! How fast, and how much, mail went to a domain: shared by all servers.

use sea_orm::entity::prelude::*;

/// How fast, and how much, mail went to a domain: shared by all servers.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_pace")]
pub struct Model {
    /// The right part of addresses, lower case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub domain: String,
    /// From when on the next mail may go.
    pub next_at: DateTimeUtc,
    /// The day that is counted.
    pub day: Date,
    /// Mails of that day.
    pub sent: i32,
}

impl ActiveModelBehavior for ActiveModel {}
