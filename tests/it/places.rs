//! Places: kept by an organisation, meant by a location's text, renamed without a mail.

use entity::state::{Role, Scope};
use entity::{audit, event, outbox, place, session};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::pages::desk;

fn lecture(key: &str, org: &str, location: &str, sessions: &[(&str, Option<&str>)]) -> Value {
    let sitting = |(i, (day, own)): (usize, &(&str, Option<&str>))| json!({"key": format!("{key}-{i}"), "starts_at": format!("{day}T09:00"), "ends_at": format!("{day}T11:00"), "location": own});
    json!({
        "key": key, "kind": "lecture", "title": key, "org_code": org, "audience": [format!("org:{org}")],
        "location": location, "sessions": sessions.iter().enumerate().map(sitting).collect::<Vec<_>>(),
    })
}

async fn publish(app: &TestApp, token: &str, body: Value) -> Value {
    let made = app.post("/api/v1/events", token, body).await.expect(201).json();
    let path = format!("/api/v1/events/{}/publish", made["id"].as_str().unwrap());
    app.post(&path, token, json!({"override": "试验"})).await.expect(200).json()
}

async fn add(app: &TestApp, token: &str, org: &str, name: &str) -> String {
    let body = json!({"org_code": org, "name": name, "capacity": 40});
    let made = app.post("/api/v1/places", token, body).await.expect(201).json();
    made["id"].as_str().unwrap().to_owned()
}

async fn locations(app: &TestApp) -> Vec<(String, Option<String>)> {
    let rows = session::Entity::find().order_by_asc(session::Column::Key).all(app.db.read()).await.unwrap();
    rows.into_iter().map(|row| (row.key, row.location)).collect()
}

