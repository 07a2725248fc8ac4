//! Registration: the limit, the waiting list, what is mailed, who may, and what is kept of the public.

use std::collections::BTreeSet;

use entity::state::{MessageKind, MessageState, RegistrationStatus, Role, Scope};
use entity::{audit, outbox, registration};
use mail_parser::{MessageParser, MimeHeaders};
use pufa::jobs;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::harness::{Browser, TestApp};

/// An outreach event for the public on 18 March, 09:00 to 11:00, published, with a limit; its path in the API.
pub async fn fair(app: &TestApp, token: &str, key: &str, more: Value) -> String {
    let mut body = json!({
        "key": key, "kind": "lecture", "title": "开放日讲座", "org_code": "GQ-KJ", "location": "科技馆",
        "audience": ["public", "org:GQ-KJ"],
        "sessions": [{"key": format!("{key}-1"), "starts_at": "2024-03-18T09:00", "ends_at": "2024-03-18T11:00"}],
    });
    let terms: Vec<_> = ["capacity", "registration", "registration_closes_at"].into_iter().collect();
    let mut change = json!({"registration": "open"});
    for (name, value) in more.as_object().unwrap() {
        if terms.contains(&name.as_str()) { change[name] = value.clone() } else { body[name] = value.clone() }
    }
    let made = app.post("/api/v1/events", token, body).await.expect(201).json();
    let event = format!("/api/v1/events/{}", made["id"].as_str().unwrap());
    app.patch(&event, token, change).await.expect(200);
    app.post(&format!("{event}/publish"), token, json!({"override": "test"})).await.expect(200);
    event
}

async fn rows(app: &TestApp) -> Vec<registration::Model> {
    registration::Entity::find().order_by_asc(registration::Column::Id).all(app.db.read()).await.unwrap()
}

pub async fn states(app: &TestApp) -> Vec<(String, &'static str)> {
    rows(app).await.into_iter().map(|row| (row.name, row.status.as_str())).collect()
}

/// What was said to whom of registrations, in order.
async fn said(app: &TestApp) -> Vec<(String, String)> {
    let rows = outbox::Entity::find()
        .filter(outbox::Column::Kind.eq(MessageKind::Registration))
        .order_by_asc(outbox::Column::Id)
        .all(app.db.read())
        .await
        .unwrap();
    rows.into_iter()
        .map(|row| {
            let said =
                row.detail.map(|detail| detail["said"].as_str().unwrap_or_default().to_owned()).unwrap_or_default();
            (row.address.split('@').next().unwrap().to_owned(), said)
        })
        .collect()
}

pub async fn put_down(app: &TestApp, key: &str, name: &str) -> crate::harness::Answer {
    let email = format!("{name}@public.test");
    Browser::new(app).post(&format!("/register/{key}"), &[("name", name), ("email", &email), ("body", "")]).await
}

/// A page as a reader sees it: slashes are escaped in its source.
fn plain(answer: crate::harness::Answer) -> String {
    answer.text().replace("&#x2f;", "/")
}

struct Letter {
    subject: String,
    text: String,
    html: String,
    calendar: Option<String>,
    method: Option<String>,
    unsubscribe: Option<String>,
}

async fn letters(app: &TestApp, to: &str) -> Vec<Letter> {
    jobs::deliver(app, &CancellationToken::new()).await.unwrap();
    let rows = outbox::Entity::find()
        .filter(outbox::Column::Address.eq(to))
        .filter(outbox::Column::State.eq(MessageState::Sent))
        .order_by_asc(outbox::Column::Id)
        .all(app.db.read())
        .await
        .unwrap();
    rows.into_iter()
        .map(|row| {
            let raw = std::fs::read(app.folder.path().join("mail").join(row.answer.unwrap())).unwrap();
            let mail = MessageParser::default().parse(&raw).unwrap();
            let part = mail
                .parts
                .iter()
                .find(|part| part.content_type().is_some_and(|kind| kind.subtype() == Some("calendar")));
            Letter {
                subject: mail.subject().unwrap().to_owned(),
                text: mail.body_text(0).unwrap().into_owned(),
                html: mail.body_html(0).unwrap().into_owned(),
                calendar: part.map(|part| part.text_contents().unwrap().to_owned()),
                method: part.and_then(|part| part.content_type().unwrap().attribute("method").map(str::to_owned)),
                unsubscribe: mail.header_raw("List-Unsubscribe").map(|text| text.replace(['\r', '\n', ' '], "")),
            }
        })
        .collect()
}

