//! Mails once a session is over.

use entity::id::EventId;
use entity::state::{AttendanceStatus, MessageKind, MessageState, ReminderWish, Scope};
use entity::{event, material, reminder_run};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::due::came;
use super::{publish, rows, sent, tick, wish};
use crate::harness::{Browser, TestApp};

const TIMES: (&str, &str) = ("2024-03-20T09:00", "2024-03-20T11:00");
const ALL: [&str; 4] = ["staff:KJ001", "staff:KJ002", "staff:KJ003", "staff:KJ004"];

async fn add_material(app: &TestApp, event: i64, title: &str) {
    let row = material::ActiveModel {
        event_id: Set(EventId(event)),
        session_id: Set(None),
        position: Set(0),
        title: Set(title.to_owned()),
        url: Set(Some("https://example.test/slides".to_owned())),
        added_at: Set(app.now()),
        added_by: Set("test".to_owned()),
        ..Default::default()
    };
    material::Entity::insert(row).exec(app.db.write()).await.unwrap();
}

async fn mail_text(app: &TestApp, kind: MessageKind) -> String {
    let row = rows(app).await.into_iter().find(|row| row.kind == kind && row.state == MessageState::Sent).unwrap();
    let raw = std::fs::read(app.folder.path().join("mail").join(row.answer.unwrap())).unwrap();
    let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
    format!("{}\n{}", mail.subject().unwrap(), mail.body_text(0).unwrap())
}

