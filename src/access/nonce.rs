//! Requests with a mark of their own: repeated, they get the first answer again and change nothing.

use chrono::{DateTime, Utc};
use entity::answered_nonce;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::hash;
use crate::error::{Code, Error, Result};

/// A request's mark within its scope, and what it asks.
pub struct Marked {
    scope: String,
    nonce: String,
    meaning: String,
}

impl Marked {
    /// `scope` says who asks what of what: a mark of one says nothing of another's. `meaning` is all that repetitions
    /// must agree in.
    pub fn new(scope: String, nonce: &str, meaning: &impl Serialize) -> Result<Self> {
        if nonce.is_empty() || nonce.len() > 200 || nonce.chars().any(char::is_control) {
            return Err(Error::field("nonce", "bad-nonce"));
        }
        let meaning = hash(&serde_json::to_string(meaning).map_err(Error::internal)?);
        Ok(Self { scope, nonce: nonce.to_owned(), meaning })
    }

    /// The first answer, if this is a repetition; `nonce-reused` if the mark was used to ask something else.
    pub async fn answered<T: DeserializeOwned>(&self, db: &impl ConnectionTrait) -> Result<Option<T>> {
        let key = (self.scope.clone(), self.nonce.clone());
        let Some(row) = answered_nonce::Entity::find_by_id(key).one(db).await? else { return Ok(None) };
        if row.body_hash != self.meaning {
            return Err(Error::new(Code::NonceReused));
        }
        serde_json::from_value(row.answer).map(Some).map_err(Error::internal)
    }

    /// Keeps the first answer, in the transaction of what it tells. Of two at once the caller must hold what both
    /// change, so that the second finds the first's answer.
    pub async fn keep(
        self,
        db: &impl ConnectionTrait,
        status: u16,
        answer: &impl Serialize,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let row = answered_nonce::ActiveModel {
            scope: Set(self.scope),
            nonce: Set(self.nonce),
            body_hash: Set(self.meaning),
            status: Set(status.into()),
            answer: Set(serde_json::to_value(answer).map_err(Error::internal)?),
            at: Set(now),
        };
        answered_nonce::Entity::insert(row).exec_without_returning(db).await?;
        Ok(())
    }
}
