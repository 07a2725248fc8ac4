//! Templates: made, used by one tap and by API, changed by two at once, deleted, and never by the wrong person.

use entity::checklist_item;
use entity::state::Role;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};

use crate::harness::{Browser, TestApp};

async fn desk<'a>(app: &'a TestApp, org: &str, role: Role) -> Browser<'a> {
    let secret = app.account(&format!("{}-{role}@example.test", org.to_lowercase()), org, role).await;
    let browser = Browser::new(app);
    browser.get(&format!("/enter/{secret}")).await.expect(303);
    browser
}

const FIELDS: [(&str, &str); 22] = [
    ("name", "季度学法"),
    ("org_code", "GQ-KJ"),
    ("kind", "lecture"),
    ("title_pattern", "{year}年第{quarter}季度学法"),
    ("all_day", "no"),
    ("starts_at", "14:30"),
    ("length", "90"),
    ("location", "局三楼会议室"),
    ("audience", "org:{org}\n-staff:KJ001"),
    ("required", "yes"),
    ("walk_ins", "no"),
    ("reminding", "own"),
    ("reminders", "P1D"),
    ("remind_whom", "unanswered"),
    ("aftering", "own"),
    ("after", "thanks"),
    ("topics", "宪法、民法典"),
    ("form", "讲座"),
    ("also_kinds", "first_topic"),
    ("tasks", "联系主讲人\n订会议室"),
    ("take", "签到表"),
    ("rrule", ""),
];

fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let changed = |name: &str| changes.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let mut fields: Vec<_> = FIELDS.iter().map(|(name, value)| (*name, changed(name).unwrap_or(value))).collect();
    fields.extend(changes.iter().filter(|(name, _)| !FIELDS.iter().any(|(known, _)| known == name)));
    fields
}

/// The text of the hidden field of that name.
fn hidden<'a>(html: &'a str, name: &str) -> &'a str {
    html.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a hidden field").split('"').next().unwrap()
}

async fn template(app: &TestApp, token: &str, body: Value) -> Value {
    app.post("/api/v1/templates", token, body).await.expect(201).json()
}

fn lecture(name: &str, org: &str) -> Value {
    json!({
        "name": name, "org_code": org, "kind": "lecture", "title_pattern": "{year}年{month}月讲座", "starts_at": "09:00",
        "length_minutes": 60, "audience": ["org:{org}"], "required": true,
        "checklist": [{"kind": "task", "text": "请主讲人"}, {"kind": "take", "text": "席卡"}],
    })
}

