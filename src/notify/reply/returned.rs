//! Mail that came back: its message is marked, its address too, and the organiser is told.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::id::EventId;
use entity::state::MessageKind;
use entity::{event, outbox, person, session};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::bounce::{Fate, Report};
use super::take::Outcome;
use crate::error::Result;
use crate::notify::digest;
use crate::outbox::trouble::{self, Word};
use crate::outbox::{Message, enqueue};
use crate::people::canonical;
use crate::scheduling::joint::decide_for;

/// Takes what a mail server says, in the caller's transaction. It must name a mail that was sent, and the address that
/// it was sent to: whoever forges one knows no Message-ID.
pub(super) async fn take(db: &impl ConnectionTrait, report: &Report, now: DateTime<Utc>) -> Result<Vec<Outcome>> {
    let lefts = report.ids.iter().map(|id| {
        let bare = id.trim_matches(['<', '>']);
        bare.split_once('@').map_or(bare, |(left, _)| left)
    });
    let sent = trouble::sent_as(db, lefts).await?;
    let mut found = Vec::new();
    for fate in &report.recipients {
        found.push(one(db, &sent, fate, now).await?);
    }
    Ok(found)
}

async fn one(db: &impl ConnectionTrait, sent: &[outbox::Model], fate: &Fate, now: DateTime<Utc>) -> Result<Outcome> {
    let Some(row) = sent.iter().find(|row| fate.addresses.contains(&canonical(&row.address))) else {
        return Ok(Outcome::of("unknown-message"));
    };
    let told = |verdict| Outcome { verdict, event: row.event_id, session: row.session_id, person: row.person_id };
    let verdict = match fate.action.as_str() {
        "failed" => "taken",
        "delayed" => "delayed",
        // It says that all is well.
        _ => return Ok(told("delivered")),
    };
    let word = Word { permanent: fate.is_permanent(), status: fate.status.clone(), reason: fate.reason.clone() };
    let since = trouble::mark(db, &row.address, &word, now).await?;
    if verdict == "taken" {
        trouble::returned(db, row, &fate.reason).await?;
        tell(db, row, fate, since, now).await?;
    }
    Ok(told(verdict))
}

/// Tells the organisers of an event, once a day for an address, and anew once its mark was taken off. Of a returned mail
/// that told of a returned mail nobody hears; of a morning's, those of the sessions that it named, each once.
async fn tell(
    db: &impl ConnectionTrait,
    row: &outbox::Model,
    fate: &Fate,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    let address = row.address.to_lowercase();
    let name = match row.person_id {
        Some(id) => person::Entity::find_by_id(id).one(db).await?.map(|person| person.name),
        None => None,
    };
    let detail = json!({
        "address": row.address, "reason": fate.reason, "status": fate.status, "permanent": fate.is_permanent(),
        "kind": row.kind, "name": name,
    });
    let (mut letters, mut told) = (Vec::new(), HashSet::new());
    for event in events(db, row).await? {
        for account in decide_for(db, &event).await? {
            if told.insert(account.id) {
                let (id, since, day) = (event.id, since.timestamp(), now.date_naive());
                let key = format!("bounce:{id}:{address}:{}:{since}:{day}", account.id);
                letters.push(Message {
                    event_id: Some(id),
                    account_id: Some(account.id),
                    ..Message::new(MessageKind::Bounce, key, account.email).saying(detail.clone())
                });
            }
        }
    }
    Ok(enqueue(db, letters, now).await?)
}

/// The events whose organisers are to hear of a returned mail, by id.
async fn events(db: &impl ConnectionTrait, row: &outbox::Model) -> Result<Vec<event::Model>> {
    let find = event::Entity::find().order_by_asc(event::Column::Id);
    match row.event_id {
        _ if row.kind == MessageKind::Bounce => Ok(Vec::new()),
        Some(id) => Ok(find.filter(event::Column::Id.eq(id)).all(db).await?),
        None => {
            let named = session::Entity::find()
                .select_only()
                .column(session::Column::EventId)
                .filter(session::Column::Id.is_in(digest::named(row)));
            let ids: Vec<EventId> = named.into_tuple().all(db).await?;
            Ok(find.filter(event::Column::Id.is_in(ids)).all(db).await?)
        }
    }
}
