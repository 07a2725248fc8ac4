//! The sources of figures, grouped by the database: one row a session, kind or metric.

use entity::id::{EventId, SessionId};
use entity::state::AttendanceStatus;
use entity::{attendance, roster_entry, session, tally};
use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{ConnectionTrait, DbErr, ExprTrait, FromQueryResult};

use super::source::Scope;

pub(super) fn of_rosters(scope: &Scope) -> SelectStatement {
    scope
        .rosters()
        .expr_as(Expr::col((session::Entity, session::Column::Id)), "session_id")
        .expr_as(Expr::col((attendance::Entity, attendance::Column::Status)), "status")
        .expr_as(Expr::col((roster_entry::Entity, roster_entry::Column::PersonId)).count(), "count")
        .group_by_col((session::Entity, session::Column::Id))
        .group_by_col((attendance::Entity, attendance::Column::Status))
        .to_owned()
}

pub(super) fn of_walk_ins(scope: &Scope) -> SelectStatement {
    scope
        .walk_ins()
        .expr_as(Expr::col((session::Entity, session::Column::Id)), "session_id")
        .expr_as(Expr::col((attendance::Entity, attendance::Column::PersonId)).count(), "count")
        .group_by_col((session::Entity, session::Column::Id))
        .to_owned()
}

pub(super) fn of_tallies(scope: &Scope) -> SelectStatement {
    scope
        .tallies()
        .column((tally::Entity, tally::Column::EventId))
        .column((tally::Entity, tally::Column::Metric))
        // PostgreSQL sums whole numbers to a decimal.
        .expr_as(Expr::col((tally::Entity, tally::Column::Amount)).sum().cast_as("bigint"), "amount")
        .group_by_col((tally::Entity, tally::Column::EventId))
        .group_by_col((tally::Entity, tally::Column::Metric))
        .to_owned()
}

pub(super) async fn all<T: FromQueryResult>(
    db: &impl ConnectionTrait,
    query: &SelectStatement,
) -> Result<Vec<T>, DbErr> {
    T::find_by_statement(db.get_database_backend().build(query)).all(db).await
}

#[derive(FromQueryResult)]
pub(super) struct OfRoster {
    pub session_id: SessionId,
    pub status: Option<AttendanceStatus>,
    pub count: i64,
}

#[derive(FromQueryResult)]
pub(super) struct OfSession {
    pub session_id: SessionId,
    pub count: i64,
}

#[derive(FromQueryResult)]
pub(super) struct OfKind {
    pub kind: String,
    pub count: i64,
}

#[derive(FromQueryResult)]
pub(super) struct Count {
    pub count: i64,
}

#[derive(FromQueryResult)]
pub(super) struct OfExam {
    pub exempt: i32,
    pub grade: i32,
    pub count: i64,
}

#[derive(FromQueryResult)]
pub(super) struct OfHours {
    pub kind: String,
    pub people: i64,
    pub hours: f64,
}

#[derive(FromQueryResult)]
pub(super) struct OfTally {
    pub event_id: EventId,
    pub metric: String,
    pub amount: i64,
}
