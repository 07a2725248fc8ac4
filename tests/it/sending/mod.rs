//! A crowd's mail to servers that misbehave: each person gets it once, and what is shown of each message is true.

mod addresses;
mod folder;
mod hangs;
mod leases;
mod outage;
mod pace;
mod script;

use std::collections::HashMap;

use chrono::TimeDelta;
use entity::outbox;
use entity::state::Scope;
use pufa::config::Config;
use pufa::jobs;
use pufa::state::Mode;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::harness::{Backend, Smtp, TestApp};

/// An app whose mail goes to a server that may hang, and an event that was just published.
struct Ground {
    app: TestApp,
    token: String,
    event: String,
}

impl Ground {
    /// With so many people in one section, all of them invited to one session and none of them mailed yet.
    async fn make(backend: Backend, people: usize, url: String) -> Self {
        let impatient = |config: &mut Config| {
            config.mail.url = url;
            config.mail.timeout = 1;
            config.mail.answer_timeout = 3;
            config.mail.retry_after = 60;
        };
        Self::publish(Self::people(backend, people, impatient).await).await
    }

    /// The people alone, with settings changed so.
    async fn people(backend: Backend, people: usize, change: impl FnOnce(&mut Config)) -> TestApp {
        let app = TestApp::start_with(backend, Mode::Normal, change).await;
        app.world().await;
        app.organisation("HALL", "礼堂", "GQ-KJ", "section").await;
        for n in 1..=people {
            app.person(&format!("H{n:02}"), "HALL", &[]).await;
        }
        app
    }

    /// Invites them.
    async fn publish(app: TestApp) -> Self {
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let body = json!({
            "key": "e", "kind": "lecture", "title": "专题讲座", "org_code": "GQ-KJ", "location": "礼堂",
            "audience": ["org:HALL"], "required": true,
            "sessions": [{"key": "e-1", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"}],
        });
        let made = app.post("/api/v1/events", &token, body).await.expect(201).json();
        let event = match &made["id"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        app.post(&format!("/api/v1/events/{event}/publish"), &token, json!({})).await.expect(200);
        Self { app, token, event }
    }

    /// Sends what is due, and lets some minutes pass.
    async fn deliver(&self, minutes: i64) {
        jobs::deliver(&self.app, &CancellationToken::new()).await.unwrap();
        self.app.clock.set(self.app.now() + TimeDelta::minutes(minutes));
    }

    /// What the organiser is shown, by address.
    async fn shown(&self) -> HashMap<String, Value> {
        let path = format!("/api/v1/events/{}/messages", self.event);
        let list = self.app.get(&path, &self.token).await.expect(200).json();
        assert!(list["next"].is_null(), "one page");
        let items = list["items"].as_array().unwrap().iter();
        items.map(|item| (item["to"].as_str().unwrap().to_owned(), item.clone())).collect()
    }

    async fn rows(&self) -> Vec<outbox::Model> {
        outbox::Entity::find().order_by_asc(outbox::Column::Id).all(self.app.db.read()).await.unwrap()
    }
}

/// The Message-IDs of the mails that a server took, by recipient.
fn taken(smtp: &Smtp) -> HashMap<String, Vec<String>> {
    let mut mails: HashMap<String, Vec<String>> = HashMap::new();
    for mail in smtp.accepted() {
        let [to] = mail.to.as_slice() else { panic!("a mail to more than one: {mail:?}") };
        mails.entry(to.clone()).or_default().push(mail.message_id.expect("a Message-ID"));
    }
    mails
}

/// State, attempts, and what was answered, of a message as it is shown.
fn fate(message: &Value) -> (&str, i64, &str) {
    let text = |name: &str| message[name].as_str().unwrap_or_default();
    (text("state"), message["attempts"].as_i64().unwrap(), text("answer"))
}
