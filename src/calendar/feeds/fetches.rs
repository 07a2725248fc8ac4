//! Who fetched what, gathered in memory and written now and then: never a write for a request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use entity::id::{FeedFetchId, FeedId, SessionId};
use entity::{feed_fetch, feed_version};
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::holding::Held;
use crate::error::{Error, Result};

/// Characters that are kept of what a client calls itself.
const LONGEST: usize = 200;
/// Clients that are kept of one subscription.
const CLIENTS: u64 = 50;

/// What one version of a subscription holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// Its tag.
    pub etag: String,
    /// Its sessions.
    pub sessions: Held,
}

impl Version {
    /// What it takes in memory, about.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.etag.len() + std::mem::size_of_val(self.sessions.as_slice())
    }
}

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
    pub version: &'a Arc<Version>,
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
    version: Arc<Version>,
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
            if !Arc::ptr_eq(&same.version, fetch.version) {
                same.version = Arc::clone(fetch.version);
            }
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
            version: Arc::clone(fetch.version),
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
            write_versions(db, feed, &seen).await?;
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
        etag: Set(seen.version.etag.clone()),
        held: Set(i32::try_from(seen.version.sessions.len()).unwrap_or(i32::MAX)),
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

/// Writes what the versions hold that clients have now and that were not written before.
async fn write_versions(db: &impl ConnectionTrait, feed: FeedId, seen: &[Seen]) -> Result<()> {
    use feed_version::Column;
    let versions: HashMap<&str, &Version> = seen.iter().map(|one| (one.version.etag.as_str(), &*one.version)).collect();
    let there: Vec<String> = feed_version::Entity::find()
        .select_only()
        .column(Column::Etag)
        .filter(Column::FeedId.eq(feed))
        .filter(Column::Etag.is_in(versions.keys().copied()))
        .into_tuple()
        .all(db)
        .await?;
    for version in versions.into_values().filter(|version| !there.contains(&version.etag)) {
        let row = feed_version::ActiveModel {
            feed_id: Set(feed),
            etag: Set(version.etag.clone()),
            sessions: Set(serde_json::to_value(&version.sessions).map_err(Error::internal)?),
            ..Default::default()
        };
        // Another server may write the same.
        let there = OnConflict::columns([Column::FeedId, Column::Etag]).do_nothing().to_owned();
        feed_version::Entity::insert(row).on_conflict(there).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Drops the clients that came longest ago, beyond those that are kept, and the versions that none has any more.
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
    let used = Query::select()
        .column(feed_fetch::Column::Etag)
        .from(feed_fetch::Entity)
        .and_where(feed_fetch::Column::FeedId.eq(feed))
        .to_owned();
    feed_version::Entity::delete_many()
        .filter(feed_version::Column::FeedId.eq(feed))
        .filter(feed_version::Column::Etag.not_in_subquery(used))
        .exec(db)
        .await?;
    Ok(())
}

/// What those versions of these subscriptions hold that some client has, by subscription and tag. A client that came
/// last before this was written down has one that is not among them.
pub async fn versions(
    db: &impl ConnectionTrait,
    feeds: Vec<FeedId>,
) -> Result<HashMap<(FeedId, String), HashMap<SessionId, u32>>> {
    let rows = feed_version::Entity::find().filter(feed_version::Column::FeedId.is_in(feeds)).all(db).await?;
    let held = |row: feed_version::Model| {
        let sessions: Held = serde_json::from_value(row.sessions).map_err(Error::internal)?;
        Ok(((row.feed_id, row.etag), sessions.into_iter().collect()))
    };
    rows.into_iter().map(held).collect()
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
