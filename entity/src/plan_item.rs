//! A target of a year: a kind's yearly count or a tally's total.

use crate::id::{OrganisationId, PlanItemId};
use sea_orm::entity::prelude::*;

/// A target of a year: a kind's yearly count or a tally's total.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plan_item")]
pub struct Model {
    /// In the order entered.
    #[sea_orm(primary_key)]
    pub id: PlanItemId,
    /// Unique with organisation and item.
    pub year: i32,
    /// Of which organisation.
    pub organisation_id: OrganisationId,
    /// A kind or a metric.
    pub item: String,
    /// Target.
    pub target: i64,
    /// Due.
    pub due: Option<Date>,
}

impl ActiveModelBehavior for ActiveModel {}
