//! Something to show words by: the next session of an organisation, or the last; where it has none, an invented one.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use entity::id::{EventId, OrganisationId, OutboxId, SessionId};
use entity::state::{EventStatus, MessageKind, MessageState, RegistrationMode, RemindWhom, SessionStatus};
use entity::{event, outbox, person, session};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::dates::Zone;
use crate::notify::after;
use crate::people::select_below;

/// Whether there is such a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whence {
    /// It is one of the organisation's own.
    Real,
    /// It is made up.
    Invented,
}

/// A session by which a kind of mail is shown, with its event.
pub async fn session(
    db: &impl ConnectionTrait,
    organisation: OrganisationId,
    kind: MessageKind,
    (zone, title): (Zone, String),
    now: DateTime<Utc>,
) -> Result<(event::Model, session::Model, Whence), DbErr> {
    let query = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(event::Column::HostId.in_subquery(select_below(organisation)))
        .filter(event::Column::Status.eq(EventStatus::Scheduled))
        .filter(session::Column::Status.ne(SessionStatus::Cancelled));
    let over = after::of(kind).is_some();
    let query = if over {
        query.filter(session::Column::EndsAt.lte(now)).order_by_desc(session::Column::StartsAt)
    } else {
        query.filter(session::Column::StartsAt.gt(now)).order_by_asc(session::Column::StartsAt)
    };
    if let Some((session, Some(event))) = query.order_by_asc(session::Column::Id).one(db).await? {
        return Ok((event, session, Whence::Real));
    }
    let start = zone.midnight(zone.day(now)) + TimeDelta::hours(if over { -39 } else { 33 });
    let event = invented(organisation, title, zone, now);
    let session = sitting(&event, zone, start, now);
    Ok((event, session, Whence::Invented))
}

fn invented(host_id: OrganisationId, title: String, zone: Zone, now: DateTime<Utc>) -> event::Model {
    event::Model {
        id: EventId(0),
        key: String::new(),
        kind: "lecture".to_owned(),
        title,
        host_id,
        location: String::new(),
        required: true,
        walk_ins: true,
        status: EventStatus::Scheduled,
        time_zone: zone.name().to_owned(),
        form: String::new(),
        reminders: None,
        mails: true,
        revision: 0,
        created_at: now,
        updated_at: now,
        published_at: Some(now),
        capacity: None,
        registration: RegistrationMode::Closed,
        registration_closes_at: None,
        observance: None,
        contact: String::new(),
        remind_whom: RemindWhom::All,
        after: None,
    }
}

fn sitting(event: &event::Model, zone: Zone, start: DateTime<Utc>, now: DateTime<Utc>) -> session::Model {
    let day = zone.day(start);
    session::Model {
        id: SessionId(0),
        key: String::new(),
        event_id: event.id,
        uid: String::new(),
        starts_at: start,
        ends_at: start + TimeDelta::hours(2),
        all_day: false,
        time_zone: zone.name().to_owned(),
        day,
        year: day.year(),
        status: SessionStatus::Scheduled,
        title: None,
        location: None,
        sequence: 0,
        revision: 0,
        told_at: None,
        roster_frozen_at: None,
        created_at: now,
        updated_at: now,
        series_id: None,
        recurrence_id: None,
        slot: None,
        by_hand: false,
        minutes: String::new(),
        answers_from: 0,
    }
}

/// The message of it, to whoever looks at the words.
pub fn message(
    kind: MessageKind,
    event: &event::Model,
    session: &session::Model,
    reader: Option<&person::Model>,
    now: DateTime<Utc>,
) -> outbox::Model {
    outbox::Model {
        id: OutboxId(0),
        key: format!("{kind}:{}:{}:0", session.id, session.sequence),
        kind,
        event_id: Some(event.id),
        session_id: Some(session.id),
        person_id: reader.map(|person| person.id),
        account_id: None,
        address: reader.and_then(|person| person.email.clone()).unwrap_or_default(),
        detail: None,
        state: MessageState::Queued,
        attempts: 0,
        next_at: now,
        lease_until: None,
        leased_by: None,
        message_id: String::new(),
        answer: None,
        created_at: now,
        sent_at: None,
        series_id: None,
        domain: String::new(),
        paced_at: None,
        moot: false,
    }
}
