//! Which events a subscription is about, and which of their sessions it shows.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::{EventId, MaterialId};
use entity::state::{AudienceSign, AudienceTarget, EventStatus};
use entity::{audience_rule, event, event_also_kind, feed, material, session};
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};

use super::address::{What, what};
use crate::calendar::subscription::{self, Standings};
use crate::error::{Code, Error, Result};
use crate::people::OrgTree;
use crate::scheduling::hosted_below;

/// From when to when.
pub type Window = (DateTime<Utc>, DateTime<Utc>);

/// A published event, or one that was cancelled after it had been announced, with a session in the window.
#[must_use]
pub fn shown((from, to): Window) -> Condition {
    let announced = Condition::any().add(event::Column::Status.eq(EventStatus::Scheduled)).add(
        // One that was cancelled as a draft was never announced.
        Condition::all()
            .add(event::Column::Status.eq(EventStatus::Cancelled))
            .add(event::Column::PublishedAt.is_not_null()),
    );
    Condition::all().add(announced).add(session::Column::EndsAt.gt(from)).add(session::Column::StartsAt.lt(to))
}

/// A condition on `event`: those that a subscription may be about.
async fn about(db: &impl ConnectionTrait, tree: &OrgTree, what: &What) -> Result<Condition> {
    Ok(match what {
        What::Person(person) => {
            let standings = Standings::load(db, tree, *person).await?;
            Condition::all().add(Expr::col((event::Entity, event::Column::Id)).in_subquery(standings.candidates()))
        }
        What::Organisation(org) => hosted_below(*org),
        What::Kind(kind, org) => {
            let also = Query::select()
                .column(event_also_kind::Column::EventId)
                .from(event_also_kind::Entity)
                .and_where(event_also_kind::Column::Kind.eq(kind.as_str()))
                .to_owned();
            let of_kind = Condition::any()
                .add(event::Column::Kind.eq(kind.as_str()))
                .add(Expr::col((event::Entity, event::Column::Id)).in_subquery(also));
            Condition::all().add(of_kind).add_option(org.map(hosted_below))
        }
        What::Public(org) => {
            // Of whatever kind: an outreach event whose audience does not name the public is for staff alone.
            let open = Expr::col((event::Entity, event::Column::Id)).in_subquery(for_the_public());
            Condition::all().add(open).add_option(org.map(hosted_below))
        }
    })
}

fn for_the_public() -> SelectStatement {
    Query::select()
        .column(audience_rule::Column::EventId)
        .from(audience_rule::Entity)
        .and_where(audience_rule::Column::Target.eq(AudienceTarget::Public))
        .and_where(audience_rule::Column::Sign.eq(AudienceSign::Include))
        .to_owned()
}

/// What a subscription shows of a window: the sessions with their events, cancelled ones too, by start.
pub async fn rows(
    db: &impl ConnectionTrait,
    tree: &OrgTree,
    feed: &feed::Model,
    window: Window,
) -> Result<Vec<(event::Model, session::Model)>> {
    let what = what(feed).ok_or_else(|| Error::new(Code::NotFound))?;
    if let What::Person(person) = what {
        return subscription::invited_to(db, tree, person, window).await;
    }
    let rows = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(shown(window))
        .filter(about(db, tree, &what).await?)
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(session, event)| event.map(|event| (event, session))).collect())
}

/// What the rows of a subscription hang on, without reading them: which events it may be about, each with its revision,
/// and the links of their materials. The rows are the same for as long as this and the people are.
pub async fn marks(
    db: &impl ConnectionTrait,
    tree: &OrgTree,
    feed: &feed::Model,
    window: Window,
) -> Result<(Vec<(EventId, i64)>, Vec<MaterialId>)> {
    let what = what(feed).ok_or_else(|| Error::new(Code::NotFound))?;
    let events: Vec<(EventId, i64)> = session::Entity::find()
        .select_only()
        .column(event::Column::Id)
        .column(event::Column::Revision)
        .distinct()
        .inner_join(event::Entity)
        .filter(shown(window))
        .filter(about(db, tree, &what).await?)
        .order_by_asc(event::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let links = links(events.iter().map(|(id, _)| *id));
    let links = links.select_only().column(material::Column::Id).into_tuple().all(db).await?;
    Ok((events, links))
}

/// The materials of these events that are links, in order.
fn links(events: impl Iterator<Item = EventId>) -> sea_orm::Select<material::Entity> {
    material::Entity::find()
        .filter(material::Column::EventId.is_in(events))
        .filter(material::Column::Url.is_not_null())
        .order_by_asc(material::Column::EventId)
        .order_by_asc(material::Column::Position)
        .order_by_asc(material::Column::Id)
}

/// The links of these events' materials, by event and in order.
pub async fn links_of(
    db: &impl ConnectionTrait,
    events: impl Iterator<Item = EventId>,
) -> Result<HashMap<EventId, Vec<material::Model>>> {
    let mut found: HashMap<EventId, Vec<material::Model>> = HashMap::new();
    for row in links(events).all(db).await? {
        found.entry(row.event_id).or_default().push(row);
    }
    Ok(found)
}