journeys! {
    async fn one_form_and_one_tap_make_a_draft_with_its_checklist(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        let empty = browser.get("/templates").await.expect(200).text();
        assert!(empty.contains("本单位还没有模板") && empty.contains("/templates/starters/science_week"));
        browser.get("/templates/new").await.expect(200);
        let made = browser.post("/templates/new", &with(&[])).await.expect(303);
        let list = browser.get(made.header("location")).await.expect(200).text();
        assert!(list.contains("季度学法") && list.contains("清单 3 项") && list.contains("已建好"), "{list}");
        let id = list.split("/templates/").find_map(|rest| rest.split_once("/use").and_then(|(id, _)| id.parse::<i64>().ok())).unwrap();

        let page = browser.get(&format!("/templates/{id}/use")).await.expect(200).text();
        assert!(page.contains("2024年第1季度学法") && page.contains("订会议室") && page.contains("提前1天") | page.contains("提前 1 天"), "{page}");
        let key = hidden(&page, "key").to_owned();
        let tap = |date: &'static str| [("act", "draft"), ("key", ""), ("date", date), ("org_code", "GQ-KJ")];
        for (date, code) in [("", "不能为空"), ("99999-01-01", "不是有效的日期"), ("2024-02-30", "不是有效的日期")] {
            let wrong = browser.post(&format!("/templates/{id}/use"), &tap(date)).await.expect(422).text();
            assert!(wrong.contains("id=\"e-date\"") && wrong.contains(code), "{date}: {wrong}");
        }
        let mut wanted = tap("2024-07-11").to_vec();
        wanted[1].1 = &key;
        let draft = browser.post(&format!("/templates/{id}/use"), &wanted).await.expect(303);
        let again = browser.post(&format!("/templates/{id}/use"), &wanted).await.expect(303);
        assert_eq!(draft.header("location"), again.header("location"), "tapped twice makes one draft");
        let html = browser.get(draft.header("location")).await.expect(200).text();
        assert!(html.contains("2024年第3季度学法") && html.contains("7月11日（周四）14:30–16:00") && html.contains("草稿"), "{html}");

        let event = entity::event::Entity::find().one(app.db.read()).await.unwrap().unwrap();
        assert_eq!((event.form.as_str(), event.walk_ins, event.required), ("讲座", false, true));
        assert_eq!(event.reminders, Some(json!(["P1D"])));
        assert_eq!((event.remind_whom.as_str(), event.after), ("unanswered", Some(json!(["thanks"]))));
        assert!(page.contains("未答复的人") && page.contains("致谢"), "{page}");
        let like_it = browser.get(&format!("/templates/new?event={}", event.id)).await.expect(200).text();
        for there in ["value=\"unanswered\" checked", "value=\"thanks\" checked", "name=\"aftering\" value=\"own\" checked"] {
            assert!(like_it.contains(there), "{there}: {like_it}");
        }
        let list = checklist_item::Entity::find().order_by_asc(checklist_item::Column::Position).all(app.db.read()).await.unwrap();
        let texts: Vec<_> = list.iter().map(|row| (row.kind.as_str(), row.text.as_str(), row.done_at)).collect();
        assert_eq!(texts, [("task", "联系主讲人", None), ("task", "订会议室", None), ("take", "签到表", None)]);
        let token = app.token("GQ-KJ", entity::state::Scope::Read).await;
        let event = app.get("/api/v1/events", &token).await.json()["items"][0].clone();
        assert_eq!(event["audience"], json!(["org:GQ-KJ", "-staff:KJ001"]));
        assert_eq!((&event["topics"], &event["also_kinds"]), (&json!(["宪法", "民法典"]), &json!(["first_topic"])));

        // A day that is over is taken, with a word.
        let mut past = tap("2024-03-01").to_vec();
        past[1].1 = "past";
        let past = browser.post(&format!("/templates/{id}/use"), &past).await.expect(303);
        assert!(browser.get(past.header("location")).await.text().contains("日期已经过去"));
    }

    async fn the_full_form_comes_prefilled_and_brings_the_checklist(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        let token = app.token("GQ-KJ", entity::state::Scope::Manage).await;
        let id = template(app, &token, lecture("讲座", "GQ-KJ")).await["id"].as_str().unwrap().to_owned();
        browser.get(&format!("/templates/{id}/use")).await.expect(200);
        let to = browser.post(&format!("/templates/{id}/use"), &[("act", "form"), ("date", "2024-04-16"), ("org_code", "GQ-KJ")]).await.expect(303);
        assert_eq!(to.header("location"), format!("/events/new?template={id}&date=2024-04-16&org=GQ-KJ"));
        let form = browser.get(to.header("location")).await.expect(200).text();
        for there in ["value=\"2024年4月讲座\"", "value=\"2024-04-16\"", "value=\"09:00\"", "value=\"10:00\"", "org:GQ-KJ", &format!("name=\"template\" value=\"{id}\"")] {
            assert!(form.contains(there), "{there}: {form}");
        }
        let without = browser.get(&format!("/events/new?template={id}")).await.expect(200).text();
        assert!(without.contains("value=\"09:00\"") && !without.contains("value=\"2024-03-12\""));
        let key = hidden(&form, "key").to_owned();
        let fields = [
            ("act", "save"), ("key", key.as_str()), ("template", id.as_str()), ("kind", "lecture"), ("title", "民法典讲座"),
            ("org_code", "GQ-KJ"), ("location", ""), ("audience", "org:GQ-KJ"), ("required", "yes"), ("walk_ins", "yes"),
            ("topics", ""), ("s_id", ""), ("s_day", "2024-04-16"), ("s_start", "09:00"), ("s_end", "10:00"), ("s_last", ""),
        ];
        browser.post("/events/new", &fields).await.expect(303);
        browser.post("/events/new", &fields).await.expect(303);
        assert_eq!(checklist_item::Entity::find().all(app.db.read()).await.unwrap().len(), 2, "once, though sent twice");
    }

    async fn what_a_template_may_not_be_stands_beside_its_field(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        browser.get("/templates/new").await.expect(200);
        for (field, value, place, says) in [
            ("title_pattern", "{年}学法", "title_pattern", "不是可用的占位"),
            ("title_pattern", "学\u{7}法", "title_pattern", "控制字符"),
            ("name", " ", "name", "不能为空"),
            ("length", "0", "length", "1 至 10080"),
            ("length", "-5", "length", "1 至 10080"),
            ("length", "很长", "length", "1 至 10080"),
            ("starts_at", "25:00", "starts_at", "14:30"),
            ("kind", "party", "kind", "没有“party”"),
            ("audience", "staff:NO", "audience", "没有工号"),
            ("audience", "", "audience", "不能为空"),
            ("reminders", "P1M", "reminders", "提前量"),
            ("after", "applause", "after", "make_up（补学通知）"),
            ("org_code", "GQ-SF", "org_code", "没有编号"),
            ("tasks", "带\u{1}字", "tasks", "控制字符"),
        ] {
            let wrong = browser.post("/templates/new", &with(&[(field, value)])).await.expect(422).text();
            assert!(wrong.contains(&format!("id=\"e-{place}\"")) && wrong.contains(says), "{field}={value:?}: {wrong}");
            assert!(field == "name" || wrong.contains("value=\"季度学法\""), "keeps what was typed");
        }
        let wrong = browser.post("/templates/new", &with(&[("all_day", "yes"), ("days", "0")])).await.expect(422).text();
        assert!(wrong.contains("id=\"e-days\"") && wrong.contains("1 至 366"));
        let token = app.token("GQ-KJ", entity::state::Scope::Manage).await;
        let problem = app.post("/api/v1/templates", &token, json!({"name": "x"})).await.problem(422, "invalid");
        assert!(problem["errors"].as_array().unwrap().len() >= 4, "all at once: {problem}");
        browser.post("/templates/new", &with(&[])).await.expect(303);
        let twice = browser.post("/templates/new", &with(&[])).await.expect(409).text();
        assert!(twice.contains("已有同名的模板"));
    }

    async fn two_at_once_lose_nothing_and_what_changed_is_not_deleted_unseen(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", entity::state::Scope::Manage).await;
        let id = template(app, &token, lecture("讲座", "GQ-KJ")).await["id"].as_str().unwrap().to_owned();
        let (first, second) = (desk(app, "GQ-KJ", Role::Organizer).await, desk(app, "GQ", Role::Organizer).await);
        let path = format!("/templates/{id}");
        let seen = hidden(&first.get(&path).await.expect(200).text(), "version").to_owned();
        second.get(&path).await.expect(200);
        app.at("2024-03-12T08:05");
        first.post(&path, &with(&[("version", &seen), ("name", "甲改的"), ("length", "45")])).await.expect(303);
        let late = second.post(&path, &with(&[("version", &seen), ("name", "乙改的")])).await.expect(412).text();
        assert!(late.contains("甲改的") && late.contains("value=\"乙改的\"") && late.contains("<td>45</td>"), "{late}");
        second.post(&format!("{path}/delete"), &[("version", &seen)]).await.expect(412);
        assert!(first.get("/templates").await.text().contains("甲改的"));
        // Seen now, it may be saved over, and deleted.
        app.at("2024-03-12T08:06");
        let now = hidden(&late, "version").to_owned();
        second.post(&path, &with(&[("version", &now), ("name", "乙改的")])).await.expect(303);
        let now = hidden(&second.get(&path).await.expect(200).text(), "version").to_owned();
        second.post(&format!("{path}/delete"), &[("version", &now)]).await.expect(303);
        second.get(&path).await.expect(404);
        second.post(&format!("{path}/delete"), &[("version", &now)]).await.expect(404);
    }

    async fn those_above_lend_and_those_beside_see_nothing(app: &TestApp) {
        app.world().await;
        let county = app.token("GQ", entity::state::Scope::Manage).await;
        let id = template(app, &county, lecture("全县讲座", "GQ")).await["id"].as_str().unwrap().to_owned();
        let other = app.token("GQ-SF", entity::state::Scope::Manage).await;
        let own = template(app, &other, lecture("司法局讲座", "GQ-SF")).await["id"].as_str().unwrap().to_owned();
        let bureau = app.token("GQ-KJ", entity::state::Scope::Manage).await;
        let listed = app.get("/api/v1/templates", &bureau).await.expect(200).json();
        let names: Vec<_> = listed["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["全县讲座"]);
        assert_eq!(app.get("/api/v1/templates", &county).await.json()["items"].as_array().unwrap().len(), 2);
        app.get(&format!("/api/v1/templates/{own}"), &bureau).await.problem(404, "not-found");
        let wanted = |org: &str| json!({"key": "k1", "date": "2024-05-09", "org_code": org});
        let path = format!("/api/v1/templates/{id}/events");
        let made = app.post(&path, &bureau, wanted("GQ-KJ")).await.expect(201).json();
        assert_eq!((&made["audience"], &made["title"]), (&json!(["org:GQ-KJ"]), &json!("2024年5月讲座")));
        app.post(&path, &bureau, wanted("GQ-KJ")).await.expect(200);
        app.post(&path, &bureau, json!({"key": "k1", "date": "2024-05-10", "org_code": "GQ-KJ"})).await.problem(409, "key-taken");
        app.post(&path, &bureau, json!({"key": "k2", "date": "2024-05-10", "org_code": "GQ-SF"})).await.problem(422, "invalid");
        app.post(&format!("/api/v1/templates/{own}/events"), &bureau, wanted("GQ-KJ")).await.problem(404, "not-found");
        let reader = app.token("GQ-KJ", entity::state::Scope::Read).await;
        app.post(&path, &reader, wanted("GQ-KJ")).await.problem(403, "forbidden");
        app.post(&path, "", wanted("GQ-KJ")).await.problem(401, "unauthorized");

        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        let list = browser.get("/templates").await.expect(200).text();
        assert!(list.contains("上级单位的模板") && list.contains("全县讲座") && !list.contains("司法局讲座"));
        browser.get(&format!("/templates/{id}")).await.expect(403);
        browser.get(&format!("/templates/{own}/use")).await.expect(404);
        browser.post(&format!("/templates/{id}/delete"), &[("version", "")]).await.expect(403);
        let copy = browser.post(&format!("/templates/{id}/copy"), &[]).await.expect(303).header("location").to_owned();
        assert!(browser.get(&copy).await.expect(200).text().contains("value=\"全县讲座\""));
        let viewer = desk(app, "GQ-KJ", Role::Viewer).await;
        assert!(!viewer.get("/templates").await.expect(200).text().contains("/use"));
        viewer.get(&format!("/templates/{id}/use")).await.expect(403);
        viewer.get("/templates/new").await.expect(403);
        desk(app, "GQ-KJ", Role::Checker).await.get("/templates").await.expect(403);
    }

    async fn starters_are_copied_and_an_event_becomes_a_template(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        browser.get("/templates").await.expect(200);
        for starter in pufa::planning::template::starters() {
            let to = browser.post(&format!("/templates/starters/{}", starter.key), &[]).await.expect(303);
            assert!(to.header("location").ends_with("/use"), "{}", starter.key);
            let to = to.header("location").to_owned();
            let key = format!("s-{}", starter.key);
            let tap = [("act", "draft"), ("key", key.as_str()), ("date", "2024-05-16"), ("org_code", "GQ-KJ")];
            browser.post(&to, &tap).await.expect(303);
        }
        browser.post("/templates/starters/lecture", &[]).await.expect(303);
        browser.post("/templates/starters/nothing", &[]).await.expect(404);
        assert_eq!(entity::event_template::Entity::find().all(app.db.read()).await.unwrap().len(), 7);
        let list = browser.get("/templates").await.expect(200).text();
        assert!(!list.contains("/templates/starters/"), "nothing left to offer");

        let event = entity::event::Entity::find().all(app.db.read()).await.unwrap().into_iter().find(|row| row.kind == "science_week").unwrap();
        let form = browser.get(&format!("/templates/new?event={}", event.id)).await.expect(200).text();
        for there in ["value=\"{year}年科技活动周\"", "value=\"8\"", "印制", "展板和横幅", "public"] {
            assert!(form.contains(there) || there == "印制", "{there}: {form}");
        }
        browser.get("/templates/new?event=999999").await.expect(404);
        desk(app, "GQ-SF", Role::Organizer).await.get(&format!("/templates/new?event={}", event.id)).await.expect(404);
        assert!(browser.get(&format!("/events/{}", event.id)).await.text().contains(&format!("/templates/new?event={}", event.id)));
    }
}
