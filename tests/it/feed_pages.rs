//! Pages of subscriptions: one's own, an organisation's, the public's, and why a session is not in a calendar.

use axum::http::{Request, header};
use entity::state::{MessageState, Role, Scope};
use entity::{feed_version, mail_trouble, outbox};
use pufa::access::sign_in;
use pufa::calendar::feeds::address::{self, Keeper};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::harness::{Browser, TestApp};
use crate::mail::deliver;

/// A browser of a person of the staff.
async fn staff<'a>(app: &'a TestApp, number: &str) -> Browser<'a> {
    let person = Some(app.person_id(number).await);
    let link = sign_in::create_link(app.db.write(), None, person, &app.config.access, app.now()).await.unwrap();
    enter(app, &link).await
}

/// A browser of an account.
async fn desk<'a>(app: &'a TestApp, email: &str, org: &str, role: Role) -> Browser<'a> {
    let link = app.account(email, org, role).await;
    enter(app, &link).await
}

async fn enter<'a>(app: &'a TestApp, link: &str) -> Browser<'a> {
    let browser = Browser::new(app);
    let answer = browser.get(&format!("/enter/{link}")).await;
    if answer.status != 303 {
        browser.post(&format!("/sign-in/{link}"), &[]).await.expect(303);
    }
    browser
}

/// The address that a page shows, as a path.
fn address_in(html: &str) -> String {
    let html = html.replace("&#x2f;", "/");
    let link = html.split("value=\"http://pufa.example.test").nth(1).expect("an address on the page");
    link.split('"').next().unwrap().to_owned()
}

async fn publish(app: &TestApp, token: &str, key: &str, audience: &str) -> (String, String) {
    let body = json!({
        "key": key, "kind": "lecture", "title": format!("讲座{key}"), "org_code": "GQ-KJ", "audience": [audience],
        "sessions": [{"key": format!("s-{key}"), "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"}],
    });
    let made = app.post("/api/v1/events", token, body).await.expect(201).json();
    let id = made["id"].as_str().unwrap().to_owned();
    app.post(&format!("/api/v1/events/{id}/publish"), token, json!({"override": "冲突另有测试"})).await.expect(200);
    (id, made["sessions"][0]["id"].as_str().unwrap().to_owned())
}

async fn fetch(app: &TestApp, path: &str, client: &str) {
    let request = Request::builder().uri(path).header(header::USER_AGENT, client);
    app.send(request.body(axum::body::Body::empty()).unwrap()).await.expect(200);
    pufa::jobs::write_fetches(app).await.unwrap();
}

