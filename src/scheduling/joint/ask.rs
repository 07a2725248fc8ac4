//! Telling the accounts of an organisation what is asked of it, or what it said.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::{AccountId, OrganisationId};
use entity::state::{CoHostStatus, EventStatus, MessageKind, Role};
use entity::{account, audit, event, event_co_host, organisation};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::error::Result;
use crate::outbox::{Message, enqueue};
use crate::people::OrgTree;

/// The accounts that decide for an organisation: its own organisers, else those of the nearest above it that has some.
pub async fn accounts_near(
    db: &impl ConnectionTrait,
    tree: &OrgTree,
    organisation: OrganisationId,
) -> Result<Vec<account::Model>, DbErr> {
    let upwards = tree.upwards(organisation);
    let rows = account::Entity::find()
        .filter(account::Column::OrganisationId.is_in(upwards.iter().copied()))
        .filter(account::Column::Role.is_in([Role::Admin, Role::Organizer]))
        .filter(account::Column::DisabledAt.is_null())
        .order_by_asc(account::Column::Id)
        .all(db)
        .await?;
    let nearest = upwards.iter().find(|org| rows.iter().any(|row| row.organisation_id == **org)).copied();
    Ok(rows.into_iter().filter(|row| Some(row.organisation_id) == nearest).collect())
}

/// Asks these co-hosts of a published event, each by the accounts that decide for it.
pub async fn ask(
    db: &impl ConnectionTrait,
    event: &event::Model,
    organisations: &[OrganisationId],
    now: DateTime<Utc>,
) -> Result<()> {
    if event.status != EventStatus::Scheduled || !event.mails || organisations.is_empty() {
        return Ok(());
    }
    let tree = OrgTree::load(db).await?;
    for &organisation in organisations {
        let to = accounts_near(db, &tree, organisation).await?;
        send(db, event, organisation, "asked", None, to, now).await?;
    }
    Ok(())
}

/// Asks every co-host that has not answered: the event was published.
pub async fn ask_all(db: &impl ConnectionTrait, event: &event::Model, now: DateTime<Utc>) -> Result<()> {
    let open = event_co_host::Entity::find()
        .filter(event_co_host::Column::EventId.eq(event.id))
        .filter(event_co_host::Column::Status.eq(CoHostStatus::Asked))
        .order_by_asc(event_co_host::Column::OrganisationId)
        .all(db)
        .await?;
    let open: Vec<_> = open.into_iter().map(|row| row.organisation_id).collect();
    ask(db, event, &open, now).await
}

/// Tells the host what a co-host said: the account that made the event, while it may still change it, else the host's
/// organisers.
pub(super) async fn report(
    db: &impl ConnectionTrait,
    event: &event::Model,
    organisation: OrganisationId,
    said: &str,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let to = decide_for(db, event).await?;
    send(db, event, organisation, said, reason, to, now).await
}

/// The accounts that hear what becomes of an event: the one that made it, while it may still change it, else the host's
/// organisers.
pub async fn decide_for(db: &impl ConnectionTrait, event: &event::Model) -> Result<Vec<account::Model>, DbErr> {
    let tree = OrgTree::load(db).await?;
    match maker(db, &tree, event).await? {
        Some(account) => Ok(vec![account]),
        None => accounts_near(db, &tree, event.host_id).await,
    }
}

async fn maker(
    db: &impl ConnectionTrait,
    tree: &OrgTree,
    event: &event::Model,
) -> Result<Option<account::Model>, DbErr> {
    let deed = audit::Entity::find()
        .filter(audit::Column::EventId.eq(event.id))
        .filter(audit::Column::Action.eq("event.create"))
        .order_by_asc(audit::Column::Id)
        .one(db)
        .await?;
    let id = deed.and_then(|deed| deed.actor.strip_prefix("account:").and_then(|id| id.parse().ok()));
    let Some(id) = id else { return Ok(None) };
    let row = account::Entity::find_by_id(AccountId(id)).one(db).await?;
    Ok(row.filter(|row| {
        row.disabled_at.is_none()
            && matches!(row.role, Role::Admin | Role::Organizer)
            && tree.is_below(event.host_id, row.organisation_id)
    }))
}

pub(super) async fn send(
    db: &impl ConnectionTrait,
    event: &event::Model,
    organisation: OrganisationId,
    said: &str,
    reason: Option<&str>,
    to: Vec<account::Model>,
    now: DateTime<Utc>,
) -> Result<()> {
    let detail = json!({ "said": said, "organisation": organisation, "reason": reason });
    let messages = to.into_iter().map(|account| {
        // The revision tells a second asking, or a changed mind, from the first.
        let key = format!("co_host:{}:{organisation}:{said}:{}:{}", event.id, event.revision, account.id);
        Message {
            event_id: Some(event.id),
            account_id: Some(account.id),
            ..Message::new(MessageKind::CoHost, key, account.email).saying(detail.clone())
        }
    });
    Ok(enqueue(db, messages.collect(), now).await?)
}

/// The names of organisations, by id.
pub async fn names_of(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = OrganisationId>,
) -> Result<HashMap<OrganisationId, organisation::Model>, DbErr> {
    let rows = organisation::Entity::find().filter(organisation::Column::Id.is_in(ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}
