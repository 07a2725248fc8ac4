//! Telling who put their names down: that they have a place, wait, moved up or are off, and what becomes of the event.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::id::SessionId;
use entity::state::MessageKind;
use entity::{event, outbox, registration, session};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::error::Result;
use crate::outbox::{Message, enqueue};
use crate::scheduling::audience::{Audience, invited_among};
use crate::scheduling::shown::touch;
use crate::scheduling::tell::{Addressee, SeriesMail, is_ahead, raise};

/// What is told of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// There is a place.
    Registered,
    /// There is none so far.
    Waiting,
    /// There is one now.
    MovedUp,
    /// The place was given up.
    CalledOff,
    /// The waiting was given up.
    NoLongerWaiting,
    /// Somebody put their name down again.
    Again,
}

impl Said {
    /// As it stands in keys and details.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Waiting => "waiting",
            Self::MovedUp => "moved_up",
            Self::CalledOff => "called_off",
            Self::NoLongerWaiting => "not_waiting",
            Self::Again => "again",
        }
    }

    /// Whether it goes into calendars, and so is told of each sitting.
    const fn concerns_calendars(self) -> bool {
        matches!(self, Self::Registered | Self::MovedUp | Self::CalledOff)
    }
}

/// Tells one registration; nobody without an address. What puts sittings into a calendar, or takes them out, is a mail a
/// UID, as with invitations; anything else is one mail.
pub(super) async fn tell(
    db: &impl ConnectionTrait,
    event: &event::Model,
    sittings: &[session::Model],
    row: &registration::Model,
    said: Said,
    place: Option<u64>,
    now: DateTime<Utc>,
) -> Result<()> {
    if row.email.is_empty() {
        return Ok(());
    }
    let ahead = sittings.iter().filter(|session| is_ahead(event, session, now));
    let mut ahead: Vec<session::Model> = ahead.cloned().collect();
    if !said.concerns_calendars() {
        ahead.truncate(1);
    }
    let mut told = json!({ "registration": row.id, "said": said.as_str(), "place": place });
    if said == Said::CalledOff && !loses(db, event, &mut ahead, row, now).await? {
        told["stays"] = json!(true);
    }
    let mut messages = Vec::new();
    let mut whole = None;
    for session in &ahead {
        let series = session.series_id.filter(|_| said.concerns_calendars());
        if series.is_none() {
            let mut detail = told.clone();
            detail["sequence"] = json!(session.sequence);
            let key = format!("registration:{}:{}:{}", row.id, said.as_str(), session.id);
            messages.push(message(session, row, key).saying(detail));
        }
        whole = whole.or(series);
    }
    if let (Some(series), Some(who)) = (whole, Addressee::registered(row)) {
        let mail = SeriesMail::load(db, event, series, now).await?;
        let mut message = of_series(&mail, who, said);
        message.key = format!("registration:{}:{}:series:{series}", row.id, said.as_str());
        if let (Some(Value::Object(detail)), Value::Object(told)) = (&mut message.detail, told) {
            detail.extend(told);
        }
        messages.push(message);
    }
    Ok(enqueue(db, messages, now).await?)
}

/// Leaves of the sittings those that somebody loses with their place, with the SEQUENCE that this needs (RFC 5546
/// section 2.1.4). False when they lose none, because the audience names them for each: then the first is left, to say
/// so.
async fn loses(
    db: &impl ConnectionTrait,
    event: &event::Model,
    ahead: &mut Vec<session::Model>,
    row: &registration::Model,
    now: DateTime<Utc>,
) -> Result<bool> {
    let mut invited: HashSet<SessionId> = HashSet::new();
    if let Some(person) = row.person_id {
        let audience = Audience::load(db, event).await?;
        for session in ahead.iter() {
            if !invited_among(db, &audience, session.day, [person]).await?.is_empty() {
                invited.insert(session.id);
            }
        }
    }
    if ahead.iter().all(|session| invited.contains(&session.id)) {
        ahead.truncate(1);
        return Ok(false);
    }
    ahead.retain(|session| !invited.contains(&session.id));
    raise(db, &ahead.iter().map(|session| session.id).collect::<Vec<_>>(), now).await?;
    for session in ahead.iter_mut() {
        session.sequence += 1;
    }
    touch(db, event.id).await?;
    Ok(true)
}

/// A message of a series. Who has a place is to come to all of it; who gives it up, to what they are invited to.
fn of_series(mail: &SeriesMail<'_>, who: Addressee, said: Said) -> Message {
    let nothing = (Value::Null, None);
    if said != Said::CalledOff {
        return mail.of_whole(&who, MessageKind::Registration, nothing, "");
    }
    let invited = Addressee { registration: None, ..who };
    Message { kind: MessageKind::Registration, ..mail.of_whole(&invited, MessageKind::Cancellation, nothing, "") }
}

/// Mails the link again, at most once an hour, the first mail counted.
pub(super) async fn again(
    db: &impl ConnectionTrait,
    event: &event::Model,
    sittings: &[session::Model],
    row: &registration::Model,
    now: DateTime<Utc>,
) -> Result<()> {
    let hours = (now - row.created_at).num_hours();
    let Some(session) = sittings.iter().find(|session| is_ahead(event, session, now)) else { return Ok(()) };
    if hours < 1 || row.email.is_empty() {
        return Ok(());
    }
    let key = |hour: i64| format!("registration:{}:again:{hour}", row.id);
    let before = outbox::Entity::find().filter(outbox::Column::Key.eq(key(hours - 1))).one(db).await?;
    if before.is_some_and(|before| (now - before.created_at).num_hours() < 1) {
        return Ok(());
    }
    let place = super::place(db, row).await?;
    let detail = json!({ "registration": row.id, "said": Said::Again.as_str(), "place": place });
    Ok(enqueue(db, vec![message(session, row, key(hours)).saying(detail)], now).await?)
}

fn message(session: &session::Model, row: &registration::Model, key: String) -> Message {
    Message::new(MessageKind::Registration, key, row.email.clone()).of_session(session).to_person(row.person_id)
}
