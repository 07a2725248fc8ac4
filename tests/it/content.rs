//! What an event consists of: speakers, laws, materials with their files, agenda with minutes, checklist; and events of
//! several days.

use axum::body::Body;
use axum::http::{Method, Request, header};
use entity::state::{Role, Scope};
use entity::{checklist_item, event, event_also_kind, material, outbox, session, stored_file};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use crate::harness::{Answer, Browser, TestApp};
use crate::pages::desk;

/// A meeting of GQ-KJ on Friday 15 March 2024, which all six of the bureau must attend.
fn meeting(key: &str) -> Value {
    json!({
        "key": key, "kind": "meeting", "title": "局党组会", "org_code": "GQ-KJ", "audience": ["org:GQ-KJ"],
        "location": "三楼会议室", "required": true, "topics": ["宪法", "科学技术进步法"],
        "sessions": [{"key": format!("{key}-1"), "starts_at": "2024-03-15T09:00", "ends_at": "2024-03-15T10:00"}],
    })
}

async fn make(app: &TestApp, token: &str, body: Value) -> (String, String) {
    let made = app.post("/api/v1/events", token, body).await.expect(201).json();
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    (id(&made), id(&made["sessions"][0]))
}

async fn publish(app: &TestApp, token: &str, event: &str) {
    let body = json!({"override": "试验"});
    app.post(&format!("/api/v1/events/{event}/publish"), token, body).await.expect(200);
}

