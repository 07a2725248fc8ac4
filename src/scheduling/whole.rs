//! An event with all that belongs to it, and who may load it.

use std::collections::HashMap;

use entity::id::{EventId, OrganisationId, SessionId};
use entity::state::CoHostStatus;
use entity::{audience_rule, event, event_also_kind, event_co_host, event_topic, organisation, session};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::content::{Speaker, speakers_of, with_numbers};
use super::series::{Series, load_series};
use super::{audience_line, hosted_below};
use crate::access::{Actor, Rights};
use crate::error::{Code, Error, Result};
use crate::people;

/// An event with all that belongs to it.
#[derive(Clone, Debug)]
pub struct Whole {
    /// Its row.
    pub event: event::Model,
    /// Its host.
    pub host: organisation::Model,
    /// Those who host it too, by id; without those that declined.
    pub co_hosts: Vec<organisation::Model>,
    /// What each says who was asked to host it too, by organisation.
    pub asked: Vec<event_co_host::Model>,
    /// Its audience as the host wrote it; a co-host's own lines are its own affair.
    pub audience: Vec<String>,
    /// Its laws and subjects, in order.
    pub topics: Vec<String>,
    /// Further kinds, by key.
    pub also_kinds: Vec<String>,
    /// Its sittings, by start.
    pub sessions: Vec<session::Model>,
    /// The series that its sittings, or some of them, are of.
    pub series: Option<Series>,
    /// Who speaks, in order.
    pub speakers: Vec<Speaker>,
}

/// Reads all that belongs to an event.
pub async fn load_whole(db: &impl ConnectionTrait, event: event::Model) -> Result<Whole> {
    load_wholes(db, vec![event]).await?.pop().ok_or_else(|| Error::internal("an event without its host"))
}

/// The same of several events, in their order, with as many queries as for one.
pub async fn load_wholes(db: &impl ConnectionTrait, events: Vec<event::Model>) -> Result<Vec<Whole>> {
    let ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
    let mut parts = Parts::load(db, &ids).await?;
    let hosts = events.iter().map(|event| event.host_id);
    let organisations = parts.organisations(db, hosts).await?;
    let mut series = load_series(db, &events).await?;
    let mut wholes = Vec::with_capacity(events.len());
    for event in events {
        let host = organisations.get(&event.host_id).cloned();
        let asked = parts.asked.remove(&event.id).unwrap_or_default();
        let stand = asked.iter().filter(|row| row.status != CoHostStatus::Declined);
        wholes.push(Whole {
            host: host.ok_or_else(|| Error::internal("an event without its host"))?,
            co_hosts: stand.filter_map(|row| organisations.get(&row.organisation_id).cloned()).collect(),
            asked,
            audience: parts.audience.remove(&event.id).unwrap_or_default(),
            topics: parts.topics.remove(&event.id).unwrap_or_default(),
            also_kinds: parts.also_kinds.remove(&event.id).unwrap_or_default(),
            sessions: parts.sessions.remove(&event.id).unwrap_or_default(),
            series: series.remove(&event.id),
            speakers: parts.speakers.remove(&event.id).unwrap_or_default(),
            event,
        });
    }
    Ok(wholes)
}

type ByEvent<T> = HashMap<EventId, Vec<T>>;

struct Parts {
    asked: ByEvent<event_co_host::Model>,
    audience: ByEvent<String>,
    topics: ByEvent<String>,
    also_kinds: ByEvent<String>,
    sessions: ByEvent<session::Model>,
    speakers: ByEvent<Speaker>,
}

