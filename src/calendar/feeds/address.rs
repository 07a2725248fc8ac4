//! The addresses of subscriptions: made, made anew, changed and switched off.

use chrono::{DateTime, Utc};
use entity::feed;
use entity::id::{FeedId, OrganisationId, PersonId};
use entity::state::{FeedDetail, FeedScope};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::access::{Actor, Secret, SigningKey, audit, hash};
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::{self, select_below};
use crate::scheduling::{touch_all, wording};

/// Addresses that one person, or one organisation, may have at a time.
const MOST: u64 = 20;
/// Minutes before the start at which a calendar may be asked to ring: four weeks.
const LONGEST: u32 = 40_320;
/// For what the tokens of public subscriptions are signed: anybody may read those, so they can be worked out again.
const PUBLIC: &str = "public-calendar";

/// What a subscription holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// What a person is invited to.
    Person(PersonId),
    /// What an organisation, or one below it, hosts or co-hosts.
    Organisation(OrganisationId),
    /// The same, of one kind; None is everybody's.
    Kind(String, Option<OrganisationId>),
    /// Of these what anybody may come to; None is everybody's.
    Public(Option<OrganisationId>),
}

/// How its owner wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What its owner calls it; may be empty.
    pub name: String,
    /// How much it tells.
    pub detail: FeedDetail,
    /// Minutes before the start at which the calendar is to ring; only of a person's.
    pub alarms: Vec<u32>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { name: String::new(), detail: FeedDetail::Full, alarms: Vec::new() }
    }
}

impl Terms {
    /// The same checked: a name of one line, alarms in order and each once.
    fn checked(&self) -> Result<Self> {
        let mut wrong = Vec::new();
        let name = wording::line("name", &self.name, 100, &mut wrong);
        let mut alarms = self.alarms.clone();
        alarms.sort_unstable();
        alarms.dedup();
        if alarms.len() > 5 || alarms.iter().any(|minutes| *minutes > LONGEST) {
            wrong.push(FieldProblem::new("alarms", "bad-alarms"));
        }
        if wrong.is_empty() { Ok(Self { name, detail: self.detail, alarms }) } else { Err(Error::invalid(wrong)) }
    }
}

/// When a subscription's calendar is to ring: minutes before the start.
#[must_use]
pub fn alarms(row: &feed::Model) -> Vec<u32> {
    row.alarms.as_ref().and_then(|list| serde_json::from_value(list.clone()).ok()).unwrap_or_default()
}

/// Who deals with addresses: which are theirs, and under what name it is written down.
#[derive(Clone, Debug)]
pub enum Keeper<'a> {
    /// A person, of their own.
    Person(PersonId),
    /// Somebody who manages, of those that are no person's: of their organisation and all below it.
    Manager(&'a Actor),
}

impl Keeper<'_> {
    fn name(&self) -> String {
        match self {
            Self::Person(id) => format!("person:{id}"),
            Self::Manager(actor) => actor.name.clone(),
        }
    }

    /// A condition on subscriptions that are theirs and work.
    async fn own(&self, db: &impl ConnectionTrait) -> Result<Condition> {
        let works = Condition::all().add(feed::Column::RevokedAt.is_null());
        match self {
            Self::Person(id) => {
                Ok(works.add(feed::Column::Scope.eq(FeedScope::Person)).add(feed::Column::PersonId.eq(*id)))
            }
            Self::Manager(actor) => {
                let below = Expr::col(feed::Column::OrganisationId).in_subquery(select_below(actor.organisation));
                let mut any = Condition::any().add(below);
                if is_top(db, actor.organisation).await? {
                    any = any.add(feed::Column::OrganisationId.is_null());
                }
                Ok(works.add(feed::Column::Scope.ne(FeedScope::Person)).add(any))
            }
        }
    }

    /// Refuses with `not-found` what is not theirs to make.
    async fn permit(&self, db: &impl ConnectionTrait, what: &What) -> Result<()> {
        let theirs = match (self, what) {
            (Self::Person(own), What::Person(id)) => own == id,
            (Self::Manager(actor), What::Organisation(org)) => people::is_below(db, *org, actor.organisation).await?,
            (Self::Manager(actor), What::Kind(_, org) | What::Public(org)) => match org {
                Some(org) => people::is_below(db, *org, actor.organisation).await?,
                None => is_top(db, actor.organisation).await?,
            },
            _ => false,
        };
        if theirs { Ok(()) } else { Err(Error::new(Code::NotFound)) }
    }
}

async fn is_top(db: &impl ConnectionTrait, organisation: OrganisationId) -> Result<bool> {
    let row = entity::organisation::Entity::find_by_id(organisation).one(db).await?;
    Ok(row.is_some_and(|row| row.parent_id.is_none()))
}

