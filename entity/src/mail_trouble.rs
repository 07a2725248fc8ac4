//! An address from which mail came back.

use sea_orm::entity::prelude::*;

/// An address from which mail came back.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_trouble")]
pub struct Model {
    /// The address, lower case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub address: String,
    /// Whether the server there said that it will never take mail (RFC 3463: 5.1.1 and its like).
    pub permanent: bool,
    /// Its status code, `5.1.1`.
    pub status: String,
    /// What the server there said.
    pub reason: String,
    /// How often mail came back.
    pub times: i32,
    /// When it first came back.
    pub first_at: DateTimeUtc,
    /// When it last came back.
    pub last_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
