//! The tree of organisations: adding, renaming, moving, retiring. A code never changes: other programs know it.

pub mod pages;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::OrganisationId;
use entity::state::{CoHostStatus, EventStatus, SessionStatus};
use entity::{event, event_co_host, membership, organisation, session};
use sea_orm::sea_query::{Condition, Expr, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::change::{Done, Outlook, fix_the_past, look, settle};
use super::typed;
use crate::access::{Actor, Rights, audit};
use crate::db::is_duplicate;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::{self, OrgTree, Stay, stays_where};
use crate::scheduling::ahead::Situation;
use crate::scheduling::wording;

/// Whether organisations may be changed while they are read.
enum Hold {
    No,
    UntilCommit,
}

async fn tree(db: &impl ConnectionTrait, hold: Hold) -> Result<OrgTree, DbErr> {
    let all = organisation::Entity::find().order_by_asc(organisation::Column::Id);
    let rows = match hold {
        Hold::No => all.all(db).await?,
        // So that two moves at once cannot put each of two organisations below the other.
        Hold::UntilCommit => all.lock_exclusive().all(db).await?,
    };
    Ok(OrgTree::new(rows))
}

/// The organisation of that id among the actor's; `not-found` for another.
pub fn ours<'a>(tree: &'a OrgTree, actor: &Actor, id: OrganisationId) -> Result<&'a organisation::Model> {
    tree.get(id).filter(|org| tree.is_below(org.id, actor.organisation)).ok_or_else(|| Error::new(Code::NotFound))
}

/// The same for somebody who changes its place: their own stays where those above put it.
fn below_ours<'a>(tree: &'a OrgTree, actor: &Actor, id: OrganisationId) -> Result<&'a organisation::Model> {
    let org = ours(tree, actor, id)?;
    if id == actor.organisation { Err(Error::field("act", "own-organisation")) } else { Ok(org) }
}

/// An organisation as typed.
#[derive(Clone, Debug, Default)]
pub struct Described {
    /// For good.
    pub code: String,
    /// As shown.
    pub name: String,
    /// `bureau`, `section` or a word of one's own; may be empty.
    pub level: String,
}

/// Adds an organisation below another, in the caller's transaction. `number-taken` when the code is another's.
pub async fn add(
    db: &impl ConnectionTrait,
    actor: &Actor,
    parent: OrganisationId,
    new: &Described,
    now: DateTime<Utc>,
) -> Result<OrganisationId> {
    actor.demand(Rights::Manage)?;
    let mut wrong = Vec::new();
    let code = typed::number("code", &new.code, &mut wrong);
    let name = wording::needed("name", &new.name, typed::NAME, &mut wrong);
    let level = wording::line("level", &new.level, 50, &mut wrong);
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    let tree = tree(db, Hold::UntilCommit).await?;
    if let Some(last) = ours(&tree, actor, parent)?.active_to {
        return Err(Error::invalid(vec![FieldProblem::new("code", "org-gone").with("last", last)]));
    }
    fix_the_past(db, now).await?;
    let row = organisation::ActiveModel {
        code: Set(code.clone()),
        name: Set(name),
        level: Set(level),
        parent_id: Set(Some(parent)),
        ..Default::default()
    };
    let id = match organisation::Entity::insert(row).exec(db).await {
        Err(error) if is_duplicate(&error) => return Err(Error::field("code", "key-taken")),
        other => other?.last_insert_id,
    };
    people::rebuild_closure(db).await?;
    people::touch(db).await?;
    record(db, actor, "org.add", id, json!({ "code": code, "parent": tree.code(parent) }), now).await?;
    Ok(id)
}

/// Changes name and level, in the caller's transaction.
pub async fn rename(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: OrganisationId,
    new: &Described,
    now: DateTime<Utc>,
) -> Result<()> {
    actor.demand(Rights::Manage)?;
    let mut wrong = Vec::new();
    let name = wording::needed("new_name", &new.name, typed::NAME, &mut wrong);
    let level = wording::line("new_level", &new.level, 50, &mut wrong);
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    let tree = tree(db, Hold::UntilCommit).await?;
    let before = ours(&tree, actor, id)?;
    if before.name == name && before.level == level {
        return Ok(());
    }
    fix_the_past(db, now).await?;
    let detail = json!({ "before": before.name, "after": name });
    let change = organisation::ActiveModel { id: Set(id), name: Set(name), level: Set(level), ..Default::default() };
    organisation::Entity::update(change).exec(db).await?;
    people::touch(db).await?;
    record(db, actor, "org.rename", id, detail, now).await
}

