//! Making an event: a draft, which tells nobody anything.

use chrono::{DateTime, Datelike, Utc};
use entity::id::{EventId, OrganisationId, SeriesId};
use entity::state::{CoHostStatus, EventStatus, SessionStatus};
use entity::{audience_rule, event, event_also_kind, event_co_host, event_topic, session};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::draft::{Draft, Ground, NewEvent, Sitting, check};
use super::series::key_of_series;
use super::session::span;
use super::{Whole, audience_line, load_whole};
use crate::access::{Actor, audit};
use crate::db::insert_all;
use crate::error::{Code, Error, Result};

/// What became of the wish to make an event.
#[derive(Clone, Debug)]
pub enum Made {
    /// It is new.
    New(Whole),
    /// It was there already and says the same.
    Same(Whole),
}

impl Made {
    /// The event, new or not.
    #[must_use]
    pub fn whole(&self) -> &Whole {
        match self {
            Self::New(whole) | Self::Same(whole) => whole,
        }
    }
}

/// Makes a draft, in the caller's transaction. A key that exists with the same content gives what is there, with
/// another is `key-taken`; so is a session's key that another event has.
pub async fn create(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    actor: &Actor,
    new: NewEvent,
    now: DateTime<Utc>,
) -> Result<Made> {
    let draft = check(db, ground, actor, &new).await?;
    let row = row(&draft, now);
    // Of two at once, the second waits here for the first and then finds it.
    let inserted = event::Entity::insert_many([row])
        .on_conflict(OnConflict::column(event::Column::Key).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    let event = event::Entity::find()
        .filter(event::Column::Key.eq(&draft.key))
        .one(db)
        .await?
        .ok_or_else(|| Error::internal("an event that was just written is not there"))?;
    if inserted == 0 {
        let whole = load_whole(db, event).await?;
        let audience = audience_line::text(db, &draft.rules).await?;
        return if same(&draft, &audience, &whole) { Ok(Made::Same(whole)) } else { Err(taken("key")) };
    }
    write_parts(db, event.id, &draft).await?;
    let series = match &draft.series {
        Some(series) => Some(series.insert(db, event.id, now).await?.id),
        None => None,
    };
    let inserted = insert_sessions(db, &event, &draft.sessions, series, now).await;
    inserted.map_err(|error| if series.is_some() { key_of_series(error) } else { error })?;
    let deed = audit::Deed {
        actor: &actor.name,
        action: "event.create",
        subject: format!("event:{}", event.id),
        event_id: Some(event.id),
        detail: serde_json::json!({ "key": event.key, "sessions": draft.sessions.len() }),
    };
    audit::record(db, deed, now).await?;
    Ok(Made::New(load_whole(db, event).await?))
}

fn taken(field: impl Into<String>) -> Error {
    Error::new(Code::KeyTaken).at(field, "key-taken")
}

fn row(draft: &Draft, now: DateTime<Utc>) -> event::ActiveModel {
    event::ActiveModel {
        key: Set(draft.key.clone()),
        kind: Set(draft.kind.clone()),
        title: Set(draft.title.clone()),
        host_id: Set(draft.host),
        location: Set(draft.location.clone()),
        required: Set(draft.required),
        walk_ins: Set(draft.walk_ins),
        status: Set(EventStatus::Draft),
        time_zone: Set(draft.zone.name().to_owned()),
        form: Set(draft.form.clone()),
        reminders: Set(draft.reminders.clone().map(Into::into)),
        remind_whom: Set(draft.remind_whom),
        after: Set(draft.after.clone().map(Into::into)),
        mails: Set(true),
        revision: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        published_at: Set(None),
        capacity: Set(draft.capacity),
        contact: Set(draft.contact.clone()),
        ..Default::default()
    }
}

async fn write_parts(db: &impl ConnectionTrait, event: EventId, draft: &Draft) -> Result<(), DbErr> {
    replace_co_hosts(db, event, &draft.co_hosts).await?;
    replace_also_kinds(db, event, &draft.also_kinds).await?;
    replace_topics(db, event, &draft.topics).await?;
    replace_rules(db, event, &draft.rules).await
}

/// Makes these the co-hosts: new ones are asked, those that stay keep what they said, the others go with the lines that
/// they added to the audience.
pub(super) async fn replace_co_hosts(
    db: &impl ConnectionTrait,
    event: EventId,
    co_hosts: &[OrganisationId],
) -> Result<(), DbErr> {
    event_co_host::Entity::delete_many()
        .filter(event_co_host::Column::EventId.eq(event))
        .filter(event_co_host::Column::OrganisationId.is_not_in(co_hosts.iter().copied()))
        .exec(db)
        .await?;
    audience_rule::Entity::delete_many()
        .filter(audience_rule::Column::EventId.eq(event))
        .filter(audience_rule::Column::CoHostId.is_not_null())
        .filter(audience_rule::Column::CoHostId.is_not_in(co_hosts.iter().copied()))
        .exec(db)
        .await?;
    let rows: Vec<_> = co_hosts
        .iter()
        .map(|&organisation| event_co_host::ActiveModel {
            event_id: Set(event),
            organisation_id: Set(organisation),
            status: Set(CoHostStatus::Asked),
            contact: Set(String::new()),
            ..Default::default()
        })
        .collect();
    // Whoever was asked before keeps what it said.
    let key = [event_co_host::Column::EventId, event_co_host::Column::OrganisationId];
    insert_all(db, rows, Some(OnConflict::columns(key).do_nothing())).await
}

pub(super) async fn replace_also_kinds(
    db: &impl ConnectionTrait,
    event: EventId,
    kinds: &[String],
) -> Result<(), DbErr> {
    let of_event = event_also_kind::Column::EventId.eq(event);
    let before = event_also_kind::Entity::find().filter(of_event.clone()).all(db).await?;
    event_also_kind::Entity::delete_many().filter(of_event).exec(db).await?;
    // One that came by the agenda, and stays, still goes with its last item.
    let by_agenda = |kind: &String| before.iter().any(|row| row.by_agenda && row.kind == *kind);
    let rows = kinds.iter().map(|kind| event_also_kind::ActiveModel {
        event_id: Set(event),
        kind: Set(kind.clone()),
        by_agenda: Set(by_agenda(kind)),
    });
    event_also_kind::Entity::insert_many(rows).exec_without_returning(db).await.map(drop)
}

pub(super) async fn replace_topics(db: &impl ConnectionTrait, event: EventId, topics: &[String]) -> Result<(), DbErr> {
    event_topic::Entity::delete_many().filter(event_topic::Column::EventId.eq(event)).exec(db).await?;
    let rows = (0..).zip(topics).map(|(position, name)| event_topic::ActiveModel {
        event_id: Set(event),
        position: Set(position),
        name: Set(name.clone()),
    });
    event_topic::Entity::insert_many(rows).exec_without_returning(db).await.map(drop)
}

/// Makes these the host's lines; what co-hosts added for their own people stays.
pub(super) async fn replace_rules(
    db: &impl ConnectionTrait,
    event: EventId,
    rules: &[audience_rule::Model],
) -> Result<(), DbErr> {
    audience_rule::Entity::delete_many()
        .filter(audience_rule::Column::EventId.eq(event))
        .filter(audience_rule::Column::CoHostId.is_null())
        .exec(db)
        .await?;
    let rows = rules.iter().map(|rule| audience_rule::ActiveModel {
        event_id: Set(event),
        position: Set(rule.position),
        sign: Set(rule.sign),
        target: Set(rule.target),
        organisation_id: Set(rule.organisation_id),
        group_name: Set(rule.group_name.clone()),
        person_id: Set(rule.person_id),
        co_host_id: Set(rule.co_host_id),
    });
    audience_rule::Entity::insert_many(rows).exec_without_returning(db).await.map(drop)
}

/// Adds sittings to an event, of its series where one is given; `key-taken` when a key is another's.
pub(super) async fn insert_sessions(
    db: &impl ConnectionTrait,
    event: &event::Model,
    sittings: &[Sitting],
    series: Option<SeriesId>,
    now: DateTime<Utc>,
) -> Result<()> {
    let keys = sittings.iter().map(|sitting| sitting.key.as_str());
    let there = session::Entity::find().filter(session::Column::Key.is_in(keys)).all(db).await?;
    if let Some(i) = sittings.iter().position(|sitting| there.iter().any(|row| row.key == sitting.key)) {
        return Err(taken(format!("sessions[{i}].key")));
    }
    let rows: Vec<_> = sittings.iter().map(|sitting| sitting_row(event, sitting, series, now)).collect();
    let inserted = session::Entity::insert_many(rows)
        .on_conflict(OnConflict::column(session::Column::Key).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    // Somebody else took a key since the look above.
    if usize::try_from(inserted).is_ok_and(|inserted| inserted < sittings.len()) {
        return Err(taken("sessions"));
    }
    Ok(())
}

fn sitting_row(
    event: &event::Model,
    sitting: &Sitting,
    series: Option<SeriesId>,
    now: DateTime<Utc>,
) -> session::ActiveModel {
    session::ActiveModel {
        key: Set(sitting.key.clone()),
        event_id: Set(event.id),
        uid: Set(uuid::Uuid::new_v4().to_string()),
        starts_at: Set(sitting.span.start),
        ends_at: Set(sitting.span.end),
        all_day: Set(sitting.span.all_day),
        time_zone: Set(event.time_zone.clone()),
        day: Set(sitting.span.day()),
        year: Set(sitting.span.day().year()),
        status: Set(SessionStatus::Scheduled),
        title: Set(sitting.title.clone()),
        location: Set(sitting.location.clone()),
        // One more sitting raises the SEQUENCE of a series that people know already.
        sequence: Set(i32::from(series.is_some() && event.status != EventStatus::Draft)),
        revision: Set(1),
        told_at: Set(None),
        roster_frozen_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        series_id: Set(series),
        recurrence_id: Set(sitting.slot.clone()),
        slot: Set(sitting.slot.clone()),
        ..Default::default()
    }
}

/// Whether what is there says the same as the draft, wherever it stands since.
fn same(draft: &Draft, audience: &[String], whole: &Whole) -> bool {
    let event = &whole.event;
    let reminders: Option<Vec<String>> = event.reminders.clone().and_then(|list| serde_json::from_value(list).ok());
    let after: Option<Vec<String>> = event.after.clone().and_then(|list| serde_json::from_value(list).ok());
    let co_hosts: Vec<OrganisationId> = whole.asked.iter().map(|row| row.organisation_id).collect();
    event.kind == draft.kind
        && event.title == draft.title
        && event.host_id == draft.host
        && co_hosts == draft.co_hosts
        && event.location == draft.location
        && whole.topics == draft.topics
        && whole.also_kinds == draft.also_kinds
        && event.form == draft.form
        && event.required == draft.required
        && event.walk_ins == draft.walk_ins
        && reminders == draft.reminders
        && event.remind_whom == draft.remind_whom
        && after == draft.after
        && event.time_zone == draft.zone.name()
        && audience == whole.audience
        && event.capacity == draft.capacity
        && event.contact == draft.contact
        && match (&draft.series, &whole.series) {
            // What became of single sittings since is no other series.
            (Some(draft), Some(series)) => draft.same(&series.row),
            (None, None) => same_sessions(&draft.sessions, &whole.sessions),
            _ => false,
        }
}

fn same_sessions(sittings: &[Sitting], rows: &[session::Model]) -> bool {
    sittings.len() == rows.len()
        && sittings.iter().all(|sitting| {
            rows.iter().any(|row| {
                row.key == sitting.key
                    && span(row) == sitting.span
                    && row.title == sitting.title
                    && row.location == sitting.location
            })
        })
}
