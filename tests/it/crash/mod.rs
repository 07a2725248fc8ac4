//! The real program killed without warning (SIGKILL) and started again: what it said stands, what it owes goes on.

mod check_ins;
mod mails;
mod restarts;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use entity::state::Scope;
use entity::{membership, person};
use pufa::clock::{Clock, SystemClock};
use pufa::db::Db;
use pufa::people;
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Backend, Server, TestApp};

/// Whether the people have addresses to be mailed at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mailed {
    Yes,
    No,
}

/// A database with organisations and a crowd in section `HALL`, which nobody has open.
struct Ground {
    database: String,
    /// A `manage` token of `GQ-KJ`.
    token: String,
    _folder: TempDir,
}

/// Makes a database on which `size` people, `H0001` and on, belong to the section `HALL` of `GQ-KJ`.
async fn ground(backend: Backend, size: usize, mailed: Mailed) -> Ground {
    let app = TestApp::start(backend).await;
    app.world().await;
    let hall = app.organisation("HALL", "礼堂", "GQ-KJ", "section").await;
    let rows = (1..=size).map(|n| person::ActiveModel {
        staff_no: Set(staff_no(n)),
        name: Set(format!("干部H{n}")),
        email: Set((mailed == Mailed::Yes).then(|| format!("h{n:04}@example.test"))),
        created_at: Set(app.now()),
        ..Default::default()
    });
    let tx = app.db.begin().await.unwrap();
    person::Entity::insert_many(rows).exec_without_returning(&tx).await.unwrap();
    let crowd = person::Entity::find().all(&tx).await.unwrap();
    let rows = crowd.iter().filter(|person| person.staff_no.starts_with('H')).map(|person| membership::ActiveModel {
        person_id: Set(person.id),
        organisation_id: Set(hall),
        title: Set(String::new()),
        active_from: Set("2021-01-01".parse().unwrap()),
        active_to: Set(None),
        ..Default::default()
    });
    membership::Entity::insert_many(rows).exec_without_returning(&tx).await.unwrap();
    people::touch(&tx).await.unwrap();
    tx.commit().await.unwrap();
    let token = app.token("GQ-KJ", Scope::Manage).await;
    let database = app.config.database.url.clone();
    close(&app.db).await;
    Ground { database, token, _folder: app.folder }
}

fn staff_no(n: usize) -> String {
    format!("H{n:04}")
}

/// Closes a database, so that the next to open an SQLite file has to recover what a killed process left.
async fn close(db: &Db) {
    db.read().clone().close().await.unwrap();
    if db.backend() == sea_orm::DbBackend::Sqlite {
        db.write().clone().close().await.unwrap();
    }
}

fn now() -> DateTime<Utc> {
    SystemClock.now()
}

/// Makes and publishes a required event of `HALL` with one session `KEY-1` that is open for check-ins now; gives it as
/// publishing answered.
async fn publish(server: &Server, token: &str, key: &str) -> Value {
    let at = |minutes| (now() + TimeDelta::minutes(minutes)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let body = json!({
        "key": key, "kind": "lecture", "title": "专题讲座", "org_code": "GQ-KJ", "location": "礼堂",
        "audience": ["org:HALL"], "required": true,
        "sessions": [{ "key": format!("{key}-1"), "starts_at": at(10), "ends_at": at(100) }],
    });
    let event = server.post("/api/v1/events", token, &body).await;
    let path = format!("/api/v1/events/{}/publish", id(&event));
    // One crowd, many events at one time: that is meant.
    server.post(&path, token, &json!({ "override": "crash test" })).await
}

/// The opaque id of an event or a session, as it stands in a path.
fn id(thing: &Value) -> String {
    match &thing["id"] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => panic!("no id: {other}"),
    }
}
