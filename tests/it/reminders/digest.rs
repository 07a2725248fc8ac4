//! One mail a morning instead of single reminders.

use entity::state::{AnswerStatus, MessageKind, MessageState, ReminderWish, Scope};
use serde_json::json;

use super::due::answer;
use super::{deliver, publish, rows, sent, tick, wish, write};
use crate::harness::TestApp;
use crate::pages::staff;

async fn texts(app: &TestApp) -> Vec<String> {
    let mut found = Vec::new();
    for row in rows(app).await {
        if row.kind == MessageKind::Digest && row.state == MessageState::Sent {
            let raw = std::fs::read(app.folder.path().join("mail").join(row.answer.unwrap())).unwrap();
            let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
            assert!(mail.header_raw("List-Unsubscribe").unwrap().contains("/reminders/"));
            let text = mail.body_text(0).unwrap();
            let lines: Vec<_> = text.lines().filter(|line| !line.contains("/reminders/")).collect();
            found.push(format!("{}\n\n{}", mail.subject().unwrap(), lines.join("\n")));
        }
    }
    found
}

journeys! {
    async fn tells_of_today_tomorrow_and_what_reminders_would_have_said(app: &TestApp) {
        app.world().await;
        wish(app, "KJ001", ReminderWish::Digest, None).await;
        let me = ["staff:KJ001", "staff:KJ002"];
        publish(app, "a", ("2024-03-20T14:00", "2024-03-20T15:00"), &me, json!({})).await;
        publish(app, "b", ("2024-03-21T09:00", "2024-03-21T10:00"), &me, json!({})).await;
        // Its reminder of three days before falls between the digests of the 19th and the 20th.
        publish(app, "c", ("2024-03-22T16:00", "2024-03-22T17:00"), &me, json!({})).await;
        publish(app, "d", ("2024-03-29T16:00", "2024-03-29T17:00"), &me, json!({})).await;
        let (_, declined) = publish(app, "x", ("2024-03-20T10:00", "2024-03-20T11:00"), &me, json!({})).await;
        answer(app, declined, app.person_id("KJ001").await, AnswerStatus::Declined, None).await;
        tick(app, "2024-03-19T07:30").await;
        tick(app, "2024-03-19T16:00").await;
        assert_eq!(sent(app, MessageKind::Digest).await, ["kj001"], "tomorrow there is something");
        tick(app, "2024-03-20T07:29").await;
        assert_eq!(sent(app, MessageKind::Digest).await.len(), 1);
        for at in ["2024-03-20T07:30", "2024-03-20T07:31", "2024-03-20T09:00", "2024-03-20T13:00", "2024-03-20T14:30"] {
            tick(app, at).await;
        }
        assert_eq!(sent(app, MessageKind::Digest).await, ["kj001", "kj001"], "one a day");
        assert!(sent(app, MessageKind::Reminder).await.iter().all(|to| to == "kj002"));
        insta::assert_snapshot!("digest", texts(app).await.pop().unwrap());
    }

    async fn whole_days_are_told_on_their_morning_too(app: &TestApp) {
        app.world().await;
        wish(app, "KJ001", ReminderWish::Digest, None).await;
        publish(app, "day", ("2024-03-20", "2024-03-20"), &["staff:KJ001"], json!({})).await;
        tick(app, "2024-03-19T07:30").await;
        tick(app, "2024-03-20T07:30").await;
        assert_eq!(sent(app, MessageKind::Digest).await.len(), 2);
        assert!(texts(app).await[1].contains("今天 全天"), "{:?}", texts(app).await);
        // It is over, and of what lasts on nothing is said again.
        publish(app, "days", ("2024-03-21", "2024-03-22"), &["staff:KJ001"], json!({})).await;
        tick(app, "2024-03-21T07:30").await;
        tick(app, "2024-03-22T07:30").await;
        assert_eq!(sent(app, MessageKind::Digest).await.len(), 3);
    }

    async fn what_begins_before_the_first_digest_is_reminded_of_by_itself(app: &TestApp) {
        app.world().await;
        let more = || json!({"reminders": ["PT1H"]});
        for (key, start, end) in [("today", "20T16:00", "20T17:00"), ("dawn", "21T07:00", "21T08:00"), ("next", "21T09:00", "21T10:00")] {
            publish(app, key, (&format!("2024-03-{start}"), &format!("2024-03-{end}")), &["staff:KJ001"], more()).await;
        }
        app.at("2024-03-20T14:00");
        wish(app, "KJ001", ReminderWish::Digest, None).await;
        tick(app, "2024-03-20T15:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await.len(), 1);
        // Before the quiet hours, of the next day's first.
        tick(app, "2024-03-20T21:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await.len(), 2);
        tick(app, "2024-03-21T07:30").await;
        tick(app, "2024-03-21T08:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await.len(), 2);
        assert_eq!(sent(app, MessageKind::Digest).await, ["kj001"]);
        // From then on digests tell all.
        publish(app, "later", ("2024-03-21T18:00", "2024-03-21T19:00"), &["staff:KJ001"], more()).await;
        tick(app, "2024-03-21T17:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await.len(), 2);
    }

    async fn what_came_by_single_reminders_is_not_told_again(app: &TestApp) {
        app.world().await;
        let choose = async |at: &str, word: &str| {
            app.at(at);
            let browser = staff(app, "kj001@example.test").await;
            browser.get("/my").await.expect(200);
            browser.post("/my/reminders", &[("reminders", word), ("quiet", "house")]).await.expect(303);
        };
        publish(app, "e", ("2024-03-27T16:00", "2024-03-27T17:00"), &["staff:KJ001"], json!({"reminders": ["P8D", "P6D"]})).await;
        choose("2024-03-18T07:00", "digest").await;
        tick(app, "2024-03-18T07:30").await;
        choose("2024-03-18T14:00", "each").await;
        tick(app, "2024-03-19T16:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj001"]);
        choose("2024-03-19T17:00", "digest").await;
        tick(app, "2024-03-20T07:30").await;
        assert!(sent(app, MessageKind::Digest).await.is_empty(), "it was said");
        // Other hours change nothing of what was told.
        tick(app, "2024-03-21T07:30").await;
        choose("2024-03-21T17:00", "digest").await;
        tick(app, "2024-03-22T07:30").await;
        assert_eq!(sent(app, MessageKind::Digest).await, ["kj001"]);
        assert_eq!(sent(app, MessageKind::Reminder).await.len(), 1);
    }

    async fn nothing_to_tell_is_no_mail_and_a_day_off_waits_for_the_next_working_day(app: &TestApp) {
        app.world().await;
        wish(app, "KJ001", ReminderWish::Digest, None).await;
        // A Wednesday: its reminders of four and three days before fall on the weekend of 16 March.
        publish(app, "e", ("2024-03-20T09:00", "2024-03-20T10:00"), &["staff:KJ001"], json!({"reminders": ["P4D", "P3D"]})).await;
        tick(app, "2024-03-15T07:30").await;
        tick(app, "2024-03-16T10:00").await;
        tick(app, "2024-03-17T10:00").await;
        assert!(sent(app, MessageKind::Digest).await.is_empty());
        tick(app, "2024-03-18T07:30").await;
        assert_eq!(sent(app, MessageKind::Digest).await, ["kj001"]);
        // On a day off something that is that very day is told.
        publish(app, "sunday", ("2024-03-24T14:00", "2024-03-24T15:00"), &["staff:KJ001"], json!({})).await;
        tick(app, "2024-03-23T08:00").await;
        tick(app, "2024-03-24T08:00").await;
        assert_eq!(sent(app, MessageKind::Digest).await.len(), 3);
    }

    async fn what_was_called_off_since_is_left_out(app: &TestApp) {
        app.world().await;
        wish(app, "KJ001", ReminderWish::Digest, None).await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, one) = publish(app, "a", ("2024-03-20T14:00", "2024-03-20T15:00"), &["staff:KJ001"], json!({})).await;
        app.at("2024-03-20T07:30");
        let (first, second) = tokio::join!(write(app), write(app));
        assert_eq!(rows(app).await.iter().filter(|row| row.kind == MessageKind::Digest).count(), 1, "{first} {second}");
        app.post(&format!("/api/v1/sessions/{one}/cancel"), &token, json!({})).await.expect(200);
        deliver(app).await;
        assert!(sent(app, MessageKind::Digest).await.is_empty());
        let row = rows(app).await.into_iter().find(|row| row.kind == MessageKind::Digest).unwrap();
        assert_eq!(row.answer.as_deref(), Some("未发送：原有的安排都已取消或结束。"));
        // Too late for that morning: nothing.
        wish(app, "KJ002", ReminderWish::Digest, None).await;
        publish(app, "b", ("2024-03-20T18:00", "2024-03-20T19:00"), &["staff:KJ002"], json!({})).await;
        tick(app, "2024-03-20T14:00").await;
        assert!(sent(app, MessageKind::Digest).await.is_empty());
    }

    async fn own_quiet_hours_hold_the_digest(app: &TestApp) {
        app.world().await;
        wish(app, "KJ001", ReminderWish::Digest, Some("22:00-08:30")).await;
        publish(app, "a", ("2024-03-20T14:00", "2024-03-20T15:00"), &["staff:KJ001"], json!({})).await;
        tick(app, "2024-03-20T07:30").await;
        tick(app, "2024-03-20T08:29").await;
        assert!(sent(app, MessageKind::Digest).await.is_empty());
        tick(app, "2024-03-20T08:30").await;
        assert_eq!(sent(app, MessageKind::Digest).await, ["kj001"]);
    }
}
