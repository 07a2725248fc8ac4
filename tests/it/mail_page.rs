//! The desk of mail: what stands where, what did not get through and is sent again, and in whose name mail goes out.

use entity::id::OutboxId;
use entity::outbox::{self, Column, Model as Row};
use entity::state::{MessageState, Role, Scope};
use entity::{audit, mail_sender};
use pufa::outbox::trouble::{Word, mark, of_addresses};
use pufa::outbox::{Outcome, Patience, Settled, claim, settle};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use crate::directory::desk;
use crate::harness::TestApp;
use crate::mail::{calendar_of, deliver, mail_of, parse, publish, rows};

/// An address that takes no mail, as its server said.
async fn refuse(app: &TestApp, address: &str) {
    let word = Word { permanent: true, status: "5.1.1".into(), reason: "550 5.1.1 no such mailbox".into() };
    mark(app.db.write(), address, &word, app.now()).await.unwrap();
}

async fn row(app: &TestApp, id: OutboxId) -> Row {
    outbox::Entity::find_by_id(id).one(app.db.read()).await.unwrap().unwrap()
}

/// Two of an event's three mails did not get through; gives the event and the rows, the dead ones first.
async fn two_dead(app: &TestApp) -> (i64, Vec<Row>) {
    app.world().await;
    let token = app.token("GQ-KJ", Scope::Manage).await;
    let (event, _) = publish(app, &token, "e", "2024-03-20", &["staff:KJ001", "staff:KJ002", "staff:KJ003"]).await;
    refuse(app, "kj001@example.test").await;
    refuse(app, "kj002@example.test").await;
    deliver(app).await;
    let mut found = rows(app).await;
    found.sort_by_key(|row| (row.state != MessageState::Dead, row.address.clone()));
    assert_eq!(found.iter().filter(|row| row.state == MessageState::Dead).count(), 2);
    (event, found)
}

