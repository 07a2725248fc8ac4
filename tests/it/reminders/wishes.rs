//! Saying how one wants to be reminded.

use entity::mail_preference;
use entity::state::{MessageKind, ReminderWish, Role};
use sea_orm::EntityTrait;
use serde_json::json;

use super::{publish, rows, sent, tick};
use crate::harness::{Browser, TestApp};
use crate::pages::{desk, staff};

async fn kept(app: &TestApp, staff_no: &str) -> Option<(ReminderWish, Option<String>)> {
    let id = app.person_id(staff_no).await;
    let row = mail_preference::Entity::find_by_id(id).one(app.db.read()).await.unwrap();
    row.map(|row| (row.reminders, row.quiet))
}

/// The link at the foot of the first reminder, as a path.
async fn link(app: &TestApp) -> String {
    let row = rows(app).await.into_iter().find(|row| row.kind == MessageKind::Reminder).unwrap();
    let raw = std::fs::read(app.folder.path().join("mail").join(row.answer.unwrap())).unwrap();
    let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
    let header = mail.header_raw("List-Unsubscribe").unwrap().trim().to_owned();
    assert_eq!(mail.header_raw("List-Unsubscribe-Post").unwrap().trim(), "List-Unsubscribe=One-Click");
    let url = header.trim_matches(['<', '>']).to_owned();
    assert!(mail.body_text(0).unwrap().contains(&url) && mail.body_html(0).unwrap().contains(&url));
    url.strip_prefix("http://pufa.example.test").unwrap().to_owned()
}

journeys! {
    async fn on_ones_own_page(app: &TestApp) {
        app.world().await;
        let browser = staff(app, "kj001@example.test").await;
        let page = browser.get("/my").await.expect(200).text();
        assert!(page.contains("我的提醒") && page.contains("按单位的设置（21:30–07:00）") && page.contains("每天 07:30 一封汇总"));
        browser.post("/my/reminders", &[("reminders", "digest"), ("quiet", "own"), ("from", "20:00"), ("to", "08:00")]).await.expect(303);
        assert_eq!(kept(app, "KJ001").await, Some((ReminderWish::Digest, Some("20:00-08:00".to_owned()))));
        let page = browser.get("/my?done=reminders").await.expect(200).text();
        assert!(page.contains("已保存提醒方式") && page.contains("value=\"20:00\""));
        browser.post("/my/reminders", &[("reminders", "each"), ("quiet", "never")]).await.expect(303);
        assert_eq!(kept(app, "KJ001").await, Some((ReminderWish::Each, Some(String::new()))));
        browser.post("/my/reminders", &[("reminders", "off"), ("quiet", "house")]).await.expect(303);
        assert_eq!(kept(app, "KJ001").await, Some((ReminderWish::Off, None)));
        // What is wrong is said beside it, and kept as typed.
        for (from, to) in [("20:00", "20:00"), ("", ""), ("25:00", "07:00"), ("20:00", "x")] {
            let wrong = browser.post("/my/reminders", &[("reminders", "each"), ("quiet", "own"), ("from", from), ("to", to)]).await.expect(422).text();
            assert!(wrong.contains("请填两个不同的时间") && wrong.contains(&format!("value=\"{from}\"")));
        }
        browser.post("/my/reminders", &[("reminders", "sometimes"), ("quiet", "house")]).await.expect(422);
        browser.post("/my/reminders", &[("reminders", "each"), ("quiet", "house"), ("csrf", "x")]).await.expect(403);
        assert_eq!(kept(app, "KJ001").await, Some((ReminderWish::Off, None)));
        // An account that is nobody of the staff has nothing to be reminded of.
        let desk = desk(app, "GQ-KJ", Role::Organizer).await;
        desk.get("/my/reminders").await.expect(403);
        Browser::new(app).get("/my/reminders").await.expect(303);
    }

    async fn by_the_link_at_the_foot_of_a_mail(app: &TestApp) {
        app.world().await;
        publish(app, "e", ("2024-03-20T09:00", "2024-03-20T10:00"), &["staff:KJ001"], json!({})).await;
        tick(app, "2024-03-17T09:00").await;
        let path = link(app).await;
        let stranger = Browser::new(app);
        // What scans mail follows the link, and changes nothing.
        let page = stranger.get(&path).await.expect(200);
        assert!(page.text().contains("我的提醒"));
        assert_eq!(kept(app, "KJ001").await, None);
        // A mail program's one click.
        let one_click = stranger.post_form(&path, "application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click".to_vec());
        one_click.await.expect(200);
        assert_eq!(kept(app, "KJ001").await, Some((ReminderWish::Off, None)));
        tick(app, "2024-03-20T08:00").await;
        assert_eq!(sent(app, MessageKind::Reminder).await, ["kj001"], "the one that brought the link");
        // And back, by the page's own form.
        let page = stranger.post(&path, &[("reminders", "digest")]).await.expect(200).text();
        assert!(page.contains("每天 07:30 一封汇总"));
        assert_eq!(kept(app, "KJ001").await, Some((ReminderWish::Digest, None)));
        stranger.post(&path, &[("reminders", "x")]).await.expect(422);
        stranger.post(&path, &[]).await.expect(422);
        // Nobody else's, and no other text.
        let (id, code) = path.strip_prefix("/reminders/").unwrap().split_once('.').unwrap();
        let other = app.person_id("KJ002").await;
        for wrong in [format!("{other}.{code}"), format!("{id}."), id.to_owned(), "x.y".to_owned(), format!("{id}.{}", "0".repeat(32))] {
            stranger.get(&format!("/reminders/{wrong}")).await.expect(404);
            stranger.post(&format!("/reminders/{wrong}"), &[("reminders", "off")]).await.expect(404);
        }
        assert_eq!(kept(app, "KJ002").await, None);
    }
}
