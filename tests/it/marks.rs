//! What stands beside a person: that mail to them comes back, and what they answered.

use entity::id::SessionId;
use entity::state::{AnswerStatus, AnswerVia, Role, Scope};
use entity::{mail_trouble, session};
use pufa::outbox::trouble::{Word, mark};
use pufa::scheduling::answer::{Given, Taken, give};
use sea_orm::EntityTrait;
use serde_json::json;

use crate::directory::desk;
use crate::harness::{Browser, TestApp};

/// What a server said of an address.
async fn returned(app: &TestApp, address: &str, permanent: bool, reason: &str) {
    let status = if permanent { "5.1.1" } else { "4.4.1" };
    let word = Word { permanent, status: status.to_owned(), reason: reason.to_owned() };
    mark(app.db.write(), address, &word, app.now()).await.unwrap();
}

async fn says(app: &TestApp, staff_no: &str, session: &str, status: AnswerStatus) {
    let tx = app.db.begin().await.unwrap();
    let session = session::Entity::find_by_id(SessionId(session.parse().unwrap())).one(&tx).await.unwrap().unwrap();
    let person = app.person_id(staff_no).await;
    let given =
        Given { person, status, comment: String::new(), sequence: None, stamp: None, via: AnswerVia::Page, by: None };
    assert_eq!(give(&tx, &[session], &given, app.now()).await.unwrap(), [Taken::Stands]);
    tx.commit().await.unwrap();
}

async fn marked(app: &TestApp) -> Vec<String> {
    let rows = mail_trouble::Entity::find().all(app.db.read()).await.unwrap();
    rows.into_iter().map(|row| row.address).collect()
}

/// The cells of the row of a table that has that text in it.
fn row<'a>(html: &'a str, text: &str) -> &'a str {
    let rows = html.split("<tr>").filter(|row| row.contains(text));
    rows.map(|row| row.split("</tr>").next().unwrap()).next().unwrap_or_else(|| panic!("no row of {text}"))
}

journeys! {
    async fn a_person_whose_mail_comes_back_is_marked_until_somebody_says_that_it_arrives(app: &TestApp) {
        app.world().await;
        app.at("2024-03-12T09:00");
        let id = app.person_id("KJ001").await;
        let (page, path) = (format!("/people/{id}"), format!("/people/{id}/mail/trouble"));
        let own = desk(app, "GQ-KJ", Role::Organizer).await;
        assert!(!own.get(&page).await.expect(200).text().contains("退信"));
        returned(app, "kj001@example.test", false, "4.4.1 <b>mailbox</b> busy").await;
        assert!(own.get(&page).await.expect(200).text().contains("发到 kj001@example.test 的邮件暂时被退回"));
        app.at("2024-03-13T10:30");
        returned(app, "KJ001@example.test", true, "550 <b>no such</b> mailbox").await;
        returned(app, "sf001@example.test", true, "550 gone").await;
        let html = own.get(&page).await.expect(200).text();
        for says in ["不再向此地址发信", "5.1.1", "550 &lt;b&gt;no such&lt;&#x2f;b&gt; mailbox", "退信 2 次，从 3月12日 09:00 起，最近一次 3月13日 10:30", &path] {
            assert!(html.contains(says), "{says}: {html}");
        }

        // Who may only look sees it and cannot take it away; nor can who does not see the person.
        let viewer = desk(app, "GQ-KJ", Role::Viewer).await;
        let html = viewer.get(&page).await.expect(200).text();
        assert!(html.contains("550") && !html.contains(&path));
        viewer.post(&path, &[("address", "kj001@example.test")]).await.expect(403);
        let stranger = Browser::new(app).post(&path, &[("address", "kj001@example.test")]).await;
        assert!(matches!(stranger.status.as_u16(), 303 | 401 | 403), "{}", stranger.status);
        desk(app, "GQ-SF", Role::Organizer).await.post(&path, &[("address", "kj001@example.test")]).await.expect(404);
        own.post(&path, &[("address", "kj001@example.test"), ("csrf", "wrong")]).await.expect(403);
        // Another's address is not taken for theirs, nor one that they have no more.
        own.post(&path, &[("address", "sf001@example.test")]).await.expect(404);
        own.post(&path, &[]).await.expect(404);
        assert_eq!(marked(app).await, ["kj001@example.test", "sf001@example.test"]);

        let done = own.post(&path, &[("address", "kj001@example.test")]).await.expect(303);
        let html = own.get(done.header("location")).await.expect(200).text();
        assert!(html.contains("已解除标记") && html.contains("解除退信标记") && !html.contains("550"), "{html}");
        own.post(&path, &[("address", "kj001@example.test")]).await.expect(404);
        assert_eq!(marked(app).await, ["sf001@example.test"]);
    }

    async fn each_line_of_a_roster_says_what_was_answered(app: &TestApp) {
        app.world().await;
        app.at("2024-03-12T09:00");
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let body = json!({"key": "e", "kind": "lecture", "title": "专题讲座", "org_code": "GQ-KJ", "audience": ["org:GQ-KJ"],
            "required": true, "sessions": [
                {"key": "e-1", "starts_at": "2024-03-15T09:00", "ends_at": "2024-03-15T11:00"},
                {"key": "e-2", "starts_at": "2024-03-22T09:00", "ends_at": "2024-03-22T11:00"}]});
        let made = app.post("/api/v1/events", &token, body).await.expect(201).json();
        let event = made["id"].as_str().unwrap();
        let ids: Vec<&str> = made["sessions"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
        app.post(&format!("/api/v1/events/{event}/publish"), &token, json!({"override": "测试"})).await.expect(200);
        let own = desk(app, "GQ-KJ", Role::Organizer).await;
        let page = |session: &str| format!("/events/{event}?session={session}");
        assert!(!own.get(&page(ids[0])).await.expect(200).text().contains("<th scope=\"col\" class=\"opt\">答复</th>"));

        for (staff_no, say) in [("KJ001", AnswerStatus::Declined), ("KJ002", AnswerStatus::Tentative)] {
            says(app, staff_no, ids[0], say).await;
        }
        let html = own.get(&page(ids[0])).await.expect(200).text();
        assert!(html.contains("<th scope=\"col\" class=\"opt\">答复</th>"));
        assert!(row(&html, "KJ001").contains("不参加") && row(&html, "KJ002").contains("暂定"));
        assert!(row(&html, "KJ003").contains("未答复"), "{}", row(&html, "KJ003"));
        let other = own.get(&page(ids[1])).await.expect(200).text();
        assert!(!row(&other, "KJ001").contains("不参加"), "an answer is to one session");
        let door = own.get(&format!("/sessions/{}/check-in", ids[0])).await.expect(200).text();
        assert!(door.contains("不参加") && door.contains("暂定"));

        // A new time clears what was said to the old one.
        let moved = json!({"starts_at": "2024-03-18T09:00", "ends_at": "2024-03-18T11:00"});
        app.patch(&format!("/api/v1/sessions/{}", ids[0]), &token, moved).await.expect(200);
        let html = own.get(&page(ids[0])).await.expect(200).text();
        assert!(!row(&html, "KJ001").contains("不参加"));
    }
}
