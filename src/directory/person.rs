//! Adding a person, and their name and address.

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::PersonId;
use entity::{person, person_alias};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::change::{Done, apply, fix_the_past, permit};
use super::course::{Place, Step, take};
use crate::access::{Actor, Rights, audit};
use crate::db::is_duplicate;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::outbox::trouble;
use crate::people::{self, OrgTree, Stay, stays_of};

/// Somebody who joins, as understood.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Theirs for good.
    pub staff_no: String,
    /// As shown.
    pub name: String,
    /// Lower case.
    pub email: Option<String>,
    /// The first day.
    pub from: NaiveDate,
    /// Where.
    pub place: Place,
}

/// Adds a person with a first membership, in the caller's transaction; invites them to what is ahead. `number-taken`
/// when somebody has or had the number.
pub async fn add(
    db: &impl ConnectionTrait,
    actor: &Actor,
    new: NewPerson,
    now: DateTime<Utc>,
) -> Result<(PersonId, Done)> {
    actor.demand(Rights::Manage)?;
    fix_the_past(db, now).await?;
    let tree = OrgTree::load(db).await?;
    let merged = person_alias::Entity::find_by_id(new.staff_no.clone()).one(db).await?;
    if merged.is_some() {
        return Err(Error::field("staff_no", "number-merged"));
    }
    let row = person::ActiveModel {
        staff_no: Set(new.staff_no),
        name: Set(new.name),
        email: Set(new.email),
        created_at: Set(now),
        ..Default::default()
    };
    let id = match person::Entity::insert(row).exec(db).await {
        Err(error) if is_duplicate(&error) => return Err(Error::field("staff_no", "number-taken")),
        other => other?.last_insert_id,
    };
    let after = take(&[], id, &Step::Begin { from: new.from, place: new.place }).map_err(one)?;
    permit(&tree, actor, &[], &after)?;
    let done = apply(db, &tree, &[], &after, now).await?;
    let stay = after.first().map(|stay| said(&tree, stay));
    record(db, actor, "person.add", id, json!({ "after": stay }), now).await?;
    Ok((id, done))
}

/// What became of a name and an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renamed {
    /// They were so already.
    Same,
    /// They are other ones now.
    Changed,
}

/// Changes a person's name and address, in the caller's transaction. Rosters of what has begun keep the name.
pub async fn rename(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: PersonId,
    name: String,
    email: Option<String>,
    now: DateTime<Utc>,
) -> Result<Renamed> {
    let tree = OrgTree::load(db).await?;
    let (row, stays) = held(db, actor, &tree, id).await?;
    mine(&tree, actor, &stays)?;
    if row.name == name && row.email == email {
        return Ok(Renamed::Same);
    }
    fix_the_past(db, now).await?;
    let detail = json!({ "name": row.name != name, "email": row.email != email });
    let change = person::ActiveModel { id: Set(id), name: Set(name), email: Set(email), ..Default::default() };
    person::Entity::update(change).exec(db).await?;
    people::touch(db).await?;
    record(db, actor, "person.rename", id, detail, now).await?;
    Ok(Renamed::Changed)
}

/// Takes the mark of returned mail off a person's address, in the caller's transaction, for somebody who may change the
/// person. `not-found` when `address`, which the actor saw, is not theirs any more or bears no mark.
pub async fn takes_mail(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: PersonId,
    address: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let tree = OrgTree::load(db).await?;
    let (row, stays) = held(db, actor, &tree, id).await?;
    mine(&tree, actor, &stays)?;
    let own = row.email.is_some_and(|own| own.to_lowercase() == address.to_lowercase());
    if !own || !trouble::clear(db, address).await? {
        return Err(Error::new(Code::NotFound));
    }
    record(db, actor, "mail.trouble_clear", id, json!({}), now).await
}

