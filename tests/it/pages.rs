//! The pages as somebody at a browser meets them.

use entity::state::Role;

use crate::harness::{Browser, TestApp};

/// A browser that is signed in with an account of that role.
pub async fn desk<'a>(app: &'a TestApp, org: &str, role: Role) -> Browser<'a> {
    let secret = app.account(&format!("{}-{role}@example.test", org.to_lowercase()), org, role).await;
    let browser = Browser::new(app);
    browser.get(&format!("/enter/{secret}")).await.expect(303);
    browser
}

/// A browser that is signed in as the person of that address.
pub async fn staff<'a>(app: &'a TestApp, email: &str) -> Browser<'a> {
    let browser = Browser::new(app);
    browser.post("/sign-in", &[("email", email)]).await.expect(200);
    let secret = mailed_secret(app).await;
    browser.post(&format!("/sign-in/{secret}"), &[]).await.expect(303);
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

    async fn an_event_is_made_published_attended_and_called_off(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        browser.get("/events/new").await.expect(200);
        let typed = |day: &'static str, end: &'static str| {
            [
                ("act", "save"), ("key", "web-a"), ("kind", "lecture"), ("title", "宪法<讲座>"), ("org_code", "GQ-KJ"),
                ("location", "局三楼会议室"), ("audience", "org:GQ-KJ"), ("required", "yes"), ("walk_ins", "yes"),
                ("topics", "宪法、民法典"), ("s_id", ""), ("s_day", day), ("s_start", "09:00"), ("s_end", end), ("s_last", ""),
            ]
        };
        let wrong = browser.post("/events/new", &typed("2024-03-20", "08:30")).await.expect(422).text();
        assert!(wrong.contains("id=\"e-s_end_0\"") && wrong.contains("结束必须在开始之后") && wrong.contains("href=\"#s_end_0\""));
        assert!(wrong.contains("value=\"宪法&lt;讲座&gt;\"") && wrong.contains("value=\"08:30\""), "keeps what was typed");
        let mut more = typed("2024-03-20", "11:00").to_vec();
        more[0].1 = "more";
        let more = browser.post("/events/new", &more).await.expect(200).text();
        assert_eq!(more.matches("name=\"s_day\"").count(), 3);
        assert!(more.contains("将邀请 6 人"), "counts whom it would invite");
        browser.post("/events/new", &[("csrf", "no"), ("title", "x")]).await.expect(403);

        let made = browser.post("/events/new", &typed("2024-03-20", "11:00")).await.expect(303);
        let event = made.header("location").split('?').next().unwrap().to_owned();
        let again = browser.post("/events/new", &typed("2024-03-20", "11:00")).await.expect(303);
        assert_eq!(again.header("location"), made.header("location"), "sent twice makes one event");
        let html = browser.get(made.header("location")).await.expect(200).text();
        assert!(html.contains("宪法&lt;讲座&gt;") && html.contains("草稿已保存") && html.contains("3月20日（周三）09:00–11:00"));
        let confirm = browser.get(&format!("{event}/publish")).await.expect(200).text();
        assert!(confirm.contains("邀请 6 人，共 6 封邮件"), "{confirm}");
        let published = browser.post(&format!("{event}/publish"), &[]).await.expect(303);
        assert_eq!(published.header("location"), format!("{event}?done=published&n=6"));
        let html = browser.get(&event).await.expect(200).text().replace("&#x2f;", "/");
        assert!(html.contains("排队中 6") && html.contains("未到 6"), "{html}");
        let session = html.split("/sessions/").nth(1).unwrap().split('/').next().unwrap().to_owned();
        let door = format!("/sessions/{session}/check-in");
        assert!(browser.get(&door).await.expect(200).text().contains("签到还没开放"));
        browser.post(&door, &[("staff_no", "KJ001")]).await.expect(409);

        app.at("2024-03-20T08:55");
        assert_eq!(browser.post(&door, &[("staff_no", "KJ001")]).await.expect(303).header("location"), format!("{door}?done=KJ001"));
        app.at("2024-03-20T09:15");
        browser.post(&door, &[("staff_no", "KJ002"), ("next", &format!("{event}?done=checked-in"))]).await.expect(303);
        browser.post(&door, &[("staff_no", "SF001")]).await.expect(303);
        assert!(browser.post(&door, &[("staff_no", "NO")]).await.expect(404).text().contains("role=\"alert\""));
        let html = browser.get(&format!("{door}?done=KJ002")).await.expect(200).text();
        assert!(html.contains("干部KJ2 已签到（迟到）") && html.contains("名单外") && html.contains("未到 4"), "{html}");
        let found = browser.get(&format!("{door}?q=kj004")).await.expect(200).text();
        assert!(found.contains("KJ004") && !found.contains("KJ005"));
        let counts = browser.get(&format!("{event}/counts?session={session}")).await.expect(200).json();
        assert_eq!((&counts["expected"], &counts["attended"], &counts["late"], &counts["missing"]), (&6.into(), &2.into(), &1.into(), &4.into()));

        let person = format!("/sessions/{session}/attendance/KJ003");
        assert!(browser.get(&person).await.expect(200).text().contains("value=\"excused\""));
        browser.post(&person, &[("note", "x")]).await.expect(422);
        browser.post(&person, &[("status", "excused"), ("note", "公务")]).await.expect(303);
        let outside = format!("/sessions/{session}/attendance/SF001");
        assert!(!browser.get(&outside).await.expect(200).text().contains("value=\"excused\""));
        browser.post(&outside, &[("status", "excused")]).await.expect(422);
        let html = browser.get(&event).await.expect(200).text().replace("&#x2f;", "/");
        assert!(html.contains("公务") && html.contains("干部KJ3改为请假") && html.contains("33.3%（2/6）"), "{html}");

        let staff = Browser::new(app);
        let tx = app.db.begin().await.unwrap();
        let secret = pufa::access::sign_in::create_link(&tx, None, Some(app.person_id("KJ001").await), &app.config.access, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        staff.get(&format!("/enter/{secret}")).await.expect(303);
        for path in [event.as_str(), door.as_str(), "/calendar", "/events", "/events/new"] {
            staff.get(path).await.expect(403);
        }
        let other = desk(app, "GQ-SF", Role::Organizer).await;
        for path in [event.clone(), door.clone(), format!("{event}/edit"), format!("{event}/publish"), format!("{event}/cancel"), person.clone()] {
            other.get(&path).await.expect(404);
        }
        other.get("/account").await.expect(200);
        other.post(&door, &[("staff_no", "KJ005")]).await.expect(404);
        other.post(&format!("{event}/cancel"), &[]).await.expect(404);
        let viewer = desk(app, "GQ", Role::Viewer).await;
        assert!(!viewer.get(&event).await.expect(200).text().contains("/edit"));
        viewer.get(&door).await.expect(403);

        assert!(browser.get(&format!("{event}/cancel")).await.expect(200).text().contains("6 封取消通知"));
        browser.post(&format!("{event}/cancel"), &[("reason", &"长".repeat(600))]).await.expect(422);
        browser.post(&format!("{event}/cancel"), &[("reason", "会场停电")]).await.expect(303);
        let html = browser.get(&event).await.expect(200).text().replace("&#x2f;", "/");
        assert!(html.contains("已取消") && html.contains("会场停电") && html.contains("取消通知"));
        browser.get(&format!("{event}/edit")).await.expect(409);
    }

    async fn the_second_of_two_editors_sees_what_changed_and_loses_nothing(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        browser.get("/account").await;
        let base = [
            ("act", "save"), ("key", "web-b"), ("kind", "meeting"), ("org_code", "GQ-KJ"), ("audience", "org:GQ-KJ-FG"),
            ("required", "no"), ("walk_ins", "no"),
        ];
        let row = |id: &'static str, day: &'static str| [("s_id", id), ("s_day", day), ("s_start", "14:00"), ("s_end", "15:00"), ("s_last", "")];
        let form = |more: &[(&'static str, &'static str)], rows: &[[(&'static str, &'static str); 5]]| {
            let mut all = base.to_vec();
            all.extend(more);
            all.extend(rows.iter().flatten());
            all
        };
        let made = browser.post("/events/new", &form(&[("title", "例会")], &[row("", "2024-04-01")])).await.expect(303);
        let edit = made.header("location").replace("?done=created", "/edit");
        let page = browser.get(&edit).await.expect(200).text();
        let hidden = |name: &str| -> &'static str {
            let value = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap();
            Box::leak(value.to_owned().into_boxed_str())
        };
        let (revision, id) = (hidden("revision"), hidden("s_id"));
        let rows = [row(id, "2024-04-02"), row("", "2024-04-09")];
        browser.post(&edit, &form(&[("title", "周例会"), ("revision", revision)], &rows)).await.expect(303);
        let html = browser.get(&edit.replace("/edit", "")).await.expect(200).text();
        assert!(html.contains("周例会") && html.contains("4月2日（周二）") && html.contains("4月9日（周二）"), "{html}");

        let late = form(&[("title", "月例会"), ("location", "礼堂"), ("revision", revision)], &[row(id, "2024-04-01")]);
        let answer = browser.post(&edit, &late).await.expect(412).text();
        assert!(answer.contains("别人刚改过") && answer.contains("周例会"), "{answer}");
        assert!(answer.contains("value=\"月例会\"") && answer.contains("value=\"礼堂\""));
        let now = answer.split("name=\"revision\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_ne!(now, revision);
        let now: &'static str = Box::leak(now.to_owned().into_boxed_str());
        let wrong = form(&[("title", "月例会"), ("revision", now)], &[row(id, "")]);
        assert!(browser.post(&edit, &wrong).await.expect(422).text().contains("id=\"e-s_start_0\""));
        browser.post(&edit, &form(&[("title", "月例会"), ("revision", now)], &[row(id, "2024-04-01")])).await.expect(303);
    }

    async fn every_page_stands_in_both_languages_and_a_subscription_is_shown_once(app: &TestApp) {
        app.world().await;
        app.account("kj001@example.test", "GQ-KJ", Role::Organizer).await;
        app.at("2024-03-12T08:05");
        let browser = Browser::new(app);
        browser.post("/sign-in", &[("email", "kj001@example.test")]).await.expect(200);
        let secret = mailed_secret(app).await;
        assert_eq!(browser.post(&format!("/sign-in/{secret}"), &[]).await.expect(303).header("location"), "/calendar");
        browser.get("/events/new").await.expect(200);
        let form = [
            ("act", "save"), ("key", "web-d"), ("kind", "training"), ("title", "培训班"), ("org_code", "GQ-KJ"),
            ("audience", "org:GQ-KJ"), ("required", "yes"), ("walk_ins", "yes"), ("s_id", ""), ("s_day", "2024-03-12"),
            ("s_start", "07:30"), ("s_end", "10:00"), ("s_last", ""),
        ];
        let made = browser.post("/events/new", &form).await.expect(303);
        let event = made.header("location").split('?').next().unwrap().to_owned();
        browser.post(&format!("{event}/publish"), &[]).await.expect(303);
        let html = browser.get(&event).await.expect(200).text();
        let session = html.split("/sessions/").nth(1).unwrap().split('/').next().unwrap().to_owned();
        browser.post(&format!("/sessions/{session}/check-in"), &[("staff_no", "KJ001")]).await.expect(303);
        for lang in ["en", "zh-CN"] {
            browser.get(&format!("/settings/lang?to={lang}&next=/")).await.expect(303);
            for path in [
                "/calendar".to_owned(), "/events".to_owned(), event.clone(), format!("{event}/edit"),
                format!("{event}/publish"), format!("{event}/cancel"), format!("/sessions/{session}/cancel"),
                format!("/sessions/{session}/check-in?done=KJ001"), format!("/sessions/{session}/attendance/KJ002"),
                "/my".to_owned(), "/account".to_owned(), "/events/new".to_owned(), "/my/calendar".to_owned(),
                "/calendars".to_owned(), "/calendar/public".to_owned(), "/calendar/help".to_owned(),
                "/my/calendar/why".to_owned(), format!("/my/calendar/why?session={session}"),
            ] {
                let html = browser.get(&path).await.expect(200).text();
                assert!(html.contains(&format!("<html lang=\"{lang}\"")), "{path}");
                assert_eq!(html.matches("<h1").count(), 1, "{path}");
                assert!(!html.contains(" style=") && !html.contains(" onclick="), "{path}");
            }
        }
        let once = browser.post("/my/calendar", &[]).await.expect(200).text().replace("&#x2f;", "/");
        let link = once.split("http://pufa.example.test").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert!(link.starts_with("/calendar/"), "{link}");
        browser.get(&link).await.expect(200);
        let later = browser.get("/my").await.expect(200).text().replace("&#x2f;", "/");
        assert!(!later.contains(&link) && later.contains("迟到"));
        let later = browser.get("/my/calendar").await.expect(200).text().replace("&#x2f;", "/");
        assert!(!later.contains(&link));
        let off = later.split("/my/calendar/").find_map(|part| part.split('"').next()?.parse::<i64>().ok()).unwrap();
        browser.post(&format!("/my/calendar/{off}"), &[("act", "off")]).await.expect(303);
        assert_ne!(browser.get(&link).await.status.as_u16(), 200);
    }
}
