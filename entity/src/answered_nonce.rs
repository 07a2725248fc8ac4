//! The answer once given to a request that carried a nonce: given again, and nothing changes.

use sea_orm::entity::prelude::*;

/// The answer once given to a request that carried a nonce: given again, and nothing changes.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "answered_nonce")]
pub struct Model {
    /// Who asked and what: a nonce of one device says nothing of another's.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    /// Nonce.
    #[sea_orm(primary_key, auto_increment = false)]
    pub nonce: String,
    /// SHA-256 of the request's meaning, in hex.
    pub body_hash: String,
    /// HTTP status of the answer.
    pub status: i32,
    /// Answer.
    pub answer: Json,
    /// At.
    pub at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
