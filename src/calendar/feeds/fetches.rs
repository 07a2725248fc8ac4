//! Who fetched what, gathered in memory and written now and then: never a write for a request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use entity::feed_fetch;
use entity::id::{FeedFetchId, FeedId};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::error::Result;

/// Characters that are kept of what a client calls itself.
const LONGEST: usize = 200;
/// Clients that are kept of one subscription.
const CLIENTS: u64 = 50;

/// One answer to one client.
#[derive(Clone, Debug)]
pub struct Fetch<'a> {
    /// Which subscription.
    pub feed: FeedId,
    /// What the client calls itself.
    pub client: &'a str,
    /// 200 or 304.
    pub status: u16,
    /// The version that it has now.
    pub etag: &'a str,
    /// Sessions in that version.
    pub held: usize,
    /// When.
    pub at: DateTime<Utc>,
}

/// What is not written yet of one client.
#[derive(Clone, Debug)]
struct Seen {
    client: String,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    times: i64,
    status: u16,
    etag: String,
    held: usize,
}

/// What is not written yet.
#[derive(Clone, Debug, Default)]
pub struct Fetches(Arc<Mutex<HashMap<FeedId, Vec<Seen>>>>);

impl Fetches {
    /// Remembers an answer.
    pub fn note(&self, fetch: &Fetch<'_>) {
        let client = known_as(fetch.client);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = all.entry(fetch.feed).or_default();
        if let Some(same) = seen.iter_mut().find(|one| one.client == client) {
            same.last = Ord::max(same.last, fetch.at);
            same.times += 1;
            same.status = fetch.status;
            if same.etag != fetch.etag {
                fetch.etag.clone_into(&mut same.etag);
            }
            same.held = fetch.held;
            return;
        }
        if seen.len() as u64 >= CLIENTS {
            return;
        }
        seen.push(Seen {
            client: client.to_owned(),
            first: fetch.at,
            last: fetch.at,
            times: 1,
            status: fetch.status,
            etag: fetch.etag.to_owned(),
            held: fetch.held,
        });
    }

    /// Whether there is anything to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Writes what was remembered, in the caller's transaction; what is not committed then is not written at all.
    pub async fn write(&self, db: &impl ConnectionTrait) -> Result<()> {
        let all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for (feed, seen) in all {
            for one in seen {
                write(db, feed, one).await?;
            }
            forget(db, feed).await?;
        }
        Ok(())
    }
}

/// What a client calls itself, cut to what is kept.
fn known_as(client: &str) -> &str {
    client.char_indices().nth(LONGEST).map_or(client, |(end, _)| &client[..end])
}

async fn write(db: &impl ConnectionTrait, feed: FeedId, seen: Seen) -> Result<()> {
    use feed_fetch::Column;
    let row = feed_fetch::ActiveModel {
        feed_id: Set(feed),
        client: Set(seen.client),
        first_at: Set(seen.first),
        last_at: Set(seen.last),
        times: Set(seen.times),
        status: Set(seen.status.into()),
        etag: Set(seen.etag),
        held: Set(i32::try_from(seen.held).unwrap_or(i32::MAX)),
        ..Default::default()
    };
    let more = Expr::col((feed_fetch::Entity, Column::Times)).add(seen.times);
    let again = OnConflict::columns([Column::FeedId, Column::Client])
        .update_columns([Column::LastAt, Column::Status, Column::Etag, Column::Held])
        .value(Column::Times, more)
        .to_owned();
    feed_fetch::Entity::insert(row).on_conflict(again).exec_without_returning(db).await?;
    Ok(())
}

/// Drops the clients that came longest ago, beyond those that are kept.
async fn forget(db: &impl ConnectionTrait, feed: FeedId) -> Result<()> {
    let old: Vec<FeedFetchId> = feed_fetch::Entity::find()
        .select_only()
        .column(feed_fetch::Column::Id)
        .filter(feed_fetch::Column::FeedId.eq(feed))
        .order_by_desc(feed_fetch::Column::LastAt)
        .order_by_desc(feed_fetch::Column::Id)
        .offset(CLIENTS)
        .limit(1_000)
        .into_tuple()
        .all(db)
        .await?;
    if !old.is_empty() {
        feed_fetch::Entity::delete_many().filter(feed_fetch::Column::Id.is_in(old)).exec(db).await?;
    }
    Ok(())
}

/// Who fetched these subscriptions, the latest first.
pub async fn of_feeds(db: &impl ConnectionTrait, feeds: Vec<FeedId>) -> Result<Vec<feed_fetch::Model>> {
    Ok(feed_fetch::Entity::find()
        .filter(feed_fetch::Column::FeedId.is_in(feeds))
        .order_by_desc(feed_fetch::Column::LastAt)
        .order_by_desc(feed_fetch::Column::Id)
        .all(db)
        .await?)
}
