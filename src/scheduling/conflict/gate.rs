//! Publishing only without conflicts, or with a reason.

use chrono::{DateTime, Utc};
use entity::event;
use entity::id::{EventId, SessionId};
use entity::state::EventStatus;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};

use super::{About, Conflict, ConflictView, Subject, Weight, find};
use crate::access::{Actor, audit};
use crate::error::{Code, Error, Result};
use crate::scheduling::publish::reason;
use crate::scheduling::{Ground, Whole, load_whole};

/// Refuses with `conflicts`, which names each, unless nothing keeps the event from being published or `why` says why
/// it does not matter. Gives those that were overridden, as an audit keeps them: ids and numbers alone.
pub(in crate::scheduling) async fn demand_none(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    actor: &Actor,
    whole: &Whole,
    why: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Vec<Value>> {
    let found = find(db, ground, actor, &Subject::of(whole), now).await?;
    let blocking: Vec<&Conflict> = found.iter().filter(|conflict| conflict.weight == Weight::Blocks).collect();
    if blocking.is_empty() || why.is_some() {
        return Ok(blocking.into_iter().map(overridden_audit).collect());
    }
    let views: Vec<_> = found.iter().map(|conflict| ConflictView::of(conflict, ground.kinds, now)).collect();
    Err(Error::new(Code::Conflicts).with("n", blocking.len()).and("conflicts", views))
}

/// A conflict as an audit keeps it: ids and numbers alone.
fn overridden_audit(conflict: &Conflict) -> Value {
    let known = conflict.other.as_ref().and_then(|other| other.known.as_ref());
    let mut kept = json!({
        "kind": conflict.sort.as_str(),
        "session": conflict.own.session,
        "other_event": known.map(|known| known.event),
        "other_session": known.and_then(|known| known.session),
    });
    match &conflict.about {
        About::People(people) => kept["persons"] = people.iter().map(|somebody| json!(somebody.person)).collect(),
        About::DayOff(day, _) => kept["day"] = json!(day),
        About::Room(expected, capacity, _) => {
            kept["expected"] = json!(expected);
            kept["capacity"] = json!(capacity);
        }
        _ => {}
    }
    kept
}

/// What is in the way of a published event after a change, of these sessions or of all: nothing is refused for it, but
/// whoever changed it should know. Empty for a draft, of which the page that publishes it names them.
pub(in crate::scheduling) async fn hints(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    actor: &Actor,
    whole: &Whole,
    only: Option<&[SessionId]>,
    now: DateTime<Utc>,
) -> Result<Vec<ConflictView>> {
    if whole.event.status != EventStatus::Scheduled {
        return Ok(Vec::new());
    }
    let subject = Subject::of(whole);
    let subject = if let Some(sessions) = only { subject.only(sessions) } else { subject };
    let found = find(db, ground, actor, &subject, now).await?;
    Ok(found.iter().map(|conflict| ConflictView::of(conflict, ground.kinds, now)).collect())
}

/// What a change of an event does to others.
pub enum Changed {
    /// Nothing that was not so before, or it has a reason, which is written down now.
    Fine,
    /// It is in somebody's way and has no reason.
    InTheWay(Subject, Vec<Conflict>),
}

/// Looks at an event that was just changed in this transaction, beside what it was (`before`): of a published one,
/// conflicts that were not there need a reason. A draft's are named when it is published.
pub async fn changed(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    actor: &Actor,
    before: &Whole,
    why: &str,
    now: DateTime<Utc>,
) -> Result<Changed> {
    let why = reason("override", Some(why.to_owned()))?;
    if before.event.status != EventStatus::Scheduled {
        return Ok(Changed::Fine);
    }
    let event = event::Entity::find_by_id(before.event.id).one(db).await?;
    let whole = load_whole(db, event.ok_or_else(|| Error::new(Code::NotFound))?).await?;
    let old = Subject::of(before);
    let mut subject = Subject::of(&whole);
    // What stays where it was is asked about only when it is whole again: then everything may have changed.
    let place_or_people = whole.audience != before.audience || whole.event.required != before.event.required;
    if !place_or_people {
        for sitting in &mut subject.sittings {
            sitting.asked = !old.sittings.iter().any(|was| {
                (was.session, was.span, &was.location) == (sitting.session, sitting.span, &sitting.location)
            });
        }
    }
    if subject.asked().next().is_none() {
        return Ok(Changed::Fine);
    }
    let found = find(db, ground, actor, &subject, now).await?;
    if !super::blocks(&found) {
        return Ok(Changed::Fine);
    }
    let Some(why) = why else { return Ok(Changed::InTheWay(subject, found)) };
    override_now(db, actor, (format!("event:{}", whole.event.id), whole.event.id), why, &found, now).await?;
    Ok(Changed::Fine)
}

/// Writes down that conflicts of a change were overridden, with the reason and each.
pub async fn override_now(
    db: &impl ConnectionTrait,
    actor: &Actor,
    (subject, event): (String, EventId),
    why: String,
    found: &[Conflict],
    now: DateTime<Utc>,
) -> Result<()> {
    let blocking = found.iter().filter(|conflict| conflict.weight == Weight::Blocks);
    let deed = audit::Deed {
        actor: &actor.name,
        action: "conflict.override",
        subject,
        event_id: Some(event),
        detail: json!({ "reason": why, "conflicts": blocking.map(overridden_audit).collect::<Vec<_>>() }),
    };
    Ok(audit::record(db, deed, now).await?)
}
