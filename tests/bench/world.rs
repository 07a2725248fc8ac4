//! The people who check in, and sessions for them to check in to.

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{EventId, OrganisationId, PersonId, SessionId};
use entity::state::{AudienceSign, AudienceTarget, EventStatus, Scope, SessionStatus};
use entity::{attendance, audience_rule, event, membership, organisation, person, session};
use pufa::access::token;
use pufa::clock::{Clock, SystemClock};
use pufa::db::Db;
use pufa::people;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

/// A database with one event that everybody must attend.
pub struct World {
    /// Where it is.
    pub db: Db,
    /// The event.
    pub event: EventId,
    /// How many are invited, but for one more.
    pub people: u32,
    made: AtomicUsize,
    /// An API token for its doors.
    pub token: String,
}

/// The number of the person of that index; ids follow it, from 1 on.
pub fn staff_no(index: u32) -> String {
    format!("BK{index:06}")
}

impl World {
    /// Makes an organisation with forty sections, so many people and one more, an event and a token.
    pub async fn make(url: &str, people: u32) -> Self {
        let db = Db::connect(url, 4).await.expect("the database opens");
        db.migrate().await.expect("the schema is made");
        let now = SystemClock.now();
        let tx = db.begin().await.expect("a transaction");
        let top = organisation_row("BENCH", None);
        let top = organisation::Entity::insert(top).exec(&tx).await.expect("the top").last_insert_id;
        let mut sections = Vec::new();
        for n in 0..40 {
            let row = organisation_row(&format!("BENCH-{n:02}"), Some(top));
            sections.push(organisation::Entity::insert(row).exec(&tx).await.expect("a section").last_insert_id);
        }
        people::rebuild_closure(&tx).await.expect("the closure");
        let indexes: Vec<_> = (0..=people).collect();
        for chunk in indexes.chunks(500) {
            let rows = chunk.iter().map(|&n| person::ActiveModel {
                id: Set(PersonId(i64::from(n) + 1)),
                staff_no: Set(staff_no(n)),
                name: Set(format!("干部BK{n}")),
                email: Set(Some(format!("bk{n}@example.test"))),
                created_at: Set(now),
            });
            person::Entity::insert_many(rows).exec_without_returning(&tx).await.expect("people");
            let rows = chunk.iter().map(|&n| membership::ActiveModel {
                person_id: Set(PersonId(i64::from(n) + 1)),
                organisation_id: Set(sections[n as usize % sections.len()]),
                title: Set(String::new()),
                active_from: Set("2021-01-01".parse().expect("a date")),
                active_to: Set(None),
                ..Default::default()
            });
            membership::Entity::insert_many(rows).exec_without_returning(&tx).await.expect("memberships");
        }
        people::touch(&tx).await.expect("the revision");
        let event = event::Entity::insert(event_row(top, now)).exec(&tx).await.expect("the event").last_insert_id;
        let rule = audience_rule::ActiveModel {
            event_id: Set(event),
            position: Set(0),
            sign: Set(AudienceSign::Include),
            target: Set(AudienceTarget::Org),
            organisation_id: Set(Some(top)),
            group_name: Set(None),
            person_id: Set(None),
            ..Default::default()
        };
        audience_rule::Entity::insert(rule).exec_without_returning(&tx).await.expect("the audience");
        let token = token::create(&tx, "bench", top, Scope::CheckIn, now).await.expect("a token");
        tx.commit().await.expect("all of it");
        Self { db, event, people, made: AtomicUsize::new(0), token }
    }

    /// A new session that is open for check-in and begins in twenty minutes.
    pub async fn session(&self) -> i64 {
        self.session_told(Some(SystemClock.now())).await
    }

    /// The same, of which the invited were told at some time, or not yet.
    pub async fn session_told(&self, told_at: Option<DateTime<Utc>>) -> i64 {
        let now = SystemClock.now();
        let key = format!("BENCH-{}", self.made.fetch_add(1, Ordering::Relaxed));
        let starts_at = now + TimeDelta::minutes(20);
        let zone = pufa::dates::Zone::parse("Asia/Shanghai").expect("a zone");
        let row = session::ActiveModel {
            uid: Set(format!("{key}@example.test")),
            key: Set(key),
            event_id: Set(self.event),
            starts_at: Set(starts_at),
            ends_at: Set(starts_at + TimeDelta::hours(2)),
            all_day: Set(false),
            time_zone: Set("Asia/Shanghai".into()),
            day: Set(zone.day(starts_at)),
            year: Set(zone.year_of(starts_at)),
            status: Set(SessionStatus::Scheduled),
            title: Set(None),
            location: Set(None),
            sequence: Set(0),
            revision: Set(1),
            told_at: Set(told_at),
            roster_frozen_at: Set(None),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        session::Entity::insert(row).exec(self.db.write()).await.expect("a session").last_insert_id.0
    }

    /// How many are checked in to a session.
    pub async fn rows(&self, session: i64) -> u64 {
        attendance::Entity::find()
            .filter(attendance::Column::SessionId.eq(SessionId(session)))
            .count(self.db.read())
            .await
            .expect("a count")
    }
}

fn organisation_row(code: &str, parent_id: Option<OrganisationId>) -> organisation::ActiveModel {
    organisation::ActiveModel {
        code: Set(code.to_owned()),
        name: Set(code.to_owned()),
        parent_id: Set(parent_id),
        level: Set("section".to_owned()),
        ..Default::default()
    }
}

fn event_row(host_id: OrganisationId, now: DateTime<Utc>) -> event::ActiveModel {
    event::ActiveModel {
        key: Set("BENCH".into()),
        kind: Set("lecture".into()),
        title: Set("全员大会".into()),
        host_id: Set(host_id),
        location: Set("会堂".into()),
        required: Set(true),
        walk_ins: Set(true),
        status: Set(EventStatus::Scheduled),
        time_zone: Set("Asia/Shanghai".into()),
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
