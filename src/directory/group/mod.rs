//! Groups: labels of memberships, by which audiences name people. Who is in one changes from a day on, as any membership
//! does.
//!
//! A group that is renamed is renamed in every membership, past and to come, of the actor's organisations, in the
//! audiences of the events that they host, and in their templates, so that nobody's invitation changes. Where an event
//! looks for the group on both sides of the actor's border, only whoever stands above both may rename it.

mod names;
pub mod pages;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{OrganisationId, PersonId};
use entity::{membership, membership_group, person};
use sea_orm::sea_query::{Condition, Expr, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

pub use names::rename;

use super::change::{Done, apply, permit};
use super::course::{Place, Step, take};
use crate::access::{Actor, Rights};
use crate::error::{Error, FieldProblem, Result};
use crate::people::{OrgTree, Stay, select_below, stays_of};

/// Whether people come into a group or go out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// They come in.
    In,
    /// They go out.
    Out,
}

/// What is to become of a group.
#[derive(Clone, Debug)]
pub struct Shuffle {
    /// Its name.
    pub name: String,
    /// Who.
    pub people: Vec<PersonId>,
    /// In or out.
    pub way: Way,
    /// From which day on.
    pub from: NaiveDate,
}

/// The memberships before and after; people of whom nothing changes are left out. The people are named by their field
/// `numbers` when something is wrong.
pub async fn plan(
    db: &impl ConnectionTrait,
    actor: &Actor,
    tree: &OrgTree,
    shuffle: &Shuffle,
) -> Result<(Vec<Stay>, Vec<Stay>)> {
    actor.demand(Rights::Manage)?;
    let mut of: BTreeMap<PersonId, Vec<Stay>> = BTreeMap::new();
    for stay in stays_of(db, &shuffle.people).await? {
        of.entry(stay.person_id).or_default().push(stay);
    }
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let field = if shuffle.way == Way::In { "numbers" } else { "people" };
    for (who, course) in of {
        let Some(stay) = course.iter().find(|stay| stay.holds_on(shuffle.from)) else {
            return Err(Error::invalid(vec![FieldProblem::new(field, "not-a-member")]));
        };
        let mut groups = stay.groups.clone();
        match shuffle.way {
            Way::In => groups.insert(shuffle.name.clone()),
            Way::Out => groups.remove(&shuffle.name),
        };
        if groups == stay.groups {
            continue;
        }
        let place = Place { organisation_id: stay.organisation_id, title: stay.title.clone(), groups };
        let step = Step::Change { from: shuffle.from, place };
        after.extend(take(&course, who, &step).map_err(|problem| Error::invalid(vec![problem]))?);
        before.extend(course);
    }
    permit(tree, actor, &before, &after)?;
    Ok((before, after))
}

/// Makes the change, in the caller's transaction, and tells whom it concerns.
pub async fn change(db: &impl ConnectionTrait, actor: &Actor, shuffle: &Shuffle, now: DateTime<Utc>) -> Result<Done> {
    let tree = OrgTree::load(db).await?;
    // Held until the commit, in one order.
    person::Entity::find()
        .filter(person::Column::Id.is_in(shuffle.people.iter().copied()))
        .order_by_asc(person::Column::Id)
        .lock_exclusive()
        .all(db)
        .await?;
    let (before, after) = plan(db, actor, &tree, shuffle).await?;
    if before == after {
        return Ok(Done::default());
    }
    let done = apply(db, &tree, &before, &after, now).await?;
    let mut people: Vec<PersonId> = before.iter().map(|stay| stay.person_id).collect();
    people.dedup();
    let detail = json!({ "group": shuffle.name, "from": shuffle.from, "in": shuffle.way == Way::In });
    for who in people {
        super::person::record(db, actor, "person.change", who, detail.clone(), now).await?;
    }
    Ok(done)
}

/// A group, and how many are in it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Heap {
    /// Its name.
    pub name: String,
    /// Under which organisation.
    pub organisation_id: OrganisationId,
    /// How many on the day.
    pub people: i64,
}

/// How many belong to each group of an organisation and of those below it on a day, by name and organisation; one query.
pub async fn heaps(db: &impl ConnectionTrait, org: OrganisationId, day: NaiveDate) -> Result<Vec<Heap>, DbErr> {
    let at = |column| Expr::col((membership::Entity, column));
    let query = Query::select()
        .column((membership_group::Entity, membership_group::Column::Name))
        .column((membership::Entity, membership::Column::OrganisationId))
        .expr_as(at(membership::Column::Id).count(), "people")
        .from(membership_group::Entity)
        .inner_join(
            membership::Entity,
            at(membership::Column::Id).equals((membership_group::Entity, membership_group::Column::MembershipId)),
        )
        .and_where(at(membership::Column::OrganisationId).in_subquery(select_below(org)))
        .and_where(at(membership::Column::ActiveFrom).lte(day))
        .cond_where(
            Condition::any()
                .add(at(membership::Column::ActiveTo).is_null())
                .add(at(membership::Column::ActiveTo).gte(day)),
        )
        .group_by_col((membership_group::Entity, membership_group::Column::Name))
        .group_by_col((membership::Entity, membership::Column::OrganisationId))
        .order_by((membership_group::Entity, membership_group::Column::Name), sea_orm::Order::Asc)
        .to_owned();
    Heap::find_by_statement(db.get_database_backend().build(&query)).all(db).await
}
