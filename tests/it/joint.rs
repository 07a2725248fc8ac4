//! Joint events: asked, accepted, declined; whose reports and groups have the event; each body's own part.

use entity::state::{CoHostStatus, MessageKind, Role, Scope};
use entity::{audience_rule, event, event_co_host, outbox};
use pufa::jobs;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::harness::TestApp;

/// A lecture on 18 March for the groups of all hosts, hosted by GQ-KJ with GQ-SF and GQ-TZ.
fn joint(key: &str) -> Value {
    json!({
        "key": key, "kind": "lecture", "title": "联合普法讲座", "org_code": "GQ-KJ", "required": true,
        "co_host_codes": ["GQ-SF", "GQ-TZ"], "audience": ["org:GQ-KJ", "group:enforcement"],
        "sessions": [{"key": format!("{key}-1"), "starts_at": "2024-03-18T09:00", "ends_at": "2024-03-18T11:00"}],
    })
}

async fn make(app: &TestApp, token: &str, body: Value) -> String {
    let made = app.post("/api/v1/events", token, body).await.expect(201).json();
    format!("/api/v1/events/{}", made["id"].as_str().unwrap())
}

/// Who is told what, by kind: addresses, sorted.
async fn told(app: &TestApp, kind: MessageKind) -> Vec<String> {
    let rows = outbox::Entity::find()
        .filter(outbox::Column::Kind.eq(kind))
        .order_by_asc(outbox::Column::Address)
        .all(app.db.read())
        .await
        .unwrap();
    rows.into_iter().map(|row| row.address.trim_end_matches("@example.test").to_owned()).collect()
}

async fn co_hosts(app: &TestApp) -> Vec<(String, CoHostStatus)> {
    let rows = event_co_host::Entity::find().order_by_asc(event_co_host::Column::OrganisationId).all(app.db.read());
    let mut found = Vec::new();
    for row in rows.await.unwrap() {
        let org = entity::organisation::Entity::find_by_id(row.organisation_id).one(app.db.read()).await.unwrap();
        found.push((org.unwrap().code, row.status));
    }
    found
}

async fn label(app: &TestApp, staff_no: &str, group: &str) {
    use entity::{membership, membership_group};
    let person = app.person_id(staff_no).await;
    let row = membership::Entity::find().filter(membership::Column::PersonId.eq(person)).one(app.db.read()).await;
    let row = membership_group::ActiveModel {
        membership_id: sea_orm::ActiveValue::Set(row.unwrap().unwrap().id),
        name: sea_orm::ActiveValue::Set(group.to_owned()),
    };
    membership_group::Entity::insert(row).exec_without_returning(app.db.write()).await.unwrap();
}

async fn say(app: &TestApp, event: &str, token: &str, org: &str, body: Value) -> crate::harness::Answer {
    app.put(&format!("{event}/co-hosts/{org}"), token, body).await
}

/// How many events of the kind the report of an organisation counts, and how many people were expected.
async fn counted(app: &TestApp, org: &str) -> (i64, i64) {
    let token = app.token(org, Scope::Read).await;
    let report = app.get(&format!("/api/v1/reports/2024?org={org}"), &token).await.expect(200).json();
    let total = &report["total"];
    let kinds = report["kinds"]["lecture"].clone();
    let count = kinds["events"].as_i64().or_else(|| kinds["events"]["value"].as_i64()).unwrap_or(0);
    (count, total["expected"].as_i64().or_else(|| total["expected"]["value"].as_i64()).unwrap_or(0))
}

