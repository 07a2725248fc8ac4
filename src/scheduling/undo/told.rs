//! Who was told of a deed gets what takes it back.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{PersonId, SessionId};
use entity::state::{EventStatus, MessageKind, SessionStatus};
use entity::{event, outbox, session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::error::Result;
use crate::outbox::{Message, enqueue};
use crate::scheduling::answer;
use crate::scheduling::audience::{Audience, invited};
use crate::scheduling::session as shown;

/// Tells those who have, or may have, what a deed told them; `restored` are the sessions after the deed and as they are
/// again. An invitation is taken back by a cancellation, a cancellation by a new invitation, a new time or place by the
/// old one. Of what is over nobody hears. Gives how many messages that are.
pub(super) async fn take_back(
    db: &impl ConnectionTrait,
    event: &event::Model,
    restored: &[(session::Model, session::Model)],
    told: &[outbox::Model],
    now: DateTime<Utc>,
) -> Result<usize> {
    if told.is_empty() {
        return Ok(0);
    }
    let audience = Audience::load(db, event).await?;
    let mut on_day: HashMap<NaiveDate, HashSet<PersonId>> = HashMap::new();
    let mut messages = Vec::new();
    let mut anew: HashSet<SessionId> = HashSet::new();
    for (deed, session) in restored.iter().filter(|(_, session)| session.ends_at > now) {
        let wanted = match on_day.entry(session.day) {
            std::collections::hash_map::Entry::Occupied(there) => there.into_mut(),
            std::collections::hash_map::Entry::Vacant(empty) => {
                let people = invited(db, &audience, session.day).await?;
                empty.insert(people.into_iter().map(|member| member.person_id).collect())
            }
        };
        for row in told.iter().filter(|row| row.session_id == Some(session.id)) {
            let Some(person) = row.person_id else { continue };
            let stands = event.status == EventStatus::Scheduled
                && session.status == SessionStatus::Scheduled
                && wanted.contains(&person);
            let Some(kind) = contrary(row.kind, stands) else { continue };
            if kind != MessageKind::Cancellation {
                anew.insert(session.id);
            }
            messages.push(message(event, deed, session, row, person, kind));
        }
    }
    let count = messages.len();
    answer::clear(db, &anew.iter().copied().collect::<Vec<_>>(), now).await?;
    enqueue(db, messages, now).await?;
    session::Entity::update_many()
        .col_expr(session::Column::ToldAt, Expr::value(now))
        .filter(session::Column::Id.is_in(anew))
        .exec(db)
        .await?;
    Ok(count)
}

/// What takes a message back from somebody who is (`stands`) or is not to come to the session as it is again.
const fn contrary(kind: MessageKind, stands: bool) -> Option<MessageKind> {
    match (kind, stands) {
        (MessageKind::Cancellation, true) => Some(MessageKind::Invitation),
        (MessageKind::Update, true) => Some(MessageKind::Update),
        (MessageKind::Invitation | MessageKind::Update, false) => Some(MessageKind::Cancellation),
        _ => None,
    }
}

fn message(
    event: &event::Model,
    deed: &session::Model,
    session: &session::Model,
    row: &outbox::Model,
    person: PersonId,
    kind: MessageKind,
) -> Message {
    let was = shown::span(deed);
    let detail = match kind {
        MessageKind::Update => serde_json::json!({ "before": {
            "starts_at": was.start_text(), "ends_at": was.end_text(), "location": shown::location(event, deed),
        } }),
        _ => serde_json::json!({ "undone": true }),
    };
    Message {
        key: format!("{kind}:{}:{}:{person}", session.id, session.sequence),
        kind,
        event_id: Some(event.id),
        session_id: Some(session.id),
        person_id: Some(person),
        account_id: None,
        address: row.address.clone(),
        detail: Some(detail),
    }
}
