//! Taking back: what it restores, what is withdrawn from the outbox, and who is told the contrary.

use entity::state::{MessageState, Role, Scope};
use entity::{outbox, roster_entry, session, undo_step};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::harness::{Browser, TestApp};

/// A required study of GQ-KJ on Friday 15 March 2024, to which six are invited.
fn study(key: &str) -> Value {
    json!({
        "key": key, "kind": "lecture", "title": format!("讲座{key}"), "org_code": "GQ-KJ", "audience": ["org:GQ-KJ"],
        "location": "三楼会议室", "required": true,
        "sessions": [{"key": format!("{key}-1"), "starts_at": "2024-03-15T09:00", "ends_at": "2024-03-15T11:00"}],
    })
}

/// A draft; gives its address.
async fn make(app: &TestApp, token: &str, body: Value) -> String {
    let made = app.post("/api/v1/events", token, body).await.expect(201).json();
    format!("/api/v1/events/{}", made["id"].as_str().unwrap())
}

async fn publish(app: &TestApp, token: &str, event: &str) {
    app.post(&format!("{event}/publish"), token, Value::Null).await.expect(200);
}

async fn undo(app: &TestApp, token: &str, event: &str) -> Value {
    app.post(&format!("{event}/undo"), token, Value::Null).await.expect(200).json()
}

/// Why it is refused: the code at `step`.
async fn refused(app: &TestApp, token: &str, event: &str, why: &str) {
    let problem = app.post(&format!("{event}/undo"), token, Value::Null).await.problem(409, "not-undone");
    assert_eq!((&problem["errors"][0]["field"], &problem["errors"][0]["code"]), (&json!("step"), &json!(why)));
}

async fn messages(app: &TestApp) -> Vec<outbox::Model> {
    outbox::Entity::find().order_by_asc(outbox::Column::Id).all(app.db.read()).await.unwrap()
}

/// How many messages of a kind there are in a state.
async fn count(app: &TestApp, kind: &str, state: MessageState) -> usize {
    messages(app).await.iter().filter(|row| row.kind.as_str() == kind && row.state == state).count()
}

async fn row(app: &TestApp, key: &str) -> session::Model {
    session::Entity::find().filter(session::Column::Key.eq(key)).one(app.db.read()).await.unwrap().unwrap()
}

/// Marks the first `n` queued messages as sent, as a worker does.
async fn send_first(app: &TestApp, n: usize) {
    let queued = messages(app).await.into_iter().filter(|row| row.state == MessageState::Queued);
    for row in queued.take(n).collect::<Vec<_>>() {
        outbox::Entity::update_many()
            .col_expr(outbox::Column::State, Expr::value(MessageState::Sent))
            .col_expr(outbox::Column::Attempts, Expr::value(1))
            .filter(outbox::Column::Id.eq(row.id))
            .exec(app.db.write())
            .await
            .unwrap();
    }
}

