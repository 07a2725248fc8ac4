//! Who belonged where on a day.

use chrono::NaiveDate;
use entity::id::{MembershipId, OrganisationId, PersonId};
use entity::{membership, person};
use sea_orm::sea_query::{Condition, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, ExprTrait, FromQueryResult, sea_query::Expr};

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
    let column = |c| Expr::col((membership::Entity, c));
    Condition::all().add(column(membership::Column::ActiveFrom).lte(day)).add(
        Condition::any()
            .add(column(membership::Column::ActiveTo).is_null())
            .add(column(membership::Column::ActiveTo).gte(day)),
    )
}

/// Selects [`Member`]s of a day, by staff number.
fn select_members(day: NaiveDate) -> SelectStatement {
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
        .cond_where(holds_on(day))
        .order_by((person::Entity, person::Column::StaffNo), Order::Asc)
        .to_owned()
}

/// Everyone who belonged anywhere on `day` and whom `which` lets through, by staff number. `which` may name columns of
/// `person` and `membership`.
pub async fn members_on(db: &impl ConnectionTrait, day: NaiveDate, which: Condition) -> Result<Vec<Member>, DbErr> {
    let query = select_members(day).cond_where(which).to_owned();
    Member::find_by_statement(db.get_database_backend().build(&query)).all(db).await
}

/// A person as they were on `day`; None when no membership held.
pub async fn member_on(db: &impl ConnectionTrait, day: NaiveDate, who: PersonId) -> Result<Option<Member>, DbErr> {
    Ok(members_on(db, day, Condition::all().add(person::Column::Id.eq(who))).await?.pop())
}