async fn desk<'a>(app: &'a TestApp, org: &str, role: Role) -> Browser<'a> {
    let secret = app.account(&format!("{}-{role}@example.test", org.to_lowercase()), org, role).await;
    let browser = Browser::new(app);
    browser.get(&format!("/enter/{secret}")).await.expect(303);
    browser
}

async fn staff<'a>(app: &'a TestApp, staff_no: &str) -> Browser<'a> {
    let id = app.person_id(staff_no).await;
    let secret = pufa::access::sign_in::create_link(app.db.write(), None, Some(id), &app.config.access, app.now())
        .await
        .unwrap();
    let browser = Browser::new(app);
    browser.get(&format!("/enter/{secret}")).await.expect(303);
    browser
}

journeys! {
    async fn the_public_registers_waits_and_moves_up(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = fair(app, &token, "F1", json!({"capacity": 2})).await;
        let open = plain(Browser::new(app).get("/open").await.expect(200));
        assert!(open.contains("开放日讲座") && open.contains("还有 2 个名额") && open.contains("/register/F1"), "{open}");
        let form = Browser::new(app).get("/register/F1").await.expect(200).text();
        assert!(form.contains("30 天后自动删除"), "says how long it is kept");

        for name in ["a", "b"] {
            assert!(put_down(app, "F1", name).await.expect(200).text().contains("报名成功"));
        }
        for (name, place) in [("c", 1), ("d", 2), ("e", 3)] {
            let page = put_down(app, "F1", name).await.expect(200).text();
            assert!(page.contains(&format!("已列入候补，第 {place} 位")), "{page}");
        }
        // The same address again is the same registration, in any case of letters, and mails nothing within the hour.
        let again = Browser::new(app).post("/register/F1", &[("name", "x"), ("email", " D@Public.test ")]).await.expect(200);
        assert!(again.text().contains("第 2 位"));
        assert_eq!(rows(app).await.len(), 5);

        let mail = letters(app, "a@public.test").await.pop().unwrap();
        assert_eq!(mail.subject, "报名成功：开放日讲座，3月18日（周一）09:00");
        assert_eq!(mail.method.as_deref(), Some("REQUEST"));
        let calendar = mail.calendar.unwrap().replace("\r\n ", "");
        assert!(calendar.contains("METHOD:REQUEST") && calendar.contains("mailto:a@public.test"), "{calendar}");
        let secret = rows(app).await[0].secret.clone();
        let link = format!("http://pufa.example.test/registration/{secret}");
        assert!(mail.text.contains(&link) && mail.html.contains(&link) && mail.text.contains("a，你好"), "{}", mail.text);
        let mail = letters(app, "c@public.test").await.pop().unwrap();
        assert_eq!((mail.subject.as_str(), mail.calendar), ("已列入候补：开放日讲座，3月18日（周一）09:00", None));
        assert!(mail.text.contains("候补：第 1 位"), "{}", mail.text);

        // A look changes nothing, a press calls off; the first who waits moves up at once.
        let path = format!("/registration/{secret}");
        Browser::new(app).get(&path).await.expect(200);
        assert_eq!(rows(app).await[0].status, RegistrationStatus::Registered);
        assert!(Browser::new(app).post(&path, &[]).await.expect(200).text().contains("你的报名已取消"));
        Browser::new(app).post(&path, &[]).await.expect(200);
        let expected = [("a", "cancelled"), ("b", "registered"), ("c", "registered"), ("d", "waiting"), ("e", "waiting")];
        assert_eq!(states(app).await, expected.map(|(name, status)| (name.to_owned(), status)));
        assert_eq!(letters(app, "a@public.test").await.pop().unwrap().method.as_deref(), Some("CANCEL"));
        let up = letters(app, "c@public.test").await.pop().unwrap();
        assert_eq!((up.subject.as_str(), up.method.as_deref()), ("候补成功：开放日讲座，3月18日（周一）09:00", Some("REQUEST")));

        // More places.
        let changed = app.patch(&event, &token, json!({"capacity": 3})).await.expect(200).json();
        assert_eq!((&changed["capacity"], &changed["registration"]), (&json!(3), &json!("open")));
        app.patch(&event, &token, json!({"capacity": null})).await.expect(200);
        let waiting = registration::Entity::find().filter(registration::Column::Status.eq(RegistrationStatus::Waiting));
        assert_eq!(waiting.count(app.db.read()).await.unwrap(), 0);
        assert_eq!(said(app).await.iter().filter(|(_, said)| said == "moved_up").count(), 3);
        // Fewer places take nobody's away.
        app.patch(&event, &token, json!({"capacity": 1})).await.expect(200);
        assert_eq!(rows(app).await.iter().filter(|row| row.status == RegistrationStatus::Registered).count(), 4);
        // Who called off may come back, at the end of the queue.
        assert!(put_down(app, "F1", "a").await.expect(200).text().contains("第 1 位"));
        Browser::new(app).get("/registration/no-such-secret").await.expect(410);
    }

    async fn a_mail_programs_own_button_calls_off(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = fair(app, &token, "F1", json!({"capacity": 1, "reminders": ["PT1H"]})).await;
        for name in ["a", "b"] {
            put_down(app, "F1", name).await.expect(200);
        }
        letters(app, "a@public.test").await;
        app.at("2024-03-13T08:00");
        app.patch(&event, &token, json!({"location": "报告厅"})).await.expect(200);
        letters(app, "a@public.test").await;
        app.at("2024-03-18T08:00");
        jobs::add_reminders(app).await.unwrap();
        let mails = letters(app, "a@public.test").await;
        assert_eq!(mails.len(), 3);
        let path = format!("/registration/{}", rows(app).await[0].secret);
        let button = format!("<http://pufa.example.test{path}>");
        for mail in &mails {
            assert_eq!(mail.unsubscribe.as_deref(), Some(button.as_str()), "{}", mail.subject);
        }
        assert!(mails.iter().filter_map(|mail| mail.calendar.as_ref()).all(|text| text.contains("PARTSTAT=ACCEPTED")));
        // Who only waits may leave as well.
        let waits = letters(app, "b@public.test").await;
        assert!(waits.iter().all(|mail| mail.unsubscribe.is_some()));
        // The program's one click, from nowhere: no page, no cookie.
        let click = axum::http::Request::builder().method("POST").uri(&path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(axum::body::Body::from("List-Unsubscribe=One-Click")).unwrap();
        app.send(click).await.expect(200);
        assert_eq!(rows(app).await[0].status, RegistrationStatus::Cancelled);
        let off = letters(app, "a@public.test").await.pop().unwrap();
        assert_eq!((off.method.as_deref(), off.unsubscribe), (Some("CANCEL"), None));
    }

    async fn fifty_at_once_for_the_last_places(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        fair(app, &token, "F1", json!({"capacity": 7})).await;
        let all = (0..50).map(|n| { let name = format!("p{n}"); async move { put_down(app, "F1", &name).await.expect(200) } });
        futures_util::future::join_all(all).await;
        let rows = rows(app).await;
        let of = |status| rows.iter().filter(|row| row.status == status).count();
        assert_eq!((of(RegistrationStatus::Registered), of(RegistrationStatus::Waiting)), (7, 43));
        assert_eq!(said(app).await.len(), 50, "each is told once");
        // The same one, fifty times at once.
        let all = (0..50).map(|_| put_down(app, "F1", "twice"));
        futures_util::future::join_all(all).await;
        let same = registration::Entity::find().filter(registration::Column::Email.eq("twice@public.test"));
        assert_eq!(same.count(app.db.read()).await.unwrap(), 1);
        // All those with a place call off at once: as many move up, no more.
        let off = rows.iter().filter(|row| row.status == RegistrationStatus::Registered)
            .map(|row| { let path = format!("/registration/{}", row.secret); async move { Browser::new(app).post(&path, &[]).await.expect(200) } });
        futures_util::future::join_all(off).await;
        let left = registration::Entity::find().filter(registration::Column::Status.eq(RegistrationStatus::Registered));
        assert_eq!(left.count(app.db.read()).await.unwrap(), 7);
    }

    async fn what_is_wrong_is_said_and_kept(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = fair(app, &token, "活动/1 ?", json!({"registration_closes_at": "2024-03-15T18:00"})).await;
        let path = "/register/%E6%B4%BB%E5%8A%A8%2F1%20%3F";
        let browser = Browser::new(app);
        assert!(plain(browser.get("/open").await.expect(200)).contains(path), "a key of any letters has its page");
        let long = "长".repeat(10_000);
        for (name, email, body, text) in [
            ("", "a@b.test", "", "不能为空"),
            ("甲", "", "", "不能为空"),
            ("甲", "a b@c", "", "不是有效的邮箱地址"),
            ("甲", "a@b.test\r\nBcc: x@y.test", "", "不是有效的邮箱地址"),
            ("甲\u{7}", "a@b.test", "", "控制字符"),
            (&long, "a@b.test", "", "超过 50 个字符"),
            ("甲", "a@b.test", &long, "超过 100 个字符"),
        ] {
            let page = plain(browser.post(path, &[("name", name), ("email", email), ("body", body)]).await.expect(422));
            assert!(page.contains(text), "{name:.5} {email}: {page}");
            assert!(email.contains('\r') || page.contains(&format!("value=\"{}\"", email.replace('<', "&lt;"))), "what was typed stays");
        }
        // A line break in a name is a blank, in the mail too; what a program fills in does nothing.
        browser.post(path, &[("name", "甲\r\nBcc: x@y.test"), ("email", "a@b.test")]).await.expect(200);
        assert_eq!(rows(app).await[0].name, "甲 Bcc: x@y.test");
        let raw = { letters(app, "a@b.test").await; std::fs::read_dir(app.folder.path().join("mail")).unwrap()
            .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).find(|raw| raw.contains("a@b.test")).unwrap() };
        assert!(!raw.lines().any(|line| line.starts_with("Bcc")), "{raw}");
        browser.post(path, &[("name", "bot"), ("email", "bot@b.test"), ("website", "http://x.test")]).await.expect(303);
        assert_eq!(rows(app).await.len(), 1);

        for (change, code) in [
            (json!({"capacity": 0}), "bad-capacity"),
            (json!({"capacity": -1}), "bad-capacity"),
            (json!({"capacity": 1_000_000_000}), "bad-capacity"),
            (json!({"capacity": "3"}), "wrong-type"),
            (json!({"registration_closes_at": "2024-03-01T08:00"}), "closes-in-past"),
            (json!({"registration_closes_at": "soon"}), "bad-time"),
            (json!({"registration": "ajar"}), "wrong-type"),
        ] {
            let problem = app.patch(&event, &token, change.clone()).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["code"], code, "{change}");
        }
        let changed = app.patch(&event, &token, json!({"registration_closes_at": "2024-03-14T18:00"})).await.expect(200).json();
        assert_eq!(changed["registration_closes_at"], "2024-03-14T18:00:00+08:00");

        // The closing time, the start, and a cancelled event.
        app.at("2024-03-14T18:00");
        let page = browser.post(path, &[("name", "乙"), ("email", "b@b.test")]).await.expect(409).text();
        assert!(page.contains("报名没有开放，或者已经截止"));
        app.patch(&event, &token, json!({"registration_closes_at": null})).await.expect(200);
        app.at("2024-03-18T08:59");
        browser.post(path, &[("name", "乙"), ("email", "b@b.test")]).await.expect(200);
        app.at("2024-03-18T09:00");
        browser.post(path, &[("name", "丙"), ("email", "c@b.test")]).await.expect(409);
        // By hand, until it is over.
        let registrations = format!("{event}/registrations");
        app.post(&registrations, &token, json!({"name": "丙", "email": "c@b.test"})).await.expect(201);
        app.at("2024-03-18T11:00");
        app.post(&registrations, &token, json!({"name": "丁", "email": "d@b.test"})).await.problem(409, "too-late");
    }

    async fn strangers_see_only_what_is_for_the_public(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        fair(app, &token, "IN", json!({"audience": ["org:GQ-KJ"]})).await;
        let browser = Browser::new(app);
        assert!(!browser.get("/open").await.expect(200).text().contains("/register/IN"));
        for key in ["IN", "NO-SUCH"] {
            let to = browser.get(&format!("/register/{key}")).await.expect(303);
            assert_eq!(to.header("location"), format!("/sign-in?next=/register/{key}"));
            browser.post(&format!("/register/{key}"), &[("name", "甲"), ("email", "a@b.test")]).await.expect(303);
        }
        assert!(rows(app).await.is_empty());
        let other = staff(app, "SF001").await;
        other.get("/register/IN").await.expect(404);
        other.get("/my").await.expect(200);
        let id = entity::event::Entity::find().one(app.db.read()).await.unwrap().unwrap().id;
        other.post(&format!("/my/registrations/{id}"), &[]).await.expect(404);
        let own = staff(app, "KJ001").await;
        assert!(own.get("/register/IN").await.expect(200).text().contains("以干部KJ1的身份报名"));
        // A draft is nobody's.
        app.post("/api/v1/events", &token, json!({"key": "DRAFT", "kind": "lecture", "title": "x", "org_code": "GQ-KJ", "audience": ["public"],
            "sessions": [{"key": "D1", "starts_at": "2024-03-18T09:00", "ends_at": "2024-03-18T11:00"}]})).await.expect(201);
        browser.get("/register/DRAFT").await.expect(303);
    }

    async fn staff_register_with_one_tap(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = fair(app, &token, "F1", json!({"capacity": 1, "audience": ["org:GQ-KJ"]})).await;
        let id = event.rsplit('/').next().unwrap();
        let (one, two) = (staff(app, "KJ001").await, staff(app, "KJ002").await);
        assert!(one.get("/my").await.expect(200).text().contains("还有 1 个名额"));
        two.get("/my").await.expect(200);
        let to = one.post(&format!("/my/registrations/{id}"), &[]).await.expect(303);
        assert_eq!(to.header("location"), "/my?done=registered");
        let to = two.post(&format!("/my/registrations/{id}"), &[]).await.expect(303);
        assert_eq!(to.header("location"), "/my?done=waiting");
        two.post(&format!("/my/registrations/{id}"), &[("csrf", "wrong")]).await.expect(403);
        assert!(two.get("/my").await.expect(200).text().contains("候补第 1 位"));
        // The door knows who registered, and the counts do not change.
        let organiser = desk(app, "GQ-KJ", Role::Organizer).await;
        let session = app.get(&event, &token).await.json()["sessions"][0]["id"].as_str().unwrap().to_owned();
        let door = organiser.get(&format!("/sessions/{session}/check-in")).await.expect(200).text();
        assert_eq!(door.matches("class=\"chip is-info registered\"").count(), 1, "{door}");
        one.post(&format!("/my/registrations/{id}/off"), &[]).await.expect(303);
        assert!(two.get("/my").await.expect(200).text().contains("已报名"));
        one.post(&format!("/my/registrations/{id}/off"), &[]).await.expect(404);
        assert_eq!(said(app).await.len(), 4);
        // Nobody registers for what they must attend.
        let must = fair(app, &token, "F2", json!({"required": true, "audience": ["org:GQ-KJ"]})).await;
        let id = must.rsplit('/').next().unwrap();
        one.post(&format!("/my/registrations/{id}"), &[]).await.expect(409);
    }

    async fn whoever_registered_hears_of_moves_and_the_end(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = fair(app, &token, "F1", json!({"capacity": 1})).await;
        put_down(app, "F1", "a").await.expect(200);
        put_down(app, "F1", "w").await.expect(200);
        let session = app.get(&event, &token).await.json()["sessions"][0]["id"].as_str().unwrap().to_owned();
        app.patch(&format!("/api/v1/sessions/{session}"), &token, json!({"starts_at": "2024-03-19T09:00", "ends_at": "2024-03-19T11:00"})).await.expect(200);
        let (a, w) = (letters(app, "a@public.test").await.pop().unwrap(), letters(app, "w@public.test").await.pop().unwrap());
        assert_eq!((a.subject.as_str(), a.method.as_deref()), ("变更：开放日讲座，3月19日（周二）09:00", Some("REQUEST")));
        assert!(a.text.contains("/registration/"), "{}", a.text);
        assert_eq!((w.subject.as_str(), w.method), ("变更：开放日讲座，3月19日（周二）09:00", None));
        // A reminder for who has a place.
        app.at("2024-03-19T08:00");
        jobs::add_reminders(app).await.unwrap();
        assert!(letters(app, "a@public.test").await.pop().unwrap().subject.starts_with("提醒："));
        assert!(letters(app, "w@public.test").await.pop().unwrap().subject.starts_with("变更："));
        app.post(&format!("{event}/cancel"), &token, json!({"reason": "大雨"})).await.expect(200);
        let (a, w) = (letters(app, "a@public.test").await.pop().unwrap(), letters(app, "w@public.test").await.pop().unwrap());
        assert_eq!((a.subject.as_str(), a.method.as_deref()), ("取消：开放日讲座，3月19日（周二）09:00", Some("CANCEL")));
        assert!(a.text.contains("大雨"));
        assert_eq!((w.subject.as_str(), w.method), ("取消：开放日讲座，3月19日（周二）09:00", None));
        let page = Browser::new(app).get(&format!("/registration/{}", rows(app).await[0].secret)).await.expect(200).text();
        assert!(page.contains("活动已取消"));
    }

    async fn whoever_registers_after_a_reminder_was_due_is_reminded_by_the_next(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        fair(app, &token, "F1", json!({})).await;
        // The reminder of three days was due on the 15th.
        app.at("2024-03-16T10:00");
        jobs::add_reminders(app).await.unwrap();
        put_down(app, "F1", "a").await.expect(200);
        app.at("2024-03-16T10:01");
        jobs::add_reminders(app).await.unwrap();
        assert_eq!(letters(app, "a@public.test").await.len(), 1, "the confirmation alone");
        app.at("2024-03-18T08:00");
        jobs::add_reminders(app).await.unwrap();
        let last = letters(app, "a@public.test").await;
        assert!(last.len() == 2 && last[1].subject.starts_with("提醒："), "{}", last[1].subject);
        assert!(last[1].text.contains("不能参加时请点上面的按钮取消") && last[1].text.contains("/registration/"));
    }

    async fn the_organiser_sees_adds_and_takes_off(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = fair(app, &token, "F1", json!({"capacity": 1, "co_host_codes": ["GQ-SF"]})).await;
        let registrations = format!("{event}/registrations");
        let body = json!({"name": "甲", "email": "a@b.test", "nonce": "n1"});
        let first = app.post(&registrations, &token, body.clone()).await.expect(201).json();
        assert_eq!(app.post(&registrations, &token, body).await.expect(201).json(), first, "a nonce gives the first answer");
        app.post(&registrations, &token, json!({"name": "乙", "email": "a@b.test", "nonce": "n1"})).await.problem(409, "nonce-reused");
        app.post(&registrations, &token, json!({"name": "甲", "email": "a@b.test"})).await.expect(200);
        let second = app.post(&registrations, &token, json!({"staff_no": "SF001"})).await.expect(201).json();
        assert_eq!((&second["status"], &second["place"], &second["staff_no"]), (&json!("waiting"), &json!(1), &json!("SF001")));
        app.post(&registrations, &token, json!({"staff_no": "NONE"})).await.problem(422, "invalid");
        app.post(&registrations, &token, json!({"staff_no": "SF001", "name": "x"})).await.problem(422, "invalid");
        // Names are no other body's affair.
        let co_host = app.token("GQ-SF", Scope::Manage).await;
        app.get(&registrations, &co_host).await.problem(403, "forbidden");
        app.post(&registrations, &co_host, json!({"staff_no": "SF002"})).await.problem(403, "forbidden");
        let stranger = app.token("ZB-KJ", Scope::Manage).await;
        app.get(&registrations, &stranger).await.problem(404, "not-found");

        let organiser = desk(app, "GQ-KJ", Role::Organizer).await;
        let id = event.rsplit('/').next().unwrap().to_owned();
        let page = format!("/events/{id}/registration");
        let shown = plain(organiser.get(&page).await.expect(200));
        assert!(shown.contains("甲") && shown.contains("干部SF1") && shown.contains("http://pufa.example.test/register/F1"), "{shown}");
        organiser.post(&format!("{page}/add"), &[("name", "=cmd()"), ("email", "e@b.test")]).await.expect(303);
        let csv = organiser.get(&format!("{page}.csv")).await.expect(200);
        assert!(csv.body.starts_with("\u{feff}".as_bytes()) && csv.text().contains("'=cmd()"), "{}", csv.text());
        let kept = organiser.post(&format!("{page}/add"), &[("name", "戊"), ("email", "nothing")]).await.expect(422).text();
        assert!(kept.contains("value=\"戊\"") && kept.contains("不是有效的邮箱地址"));
        // An extra place for the second, beyond the limit.
        let row = second["id"].as_str().unwrap();
        organiser.post(&format!("{page}/{row}/up"), &[]).await.expect(303);
        organiser.post(&format!("{page}/{}/off", first["id"].as_str().unwrap()), &[]).await.expect(303);
        let list = app.get(&registrations, &token).await.expect(200).json();
        let all: Vec<_> = list["items"].as_array().unwrap().iter().map(|i| (i["name"].as_str().unwrap(), i["status"].as_str().unwrap())).collect();
        assert_eq!(all, [("干部SF1", "registered"), ("=cmd()", "waiting")], "the limit is kept again");
        let gone = app.call(axum::http::Method::DELETE, &format!("{registrations}/{row}"), &token, Value::Null).await.expect(200).json();
        assert_eq!(gone["status"], "cancelled");
        assert_eq!(states(app).await.last().unwrap().1, "registered");
        // The terms by the page.
        let revision = app.get(&event, &token).await.header("etag").trim_matches('"').to_owned();
        let terms = [("open", "no"), ("capacity", "abc"), ("closes_at", ""), ("revision", &revision)];
        let wrong = organiser.post(&page, &terms).await.expect(422).text();
        assert!(wrong.contains("应为 1 到") && wrong.contains("value=\"abc\""));
        organiser.post(&page, &[("open", "no"), ("capacity", "5"), ("closes_at", "2024-03-17T12:00"), ("revision", &revision)]).await.expect(303);
        organiser.post(&page, &[("open", "no"), ("capacity", "6"), ("closes_at", ""), ("revision", &revision)]).await.expect(412);
        put_down(app, "F1", "z").await.expect(409);
        desk(app, "GQ-SF", Role::Organizer).await.get(&page).await.expect(403);
    }

    async fn what_is_kept_of_the_public_is_deleted_in_time(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = fair(app, &token, "F1", json!({"capacity": 1})).await;
        put_down(app, "F1", "a").await.expect(200);
        put_down(app, "F1", "w").await.expect(200);
        app.post(&format!("{event}/registrations"), &token, json!({"staff_no": "SF001"})).await.expect(201);
        letters(app, "a@public.test").await;
        app.at("2024-04-17T10:00");
        jobs::forget_registrations(app).await.unwrap();
        assert_eq!(rows(app).await.len(), 3);
        app.at("2024-04-17T11:01");
        let (one, two) = tokio::join!(jobs::forget_registrations(app), jobs::forget_registrations(app));
        one.unwrap();
        two.unwrap();
        assert_eq!(states(app).await, [("干部SF1".to_owned(), "waiting")]);
        let left: BTreeSet<_> = outbox::Entity::find().all(app.db.read()).await.unwrap().into_iter().map(|row| row.address).collect();
        assert!(!left.iter().any(|address| address.ends_with("public.test")), "{left:?}");
        let deeds = audit::Entity::find().filter(audit::Column::Action.eq("registration.forget")).all(app.db.read()).await.unwrap();
        assert_eq!(deeds.len(), 1);
        assert_eq!(deeds[0].detail, json!({"registered": 1, "waiting": 1, "called_off": 0}));
    }

    async fn who_calls_off_is_taken_out_of_the_calendar_unless_they_are_invited_anyway(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = fair(app, &token, "F1", json!({"audience": ["public", "staff:KJ001"]})).await;
        let sequence = |letter: &Letter| -> u32 {
            let calendar = letter.calendar.as_ref().expect("a calendar");
            calendar.lines().find_map(|line| line.strip_prefix("SEQUENCE:")).unwrap().trim().parse().unwrap()
        };
        let session = || async { entity::session::Entity::find().one(app.db.read()).await.unwrap().unwrap() };
        put_down(app, "F1", "a").await.expect(200);
        app.post(&format!("{event}/registrations"), &token, json!({"staff_no": "KJ001"})).await.expect(201);
        letters(app, "a@public.test").await;
        let (a, staff) = (rows(app).await[0].clone(), rows(app).await[1].clone());
        let before = session().await;
        app.call(axum::http::Method::DELETE, &format!("{event}/registrations/{}", staff.id), &token, Value::Null).await.expect(200);
        assert_eq!(session().await, before, "nobody is taken out of anything");
        let last = letters(app, "kj001@example.test").await.pop().unwrap();
        assert_eq!((last.method, last.subject.starts_with("已取消报名")), (None, true), "{}", last.subject);
        Browser::new(app).post(&format!("/registration/{}", a.secret), &[]).await.expect(200);
        let mails = letters(app, "a@public.test").await;
        assert_eq!(mails[1].method.as_deref(), Some("CANCEL"));
        assert!(sequence(&mails[1]) > sequence(&mails[0]));
        let after = session().await;
        assert_eq!((after.sequence, after.revision), (before.sequence + 1, before.revision + 1));
    }

    async fn a_publication_stays_while_somebody_has_put_their_name_down(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = fair(app, &token, "F1", json!({})).await;
        app.at("2024-03-12T08:05");
        put_down(app, "F1", "a").await.expect(200);
        let problem = app.post(&format!("{event}/undo"), &token, Value::Null).await.problem(409, "not-undone");
        assert_eq!(problem["errors"][0]["code"], "undo-registered");
        let secret = rows(app).await[0].secret.clone();
        Browser::new(app).post(&format!("/registration/{secret}"), &[]).await.expect(200);
        let back = app.post(&format!("{event}/undo"), &token, Value::Null).await.expect(200).json();
        assert_eq!(back["status"], "draft");
    }

    async fn the_link_is_mailed_again_at_most_once_an_hour(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        fair(app, &token, "F1", json!({})).await;
        for (at, mails) in [("08:00", 1), ("08:30", 1), ("09:50", 2), ("10:10", 2), ("10:55", 3)] {
            app.at(&format!("2024-03-12T{at}"));
            put_down(app, "F1", "a").await.expect(200);
            assert_eq!(said(app).await.len(), mails, "{at}");
        }
        let all = letters(app, "a@public.test").await;
        assert!(all.iter().all(|mail| mail.text.contains(&rows_secret(app))), "every mail has the link that works");
    }
}

