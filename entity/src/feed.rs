//! A calendar subscription of a person. Only its token's hash is kept.

use crate::id::{FeedId, PersonId};
use sea_orm::entity::prelude::*;

/// A calendar subscription of a person. Only its token's hash is kept.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "feed")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: FeedId,
    /// Of whom.
    pub person_id: PersonId,
    /// Token hash.
    #[sea_orm(unique)]
    pub token_hash: String,
    /// When the row was written.
    pub created_at: DateTimeUtc,
    /// Revoked at.
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
