//! A person's attendance of one year in counts, by the rules that reports follow (counting rules 1, 3 and 4).

use chrono::{DateTime, Utc};
use entity::id::PersonId;
use entity::state::AttendanceStatus;
use entity::{attendance, event, roster_entry, session};
use sea_orm::sea_query::{Condition, Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, ExprTrait, FromQueryResult};

use crate::scheduling::session::counts_at;

/// Sessions of a year that counted, by what became of one person in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Year {
    /// On the roster, less exempt.
    pub expected: i64,
    /// Came in time.
    pub present: i64,
    /// Came late.
    pub late: i64,
    /// Went early.
    pub left_early: i64,
    /// On leave.
    pub excused: i64,
    /// Made up later.
    pub made_up: i64,
    /// Did not come, or nothing is known.
    pub absent: i64,
    /// Came without being on the roster.
    pub walk_ins: i64,
}

#[derive(FromQueryResult)]
struct Heap {
    status: Option<AttendanceStatus>,
    sessions: i64,
}

/// Counts one person's year, in two queries.
pub async fn year(db: &impl ConnectionTrait, who: PersonId, year: i32, now: DateTime<Utc>) -> Result<Year, DbErr> {
    let mut sum = Year::default();
    for heap in heaps(db, on_roster(who), year, now).await? {
        let n = heap.sessions;
        match heap.status {
            Some(AttendanceStatus::Exempt) => continue,
            Some(AttendanceStatus::Present) => sum.present += n,
            Some(AttendanceStatus::Late) => sum.late += n,
            Some(AttendanceStatus::LeftEarly) => sum.left_early += n,
            Some(AttendanceStatus::Excused) => sum.excused += n,
            Some(AttendanceStatus::MadeUp) => sum.made_up += n,
            Some(AttendanceStatus::Absent) | None => sum.absent += n,
        }
        sum.expected += n;
    }
    let came = heaps(db, off_roster(who), year, now).await?;
    let attended = came.iter().filter(|heap| heap.status.is_some_and(AttendanceStatus::attended));
    sum.walk_ins = attended.map(|heap| heap.sessions).sum();
    Ok(sum)
}

fn on_roster(who: PersonId) -> sea_orm::sea_query::SelectStatement {
    Query::select()
        .from(roster_entry::Entity)
        .inner_join(
            session::Entity,
            Expr::col((session::Entity, session::Column::Id))
                .equals((roster_entry::Entity, roster_entry::Column::SessionId)),
        )
        .left_join(
            attendance::Entity,
            Expr::col((attendance::Entity, attendance::Column::SessionId))
                .equals((roster_entry::Entity, roster_entry::Column::SessionId))
                .and(
                    Expr::col((attendance::Entity, attendance::Column::PersonId))
                        .equals((roster_entry::Entity, roster_entry::Column::PersonId)),
                ),
        )
        .and_where(roster_entry::Column::PersonId.eq(who))
        .to_owned()
}

fn off_roster(who: PersonId) -> sea_orm::sea_query::SelectStatement {
    let rostered = Query::select()
        .column(roster_entry::Column::SessionId)
        .from(roster_entry::Entity)
        .and_where(roster_entry::Column::PersonId.eq(who))
        .to_owned();
    Query::select()
        .from(attendance::Entity)
        .inner_join(
            session::Entity,
            Expr::col((session::Entity, session::Column::Id))
                .equals((attendance::Entity, attendance::Column::SessionId)),
        )
        .and_where(attendance::Column::PersonId.eq(who))
        .cond_where(
            Condition::all()
                .add(Expr::col((attendance::Entity, attendance::Column::SessionId)).in_subquery(rostered).not()),
        )
        .to_owned()
}

async fn heaps(
    db: &impl ConnectionTrait,
    mut query: sea_orm::sea_query::SelectStatement,
    year: i32,
    now: DateTime<Utc>,
) -> Result<Vec<Heap>, DbErr> {
    query
        .column((attendance::Entity, attendance::Column::Status))
        .expr_as(Expr::col((session::Entity, session::Column::Id)).count(), "sessions")
        .inner_join(
            event::Entity,
            Expr::col((event::Entity, event::Column::Id)).equals((session::Entity, session::Column::EventId)),
        )
        .and_where(session::Column::Year.eq(year))
        .cond_where(counts_at(now))
        .group_by_col((attendance::Entity, attendance::Column::Status));
    Heap::find_by_statement(db.get_database_backend().build(&query)).all(db).await
}