/// Where an organisation is to lie, and who belongs to it or to one below.
pub struct Moved {
    before: OrgTree,
    after: OrgTree,
    stays: Vec<Stay>,
}

impl Moved {
    /// What the move does to sessions ahead.
    pub async fn look(&self, db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Outlook> {
        let before = Situation { tree: &self.before, stays: &self.stays };
        look(db, before, Situation { tree: &self.after, stays: &self.stays }, now).await
    }
}

/// Works a move out without making it.
pub async fn plan_move(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: OrganisationId,
    parent_code: &str,
    today: NaiveDate,
) -> Result<Moved> {
    let before = tree(db, Hold::No).await?;
    moved(db, actor, before, id, parent_code, today).await
}

async fn moved(
    db: &impl ConnectionTrait,
    actor: &Actor,
    before: OrgTree,
    id: OrganisationId,
    parent_code: &str,
    today: NaiveDate,
) -> Result<Moved> {
    actor.demand(Rights::Manage)?;
    let org = below_ours(&before, actor, id)?;
    let parent = before.by_code(parent_code).ok_or_else(|| {
        Error::invalid(vec![FieldProblem::new("parent", "unknown-org").with("value", wording::short(parent_code))])
    })?;
    let refused = if !before.is_below(parent.id, actor.organisation) {
        Some(FieldProblem::new("parent", "other-body").with("org", &parent.name))
    } else if before.is_below(parent.id, id) {
        Some(FieldProblem::new("parent", "below-itself"))
    } else if org.parent_id == Some(parent.id) {
        Some(FieldProblem::new("parent", "nothing-changes"))
    } else {
        let gone = parent.active_to.filter(|last| org.active_to.is_none_or(|own| own > *last));
        gone.map(|last| FieldProblem::new("parent", "org-gone").with("last", last))
    };
    if let Some(problem) = refused {
        return Err(Error::invalid(vec![problem]));
    }
    let after = before.with_parent(id, parent.id);
    let within = Condition::all()
        .add(membership::Column::OrganisationId.is_in(before.below(id)))
        .add(Condition::any().add(membership::Column::ActiveTo.is_null()).add(membership::Column::ActiveTo.gte(today)));
    Ok(Moved { stays: stays_where(db, within).await?, before, after })
}

/// Moves an organisation with all below it under another one, in the caller's transaction, and tells whom it concerns.
pub async fn move_under(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: OrganisationId,
    parent_code: &str,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Done> {
    let held = tree(db, Hold::UntilCommit).await?;
    let moved = moved(db, actor, held, id, parent_code, today).await?;
    fix_the_past(db, now).await?;
    let outlook = moved.look(db, now).await?;
    let parent = moved.after.get(id).and_then(|org| org.parent_id);
    let change = organisation::ActiveModel { id: Set(id), parent_id: Set(parent), ..Default::default() };
    organisation::Entity::update(change).exec(db).await?;
    people::rebuild_closure(db).await?;
    let done = settle(db, &outlook, now).await?;
    let detail = json!({ "parent": parent_code, "sessions": done.sessions, "letters": done.letters });
    record(db, actor, "org.move", id, detail, now).await?;
    Ok(done)
}

/// Ends an organisation with a day, in the caller's transaction: nobody may belong to it after that, nothing below it go
/// on, and nothing that it hosts be ahead.
pub async fn retire(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: OrganisationId,
    last: NaiveDate,
    now: DateTime<Utc>,
) -> Result<()> {
    actor.demand(Rights::Manage)?;
    let tree = tree(db, Hold::UntilCommit).await?;
    below_ours(&tree, actor, id)?;
    let goes_on = |org: &&organisation::Model| org.active_to.is_none_or(|to| to > last);
    let below = tree.iter().filter(|org| org.parent_id == Some(id)).filter(goes_on).count();
    let members = membership::Entity::find()
        .filter(membership::Column::OrganisationId.eq(id))
        .filter(Condition::any().add(membership::Column::ActiveTo.is_null()).add(membership::Column::ActiveTo.gt(last)))
        .count(db)
        .await?;
    let hosted = hosted_after(db, id, last).await?;
    let refused = [("has-below", below as u64), ("has-members", members), ("hosts-ahead", hosted)];
    if let Some((code, n)) = refused.into_iter().find(|(_, n)| *n > 0) {
        return Err(Error::invalid(vec![FieldProblem::new("last", code).with("n", n)]));
    }
    end(db, actor, id, Some(last), now).await
}

/// Lets an organisation go on that was to end, in the caller's transaction.
pub async fn reopen(db: &impl ConnectionTrait, actor: &Actor, id: OrganisationId, now: DateTime<Utc>) -> Result<()> {
    actor.demand(Rights::Manage)?;
    let tree = tree(db, Hold::UntilCommit).await?;
    let org = below_ours(&tree, actor, id)?;
    let above = org.parent_id.and_then(|parent| tree.get(parent)).and_then(|parent| parent.active_to);
    if let Some(last) = above {
        return Err(Error::invalid(vec![FieldProblem::new("act", "org-gone").with("last", last)]));
    }
    end(db, actor, id, None, now).await
}

async fn end(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: OrganisationId,
    last: Option<NaiveDate>,
    now: DateTime<Utc>,
) -> Result<()> {
    fix_the_past(db, now).await?;
    let change = organisation::ActiveModel { id: Set(id), active_to: Set(last), ..Default::default() };
    organisation::Entity::update(change).exec(db).await?;
    people::touch(db).await?;
    let action = if last.is_some() { "org.retire" } else { "org.reopen" };
    record(db, actor, action, id, json!({ "last": last }), now).await
}

/// How many sittings after a day it hosts or co-hosts that are not called off.
async fn hosted_after(db: &impl ConnectionTrait, id: OrganisationId, last: NaiveDate) -> Result<u64, DbErr> {
    let co_hosted = Query::select()
        .column(event_co_host::Column::EventId)
        .from(event_co_host::Entity)
        .and_where(event_co_host::Column::OrganisationId.eq(id))
        .and_where(event_co_host::Column::Status.ne(CoHostStatus::Declined))
        .to_owned();
    session::Entity::find()
        .inner_join(event::Entity)
        .filter(session::Column::Day.gt(last))
        .filter(session::Column::Status.ne(SessionStatus::Cancelled))
        .filter(event::Column::Status.ne(EventStatus::Cancelled))
        .filter(
            Condition::any()
                .add(event::Column::HostId.eq(id))
                .add(Expr::col((event::Entity, event::Column::Id)).in_subquery(co_hosted)),
        )
        .count(db)
        .await
}

#[derive(FromQueryResult)]
struct Heap {
    organisation_id: OrganisationId,
    people: i64,
}

/// How many people belong to each organisation itself on a day; one query.
pub async fn members(db: &impl ConnectionTrait, day: NaiveDate) -> Result<HashMap<OrganisationId, i64>, DbErr> {
    let query = Query::select()
        .column(membership::Column::OrganisationId)
        .expr_as(Expr::col(membership::Column::Id).count(), "people")
        .from(membership::Entity)
        .and_where(membership::Column::ActiveFrom.lte(day))
        .cond_where(
            Condition::any().add(membership::Column::ActiveTo.is_null()).add(membership::Column::ActiveTo.gte(day)),
        )
        .group_by_col(membership::Column::OrganisationId)
        .to_owned();
    let rows = Heap::find_by_statement(db.get_database_backend().build(&query)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.organisation_id, row.people)).collect())
}

async fn record(
    db: &impl ConnectionTrait,
    actor: &Actor,
    action: &str,
    id: OrganisationId,
    detail: serde_json::Value,
    now: DateTime<Utc>,
) -> Result<()> {
    let subject = format!("organisation:{id}");
    let deed = audit::Deed { actor: &actor.name, action, subject, event_id: None, detail };
    Ok(audit::record(db, deed, now).await?)
}
