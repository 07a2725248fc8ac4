//! When a client last fetched a subscription, and what it got.

use crate::id::{FeedFetchId, FeedId};
use sea_orm::entity::prelude::*;

/// When a client last fetched a subscription, and what it got.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "feed_fetch")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: FeedFetchId,
    /// Which subscription.
    pub feed_id: FeedId,
    /// What the client calls itself.
    pub client: String,
    /// When it first came.
    pub first_at: DateTimeUtc,
    /// When it last came.
    pub last_at: DateTimeUtc,
    /// How often it came.
    pub times: i64,
    /// What it was answered last: 200 or 304.
    pub status: i32,
    /// The version that it has.
    pub etag: String,
    /// Sessions that this version holds.
    pub held: i32,
}

impl ActiveModelBehavior for ActiveModel {}
