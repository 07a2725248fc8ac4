//! Subscriptions as they are handed out, kept until something in them changes.
//!
//! Each request asks whether anything changed at all ([`super::revision`]). Where nothing did, what is kept holds. Where
//! something did, the fingerprint of what that subscription hangs on says whether it was anything in it; only then is it
//! made anew. So nothing old is ever handed out, whoever changed it, and nothing is made anew for another's change; but
//! any change of people may be one of a subscription's hosts or owner: where its text is the same after all, what was
//! packed stays, and has not been modified.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use entity::feed;
use entity::id::FeedId;
use flate2::Compression;
use flate2::write::GzEncoder;
use moka::future::Cache;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::address::by_hash;
use super::fetches::{Fetches, Version};
use super::holding::{Ground, Held, Text, fingerprint, held, text};
use super::revision::Lookups;
use super::scope::Window;
use crate::access::hash;
use crate::db::{Db, revisions};
use crate::error::{Code, Error, Result};

/// How long one may take to be made.
const PATIENCE: Duration = Duration::from_secs(30);

/// A subscription's text as it is kept.
#[derive(Debug)]
pub struct Kept {
    /// Which one.
    pub feed: FeedId,
    /// As it is, and packed.
    pub body: [Bytes; 2],
    /// The tags of both: strong ones, so they differ.
    pub tags: [String; 2],
    /// What it is called.
    pub name: String,
    /// What it holds.
    pub version: Arc<Version>,
    /// When this version was first made here.
    pub modified: DateTime<Utc>,
    window: Window,
    fingerprint: [u8; 32],
    /// The revision at which it was last known to hold.
    revision: AtomicI64,
}

impl Kept {
    fn holds(&self, revision: i64, window: Window) -> bool {
        self.revision.load(Ordering::Acquire) >= revision && self.window == window
    }

    fn octets(&self) -> u32 {
        let all = self.body.iter().map(bytes::Bytes::len).sum::<usize>() + self.version.octets() + 1_000;
        u32::try_from(all).unwrap_or(u32::MAX)
    }
}

/// All subscriptions of this server.
pub struct Feeds {
    db: Db,
    ground: Ground,
    lookups: Lookups,
    /// By token: in memory alone, so that none need be hashed at a request.
    kept: Cache<String, Arc<Kept>>,
    /// Of many that want the same one at once, one makes it.
    making: Cache<String, Arc<Mutex<()>>>,
    /// Who fetched what.
    pub fetches: Fetches,
}

impl Feeds {
    /// Keeps at most so many octets; asks `db`.
    #[must_use]
    pub fn start(db: Db, ground: Ground, octets: u64) -> Self {
        Self {
            lookups: Lookups::start(&db),
            kept: Cache::builder().max_capacity(octets).weigher(|_, kept: &Arc<Kept>| kept.octets()).build(),
            making: Cache::builder().max_capacity(1_000).build(),
            fetches: Fetches::default(),
            db,
            ground,
        }
    }

    /// What stands under a token at a moment after this was called; `not-found` for one that is unknown or switched off.
    pub async fn read(&self, token: &str, now: DateTime<Utc>) -> Result<Arc<Kept>> {
        let window = self.ground.window(now);
        let revision = self.lookups.revision().await?;
        if let Some(kept) = self.kept.get(token).await.filter(|kept| kept.holds(revision, window)) {
            self.prove(&kept, token, window).await?;
            return Ok(kept);
        }
        let turn = self.making.get_with(token.to_owned(), async { Arc::default() }).await;
        let _turn = turn.lock().await;
        // Whoever had the turn before may have done it.
        if let Some(kept) = self.kept.get(token).await.filter(|kept| kept.holds(revision, window)) {
            return Ok(kept);
        }
        tokio::time::timeout(PATIENCE, self.look(token, window, now))
            .await
            .map_err(|_| Error::new(Code::Unavailable))?
    }

    /// Looks whether what is kept still holds, and makes it anew where it does not.
    async fn look(&self, token: &str, window: Window, now: DateTime<Utc>) -> Result<Arc<Kept>> {
        let moment = self.db.snapshot().await?;
        let revision = revisions(&moment).await?;
        let Some(row) = by_hash(&moment, &hash(token)).await? else {
            self.kept.invalidate(token).await;
            return Err(Error::new(Code::NotFound));
        };
        let fingerprint = fingerprint(&moment, &row, window).await?;
        if let Some(kept) = self.kept.get(token).await.filter(|kept| kept.fingerprint == fingerprint) {
            kept.revision.fetch_max(revision, Ordering::AcqRel);
            drop(moment);
            self.prove(&kept, token, window).await?;
            return Ok(kept);
        }
        let text = text(&moment, &self.ground, &row, token, window).await?;
        let name = text.name.clone();
        let before = self.kept.get(token).await;
        let before = before.filter(|kept| kept.feed == row.id && *kept.body[0] == *text.body.as_bytes());
        let (body, tags, version, modified) = match before {
            Some(same) => (same.body.clone(), same.tags.clone(), same.version.clone(), same.modified),
            None => packed(text, now)?,
        };
        let revision = AtomicI64::new(revision);
        let kept = Kept { feed: row.id, body, tags, name, version, modified, window, fingerprint, revision };
        let kept = Arc::new(kept);
        self.kept.insert(token.to_owned(), kept.clone()).await;
        Ok(kept)
    }

    /// What a subscription holds at this moment, whoever has which version of it.
    pub async fn held(&self, row: &feed::Model, now: DateTime<Utc>) -> Result<Held> {
        let moment = self.db.snapshot().await?;
        held(&moment, &self.ground, row, self.ground.window(now)).await
    }

    /// In a build for development: makes it anew at every request and fails if what is kept says anything else.
    async fn prove(&self, kept: &Kept, token: &str, window: Window) -> Result<()> {
        if !cfg!(debug_assertions) {
            return Ok(());
        }
        let moment = self.db.snapshot().await?;
        let revision = revisions(&moment).await?;
        if kept.revision.load(Ordering::Acquire) != revision {
            return Ok(());
        }
        let row = by_hash(&moment, &hash(token)).await?;
        let row = row.ok_or_else(|| Error::internal("a subscription was switched off and no counter says so"))?;
        let fresh = text(&moment, &self.ground, &row, token, window).await?;
        debug_assert!(
            *kept.body[0] == *fresh.body.as_bytes(),
            "a subscription changed and no counter says so: {}\nbut now\n{}",
            String::from_utf8_lossy(&kept.body[0]),
            fresh.body
        );
        Ok(())
    }
}

type Packed = ([Bytes; 2], [String; 2], Arc<Version>, DateTime<Utc>);

/// A version that was not there before.
fn packed(text: Text, now: DateTime<Utc>) -> Result<Packed> {
    let tag = hex::encode(&Sha256::digest(text.body.as_bytes())[..16]);
    let packed = pack(text.body.as_bytes())?;
    let tags = [format!("\"{tag}\""), format!("\"{tag}-gzip\"")];
    let version = Arc::new(Version { etag: tags[0].clone(), sessions: text.sessions });
    Ok(([text.body.into_bytes().into(), packed.into()], tags, version, now))
}

fn pack(text: &[u8]) -> Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text).and_then(|()| packer.finish()).map_err(Error::internal)
}