/// Makes an address for its keeper, in the caller's transaction: gives the token at its end, of which only the hash is
/// kept. Earlier ones stay, but the public gets one of an organisation at a time: a second is `wrong-state`.
pub async fn make(
    db: &impl ConnectionTrait,
    key: &SigningKey,
    keeper: &Keeper<'_>,
    what: &What,
    terms: &Terms,
    now: DateTime<Utc>,
) -> Result<String> {
    keeper.permit(db, what).await?;
    let terms = terms.checked()?;
    let same = feed::Entity::find().filter(keeper.own(db).await?).filter(holds(what)).count(db).await?;
    if same > 0 && matches!(what, What::Public(_)) {
        return Err(Error::new(Code::WrongState));
    }
    if same >= MOST {
        return Err(Error::invalid(vec![FieldProblem::new("name", "too-many-feeds").with("limit", MOST)]));
    }
    let (id, token) = insert(db, what, &terms, &keeper.name(), now).await?;
    record(db, &keeper.name(), "feed.create", id, now).await?;
    settle(db, key, id, what, token).await
}

/// The name under which the command line deals with addresses.
const COMMAND: &str = "command";

/// The same for the command line, which may make any; what the public has already is made anew.
pub async fn create(db: &impl ConnectionTrait, key: &SigningKey, what: &What, now: DateTime<Utc>) -> Result<String> {
    if matches!(what, What::Public(_)) {
        revoke_each(db, COMMAND, holds(what), now).await?;
    }
    let (id, token) = insert(db, what, &Terms::default(), COMMAND, now).await?;
    record(db, COMMAND, "feed.create", id, now).await?;
    settle(db, key, id, what, token).await
}

/// Makes a person's address as it comes, in full and without alarms.
pub async fn create_own(db: &impl ConnectionTrait, person: PersonId, now: DateTime<Utc>) -> Result<String> {
    Ok(insert(db, &What::Person(person), &Terms::default(), "", now).await?.1)
}

async fn insert(
    db: &impl ConnectionTrait,
    what: &What,
    terms: &Terms,
    by: &str,
    now: DateTime<Utc>,
) -> Result<(FeedId, String)> {
    let secret = Secret::new()?;
    let (scope, person, organisation, kind) = columns(what);
    let row = feed::ActiveModel {
        scope: Set(scope),
        person_id: Set(person),
        organisation_id: Set(organisation),
        kind: Set(kind.map(str::to_owned)),
        detail: Set(terms.detail),
        alarms: Set((!terms.alarms.is_empty()).then(|| serde_json::json!(terms.alarms))),
        name: Set(terms.name.clone()),
        token_hash: Set(secret.hash),
        created_by: Set(by.to_owned()),
        created_at: Set(now),
        revoked_at: Set(None),
        ..Default::default()
    };
    let id = feed::Entity::insert(row).exec(db).await?.last_insert_id;
    touch_all(db).await?;
    Ok((id, secret.text))
}

/// Gives the address of what is the public's a token that can be worked out again; any other keeps its own.
async fn settle(db: &impl ConnectionTrait, key: &SigningKey, id: FeedId, what: &What, token: String) -> Result<String> {
    if !matches!(what, What::Public(_)) {
        return Ok(token);
    }
    let token = public_token(key, id);
    let row = feed::ActiveModel { id: Set(id), token_hash: Set(hash(&token)), ..Default::default() };
    feed::Entity::update(row).exec(db).await?;
    Ok(token)
}

/// The token of a subscription of the public, which is no secret.
#[must_use]
pub fn public_token(key: &SigningKey, id: FeedId) -> String {
    key.sign(PUBLIC, &[id.0])
}

fn columns(what: &What) -> (FeedScope, Option<PersonId>, Option<OrganisationId>, Option<&str>) {
    match what {
        What::Person(id) => (FeedScope::Person, Some(*id), None, None),
        What::Organisation(org) => (FeedScope::Organisation, None, Some(*org), None),
        What::Kind(kind, org) => (FeedScope::Kind, None, *org, Some(kind)),
        What::Public(org) => (FeedScope::Public, None, *org, None),
    }
}

/// A condition on subscriptions that hold the same.
fn holds(what: &What) -> Condition {
    let (scope, person, organisation, kind) = columns(what);
    let same = |column: feed::Column, value: Option<sea_orm::Value>| match value {
        Some(value) => column.eq(value),
        None => column.is_null(),
    };
    Condition::all()
        .add(feed::Column::Scope.eq(scope))
        .add(same(feed::Column::PersonId, person.map(Into::into)))
        .add(same(feed::Column::OrganisationId, organisation.map(Into::into)))
        .add(same(feed::Column::Kind, kind.map(Into::into)))
}

/// What a row holds; None for one that no version of this program wrote.
#[must_use]
pub fn what(row: &feed::Model) -> Option<What> {
    match row.scope {
        FeedScope::Person => row.person_id.map(What::Person),
        FeedScope::Organisation => row.organisation_id.map(What::Organisation),
        FeedScope::Kind => row.kind.clone().map(|kind| What::Kind(kind, row.organisation_id)),
        FeedScope::Public => Some(What::Public(row.organisation_id)),
    }
}

fn terms(row: &feed::Model) -> Terms {
    Terms { name: row.name.clone(), detail: row.detail, alarms: alarms(row) }
}

