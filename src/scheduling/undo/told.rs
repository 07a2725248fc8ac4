//! Who was told of a deed gets what takes it back.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{PersonId, RegistrationId, SeriesId, SessionId};
use entity::state::{EventStatus, MessageKind, SessionStatus};
use entity::{event, outbox, session};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::error::Result;
use crate::outbox::{Message, enqueue};
use crate::scheduling::answer;
use crate::scheduling::audience::{Audience, invited};
use crate::scheduling::session as shown;
use crate::scheduling::tell::{Addressee, SeriesMail, detail, told as mark_told};

/// Tells those who have, or may have, what a deed told them; `restored` are the sessions after the deed and as they are
/// again. An invitation is taken back by a cancellation, a cancellation by a new invitation, a new time or place by the
/// old one; of a series by what the whole of it is again. Of what is over nobody hears. Gives how many messages that
/// are.
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
    let alone = restored.iter().filter(|(_, session)| session.series_id.is_none());
    for (deed, session) in alone.filter(|(_, session)| session.ends_at > now) {
        let wanted = match on_day.entry(session.day) {
            std::collections::hash_map::Entry::Occupied(there) => there.into_mut(),
            std::collections::hash_map::Entry::Vacant(empty) => {
                let people = invited(db, &audience, session.day).await?;
                empty.insert(people.into_iter().map(|member| member.person_id).collect())
            }
        };
        for row in told.iter().filter(|row| row.session_id == Some(session.id)) {
            let Some(who) = addressee(row) else { continue };
            let invited = who.registration.is_some() || who.person_id.is_some_and(|id| wanted.contains(&id));
            let stands =
                event.status == EventStatus::Scheduled && session.status == SessionStatus::Scheduled && invited;
            let Some(kind) = contrary(row.kind, stands) else { continue };
            if kind != MessageKind::Cancellation {
                anew.insert(session.id);
            }
            messages.push(message(event, deed, session, &who, kind));
        }
    }
    let series: HashSet<SeriesId> = restored.iter().filter_map(|(_, session)| session.series_id).collect();
    for id in series {
        let sittings: HashSet<SessionId> =
            restored.iter().filter(|(_, row)| row.series_id == Some(id)).map(|(_, row)| row.id).collect();
        let of_it = |row: &&outbox::Model| {
            row.series_id == Some(id) || row.session_id.is_some_and(|session| sittings.contains(&session))
        };
        let mail = SeriesMail::load(db, event, id, now).await?;
        let back = told.iter().filter(of_it).filter_map(|row| mail.taken_back(&addressee(row)?, row.kind));
        let back: Vec<Message> = back.collect();
        if back.iter().any(|message| message.kind != MessageKind::Cancellation) {
            anew.extend(restored.iter().map(|(_, row)| row).filter(|row| row.ends_at > now).map(|row| row.id));
        }
        messages.extend(back);
    }
    let count = messages.len();
    answer::clear(db, &anew.iter().copied().collect::<Vec<_>>(), now).await?;
    enqueue(db, messages, now).await?;
    mark_told(db, anew.into_iter().collect(), now).await?;
    Ok(count)
}

/// Whom a message went to.
fn addressee(row: &outbox::Model) -> Option<Addressee> {
    let registration = row.detail.as_ref().and_then(|detail| detail["registration"].as_i64()).map(RegistrationId);
    let mark = match (registration, row.person_id) {
        (Some(id), _) => format!("r{id}"),
        (None, Some(id)) => id.to_string(),
        (None, None) => return None,
    };
    Some(Addressee { mark, person_id: row.person_id, registration, address: row.address.clone() })
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
    who: &Addressee,
    kind: MessageKind,
) -> Message {
    let was = shown::span(deed);
    let said = match kind {
        MessageKind::Update => json!({ "before": {
            "starts_at": was.start_text(), "ends_at": was.end_text(), "location": shown::location(event, deed),
        } }),
        _ => json!({ "undone": true }),
    };
    let sequence = session.sequence.into();
    who.message(kind, (session, sequence), "").saying(detail(Some(&said), sequence, who))
}
