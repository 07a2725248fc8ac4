//! What a year was planned to reach: items of an organisation, each a kind's yearly count or a tally's total.
//!
//! Items come in by file or by hand and keep the order in which they were entered. Templates say what events of one
//! sort have in common.

pub mod pages;
pub mod template;
pub mod words;

use entity::id::OrganisationId;
use entity::plan_item;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder, sea_query::Expr};

use crate::people::select_below;

/// The items of a year of `organisation` and of everything below it, in the order entered (counting rule 9).
pub async fn items_below(
    db: &impl ConnectionTrait,
    organisation: OrganisationId,
    year: i32,
) -> Result<Vec<plan_item::Model>, DbErr> {
    plan_item::Entity::find()
        .filter(plan_item::Column::Year.eq(year))
        .filter(
            Expr::col((plan_item::Entity, plan_item::Column::OrganisationId)).in_subquery(select_below(organisation)),
        )
        .order_by_asc(plan_item::Column::Id)
        .all(db)
        .await
}
