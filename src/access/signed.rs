//! Links that carry who they are for and are good for nothing else: HMAC-SHA-256 over their parts, with a key that all
//! servers share. Nothing is kept of a link, so it works as long as its parts mean something.

use chrono::{DateTime, Utc};
use entity::signing_key;
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use sha2::Sha256;

use crate::error::{Code, Error, Result};

/// Octets of the code at a link's end: 128 bits.
const CODE: usize = 16;

/// The key with which links of this installation are signed.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Reads the key, or makes it where there is none yet; of two that make it at once one stands.
    pub async fn load(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Self> {
        const NAME: &str = "links";
        if let Some(row) = signing_key::Entity::find_by_id(NAME.to_owned()).one(db).await? {
            return Self::of(&row.secret);
        }
        let secret = super::Secret::new()?.text;
        let row = signing_key::ActiveModel { name: Set(NAME.to_owned()), secret: Set(secret), created_at: Set(now) };
        signing_key::Entity::insert(row)
            .on_conflict(OnConflict::column(signing_key::Column::Name).do_nothing().to_owned())
            .exec_without_returning(db)
            .await?;
        let row = signing_key::Entity::find_by_id(NAME.to_owned()).one(db).await?;
        Self::of(&row.ok_or_else(|| Error::internal("the signing key is gone"))?.secret)
    }

    fn of(secret: &str) -> Result<Self> {
        Hmac::new_from_slice(secret.as_bytes()).map(Self).map_err(Error::internal)
    }

    /// A token of a purpose and numbers, in letters that a URL carries as they are: `12.7.3.0f3c…`.
    #[must_use]
    pub fn sign(&self, purpose: &str, parts: &[i64]) -> String {
        let body = parts.iter().map(i64::to_string).collect::<Vec<_>>().join(".");
        let code = self.mac(purpose, &body).finalize().into_bytes();
        format!("{body}.{}", hex::encode(&code[..CODE]))
    }

    /// The numbers of a token that was signed for that purpose; `not-found` for any other text.
    pub fn open<const N: usize>(&self, purpose: &str, token: &str) -> Result<[i64; N]> {
        let wrong = || Error::new(Code::NotFound);
        let (body, code) = token.rsplit_once('.').ok_or_else(wrong)?;
        let code = hex::decode(code).ok().filter(|code| code.len() == CODE).ok_or_else(wrong)?;
        self.mac(purpose, body).verify_truncated_left(&code).map_err(|_| wrong())?;
        let parts: Vec<i64> =
            body.split('.').map(str::parse).collect::<std::result::Result<_, _>>().map_err(|_| wrong())?;
        parts.try_into().map_err(|_| wrong())
    }

    fn mac(&self, purpose: &str, body: &str) -> Hmac<Sha256> {
        self.0.clone().chain_update(purpose).chain_update([0]).chain_update(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_for_its_purpose_with_its_key_and_its_parts_alone() {
        let key = SigningKey::of("one").unwrap();
        let token = key.sign("answer", &[12, 7, 3]);
        assert_eq!(key.open::<3>("answer", &token).unwrap(), [12, 7, 3]);
        assert!(key.open::<3>("reminders", &token).is_err());
        assert!(key.open::<2>("answer", &token).is_err());
        assert!(SigningKey::of("two").unwrap().open::<3>("answer", &token).is_err());
        for wrong in [token.replacen("12", "13", 1), token[..token.len() - 2].to_owned(), String::new(), ".".to_owned()]
        {
            assert!(key.open::<3>("answer", &wrong).is_err(), "{wrong}");
        }
    }
}
