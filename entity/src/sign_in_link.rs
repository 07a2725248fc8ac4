//! A link that signs in once. Only its hash is kept.

use crate::id::{AccountId, PersonId, SignInLinkId};
use sea_orm::entity::prelude::*;

/// A link that signs in once. Only its hash is kept.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_link")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: SignInLinkId,
    /// Token hash.
    #[sea_orm(unique)]
    pub token_hash: String,
    /// Account id.
    pub account_id: Option<AccountId>,
    /// Of whom.
    pub person_id: Option<PersonId>,
    /// When the row was written.
    pub created_at: DateTimeUtc,
    /// Expires at.
    pub expires_at: DateTimeUtc,
    /// Used at.
    pub used_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
