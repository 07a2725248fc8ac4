//! The rows behind a figure: as many as it says, or such that their amounts or hours add up to it.

mod amounts;
mod held;
mod people;

use chrono::NaiveDate;
use entity::id::EventId;
use entity::{organisation, person, session};
use sea_orm::sea_query::{Expr, IntoColumnRef, Order, SelectStatement};
use sea_orm::{ConnectionTrait, DbErr, ExprTrait};
use serde::Serialize;
use utoipa::ToSchema;

use super::figure::{Figure, Held, Online, People};
use super::source::{Scope, exam_kinds};
use crate::scheduling::Kinds;

/// One row behind a figure; which parts it has depends on the figure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(default)]
pub struct Row {
    /// The event's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_key: Option<String>,
    /// The session's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// The event's own kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// As shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// RFC 3339 with offset; a date of an all-day session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<String>,
    /// The same; the last date, included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    /// Of a row of hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// Staff number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_no: Option<String>,
    /// The person's name, on a roster as it was then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of an event its host, else whom the person was under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_code: Option<String>,
    /// Of an attendance, else of the event or session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Attended without being on the roster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub walk_in: Option<bool>,
    /// When they came, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_in_at: Option<String>,
    /// How many sessions a person attended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<i64>,
    /// The session's planned length, or the hours of the row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<f64>,
    /// How often somebody sat an exam.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<i64>,
    /// Their best score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Whether some attempt reached its mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed: Option<bool>,
    /// Of a tally; a correction is negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// What a tally was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Where hours come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// As given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The event, for links of pages.
    #[serde(skip)]
    pub event_id: Option<EventId>,
}

/// Which part of a list.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Rows to pass over.
    pub offset: u64,
    /// Rows to give, at most.
    pub limit: u64,
}

/// The rows behind `figure`, in a fixed order: by time, then by staff number.
pub async fn rows(
    db: &impl ConnectionTrait,
    kinds: &Kinds,
    scope: &Scope,
    figure: &Figure,
    part: Part,
) -> Result<Vec<Row>, DbErr> {
    let exams = exam_kinds(kinds);
    match figure {
        Figure::Held(which, what) => {
            let which = which.condition(scope.year, &exams);
            match what {
                Held::Events => held::events(db, scope, which, part).await,
                Held::Sessions => held::sessions(db, kinds, scope, which, part).await,
            }
        }
        Figure::People(which, who) => {
            let which = which.condition(scope.year, &exams);
            match who {
                People::Different => people::different_people(db, scope, which, part).await,
                other => people::people(db, kinds, scope, which, *other, part).await,
            }
        }
        Figure::Exam(who) => amounts::examined(db, scope, &exams, *who, part).await,
        Figure::Outreach(metric) => amounts::tallies(db, scope, metric, part).await,
        Figure::Hours(kind, Online::Hours) => amounts::hours(db, scope, kind, part).await,
        Figure::Hours(kind, Online::People) => amounts::people_of_hours(db, scope, kind, part).await,
    }
}

fn col<C: IntoColumnRef>(column: C) -> Expr {
    Expr::col(column)
}

/// Joins `person` and `organisation`, and selects who it is: `staff_no`, `name` (of `roster_entry` first, when it is
/// there), `org_code`.
fn with_person(query: &mut SelectStatement, person_id: Expr, organisation_id: Expr, name: Expr) {
    query
        .inner_join(person::Entity, person_id.eq(col((person::Entity, person::Column::Id))))
        .left_join(organisation::Entity, organisation_id.eq(col((organisation::Entity, organisation::Column::Id))))
        .column((person::Entity, person::Column::StaffNo))
        .expr_as(name, "name")
        .expr_as(col((organisation::Entity, organisation::Column::Code)), "org_code");
}

fn by_time(query: &mut SelectStatement) -> &mut SelectStatement {
    query
        .order_by((session::Entity, session::Column::StartsAt), Order::Asc)
        .order_by((session::Entity, session::Column::Id), Order::Asc)
}
