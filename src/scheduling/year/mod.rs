//! A year's events as a list.

pub mod pages;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::id::EventId;
use entity::{event, session};
use sea_orm::sea_query::{Condition, Expr, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, Order, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::wanted::{event_stands, sessions_where};
use super::{Phase, Wanted};

/// One page of a year's events.
pub struct YearPage {
    /// The events, by their first sitting.
    pub events: Vec<event::Model>,
    /// The sittings of each, by start.
    pub sessions: BTreeMap<EventId, Vec<session::Model>>,
    /// How many events there are on all pages.
    pub total: u64,
}

/// The events that have a sitting in `year`, and drafts that have none yet; `page` counts from 1.
pub async fn events_of_year(
    db: &impl ConnectionTrait,
    wanted: &Wanted,
    (year, phase): (i32, Option<Phase>),
    (page, size): (u64, u64),
    now: DateTime<Utc>,
) -> Result<YearPage, DbErr> {
    let in_year = Expr::exists(sessions_where(Condition::all().add(session::Column::Year.eq(year))));
    let empty = Expr::exists(sessions_where(Condition::all())).not();
    let mut which = wanted.events(now).add(Condition::any().add(in_year).add(empty));
    if let Some(phase) = phase {
        which = which.add(event_stands(phase, now));
    }
    let first = Query::select()
        .expr(Expr::col((session::Entity, session::Column::StartsAt)).min())
        .from(session::Entity)
        .and_where(Expr::col((session::Entity, session::Column::EventId)).equals((event::Entity, event::Column::Id)))
        .and_where(session::Column::Year.eq(year))
        .to_owned();
    let total = event::Entity::find().filter(which.clone()).count(db).await?;
    // What lies beyond the last page is nothing; an offset beyond what a database can count to would be an error.
    let skipped = Ord::min(page.saturating_sub(1).saturating_mul(size), total);
    let events = event::Entity::find()
        .filter(which)
        .order_by(Expr::SubQuery(None, Box::new(first.into())), Order::Asc)
        .order_by_asc(event::Column::Id)
        .offset(skipped)
        .limit(size)
        .all(db)
        .await?;
    let rows = session::Entity::find()
        .filter(session::Column::EventId.is_in(events.iter().map(|event| event.id)))
        .order_by_asc(session::Column::StartsAt)
        .all(db)
        .await?;
    let mut sessions: BTreeMap<EventId, Vec<session::Model>> = BTreeMap::new();
    for row in rows {
        sessions.entry(row.event_id).or_default().push(row);
    }
    Ok(YearPage { events, sessions, total })
}
