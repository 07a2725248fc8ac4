//! Signing in by a link that works once, and browsers that are signed in.

use chrono::{DateTime, Days, TimeDelta, Utc};
use entity::id::{AccountId, OrganisationId, PersonId};
use entity::state::{MessageKind, Role};
use entity::{account, person, sign_in_link, web_session};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Actor, Secret, hash};
use crate::config;
use crate::error::{Code, Error, Result};
use crate::outbox::{Message, enqueue};
use crate::people;

/// Somebody who can sign in: an account, a person of the staff, or one who is both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The account of that address.
    pub account: Option<account::Model>,
    /// The person of that address.
    pub person: Option<person::Model>,
}

/// A browser that is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub identity: Identity,
    /// The row behind its cookie.
    pub session: web_session::Model,
}

impl SignedIn {
    /// What it may do beyond its own things; None for staff without an account.
    #[must_use]
    pub fn actor(&self) -> Option<Actor> {
        self.identity.account.as_ref().map(|account| Actor {
            name: format!("account:{}", account.id),
            organisation: account.organisation_id,
            rights: account.role.into(),
        })
    }

    /// As it is written down in histories.
    #[must_use]
    pub fn name(&self) -> String {
        match (&self.identity.account, &self.identity.person) {
            (Some(account), _) => format!("account:{}", account.id),
            (None, Some(person)) => format!("person:{}", person.id),
            (None, None) => "nobody".to_owned(),
        }
    }
}

/// Who signs in with that address, in any case of letters; nobody when it is unknown or switched off. An address that
/// several persons share signs none of them in.
pub async fn identify(db: &impl ConnectionTrait, email: &str) -> Result<Identity> {
    let email = email.trim().to_lowercase();
    let account = account::Entity::find()
        .filter(account::Column::Email.eq(email.as_str()))
        .filter(account::Column::DisabledAt.is_null())
        .one(db)
        .await?;
    let mut persons = person::Entity::find()
        .filter(person::Column::Email.eq(email.as_str()))
        .order_by_asc(person::Column::Id)
        .all(db)
        .await?;
    let person = if persons.len() == 1 { persons.pop() } else { None };
    Ok(Identity { account, person })
}

/// Makes an account; `email-taken` when the address has one.
pub async fn create_account(
    db: &impl ConnectionTrait,
    email: &str,
    organisation: OrganisationId,
    role: Role,
    now: DateTime<Utc>,
) -> Result<account::Model> {
    let email = email.trim().to_lowercase();
    if !people::is_email(&email) {
        return Err(Error::field("email", "bad-email"));
    }
    let row = account::ActiveModel {
        email: Set(email),
        organisation_id: Set(organisation),
        role: Set(role),
        created_at: Set(now),
        disabled_at: Set(None),
        ..Default::default()
    };
    match account::Entity::insert(row).exec_with_returning(db).await {
        Err(error) if crate::db::is_duplicate(&error) => Err(Error::field("email", "email-taken")),
        other => Ok(other?),
    }
}

/// Makes a link that signs in once until it runs out; gives the secret at its end.
pub async fn create_link(
    db: &impl ConnectionTrait,
    account: Option<AccountId>,
    person: Option<PersonId>,
    settings: &config::Access,
    now: DateTime<Utc>,
) -> Result<String> {
    let secret = Secret::new()?;
    let row = sign_in_link::ActiveModel {
        token_hash: Set(secret.hash),
        account_id: Set(account),
        person_id: Set(person),
        created_at: Set(now),
        expires_at: Set(now + TimeDelta::minutes(settings.link_minutes.into())),
        used_at: Set(None),
        ..Default::default()
    };
    sign_in_link::Entity::insert(row).exec_without_returning(db).await?;
    Ok(secret.text)
}

/// Mails a link to whoever has that address, in the caller's transaction. Says nothing of whether anybody has; one
/// address gets at most one link a minute.
pub async fn mail_link(
    db: &impl ConnectionTrait,
    email: &str,
    settings: &config::Access,
    now: DateTime<Utc>,
) -> Result<()> {
    let identity = identify(db, email).await?;
    let (account, person) = (identity.account.as_ref().map(|a| a.id), identity.person.as_ref().map(|p| p.id));
    if account.is_none() && person.is_none() {
        return Ok(());
    }
    let recent = sign_in_link::Entity::find()
        .filter(sign_in_link::Column::CreatedAt.gt(now - TimeDelta::minutes(1)))
        .filter(match account {
            Some(id) => sign_in_link::Column::AccountId.eq(id),
            None => sign_in_link::Column::PersonId.eq(person),
        })
        .one(db)
        .await?;
    if recent.is_some() {
        return Ok(());
    }
    let secret = create_link(db, account, person, settings, now).await?;
    let key = format!("sign-in:{}", hash(&secret));
    let message = Message {
        account_id: account,
        ..Message::new(MessageKind::SignIn, key, email.trim().to_lowercase())
            .to_person(person)
            .saying(serde_json::json!({ "secret": secret }))
    };
    Ok(enqueue(db, vec![message], now).await?)
}

/// Uses a link up, in the caller's transaction: gives the secret of a new cookie. `expired` when it was used before or
/// has run out; two browsers that use it at once cannot both win.
pub async fn use_link(
    db: &impl ConnectionTrait,
    secret: &str,
    settings: &config::Access,
    now: DateTime<Utc>,
) -> Result<String> {
    let used = sign_in_link::Entity::update_many()
        .col_expr(sign_in_link::Column::UsedAt, Expr::value(now))
        .filter(sign_in_link::Column::TokenHash.eq(hash(secret)))
        .filter(sign_in_link::Column::UsedAt.is_null())
        .filter(sign_in_link::Column::ExpiresAt.gt(now))
        .exec_with_returning(db)
        .await?;
    let Some(link) = used.into_iter().next() else { return Err(Error::new(Code::Expired)) };
    let (cookie, csrf) = (Secret::new()?, Secret::new()?);
    let row = web_session::ActiveModel {
        token_hash: Set(cookie.hash),
        csrf: Set(csrf.text),
        account_id: Set(link.account_id),
        person_id: Set(link.person_id),
        created_at: Set(now),
        expires_at: Set(now + Days::new(settings.session_days.into())),
        ..Default::default()
    };
    web_session::Entity::insert(row).exec_without_returning(db).await?;
    Ok(cookie.text)
}

/// Who is behind a cookie; None when it is unknown, has run out, or its account was switched off.
pub async fn signed_in(db: &impl ConnectionTrait, cookie: &str, now: DateTime<Utc>) -> Result<Option<SignedIn>> {
    let row = web_session::Entity::find()
        .filter(web_session::Column::TokenHash.eq(hash(cookie)))
        .filter(web_session::Column::ExpiresAt.gt(now))
        .one(db)
        .await?;
    let Some(session) = row else { return Ok(None) };
    let account = match session.account_id {
        Some(id) => account::Entity::find_by_id(id).one(db).await?.filter(|account| account.disabled_at.is_none()),
        None => None,
    };
    let person = match session.person_id {
        Some(id) => person::Entity::find_by_id(id).one(db).await?,
        None => None,
    };
    if account.is_none() && person.is_none() {
        return Ok(None);
    }
    Ok(Some(SignedIn { identity: Identity { account, person }, session }))
}

/// Signs a browser out for good.
pub async fn sign_out(db: &impl ConnectionTrait, cookie: &str) -> Result<()> {
    web_session::Entity::delete_many().filter(web_session::Column::TokenHash.eq(hash(cookie))).exec(db).await?;
    Ok(())
}
