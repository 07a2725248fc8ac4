//! Mail that came back: its message is marked, its address too, and the organiser is told once.

use chrono::{DateTime, Utc};
use entity::state::MessageKind;
use entity::{event, outbox, person};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::json;

use super::bounce::{Fate, Report};
use super::take::Outcome;
use crate::error::Result;
use crate::outbox::trouble::{self, Word};
use crate::outbox::{Message, enqueue};
use crate::scheduling::joint::decide_for;

/// Takes what a mail server says, in the caller's transaction. It must name a mail that was sent, and the address that
/// it was sent to: whoever forges one knows no Message-ID.
pub(super) async fn take(db: &impl ConnectionTrait, report: &Report, now: DateTime<Utc>) -> Result<Vec<Outcome>> {
    let mut found = Vec::new();
    for fate in &report.recipients {
        found.push(one(db, &report.ids, fate, now).await?);
    }
    Ok(found)
}

async fn one(db: &impl ConnectionTrait, ids: &[String], fate: &Fate, now: DateTime<Utc>) -> Result<Outcome> {
    let Some(row) = message(db, ids, fate).await? else { return Ok(Outcome::of("unknown-message")) };
    let told = |verdict| Outcome { verdict, event: row.event_id, session: row.session_id, person: row.person_id };
    let verdict = match fate.action.as_str() {
        "failed" => "taken",
        "delayed" => "delayed",
        // It says that all is well.
        _ => return Ok(told("delivered")),
    };
    let word = Word { permanent: fate.is_permanent(), status: fate.status.clone(), reason: fate.reason.clone() };
    trouble::mark(db, &row.address, &word, now).await?;
    if verdict == "taken" {
        trouble::returned(db, &row, &fate.reason).await?;
        tell(db, &row, fate, now).await?;
    }
    Ok(told(verdict))
}

async fn message(db: &impl ConnectionTrait, ids: &[String], fate: &Fate) -> Result<Option<outbox::Model>> {
    for id in ids {
        let left = id.trim_matches(['<', '>']).split_once('@').map_or(id.as_str(), |(left, _)| left);
        if let Some(row) = trouble::sent_as(db, left, &fate.addresses).await? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// Tells the organisers of an event, once for an address. Of a returned mail that told of a returned mail nobody hears.
async fn tell(db: &impl ConnectionTrait, row: &outbox::Model, fate: &Fate, now: DateTime<Utc>) -> Result<()> {
    let Some(id) = row.event_id.filter(|_| row.kind != MessageKind::Bounce) else { return Ok(()) };
    let Some(event) = event::Entity::find_by_id(id).one(db).await? else { return Ok(()) };
    let address = row.address.to_lowercase();
    let accounts = decide_for(db, &event).await?;
    let name = match row.person_id {
        Some(id) => person::Entity::find_by_id(id).one(db).await?.map(|person| person.name),
        None => None,
    };
    let detail = json!({
        "address": row.address, "reason": fate.reason, "status": fate.status, "permanent": fate.is_permanent(),
        "kind": row.kind, "name": name,
    });
    let letter = |account: entity::account::Model| Message {
        event_id: Some(id),
        account_id: Some(account.id),
        ..Message::new(MessageKind::Bounce, format!("bounce:{id}:{address}:{}", account.id), account.email)
            .saying(detail.clone())
    };
    Ok(enqueue(db, accounts.into_iter().map(letter).collect(), now).await?)
}
