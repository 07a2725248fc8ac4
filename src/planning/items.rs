//! Items of the plan: added, changed and removed by hand, and copied from one year to another.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use entity::id::{OrganisationId, PlanItemId};
use entity::plan_item::{self, ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use serde_json::json;

use crate::access::{Actor, Rights, audit};
use crate::dates::parse_date;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::{OrgTree, select_below};
use crate::scheduling::Kinds;

/// The items of a year of `organisation` and of everything below it, in the order entered (counting rule 9).
pub async fn items_below(
    db: &impl ConnectionTrait,
    organisation: OrganisationId,
    year: i32,
) -> Result<Vec<plan_item::Model>, DbErr> {
    Entity::find()
        .filter(Column::Year.eq(year))
        .filter(Expr::col((Entity, Column::OrganisationId)).in_subquery(select_below(organisation)))
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// An item as somebody writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewItem {
    /// The year.
    pub year: i32,
    /// Whose: its code.
    pub org_code: String,
    /// A kind or a metric.
    pub item: String,
    /// A whole number, at least 1.
    pub target: String,
    /// A date, or nothing.
    pub due: String,
}

/// The greatest target: what a report adds up stays far below.
const MOST: i64 = 1_000_000_000;

/// Understands an item, or refuses with all that is wrong at once.
fn understood(kinds: &Kinds, tree: &OrgTree, actor: &Actor, new: &NewItem) -> Result<ActiveModel> {
    actor.demand(Rights::Manage)?;
    let mut wrong = Vec::new();
    let organisation = tree.by_code(&new.org_code).filter(|org| tree.is_below(org.id, actor.organisation));
    if organisation.is_none() {
        wrong.push(FieldProblem::new("org_code", "unknown-org").with("value", &new.org_code));
    }
    let item = new.item.trim();
    if item.is_empty() {
        wrong.push(FieldProblem::new("item", "required"));
    } else if kinds.get(item).is_none() && !is_metric(item) {
        wrong.push(FieldProblem::new("item", "plan-item"));
    }
    let target = new.target.trim().parse::<i64>().ok().filter(|target| (1..=MOST).contains(target));
    if target.is_none() {
        wrong.push(FieldProblem::new("target", "plan-target").with("limit", MOST));
    }
    let due = match new.due.trim() {
        "" => None,
        text => parse_date(text).map_err(|error| wrong.push(FieldProblem::new("due", error.code()))).ok(),
    };
    match (organisation, target) {
        (Some(organisation), Some(target)) if wrong.is_empty() => Ok(ActiveModel {
            year: Set(new.year),
            organisation_id: Set(organisation.id),
            item: Set(item.to_owned()),
            target: Set(target),
            due: Set(due),
            ..Default::default()
        }),
        _ => Err(Error::invalid(wrong)),
    }
}

/// Whether a text may name a metric, as files write it: `materials`.
fn is_metric(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
}

/// Adds an item, in the caller's transaction; `key-taken` when the organisation has one of the same thing that year.
pub async fn add(
    db: &impl ConnectionTrait,
    kinds: &Kinds,
    tree: &OrgTree,
    actor: &Actor,
    new: &NewItem,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = understood(kinds, tree, actor, new)?;
    if insert_new(db, vec![row]).await? == 0 {
        return Err(Error::new(Code::KeyTaken).at("item", "plan-item-twice"));
    }
    record(db, actor, "plan.add", json!({ "year": new.year, "org": new.org_code, "item": new.item.trim() }), now).await
}

/// The item of that id, held until the transaction ends; `not-found` unless its organisation is the actor's or below.
pub async fn item_to_manage(db: &impl ConnectionTrait, tree: &OrgTree, actor: &Actor, id: PlanItemId) -> Result<Model> {
    let row = Entity::find_by_id(id).lock_exclusive().one(db).await?;
    let row = row.filter(|row| tree.is_below(row.organisation_id, actor.organisation));
    let row = row.ok_or_else(|| Error::new(Code::NotFound))?;
    actor.demand(Rights::Manage)?;
    Ok(row)
}

/// What tells one state of an item from another.
#[must_use]
pub fn version(row: &Model) -> String {
    format!("{}/{}", row.target, row.due.map(|due| due.to_string()).unwrap_or_default())
}

/// Changes target and due date of an item that [`item_to_manage`] gave; `expected` is its [`version`] as last seen.
pub async fn change(
    db: &impl ConnectionTrait,
    kinds: &Kinds,
    tree: &OrgTree,
    actor: &Actor,
    (before, new, expected): (&Model, &NewItem, &str),
    now: DateTime<Utc>,
) -> Result<()> {
    if expected != version(before) {
        return Err(Error::new(Code::ChangedMeanwhile));
    }
    let row = understood(kinds, tree, actor, new)?;
    let row = ActiveModel { id: Set(before.id), target: row.target, due: row.due, ..Default::default() };
    Entity::update(row).exec(db).await?;
    record(db, actor, "plan.change", json!({ "item": before.id.to_string(), "target": new.target.trim() }), now).await
}

/// Removes an item that [`item_to_manage`] gave.
pub async fn remove(db: &impl ConnectionTrait, actor: &Actor, row: &Model, now: DateTime<Utc>) -> Result<()> {
    Entity::delete_by_id(row.id).exec(db).await?;
    record(db, actor, "plan.remove", json!({ "year": row.year, "item": row.item }), now).await
}

/// Copies items to another year: targets as they are, due dates as many years later. Gives how many are new; what the
/// year has already stays as it is.
pub async fn copy(db: &impl ConnectionTrait, rows: &[Model], year: i32) -> Result<u64> {
    let copies = rows.iter().map(|row| ActiveModel {
        year: Set(year),
        organisation_id: Set(row.organisation_id),
        item: Set(row.item.clone()),
        target: Set(row.target),
        due: Set(row.due.map(|due| in_year(due, due.year() + year - row.year))),
        ..Default::default()
    });
    insert_new(db, copies.collect()).await
}

async fn insert_new(db: &impl ConnectionTrait, rows: Vec<ActiveModel>) -> Result<u64> {
    if rows.is_empty() {
        return Ok(0);
    }
    let key = OnConflict::columns([Column::Year, Column::OrganisationId, Column::Item]).do_nothing().to_owned();
    Ok(Entity::insert_many(rows).on_conflict(key).exec_without_returning(db).await?)
}

/// The same day of another year; 29 February becomes the 28th where there is none.
#[must_use]
pub fn in_year(due: NaiveDate, year: i32) -> NaiveDate {
    due.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, due.month(), 28)).unwrap_or(due)
}

async fn record(
    db: &impl ConnectionTrait,
    actor: &Actor,
    action: &str,
    detail: serde_json::Value,
    now: DateTime<Utc>,
) -> Result<()> {
    let deed = audit::Deed { actor: &actor.name, action, subject: "plan".to_owned(), event_id: None, detail };
    Ok(audit::record(db, deed, now).await?)
}
