//! A person with 500 sessions, and an event that is none of theirs.

#[path = "rows.rs"]
mod rows;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{EventId, OrganisationId, PersonId};
use entity::state::Scope;
use entity::{audience_rule, event, membership, organisation, person, session};
use pufa::access::token;
use pufa::calendar::subscription;
use pufa::clock::{Clock, SystemClock};
use pufa::db::Db;
use pufa::people;
use sea_orm::{DatabaseTransaction, EntityTrait};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Sessions in the calendar, each of an event of its own.
pub const SESSIONS: i64 = 500;

/// What was made.
pub struct World {
    /// Where the calendar is.
    pub path: String,
    token: String,
    other: EventId,
}

/// Changes that go on until stopped.
pub struct Changes {
    stop: oneshot::Sender<()>,
    task: JoinHandle<u32>,
}

impl Changes {
    /// Stops; gives how many were made.
    pub async fn stop(self) -> u32 {
        self.stop.send(()).expect("they go on until stopped");
        self.task.await.expect("every change is taken")
    }
}

impl World {
    /// Makes two organisations, a person in the first, their events and the other one.
    pub async fn make(url: &str) -> Self {
        let db = Db::connect(url, 4).await.expect("the database opens");
        db.migrate().await.expect("the schema is made");
        let now = SystemClock.now();
        let tx = db.begin().await.expect("a transaction");
        let own = organisation_of(&tx, "BENCH").await;
        let others = organisation_of(&tx, "OTHER").await;
        people::rebuild_closure(&tx).await.expect("the closure");
        let person = person_in(&tx, own, now).await;
        people::touch(&tx).await.expect("the revision");
        for n in 0..SESSIONS {
            published(&tx, own, n, now).await;
        }
        let other = published(&tx, others, SESSIONS, now).await;
        let token = token::create(&tx, "bench", others, Scope::Manage, now).await.expect("a token");
        let secret = subscription::create(&tx, person, now).await.expect("a calendar");
        tx.commit().await.expect("all of it");
        Self { path: format!("/calendar/{secret}.ics"), token, other }
    }

    /// Begins to change the other event ten times a second.
    pub fn change(&self, port: u16) -> Changes {
        let (stop, mut stopped) = oneshot::channel();
        let url = format!("http://127.0.0.1:{port}/api/v1/events/{}", self.other);
        let token = self.token.clone();
        let task = tokio::spawn(async move {
            let (client, mut made) = (reqwest::Client::new(), 0_u32);
            let mut tick = tokio::time::interval(Duration::from_millis(100));
            while stopped.try_recv().is_err() {
                tick.tick().await;
                let title = format!("讲座 {}", SystemClock.now().timestamp_micros());
                let change = serde_json::json!({ "title": title });
                let answer = client.patch(&url).bearer_auth(&token).json(&change).send().await.expect("an answer");
                assert!(answer.status().is_success(), "{}", answer.status());
                made += 1;
            }
            made
        });
        Changes { stop, task }
    }
}

async fn organisation_of(tx: &DatabaseTransaction, code: &str) -> OrganisationId {
    let row = rows::organisation(code.to_owned(), None);
    organisation::Entity::insert(row).exec(tx).await.expect("an organisation").last_insert_id
}

async fn person_in(tx: &DatabaseTransaction, organisation: OrganisationId, now: DateTime<Utc>) -> PersonId {
    let person = PersonId(1);
    let row = rows::person(person, "BK000001".to_owned(), now);
    person::Entity::insert(row).exec_without_returning(tx).await.expect("a person");
    let row = rows::membership(person, organisation);
    membership::Entity::insert(row).exec_without_returning(tx).await.expect("a membership");
    person
}

/// A published event of one session, for everybody of its host.
async fn published(tx: &DatabaseTransaction, host: OrganisationId, n: i64, now: DateTime<Utc>) -> EventId {
    let title = format!("专题讲座第{n}讲：行政处罚法与科技执法实务");
    let row = rows::lecture(format!("BENCH-{n}"), title, host, now);
    let event = event::Entity::insert(row).exec(tx).await.expect("an event").last_insert_id;
    let rule = rows::everybody_of(host, event);
    audience_rule::Entity::insert(rule).exec_without_returning(tx).await.expect("an audience");
    let row = rows::session(format!("BENCH-{n}-1"), event, now + TimeDelta::days(n % 500 - 200), now);
    session::Entity::insert(row).exec_without_returning(tx).await.expect("a session");
    event
}
