//! What a co-host says, and what the host does about it. Who is no longer invited is told, and who is again.

use chrono::{DateTime, Utc};
use entity::id::{EventId, OrganisationId};
use entity::state::{CoHostStatus, EventStatus};
use entity::{audience_rule, event, event_co_host, session};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::{ask, has_begun, to_answer};
use crate::access::{Actor, audit};
use crate::error::{Code, Error, Result};
use crate::scheduling::publish::{sessions, touch_event, touch_sessions};
use crate::scheduling::tell::Invited;
use crate::scheduling::{event_to_manage, roster, wording};

/// What a co-host says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It hosts too.
    Accept,
    /// It does not, and why; the host is told.
    Decline(Option<String>),
}

/// A co-host accepts or declines, in the caller's transaction. The same again changes nothing; another word is a change
/// of mind, until the event begins (`too-late`). `seen` is what the caller believes it said before: of two who decide
/// at once, the second sees that it changed.
pub async fn decide(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    organisation: OrganisationId,
    decision: Decision,
    seen: Option<CoHostStatus>,
    now: DateTime<Utc>,
) -> Result<event_co_host::Model> {
    let (event, row) = to_answer(db, actor, id, organisation).await?;
    let (status, reason) = match decision {
        Decision::Accept => (CoHostStatus::Accepted, None),
        Decision::Decline(reason) => (CoHostStatus::Declined, understood(reason)?),
    };
    if row.status == status {
        return Ok(row);
    }
    if seen.is_some_and(|seen| seen != row.status) {
        return Err(Error::new(Code::ChangedMeanwhile));
    }
    let sitting = in_time(db, &event, now).await?;
    let was = row.status;
    let before = Invited::load(db, &event, sitting, now).await?;
    let row = state(db, row, status, &actor.name, now).await?;
    let event = settle(db, before, id, reason.as_deref(), now).await?;
    match (was, status) {
        (_, CoHostStatus::Declined) => {
            ask::report(db, &event, organisation, "declined", reason.as_deref(), now).await?;
        }
        // The host was told that it declined.
        (CoHostStatus::Declined, _) => ask::report(db, &event, organisation, "accepted", None, now).await?,
        _ => {}
    }
    let action = if status == CoHostStatus::Accepted { "co_host.accept" } else { "co_host.decline" };
    record(db, actor, action, id, organisation, reason, now).await?;
    Ok(row)
}

/// The host asks one again that declined.
pub async fn ask_again(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    organisation: OrganisationId,
    now: DateTime<Utc>,
) -> Result<()> {
    let (event, row) = of_host(db, actor, id, organisation).await?;
    if row.status != CoHostStatus::Declined {
        return Ok(());
    }
    let sitting = in_time(db, &event, now).await?;
    let before = Invited::load(db, &event, sitting, now).await?;
    let mut row = row.into_active_model();
    row.status = Set(CoHostStatus::Asked);
    row.decided_at = Set(None);
    row.decided_by = Set(None);
    row.update(db).await?;
    let event = settle(db, before, id, None, now).await?;
    ask::ask(db, &event, &[organisation], now).await?;
    record(db, actor, "co_host.ask", id, organisation, None, now).await
}

/// The host takes a co-host out, with the lines that it added to the audience.
pub async fn remove(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    organisation: OrganisationId,
    now: DateTime<Utc>,
) -> Result<()> {
    let (event, row) = of_host(db, actor, id, organisation).await?;
    let sitting = in_time(db, &event, now).await?;
    let stood = row.status != CoHostStatus::Declined;
    let before = Invited::load(db, &event, sitting, now).await?;
    event_co_host::Entity::delete_by_id((id, organisation)).exec(db).await?;
    audience_rule::Entity::delete_many()
        .filter(audience_rule::Column::EventId.eq(id))
        .filter(audience_rule::Column::CoHostId.eq(organisation))
        .exec(db)
        .await?;
    let event = settle(db, before, id, None, now).await?;
    if stood && event.status == EventStatus::Scheduled && event.mails {
        let tree = crate::people::OrgTree::load(db).await?;
        let to = ask::accounts_near(db, &tree, organisation).await?;
        ask::send(db, &event, organisation, "removed", None, to, now).await?;
    }
    record(db, actor, "co_host.remove", id, organisation, None, now).await
}

/// A co-host says whom to ask there.
pub async fn set_contact(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    organisation: OrganisationId,
    contact: &str,
    now: DateTime<Utc>,
) -> Result<event_co_host::Model> {
    let (_, row) = to_answer(db, actor, id, organisation).await?;
    let mut wrong = Vec::new();
    let contact = wording::line("contact", contact, 100, &mut wrong);
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    if row.contact == contact {
        return Ok(row);
    }
    let mut row = row.into_active_model();
    row.contact = Set(contact);
    let row = row.update(db).await?;
    touch_event(db, id, now).await?;
    record(db, actor, "co_host.contact", id, organisation, None, now).await?;
    Ok(row)
}

fn understood(reason: Option<String>) -> Result<Option<String>> {
    let mut wrong = Vec::new();
    let text = reason.map(|text| wording::line("reason", &text, 500, &mut wrong)).filter(|text| !text.is_empty());
    if wrong.is_empty() { Ok(text) } else { Err(Error::invalid(wrong)) }
}

async fn of_host(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    organisation: OrganisationId,
) -> Result<(event::Model, event_co_host::Model)> {
    let event = event_to_manage(db, actor, id).await?;
    if event.status == EventStatus::Cancelled {
        return Err(Error::new(Code::Cancelled));
    }
    let row = event_co_host::Entity::find_by_id((id, organisation)).one(db).await?;
    Ok((event, row.ok_or_else(|| Error::new(Code::NotFound))?))
}

/// The sittings of an event that has not begun; else `too-late`.
async fn in_time(db: &impl ConnectionTrait, event: &event::Model, now: DateTime<Utc>) -> Result<Vec<session::Model>> {
    roster::freeze_due(db, now).await?;
    let rows = sessions(db, event.id).await?;
    if has_begun(&rows, now) { Err(Error::new(Code::TooLate)) } else { Ok(rows) }
}

async fn state(
    db: &impl ConnectionTrait,
    row: event_co_host::Model,
    status: CoHostStatus,
    by: &str,
    now: DateTime<Utc>,
) -> Result<event_co_host::Model> {
    let mut row = row.into_active_model();
    row.status = Set(status);
    row.decided_at = Set(Some(now));
    row.decided_by = Set(Some(by.to_owned()));
    Ok(row.update(db).await?)
}

/// Marks the event and its sittings as changed, and tells whom that takes off and whom it brings.
pub(super) async fn settle(
    db: &impl ConnectionTrait,
    before: Invited,
    id: EventId,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<event::Model> {
    let event = touch_event(db, id, now).await?;
    touch_sessions(db, id, now).await?;
    before.tell(db, &event, reason, now).await?;
    Ok(event)
}

async fn record(
    db: &impl ConnectionTrait,
    actor: &Actor,
    action: &str,
    event: EventId,
    organisation: OrganisationId,
    reason: Option<String>,
    now: DateTime<Utc>,
) -> Result<()> {
    let deed = audit::Deed {
        actor: &actor.name,
        action,
        subject: format!("event:{event}"),
        event_id: Some(event),
        detail: json!({ "organisation_id": organisation, "reason": reason }),
    };
    Ok(audit::record(db, deed, now).await?)
}
