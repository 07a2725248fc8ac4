//! Adding sittings to an event that is there.

use chrono::{DateTime, Utc};
use entity::id::EventId;
use entity::state::EventStatus;

use super::create::insert_sessions;
use super::draft::{self, NewSession};
use super::publish::{sessions, touch_event};
use super::tell::{News, is_ahead, tell_all};
use super::whole::event_to_manage;
use super::{Whole, load_whole, roster};
use crate::access::{Actor, audit};
use crate::dates::Zone;
use crate::error::{Code, Error, Result};

/// Adds sittings to an event that is not cancelled, in the caller's transaction. Of a published event the invited are
/// told of those that are not over.
pub async fn add_sessions(
    db: &impl sea_orm::ConnectionTrait,
    actor: &Actor,
    id: EventId,
    new: &[NewSession],
    now: DateTime<Utc>,
) -> Result<Whole> {
    let event = event_to_manage(db, actor, id).await?;
    if event.status == EventStatus::Cancelled {
        return Err(Error::new(Code::WrongState));
    }
    let zone = Zone::parse(&event.time_zone).map_err(Error::internal)?;
    let mut wrong = Vec::new();
    let sittings = draft::sessions(new, zone, &mut wrong);
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    insert_sessions(db, &event, &sittings, None, now).await?;
    let event = touch_event(db, id, now).await?;
    let added = |key: &str| sittings.iter().any(|sitting| sitting.key == key);
    let mut new = sessions(db, id).await?;
    new.retain(|session| added(&session.key) && event.mails && is_ahead(&event, session, now));
    tell_all(db, &event, new.into_iter().map(News::invitation).collect(), now).await?;
    roster::freeze_due(db, now).await?;
    let deed = audit::Deed {
        actor: &actor.name,
        action: "session.add",
        subject: format!("event:{id}"),
        event_id: Some(id),
        detail: serde_json::json!({ "sessions": sittings.len() }),
    };
    audit::record(db, deed, now).await?;
    load_whole(db, event).await
}
