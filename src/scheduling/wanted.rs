//! Which events a reader looks for, and finding them by month and by year.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{EventId, OrganisationId, SessionId};
use entity::state::{EventStatus, SessionStatus};
use entity::{attendance, event, session};
use sea_orm::sea_query::{Condition, Expr, Func, LikeExpr, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, Order, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::content::{with_topic, with_topic_like};
use super::{Phase, hosted_below};

/// What a reader looks for, within what they may see.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The reader's organisation: only what it or one below hosts or co-hosts.
    pub seen_by: OrganisationId,
    /// Only what this one or one below hosts or co-hosts.
    pub org: Option<OrganisationId>,
    /// Only events of these kinds.
    pub kinds: Option<Vec<String>>,
    /// Only events with this in their title, their place, or a law or subject, in any case of letters.
    pub text: String,
    /// Only events with a law or subject of exactly this name.
    pub topic: Option<String>,
}

impl Wanted {
    fn condition(&self) -> Condition {
        let mut all = Condition::all().add(hosted_below(self.seen_by));
        if let Some(org) = self.org {
            all = all.add(hosted_below(org));
        }
        if let Some(kinds) = &self.kinds {
            all = all.add(event::Column::Kind.is_in(kinds.iter().map(String::as_str)));
        }
        if let Some(topic) = &self.topic {
            all = all.add(with_topic(topic));
        }
        let text = self.text.trim().to_lowercase();
        if !text.is_empty() {
            let pattern = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            let pattern = LikeExpr::new(pattern).escape('\\');
            let within = |column: event::Column| {
                Expr::expr(Func::lower(Expr::col((event::Entity, column)))).like(pattern.clone())
            };
            let found = Condition::any().add(within(event::Column::Title)).add(within(event::Column::Location));
            all = all.add(found.add(with_topic_like(pattern.clone())));
        }
        all
    }
}

/// The sittings that touch any of the days from `first` to `last`, both included, by start.
pub async fn sessions_between(
    db: &impl ConnectionTrait,
    wanted: &Wanted,
    (first, last): (NaiveDate, NaiveDate),
    from: DateTime<Utc>,
) -> Result<Vec<(session::Model, event::Model)>, DbErr> {
    let rows = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(session::Column::Day.lte(last))
        .filter(Condition::any().add(session::Column::Day.gte(first)).add(session::Column::EndsAt.gt(from)))
        .filter(wanted.condition())
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(session, event)| Some((session, event?))).collect())
}

/// Of these sittings, those of which no attendance is known.
pub async fn without_attendance(
    db: &impl ConnectionTrait,
    sessions: Vec<SessionId>,
) -> Result<HashSet<SessionId>, DbErr> {
    let known: HashSet<SessionId> = attendance::Entity::find()
        .select_only()
        .column(attendance::Column::SessionId)
        .distinct()
        .filter(attendance::Column::SessionId.is_in(sessions.iter().copied()))
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    Ok(sessions.into_iter().filter(|id| !known.contains(id)).collect())
}

fn sessions_where(condition: Condition) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(session::Entity)
        .and_where(Expr::col((session::Entity, session::Column::EventId)).equals((event::Entity, event::Column::Id)))
        .cond_where(condition)
        .to_owned()
}

/// A condition on `event`: that it stands there at `now`.
fn stands(phase: Phase, now: DateTime<Utc>) -> Condition {
    let published = event::Column::Status.eq(EventStatus::Scheduled);
    let open = || {
        Condition::all().add(session::Column::Status.eq(SessionStatus::Scheduled)).add(session::Column::EndsAt.gt(now))
    };
    let running = Expr::exists(sessions_where(open().add(session::Column::StartsAt.lte(now))));
    let is_open = Expr::exists(sessions_where(open()));
    match phase {
        Phase::Draft => Condition::all().add(event::Column::Status.eq(EventStatus::Draft)),
        Phase::Cancelled => Condition::all().add(event::Column::Status.eq(EventStatus::Cancelled)),
        Phase::Running => Condition::all().add(published).add(running),
        Phase::Ahead => Condition::all().add(published).add(is_open).add(running.not()),
        Phase::Held => Condition::all().add(published).add(is_open.not()),
    }
}

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
    let mut which = wanted.condition().add(Condition::any().add(in_year).add(empty));
    if let Some(phase) = phase {
        which = which.add(stands(phase, now));
    }
    let first = Query::select()
        .expr(Expr::col((session::Entity, session::Column::StartsAt)).min())
        .from(session::Entity)
        .and_where(Expr::col((session::Entity, session::Column::EventId)).equals((event::Entity, event::Column::Id)))
        .and_where(session::Column::Year.eq(year))
        .to_owned();
    let total = event::Entity::find().filter(which.clone()).count(db).await?;
    let events = event::Entity::find()
        .filter(which)
        .order_by(Expr::SubQuery(None, Box::new(first.into())), Order::Asc)
        .order_by_asc(event::Column::Id)
        .offset(page.saturating_sub(1).saturating_mul(size))
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
