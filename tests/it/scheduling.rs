//! Events and sessions over HTTP: made, looked up, changed, published, cancelled; and what is told to whom.

use entity::outbox;
use entity::state::Scope;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};

use crate::harness::TestApp;

/// A lecture of GQ-KJ on Friday 15 March 2024, to which all six of the bureau are invited.
fn lecture(key: &str) -> Value {
    json!({
        "key": key, "kind": "lecture", "title": "宪法专题讲座", "org_code": "GQ-KJ", "audience": ["org:GQ-KJ"],
        "location": "三楼会议室", "required": true,
        "sessions": [{"key": format!("{key}-1"), "starts_at": "2024-03-15T09:00", "ends_at": "2024-03-15T11:00+08:00"}],
    })
}

async fn make(app: &TestApp, token: &str, body: Value) -> Value {
    app.post("/api/v1/events", token, body).await.expect(201).json()
}

/// The keys of all messages of a kind, without the ids of persons.
async fn told(app: &TestApp, kind: &str) -> usize {
    let rows = outbox::Entity::find().order_by_asc(outbox::Column::Id).all(app.db.read()).await.unwrap();
    rows.iter().filter(|row| row.kind.as_str() == kind).count()
}

journeys! {
    async fn an_event_is_made_once(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let made = make(app, &token, lecture("L1")).await;
        assert_eq!(made["status"], "draft");
        assert_eq!(made["walk_ins"], true);
        assert_eq!(made["sessions"][0]["starts_at"], "2024-03-15T09:00:00+08:00");
        assert_eq!(made["sessions"][0]["ends_at"], "2024-03-15T11:00:00+08:00");
        assert_eq!(made["sessions"][0]["status"], "scheduled");

        let again = app.post("/api/v1/events", &token, lecture("L1")).await.expect(200).json();
        assert_eq!(again, made);
        let mut other = lecture("L1");
        other["title"] = json!("另一讲座");
        app.post("/api/v1/events", &token, other).await.problem(409, "key-taken");
        let mut other = lecture("L2");
        other["sessions"][0]["key"] = json!("L1-1");
        let problem = app.post("/api/v1/events", &token, other).await.problem(409, "key-taken");
        assert_eq!(problem["errors"][0]["field"], "sessions[0].key");
        // Nothing of the refused one is left.
        let found = app.get("/api/v1/events?key=L2", &token).await.expect(200).json();
        assert_eq!(found["items"], json!([]));

        let found = app.get("/api/v1/events?key=L1", &token).await.expect(200).json();
        assert_eq!(found, json!({"items": [made], "next": null}));
        let found = app.get("/api/v1/sessions?key=L1-1", &token).await.expect(200).json();
        assert_eq!(found["items"][0], made["sessions"][0]);
    }

    async fn publishing_invites_and_cancelling_takes_back(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let made = make(app, &token, lecture("L1")).await;
        let event = format!("/api/v1/events/{}", made["id"]);
        assert_eq!(told(app, "invitation").await, 0);
        for _ in 0..2 {
            let published = app.post(&format!("{event}/publish"), &token, Value::Null).await.expect(200).json();
            assert_eq!(published["status"], "scheduled");
            assert_eq!(told(app, "invitation").await, 6);
        }
        for _ in 0..2 {
            let body = json!({"reason": "讲师生病"});
            let cancelled = app.post(&format!("{event}/cancel"), &token, body).await.expect(200).json();
            assert_eq!(cancelled["status"], "cancelled");
            assert_eq!(cancelled["sessions"][0]["status"], "cancelled");
            assert_eq!(told(app, "cancellation").await, 6);
        }
        app.post(&format!("{event}/publish"), &token, Value::Null).await.problem(409, "wrong-state");
    }
}
