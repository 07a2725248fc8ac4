//! Telling who put their names down: that they have a place, wait, moved up or are off, and what becomes of the event.

use chrono::{DateTime, Utc};
use entity::state::MessageKind;
use entity::{event, outbox, registration, session};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::error::Result;
use crate::outbox::{Message, enqueue};
use crate::scheduling::tell::{Addressee, SeriesMail, is_ahead};

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
    let mut ahead: Vec<&session::Model> = sittings.iter().filter(|session| is_ahead(event, session, now)).collect();
    if !said.concerns_calendars() {
        ahead.truncate(1);
    }
    let told = json!({ "registration": row.id, "said": said.as_str(), "place": place });
    let mut messages = Vec::new();
    let mut whole = None;
    for session in ahead {
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
        let mut message = mail.of_whole(&who, MessageKind::Registration, (Value::Null, None), "");
        message.key = format!("registration:{}:{}:series:{series}", row.id, said.as_str());
        if let (Some(Value::Object(detail)), Value::Object(told)) = (&mut message.detail, told) {
            detail.extend(told);
        }
        messages.push(message);
    }
    Ok(enqueue(db, messages, now).await?)
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
