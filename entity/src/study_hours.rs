//! Hours of study that are no session (online academy).

use crate::id::{PersonId, StudyHoursId};
use sea_orm::entity::prelude::*;

/// Hours of study that are no session (online academy).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "study_hours")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: StudyHoursId,
    /// Unique with kind, date and source.
    pub person_id: PersonId,
    /// Kind.
    pub kind: String,
    /// Date.
    pub date: Date,
    /// Source.
    pub source: String,
    /// Hours.
    pub hours: f64,
}

impl ActiveModelBehavior for ActiveModel {}
