//! The pages as somebody at a browser meets them.

use entity::state::Role;

use crate::harness::{Browser, TestApp};

/// A browser that is signed in with an account of that role.
async fn desk<'a>(app: &'a TestApp, org: &str, role: Role) -> Browser<'a> {
    let secret = app.account(&format!("{}-{role}@example.test", org.to_lowercase()), org, role).await;
    let browser = Browser::new(app);
    browser.get(&format!("/enter/{secret}")).await.expect(303);
    browser
}

/// The secret of the newest mailed sign-in link.
async fn mailed_secret(app: &TestApp) -> String {
    use entity::{outbox, state::MessageKind};
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
    let row = outbox::Entity::find()
        .filter(outbox::Column::Kind.eq(MessageKind::SignIn))
        .order_by_desc(outbox::Column::Id)
        .one(app.db.read())
        .await
        .unwrap()
        .expect("a mailed link");
    row.detail.expect("its secret")["secret"].as_str().expect("a text").to_owned()
}

journeys! {
    async fn a_link_signs_in_once(app: &TestApp) {
        app.world().await;
        let browser = Browser::new(app);
        assert_eq!(browser.get("/").await.expect(303).header("location"), "/sign-in");
        browser.get("/account").await.expect(303);
        let wrong = browser.post("/sign-in", &[("email", "kj 001")]).await.expect(422);
        assert!(wrong.text().contains("不是有效的邮箱地址") && wrong.text().contains("value=\"kj 001\""));

        let unknown = browser.post("/sign-in", &[("email", "nobody@example.test"), ("next", "/account")]).await.expect(200);
        let known = browser.post("/sign-in", &[("email", " KJ001@example.test "), ("next", "/account")]).await.expect(200);
        assert_eq!(unknown.text().replace("nobody@", ""), known.text().replace("KJ001@", ""), "tells nobody who is known");
        let secret = mailed_secret(app).await;

        // What scans mail follows the link and changes nothing.
        browser.get(&format!("/sign-in/{secret}")).await.expect(200);
        browser.get("/account").await.expect(303);
        let answer = browser.post(&format!("/sign-in/{secret}"), &[("next", "//evil.test")]).await.expect(303);
        assert_eq!(answer.header("location"), "/my");
        let cookie = answer.header("set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
        let account = browser.get("/account").await.expect(200).text();
        assert!(account.contains("干部KJ1") && account.contains("政策法规科"));

        let other = Browser::new(app);
        let again = other.post(&format!("/sign-in/{secret}"), &[]).await.expect(410).text();
        assert!(again.contains("href=\"/sign-in\""), "says what to do");
        browser.post("/sign-out", &[("csrf", "wrong")]).await.expect(403);
        browser.get("/account").await.expect(200);
        browser.post("/sign-out", &[]).await.expect(303);
        browser.get("/account").await.expect(303);
    }

    async fn a_printed_link_leads_to_the_calendar_until_it_runs_out(app: &TestApp) {
        app.world().await;
        let secret = app.account("o@example.test", "GQ-KJ", Role::Organizer).await;
        let browser = Browser::new(app);
        assert_eq!(browser.get(&format!("/enter/{secret}")).await.expect(303).header("location"), "/calendar");
        Browser::new(app).get(&format!("/enter/{secret}")).await.expect(410);
        let late = app.account("late@example.test", "GQ-KJ", Role::Viewer).await;
        app.at("2024-03-13T09:00");
        Browser::new(app).get(&format!("/enter/{late}")).await.expect(410);
    }

    async fn language_and_size_are_kept_and_lead_nowhere_else(app: &TestApp) {
        let browser = Browser::new(app);
        let answer = browser.get("/settings/lang?to=en&next=%2Fsign-in").await.expect(303);
        assert_eq!(answer.header("location"), "/sign-in");
        assert!(browser.get("/sign-in").await.text().contains("Send a sign-in link"));
        for next in ["%2F%2Fevil.test", "https:%2F%2Fevil.test", "%2F%5Cevil.test", "%2F%09%2Fevil.test"] {
            let answer = browser.get(&format!("/settings/text?next={next}")).await.expect(303);
            assert_eq!(answer.header("location"), "/", "{next}");
        }
    }

    async fn month_and_list_stand_for_whoever_has_a_desk(app: &TestApp) {
        app.world().await;
        let viewer = desk(app, "GQ-KJ", Role::Viewer).await;
        for path in [
            "/calendar", "/calendar?year=2024&month=5", "/calendar?year=&month=13&org=NO&kind=nothing&status=odd&q=%25_",
            "/events", "/events?year=2023&status=held&page=7", "/events?status=ahead&kind=class-study&org=GQ-KJ-FG&q=x",
            "/events?status=running", "/events?status=draft", "/events?status=cancelled&page=0",
        ] {
            let html = viewer.get(path).await.expect(200).text();
            assert!(html.contains("<h1>2"), "{path}");
            assert!(!html.contains("/events/new"), "a viewer is offered nothing to make");
        }
        let organiser = desk(app, "GQ-KJ", Role::Organizer).await;
        assert!(organiser.get("/calendar").await.expect(200).text().contains("/events/new"));
    }
}