impl Parts {
    async fn load(db: &impl ConnectionTrait, ids: &[EventId]) -> Result<Self, DbErr> {
        let of = || ids.iter().copied();
        let asked = event_co_host::Entity::find()
            .filter(event_co_host::Column::EventId.is_in(of()))
            .order_by_asc(event_co_host::Column::OrganisationId)
            .all(db)
            .await?;
        let rules = audience_rule::Entity::find()
            .filter(audience_rule::Column::EventId.is_in(of()))
            .filter(audience_rule::Column::CoHostId.is_null())
            .order_by_asc(audience_rule::Column::Position)
            .all(db)
            .await?;
        let texts = audience_line::text(db, &rules).await?;
        let topics = event_topic::Entity::find()
            .filter(event_topic::Column::EventId.is_in(of()))
            .order_by_asc(event_topic::Column::Position)
            .all(db)
            .await?;
        let kinds = event_also_kind::Entity::find()
            .filter(event_also_kind::Column::EventId.is_in(of()))
            .order_by_asc(event_also_kind::Column::Kind)
            .all(db)
            .await?;
        let sessions = session::Entity::find()
            .filter(session::Column::EventId.is_in(of()))
            .order_by_asc(session::Column::StartsAt)
            .order_by_asc(session::Column::Id)
            .all(db)
            .await?;
        let speakers = with_numbers(db, speakers_of(db, of()).await?).await?;
        Ok(Self {
            asked: by_event(asked.into_iter().map(|row| (row.event_id, row))),
            speakers: by_event(speakers.into_iter().map(|speaker| (speaker.row.event_id, speaker))),
            audience: by_event(rules.iter().map(|rule| rule.event_id).zip(texts)),
            topics: by_event(topics.into_iter().map(|row| (row.event_id, row.name))),
            also_kinds: by_event(kinds.into_iter().map(|row| (row.event_id, row.kind))),
            sessions: by_event(sessions.into_iter().map(|row| (row.event_id, row))),
        })
    }

    async fn organisations(
        &self,
        db: &impl ConnectionTrait,
        hosts: impl Iterator<Item = OrganisationId>,
    ) -> Result<HashMap<OrganisationId, organisation::Model>, DbErr> {
        let ids: Vec<_> = hosts.chain(self.asked.values().flatten().map(|row| row.organisation_id)).collect();
        let rows = organisation::Entity::find().filter(organisation::Column::Id.is_in(ids)).all(db).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

fn by_event<T>(rows: impl Iterator<Item = (EventId, T)>) -> ByEvent<T> {
    let mut map = ByEvent::new();
    for (event, row) in rows {
        map.entry(event).or_default().push(row);
    }
    map
}

/// The event of that id; `not-found` when the actor may not see it.
pub async fn event_for(db: &impl ConnectionTrait, actor: &Actor, id: EventId) -> Result<event::Model> {
    event::Entity::find().filter(visible(id, actor)).one(db).await?.ok_or_else(|| Error::new(Code::NotFound))
}

/// The session of that id with its event; `not-found` when the actor may not see it.
pub async fn session_for(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: SessionId,
) -> Result<(event::Model, session::Model)> {
    let found = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(session::Column::Id.eq(id))
        .filter(hosted_below(actor.organisation))
        .one(db)
        .await?;
    match found {
        Some((session, Some(event))) => Ok((event, session)),
        _ => Err(Error::new(Code::NotFound)),
    }
}

/// The event of that id, held until the transaction ends, for somebody who may change it: the actor manages, and its
/// organisation is the host's or above it. Whoever sees it only as a co-host, or without that right, is `forbidden`.
pub async fn event_to_manage(db: &impl ConnectionTrait, actor: &Actor, id: EventId) -> Result<event::Model> {
    let found = event::Entity::find().filter(visible(id, actor)).lock_exclusive().one(db).await?;
    let event = found.ok_or_else(|| Error::new(Code::NotFound))?;
    actor.demand(Rights::Manage)?;
    if !people::is_below(db, event.host_id, actor.organisation).await? {
        return Err(Error::new(Code::Forbidden));
    }
    Ok(event)
}

/// The same by one of its sessions.
pub async fn session_to_manage(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: SessionId,
) -> Result<(event::Model, session::Model)> {
    let (event, _) = session_for(db, actor, id).await?;
    let event = event_to_manage(db, actor, event.id).await?;
    // Read again: it may have changed before the event was held.
    let session = session::Entity::find_by_id(id).one(db).await?.ok_or_else(|| Error::new(Code::NotFound))?;
    Ok((event, session))
}

fn visible(id: EventId, actor: &Actor) -> Condition {
    Condition::all().add(event::Column::Id.eq(id)).add(hosted_below(actor.organisation))
}
