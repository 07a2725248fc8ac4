//! What goes out by itself before, beside and after sessions: to whom, when, and never twice.

mod after;
mod digest;
mod due;
mod texts;
mod wishes;

use entity::id::PersonId;
use entity::mail_preference;
use entity::outbox::{self, Model as Row};
use entity::state::{MessageKind, MessageState, ReminderWish, Scope};
use pufa::jobs;
use pufa::notify::{House, write_due};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::harness::TestApp;

/// A published event of one session, by the API, with whatever `more` says; gives its id and its session's.
async fn publish(app: &TestApp, key: &str, times: (&str, &str), audience: &[&str], more: Value) -> (i64, i64) {
    let token = app.token("GQ-KJ", Scope::Manage).await;
    let mut event = json!({
        "key": key, "kind": "lecture", "title": format!("讲座{key}"), "org_code": "GQ-KJ", "location": "三楼",
        "audience": audience,
        "sessions": [{"key": format!("{key}-1"), "starts_at": times.0, "ends_at": times.1, "all_day": !times.0.contains('T')}],
    });
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    let made = app.post("/api/v1/events", &token, event).await.expect(201).json();
    let id = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok()).expect("an id");
    let (event, session) = (id(&made["id"]), id(&made["sessions"][0]["id"]));
    app.post(&format!("/api/v1/events/{event}/publish"), &token, json!({"override": "x"})).await.expect(200);
    deliver(app).await;
    (event, session)
}

async fn deliver(app: &TestApp) {
    jobs::deliver(app, &CancellationToken::new()).await.unwrap();
}

/// What the ticks do at a local time.
async fn tick(app: &TestApp, local: &str) {
    app.at(local);
    jobs::freeze_rosters(app).await.unwrap();
    jobs::add_reminders(app).await.unwrap();
    deliver(app).await;
}

/// How many messages are written now.
async fn write(app: &TestApp) -> usize {
    write_due(&app.db, &House::of(&app.config, &app.kinds), app.now()).await.unwrap()
}

async fn rows(app: &TestApp) -> Vec<Row> {
    outbox::Entity::find().order_by_asc(outbox::Column::Id).all(app.db.read()).await.unwrap()
}

/// The left part of every address to which mails of a kind were sent, in order.
async fn sent(app: &TestApp, kind: MessageKind) -> Vec<String> {
    let sent = rows(app).await.into_iter().filter(|row| row.kind == kind && row.state == MessageState::Sent);
    let mut to: Vec<_> = sent.map(|row| row.address.split('@').next().unwrap().to_owned()).collect();
    to.sort();
    to
}

async fn wish(app: &TestApp, staff_no: &str, reminders: ReminderWish, quiet: Option<&str>) -> PersonId {
    let person = app.person_id(staff_no).await;
    let row = mail_preference::ActiveModel {
        person_id: Set(person),
        reminders: Set(reminders),
        quiet: Set(quiet.map(str::to_owned)),
        updated_at: Set(app.now()),
        ..Default::default()
    };
    mail_preference::Entity::delete_by_id(person).exec(app.db.write()).await.unwrap();
    mail_preference::Entity::insert(row).exec_without_returning(app.db.write()).await.unwrap();
    person
}