fn rows_secret(app: &TestApp) -> String {
    tokio::task::block_in_place(|| {
        tokio::runtime::Handle::current().block_on(async { rows(app).await[0].secret.clone() })
    })
}

/// One client address may send so many in an hour; behind a proxy the address is what the proxy says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_sends_so_many_an_hour() {
    use crate::harness::Backend;
    let app = TestApp::start_with(Backend::Sqlite, pufa::state::Mode::Normal, |config| {
        config.server.behind_proxy = true;
        config.registration.per_hour = 3;
    })
    .await;
    app.world().await;
    let token = app.token("GQ-KJ", Scope::Manage).await;
    fair(&app, &token, "F1", json!({})).await;
    let send = async |n: usize, from: &str| {
        let request = axum::http::Request::builder()
            .method("POST")
            .uri("/register/F1")
            .header("x-forwarded-for", format!("198.51.100.1, {from}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(axum::body::Body::from(format!("name=p{n}&email=p{n}@public.test")))
            .unwrap();
        app.send(request).await.status.as_u16()
    };
    for n in 0..3 {
        assert_eq!(send(n, "203.0.113.5").await, 200);
    }
    assert_eq!(send(3, "203.0.113.5").await, 429);
    assert_eq!(send(4, "203.0.113.6").await, 200);
    app.at("2024-03-12T09:00");
    assert_eq!(send(3, "203.0.113.5").await, 200);
}
