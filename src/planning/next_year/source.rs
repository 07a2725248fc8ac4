//! What a year held, as far as the next one is laid out by it.

use chrono::{DateTime, NaiveDate, Utc};
use entity::event;
use entity::id::{EventId, OrganisationId, SessionId};
use entity::state::{EventStatus, SessionStatus};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder};

use crate::error::Result;
use crate::people::select_below;
use crate::scheduling::series::Pattern;
use crate::scheduling::{Whole, load_wholes, session as sitting};

/// A sitting of the old year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Old {
    /// Its id.
    pub id: SessionId,
    /// Its first day.
    pub first: NaiveDate,
    /// Its last day.
    pub last: NaiveDate,
}

/// An event of the old year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: EventId,
    /// Its key.
    pub key: String,
    /// Its title.
    pub title: String,
    /// Its kind.
    pub kind: String,
    /// The observance that it names.
    pub observance: Option<String>,
    /// Whether it was never published although it is over.
    pub left_as_draft: bool,
    /// Its sittings of the year that were not called off, by day.
    pub sittings: Vec<Old>,
    /// The rule of its series, if it has one.
    pub series: Option<Pattern>,
    /// Whether it has sittings after the year already: its series goes on by itself.
    pub goes_on: bool,
}

/// The events that `organisation`, or one below it, hosts with a sitting in the year, but those that were cancelled;
/// by their first sitting.
pub async fn read(db: &impl ConnectionTrait, organisation: OrganisationId, year: i32) -> Result<Vec<Whole>> {
    use entity::session;
    let with_sitting = Query::select()
        .column(session::Column::EventId)
        .from(session::Entity)
        .and_where(session::Column::Year.eq(year))
        .and_where(session::Column::Status.ne(SessionStatus::Cancelled))
        .to_owned();
    let events = event::Entity::find()
        .filter(Expr::col((event::Entity, event::Column::HostId)).in_subquery(select_below(organisation)))
        .filter(Expr::col((event::Entity, event::Column::Id)).in_subquery(with_sitting))
        .filter(event::Column::Status.ne(EventStatus::Cancelled))
        .order_by_asc(event::Column::Id)
        .all(db)
        .await?;
    let mut wholes = load_wholes(db, events).await?;
    wholes.sort_by_key(|whole| whole.sessions.iter().find(|row| row.year == year).map(|row| row.starts_at));
    Ok(wholes)
}

/// The same as the planner reads it.
#[must_use]
pub fn source_of(whole: &Whole, year: i32, now: DateTime<Utc>) -> Source {
    let event = &whole.event;
    let alive = || whole.sessions.iter().filter(|row| row.status != SessionStatus::Cancelled);
    let sittings = alive().filter(|row| row.year == year).map(|row| {
        let span = sitting::span(row);
        let last = if span.all_day { span.last_day() } else { span.zone.day(span.end) };
        Old { id: row.id, first: span.day(), last }
    });
    Source {
        id: event.id,
        key: event.key.clone(),
        title: event.title.clone(),
        kind: event.kind.clone(),
        observance: event.observance.clone(),
        left_as_draft: event.status == EventStatus::Draft && alive().all(|row| row.ends_at <= now),
        sittings: sittings.collect(),
        series: whole.series.as_ref().map(|series| series.pattern.clone()),
        goes_on: whole.series.is_some() && alive().any(|row| row.year > year),
    }
}
