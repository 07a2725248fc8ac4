//! What a version of a subscription held that some client has.

use crate::id::{FeedId, FeedVersionId};
use sea_orm::entity::prelude::*;

/// What a version of a subscription held that some client has.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "feed_version")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: FeedVersionId,
    /// Of which subscription.
    pub feed_id: FeedId,
    /// Its tag, as `feed_fetch` names it.
    pub etag: String,
    /// Its sessions, as a list of pairs: the id, and a mark of what it said of it.
    pub sessions: Json,
}

impl ActiveModelBehavior for ActiveModel {}
