//! How many of the fixed rosters of several sessions came, by one query.

use std::collections::HashMap;

use entity::id::SessionId;
use entity::state::AttendanceStatus;
use entity::{attendance, roster_entry};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, ExprTrait, FromQueryResult};

#[derive(FromQueryResult)]
struct Heap {
    session_id: SessionId,
    status: Option<AttendanceStatus>,
    people: i64,
}

/// Of each session whose roster is fixed: attended, and expected (counting rules 3 and 4).
pub async fn turnout(
    db: &impl ConnectionTrait,
    sessions: impl IntoIterator<Item = SessionId>,
) -> Result<HashMap<SessionId, (i64, i64)>, DbErr> {
    let on = |c| Expr::col((roster_entry::Entity, c));
    let at = |c| Expr::col((attendance::Entity, c));
    let query = Query::select()
        .column((roster_entry::Entity, roster_entry::Column::SessionId))
        .column((attendance::Entity, attendance::Column::Status))
        .expr_as(on(roster_entry::Column::PersonId).count(), "people")
        .from(roster_entry::Entity)
        .left_join(
            attendance::Entity,
            at(attendance::Column::SessionId)
                .eq(on(roster_entry::Column::SessionId))
                .and(at(attendance::Column::PersonId).eq(on(roster_entry::Column::PersonId))),
        )
        .and_where(roster_entry::Column::SessionId.is_in(sessions))
        .group_by_col((roster_entry::Entity, roster_entry::Column::SessionId))
        .group_by_col((attendance::Entity, attendance::Column::Status))
        .to_owned();
    let heaps = Heap::find_by_statement(db.get_database_backend().build(&query)).all(db).await?;
    let mut found: HashMap<SessionId, (i64, i64)> = HashMap::new();
    for heap in heaps.into_iter().filter(|heap| heap.status != Some(AttendanceStatus::Exempt)) {
        let entry = found.entry(heap.session_id).or_default();
        entry.1 += heap.people;
        if heap.status.is_some_and(AttendanceStatus::attended) {
            entry.0 += heap.people;
        }
    }
    Ok(found)
}