journeys! {
    async fn who_missed_what_was_required_is_told_to_make_it_up_once_it_is_known_who_came(app: &TestApp) {
        app.world().await;
        let (event, session) = publish(app, "e", TIMES, &ALL, json!({"required": true, "contact": "办公室 8001"})).await;
        tick(app, "2024-03-20T09:00").await;
        wish(app, "KJ003", ReminderWish::Off, None).await;
        // A day after the end, and nobody was marked so far: nobody can be said to have missed it.
        tick(app, "2024-03-21T11:00").await;
        assert!(sent(app, MessageKind::MakeUp).await.is_empty());
        add_material(app, event, "讲义").await;
        came(app, session, app.person_id("KJ001").await, AttendanceStatus::Present).await;
        came(app, session, app.person_id("KJ002").await, AttendanceStatus::Excused).await;
        tick(app, "2024-03-21T22:00").await;
        assert!(sent(app, MessageKind::MakeUp).await.is_empty(), "it is quiet");
        // Somebody is marked in the meantime.
        came(app, session, app.person_id("KJ004").await, AttendanceStatus::Present).await;
        tick(app, "2024-03-22T07:00").await;
        assert_eq!(sent(app, MessageKind::MakeUp).await, ["kj002", "kj003"], "a duty is told to everybody");
        tick(app, "2024-03-22T08:00").await;
        assert_eq!(sent(app, MessageKind::MakeUp).await.len(), 2);
        insta::assert_snapshot!("make_up", mail_text(app, MessageKind::MakeUp).await);
        let moot: Vec<_> = rows(app).await.into_iter().filter(|row| row.state == MessageState::Dead).collect();
        assert_eq!(moot[0].answer.as_deref(), Some("未发送：已有到场、补学或免学记录。"));
    }

    async fn thanks_and_materials_go_to_whom_they_concern(app: &TestApp) {
        app.world().await;
        let (event, session) = publish(app, "e", TIMES, &ALL[..3], json!({"after": ["thanks", "materials"]})).await;
        tick(app, "2024-03-20T09:00").await;
        for number in ["KJ001", "KJ002", "KJ004"] {
            came(app, session, app.person_id(number).await, AttendanceStatus::Present).await;
        }
        wish(app, "KJ002", ReminderWish::Off, None).await;
        tick(app, "2024-03-21T10:59").await;
        assert!(sent(app, MessageKind::Thanks).await.is_empty());
        tick(app, "2024-03-21T11:00").await;
        // KJ004 came without being invited.
        assert_eq!(sent(app, MessageKind::Thanks).await, ["kj001", "kj004"]);
        assert!(sent(app, MessageKind::Materials).await.is_empty());
        app.at("2024-04-02T09:00");
        add_material(app, event, "讲义").await;
        tick(app, "2024-04-02T09:01").await;
        assert_eq!(sent(app, MessageKind::Materials).await, ["kj001", "kj003", "kj004"]);
        assert!(sent(app, MessageKind::MakeUp).await.is_empty());
        insta::assert_snapshot!("materials", link_free(&mail_text(app, MessageKind::Materials).await));
        // Once, whatever is added.
        add_material(app, event, "录像").await;
        tick(app, "2024-04-03T09:01").await;
        assert_eq!(sent(app, MessageKind::Materials).await.len(), 3);
    }

    async fn a_sheet_that_is_keyed_in_late_is_waited_for(app: &TestApp) {
        app.world().await;
        let more = json!({"required": true, "after": ["make_up", "thanks"]});
        let (_, session) = publish(app, "e", TIMES, &ALL, more).await;
        tick(app, "2024-03-20T09:00").await;
        app.at("2024-03-25T09:00");
        came(app, session, app.person_id("KJ001").await, AttendanceStatus::Present).await;
        tick(app, "2024-03-25T09:00").await;
        app.at("2024-03-25T09:40");
        came(app, session, app.person_id("KJ002").await, AttendanceStatus::Late).await;
        tick(app, "2024-03-25T10:39").await;
        assert!(rows(app).await.iter().all(|row| row.kind == MessageKind::Invitation), "somebody may be at it");
        tick(app, "2024-03-25T10:40").await;
        assert_eq!(sent(app, MessageKind::MakeUp).await, ["kj003", "kj004"]);
        assert_eq!(sent(app, MessageKind::Thanks).await, ["kj001", "kj002"]);
    }

    async fn the_public_gets_materials_and_no_thanks_for_nobody_knows_who_came(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let more = json!({"after": ["thanks", "materials"]});
        let (event, session) = publish(app, "e", TIMES, &["public", "staff:KJ001"], more).await;
        app.patch(&format!("/api/v1/events/{event}"), &token, json!({"registration": "open"})).await.expect(200);
        for name in ["anna", "kj002"] {
            let email = format!("{name}@example.test");
            Browser::new(app).post("/register/e", &[("name", name), ("email", &email), ("body", "")]).await.expect(200);
        }
        tick(app, "2024-03-20T09:00").await;
        for number in ["KJ001", "KJ002"] {
            came(app, session, app.person_id(number).await, AttendanceStatus::Present).await;
        }
        add_material(app, event, "讲义").await;
        tick(app, "2024-03-21T11:00").await;
        assert_eq!(sent(app, MessageKind::Thanks).await, ["kj001", "kj002"], "once, as one of the staff");
        assert_eq!(sent(app, MessageKind::Materials).await, ["anna", "kj001", "kj002", "kj002"]);
    }

    async fn once_all_is_said_nothing_more_is_read_of_it(app: &TestApp) {
        app.world().await;
        let (event, session) = publish(app, "e", TIMES, &ALL, json!({"after": ["materials"]})).await;
        came(app, session, app.person_id("KJ001").await, AttendanceStatus::Present).await;
        add_material(app, event, "讲义").await;
        tick(app, "2024-03-21T11:00").await;
        assert_eq!(sent(app, MessageKind::Materials).await.len(), 4);
        app.statements();
        tick(app, "2024-03-21T11:01").await;
        assert!(app.statements().iter().all(|sql| !sql.contains("\"material\"")), "nobody put a name down");
    }

    async fn what_is_turned_on_later_says_nothing_of_the_past(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, session) = publish(app, "e", TIMES, &ALL, json!({"after": []})).await;
        let (other, ahead) = publish(app, "ahead", ("2024-03-22T09:00", "2024-03-22T10:00"), &ALL, json!({"after": []})).await;
        tick(app, "2024-03-20T09:00").await;
        came(app, session, app.person_id("KJ001").await, AttendanceStatus::Present).await;
        tick(app, "2024-03-21T12:00").await;
        for event in [event, other] {
            let answer = app.patch(&format!("/api/v1/events/{event}"), &token, json!({"after": ["thanks"], "remind_whom": "unanswered"})).await.expect(200).json();
            assert_eq!((&answer["after"], &answer["remind_whom"]), (&json!(["thanks"]), &json!("unanswered")));
        }
        tick(app, "2024-03-22T09:00").await;
        came(app, ahead, app.person_id("KJ001").await, AttendanceStatus::Present).await;
        tick(app, "2024-03-23T10:00").await;
        let thanks: Vec<_> = rows(app).await.into_iter().filter(|row| row.kind == MessageKind::Thanks).collect();
        assert_eq!(thanks.len(), 1);
        assert_eq!(thanks[0].event_id, Some(EventId(other)));
        app.patch(&format!("/api/v1/events/{event}"), &token, json!({"after": ["applause"]})).await.problem(422, "invalid");
        app.patch(&format!("/api/v1/events/{event}"), &token, json!({"remind_whom": "nobody"})).await.expect(422);
    }

    async fn a_week_later_or_of_what_was_cancelled_or_imported_nothing_is_mailed(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let more = || json!({"after": ["thanks"]});
        let (_, late) = publish(app, "late", ("2024-03-13T09:00", "2024-03-13T10:00"), &ALL, more()).await;
        let (_, off) = publish(app, "off", TIMES, &ALL, more()).await;
        let (quiet, imported) = publish(app, "quiet", TIMES, &ALL, more()).await;
        event::Entity::update_many()
            .col_expr(event::Column::Mails, Expr::value(false))
            .filter(event::Column::Id.eq(quiet))
            .exec(app.db.write()).await.unwrap();
        app.post(&format!("/api/v1/sessions/{off}/cancel"), &token, json!({})).await.expect(200);
        for session in [late, off, imported] {
            came(app, session, app.person_id("KJ001").await, AttendanceStatus::Present).await;
        }
        tick(app, "2024-03-21T12:00").await;
        assert!(sent(app, MessageKind::Thanks).await.is_empty());
        assert!(reminder_run::Entity::find().all(app.db.read()).await.unwrap().iter().all(|run| !run.what.starts_with("after")));
    }
}

/// Without what differs from run to run: the signed link at the foot.
fn link_free(text: &str) -> String {
    text.lines().filter(|line| !line.contains("/reminders/")).collect::<Vec<_>>().join("\n")
}
