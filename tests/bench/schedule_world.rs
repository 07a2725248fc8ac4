//! Five years of sessions, who hosts them and whom they invite; and two organisers who look at them.

#[path = "rows.rs"]
mod rows;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use entity::id::{EventId, OrganisationId, PersonId, SessionId};
use entity::state::{AttendanceStatus, AudienceTarget, EventStatus, Role, SessionStatus, Word};
use entity::{attendance, audience_rule, event, membership, membership_group, organisation, session};
use pufa::access::sign_in::{create_account, create_link};
use pufa::clock::TestClock;
use pufa::config::Config;
use pufa::db::{Db, insert_all};
use pufa::people;
use pufa::scheduling::filters::Filters;
use pufa::scheduling::sitting::between;
use pufa::scheduling::waiting::exams;
use pufa::state::{App, Mode};
use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, EntityTrait};
use tower::ServiceExt;

use crate::bare::instants;

pub const EVENTS: i64 = 10_000;
pub const SESSIONS: i64 = 40_000;
/// How long every session lasts.
pub const LENGTH: TimeDelta = TimeDelta::minutes(90);
const PEOPLE: i64 = 5_000;
/// One county, 19 bodies below it, 180 sections below these.
pub const BODIES: i64 = 19;
const ORGANISATIONS: i64 = 200;
pub const KINDS: [&str; 6] = ["lecture", "training", "meeting", "exam", "community", "party_day"];

/// The program with its data.
pub struct World {
    pub app: App,
    router: Router,
    /// Starts and hosts, to know what a query must find.
    starts: Vec<(DateTime<Utc>, i64)>,
    pub county: Reader,
    pub body: Reader,
}

/// An organiser who is signed in.
pub struct Reader {
    pub organisation: i64,
    cookie: String,
}

fn parent(id: i64) -> Option<i64> {
    match id {
        1 => None,
        id if id <= 1 + BODIES => Some(1),
        id => Some(2 + id % BODIES),
    }
}

pub fn host(event: i64) -> i64 {
    event % ORGANISATIONS + 1
}

/// Where an event is.
pub fn place(event: i64) -> String {
    format!("第{}会议室", event % 300)
}

pub const fn is_draft(event: i64) -> bool {
    event % 20 == 7
}

/// When a session begins: any day of the five years, on a quarter of an hour of a working day.
pub fn start(session: i64) -> DateTime<Utc> {
    let first = NaiveDate::from_ymd_opt(2022, 1, 1).expect("a date");
    let day = first + Days::new((session * 7_919 % 1_826).unsigned_abs());
    instants(day, day).0 + TimeDelta::minutes(8 * 60 + session % 32 * 15)
}

impl World {
    pub async fn make(url: &str) -> Self {
        let mut config = Config::defaults().expect("the defaults");
        config.database.url = url.to_owned();
        let now: DateTime<Utc> = "2024-05-15T02:00:00Z".parse().expect("a time");
        let db = Db::connect(url, 4).await.expect("the database opens");
        db.migrate().await.expect("the schema is made");
        let tx = db.begin().await.expect("a transaction");
        fill_people(&tx, now).await;
        fill_events(&tx, now).await;
        tx.commit().await.expect("all of it");
        db.write().execute_unprepared("analyze").await.expect("statistics, as both databases gather them in time");
        let app = pufa::app::build_on(db, config, Arc::new(TestClock::new(now)), Mode::Normal).expect("the app starts");
        let router = pufa::app::router(app.clone());
        let starts = (0..SESSIONS).map(|n| (start(n), host(n % EVENTS))).collect();
        let county = Reader::sign_in(&app, &router, 1).await;
        let body = Reader::sign_in(&app, &router, 2).await;
        Self { app, router, starts, county, body }
    }

    /// How many sessions begin in these days and are hosted by the reader's organisation or below.
    pub fn known(&self, from: NaiveDate, to: NaiveDate, reader: &Reader) -> usize {
        let (from, to) = instants(from, to);
        let seen = |host: i64| {
            host == reader.organisation || reader.organisation == 1 || parent(host) == Some(reader.organisation)
        };
        self.starts.iter().filter(|(at, host)| *at >= from && *at < to && seen(*host)).count()
    }

    /// The month page's query of sittings, without the page; gives how many it finds.
    pub async fn sittings(&self, reader: &Reader, days: (NaiveDate, NaiveDate)) -> usize {
        let db = self.app.db.read();
        let tree = people::OrgTree::load(db).await.expect("the organisations");
        let wanted = Filters::default().wanted(OrganisationId(reader.organisation), &tree, &self.app.kinds);
        between(db, (&wanted, &exams(&self.app.kinds)), days, self.app.now()).await.expect("the sittings").len()
    }

    /// Asks for a page; gives its length.
    pub async fn page(&self, reader: &Reader, path: &str) -> usize {
        let request = Request::get(path).header(header::COOKIE, &reader.cookie).body(Body::empty()).expect("a request");
        let answer = self.router.clone().oneshot(request).await.expect("the router answers");
        assert_eq!(answer.status(), 200, "{path}");
        axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("a whole body").len()
    }
}

