//! API tokens: made once, looked up by hash.

use chrono::{DateTime, Utc};
use entity::api_token;
use entity::id::OrganisationId;
use entity::state::Scope;
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

/// Who presents that token; None for one that is unknown or switched off.
pub async fn actor(db: &impl ConnectionTrait, text: &str) -> Result<Option<Actor>> {
    let row = api_token::Entity::find().filter(api_token::Column::TokenHash.eq(hash(text))).one(db).await?;
    Ok(row.filter(|row| row.revoked_at.is_none()).map(|row| Actor {
        name: format!("token:{}", row.id),
        organisation: row.organisation_id,
        rights: row.scope.into(),
    }))
}
