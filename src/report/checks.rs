//! What looks wrong before a report goes out. Nothing here changes a figure; people look and decide.

use entity::id::EventId;
use entity::state::SessionStatus;
use entity::{attendance, event, session};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder};

use super::Figures;
use super::grouped::{OfTally, all, of_tallies};
use super::source::Scope;
use crate::scheduling::session as held;

/// A session or event to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// The event.
    pub event: EventId,
    /// As shown.
    pub title: String,
    /// The session's day.
    pub day: Option<chrono::NaiveDate>,
}

/// One thing that looks wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// Sessions with a roster of which no attendance at all was recorded: everyone counts as absent.
    NothingRecorded(Vec<Suspect>),
    /// Sessions marked held that have not ended yet.
    HeldAhead(Vec<Suspect>),
    /// Events that handed out more than they reached people.
    MoreThanPeople(Vec<Suspect>),
    /// Nobody was ever absent, of that many expected.
    NobodyMissing(i64),
    /// Everyone sat the exam and passed, of that many.
    EveryonePassed(i64),
}

/// Fewer people than that may well be complete.
const MANY: i64 = 20;

/// Everything that looks wrong in a report.
pub async fn checks(db: &impl ConnectionTrait, scope: &Scope, figures: &Figures) -> Result<Vec<Check>, DbErr> {
    let mut found = Vec::new();
    let unrecorded = scope
        .rosters()
        .column((session::Entity, session::Column::Id))
        .and_where(
            Expr::col((session::Entity, session::Column::Id)).not_in_subquery(
                Query::select()
                    .column((attendance::Entity, attendance::Column::SessionId))
                    .from(attendance::Entity)
                    .to_owned(),
            ),
        )
        .distinct()
        .to_owned();
    let ahead = scope
        .sessions()
        .column((session::Entity, session::Column::Id))
        .and_where(session::Column::Status.eq(SessionStatus::Held))
        .and_where(session::Column::EndsAt.gt(scope.now))
        .to_owned();
    let not_empty = |found: &Vec<Suspect>| !found.is_empty();
    found.extend(Some(suspects(db, unrecorded).await?).filter(not_empty).map(Check::NothingRecorded));
    found.extend(Some(suspects(db, ahead).await?).filter(not_empty).map(Check::HeldAhead));
    found.extend(Some(more_than_people(db, scope).await?).filter(not_empty).map(Check::MoreThanPeople));
    if let Some(sum) = figures.total.attendance.as_ref().filter(|sum| sum.expected >= MANY) {
        found.extend((sum.attended() == sum.expected).then_some(Check::NobodyMissing(sum.expected)));
    }
    let exam = &figures.exam;
    let whole = exam.participation_rate.is_whole() && exam.pass_rate.is_whole();
    found.extend((whole && exam.sat >= MANY).then_some(Check::EveryonePassed(exam.sat)));
    Ok(found)
}

async fn suspects(
    db: &impl ConnectionTrait,
    sessions: sea_orm::sea_query::SelectStatement,
) -> Result<Vec<Suspect>, DbErr> {
    let rows = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(Expr::col((session::Entity, session::Column::Id)).in_subquery(sessions))
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(db)
        .await?;
    let suspect = |(session, event): (session::Model, Option<event::Model>)| {
        let event = event?;
        let title = held::title(&event, &session).to_owned();
        Some(Suspect { event: event.id, title, day: Some(session.day) })
    };
    Ok(rows.into_iter().filter_map(suspect).collect())
}

/// Events with `materials` above `audience`, where an audience was counted.
async fn more_than_people(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<Suspect>, DbErr> {
    let tallies = all::<OfTally>(db, &of_tallies(scope)).await?;
    let of = |metric: &str, event: EventId| {
        tallies.iter().find(|row| row.metric == metric && row.event_id == event).map(|row| row.amount)
    };
    let events: Vec<EventId> = tallies
        .iter()
        .filter(|row| row.metric == "materials")
        .filter(|row| of("audience", row.event_id).is_some_and(|people| row.amount > people))
        .map(|row| row.event_id)
        .collect();
    let rows =
        event::Entity::find().filter(event::Column::Id.is_in(events)).order_by_asc(event::Column::Key).all(db).await?;
    Ok(rows.into_iter().map(|event| Suspect { event: event.id, title: event.title, day: None }).collect())
}
