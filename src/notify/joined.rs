//! Where an online session that a message invites to is joined. Pure, but for what it reads beforehand.

use std::collections::{HashMap, HashSet};

use entity::id::EventId;
use entity::{event, material, outbox, session};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::facts::Facts;
use super::overtaken::KINDS;
use crate::calendar::{Extra, Of, conference};
use crate::scheduling::session as sessions;

/// The links among the materials of the events of a batch; nothing where calendars hear of nothing.
pub(super) async fn links(
    db: &impl ConnectionTrait,
    rows: &[outbox::Model],
) -> Result<HashMap<EventId, Vec<material::Model>>, DbErr> {
    let events: HashSet<EventId> =
        rows.iter().filter(|row| KINDS.contains(&row.kind)).filter_map(|row| row.event_id).collect();
    let mut found: HashMap<EventId, Vec<material::Model>> = HashMap::new();
    if events.is_empty() {
        return Ok(found);
    }
    let links = material::Entity::find()
        .filter(material::Column::EventId.is_in(events))
        .filter(material::Column::Url.is_not_null())
        .order_by_asc(material::Column::Position)
        .order_by_asc(material::Column::Id);
    for link in links.all(db).await? {
        found.entry(link.event_id).or_default().push(link);
    }
    Ok(found)
}

/// What a message says of a session besides: where it is joined. Materials are for the staff alone.
pub(super) fn extra(
    facts: &Facts,
    row: &outbox::Model,
    (event, session): (&event::Model, &session::Model),
    of: Of,
) -> Extra {
    let links = facts.links.get(&event.id).filter(|_| row.person_id.is_some()).into_iter().flatten();
    let here = links.filter(|link| link.session_id.is_none_or(|id| of == Of::Sitting && id == session.id));
    let address = conference::of(sessions::location(event, session), here.filter_map(|link| link.url.as_deref()));
    Extra { conference: address, ..Extra::default() }
}