impl Reader {
    async fn sign_in(app: &App, router: &Router, organisation: i64) -> Self {
        let (db, now) = (app.db.write(), app.now());
        let email = format!("o{organisation}@example.test");
        let account =
            create_account(db, &email, OrganisationId(organisation), Role::Organizer, now).await.expect("an account");
        let link = create_link(db, Some(account.id), None, &app.config.access, now).await.expect("a link");
        let request = Request::get(format!("/enter/{link}")).body(Body::empty()).expect("a request");
        let answer = router.clone().oneshot(request).await.expect("the router answers");
        let cookie = answer.headers().get(header::SET_COOKIE).expect("a cookie").to_str().expect("in ASCII");
        Self { organisation, cookie: cookie.split(';').next().expect("a value").to_owned() }
    }
}

async fn fill_people(tx: &impl ConnectionTrait, now: DateTime<Utc>) {
    let organisations = (1..=ORGANISATIONS).map(|id| organisation::ActiveModel {
        name: Set(format!("第{id}单位")),
        ..rows::organisation(format!("BS-{id:03}"), parent(id).map(OrganisationId))
    });
    for row in organisations {
        organisation::Entity::insert(row).exec_without_returning(tx).await.expect("an organisation");
    }
    people::rebuild_closure(tx).await.expect("the closure");
    let persons = (1..=PEOPLE).map(|id| rows::person(PersonId(id), format!("BS{id:05}"), now));
    insert_all(tx, persons.collect(), None).await.expect("people");
    let memberships = (1..=PEOPLE).map(|id| membership::ActiveModel {
        id: Set(entity::id::MembershipId(id)),
        ..rows::membership(PersonId(id), OrganisationId(id % ORGANISATIONS + 1))
    });
    insert_all(tx, memberships.collect(), None).await.expect("memberships");
    let groups = (1..=PEOPLE).filter(|id| id % 5 == 0).map(|id| membership_group::ActiveModel {
        membership_id: Set(entity::id::MembershipId(id)),
        name: Set("center-group".into()),
    });
    insert_all(tx, groups.collect(), None).await.expect("groups");
    people::touch(tx).await.expect("the revision");
}

async fn fill_events(tx: &impl ConnectionTrait, now: DateTime<Utc>) {
    let events = (0..EVENTS).map(|n| event::ActiveModel {
        id: Set(EventId(n + 1)),
        kind: Set(KINDS[usize::try_from(n).expect("an index") % KINDS.len()].into()),
        location: Set(place(n)),
        required: Set(n % 3 > 0),
        status: Set(if is_draft(n) { EventStatus::Draft } else { EventStatus::Scheduled }),
        ..rows::lecture(format!("BS-{n:05}"), format!("第{n}次法治专题学习"), OrganisationId(host(n)), now)
    });
    insert_all(tx, events.collect(), None).await.expect("events");
    let rules = (0..EVENTS).map(|n| {
        let (target, organisation, group, person) = match n % 10 {
            0 => (AudienceTarget::Staff, None, None, Some(PersonId(n % PEOPLE + 1))),
            1 | 2 => (AudienceTarget::Group, None, Some("center-group".to_owned()), None),
            _ => (AudienceTarget::Org, Some(OrganisationId(host(n))), None, None),
        };
        audience_rule::ActiveModel {
            target: Set(target),
            organisation_id: Set(organisation),
            group_name: Set(group),
            person_id: Set(person),
            ..rows::everybody_of(OrganisationId(host(n)), EventId(n + 1))
        }
    });
    insert_all(tx, rules.collect(), None).await.expect("audiences");
    let sessions = (0..SESSIONS).map(|n| {
        let starts_at = start(n);
        session::ActiveModel {
            id: Set(SessionId(n + 1)),
            ends_at: Set(starts_at + LENGTH),
            status: Set(if starts_at < now { SessionStatus::Held } else { SessionStatus::Scheduled }),
            told_at: Set(Some(now)),
            roster_frozen_at: Set((starts_at < now).then_some(starts_at)),
            ..rows::session(format!("BS-{n:05}"), EventId(n % EVENTS + 1), starts_at, now)
        }
    });
    insert_all(tx, sessions.collect(), None).await.expect("sessions");
    // Of what is over and had to be attended, three people each were there; of some nobody wrote it down.
    let over = (0..SESSIONS).filter(|n| start(*n) < now && n % EVENTS % 3 > 0 && n % 17 > 0);
    let records = over.flat_map(|n| (1..=3).map(move |k| (n, k))).map(|(n, k)| attendance::ActiveModel {
        session_id: Set(SessionId(n + 1)),
        person_id: Set(PersonId((n + k) % PEOPLE + 1)),
        organisation_id: Set(Some(OrganisationId((n + k) % PEOPLE % ORGANISATIONS + 1))),
        status: Set(AttendanceStatus::Present),
        word: Set(Word::CheckIn),
        checked_in_at: Set(Some(start(n))),
        method: Set(Some("token".into())),
        note: Set(None),
        recorded_at: Set(start(n)),
        recorded_by: Set("token:1".into()),
        ..Default::default()
    });
    insert_all(tx, records.collect(), None).await.expect("attendances");
}