journeys! {
    async fn a_person_makes_changes_renews_and_stops_their_own(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        publish(app, &token, "e", "org:GQ-KJ").await;
        let (mine, other) = (staff(app, "KJ001").await, staff(app, "KJ002").await);
        mine.get("/my/calendar").await.expect(200);
        let wishes = [("name", "我的学习"), ("detail", "busy"), ("alarms", "30"), ("alarms", "1440")];
        let made = mine.post("/my/calendar", &wishes).await.expect(200).text();
        let path = address_in(&made);
        assert!(made.contains("webcal:&#x2f;&#x2f;") || made.contains("webcal://"), "{made}");
        assert!(made.contains("class=\"qr\"") && !made.contains("style="));
        let feed = app.get(&path, "").await.expect(200).text();
        assert!(feed.contains("NAME:我的学习") && feed.contains("SUMMARY:忙") && feed.contains("TRIGGER:-PT30M"));
        let id = address::list(app.db.read(), &Keeper::Person(app.person_id("KJ001").await)).await.unwrap()[0].id;
        let own = format!("/my/calendar/{id}");

        let long = "长".repeat(101);
        let refused = mine.post(&own, &[("act", "change"), ("name", &long)]).await.expect(422).text();
        assert!(refused.contains(&long) && refused.contains("aria-invalid"), "what was typed stays");
        assert!(app.get(&path, "").await.expect(200).text().contains("SUMMARY:忙"));
        mine.post(&own, &[("act", "change"), ("name", ""), ("detail", "full")]).await.expect(303);
        let feed = app.get(&path, "").await.expect(200).text();
        assert!(feed.contains("SUMMARY:讲座e") && !feed.contains("VALARM"));

        other.get("/my/calendar").await.expect(200);
        for act in ["change", "renew", "off"] {
            other.post(&own, &[("act", act)]).await.expect(404);
        }
        mine.post(&own, &[("act", "burn")]).await.expect(400);
        mine.post(&own, &[("act", "off"), ("csrf", "forged")]).await.expect(403);
        let anew = address_in(&mine.post(&own, &[("act", "renew")]).await.expect(200).text());
        app.get(&path, "").await.problem(404, "not-found");
        app.get(&anew, "").await.expect(200);
        let id = address::list(app.db.read(), &Keeper::Person(app.person_id("KJ001").await)).await.unwrap()[0].id;
        mine.post(&format!("/my/calendar/{id}"), &[("act", "off")]).await.expect(303);
        app.get(&anew, "").await.problem(404, "not-found");
        mine.post(&format!("/my/calendar/{id}"), &[("act", "off")]).await.expect(404);
        for _ in 0..20 {
            mine.post("/my/calendar", &[]).await.expect(200);
        }
        mine.post("/my/calendar", &[]).await.expect(422);
        let page = mine.get("/my/calendar").await.expect(200).text();
        assert!(page.contains("全部停用"));
        other.post("/my/calendar", &[("act", "off")]).await.expect(303);
        assert!(mine.get("/my/calendar").await.expect(200).text().contains("全部停用"), "their own alone");
        let last = address_in(&other.post("/my/calendar", &[]).await.expect(200).text());
        mine.post("/my/calendar", &[("act", "off")]).await.expect(303);
        assert!(mine.get("/my/calendar").await.expect(200).text().contains("还没有订阅链接"));
        app.get(&last, "").await.expect(200);
        assert_eq!(Browser::new(app).get("/my/calendar").await.status, 303, "only for who is signed in");
    }

    async fn an_organisation_hands_out_its_own_and_opens_the_publics(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        publish(app, &token, "staff", "org:GQ-KJ").await;
        publish(app, &token, "open", "public").await;
        let browser = desk(app, "kj@example.test", "GQ-KJ", Role::Organizer).await;
        let viewer = desk(app, "look@example.test", "GQ-KJ", Role::Viewer).await;
        assert_eq!(viewer.get("/calendars").await.status, 403);
        browser.get("/calendars").await.expect(200);
        let summaries = async |html: String| {
            let text = app.get(&address_in(&html), "").await.expect(200).text();
            text.lines().filter_map(|line| line.strip_prefix("SUMMARY:")).map(str::to_owned).collect::<Vec<_>>()
        };
        let all = browser.post("/calendars", &[("scope", "organisation"), ("org", "GQ-KJ")]).await.expect(200).text();
        assert_eq!(summaries(all).await, ["讲座staff", "讲座open"]);
        let kind = [("scope", "kind"), ("org", "GQ-KJ-FG"), ("kind", "lecture")];
        assert!(summaries(browser.post("/calendars", &kind).await.expect(200).text()).await.is_empty());
        for wrong in [
            vec![("scope", "kind"), ("org", "GQ-KJ")],
            vec![("scope", "kind"), ("org", "GQ-KJ"), ("kind", "nonsense")],
            vec![("scope", "organisation"), ("org", "GQ-SF")],
            vec![("scope", "organisation"), ("org", "NOWHERE")],
            vec![("scope", "person"), ("org", "GQ-KJ")],
            vec![("org", "GQ-KJ")],
        ] {
            let page = browser.post("/calendars", &wrong).await.expect(422).text();
            assert!(page.contains("class=\"error\""), "{wrong:?}");
        }

        let public = Browser::new(app);
        assert!(!public.get("/calendar/public").await.expect(200).text().contains(".ics"));
        browser.post("/calendars", &[("scope", "public"), ("org", "GQ-KJ")]).await.expect(200);
        assert_eq!(summaries(public.get("/calendar/public").await.expect(200).text()).await, ["讲座open"]);
        let twice = browser.post("/calendars", &[("scope", "public"), ("org", "GQ-KJ")]).await.expect(422).text();
        assert!(twice.contains("已有公众日历"));
        let before = address_in(&public.get("/calendar/public").await.expect(200).text());
        let id = address::list_public(app.db.read()).await.unwrap()[0].id;
        let stranger = desk(app, "sf@example.test", "GQ-SF", Role::Organizer).await;
        stranger.get("/calendars").await.expect(200);
        stranger.post(&format!("/calendars/{id}"), &[("act", "off")]).await.expect(404);
        browser.post(&format!("/calendars/{id}"), &[("act", "renew")]).await.expect(200);
        app.get(&before, "").await.problem(404, "not-found");
        let id = address::list_public(app.db.read()).await.unwrap()[0].id;
        browser.post(&format!("/calendars/{id}"), &[("act", "off")]).await.expect(303);
        assert!(!public.get("/calendar/public").await.expect(200).text().contains(".ics"));
        public.get("/calendar/help").await.expect(200);
    }

    async fn why_it_is_not_in_a_calendar_is_said_as_it_was(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let browser = staff(app, "KJ001").await;
        let organiser = desk(app, "kj@example.test", "GQ-KJ", Role::Organizer).await;
        let stranger = desk(app, "sf@example.test", "GQ-SF", Role::Organizer).await;
        let (event, session) = publish(app, &token, "e", "org:GQ-KJ").await;
        let person = app.person_id("KJ001").await;
        let why = format!("/my/calendar/why?session={session}");
        let theirs = format!("/people/{person}/calendar?session={session}");
        let said = async |words: &[&str]| {
            for html in [browser.get(&why).await.expect(200).text(), organiser.get(&theirs).await.expect(200).text()] {
                for word in words {
                    assert!(html.contains(word), "{word} in {html}");
                }
            }
        };
        said(&["没有订阅链接", "排队中"]).await;
        browser.get("/my/calendar").await.expect(200);
        let path = address_in(&browser.post("/my/calendar", &[]).await.expect(200).text());
        said(&["一直没来取"]).await;
        app.at("2024-03-12T09:00");
        fetch(app, &path, "iOS/17.4 (21E219) dataaccessd/1.0").await;
        said(&["iPhone 日历", "里面有这场", "3月12日 09:00"]).await;

        // It moves: what was fetched is old, until it is fetched again.
        app.at("2024-03-12T10:00");
        let moved = json!({"starts_at": "2024-03-21T09:00", "ends_at": "2024-03-21T11:00"});
        app.patch(&format!("/api/v1/sessions/{session}"), &token, moved).await.expect(200);
        app.at("2024-03-12T10:30");
        said(&["又改了", "3月12日 10:00"]).await;
        fetch(app, &path, "Google-Calendar-Importer").await;
        said(&["Google 日历", "里面有这场", "又改了"]).await;

        // A session that came in after the last fetch.
        app.at("2024-03-12T11:00");
        let (_, later) = publish(app, &token, "later", "org:GQ-KJ").await;
        let html = browser.get(&format!("/my/calendar/why?session={later}")).await.expect(200).text();
        assert!(html.contains("当时里面还没有这场"), "{html}");

        // What mail did: the server's answer, and what came back.
        outbox::Entity::update_many()
            .col_expr(outbox::Column::State, Expr::value(MessageState::Dead.as_str()))
            .col_expr(outbox::Column::Answer, Expr::value("550 5.1.1 no such user"))
            .filter(outbox::Column::PersonId.eq(person))
            .exec(app.db.write())
            .await
            .unwrap();
        let trouble = mail_trouble::ActiveModel {
            address: Set("kj001@example.test".into()),
            permanent: Set(true),
            status: Set("5.2.2".into()),
            reason: Set("mailbox full".into()),
            times: Set(1),
            first_at: Set(app.now()),
            last_at: Set(app.now()),
        };
        mail_trouble::Entity::insert(trouble).exec_without_returning(app.db.write()).await.unwrap();
        said(&["550 5.1.1 no such user", "没有送达", "mailbox full"]).await;

        // Taken off: it was told of it, and no subscription has it.
        let off = json!({"audience": ["org:GQ-KJ", "-staff:KJ001"]});
        app.patch(&format!("/api/v1/events/{event}"), &token, off).await.expect(200);
        said(&["不在这一场的参加范围"]).await;

        for page in [browser.get(&why).await.text(), organiser.get(&theirs).await.text()] {
            assert!(!page.contains(path.trim_start_matches("/calendar/").trim_end_matches(".ics")), "no address");
        }
        assert_eq!(stranger.get(&theirs).await.status, 404);
        assert_eq!(staff(app, "SF001").await.get(&why).await.status, 404, "not theirs to ask about");
        for nonsense in ["0", "x", "99999", "%F0%9F"] {
            assert_eq!(browser.get(&format!("/my/calendar/why?session={nonsense}")).await.status, 404);
        }
    }

    async fn a_calendar_has_what_it_fetched_whatever_changed_it(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let browser = staff(app, "KJ001").await;
        let admin = desk(app, "gq@example.test", "GQ", Role::Admin).await;
        let (event, session) = publish(app, &token, "e", "org:GQ-SF").await;
        browser.get("/my/calendar").await.expect(200);
        let path = address_in(&browser.post("/my/calendar", &[]).await.expect(200).text());
        app.at("2024-03-12T09:00");
        fetch(app, &path, "iOS/17.4 dataaccessd/1.0").await;
        let why = format!("/my/calendar/why?session={session}");
        let said = async |word: &str| {
            let html = browser.get(&why).await.expect(200).text();
            assert!(html.contains(word), "{word} in {html}");
        };
        // Their section goes to the bureau that is invited.
        app.at("2024-03-12T10:00");
        let section = format!("/organisations/{}", app.org_id("GQ-KJ-FG").await);
        admin.get(&section).await.expect(200);
        admin.post(&section, &[("act", "move"), ("parent", "GQ-SF")]).await.expect(303);
        said("当时里面还没有这场").await;
        fetch(app, &path, "iOS/17.4 dataaccessd/1.0").await;
        said("里面有这场。").await;
        // What no calendar shows makes nothing old; another name of the host does, whenever the session changed last.
        app.at("2024-03-12T11:00");
        app.patch(&format!("/api/v1/events/{event}"), &token, json!({"walk_ins": false})).await.expect(200);
        said("里面有这场。").await;
        let host = format!("/organisations/{}", app.org_id("GQ-KJ").await);
        admin.post(&host, &[("act", "rename"), ("new_name", "县科学技术局"), ("new_level", "bureau")]).await.expect(303);
        said("又改了").await;
        // What was fetched before versions were kept is not known.
        feed_version::Entity::delete_many().exec(app.db.write()).await.unwrap();
        said("没有记下来").await;
        fetch(app, &path, "iOS/17.4 dataaccessd/1.0").await;
        said("里面有这场。").await;
    }

    async fn sessions_far_away_can_be_asked_about(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let browser = staff(app, "KJ001").await;
        let mut ids = Vec::new();
        for day in ["2023-04-10", "2026-05-10"] {
            let body = json!({
                "key": day, "kind": "lecture", "title": day, "org_code": "GQ-KJ", "audience": ["org:GQ-KJ"],
                "sessions": [{"key": day, "starts_at": format!("{day}T09:00"), "ends_at": format!("{day}T11:00")}],
            });
            let made = app.post("/api/v1/events", &token, body).await.expect(201).json();
            let publish = format!("/api/v1/events/{}/publish", made["id"].as_str().unwrap());
            app.post(&publish, &token, json!({"override": "x"})).await.expect(200);
            ids.push(made["sessions"][0]["id"].as_str().unwrap().to_owned());
        }
        browser.get("/my/calendar").await.expect(200);
        let path = address_in(&browser.post("/my/calendar", &[]).await.expect(200).text());
        fetch(app, &path, "iOS/17.4 dataaccessd/1.0").await;
        let page = async |id: &str| browser.get(&format!("/my/calendar/why?session={id}")).await.expect(200).text();
        assert!(page(&ids[0]).await.contains("里面有这场。"));
        let far = page(&ids[1]).await;
        assert!(far.contains("过去 13 个月到以后 24 个月") && far.contains("太远"), "{far}");
    }

    async fn why_of_a_series_one_was_taken_off(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let browser = staff(app, "KJ001").await;
        let body = json!({
            "key": "W", "kind": "center_group_study", "title": "每周学法", "org_code": "GQ-KJ", "audience": ["org:GQ-KJ"],
            "series": {"key": "W", "starts_at": "2024-03-14T14:30", "ends_at": "2024-03-14T16:30", "rrule": "FREQ=WEEKLY;BYDAY=TH;COUNT=4"},
        });
        let made = app.post("/api/v1/events", &token, body).await.expect(201).json();
        let event = format!("/api/v1/events/{}", made["id"].as_str().unwrap());
        app.post(&format!("{event}/publish"), &token, json!({"override": "x"})).await.expect(200);
        deliver(app).await;
        app.patch(&event, &token, json!({"audience": ["org:GQ-KJ", "-staff:KJ001"]})).await.expect(200);
        let why = format!("/my/calendar/why?session={}", made["sessions"][1]["id"].as_str().unwrap());
        let html = browser.get(&why).await.expect(200).text();
        assert!(html.contains("不在这一场的参加范围") && html.contains("整个系列一封"), "{html}");
        // The last word was a cancellation: there is nothing to accept.
        deliver(app).await;
        let html = browser.get(&why).await.expect(200).text();
        assert!(html.contains("是取消通知") && !html.contains("点“接受”"), "{html}");
    }

    async fn a_publication_taken_back_is_said_to_be_so(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let browser = staff(app, "KJ001").await;
        let (event, session) = publish(app, &token, "e", "org:GQ-KJ").await;
        deliver(app).await;
        app.post(&format!("/api/v1/events/{event}/undo"), &token, json!({})).await.expect(200);
        let html = browser.get(&format!("/my/calendar/why?session={session}")).await.expect(200).text();
        assert!(html.contains("撤回了发布") && !html.contains("不在这一场的参加范围"), "{html}");
    }

    async fn what_needed_no_sending_is_not_put_on_the_mail_server(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let browser = staff(app, "KJ001").await;
        let (event, session) = publish(app, &token, "e", "org:GQ-KJ").await;
        let person = app.person_id("KJ001").await;
        // Cancelled before anything went out, and before anybody knew.
        app.post(&format!("/api/v1/events/{event}/cancel"), &token, json!({})).await.expect(200);
        outbox::Entity::delete_many().filter(outbox::Column::Kind.eq("cancellation")).exec(app.db.write()).await.unwrap();
        deliver(app).await;
        let mine = outbox::Entity::find().filter(outbox::Column::PersonId.eq(person));
        let row = mine.one(app.db.read()).await.unwrap().unwrap();
        assert!(row.moot && row.state == MessageState::Dead, "{row:?}");
        let html = browser.get(&format!("/my/calendar/why?session={session}")).await.expect(200).text();
        assert!(html.contains("不用发") && html.contains(&row.answer.unwrap()), "{html}");
        assert!(!html.contains("对方答复") && !html.contains("邮件服务器的答复"), "{html}");
        assert_eq!(pufa::outbox::requeue(app.db.write(), &[row.id], app.now()).await.unwrap(), 1);
        let row = outbox::Entity::find_by_id(row.id).one(app.db.read()).await.unwrap().unwrap();
        assert!(!row.moot && row.state == MessageState::Queued);
    }
}
