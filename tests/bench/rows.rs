//! The rows of which the benchmarks' worlds are made, each as most of them have it: where a world wants something else
//! it says so.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{EventId, OrganisationId, PersonId};
use entity::state::{AudienceSign, AudienceTarget, EventStatus, SessionStatus};
use entity::{audience_rule, event, membership, organisation, person, session};
use sea_orm::ActiveValue::Set;

/// The zone of every event.
const ZONE: &str = "Asia/Shanghai";

/// An organisation that is called by its code.
pub fn organisation(code: String, parent_id: Option<OrganisationId>) -> organisation::ActiveModel {
    organisation::ActiveModel {
        name: Set(code.clone()),
        code: Set(code),
        parent_id: Set(parent_id),
        level: Set("bureau".to_owned()),
        ..Default::default()
    }
}

/// A person with an address.
pub fn person(id: PersonId, staff_no: String, now: DateTime<Utc>) -> person::ActiveModel {
    person::ActiveModel {
        id: Set(id),
        name: Set(format!("干部{staff_no}")),
        email: Set(Some(format!("{}@example.test", staff_no.to_lowercase()))),
        staff_no: Set(staff_no),
        created_at: Set(now),
    }
}

/// Where somebody has always belonged.
pub fn membership(person: PersonId, organisation: OrganisationId) -> membership::ActiveModel {
    membership::ActiveModel {
        person_id: Set(person),
        organisation_id: Set(organisation),
        title: Set(String::new()),
        active_from: Set("2021-01-01".parse().expect("a date")),
        active_to: Set(None),
        ..Default::default()
    }
}

/// A published lecture that must be attended and of which nobody is mailed.
pub fn lecture(key: String, title: String, host: OrganisationId, now: DateTime<Utc>) -> event::ActiveModel {
    event::ActiveModel {
        key: Set(key),
        kind: Set("lecture".into()),
        title: Set(title),
        host_id: Set(host),
        location: Set("会堂".into()),
        required: Set(true),
        walk_ins: Set(true),
        status: Set(EventStatus::Scheduled),
        time_zone: Set(ZONE.into()),
        form: Set(String::new()),
        reminders: Set(None),
        mails: Set(false),
        revision: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        published_at: Set(Some(now)),
        ..Default::default()
    }
}

/// The rule that invites everybody of an organisation and below it.
pub fn everybody_of(organisation: OrganisationId, event: EventId) -> audience_rule::ActiveModel {
    audience_rule::ActiveModel {
        event_id: Set(event),
        position: Set(0),
        sign: Set(AudienceSign::Include),
        target: Set(AudienceTarget::Org),
        organisation_id: Set(Some(organisation)),
        ..Default::default()
    }
}

/// A session of two hours.
pub fn session(key: String, event: EventId, starts_at: DateTime<Utc>, now: DateTime<Utc>) -> session::ActiveModel {
    let zone = pufa::dates::Zone::parse(ZONE).expect("a zone");
    session::ActiveModel {
        uid: Set(format!("{}@example.test", key.to_lowercase())),
        key: Set(key),
        event_id: Set(event),
        starts_at: Set(starts_at),
        ends_at: Set(starts_at + TimeDelta::hours(2)),
        all_day: Set(false),
        time_zone: Set(ZONE.into()),
        day: Set(zone.day(starts_at)),
        year: Set(zone.year_of(starts_at)),
        status: Set(SessionStatus::Scheduled),
        sequence: Set(0),
        revision: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    }
}