journeys! {
    async fn publishing_half_sent_is_taken_back_from_those_who_have_it(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = make(app, &token, study("A")).await;
        refused(app, &token, &event, "undo-nothing").await;
        publish(app, &token, &event).await;
        let published = row(app, "A-1").await;
        // Two have it; a third is with a worker that is sending it.
        send_first(app, 2).await;
        let claimed = pufa::outbox::claim(app.db.write(), "worker", 1, app.now()).await.unwrap();
        assert_eq!(claimed.len(), 1);

        app.at("2024-03-12T08:01");
        let back = undo(app, &token, &event).await;
        assert_eq!(back["status"], "draft");
        let draft = row(app, "A-1").await;
        assert!(draft.sequence > published.sequence);
        let all = messages(app).await;
        let of = |kind: &str| all.iter().filter(|row| row.kind.as_str() == kind).map(|row| row.person_id).collect::<Vec<_>>();
        assert_eq!(of("invitation").len(), 3);
        assert_eq!(of("cancellation"), of("invitation"));
        assert!(all.iter().all(|row| row.kind.as_str() != "cancellation" || row.key.contains(&format!(":{}:", draft.sequence))));
        refused(app, &token, &event, "undo-done").await;

        // Published again, everybody is told anew, with a SEQUENCE above all before.
        app.at("2024-03-12T08:02");
        publish(app, &token, &event).await;
        let again = row(app, "A-1").await;
        assert!(again.sequence >= draft.sequence);
        let all = messages(app).await;
        let anew = all.iter().filter(|row| row.key.starts_with(&format!("invitation:{}:{}:", again.id, again.sequence)));
        assert_eq!(anew.count(), 6);
        let keys: std::collections::HashSet<_> = all.iter().map(|row| row.key.clone()).collect();
        assert_eq!(keys.len(), all.len());
    }

    async fn cancelling_is_taken_back_by_a_new_invitation(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = make(app, &token, study("A")).await;
        publish(app, &token, &event).await;
        send_first(app, 6).await;
        app.at("2024-03-12T08:05");
        app.post(&format!("{event}/cancel"), &token, json!({"reason": "讲师生病"})).await.expect(200);
        let cancelled = row(app, "A-1").await;
        send_first(app, 2).await;
        app.at("2024-03-12T08:06");
        let back = undo(app, &token, &event).await;
        assert_eq!((&back["status"], &back["sessions"][0]["status"]), (&json!("scheduled"), &json!("scheduled")));
        assert_eq!(count(app, "cancellation", MessageState::Sent).await, 2);
        assert_eq!(count(app, "cancellation", MessageState::Queued).await, 0);
        assert_eq!(count(app, "invitation", MessageState::Queued).await, 2);
        let restored = row(app, "A-1").await;
        assert!(restored.sequence > cancelled.sequence);
        let new: Vec<_> = messages(app).await.into_iter().filter(|m| m.state == MessageState::Queued).collect();
        assert!(new.iter().all(|m| m.key.starts_with(&format!("invitation:{}:{}:", restored.id, restored.sequence))));

        // One session of it, in the same way.
        app.at("2024-03-12T08:07");
        app.post(&format!("/api/v1/sessions/{}/cancel", restored.id), &token, Value::Null).await.expect(200);
        app.at("2024-03-12T08:08");
        let back = undo(app, &token, &event).await;
        assert_eq!(back["sessions"][0]["status"], "scheduled");
        // Nobody had tried to send it: nothing is left to say.
        assert_eq!(count(app, "cancellation", MessageState::Queued).await, 0);
        assert_eq!(count(app, "invitation", MessageState::Queued).await, 2);
    }

    async fn a_move_is_taken_back_by_the_old_time(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = make(app, &token, study("A")).await;
        publish(app, &token, &event).await;
        send_first(app, 6).await;
        // KJ006 leaves in between: of the old day, not of the new one.
        let leaver = app.person_id("KJ006").await;
        entity::membership::Entity::update_many()
            .col_expr(entity::membership::Column::ActiveTo, Expr::value(chrono::NaiveDate::from_ymd_opt(2024, 3, 16)))
            .filter(entity::membership::Column::PersonId.eq(leaver))
            .exec(app.db.write())
            .await
            .unwrap();
        let before = row(app, "A-1").await;
        app.at("2024-03-12T08:05");
        let session = format!("/api/v1/sessions/{}", before.id);
        let to = json!({"starts_at": "2024-03-18T14:00", "ends_at": "2024-03-18T16:00", "location": "报告厅"});
        app.patch(&session, &token, to).await.expect(200);
        let moved = row(app, "A-1").await;
        assert_eq!((count(app, "update", MessageState::Queued).await, count(app, "cancellation", MessageState::Queued).await), (5, 1));
        send_first(app, 6).await;
        app.at("2024-03-12T08:06");
        let back = undo(app, &token, &event).await;
        assert_eq!(back["sessions"][0]["starts_at"], "2024-03-15T09:00:00+08:00");
        assert_eq!(back["sessions"][0]["location"], "三楼会议室");
        let restored = row(app, "A-1").await;
        assert_eq!((restored.day, restored.location.clone(), restored.by_hand), (before.day, before.location, before.by_hand));
        assert!(restored.sequence > moved.sequence);
        // Five hear the old time, the one who was told that it is off is invited again.
        assert_eq!((count(app, "update", MessageState::Queued).await, count(app, "invitation", MessageState::Queued).await), (5, 1));
        let invited = messages(app).await.into_iter().find(|m| m.kind.as_str() == "invitation" && m.state == MessageState::Queued);
        assert_eq!(invited.unwrap().person_id, Some(leaver));
    }

    async fn the_place_of_an_event_goes_back(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = make(app, &token, study("A")).await;
        publish(app, &token, &event).await;
        send_first(app, 6).await;
        app.at("2024-03-12T08:05");
        app.patch(&event, &token, json!({"location": "广场"})).await.expect(200);
        send_first(app, 1).await;
        app.at("2024-03-12T08:06");
        assert_eq!(undo(app, &token, &event).await["location"], "三楼会议室");
        assert_eq!((count(app, "update", MessageState::Sent).await, count(app, "update", MessageState::Queued).await), (1, 1));
    }

    async fn held_too_early_is_taken_back_and_its_roster_follows_again(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = make(app, &token, study("A")).await;
        publish(app, &token, &event).await;
        let id = row(app, "A-1").await.id;
        app.at("2024-03-12T08:05");
        app.patch(&format!("/api/v1/sessions/{id}"), &token, json!({"status": "held"})).await.expect(200);
        assert!(row(app, "A-1").await.roster_frozen_at.is_some());
        app.at("2024-03-12T08:06");
        let back = undo(app, &token, &event).await;
        assert_eq!(back["sessions"][0]["status"], "scheduled");
        assert!(row(app, "A-1").await.roster_frozen_at.is_none());
        assert_eq!(roster_entry::Entity::find().all(app.db.read()).await.unwrap().len(), 0);
        // Marked again, with somebody known to have come: it stays.
        app.at("2024-03-12T08:07");
        app.patch(&format!("/api/v1/sessions/{id}"), &token, json!({"status": "held"})).await.expect(200);
        app.put(&format!("/api/v1/sessions/{id}/attendance/KJ001"), &token, json!({"status": "present"})).await;
        refused(app, &token, &event, "undo-attended").await;
        assert_eq!(row(app, "A-1").await.status.as_str(), "held");
    }

    async fn what_came_after_or_began_stays(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = make(app, &token, study("A")).await;
        publish(app, &token, &event).await;
        app.at("2024-03-12T08:05");
        app.patch(&event, &token, json!({"title": "新题目"})).await.expect(200);
        refused(app, &token, &event, "undo-changed").await;
        let step = undo_step::Entity::find().one(app.db.read()).await.unwrap().unwrap();
        let other = make(app, &token, {
            let mut body = study("B");
            body["location"] = json!("");
            body["required"] = json!(false);
            body
        }).await;
        publish(app, &token, &other).await;
        // The step of another event, one that is no number, somebody who may not.
        app.post(&format!("{other}/undo"), &token, json!({"step": step.id.to_string()})).await.problem(409, "not-undone");
        app.post(&format!("{other}/undo"), &token, json!({"step": "x"})).await.problem(422, "invalid");
        app.post(&format!("{other}/undo"), &app.token("GQ-SF", Scope::Manage).await, Value::Null).await.problem(404, "not-found");
        app.post(&format!("{other}/undo"), &app.token("GQ-KJ", Scope::Read).await, Value::Null).await.problem(403, "forbidden");
        app.at("2024-03-15T09:00");
        refused(app, &token, &other, "undo-begun").await;
        assert_eq!(app.get(&other, &token).await.json()["status"], "scheduled");
    }

    async fn of_two_at_once_one_takes_it_back(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = make(app, &token, study("A")).await;
        publish(app, &token, &event).await;
        send_first(app, 6).await;
        app.at("2024-03-12T08:05");
        let path = format!("{event}/undo");
        let (one, two) = tokio::join!(app.post(&path, &token, Value::Null), app.post(&path, &token, Value::Null));
        let mut both = [one.status.as_u16(), two.status.as_u16()];
        both.sort_unstable();
        assert_eq!(both, [200, 409]);
        assert_eq!(count(app, "cancellation", MessageState::Queued).await, 6);
    }

    async fn a_failed_message_of_a_deed_that_was_taken_back_is_not_tried_again(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = make(app, &token, study("A")).await;
        publish(app, &token, &event).await;
        let first = messages(app).await.remove(0);
        outbox::Entity::update_many()
            .col_expr(outbox::Column::State, Expr::value(MessageState::Failed))
            .col_expr(outbox::Column::Attempts, Expr::value(1))
            .filter(outbox::Column::Id.eq(first.id))
            .exec(app.db.write())
            .await
            .unwrap();
        app.at("2024-03-12T08:05");
        undo(app, &token, &event).await;
        pufa::jobs::deliver(app, &tokio_util::sync::CancellationToken::new()).await.unwrap();
        let all = messages(app).await;
        let state = |kind: &str| all.iter().filter(|m| m.kind.as_str() == kind).map(|m| m.state).collect::<Vec<_>>();
        assert_eq!((state("invitation"), state("cancellation")), (vec![MessageState::Dead], vec![MessageState::Sent]));
    }

    async fn the_page_offers_it_and_says_who_did_what(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let address = make(app, &token, study("A")).await;
        let path = address.replace("/api/v1", "");
        let browser = Browser::new(app);
        let secret = app.account("kj@example.test", "GQ-KJ", Role::Organizer).await;
        browser.get(&format!("/sign-in/{secret}")).await;
        browser.post(&format!("/sign-in/{secret}"), &[]).await;
        browser.get(&format!("{path}/publish")).await.expect(200);
        let there = browser.post(&format!("{path}/publish"), &[]).await.expect(303).header("location").to_owned();
        let page = browser.get(&there).await.expect(200).text();
        assert!(page.contains("撤销：发布") && page.contains("3月12日 08:00 · kj@example.test"), "{page}");
        let step = page.split("name=\"step\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        app.at("2024-03-12T08:01");
        let there = browser.post(&format!("{path}/undo"), &[("step", &step)]).await.expect(303).header("location").to_owned();
        let page = browser.get(&there).await.expect(200).text();
        assert!(page.contains("已撤销") && page.contains("撤销发布，恢复为草稿") && !page.contains("name=\"step\""), "{page}");
        let twice = browser.post(&format!("{path}/undo"), &[("step", &step)]).await.expect(409).text();
        assert!(twice.contains("已经撤销过了"), "{twice}");
    }
}
