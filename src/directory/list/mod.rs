//! Finding people of an organisation and all below it, as of a day, a page at a time.

pub mod pages;

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use entity::id::{MembershipId, OrganisationId};
use entity::{membership, membership_group, person};
use sea_orm::sea_query::{Condition, Expr, Func, LikeExpr, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QuerySelect};

use crate::people::{Member, select_below};

/// Whether those who belong on the day are looked for, or those who do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// They belong on the day.
    #[default]
    Here,
    /// They belonged before, or will, but not on the day.
    Away,
}

/// Who is looked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// This organisation and all below it.
    pub org: OrganisationId,
    /// On which day.
    pub day: NaiveDate,
    /// Whether they belong then.
    pub presence: Presence,
    /// Only with this in their name or number, in any case of letters.
    pub text: String,
    /// Only with this label; of those who belong on the day.
    pub group: Option<String>,
}

/// One page of people.
#[derive(Clone, Debug)]
pub struct Found {
    /// By staff number.
    pub people: Vec<Member>,
    /// The labels of their memberships.
    pub groups: HashMap<MembershipId, BTreeSet<String>>,
    /// How many there are on all pages.
    pub total: i64,
}

#[derive(FromQueryResult)]
struct Number {
    n: i64,
}

fn at(column: membership::Column) -> Expr {
    Expr::col((membership::Entity, column))
}

fn holds(day: NaiveDate) -> Condition {
    let open =
        Condition::any().add(at(membership::Column::ActiveTo).is_null()).add(at(membership::Column::ActiveTo).gte(day));
    Condition::all().add(at(membership::Column::ActiveFrom).lte(day)).add(open)
}

/// A condition on `person`: this stands in their name or number.
#[must_use]
pub fn named(text: &str) -> Option<Condition> {
    let text = text.trim().to_lowercase();
    if text.is_empty() || text.contains('\0') {
        return None;
    }
    let pattern = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let within = |column: person::Column| {
        Expr::expr(Func::lower(Expr::col((person::Entity, column)))).like(LikeExpr::new(pattern.clone()).escape('\\'))
    };
    Some(Condition::any().add(within(person::Column::Name)).add(within(person::Column::StaffNo)))
}

fn select(wanted: &Wanted) -> SelectStatement {
    let ours = at(membership::Column::OrganisationId).in_subquery(select_below(wanted.org));
    let mut query = Query::select()
        .from(membership::Entity)
        .inner_join(
            person::Entity,
            Expr::col((person::Entity, person::Column::Id)).equals((membership::Entity, membership::Column::PersonId)),
        )
        .and_where(ours)
        .to_owned();
    match wanted.presence {
        Presence::Here => query.cond_where(holds(wanted.day)),
        Presence::Away => query.cond_where(latest_of_ours(wanted)),
    };
    if let Some(text) = named(&wanted.text) {
        query.cond_where(text);
    }
    if let Some(group) = &wanted.group {
        let labelled = Query::select()
            .column(membership_group::Column::MembershipId)
            .from(membership_group::Entity)
            .and_where(membership_group::Column::Name.eq(group.as_str()))
            .to_owned();
        query.and_where(at(membership::Column::Id).in_subquery(labelled));
    }
    query
}

/// Of people who do not belong to ours on the day, the membership of ours that begins last.
fn latest_of_ours(wanted: &Wanted) -> Condition {
    let here = Query::select()
        .column(membership::Column::PersonId)
        .from(membership::Entity)
        .and_where(at(membership::Column::OrganisationId).in_subquery(select_below(wanted.org)))
        .cond_where(holds(wanted.day))
        .to_owned();
    let last = Query::select()
        .expr(at(membership::Column::ActiveFrom).max())
        .column((membership::Entity, membership::Column::PersonId))
        .from(membership::Entity)
        .and_where(at(membership::Column::OrganisationId).in_subquery(select_below(wanted.org)))
        .group_by_col((membership::Entity, membership::Column::PersonId))
        .to_owned();
    let pair = Expr::tuple([at(membership::Column::ActiveFrom), at(membership::Column::PersonId)]);
    Condition::all().add(at(membership::Column::PersonId).in_subquery(here).not()).add(pair.in_subquery(last))
}

/// One page of whom is looked for, by staff number; `page` counts from 1. Three queries, however many there are.
pub async fn find(db: &impl ConnectionTrait, wanted: &Wanted, page: u64, size: u64) -> Result<Found, DbErr> {
    let count = select(wanted).expr_as(at(membership::Column::Id).count(), "n").to_owned();
    let backend = db.get_database_backend();
    let total = Number::find_by_statement(backend.build(&count)).one(db).await?.map_or(0, |number| number.n);
    let query = select(wanted)
        .expr_as(Expr::col((person::Entity, person::Column::Id)), "person_id")
        .column((person::Entity, person::Column::StaffNo))
        .column((person::Entity, person::Column::Name))
        .column((person::Entity, person::Column::Email))
        .expr_as(at(membership::Column::Id), "membership_id")
        .column((membership::Entity, membership::Column::OrganisationId))
        .column((membership::Entity, membership::Column::Title))
        .order_by((person::Entity, person::Column::StaffNo), Order::Asc)
        .offset(page.saturating_sub(1).saturating_mul(size))
        .limit(size)
        .to_owned();
    let people = Member::find_by_statement(backend.build(&query)).all(db).await?;
    let mut groups: HashMap<MembershipId, BTreeSet<String>> = HashMap::new();
    let mine = membership_group::Column::MembershipId.is_in(people.iter().map(|row| row.membership_id));
    for row in membership_group::Entity::find().filter(mine).all(db).await? {
        groups.entry(row.membership_id).or_default().insert(row.name);
    }
    Ok(Found { people, groups, total })
}

/// The labels that memberships of an organisation and of those below it bear, by name.
pub async fn labels(db: &impl ConnectionTrait, org: OrganisationId) -> Result<Vec<String>, DbErr> {
    let ours = Query::select()
        .column(membership::Column::Id)
        .from(membership::Entity)
        .and_where(at(membership::Column::OrganisationId).in_subquery(select_below(org)))
        .to_owned();
    membership_group::Entity::find()
        .select_only()
        .column(membership_group::Column::Name)
        .distinct()
        .filter(Expr::col(membership_group::Column::MembershipId).in_subquery(ours))
        .into_tuple()
        .all(db)
        .await
        .map(|mut names: Vec<String>| {
            names.sort();
            names
        })
}