journeys! {
    async fn a_place_is_seen_above_and_below_and_changed_by_its_owner(app: &TestApp) {
        app.world().await;
        let (county, bureau) = (app.token("GQ", Scope::Manage).await, app.token("GQ-KJ", Scope::Manage).await);
        let (section, sister) = (app.token("GQ-KJ-FG", Scope::Manage).await, app.token("GQ-SF", Scope::Manage).await);
        let hall = add(app, &county, "GQ", "县政务礼堂").await;
        let room = add(app, &bureau, "GQ-KJ", "三楼会议室").await;
        let names = async |token: &str| {
            let list = app.get("/api/v1/places", token).await.expect(200).json();
            let mut names: Vec<_> = list["items"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect();
            names.sort();
            names
        };
        assert_eq!(names(&county).await, ["三楼会议室", "县政务礼堂"]);
        assert_eq!(names(&section).await, ["三楼会议室", "县政务礼堂"]);
        assert_eq!(names(&sister).await, ["县政务礼堂"]);
        let at = |id: &str| format!("/api/v1/places/{id}");
        app.patch(&at(&hall), &bureau, json!({"capacity": 5})).await.problem(403, "forbidden");
        app.patch(&at(&room), &sister, json!({"capacity": 5})).await.problem(404, "not-found");
        app.post("/api/v1/places", &sister, json!({"org_code": "GQ-KJ", "name": "x"})).await.problem(422, "invalid");
        let read = app.token("GQ-KJ", Scope::Read).await;
        app.post("/api/v1/places", &read, json!({"org_code": "GQ-KJ", "name": "x"})).await.problem(403, "forbidden");

        // A name is an organisation's once; another organisation may have it too.
        let twice = app.post("/api/v1/places", &bureau, json!({"org_code": "GQ-KJ", "name": " 三楼会议室 "})).await.problem(422, "invalid");
        assert_eq!((&twice["errors"][0]["field"], &twice["errors"][0]["code"]), (&json!("name"), &json!("place-taken")));
        add(app, &sister, "GQ-SF", "三楼会议室").await;
        let other = add(app, &bureau, "GQ-KJ", "二楼").await;
        app.patch(&at(&other), &bureau, json!({"name": "三楼会议室"})).await.problem(422, "invalid");
        for (body, field) in [
            (json!({"name": ""}), "name"), (json!({"name": "a\u{7}"}), "name"), (json!({"address": "字".repeat(201)}), "address"),
            (json!({"capacity": 0}), "capacity"), (json!({"capacity": "many"}), "capacity"),
        ] {
            let problem = app.patch(&at(&room), &bureau, body.clone()).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], field, "{body}");
        }
        let changed = app.patch(&at(&room), &bureau, json!({"address": "人民路1号", "capacity": null, "retired": true})).await.expect(200).json();
        assert_eq!(changed, json!({"id": room, "org_code": "GQ-KJ", "name": "三楼会议室", "address": "人民路1号", "capacity": null, "retired": true}));
        let retired = place::Entity::find_by_id(entity::id::PlaceId(room.parse().unwrap())).one(app.db.read()).await.unwrap().unwrap();
        assert_eq!(retired.retired_at, Some(app.now()));
        app.patch(&at(&room), &bureau, json!({"retired": false})).await.expect(200);
        let deeds: Vec<_> = audit::Entity::find().filter(audit::Column::Action.starts_with("place.")).order_by_asc(audit::Column::Id).all(app.db.read()).await.unwrap();
        let actions: Vec<_> = deeds.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, ["place.add", "place.add", "place.add", "place.add", "place.retire", "place.restore"]);
    }

    async fn a_new_name_follows_what_has_not_begun_and_mails_nobody(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let room = add(app, &token, "GQ-KJ", "三楼会议室").await;
        add(app, &token, "GQ-SF", "三楼会议室").await;
        // Past and ahead in one event, one with a place of its own, one of a session's own, one of a sister's room.
        publish(app, &token, lecture("A", "GQ-KJ", "三楼会议室", &[("2024-03-11", None), ("2024-03-20", None), ("2024-03-21", Some("礼堂"))])).await;
        publish(app, &token, lecture("B", "GQ-KJ-FG", "别处", &[("2024-03-22", Some("三楼会议室")), ("2024-03-23", None)])).await;
        publish(app, &token, lecture("C", "GQ-SF", "三楼会议室", &[("2024-03-24", None)])).await;
        publish(app, &token, lecture("D", "GQ-KJ", "三楼会议室", &[("2024-03-10", None)])).await;
        let mails = outbox::Entity::find().count(app.db.read()).await.unwrap();
        let before = session::Entity::find().order_by_asc(session::Column::Key).all(app.db.read()).await.unwrap();
        app.at("2024-03-12T09:00");
        app.patch(&format!("/api/v1/places/{room}"), &token, json!({"name": "301会议室"})).await.expect(200);
        let some = |text: &str| Some(text.to_owned());
        let expected = [
            ("A-0", some("三楼会议室")), ("A-1", None), ("A-2", some("礼堂")), ("B-0", some("301会议室")), ("B-1", None), ("C-0", None), ("D-0", None),
        ].map(|(key, place)| (key.to_owned(), place));
        assert_eq!(locations(app).await, expected);
        let events = event::Entity::find().order_by_asc(event::Column::Key).all(app.db.read()).await.unwrap();
        assert_eq!(events.iter().map(|row| row.location.as_str()).collect::<Vec<_>>(), ["301会议室", "别处", "三楼会议室", "三楼会议室"]);
        assert_eq!(outbox::Entity::find().count(app.db.read()).await.unwrap(), mails, "the same room, so no mail");
        let after = session::Entity::find().order_by_asc(session::Column::Key).all(app.db.read()).await.unwrap();
        assert!(before.iter().zip(&after).all(|(old, new)| old.sequence == new.sequence));
        // Calendars see the change of A's coming session; C and D stay untouched.
        let moved: Vec<_> = before.iter().zip(&after).filter(|(old, new)| old.updated_at != new.updated_at).map(|(_, new)| new.key.as_str()).collect();
        assert_eq!(moved, ["A-1", "A-2", "B-0", "B-1"]);
        let meant = pufa::scheduling::place::resolve(app.db.read(), &[app.org_id("GQ-KJ-FG").await], "301会议室").await.unwrap();
        assert_eq!(meant.unwrap().id.to_string(), room);

        app.patch(&format!("/api/v1/places/{room}"), &token, json!({"name": "302会议室", "rename_sessions": false})).await.expect(200);
        let event = event::Entity::find().filter(event::Column::Key.eq("A")).one(app.db.read()).await.unwrap().unwrap();
        assert_eq!(event.location, "301会议室", "as asked");
    }

    async fn the_pages_of_places_do_the_same(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        assert!(browser.get("/places").await.expect(200).text().contains("还没有场所"));
        browser.get("/places/new").await.expect(200);
        let typed = |name: &'static str, capacity: &'static str| [("org_code", "GQ-KJ"), ("name", name), ("address", "人民路1号"), ("capacity", capacity)];
        let wrong = browser.post("/places/new", &typed("三楼会议室", "许多")).await.expect(422).text();
        assert!(wrong.contains("id=\"e-capacity\"") && wrong.contains("value=\"许多\"") && wrong.contains("value=\"三楼会议室\""));
        browser.post("/places/new", &typed("三楼会议室", "40")).await.expect(303);
        let twice = browser.post("/places/new", &typed("三楼会议室", "")).await.expect(422).text();
        assert!(twice.contains("id=\"e-name\"") && twice.contains("本单位已有同名场所"));
        publish(app, &token, lecture("A", "GQ-KJ-FG", "三楼会议室", &[("2024-03-20", None), ("2024-03-27", None), ("2024-04-03", Some("礼堂"))])).await;
        let list = browser.get("/places").await.expect(200).text();
        assert!(list.contains("2 场") && list.contains("40 人") && list.contains("人民路1号"), "{list}");
        assert!(browser.get("/events/new").await.expect(200).text().contains("<option value=\"三楼会议室\">"), "offered in the form");
        let row = place::Entity::find().one(app.db.read()).await.unwrap().unwrap();
        let page = format!("/places/{}", row.id);
        assert!(browser.get(&page).await.expect(200).text().contains("name=\"rename\" value=\"yes\" checked"));
        let answer = browser.post(&page, &[("name", "301"), ("address", ""), ("capacity", ""), ("rename", "yes")]).await.expect(303);
        assert_eq!(answer.header("location"), "/places?done=renamed&n=1");
        assert!(browser.get(answer.header("location")).await.expect(200).text().contains("1 个活动随之更新"));
        browser.post(&format!("{page}/rest"), &[("act", "retire")]).await.expect(303);
        assert!(browser.get("/places").await.expect(200).text().contains("已停用"));
        assert!(!browser.get("/events/new").await.expect(200).text().contains("<option value=\"301\">"), "not offered any more");
        browser.post(&format!("{page}/rest"), &[("act", "restore")]).await.expect(303);
        browser.post(&page, &[("csrf", "no"), ("name", "x")]).await.expect(403);
        let viewer = desk(app, "GQ-KJ", Role::Viewer).await;
        assert!(!viewer.get("/places").await.expect(200).text().contains("/places/new"));
        viewer.get(&page).await.expect(403);
        let section = desk(app, "GQ-KJ-FG", Role::Organizer).await;
        section.get(&page).await.expect(403);
        desk(app, "GQ-SF", Role::Organizer).await.get(&page).await.expect(404);
    }
}