/// The keeper's addresses that work, oldest first.
pub async fn list(db: &impl ConnectionTrait, keeper: &Keeper<'_>) -> Result<Vec<feed::Model>> {
    Ok(feed::Entity::find().filter(keeper.own(db).await?).order_by_asc(feed::Column::Id).all(db).await?)
}

/// Everybody's addresses of the public that work, oldest first.
pub async fn list_public(db: &impl ConnectionTrait) -> Result<Vec<feed::Model>> {
    Ok(feed::Entity::find()
        .filter(feed::Column::Scope.eq(FeedScope::Public))
        .filter(feed::Column::RevokedAt.is_null())
        .order_by_asc(feed::Column::Id)
        .all(db)
        .await?)
}

/// One of the keeper's addresses that works, held until the transaction ends; `not-found` for any other.
async fn find(db: &impl ConnectionTrait, keeper: &Keeper<'_>, id: FeedId) -> Result<feed::Model> {
    feed::Entity::find_by_id(id)
        .filter(keeper.own(db).await?)
        .lock_exclusive()
        .one(db)
        .await?
        .ok_or_else(|| Error::new(Code::NotFound))
}

/// Makes an address anew, in the caller's transaction: the old one stops at once, the new one holds the same.
pub async fn renew(
    db: &impl ConnectionTrait,
    key: &SigningKey,
    keeper: &Keeper<'_>,
    id: FeedId,
    now: DateTime<Utc>,
) -> Result<String> {
    let row = find(db, keeper, id).await?;
    let what = what(&row).ok_or_else(|| Error::new(Code::NotFound))?;
    revoke(db, Condition::all().add(feed::Column::Id.eq(id)), now).await?;
    let (new, token) = insert(db, &what, &terms(&row), &keeper.name(), now).await?;
    record(db, &keeper.name(), "feed.renew", new, now).await?;
    settle(db, key, new, &what, token).await
}

/// Changes how the keeper wants one of theirs, in the caller's transaction; the address stays.
pub async fn change(
    db: &impl ConnectionTrait,
    keeper: &Keeper<'_>,
    id: FeedId,
    terms: &Terms,
    now: DateTime<Utc>,
) -> Result<()> {
    let terms = terms.checked()?;
    find(db, keeper, id).await?;
    let row = feed::ActiveModel {
        id: Set(id),
        detail: Set(terms.detail),
        alarms: Set((!terms.alarms.is_empty()).then(|| serde_json::json!(terms.alarms))),
        name: Set(terms.name),
        ..Default::default()
    };
    feed::Entity::update(row).exec(db).await?;
    touch_all(db).await?;
    record(db, &keeper.name(), "feed.change", id, now).await
}

/// Switches one of the keeper's addresses off, in the caller's transaction; `not-found` when it is not theirs or off
/// already.
pub async fn switch_off(db: &impl ConnectionTrait, keeper: &Keeper<'_>, id: FeedId, now: DateTime<Utc>) -> Result<()> {
    find(db, keeper, id).await?;
    revoke(db, Condition::all().add(feed::Column::Id.eq(id)), now).await?;
    record(db, &keeper.name(), "feed.off", id, now).await
}

/// Switches all of the keeper's addresses off, in the caller's transaction; gives how many worked until now.
pub async fn switch_all_off(db: &impl ConnectionTrait, keeper: &Keeper<'_>, now: DateTime<Utc>) -> Result<usize> {
    revoke_each(db, &keeper.name(), keeper.own(db).await?, now).await
}

/// Switches off those of these that work, and writes down each.
async fn revoke_each(db: &impl ConnectionTrait, by: &str, which: Condition, now: DateTime<Utc>) -> Result<usize> {
    let rows = feed::Entity::find()
        .filter(which)
        .filter(feed::Column::RevokedAt.is_null())
        .order_by_asc(feed::Column::Id)
        .lock_exclusive()
        .all(db)
        .await?;
    for row in &rows {
        revoke(db, Condition::all().add(feed::Column::Id.eq(row.id)), now).await?;
        record(db, by, "feed.off", row.id, now).await?;
    }
    Ok(rows.len())
}

async fn revoke(db: &impl ConnectionTrait, which: Condition, now: DateTime<Utc>) -> Result<()> {
    feed::Entity::update_many()
        .col_expr(feed::Column::RevokedAt, Expr::value(now))
        .filter(which)
        .filter(feed::Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(touch_all(db).await?)
}

async fn record(db: &impl ConnectionTrait, actor: &str, action: &str, id: FeedId, now: DateTime<Utc>) -> Result<()> {
    let subject = format!("feed:{id}");
    let deed = audit::Deed { actor, action, subject, event_id: None, detail: serde_json::json!({}) };
    Ok(audit::record(db, deed, now).await?)
}

/// The subscription of that hash, if it works.
pub async fn by_hash(db: &impl ConnectionTrait, hash: &str) -> Result<Option<feed::Model>> {
    Ok(feed::Entity::find()
        .filter(feed::Column::TokenHash.eq(hash))
        .filter(feed::Column::RevokedAt.is_null())
        .one(db)
        .await?)
}
