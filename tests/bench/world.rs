//! The people who check in, and sessions for them to check in to.

#[path = "rows.rs"]
mod rows;

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{EventId, PersonId, SessionId};
use entity::state::Scope;
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

fn id(index: u32) -> PersonId {
    PersonId(i64::from(index) + 1)
}

impl World {
    /// Makes an organisation with forty sections, so many people and one more, an event and a token.
    pub async fn make(url: &str, people: u32) -> Self {
        let db = Db::connect(url, 4).await.expect("the database opens");
        db.migrate().await.expect("the schema is made");
        let now = SystemClock.now();
        let tx = db.begin().await.expect("a transaction");
        let top = rows::organisation("BENCH".to_owned(), None);
        let top = organisation::Entity::insert(top).exec(&tx).await.expect("the top").last_insert_id;
        let mut sections = Vec::new();
        for n in 0..40 {
            let row = rows::organisation(format!("BENCH-{n:02}"), Some(top));
            sections.push(organisation::Entity::insert(row).exec(&tx).await.expect("a section").last_insert_id);
        }
        people::rebuild_closure(&tx).await.expect("the closure");
        let indexes: Vec<_> = (0..=people).collect();
        for chunk in indexes.chunks(500) {
            let persons = chunk.iter().map(|&n| person::ActiveModel {
                email: Set(Some(format!("bk{n}@example.test"))),
                ..rows::person(id(n), staff_no(n), now)
            });
            person::Entity::insert_many(persons).exec_without_returning(&tx).await.expect("people");
            let memberships = chunk.iter().map(|&n| rows::membership(id(n), sections[n as usize % sections.len()]));
            membership::Entity::insert_many(memberships).exec_without_returning(&tx).await.expect("memberships");
        }
        people::touch(&tx).await.expect("the revision");
        let event = rows::lecture("BENCH".to_owned(), "全员大会".to_owned(), top, now);
        let event = event::Entity::insert(event).exec(&tx).await.expect("the event").last_insert_id;
        let rule = rows::everybody_of(top, event);
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
        let row = session::ActiveModel {
            told_at: Set(told_at),
            ..rows::session(key, self.event, now + TimeDelta::minutes(20), now)
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