journeys! {
    async fn asked_and_accepted_count_and_declined_does_not(app: &TestApp) {
        app.world().await;
        label(app, "SF001", "enforcement").await;
        label(app, "TZ001", "enforcement").await;
        let host = app.token("GQ-KJ", Scope::Manage).await;
        let (sf, tz) = (app.token("GQ-SF", Scope::Manage).await, app.token("GQ-TZ", Scope::Manage).await);
        let event = make(app, &host, joint("J1")).await;
        app.post(&format!("{event}/publish"), &host, json!({})).await.expect(200);
        assert_eq!(told(app, MessageKind::Invitation).await.len(), 8, "six of the host, one of each co-host");

        say(app, &event, &sf, "GQ-SF", json!({"status": "accepted", "contact": "干部SF1 0533-1"})).await.expect(200);
        let no = json!({"status": "declined", "reason": "当天有会"});
        let said = say(app, &event, &tz, "GQ-TZ", no.clone()).await.expect(200).json();
        assert_eq!((&said["status"], &said["org_code"]), (&json!("declined"), &json!("GQ-TZ")));
        // Only its group's people go, with a higher SEQUENCE, and the event is no longer its own.
        assert_eq!(told(app, MessageKind::Cancellation).await, ["tz001"]);
        app.get(&event, &tz).await.problem(404, "not-found");
        assert_eq!(app.get(&event, &host).await.json()["co_host_codes"], json!(["GQ-SF"]));
        let list = app.get(&format!("{event}/co-hosts"), &tz).await.expect(200).json();
        assert_eq!(list["items"].as_array().unwrap().len(), 2, "it may still look, to change its mind");
        // The same again changes nothing and tells nobody.
        say(app, &event, &tz, "GQ-TZ", no).await.expect(200);
        assert_eq!(told(app, MessageKind::Cancellation).await.len(), 1);

        // It changes its mind, and its people are invited again.
        say(app, &event, &tz, "GQ-TZ", json!({"status": "accepted"})).await.expect(200);
        assert_eq!(told(app, MessageKind::Invitation).await.iter().filter(|a| *a == "tz001").count(), 2);
        say(app, &event, &tz, "GQ-TZ", json!({"status": "declined"})).await.expect(200);
        assert_eq!(told(app, MessageKind::Cancellation).await, ["tz001", "tz001"]);

        // Once it has begun nobody changes anything.
        app.at("2024-03-18T09:00");
        say(app, &event, &tz, "GQ-TZ", json!({"status": "accepted"})).await.problem(409, "too-late");
        app.call(axum::http::Method::DELETE, &format!("{event}/co-hosts/GQ-SF"), &host, Value::Null).await
            .problem(409, "too-late");

        // Figures: the host and the accepted one have it, with their own people; the declined one has nothing.
        app.at("2024-03-18T12:00");
        jobs::freeze_rosters(app).await.unwrap();
        assert_eq!(counted(app, "GQ-KJ").await, (1, 6));
        assert_eq!(counted(app, "GQ-SF").await, (1, 1));
        assert_eq!(counted(app, "GQ-TZ").await, (0, 0));
        assert_eq!(counted(app, "GQ").await, (1, 7), "once for the county");
        assert_eq!(counted(app, "ZB-KJ").await, (0, 0));
    }

    async fn a_co_host_that_never_answers_counts(app: &TestApp) {
        app.world().await;
        label(app, "SF001", "enforcement").await;
        let host = app.token("GQ-KJ", Scope::Manage).await;
        let event = make(app, &host, joint("J1")).await;
        app.post(&format!("{event}/publish"), &host, json!({})).await.expect(200);
        app.at("2024-03-18T12:00");
        jobs::freeze_rosters(app).await.unwrap();
        assert_eq!((counted(app, "GQ-SF").await, counted(app, "GQ-TZ").await), ((1, 1), (1, 0)));
    }

    async fn the_nearest_accounts_are_asked_on_publishing_and_the_maker_is_told_of_a_no(app: &TestApp) {
        app.world().await;
        app.account("kj@example.test", "GQ-KJ", Role::Organizer).await;
        app.account("sf@example.test", "GQ-SF", Role::Organizer).await;
        app.account("sf-viewer@example.test", "GQ-SF", Role::Viewer).await;
        app.account("county@example.test", "GQ", Role::Admin).await;
        let host = app.token("GQ-KJ", Scope::Manage).await;
        let sf = app.token("GQ-SF", Scope::Manage).await;
        let event = make(app, &host, joint("J1")).await;
        assert!(told(app, MessageKind::CoHost).await.is_empty(), "a draft tells nobody");
        app.post(&format!("{event}/publish"), &host, json!({})).await.expect(200);
        app.post(&format!("{event}/publish"), &host, json!({})).await.expect(200);
        assert_eq!(told(app, MessageKind::CoHost).await, ["county", "sf"]);
        // One more while it is published.
        let codes = json!({"co_host_codes": ["GQ-SF", "GQ-TZ", "ZB-KJ"]});
        app.patch(&event, &host, codes.clone()).await.expect(200);
        app.patch(&event, &host, codes).await.expect(200);
        assert_eq!(told(app, MessageKind::CoHost).await, ["county", "sf"], "the city has no account to ask");

        say(app, &event, &sf, "GQ-SF", json!({"status": "declined", "reason": "人手不够"})).await.expect(200);
        assert_eq!(told(app, MessageKind::CoHost).await, ["county", "kj", "sf"]);
        jobs::deliver(app, &CancellationToken::new()).await.unwrap();
        let mails: Vec<_> = std::fs::read_dir(app.folder.path().join("mail")).unwrap()
            .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
        let of = |to: &str| mails.iter().find(|mail| mail.contains(&format!("To: {to}@example.test"))).cloned();
        let parsed = |raw: &str| {
            let mail = mail_parser::MessageParser::default().parse(raw.as_bytes()).unwrap();
            (mail.subject().unwrap().to_owned(), mail.body_text(0).unwrap().into_owned(), mail.body_html(0).unwrap().into_owned())
        };
        let (subject, text, html) = parsed(&of("county").expect("the county is asked"));
        assert_eq!(subject, "请答复：是否联办联合普法讲座，3月18日（周一）09:00");
        assert!(text.contains("县科技局请田镇街道联办") && text.contains("/joint") && html.contains("查看并答复"), "{text}");
        let (subject, text, _) = parsed(&of("kj").expect("the host is told"));
        assert_eq!(subject, "县司法局不参加联办：联合普法讲座，3月18日（周一）09:00");
        assert!(text.contains("人手不够"), "{text}");
        assert!(of("sf").is_none(), "who has answered is not asked any more");

        // The host asks again.
        say(app, &event, &host, "GQ-SF", json!({"status": "asked"})).await.expect(200);
        assert_eq!(told(app, MessageKind::CoHost).await, ["county", "kj", "sf", "sf"]);
    }

    async fn who_may_speak_for_whom(app: &TestApp) {
        app.world().await;
        let host = app.token("GQ-KJ", Scope::Manage).await;
        let event = make(app, &host, joint("J1")).await;
        app.post(&format!("{event}/publish"), &host, json!({})).await.expect(200);
        let yes = || json!({"status": "accepted"});
        for (org, scope, status, code) in [
            ("GQ-KJ", Scope::Manage, 403, "forbidden"),
            ("GQ-TZ", Scope::Manage, 403, "forbidden"),
            ("GQ-SF", Scope::Read, 403, "forbidden"),
            ("ZB-KJ", Scope::Manage, 404, "not-found"),
        ] {
            let token = app.token(org, scope).await;
            say(app, &event, &token, "GQ-SF", yes()).await.problem(status, code);
        }
        let sf = app.token("GQ-SF", Scope::Manage).await;
        say(app, &event, &sf, "ZB-KJ", yes()).await.problem(404, "not-found");
        say(app, &event, &sf, "NO-SUCH", yes()).await.problem(404, "not-found");
        say(app, &event, &sf, "GQ-SF", json!({"status": "perhaps"})).await.problem(422, "invalid");
        say(app, &event, &sf, "GQ-SF", json!({"status": "declined", "reason": "x".repeat(501)})).await.problem(422, "invalid");
        say(app, &event, &sf, "GQ-SF", json!({"contact": "a\u{7}"})).await.problem(422, "invalid");
        // What stands above it may, and of two at once the later word stands.
        let county = app.token("GQ", Scope::Manage).await;
        let (one, two) = tokio::join!(
            say(app, &event, &county, "GQ-SF", yes()),
            say(app, &event, &sf, "GQ-SF", json!({"status": "declined"})),
        );
        one.expect(200);
        two.expect(200);
        let deeds = entity::audit::Entity::find().filter(entity::audit::Column::Action.starts_with("co_host."))
            .all(app.db.read()).await.unwrap();
        assert_eq!(deeds.len(), 2);
        app.post(&format!("{event}/cancel"), &host, json!({})).await.expect(200);
        say(app, &event, &sf, "GQ-SF", yes()).await.problem(409, "cancelled");
    }

    async fn a_co_host_keeps_its_own_part(app: &TestApp) {
        app.world().await;
        let (host, sf) = (app.token("GQ-KJ", Scope::Manage).await, app.token("GQ-SF", Scope::Manage).await);
        let event = make(app, &host, joint("J1")).await;
        app.post(&format!("{event}/publish"), &host, json!({})).await.expect(200);
        let roster = async || {
            let session = format!("/api/v1/sessions/{}/roster", app.get(&event, &host).await.json()["sessions"][0]["id"].as_str().unwrap());
            let items = app.get(&session, &host).await.json()["items"].clone();
            items.as_array().unwrap().iter().map(|i| i["staff_no"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(roster().await.len(), 6);
        for bad in ["group:x", "public", "org:GQ-KJ", "staff:KJ001", "org:GQ", "org:NONE"] {
            say(app, &event, &sf, "GQ-SF", json!({"audience": [bad]})).await.problem(422, "invalid");
        }
        say(app, &event, &sf, "GQ-SF", json!({"audience": ["org:GQ-SF", "-staff:SF002"]})).await.expect(200);
        assert_eq!(roster().await, ["KJ001", "KJ002", "KJ003", "KJ004", "KJ005", "KJ006", "SF001"]);
        // The host sees and writes its own lines alone.
        assert_eq!(app.get(&event, &host).await.json()["audience"], json!(["org:GQ-KJ", "group:enforcement"]));
        app.patch(&event, &host, json!({"audience": ["org:GQ-KJ-FG"]})).await.expect(200);
        assert_eq!(roster().await, ["KJ001", "KJ003", "KJ005", "SF001"]);
        // Making it once more is still the same event.
        app.patch(&event, &host, json!({"audience": ["org:GQ-KJ", "group:enforcement"]})).await.expect(200);
        app.post("/api/v1/events", &host, joint("J1")).await.expect(200);
        // What it declines is out, and comes back with its yes.
        say(app, &event, &sf, "GQ-SF", json!({"status": "declined"})).await.expect(200);
        assert_eq!(roster().await.len(), 6);
        app.post("/api/v1/events", &host, joint("J1")).await.expect(200);
        say(app, &event, &sf, "GQ-SF", json!({"audience": []})).await.problem(409, "wrong-state");
        say(app, &event, &sf, "GQ-SF", json!({"status": "accepted"})).await.expect(200);
        assert_eq!(roster().await.len(), 7);
        // A co-host that is taken out leaves nothing behind.
        app.patch(&event, &host, json!({"co_host_codes": ["GQ-TZ"]})).await.expect(200);
        let left = audience_rule::Entity::find().filter(audience_rule::Column::CoHostId.is_not_null()).all(app.db.read()).await;
        assert!(left.unwrap().is_empty());
        assert_eq!(roster().await.len(), 6);
    }

    async fn decisions_survive_changes_and_imports(app: &TestApp) {
        app.world().await;
        let events = "event_key,kind,title,org_code,co_host_codes,location,audience,required,status\n\
            E1,lecture,联合讲座,GQ-KJ,GQ-SF;GQ-TZ,,org:GQ-KJ,yes,scheduled\n";
        let sessions = "session_key,event_key,starts_at,ends_at,all_day,status\n\
            E1-1,E1,2024-03-18T09:00,2024-03-18T11:00,no,scheduled\n";
        let import = async |events: &str| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("events.csv"), events).unwrap();
            std::fs::write(folder.path().join("sessions.csv"), sessions).unwrap();
            let token = app.token("GQ", Scope::Manage).await;
            let boundary = "b0b0";
            let mut body = String::new();
            for (name, text) in [("events.csv", events), ("sessions.csv", sessions)] {
                body += &format!("--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n");
            }
            body += &format!("--{boundary}--\r\n");
            let request = axum::http::Request::builder().method("POST").uri("/api/v1/imports")
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", format!("multipart/form-data; boundary={boundary}"))
                .body(axum::body::Body::from(body)).unwrap();
            app.send(request).await.expect(200).json()
        };
        import(events).await;
        let all = |sf, tz| vec![("GQ-SF".to_owned(), sf), ("GQ-TZ".to_owned(), tz)];
        use CoHostStatus::{Accepted, Asked, Declined};
        assert_eq!(co_hosts(app).await, all(Accepted, Accepted), "what a file says is so");
        let row = event::Entity::find().one(app.db.read()).await.unwrap().unwrap();
        let path = format!("/api/v1/events/{}", row.id);
        let sf = app.token("GQ-SF", Scope::Manage).await;
        say(app, &path, &sf, "GQ-SF", json!({"audience": ["staff:SF001"]})).await.expect(200);
        say(app, &path, &sf, "GQ-SF", json!({"status": "declined"})).await.expect(200);
        assert!(told(app, MessageKind::Cancellation).await.is_empty(), "a quiet import told nobody of it");
        let before = event::Entity::find().one(app.db.read()).await.unwrap().unwrap();
        import(events).await;
        assert_eq!(event::Entity::find().one(app.db.read()).await.unwrap().unwrap(), before, "nothing changes");
        import(&events.replace("org:GQ-KJ", "org:GQ-KJ-FG")).await;
        assert_eq!(co_hosts(app).await, all(Declined, Accepted));
        let own = audience_rule::Entity::find().filter(audience_rule::Column::CoHostId.is_not_null()).all(app.db.read()).await;
        assert_eq!(own.unwrap().len(), 1);
        import(&events.replace("GQ-SF;GQ-TZ", "GQ-TZ")).await;
        assert_eq!(co_hosts(app).await, [("GQ-TZ".to_owned(), Accepted)]);
        let host = app.token("GQ-KJ", Scope::Manage).await;
        app.patch(&path, &host, json!({"co_host_codes": ["GQ-TZ", "GQ-SF"]})).await.expect(200);
        assert_eq!(co_hosts(app).await, all(Asked, Accepted));
    }

    async fn notes_are_seen_by_ones_own_and_what_is_above(app: &TestApp) {
        app.world().await;
        let host = app.token("GQ-KJ", Scope::Manage).await;
        let mut body = joint("J1");
        body["audience"] = json!(["org:GQ-KJ", "org:GQ-SF", "org:GQ-TZ"]);
        let event = make(app, &host, body).await;
        app.post(&format!("{event}/publish"), &host, json!({"override": "test"})).await.expect(200);
        let session = format!("/api/v1/sessions/{}", app.get(&event, &host).await.json()["sessions"][0]["id"].as_str().unwrap());
        app.at("2024-03-18T12:00");
        jobs::freeze_rosters(app).await.unwrap();
        let set = async |org: &str, who: &str, note: Option<&str>| {
            let token = app.token(org, Scope::Manage).await;
            let mut body = json!({"status": "excused"});
            if let Some(note) = note {
                body["note"] = json!(note);
            }
            app.put(&format!("{session}/attendance/{who}"), &token, body).await
        };
        // Each body says what became of its own people, the host of all.
        set("GQ-SF", "SF001", Some("病假：SF")).await.expect(200);
        set("GQ-KJ", "KJ001", Some("公出：KJ")).await.expect(200);
        set("GQ-TZ", "TZ001", Some("事假：TZ")).await.expect(200);
        set("GQ-SF", "KJ001", Some("x")).await.problem(403, "forbidden");
        set("GQ-SF", "TZ001", None).await.problem(403, "forbidden");
        // The host changes another's state without seeing or losing its note.
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let path = format!("{session}/attendance/SF001");
        let record = app.put(&path, &token, json!({"status": "absent"})).await.expect(200).json();
        assert_eq!((&record["status"], &record["note"]), (&json!("absent"), &json!(null)));

        // Who looks, at whose person, and what is seen.
        let own = |who: &'static str| match who { "KJ001" => "公出：KJ", "SF001" => "病假：SF", _ => "事假：TZ" };
        for (org, sees) in [
            ("GQ-KJ", vec!["KJ001"]),
            ("GQ-SF", vec!["SF001"]),
            ("GQ-TZ", vec!["TZ001"]),
            ("GQ", vec!["KJ001", "SF001", "TZ001"]),
        ] {
            let token = app.token(org, Scope::Manage).await;
            let list = app.get(&format!("{session}/attendance"), &token).await.expect(200).json();
            let items = list["items"].as_array().unwrap();
            assert_eq!(items.len(), 3, "{org} counts all");
            let browser = crate::harness::Browser::new(app);
            let secret = app.account(&format!("{}@example.test", org.to_lowercase()), org, Role::Organizer).await;
            browser.get(&format!("/enter/{secret}")).await.expect(303);
            let id = event.rsplit('/').next().unwrap();
            let page = browser.get(&format!("/events/{id}")).await.expect(200).text();
            let door = browser.get(&format!("/sessions/{}/check-in", session.rsplit('/').next().unwrap())).await.expect(200).text();
            for who in ["KJ001", "SF001", "TZ001"] {
                let item = items.iter().find(|item| item["staff_no"] == who).unwrap();
                let seen = sees.contains(&who);
                assert_eq!(item["note"].as_str(), seen.then(|| own(who)), "{org} at {who}");
                let past = item["history"].as_array().unwrap().iter().any(|past| !past["reason"].is_null());
                assert_eq!(past, seen, "{org} at the history of {who}");
                assert_eq!(page.contains(own(who)), seen, "{org} on the page at {who}");
                assert!(seen || !door.contains(own(who)), "{org} at the door at {who}");
                let form = browser.get(&format!("/sessions/{}/attendance/{who}", session.rsplit('/').next().unwrap())).await.text();
                assert_eq!(form.contains(own(who)), seen, "{org} in the form of {who}");
            }
        }
    }

    async fn a_page_shows_each_body_its_own(app: &TestApp) {
        app.world().await;
        let host = app.token("GQ-KJ", Scope::Manage).await;
        let mut body = joint("J1");
        body["audience"] = json!(["org:GQ-KJ", "org:GQ-SF", "staff:ZB001"]);
        let event = make(app, &host, body).await;
        app.post(&format!("{event}/publish"), &host, json!({"override": "test"})).await.expect(200);
        let id = event.rsplit('/').next().unwrap().to_owned();
        let desk = async |org: &str| {
            let secret = app.account(&format!("{}-d@example.test", org.to_lowercase()), org, Role::Organizer).await;
            let browser = crate::harness::Browser::new(app);
            browser.get(&format!("/enter/{secret}")).await.expect(303);
            browser
        };
        let (kj, sf, zb) = (desk("GQ-KJ").await, desk("GQ-SF").await, desk("ZB-KJ").await);
        let path = format!("/events/{id}/joint");
        let cells = |page: &str| page.matches("<td class=\"num\">—</td>").count();
        let page = kj.get(&path).await.expect(200).text();
        assert!(page.contains("县司法局") && page.contains("待答复") && page.contains("其他单位") && cells(&page) == 0, "{page}");
        let page = sf.get(&path).await.expect(200).text();
        assert!(page.contains("同意联办") && page.contains("<td class=\"num\">2</td>") && cells(&page) == 12, "{page}");
        zb.get(&path).await.expect(404);
        let org = app.org_id("GQ-SF").await;
        let say = format!("{path}/{org}");
        sf.post(&say, &[("act", "accept"), ("was", "asked"), ("csrf", "wrong")]).await.expect(403);
        sf.post(&say, &[("act", "accept"), ("was", "asked")]).await.expect(303);
        // Somebody who still sees the page of before.
        let late = sf.post(&say, &[("act", "decline"), ("was", "asked"), ("reason", "没有人")]).await.expect(412).text();
        assert!(late.contains("value=\"没有人\"") && late.contains("已被更改"), "{late}");
        let wrong = sf.post(&say, &[("act", "people"), ("audience", "org:GQ-KJ")]).await.expect(422).text();
        assert!(wrong.contains("不是本单位或下属单位的") && wrong.contains("org:GQ-KJ"));
        sf.post(&say, &[("act", "contact"), ("contact", "干部SF1 0533-1")]).await.expect(303);
        assert!(kj.get(&path).await.expect(200).text().contains("干部SF1 0533-1"));
        kj.post(&say, &[("act", "accept"), ("was", "accepted")]).await.expect(403);
        sf.post(&say, &[("act", "remove")]).await.expect(403);
        let to = sf.post(&say, &[("act", "decline"), ("was", "accepted"), ("reason", "没有人")]).await.expect(303);
        assert!(sf.get(to.header("location")).await.expect(200).text().contains("已答复不参加"));
        sf.get(&format!("/events/{id}")).await.expect(404);
        assert!(kj.get(&format!("/events/{id}")).await.expect(200).text().contains("1 家不参加"));
        kj.post(&say, &[("act", "ask")]).await.expect(303);
        kj.post(&say, &[("act", "remove")]).await.expect(303);
        assert_eq!(co_hosts(app).await.len(), 1);
        kj.post(&say, &[("act", "dance")]).await.expect(400);
    }
}
