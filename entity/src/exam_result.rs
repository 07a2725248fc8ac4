//! One attempt of one person at an exam.

use crate::id::{EventId, ExamResultId, PersonId};
use sea_orm::entity::prelude::*;

/// One attempt of one person at an exam.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "exam_result")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: ExamResultId,
    /// Of which event.
    pub event_id: EventId,
    /// Of whom.
    pub person_id: PersonId,
    /// From 1; unique with event and person.
    pub attempt: i32,
    /// Score.
    pub score: f64,
    /// Pass mark.
    pub pass_mark: f64,
}

impl ActiveModelBehavior for ActiveModel {}
