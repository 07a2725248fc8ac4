//! A browser that is signed in. Only its cookie's hash is kept.

use crate::id::{AccountId, PersonId, WebSessionId};
use sea_orm::entity::prelude::*;

/// A browser that is signed in. Only its cookie's hash is kept.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "web_session")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: WebSessionId,
    /// Token hash.
    #[sea_orm(unique)]
    pub token_hash: String,
    /// Secret that its forms carry.
    pub csrf: String,
    /// Account id.
    pub account_id: Option<AccountId>,
    /// Of whom.
    pub person_id: Option<PersonId>,
    /// When the row was written.
    pub created_at: DateTimeUtc,
    /// Expires at.
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