journeys! {
    async fn a_dead_message_is_sent_again_as_itself(app: &TestApp) {
        let (event, found) = two_dead(app).await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let listed = app.get(&format!("/api/v1/events/{event}/messages"), &token).await.expect(200).json();
        let dead: Vec<&Value> =
            listed["items"].as_array().unwrap().iter().filter(|item| item["state"] == "dead").collect();
        assert_eq!(dead.len(), 2);
        assert!(dead.iter().all(|item| item["answer"].as_str().unwrap().contains("550 5.1.1 no such mailbox")));
        let path = format!("/api/v1/messages/{}/send-again", found[0].id);

        // Whoever is not above the host does not know of it; whoever only reads may not.
        let elsewhere = app.token("GQ-SF", Scope::Manage).await;
        app.post(&path, &elsewhere, json!({})).await.problem(404, "not-found");
        let reader = app.token("GQ-KJ", Scope::Read).await;
        app.post(&path, &reader, json!({})).await.problem(403, "forbidden");
        app.post("/api/v1/messages/999999/send-again", &token, json!({})).await.problem(404, "not-found");
        app.post("/api/v1/messages/abc/send-again", &token, json!({})).await.problem(404, "not-found");
        let sent = format!("/api/v1/messages/{}/send-again", found[2].id);
        app.post(&sent, &token, json!({})).await.problem(409, "wrong-state");
        assert_eq!(row(app, found[0].id).await, found[0], "nothing has changed");

        app.at("2024-03-13T09:00");
        let again = app.post(&path, &token, json!({})).await.expect(200).json();
        assert_eq!((again["state"].as_str(), again["attempts"].as_i64()), (Some("queued"), Some(0)));
        app.post(&path, &token, json!({})).await.problem(409, "wrong-state");
        let troubles = of_addresses(app.db.read(), ["kj001@example.test", "kj002@example.test"]).await.unwrap();
        assert_eq!(troubles.keys().collect::<Vec<_>>(), ["kj002@example.test"], "only the one is forgotten");
        deliver(app).await;
        let after = row(app, found[0].id).await;
        assert_eq!((after.state, after.attempts), (MessageState::Sent, 1));
        let raw = mail_of(app, &after);
        let id = format!("{}@example.test", found[0].message_id);
        assert_eq!(parse(&raw).message_id(), Some(id.as_str()));
        assert_eq!(row(app, found[1].id).await.state, MessageState::Dead);
        let deeds = audit::Entity::find().filter(audit::Column::Action.eq("message.send_again"));
        assert_eq!(deeds.count(app.db.read()).await.unwrap(), 1);
    }

    async fn the_page_lists_the_dead_in_scope_and_sends_all_of_an_event_again(app: &TestApp) {
        let (event, found) = two_dead(app).await;
        let organiser = desk(app, "GQ-KJ", Role::Organizer).await;
        let page = organiser.get("/mail").await.expect(200).text();
        assert!(page.contains("干部KJ1") && page.contains("kj002@example.test") && page.contains("550 5.1.1 no such mailbox"));
        assert!(!page.contains("kj003@example.test"), "what got through is not among the dead");
        assert!(page.contains("重发 2 封"));
        let found_one = organiser.get("/mail?q=kj001&state=dead").await.expect(200).text();
        assert!(found_one.contains("kj001@example.test") && !found_one.contains("kj002@example.test"));
        for odd in ["/mail?q=%25", "/mail?state=nonsense&kind=nonsense&page=-3", "/mail?page=99999999"] {
            organiser.get(odd).await.expect(200);
        }
        assert!(!organiser.get("/mail?q=%25").await.text().contains("kj001@example.test"), "a sign, not a pattern");
        organiser.get("/mail?event=999999").await.expect(404);
        let of_event = organiser.get(&format!("/mail?event={event}")).await.expect(200).text();
        assert!(of_event.contains("kj003@example.test"));
        let event_page = organiser.get(&format!("/events/{event}")).await.expect(200).text();
        assert!(event_page.contains(&format!("/mail/{}/again", found[0].id)) && event_page.contains("重发 2 封"));

        let elsewhere = desk(app, "GQ-SF", Role::Organizer).await;
        let theirs = elsewhere.get("/mail?state=all").await.expect(200).text();
        assert!(!theirs.contains("kj001@example.test") && !theirs.contains("三级联合学法"));
        elsewhere.get(&format!("/mail?event={event}")).await.expect(404);
        elsewhere.post(&format!("/mail/{}/again", found[0].id), &[]).await.expect(404);
        elsewhere.post(&format!("/events/{event}/mail/again"), &[]).await.expect(404);
        let viewer = desk(app, "GQ-KJ", Role::Viewer).await;
        viewer.get("/mail").await.expect(403);
        let forged = organiser.post(&format!("/events/{event}/mail/again"), &[("csrf", "x")]).await;
        forged.expect(403);
        assert_eq!(row(app, found[0].id).await.state, MessageState::Dead);

        let next = format!("/mail?event={event}");
        let done = organiser.post(&format!("/events/{event}/mail/again"), &[("next", &next)]).await.expect(303);
        assert_eq!(done.header("location"), format!("/mail?event={event}&done=again&n=2"));
        let told = organiser.get(done.header("location")).await.expect(200).text();
        assert!(told.contains("2 封已重新排队。"));
        let again = organiser.post(&format!("/events/{event}/mail/again"), &[("next", "//evil.test")]).await.expect(303);
        assert_eq!(again.header("location"), "/mail?done=again&n=0", "nothing is left, and no other site is gone to");
        deliver(app).await;
        assert!(rows(app).await.iter().all(|row| row.state == MessageState::Sent));
        let page = organiser.get("/mail").await.expect(200).text();
        assert!(page.contains("没有未送达的邮件。"));
        let event_page = organiser.get(&format!("/events/{event}")).await.expect(200).text();
        assert!(event_page.contains("重发未送达的邮件"), "the event's history says so");
    }

    async fn a_mass_mail_shows_how_far_it_is(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let (event, _) = publish(app, &token, "e", "2024-03-20", &["org:GQ"]).await;
        let organiser = desk(app, "GQ-KJ", Role::Organizer).await;
        let running = format!("/mail/running?event={event}");
        // The templates write a slash as a reference.
        let far = async |path: &str| organiser.get(path).await.expect(200).text().replace("&#x2f;", "/");
        assert!(far(&running).await.contains("0 / 9 封"));
        let now = app.now();
        let claimed = claim(app.db.write(), "one", 6, now).await.unwrap();
        let outcome = |n: usize| match n {
            0..4 => Outcome::Sent("250 ok".into()),
            4 => Outcome::Dead("550 no such mailbox".into()),
            _ => Outcome::Failed("451 later".into()),
        };
        let settled: Vec<_> =
            claimed.iter().enumerate().map(|(n, row)| Settled::new(row, outcome(n), 0.0, now)).collect();
        let patience = Patience { retry_after: chrono::TimeDelta::seconds(60), max_attempts: 9 };
        settle(app.db.write(), "one", &settled, patience).await.unwrap();
        let part = organiser.get(&running).await.expect(200).text();
        assert!(part.contains("共 9 封：已发出 4，将重试 1，未送达 1"), "{part}");
        assert!(part.contains("data-running"), "it goes on");
        for page in ["/mail", &format!("/events/{event}")] {
            assert!(far(page).await.contains("4 / 9 封"), "{page}");
        }
        app.at("2024-03-12T08:05");
        assert!(organiser.get("/mail").await.expect(200).text().contains("最早一封已等 5 分钟"));
        deliver(app).await;
        let after = organiser.get(&running).await.expect(200).text();
        assert!(!after.contains("data-running") && after.contains("现在没有正在发送的邮件"));
        assert!(organiser.get("/mail").await.expect(200).text().contains("没有等待发出的邮件"));
        let elsewhere = desk(app, "GQ-SF", Role::Organizer).await;
        assert!(!elsewhere.get(&running).await.expect(200).text().contains("封"), "nothing of others' events");
    }

    async fn an_organisation_sends_in_its_own_name(app: &TestApp) {
        app.world().await;
        let county = desk(app, "GQ", Role::Admin).await;
        county.get("/mail/senders").await.expect(200);
        let send = |org: &'static str, name: &'static str, address: &'static str| {
            [("org_code", org), ("name", name), ("address", address)]
        };
        for (bad, field) in [
            (send("GQ-KJ", "科技局", "pufa@localhost"), "address"),
            (send("GQ-KJ", "科技局", "干部@example.test"), "address"),
            (send("GQ-KJ", "科技局", "a@example.test\r\nBcc: b@example.test"), "address"),
            (send("GQ-KJ", "科技局\r\nBcc: b@example.test", "a@example.test"), "name"),
            (send("ZB-KJ", "科技局", "a@example.test"), "org_code"),
            (send("NOWHERE", "科技局", "a@example.test"), "org_code"),
        ] {
            let page = county.post("/mail/senders", &bad).await.expect(422).text();
            assert!(page.contains(&format!("id=\"e-{field}\"")), "{field}");
            assert!(page.contains("科技局"), "what was typed stays");
        }
        assert_eq!(mail_sender::Entity::find().count(app.db.read()).await.unwrap(), 0);
        county.post("/mail/senders", &send("GQ", "高青县普法", "pufa@gq.example.test")).await.expect(303);
        county.post("/mail/senders", &send("GQ-SF", "司法局", "old@sf.example.test")).await.expect(303);
        county.post("/mail/senders", &send("GQ-SF", "司法局", "pufa@sf.example.test")).await.expect(303);
        assert_eq!(mail_sender::Entity::find().count(app.db.read()).await.unwrap(), 2, "the later one stands");
        let page = county.get("/mail/senders?org=GQ-SF&done=set").await.expect(200).text();
        assert!(page.contains("pufa@sf.example.test") && !page.contains("old@sf.example.test"));
        let bureau = desk(app, "GQ-KJ", Role::Organizer).await;
        let page = bureau.get("/mail/senders").await.expect(200).text();
        assert!(page.contains("pufa@gq.example.test") && !page.contains("pufa@sf.example.test"), "what holds for it");
        bureau.post("/mail/senders", &send("GQ", "x", "x@example.test")).await.expect(422);
        bureau.post("/mail/senders/remove", &[("org_code", "GQ")]).await.expect(404);

        // The bureau has none of its own: that of the county is its too.
        let token = app.token("GQ", Scope::Manage).await;
        let from = async |key: &str| {
            publish(app, &token, key, "2024-03-20", &["staff:KJ001"]).await;
            deliver(app).await;
            let row = rows(app).await.pop().unwrap();
            assert_eq!(row.state, MessageState::Sent);
            let raw = mail_of(app, &row);
            let mail = parse(&raw);
            let from = mail.from().unwrap().first().unwrap();
            let calendar = calendar_of(&mail).unwrap().replace("\r\n ", "");
            let organizer = calendar.lines().find(|line| line.starts_with("ORGANIZER")).unwrap().to_owned();
            let site = format!("{}@example.test", row.message_id);
            assert_eq!(mail.message_id(), Some(site.as_str()), "the site's own domain");
            (from.name().unwrap().to_owned(), from.address().unwrap().to_owned(), organizer)
        };
        let (name, address, organizer) = from("one").await;
        assert_eq!((name.as_str(), address.as_str()), ("高青县普法", "pufa@gq.example.test"));
        assert!(organizer.ends_with("mailto:pufa@gq.example.test") && organizer.contains("县科技局"), "{organizer}");
        county.post("/mail/senders/remove", &[("org_code", "GQ")]).await.expect(303);
        let (name, address, organizer) = from("two").await;
        assert_eq!((name.as_str(), address.as_str()), ("普法（县科技局）", "pufa@example.test"));
        assert!(organizer.ends_with("mailto:pufa@example.test"), "{organizer}");
        county.post("/mail/senders/remove", &[("org_code", "GQ")]).await.expect(404);
        let deeds = audit::Entity::find().filter(audit::Column::Action.starts_with("mail_sender."));
        assert_eq!(deeds.count(app.db.read()).await.unwrap(), 4);
    }

    async fn a_sign_in_link_is_not_sent_again(app: &TestApp) {
        app.world().await;
        let tx = app.db.begin().await.unwrap();
        pufa::access::sign_in::mail_link(&tx, "KJ001@example.test", &app.config.access, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        app.at("2024-03-12T12:00");
        deliver(app).await;
        let dead = rows(app).await.pop().unwrap();
        assert_eq!(dead.state, MessageState::Dead, "it came too late");
        let token = app.token("GQ-KJ", Scope::Manage).await;
        app.post(&format!("/api/v1/messages/{}/send-again", dead.id), &token, json!({})).await.problem(409, "wrong-state");
        let page = desk(app, "GQ-KJ", Role::Organizer).await.get("/mail").await.expect(200).text();
        assert!(page.contains("kj001@example.test") && !page.contains("/again\""));
        let kept = outbox::Entity::find().filter(Column::State.eq(MessageState::Queued)).count(app.db.read()).await;
        assert_eq!(kept.unwrap(), 0);
    }
}
