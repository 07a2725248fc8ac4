//! Looking events and sessions up, a part at a time.

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{EventId, OrganisationId, SessionId};
use entity::{event, session};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};

use super::content::with_topic;
use super::hosted_below;
use crate::access::Actor;
use crate::error::Result;
use crate::paging::{Listed, PART, after_id, bad_cursor, part};

/// What to look for; whatever is None does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of an event or a session: its key.
    pub key: Option<String>,
    /// Hosted or co-hosted by that organisation or below.
    pub org: Option<OrganisationId>,
    /// The event's own kind.
    pub kind: Option<String>,
    /// With a law or subject of exactly that name.
    pub topic: Option<String>,
    /// With a session from then on.
    pub from: Option<Bound>,
    /// With a session up to then, included.
    pub to: Option<Bound>,
}

/// An end of a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A session's day.
    Day(NaiveDate),
    /// A session's start.
    At(DateTime<Utc>),
}

impl Bound {
    fn column(self) -> session::Column {
        match self {
            Self::Day(_) => session::Column::Day,
            Self::At(_) => session::Column::StartsAt,
        }
    }

    fn value(self) -> sea_orm::Value {
        match self {
            Self::Day(day) => day.into(),
            Self::At(at) => at.into(),
        }
    }
}

impl Filter {
    fn sessions(&self) -> Condition {
        let column = |c| Expr::col((session::Entity, c));
        Condition::all()
            .add_option(self.from.map(|bound| column(bound.column()).gte(bound.value())))
            .add_option(self.to.map(|bound| column(bound.column()).lte(bound.value())))
    }

    fn events(&self, actor: &Actor) -> Condition {
        Condition::all()
            .add(hosted_below(actor.organisation))
            .add_option(self.org.map(hosted_below))
            .add_option(self.kind.as_ref().map(|kind| event::Column::Kind.eq(kind.as_str())))
            .add_option(self.topic.as_deref().map(with_topic))
    }
}

/// Events that the actor may see, by id.
pub async fn list_events(
    db: &impl ConnectionTrait,
    actor: &Actor,
    filter: &Filter,
    cursor: Option<&str>,
) -> Result<Listed<event::Model>> {
    let mut query = event::Entity::find()
        .filter(filter.events(actor))
        .filter(event::Column::Id.gt(EventId(after_id(cursor)?)))
        .order_by_asc(event::Column::Id)
        .limit(PART + 1);
    if let Some(key) = &filter.key {
        query = query.filter(event::Column::Key.eq(key.as_str()));
    }
    if filter.from.is_some() || filter.to.is_some() {
        let with = Query::select()
            .column((session::Entity, session::Column::EventId))
            .from(session::Entity)
            .cond_where(filter.sessions())
            .to_owned();
        query = query.filter(Expr::col((event::Entity, event::Column::Id)).in_subquery(with));
    }
    Ok(part(query.all(db).await?, |event| event.id.to_string()))
}

/// Sessions that the actor may see with their events, by start.
pub async fn list_sessions(
    db: &impl ConnectionTrait,
    actor: &Actor,
    filter: &Filter,
    cursor: Option<&str>,
) -> Result<Listed<(event::Model, session::Model)>> {
    let mut query = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(filter.events(actor))
        .filter(filter.sessions())
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .limit(PART + 1);
    if let Some(key) = &filter.key {
        query = query.filter(session::Column::Key.eq(key.as_str()));
    }
    if let Some(cursor) = cursor {
        let (at, id) = after(cursor).ok_or_else(bad_cursor)?;
        let later = Condition::all().add(session::Column::StartsAt.eq(at)).add(session::Column::Id.gt(id));
        query = query.filter(Condition::any().add(session::Column::StartsAt.gt(at)).add(later));
    }
    let rows = query.all(db).await?.into_iter().filter_map(|(session, event)| Some((event?, session))).collect();
    Ok(part(rows, |(_, session)| format!("{}-{}", session.starts_at.timestamp_micros(), session.id)))
}

fn after(cursor: &str) -> Option<(DateTime<Utc>, SessionId)> {
    let (micros, id) = cursor.rsplit_once('-')?;
    Some((DateTime::from_timestamp_micros(micros.parse().ok()?)?, SessionId(id.parse().ok()?)))
}
