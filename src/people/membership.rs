//! Who belonged where on a day.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use entity::id::{MembershipId, OrganisationId, PersonId};
use entity::{membership, person};
use futures_util::TryStreamExt;
use sea_orm::sea_query::{Condition, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, ExprTrait, FromQueryResult, sea_query::Expr};

/// A person as they were on a day.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Member {
    /// Who.
    pub person_id: PersonId,
    /// Their staff number.
    pub staff_no: String,
    /// Their name.
    pub name: String,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// The membership that held on the day.
    pub membership_id: MembershipId,
    /// Whom they were under.
    pub organisation_id: OrganisationId,
    /// Their post.
    pub title: String,
}

/// A condition that a membership holds on `day`, both ends included.
pub(super) fn holds_on(day: NaiveDate) -> Condition {
    touches(day, day)
}

/// Selects [`Member`]s, by staff number.
fn select_while(holds: Condition) -> SelectStatement {
    Query::select()
        .expr_as(person::Column::Id.into_expr(), "person_id")
        .column((person::Entity, person::Column::StaffNo))
        .column((person::Entity, person::Column::Name))
        .column((person::Entity, person::Column::Email))
        .expr_as(membership::Column::Id.into_expr(), "membership_id")
        .column((membership::Entity, membership::Column::OrganisationId))
        .column((membership::Entity, membership::Column::Title))
        .from(membership::Entity)
        .inner_join(
            person::Entity,
            Expr::col((person::Entity, person::Column::Id)).equals((membership::Entity, membership::Column::PersonId)),
        )
        .cond_where(holds)
        .order_by((person::Entity, person::Column::StaffNo), Order::Asc)
        .to_owned()
}

/// Everyone who belonged anywhere on `day` and whom `which` lets through, by staff number. `which` may name columns of
/// `person` and `membership`.
pub async fn members_on(db: &impl ConnectionTrait, day: NaiveDate, which: Condition) -> Result<Vec<Member>, DbErr> {
    let query = select_while(holds_on(day)).cond_where(which).to_owned();
    Member::find_by_statement(db.get_database_backend().build(&query)).all(db).await
}

/// Hands each of them to `each`, in no order: of very many, the rows are never in memory together.
pub async fn each_member_on(
    db: &DatabaseTransaction,
    day: NaiveDate,
    which: Condition,
    mut each: impl FnMut(Member),
) -> Result<(), DbErr> {
    let query = select_while(holds_on(day)).cond_where(which).clear_order_by().to_owned();
    let mut members = Member::find_by_statement(db.get_database_backend().build(&query)).stream(db).await?;
    while let Some(member) = members.try_next().await? {
        each(member);
    }
    Ok(())
}

/// The same by person id, beyond `after`, and no more than `limit`: a page of very many.
///
/// It goes through the people stride by stride, so that a page costs what it holds: asked for the page itself, SQLite
/// would look at all whom `which` lets through, and sort them, for each.
pub async fn members_after(
    db: &impl ConnectionTrait,
    day: NaiveDate,
    which: Condition,
    after: PersonId,
    limit: u64,
) -> Result<Vec<Member>, DbErr> {
    /// Of people among whom few are meant.
    const LONGEST: u64 = 8_000;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut found, mut from, mut stride) = (Vec::new(), after, u64::try_from(Ord::max(limit, 1)).unwrap_or(LONGEST));
    loop {
        let end = stride_end(db, from, stride).await?;
        let query = select_while(holds_on(day))
            .cond_where(which.clone())
            .and_where(Expr::col((membership::Entity, membership::Column::PersonId)).gt(from))
            .and_where_option(end.map(|end| Expr::col((membership::Entity, membership::Column::PersonId)).lte(end)))
            .clear_order_by()
            .order_by((person::Entity, person::Column::Id), Order::Asc)
            .to_owned();
        let some = Member::find_by_statement(db.get_database_backend().build(&query)).all(db).await?;
        let few = some.len() < limit / 4;
        found.extend(some);
        match end {
            Some(end) if found.len() < limit => from = end,
            _ => break,
        }
        if few {
            stride = Ord::min(stride * 4, LONGEST);
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// The last of the `stride` people beyond `after`; None when there are fewer.
async fn stride_end(db: &impl ConnectionTrait, after: PersonId, stride: u64) -> Result<Option<PersonId>, DbErr> {
    let end = Query::select()
        .column(person::Column::Id)
        .from(person::Entity)
        .and_where(Expr::col(person::Column::Id).gt(after))
        .order_by(person::Column::Id, Order::Asc)
        .offset(stride - 1)
        .limit(1)
        .to_owned();
    db.query_one(&end).await?.map(|row| row.try_get_by_index(0)).transpose()
}

/// Who belonged anywhere on each of `days` and whom `which` lets through, by staff number: one query, whatever the
/// number of days.
pub async fn members_by_day(
    db: &impl ConnectionTrait,
    days: &BTreeSet<NaiveDate>,
    which: Condition,
) -> Result<HashMap<NaiveDate, Vec<Member>>, DbErr> {
    let (Some(&first), Some(&last)) = (days.first(), days.last()) else { return Ok(HashMap::new()) };
    let query = select_while(touches(first, last))
        .columns([
            (membership::Entity, membership::Column::ActiveFrom),
            (membership::Entity, membership::Column::ActiveTo),
        ])
        .cond_where(which)
        .to_owned();
    let rows = db.query_all(&query).await?;
    let mut found: HashMap<NaiveDate, Vec<Member>> = days.iter().map(|day| (*day, Vec::new())).collect();
    for row in rows {
        let member = Member::from_query_result(&row, "")?;
        let from: NaiveDate = row.try_get("", "active_from")?;
        let to: Option<NaiveDate> = row.try_get("", "active_to")?;
        for day in days.range(from..).take_while(|day| to.is_none_or(|to| **day <= to)) {
            found.entry(*day).or_default().push(member.clone());
        }
    }
    Ok(found)
}

/// A condition that a membership holds on some day from `first` to `last`.
fn touches(first: NaiveDate, last: NaiveDate) -> Condition {
    let column = |c| Expr::col((membership::Entity, c));
    Condition::all().add(column(membership::Column::ActiveFrom).lte(last)).add(
        Condition::any()
            .add(column(membership::Column::ActiveTo).is_null())
            .add(column(membership::Column::ActiveTo).gte(first)),
    )
}

/// A person as they were on `day`; None when no membership held.
pub async fn member_on(db: &impl ConnectionTrait, day: NaiveDate, who: PersonId) -> Result<Option<Member>, DbErr> {
    Ok(members_on(db, day, Condition::all().add(person::Column::Id.eq(who))).await?.pop())
}