/// Takes a step in a person's course, in the caller's transaction. `seen` is what [`fingerprint`] said of the course
/// when the actor saw it: `changed-meanwhile` when it changed since.
pub async fn step(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: PersonId,
    (action, step): (&str, &Step),
    seen: &str,
    now: DateTime<Utc>,
) -> Result<Done> {
    let tree = OrgTree::load(db).await?;
    let (_, before) = held(db, actor, &tree, id).await?;
    if fingerprint(&before) != seen {
        return Err(Error::new(Code::ChangedMeanwhile));
    }
    let after = take(&before, id, step).map_err(one)?;
    permit(&tree, actor, &before, &after)?;
    let done = apply(db, &tree, &before, &after, now).await?;
    let told = |from: &[Stay], other: &[Stay]| -> Vec<_> {
        from.iter().filter(|stay| !other.contains(stay)).map(|stay| said(&tree, stay)).collect()
    };
    let detail = json!({
        "before": told(&before, &after), "after": told(&after, &before), "sessions": done.sessions, "letters": done.letters,
    });
    record(db, actor, action, id, detail, now).await?;
    Ok(done)
}

/// A person with their memberships, held until the transaction ends, for somebody who manages; `not-found` when the
/// actor may not see them.
async fn held(
    db: &impl ConnectionTrait,
    actor: &Actor,
    tree: &OrgTree,
    id: PersonId,
) -> Result<(person::Model, Vec<Stay>)> {
    actor.demand(Rights::Manage)?;
    let row = person::Entity::find().filter(person::Column::Id.eq(id)).lock_exclusive().one(db).await?;
    let row = row.ok_or_else(|| Error::new(Code::NotFound))?;
    let stays = stays_of(db, &[id]).await?;
    if sees(tree, actor, &stays) { Ok((row, stays)) } else { Err(Error::new(Code::NotFound)) }
}

/// Whether an actor may see a person of that course: they belong, or belonged, to an organisation of the actor's.
#[must_use]
pub fn sees(tree: &OrgTree, actor: &Actor, stays: &[Stay]) -> bool {
    stays.iter().any(|stay| tree.is_below(stay.organisation_id, actor.organisation))
}

/// Whether a person is the actor's to change: their latest membership is.
#[must_use]
pub fn is_ours(tree: &OrgTree, actor: &Actor, stays: &[Stay]) -> bool {
    let latest = stays.iter().max_by_key(|stay| stay.from);
    latest.is_some_and(|stay| tree.is_below(stay.organisation_id, actor.organisation))
}

fn mine(tree: &OrgTree, actor: &Actor, stays: &[Stay]) -> Result<()> {
    if is_ours(tree, actor, stays) { Ok(()) } else { Err(Error::new(Code::Forbidden)) }
}

/// The person of that id with their memberships, for a reader; `not-found` when the actor may not see them.
pub async fn person_for(
    db: &impl ConnectionTrait,
    actor: &Actor,
    tree: &OrgTree,
    id: PersonId,
) -> Result<(person::Model, Vec<Stay>)> {
    let row = person::Entity::find_by_id(id).one(db).await?.ok_or_else(|| Error::new(Code::NotFound))?;
    let stays = stays_of(db, &[id]).await?;
    if sees(tree, actor, &stays) { Ok((row, stays)) } else { Err(Error::new(Code::NotFound)) }
}

/// A short text that differs when the memberships differ.
#[must_use]
pub fn fingerprint(stays: &[Stay]) -> String {
    let text: Vec<_> = stays
        .iter()
        .map(|stay| json!([stay.id, stay.from, stay.to, stay.organisation_id, stay.title, stay.groups]).to_string())
        .collect();
    crate::access::hash(&text.join("\n"))[..16].to_owned()
}

fn one(problem: FieldProblem) -> Error {
    Error::invalid(vec![problem])
}

/// A membership as the audit says it.
fn said(tree: &OrgTree, stay: &Stay) -> serde_json::Value {
    json!({
        "org_code": tree.code(stay.organisation_id), "active_from": stay.from, "active_to": stay.to,
        "groups": stay.groups,
    })
}

pub(super) async fn record(
    db: &impl ConnectionTrait,
    actor: &Actor,
    action: &str,
    person: PersonId,
    detail: serde_json::Value,
    now: DateTime<Utc>,
) -> Result<()> {
    let subject = format!("person:{person}");
    let deed = audit::Deed { actor: &actor.name, action, subject, event_id: None, detail };
    Ok(audit::record(db, deed, now).await?)
}