/// A file as a program hands it in.
async fn upload(app: &TestApp, token: &str, event: &str, name: &str, content: &[u8], title: &str) -> Answer {
    let request = Request::builder()
        .method("POST")
        .uri(format!("/api/v1/events/{event}/materials"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XXX")
        .body(Body::from(form(&[("title", title)], name, content)))
        .unwrap();
    app.send(request).await
}

fn form(fields: &[(&str, &str)], name: &str, content: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, value) in fields {
        body.extend(format!("--XXX\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").bytes());
    }
    let head = format!("--XXX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    [body, head.into_bytes(), content.to_vec(), b"\r\n--XXX--\r\n".to_vec()].concat()
}

/// A page with the slashes that its templates escape.
fn plain(html: String) -> String {
    html.replace("&#x2f;", "/")
}

async fn also_kinds(app: &TestApp, token: &str, event: &str) -> Value {
    app.get(&format!("/api/v1/events/{event}"), token).await.expect(200).json()["also_kinds"].clone()
}

fn item(title: &str, kind: Value, minutes: Value) -> Value {
    json!({"title": title, "kind": kind, "reporter": "", "minutes": minutes, "note": ""})
}

journeys! {
    async fn speakers_show_wherever_the_event_does(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, session) = make(app, &token, meeting("M1")).await;
        let path = format!("/api/v1/events/{event}/speakers");
        let wrong = app.put(&path, &token, json!([{"staff_no": "NO1"}, {"title": "只有职务"}, {"name": "a", "session_id": "999999"}])).await;
        let fields: Vec<_> = wrong.problem(422, "invalid")["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
        assert_eq!(fields, ["speakers[0].staff_no", "speakers[1].name", "speakers[2].session_id"]);
        let list = json!([
            {"staff_no": "KJ001", "name": "", "title": "局长", "session_id": null},
            {"name": "外请讲师甲", "title": "", "session_id": session},
        ]);
        let whole = app.put(&path, &token, list.clone()).await.expect(200);
        let tag = whole.header("etag").to_owned();
        let shown = whole.json()["speakers"].clone();
        assert_eq!(shown[0], json!({"staff_no": "KJ001", "name": "干部KJ1", "title": "局长", "session_id": null}));
        assert_eq!(shown[1], json!({"staff_no": null, "name": "外请讲师甲", "title": "", "session_id": session}));
        // The same again changes nothing.
        assert_eq!(app.put(&path, &token, list).await.expect(200).header("etag"), tag);
        let stale = Request::builder().method(Method::PUT).uri(&path).header(header::IF_MATCH, "\"1\"")
            .header(header::AUTHORIZATION, format!("Bearer {token}")).header(header::CONTENT_TYPE, "application/json");
        app.send(stale.body(Body::from("[]")).unwrap()).await.problem(412, "changed-meanwhile");

        publish(app, &token, &event).await;
        let secret = pufa::calendar::subscription::create(app.db.write(), app.person_id("KJ002").await, app.now()).await.unwrap();
        let feed = app.get(&format!("/calendar/{secret}.ics"), "").await.expect(200).text().replace("\r\n ", "");
        assert!(feed.contains("主讲：干部KJ1（局长）、外请讲师甲"), "{feed}");
        crate::mail::deliver(app).await;
        let mails = crate::mail::texts(app).await;
        assert!(mails.iter().all(|mail| mail.contains("主讲：干部KJ1（局长）、外请讲师甲")) && mails.len() == 6);
        let browser = desk(app, "GQ-KJ", Role::Viewer).await;
        assert!(browser.get(&format!("/events/{event}")).await.expect(200).text().contains("外请讲师甲"));
        // Who may not see it, and who may not change it.
        let other = app.token("GQ-SF", Scope::Manage).await;
        app.put(&path, &other, json!([])).await.problem(404, "not-found");
        let read = app.token("GQ-KJ", Scope::Read).await;
        app.put(&path, &read, json!([])).await.problem(403, "forbidden");
    }

    async fn an_item_of_a_study_kind_counts_the_session_in_both_kinds_and_once_in_all(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let (event, session) = make(app, &token, meeting("M1")).await;
        publish(app, &token, &event).await;
        let path = format!("/api/v1/sessions/{session}/agenda");
        let agenda = json!({"items": [
            item("第一议题：学习宪法", json!("first_topic"), json!(20)), item("休息", Value::Null, json!(5)),
            item("通报工作", json!(null), Value::Null), item("其他", Value::Null, json!(5)),
        ], "minutes": "第一行\r\n第二行"});
        let shown = app.put(&path, &token, agenda.clone()).await.expect(200).json();
        let starts: Vec<_> = shown["items"].as_array().unwrap().iter().map(|item| item["starts_at"].clone()).collect();
        assert_eq!(starts, [json!("2024-03-15T09:00:00+08:00"), json!("2024-03-15T09:20:00+08:00"), json!("2024-03-15T09:25:00+08:00"), Value::Null]);
        assert_eq!(shown["minutes"], "第一行\n第二行");
        assert_eq!(app.get(&path, &token).await.expect(200).json(), shown);
        assert_eq!(also_kinds(app, &token, &event).await, json!(["first_topic"]));

        app.at("2024-03-15T11:00");
        let report = app.get("/api/v1/reports/2024?org=GQ-KJ", &token).await.expect(200).json();
        assert_eq!(report["kinds"]["first_topic"]["sessions"], 1, "{report}");
        assert_eq!(report["kinds"]["meeting"]["sessions"], 1);
        assert_eq!(report["total"]["sessions"], 1);
        assert_eq!(report["total"]["expected"], 6);

        // The event's own form and API leave what the agenda says.
        let kept = app.patch(&format!("/api/v1/events/{event}"), &token, json!({"also_kinds": ["party_day"]})).await.expect(200).json();
        assert_eq!(kept["also_kinds"], json!(["first_topic", "party_day"]));
        // With the last such item its kind goes; what was set by hand stays.
        let bare = json!({"items": [item("学习", json!("party_day"), Value::Null)]});
        app.put(&path, &token, bare).await.expect(200);
        assert_eq!(also_kinds(app, &token, &event).await, json!(["party_day"]));
        app.put(&path, &token, json!({"items": []})).await.expect(200);
        assert_eq!(also_kinds(app, &token, &event).await, json!(["party_day"]));
        assert_eq!(app.get(&path, &token).await.json()["minutes"], "第一行\n第二行", "minutes not given stay");
        // Its own kind is no further one, whichever way they meet.
        let own = json!({"items": [item("学习", json!("lecture"), Value::Null)]});
        app.put(&path, &token, own).await.expect(200);
        assert_eq!(also_kinds(app, &token, &event).await, json!(["lecture", "party_day"]));
        app.patch(&format!("/api/v1/events/{event}"), &token, json!({"kind": "lecture"})).await.expect(200);
        assert_eq!(also_kinds(app, &token, &event).await, json!(["party_day"]));
        app.patch(&format!("/api/v1/events/{event}"), &token, json!({"kind": "meeting"})).await.expect(200);
        assert_eq!(also_kinds(app, &token, &event).await, json!(["lecture", "party_day"]));
    }

    async fn a_cancelled_sitting_takes_its_study_kind_with_it(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let mut body = meeting("M1");
        body["sessions"].as_array_mut().unwrap().push(json!({"key": "M1-2", "starts_at": "2024-03-22T09:00", "ends_at": "2024-03-22T10:00"}));
        let (event, session) = make(app, &token, body).await;
        publish(app, &token, &event).await;
        let study = json!({"items": [item("学习", json!("first_topic"), json!(30))]});
        app.put(&format!("/api/v1/sessions/{session}/agenda"), &token, study).await.expect(200);
        assert_eq!(also_kinds(app, &token, &event).await, json!(["first_topic"]));
        app.post(&format!("/api/v1/sessions/{session}/cancel"), &token, json!({})).await.expect(200);
        assert_eq!(also_kinds(app, &token, &event).await, json!([]));
        let row = event_also_kind::Entity::find().count(app.db.read()).await.unwrap();
        assert_eq!(row, 0);
    }

    async fn a_bad_agenda_is_refused_where_it_is_wrong(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, session) = make(app, &token, meeting("M1")).await;
        let path = format!("/api/v1/sessions/{session}/agenda");
        let fields = async |body: Value| {
            let document = app.put(&path, &token, body).await.problem(422, "invalid");
            let field = |e: &Value| format!("{} {}", e["field"].as_str().unwrap(), e["code"].as_str().unwrap());
            document["errors"].as_array().unwrap().iter().map(field).collect::<Vec<_>>()
        };
        assert_eq!(fields(json!({"items": [], "minutes": "字".repeat(10_001)})).await, ["minutes too-long"]);
        assert_eq!(fields(json!({"items": [], "minutes": "a\u{7}b"})).await, ["minutes control-characters"]);
        assert_eq!(fields(json!({"items": [item("", Value::Null, Value::Null)]})).await, ["items[0].title required"]);
        assert_eq!(fields(json!({"items": [item("a", json!("meeting"), json!(0))]})).await, ["items[0].kind not-study-kind", "items[0].minutes bad-minutes"]);
        assert_eq!(fields(json!({"items": [item("a", json!("no"), json!(1441))]})).await, ["items[0].kind unknown-kind", "items[0].minutes bad-minutes"]);
        assert_eq!(fields(json!({"items": vec![item("a", Value::Null, Value::Null); 101]})).await, ["items too-many"]);
        app.put(&path, &token, json!({"items": [], "minutes": "字".repeat(10_000)})).await.expect(200);
        let other = app.token("GQ-SF", Scope::Manage).await;
        app.get(&path, &other).await.problem(404, "not-found");
        app.put(&path, &other, json!({"items": []})).await.problem(404, "not-found");
    }

    async fn the_second_of_two_writers_of_an_agenda_sees_what_changed_and_loses_nothing(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, session) = make(app, &token, meeting("M1")).await;
        let (first, second) = (desk(app, "GQ-KJ", Role::Organizer).await, desk(app, "GQ", Role::Organizer).await);
        let path = format!("/sessions/{session}/agenda");
        let seen = |html: &str| html.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let (a, b) = (first.get(&path).await.expect(200).text(), second.get(&path).await.expect(200).text());
        let fields = |seen: &str, title: &str, minutes: &str| {
            [("act", "save"), ("seen", seen), ("a_title", title), ("a_kind", ""), ("a_reporter", "干部KJ2"), ("a_minutes", minutes), ("a_note", ""), ("minutes", "会前写下")]
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
        };
        let post = async |browser: &Browser<'_>, fields: &[(String, String)]| {
            let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            browser.post(&path, &fields).await
        };
        post(&first, &fields(&seen(&a), "学习宪法", "20")).await.expect(303);
        // Something else of the event changes meanwhile: that is no clash of agendas.
        app.patch(&format!("/api/v1/events/{event}"), &token, json!({"title": "局党组会议"})).await.expect(200);
        let clash = plain(post(&second, &fields(&seen(&b), "学习民法典", "25")).await.expect(412).text());
        assert!(clash.contains("学习宪法 / 干部KJ2 / 20") && clash.contains("value=\"学习民法典\"") && clash.contains("value=\"25\""), "{clash}");
        post(&second, &fields(&seen(&clash), "学习民法典", "25")).await.expect(303);
        let now = app.get(&format!("/api/v1/sessions/{session}/agenda"), &token).await.json();
        assert_eq!((&now["items"][0]["title"], &now["items"][0]["minutes"]), (&json!("学习民法典"), &json!(25)));
        // Wrong input comes back beside its field, with what was typed; rows can be moved without script.
        let html = second.get(&path).await.expect(200).text();
        let wrong = post(&second, &fields(&seen(&html), "", "二十")).await.expect(422).text();
        assert!(wrong.contains("id=\"e-a_title_0\"") && wrong.contains("id=\"e-a_minutes_0\"") && wrong.contains("value=\"二十\""));
        let mut more = fields(&seen(&html), "甲", "5").to_vec();
        more[0].1 = "more".to_owned();
        assert_eq!(post(&second, &more).await.expect(200).text().matches("name=\"a_title\"").count(), 2);
        // A viewer and somebody from elsewhere.
        desk(app, "GQ-KJ", Role::Viewer).await.get(&path).await.expect(403);
        let elsewhere = desk(app, "GQ-SF", Role::Organizer).await;
        elsewhere.get(&path).await.expect(404);
        elsewhere.get(&format!("/events/{event}/content")).await.expect(404);
        // The page of the event shows it.
        let shown = first.get(&format!("/events/{event}")).await.expect(200).text();
        assert!(shown.contains("学习民法典") && shown.contains("会前写下"));
    }

    async fn a_file_is_kept_once_handed_out_whole_and_let_go(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, _) = make(app, &token, meeting("M1")).await;
        let (other, _) = make(app, &token, meeting("M2")).await;
        let content = [b"%PDF-1.7\n".to_vec(), (0..=255_u8).cycle().take(300_000).collect()].concat();
        let one = upload(app, &token, &event, "宪法 讲义.pdf", &content, "").await.expect(201).json();
        assert_eq!((&one["title"], &one["file_name"], &one["media_type"], &one["size"]), (&json!("宪法 讲义.pdf"), &json!("宪法 讲义.pdf"), &json!("application/pdf"), &json!(300_009)));
        let two = upload(app, &token, &other, "../../换%22名.pdf", &content, "讲义").await.expect(201).json();
        assert!(two["file_name"].as_str().unwrap().ends_with("名.pdf") && !two["file_name"].as_str().unwrap().contains(['"', '\\', '/']));
        assert_eq!(stored_file::Entity::find().count(app.db.read()).await.unwrap(), 1, "kept once");

        let at = |event: &str, one: &Value| format!("/api/v1/events/{event}/materials/{}", one["id"].as_str().unwrap());
        let file = app.get(&format!("{}/file", at(&event, &one)), &token).await.expect(200);
        assert_eq!(file.body, content);
        assert_eq!(file.header("content-type"), "application/pdf");
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        assert_eq!(file.header("content-disposition"), "attachment; filename=\"__ __.pdf\"; filename*=UTF-8''%E5%AE%AA%E6%B3%95%20%E8%AE%B2%E4%B9%89.pdf");
        let again = Request::builder().uri(format!("{}/file", at(&event, &one))).header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::IF_NONE_MATCH, file.header("etag")).body(Body::empty()).unwrap();
        app.send(again).await.expect(304);
        // Another event's material is none of this one's.
        app.get(&format!("/api/v1/events/{other}/materials/{}/file", one["id"].as_str().unwrap()), &token).await.problem(404, "not-found");
        let elsewhere = app.token("GQ-SF", Scope::Read).await;
        app.get(&format!("{}/file", at(&event, &one)), &elsewhere).await.problem(404, "not-found");

        // A backup brings it back.
        let copy = app.folder.path().join("copy.txt");
        pufa::backup::save(&app.db, &copy, app.now()).await.unwrap();
        let back = TestApp::start(app.backend).await;
        pufa::backup::restore(&back.db, &copy).await.unwrap();
        let rows = stored_file::Entity::find().all(back.db.read()).await.unwrap();
        assert!(rows.len() == 1 && rows[0].content == content);

        app.call(Method::DELETE, &at(&event, &one), &token, Value::Null).await.expect(204);
        assert_eq!(stored_file::Entity::find().count(app.db.read()).await.unwrap(), 1, "somebody else uses it");
        app.call(Method::DELETE, &at(&other, &two), &token, Value::Null).await.expect(204);
        assert_eq!(stored_file::Entity::find().count(app.db.read()).await.unwrap(), 0);
        app.call(Method::DELETE, &at(&other, &two), &token, Value::Null).await.problem(404, "not-found");
    }

    async fn what_is_no_good_material_is_refused(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, _) = make(app, &token, meeting("M1")).await;
        let path = format!("/api/v1/events/{event}/materials");
        for (url, code) in [("javascript:alert(1)", "bad-url"), ("//x.test/a", "bad-url"), ("", "required")] {
            let problem = app.post(&path, &token, json!({"url": url})).await.problem(422, "invalid");
            assert_eq!((&problem["errors"][0]["field"], &problem["errors"][0]["code"]), (&json!("url"), &json!(code)), "{url}");
        }
        for (name, content, code) in [
            ("a.pdf", b"".as_slice(), "file-empty"), ("a.html", b"<script>", "file-type"), ("a.svg", b"<svg/>", "file-type"),
            ("a.pdf", b"<script>", "file-differs"), ("a.docx", b"PK\x03\x04", "file-differs"),
        ] {
            let problem = upload(app, &token, &event, name, content, "").await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["code"], code, "{name}");
        }
        let large = vec![b'a'; app.config.server.upload_limit + 1];
        upload(app, &token, &event, "a.txt", &large, "").await.problem(413, "too-large");
        assert_eq!(material::Entity::find().count(app.db.read()).await.unwrap(), 0);
        let link = app.post(&path, &token, json!({"url": "https://example.test/宪法", "title": "全文"})).await.expect(201).json();
        assert_eq!(link["url"], "https://example.test/%E5%AE%AA%E6%B3%95");
        app.get(&format!("{path}/{}/file", link["id"].as_str().unwrap()), &token).await.problem(404, "not-found");
        let listed = app.get(&path, &token).await.expect(200).json();
        assert_eq!(listed["items"], json!([link]));
        app.post(&format!("/api/v1/events/{event}/cancel"), &token, json!({})).await.expect(200);
        app.post(&path, &token, json!({"url": "https://example.test/"})).await.problem(409, "wrong-state");
    }

    async fn materials_come_by_the_page_and_reach_the_invited(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, _) = make(app, &token, meeting("M1")).await;
        let organiser = desk(app, "GQ-KJ", Role::Organizer).await;
        let page = organiser.get(&format!("/events/{event}/content")).await.expect(200).text();
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let send = async |csrf: &str, name: &str, content: &[u8]| {
            let body = form(&[("csrf", csrf), ("title", "讲义")], name, content);
            organiser.post_form(&format!("/events/{event}/files"), "multipart/form-data; boundary=XXX", body).await
        };
        send("wrong", "a.pdf", b"%PDF-1.7").await.expect(403);
        let wrong = send(&csrf, "a.html", b"<p>").await.expect(422).text();
        assert!(wrong.contains("id=\"e-file\"") && wrong.contains("value=\"讲义\""));
        assert!(send(&csrf, "", b"").await.expect(422).text().contains("请选择一个文件"));
        let large = send(&csrf, "a.txt", &vec![b'a'; app.config.server.upload_limit + 100_000]).await.expect(413).text();
        assert!(large.contains("文件超过 20 MB"), "says how large it may be");
        send(&csrf, "a.pdf", b"%PDF-1.7").await.expect(303);
        let bad = organiser.post(&format!("/events/{event}/materials"), &[("url", "javascript:alert(1)"), ("title", "全文"), ("session", "")]).await.expect(422).text();
        assert!(bad.contains("id=\"e-link\"") && bad.contains("value=\"javascript:alert(1)\"") && !bad.contains("href=\"javascript"));

        let row = material::Entity::find().one(app.db.read()).await.unwrap().unwrap();
        let file = format!("/events/{event}/materials/{}/file", row.id);
        let staff = crate::pages::staff(app, "kj001@example.test").await;
        let stranger = crate::pages::staff(app, "sf001@example.test").await;
        staff.get(&file).await.expect(404);
        publish(app, &token, &event).await;
        assert!(plain(staff.get("/my").await.expect(200).text()).contains(&file), "my page leads to it");
        assert_eq!(staff.get(&file).await.expect(200).body, b"%PDF-1.7");
        stranger.get(&file).await.expect(404);
        assert!(Browser::new(app).get(&file).await.expect(303).header("location").starts_with("/sign-in"));
        organiser.post(&format!("/events/{event}/materials/{}/remove", row.id), &[]).await.expect(303);
        staff.get(&file).await.expect(404);
    }

    async fn a_checklist_is_ticked_and_printed(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, _) = make(app, &token, meeting("M1")).await;
        let organiser = desk(app, "GQ-KJ", Role::Organizer).await;
        let page = format!("/events/{event}/content");
        organiser.get(&page).await.expect(200);
        let list = format!("/events/{event}/checklist");
        organiser.post(&list, &[("kind", "task"), ("text", "订会议室\n\n 调试话筒 ")]).await.expect(303);
        organiser.post(&list, &[("kind", "take"), ("text", "签到表")]).await.expect(303);
        let wrong = organiser.post(&list, &[("kind", "task"), ("text", &"字".repeat(201))]).await.expect(422).text();
        assert!(wrong.contains("id=\"e-task\"") && wrong.contains(&"字".repeat(201)));
        assert!(organiser.post(&list, &[("kind", "take"), ("text", " \n")]).await.expect(422).text().contains("id=\"e-take\""));
        let rows = checklist_item::Entity::find().all(app.db.read()).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>(), ["订会议室", "调试话筒", "签到表"]);
        let before = event::Entity::find().one(app.db.read()).await.unwrap().unwrap().revision;
        for _ in 0..2 {
            organiser.post(&format!("{list}/{}", rows[0].id), &[("act", "tick")]).await.expect(303);
        }
        let html = organiser.get(&page).await.expect(200).text();
        assert!(html.contains("1/3") && html.contains("gq-kj-organizer@example.test"), "says who");
        let printed = organiser.get(&list).await.expect(200).text();
        assert!(printed.contains("☑") && printed.matches("☐").count() == 2 && printed.contains("要带的东西"));
        organiser.post(&format!("{list}/{}", rows[0].id), &[("act", "untick")]).await.expect(303);
        organiser.post(&format!("{list}/{}", rows[1].id), &[("act", "remove")]).await.expect(303);
        organiser.post(&format!("{list}/{}", rows[1].id), &[("act", "remove")]).await.expect(404);
        organiser.post(&format!("{list}/{}", rows[0].id), &[("act", "blow-up")]).await.expect(400);
        let rows = checklist_item::Entity::find().all(app.db.read()).await.unwrap();
        assert!(rows.len() == 2 && rows.iter().all(|row| row.done_at.is_none() && row.done_by.is_none()));
        let after = event::Entity::find().one(app.db.read()).await.unwrap().unwrap().revision;
        assert_eq!(before, after, "ticking is no change that another's form would clash with");
        let viewer = desk(app, "GQ-KJ", Role::Viewer).await;
        viewer.get("/account").await.expect(200);
        viewer.post(&list, &[("kind", "task"), ("text", "x")]).await.expect(403);
    }

    async fn events_are_found_by_the_law_studied_and_laws_are_counted(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ", Scope::Manage).await;
        let (first, session) = make(app, &token, meeting("M1")).await;
        let mut other = meeting("M2");
        (other["topics"], other["org_code"]) = (json!(["宪法", "宪法"]), json!("GQ-SF"));
        (other["sessions"][0]["key"], other["audience"]) = (json!("M2-1"), json!(["org:GQ-SF"]));
        let (second, _) = make(app, &token, other).await;
        let mut draft = meeting("M3");
        draft["topics"] = json!(["数据安全法"]);
        make(app, &token, draft).await;
        for event in [&first, &second] {
            publish(app, &token, event).await;
        }
        let keys = async |path: &str| {
            let list = app.get(path, &token).await.expect(200).json();
            list["items"].as_array().unwrap().iter().map(|event| event["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(keys("/api/v1/events?topic=%E5%AE%AA%E6%B3%95").await, ["M1", "M2"]);
        assert_eq!(keys("/api/v1/events?topic=%E5%AE%AA%E6%B3%95&org=GQ-SF").await, ["M2"]);
        assert_eq!(keys("/api/v1/events?topic=%E5%AE%AA").await, Vec::<String>::new(), "the whole name");
        app.at("2024-03-15T09:05");
        for number in ["KJ001", "KJ002", "SF001"] {
            app.post(&format!("/api/v1/sessions/{session}/check-ins"), &token, json!({"staff_no": number})).await.expect(201);
        }
        app.at("2024-03-15T12:00");
        let browser = desk(app, "GQ", Role::Organizer).await;
        let found = browser.get("/events?year=2024&q=%E7%A7%91%E5%AD%A6%E6%8A%80%E6%9C%AF").await.expect(200).text();
        assert!(found.contains("局党组会") && found.contains("共 1 个活动"), "a part of the law's name");
        let found = browser.get("/events?year=2024&topic=%E5%AE%AA%E6%B3%95").await.expect(200).text();
        assert!(found.contains("共 2 个活动") && found.contains("name=\"topic\" value=\"宪法\""));
        let squeezed = |html: String| html.split_whitespace().collect::<String>();
        let topics = squeezed(browser.get("/topics?year=2024").await.expect(200).text());
        let row = |topic: &str, figures: [&str; 3]| {
            let cells = figures.map(|text| format!("<tdclass=\"num\">{text}</td>")).concat();
            format!(">{topic}</a></th>{cells}</tr>")
        };
        assert!(topics.contains(&row("宪法", ["2", "2", "3"])), "{topics}");
        assert!(topics.contains(&row("科学技术进步法", ["1", "1", "3"])) && !topics.contains("数据安全法"));
        // Below, only one's own people count (counting rule 2).
        let below = desk(app, "GQ-SF", Role::Viewer).await;
        let topics = squeezed(below.get("/topics?year=2024").await.expect(200).text());
        assert!(topics.contains(&row("宪法", ["1", "1", "0"])) && !topics.contains("科学技术进步法"));
        assert!(browser.get("/events/new").await.expect(200).text().contains("<option value=\"科学技术进步法\">"), "offered in the form");
    }

    async fn a_training_of_three_days_and_whole_days_over_a_months_end_count_their_hours(app: &TestApp) {
        app.world().await;
        app.at("2024-05-20T08:00");
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let mut sittings = Vec::new();
        for day in ["2024-05-22", "2024-05-23", "2024-05-24"] {
            for (name, from, to) in [("am", "09:00", "11:30"), ("pm", "14:00", "17:00")] {
                sittings.push(json!({"key": format!("T-{day}-{name}"), "starts_at": format!("{day}T{from}"), "ends_at": format!("{day}T{to}")}));
            }
        }
        let training = json!({"key": "T", "kind": "training", "title": "执法人员培训班", "org_code": "GQ-KJ", "audience": ["org:GQ-KJ"], "required": true, "sessions": sittings});
        let whole_days = json!({"key": "W", "kind": "lecture", "title": "封闭学习", "org_code": "GQ-KJ", "audience": ["org:GQ-KJ"], "required": true,
            "sessions": [{"key": "W-1", "starts_at": "2024-05-30", "ends_at": "2024-06-01", "all_day": true}]});
        let (training, _) = make(app, &token, training).await;
        let (whole, _) = make(app, &token, whole_days).await;
        for event in [&training, &whole] {
            publish(app, &token, event).await;
        }
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        let page = browser.get(&format!("/events/{training}")).await.expect(200).text();
        assert!(page.contains("5月22日（周三）09:00–11:30") && page.contains("5月24日（周五）14:00–17:00"));
        assert!(browser.get(&format!("/events/{whole}")).await.expect(200).text().contains("5月30日（周四）–6月1日（周六）"));
        assert!(browser.get(&format!("/events/{whole}/content")).await.expect(200).text().contains("5月30日（周四）–6月1日（周六）"));
        let form = browser.get(&format!("/events/{whole}/edit")).await.expect(200).text();
        assert!(form.contains("value=\"2024-05-30\"") && form.contains("value=\"2024-06-01\""));
        // Both months show the days that they hold.
        let month = async |month: u32| browser.get(&format!("/calendar?year=2024&month={month}")).await.expect(200).text();
        assert!(month(5).await.matches("封闭学习").count() >= 2, "30 and 31 May");
        assert!(month(6).await.contains("封闭学习"), "1 June");
        let secret = pufa::calendar::subscription::create(app.db.write(), app.person_id("KJ001").await, app.now()).await.unwrap();
        let feed = app.get(&format!("/calendar/{secret}.ics"), "").await.expect(200).text();
        assert_eq!(feed.matches("BEGIN:VEVENT").count(), 7);
        assert!(feed.contains("DTSTART;VALUE=DATE:20240530") && feed.contains("DTEND;VALUE=DATE:20240602"));
        // One of six comes to everything.
        let rows = session::Entity::find().filter(session::Column::Key.ne("")).all(app.db.read()).await.unwrap();
        app.at("2024-06-03T08:00");
        for row in rows {
            let at = row.starts_at.to_rfc3339();
            app.post(&format!("/api/v1/sessions/{}/check-ins", row.id), &token, json!({"staff_no": "KJ001", "at": at})).await.expect(201);
        }
        let report = app.get("/api/v1/reports/2024?org=GQ-KJ", &token).await.expect(200).json();
        let of = |kind: &str| &report["kinds"][kind];
        assert_eq!((of("training")["events"].as_i64(), of("training")["sessions"].as_i64()), (Some(1), Some(6)), "{report}");
        assert_eq!(of("training")["person_hours"].as_f64(), Some(16.5));
        assert_eq!(of("lecture")["person_hours"].as_f64(), Some(24.0), "eight hours each of three calendar days");
        assert_eq!(report["total"]["person_hours"].as_f64(), Some(40.5));
        assert_eq!(outbox::Entity::find().filter(outbox::Column::Kind.eq("update")).count(app.db.read()).await.unwrap(), 0);
    }
}
