//! API tokens: made once, looked up by hash.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::api_token;
use entity::id::OrganisationId;
use entity::state::Scope;
use moka::future::Cache;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::{Actor, Secret, hash};
use crate::error::{Error, Result};

/// Makes a token for an organisation and everything below it; gives its text, which is kept nowhere.
pub async fn create(
    db: &impl ConnectionTrait,
    name: &str,
    organisation: OrganisationId,
    scope: Scope,
    now: DateTime<Utc>,
) -> Result<String> {
    if name.trim().is_empty() {
        return Err(Error::field("name", "required"));
    }
    let secret = Secret::new()?;
    let row = api_token::ActiveModel {
        name: Set(name.trim().to_owned()),
        token_hash: Set(secret.hash),
        organisation_id: Set(organisation),
        scope: Set(scope),
        created_at: Set(now),
        revoked_at: Set(None),
        ..Default::default()
    };
    api_token::Entity::insert(row).exec_without_returning(db).await?;
    Ok(secret.text)
}

/// How long a token that was found is taken for good: one that is switched off, here or by another server, is refused
/// after that.
const KEPT: Duration = Duration::from_secs(2);
/// How many tokens are kept.
const TOKENS: u64 = 10_000;

/// Tokens that were looked up just now, so that a door with a queue does not look up its own token at every person.
#[derive(Clone, Debug)]
pub struct Tokens(Cache<String, Actor>);

impl Default for Tokens {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(TOKENS).time_to_live(KEPT).build())
    }
}

impl Tokens {
    /// The same as [`actor`], at most two seconds old.
    pub async fn actor(&self, db: &impl ConnectionTrait, text: &str) -> Result<Option<Actor>> {
        let key = hash(text);
        if let Some(actor) = self.0.get(&key).await {
            return Ok(Some(actor));
        }
        let found = actor(db, text).await?;
        if let Some(actor) = &found {
            self.0.insert(key, actor.clone()).await;
        }
        Ok(found)
    }
}

/// Who presents that token; None for one that is unknown or switched off.
pub async fn actor(db: &impl ConnectionTrait, text: &str) -> Result<Option<Actor>> {
    let row = api_token::Entity::find().filter(api_token::Column::TokenHash.eq(hash(text))).one(db).await?;
    Ok(row.filter(|row| row.revoked_at.is_none()).map(|row| Actor {
        name: format!("token:{}", row.id),
        organisation: row.organisation_id,
        rights: row.scope.into(),
    }))
}
