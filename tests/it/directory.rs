//! People join, move, leave and come back: what it does to sessions ahead, and to nothing that has begun.

use entity::state::{MessageKind, Role, Scope};
use entity::{membership, outbox, person, roster_entry};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::harness::{Browser, TestApp};
use crate::import;

/// A browser that is signed in with a new account of an organisation.
pub async fn desk<'a>(app: &'a TestApp, org: &str, role: Role) -> Browser<'a> {
    let secret = app.account(&format!("{role}-{}@example.test", org.to_lowercase()), org, role).await;
    let browser = Browser::new(app);
    browser.get(&format!("/enter/{secret}")).await.expect(303);
    browser.get("/account").await.expect(200);
    browser
}

/// A published event with a sitting on each of the days, 09:00 to 11:00; gives its sittings' ids.
async fn event(app: &TestApp, key: &str, org: &str, audience: &[&str], days: &[&str]) -> Vec<i64> {
    let token = app.token(org, Scope::Manage).await;
    let sessions: Vec<_> = days
        .iter()
        .map(|day| json!({"key": format!("{key}-{day}"), "starts_at": format!("{day}T09:00"), "ends_at": format!("{day}T11:00")}))
        .collect();
    let body = json!({"key": key, "kind": "lecture", "title": format!("讲座{key}"), "org_code": org, "audience": audience,
        "required": true, "sessions": sessions});
    let made = app.post("/api/v1/events", &token, body).await.expect(201).json();
    let id = made["id"].as_str().unwrap();
    app.post(&format!("/api/v1/events/{id}/publish"), &token, json!({"override": "测试"})).await.expect(200);
    made["sessions"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap().parse().unwrap()).collect()
}

/// Who is on the roster of a session, by number.
async fn roster(app: &TestApp, session: i64) -> Vec<String> {
    let token = app.token("GQ", Scope::Read).await;
    let rows = app.get(&format!("/api/v1/sessions/{session}/roster"), &token).await.expect(200).json();
    let mut numbers: Vec<String> =
        rows["items"].as_array().unwrap().iter().map(|r| r["staff_no"].as_str().unwrap().to_owned()).collect();
    numbers.sort();
    numbers
}

/// The rosters of all sessions that have begun, as they stand in the table.
async fn frozen(app: &TestApp) -> Vec<roster_entry::Model> {
    let mut rows = roster_entry::Entity::find().all(app.db.read()).await.unwrap();
    rows.sort_by_key(|row| (row.session_id, row.person_id));
    rows
}

/// What was put into the outbox for a person of a kind.
async fn told(app: &TestApp, staff_no: &str, kind: MessageKind) -> usize {
    let id = app.person_id(staff_no).await;
    let mine = outbox::Entity::find().filter(outbox::Column::PersonId.eq(id)).filter(outbox::Column::Kind.eq(kind));
    mine.all(app.db.read()).await.unwrap().len()
}

/// The value of a hidden field.
fn hidden(html: &str, name: &str) -> String {
    let rest = html.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("no {name}: {html}"));
    rest.split('"').next().unwrap().to_owned()
}

/// Takes a step of a person by its form: looks, then saves; gives the page that was looked at.
async fn step(app: &TestApp, browser: &Browser<'_>, staff_no: &str, word: &str, fields: &[(&str, &str)]) -> String {
    let path = format!("/people/{}/{word}", app.person_id(staff_no).await);
    let asked = browser.get(&path).await.expect(200).text();
    let seen = hidden(&asked, "seen");
    let mut all = fields.to_vec();
    all.push(("seen", &seen));
    all.push(("act", "look"));
    let looked = browser.post(&path, &all).await.expect(200).text();
    *all.last_mut().unwrap() = ("act", "save");
    browser.post(&path, &all).await.expect(303);
    looked
}

async fn year_report(app: &TestApp, org: &str) -> Value {
    let token = app.token("GQ", Scope::Read).await;
    app.get(&format!("/api/v1/reports/2024?org={org}"), &token).await.expect(200).json()
}

journeys! {
    async fn joining_and_leaving_change_only_what_has_not_begun(app: &TestApp) {
        app.world().await;
        let sessions = event(app, "A", "GQ-KJ", &["org:GQ-KJ"], &["2024-03-13", "2024-03-20", "2024-03-27"]).await;
        let other = event(app, "B", "GQ-SF", &["org:GQ-SF"], &["2024-03-21"]).await;
        let group = event(app, "C", "GQ-KJ", &["group:center-group", "-staff:KJ002"], &["2024-03-22"]).await;
        app.at("2024-03-13T10:00");
        let browser = desk(app, "GQ", Role::Organizer).await;

        // Somebody joins: the two sittings ahead, not the one under way.
        let typed = |act: &'static str| [
            ("act", act), ("staff_no", "KJ007"), ("name", "干部KJ7"), ("email", "KJ007@Example.test"),
            ("from", "2024-03-01"), ("org_code", "GQ-KJ-FG"), ("title", "科员"), ("groups", "center-group"), ("more_groups", ""),
        ];
        let looked = browser.post("/people/new", &typed("look")).await.expect(200).text();
        assert!(looked.contains("3 场未开始的会议名单会变") && looked.contains("将发出 3 封邮件"), "{looked}");
        assert!(looked.contains("讲座A") && looked.contains("讲座C") && !looked.contains("讲座B"));
        browser.post("/people/new", &typed("save")).await.expect(303);
        let before = frozen(app).await;
        assert_eq!(before.len(), 6, "who was there when it began");
        assert_eq!(told(app, "KJ007", MessageKind::Invitation).await, 3);
        assert!(!roster(app, sessions[0]).await.contains(&"KJ007".to_owned()));
        assert!(roster(app, sessions[1]).await.contains(&"KJ007".to_owned()));
        assert!(roster(app, group[0]).await.contains(&"KJ007".to_owned()));
        let twice = browser.post("/people/new", &typed("save")).await.expect(422).text();
        assert!(twice.contains("这个工号已经有人") && twice.contains("value=\"KJ007\""));

        // A transfer from the 20th on: off the 20th, 22nd and 27th, on the 21st elsewhere.
        let looked = step(app, &browser, "KJ001", "transfer",
            &[("from", "2024-03-20"), ("org_code", "GQ-SF"), ("title", "副科长"), ("more_groups", "")]).await;
        assert!(looked.contains("4 场未开始的会议名单会变") && looked.contains("将发出 4 封邮件"), "{looked}");
        for gone in [sessions[1], sessions[2], group[0]] {
            assert!(!roster(app, gone).await.contains(&"KJ001".to_owned()));
        }
        assert!(roster(app, other[0]).await.contains(&"KJ001".to_owned()));
        assert_eq!(told(app, "KJ001", MessageKind::Cancellation).await, 3);
        assert_eq!(told(app, "KJ001", MessageKind::Invitation).await, 5, "four at first, one now");

        // Labels from a day on; leaving; coming back invites anew.
        step(app, &browser, "KJ003", "change", &[("from", "2024-03-14"), ("title", ""), ("more_groups", "enforcement")]).await;
        assert_eq!(roster(app, group[0]).await, ["KJ007"]);
        step(app, &browser, "KJ002", "retire", &[("last", "2024-03-20")]).await;
        assert!(roster(app, sessions[1]).await.contains(&"KJ002".to_owned()) && !roster(app, sessions[2]).await.contains(&"KJ002".to_owned()));
        step(app, &browser, "KJ002", "return", &[("from", "2024-03-25"), ("org_code", "GQ-KJ"), ("title", ""), ("more_groups", "")]).await;
        assert!(roster(app, sessions[2]).await.contains(&"KJ002".to_owned()));
        assert_eq!(told(app, "KJ002", MessageKind::Cancellation).await, 1);
        assert_eq!(told(app, "KJ002", MessageKind::Invitation).await, 4, "who was called off is invited again");

        assert_eq!(frozen(app).await, before, "what has begun is as it was");
        let page = browser.get(&format!("/people/{}", app.person_id("KJ002").await)).await.expect(200).text();
        assert!(page.contains("2024-03-25") && page.contains("回来") && page.contains("离开"));
    }

    async fn a_frozen_roster_and_the_past_years_report_never_change(app: &TestApp) {
        app.world().await;
        let held = event(app, "A", "GQ-KJ", &["org:GQ-KJ", "staff:SF001"], &["2024-03-13"]).await;
        event(app, "B", "GQ-KJ", &["org:GQ-KJ"], &["2025-03-13"]).await;
        app.at("2024-03-13T09:00");
        let token = app.token("GQ-KJ", Scope::Manage).await;
        for (number, status) in [("KJ001", "present"), ("KJ002", "late"), ("KJ003", "excused")] {
            app.put(&format!("/api/v1/sessions/{}/attendance/{number}", held[0]), &token, json!({"status": status})).await.expect(200);
        }
        app.at("2025-01-10T09:00");
        let browser = desk(app, "GQ", Role::Admin).await;
        let (rows, reports) = (frozen(app).await, [year_report(app, "GQ").await, year_report(app, "GQ-KJ-FG").await]);
        assert_eq!(rows.len(), 7);
        step(app, &browser, "KJ001", "transfer", &[("from", "2025-01-10"), ("org_code", "GQ-SF"), ("title", ""), ("more_groups", "")]).await;
        step(app, &browser, "KJ002", "retire", &[("last", "2025-01-31")]).await;
        step(app, &browser, "KJ003", "change", &[("from", "2025-01-01"), ("title", "科长"), ("more_groups", "enforcement")]).await;
        let edit = format!("/people/{}/edit", app.person_id("KJ004").await);
        browser.get(&edit).await.expect(200);
        browser.post(&edit, &[("name", "别名"), ("email", "neu@example.test")]).await.expect(303);
        // A mistake in the past is put right, and still the roster stands.
        let id = app.person_id("KJ005").await;
        let row = membership::Entity::find().filter(membership::Column::PersonId.eq(id)).one(app.db.read()).await.unwrap().unwrap();
        step(app, &browser, "KJ005", &format!("memberships/{}", row.id),
            &[("from", "2021-01-01"), ("to", ""), ("org_code", "GQ-TZ"), ("title", ""), ("more_groups", "")]).await;
        assert_eq!(frozen(app).await, rows);
        assert_eq!([year_report(app, "GQ").await, year_report(app, "GQ-KJ-FG").await], reports);
    }

    async fn bad_words_are_named_and_kept(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        browser.get("/people/new").await.expect(200);
        let long = "长".repeat(10_000);
        for (field, value, says) in [
            ("staff_no", "KJ 9", "不能有空格"), ("staff_no", "KJ\n9", "不能有空格"), ("staff_no", "KJ\u{7}9", "控制字符"),
            ("staff_no", "", "不能为空"), ("name", "", "不能为空"), ("name", long.as_str(), "超过 100 个字符"),
            ("email", "kj009", "不是有效的邮箱"), ("email", "a@b\r\nBcc: c@d", "不是有效的邮箱"), ("from", "2024-13-01", "不是有效的日期"),
            ("from", "", "不能为空"), ("org_code", "NO", "没有编号为"), ("org_code", "", "不能为空"), ("org_code", "GQ-SF", "不归你管理"),
            ("title", long.as_str(), "超过 100 个字符"), ("more_groups", long.as_str(), "超过 100 个字符"), ("staff_no", "KJ001", "已经有人"),
        ] {
            let mut form = vec![("act", "save"), ("staff_no", "KJ009"), ("name", "新人"), ("email", ""), ("from", "2024-03-12"),
                ("org_code", "GQ-KJ"), ("title", ""), ("more_groups", "")];
            form.iter_mut().find(|(name, _)| *name == field).unwrap().1 = value;
            let html = browser.post("/people/new", &form).await.expect(422).text();
            let at = if field == "more_groups" { "groups" } else { field };
            assert!(html.contains(says) && html.contains(&format!("id=\"e-{at}\"")), "{field} {says}: {html}");
        }
        assert_eq!(person::Entity::find().all(app.db.read()).await.unwrap().len(), 10, "none of them was kept");

        let path = format!("/people/{}/retire", app.person_id("KJ001").await);
        let seen = hidden(&browser.get(&path).await.expect(200).text(), "seen");
        for last in ["2020-12-31", "x", ""] {
            browser.post(&path, &[("act", "save"), ("seen", &seen), ("last", last)]).await.expect(422);
        }
        // Two at once: the second sees how it stands now.
        let transfer = format!("/people/{}/transfer", app.person_id("KJ001").await);
        let form = |org: &'static str| [("act", "save"), ("seen", seen.as_str()), ("from", "2024-04-01"), ("org_code", org), ("title", ""), ("more_groups", "")];
        browser.post(&transfer, &form("GQ-KJ-BGS")).await.expect(303);
        let second = browser.post(&transfer, &form("GQ-KJ")).await.expect(412).text();
        assert!(second.contains("别人刚改过") && second.contains("办公室") && hidden(&second, "seen") != seen);
        let outside = browser.post(&transfer, &form("GQ-SF")).await.expect(422).text();
        assert!(outside.contains("由共同的上级单位办理"));

        // Memberships may not overlap, nor end before they begin.
        let rows = membership::Entity::find().filter(membership::Column::PersonId.eq(app.person_id("KJ001").await))
            .order_by_asc(membership::Column::ActiveFrom).all(app.db.read()).await.unwrap();
        assert_eq!(rows.len(), 2);
        let correct = format!("/people/{}/memberships/{}", rows[0].person_id, rows[0].id);
        let seen = hidden(&browser.get(&correct).await.expect(200).text(), "seen");
        for (from, to, says) in [("2021-01-01", "2024-04-01", "重叠"), ("2021-01-01", "2020-01-01", "不能早于"), ("2021-01-01", "", "重叠")] {
            let html = browser.post(&correct, &[("act", "save"), ("seen", &seen), ("from", from), ("to", to), ("org_code", "GQ-KJ"), ("title", ""), ("more_groups", "")]).await.expect(422).text();
            assert!(html.contains(says), "{html}");
        }
        let looked = browser.post(&correct, &[("act", "look-remove"), ("seen", &seen)]).await.expect(200).text();
        assert!(looked.contains("value=\"remove\""));
        browser.post(&correct, &[("act", "remove"), ("seen", &seen)]).await.expect(303);
        let last = format!("/people/{}/memberships/{}", rows[1].person_id, rows[1].id);
        let seen = hidden(&browser.get(&last).await.expect(200).text(), "seen");
        browser.post(&last, &[("act", "remove"), ("seen", &seen)]).await.expect(422);
    }

    async fn nobody_reaches_beyond_their_own(app: &TestApp) {
        app.world().await;
        let (kj, sf) = (app.person_id("KJ001").await, app.person_id("SF001").await);
        let own = desk(app, "GQ-KJ", Role::Organizer).await;
        own.get(&format!("/people/{sf}")).await.expect(404);
        own.get(&format!("/people/{sf}/transfer")).await.expect(404);
        own.post(&format!("/people/{sf}/edit"), &[("name", "x"), ("email", "")]).await.expect(404);
        own.get("/people/999999").await.expect(404);
        own.get(&format!("/people/{kj}/nothing")).await.expect(404);
        let list = own.get("/people?q=SF001&org=GQ-SF").await.expect(200).text();
        assert!(!list.contains("干部SF1"));
        let viewer = desk(app, "GQ-KJ", Role::Viewer).await;
        let html = viewer.get(&format!("/people/{kj}")).await.expect(200).text();
        assert!(html.contains("干部KJ1") && !html.contains("/transfer"));
        viewer.get(&format!("/people/{kj}/transfer")).await.expect(403);
        viewer.get("/people/new").await.expect(403);
        desk(app, "GQ-KJ", Role::Checker).await.get("/people").await.expect(403);

        // Above both sides it can be done; afterwards the old bureau only looks.
        let above = desk(app, "GQ", Role::Organizer).await;
        step(app, &above, "KJ001", "transfer", &[("from", "2024-03-12"), ("org_code", "GQ-SF"), ("title", ""), ("more_groups", "")]).await;
        let html = own.get(&format!("/people/{kj}")).await.expect(200).text();
        assert!(html.contains("不归你管理") && !html.contains("/retire"));
        own.get(&format!("/people/{kj}/edit")).await.expect(403);
        let path = format!("/people/{kj}/retire");
        let seen = hidden(&own.get(&path).await.expect(200).text(), "seen");
        own.post(&path, &[("act", "save"), ("seen", &seen), ("last", "2024-04-01")]).await.expect(422);
        own.post(&path, &[("act", "save"), ("seen", &seen), ("last", "2024-04-01"), ("csrf", "wrong")]).await.expect(403);
    }

    async fn people_are_found_by_name_number_place_group_and_day(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ", Role::Organizer).await;
        let shows = async |query: &str| {
            let html = browser.get(&format!("/people?{query}")).await.expect(200).text();
            let mut found: Vec<_> = ["KJ001", "KJ002", "KJ003", "KJ004", "SF001", "ZB001"].into_iter()
                .filter(|number| html.contains(&format!("<td>{number}</td>"))).collect();
            found.sort_unstable();
            found.join(" ")
        };
        assert_eq!(shows("q=kj00").await, "KJ001 KJ002 KJ003 KJ004");
        assert_eq!(shows("q=KJ3").await, "KJ003");
        assert_eq!(shows("org=GQ-SF").await, "SF001");
        assert_eq!(shows("group=center-group").await, "KJ001 KJ002 KJ003");
        assert_eq!(shows("day=2020-01-01").await, "");
        assert_eq!(shows("day=2020-01-01&state=away&q=kj001").await, "KJ001");
        assert_eq!(shows("q=%25&page=-1&org=NO&day=x").await, "");
        assert_eq!(shows("page=900").await, "");
        step(app, &browser, "KJ001", "retire", &[("last", "2024-03-31")]).await;
        assert_eq!(shows("q=KJ1&day=2024-04-01").await, "");
        assert_eq!(shows("state=away&day=2024-04-01").await, "KJ001");
        assert_eq!(shows("q=KJ1").await, "KJ001");
    }

    async fn the_tree_grows_moves_and_ends(app: &TestApp) {
        app.world().await;
        let all = event(app, "A", "GQ-SF", &["org:GQ-SF"], &["2024-03-20"]).await;
        let browser = desk(app, "GQ", Role::Admin).await;
        let (kj, fg, sf, gq) = (app.org_id("GQ-KJ").await, app.org_id("GQ-KJ-FG").await, app.org_id("GQ-SF").await, app.org_id("GQ").await);
        let tree = browser.get("/organisations").await.expect(200).text();
        assert!(tree.contains("政策法规科") && tree.contains("科室"));
        let at = |id: entity::id::OrganisationId| format!("/organisations/{id}");
        let page = browser.get(&at(kj)).await.expect(200).text();
        assert!(page.contains("不能更改"), "says that a code cannot change");
        for (code, name, says) in [("GQ-KJ-FG", "x", "已被占用"), ("A B", "x", "不能有空格"), ("", "x", "不能为空"), ("GQ-KJ-X", "", "不能为空")] {
            assert!(browser.post(&at(kj), &[("act", "add"), ("code", code), ("name", name), ("level", "")]).await.expect(422).text().contains(says));
        }
        let made = browser.post(&at(kj), &[("act", "add"), ("code", "GQ-KJ-XX"), ("name", "信息科"), ("level", "section")]).await.expect(303);
        let new = made.header("location").split('?').next().unwrap().to_owned();
        browser.post(&new, &[("act", "rename"), ("new_name", "信息中心"), ("new_level", "section")]).await.expect(303);
        assert!(browser.get("/organisations").await.expect(200).text().contains("信息中心"));

        // A section with three people goes to the other bureau: they are invited there now.
        let looked = browser.post(&at(fg), &[("act", "look-move"), ("parent", "GQ-SF")]).await.expect(200).text();
        assert!(looked.contains("1 场未开始的会议名单会变") && looked.contains("加入 3 人") && looked.contains("将发出 3 封邮件"), "{looked}");
        assert_eq!(roster(app, all[0]).await, ["SF001", "SF002"], "a look changes nothing");
        browser.post(&at(fg), &[("act", "move"), ("parent", "GQ-SF")]).await.expect(303);
        assert_eq!(roster(app, all[0]).await, ["KJ001", "KJ003", "KJ005", "SF001", "SF002"]);
        assert_eq!(told(app, "KJ001", MessageKind::Invitation).await, 1);
        for (id, parent, says) in [(sf, "GQ-KJ-FG", "自己或自己的下级"), (sf, "GQ", "没有要改的"), (sf, "NO", "没有编号为"), (sf, "ZB-KJ", "不归你管理"), (gq, "GQ-SF", "由上级单位")] {
            assert!(browser.post(&at(id), &[("act", "move"), ("parent", parent)]).await.expect(422).text().contains(says), "{parent}");
        }

        // Nothing ends that somebody belongs to, that has something below it, or that hosts something.
        for (id, says) in [(fg, "还有 3 人"), (sf, "还有 1 个下级单位")] {
            assert!(browser.post(&at(id), &[("act", "retire"), ("last", "2024-03-15")]).await.expect(422).text().contains(says));
        }
        browser.post(&at(fg), &[("act", "move"), ("parent", "GQ-KJ")]).await.expect(303);
        assert_eq!(told(app, "KJ001", MessageKind::Cancellation).await, 1);
        for number in ["SF001", "SF002"] {
            step(app, &browser, number, "retire", &[("last", "2024-03-15")]).await;
        }
        assert!(browser.post(&at(sf), &[("act", "retire"), ("last", "2024-03-15")]).await.expect(422).text().contains("还主办 1 场"));
        browser.post(&at(sf), &[("act", "retire"), ("last", "2024-03-20")]).await.expect(303);
        app.at("2024-03-21T09:00");
        let form = browser.get("/people/new").await.expect(200).text();
        assert!(!form.contains("县司法局") && form.contains("县科技局"), "what is no more is not offered");
        let path = format!("/people/{}/return", app.person_id("SF001").await);
        let seen = hidden(&browser.get(&path).await.expect(200).text(), "seen");
        let back = [("act", "save"), ("seen", seen.as_str()), ("from", "2024-03-21"), ("org_code", "GQ-SF"), ("title", ""), ("more_groups", "")];
        assert!(browser.post(&path, &back).await.expect(422).text().contains("单位到 2024-03-20 为止"));
        browser.post(&at(sf), &[("act", "reopen")]).await.expect(303);
        browser.post(&path, &back).await.expect(303);

        let own = desk(app, "GQ-KJ", Role::Organizer).await;
        own.get(&at(sf)).await.expect(404);
        own.post(&at(sf), &[("act", "rename"), ("new_name", "x"), ("new_level", "")]).await.expect(404);
        assert!(own.post(&at(kj), &[("act", "retire"), ("last", "2024-12-31")]).await.expect(422).text().contains("由上级单位"));
        desk(app, "GQ-KJ", Role::Viewer).await.get(&at(kj)).await.expect(403);
    }

    async fn groups_take_people_in_and_are_renamed_everywhere(app: &TestApp) {
        app.world().await;
        let sessions = event(app, "A", "GQ-KJ", &["group:center-group"], &["2024-03-20", "2024-04-20"]).await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        assert!(browser.get("/groups").await.expect(200).text().contains("中心组"));
        let page = browser.get("/groups/members?name=center-group").await.expect(200).text();
        assert!(page.contains("干部KJ1") && page.contains("共 3 人"));
        let form = |act: &'static str| [("act", act), ("name", "center-group"), ("numbers", "KJ004、KJ005 KJ001"), ("from", "2024-04-01")];
        let looked = browser.post("/groups/members", &form("look-in")).await.expect(200).text();
        assert!(looked.contains("1 场未开始的会议名单会变") && looked.contains("加入 2 人"), "{looked}");
        browser.post("/groups/members", &form("in")).await.expect(303);
        assert_eq!(roster(app, sessions[0]).await, ["KJ001", "KJ002", "KJ003"]);
        assert_eq!(roster(app, sessions[1]).await, ["KJ001", "KJ002", "KJ003", "KJ004", "KJ005"]);
        let id = app.person_id("KJ002").await.to_string();
        browser.post("/groups/members", &[("act", "out"), ("name", "center-group"), ("people", &id), ("from", "2024-03-13")]).await.expect(303);
        assert_eq!(roster(app, sessions[0]).await, ["KJ001", "KJ003"]);
        for (numbers, from, says) in [("KJ404", "2024-04-01", "没有工号为"), ("SF001", "2024-04-01", "不归你管理"), ("KJ006", "", "不能为空"), ("", "2024-04-01", "还没有选人")] {
            let html = browser.post("/groups/members", &[("act", "in"), ("name", "center-group"), ("numbers", numbers), ("from", from)]).await.expect(422).text();
            assert!(html.contains(says), "{says}: {html}");
        }

        // Renamed, nobody's invitation changes, and nobody is written to.
        let letters = outbox::Entity::find().all(app.db.read()).await.unwrap().len();
        browser.post("/groups/members", &[("act", "rename"), ("name", "center-group"), ("new_name", "理论学习组")]).await.expect(303);
        assert_eq!(roster(app, sessions[0]).await, ["KJ001", "KJ003"]);
        assert_eq!(roster(app, sessions[1]).await, ["KJ001", "KJ003", "KJ004", "KJ005"]);
        assert_eq!(outbox::Entity::find().all(app.db.read()).await.unwrap().len(), letters);
        for (new, says) in [("理论学习组", "没有要改的"), ("a;b", "不能含"), ("", "不能为空")] {
            assert!(browser.post("/groups/members", &[("act", "rename"), ("name", "理论学习组"), ("new_name", new)]).await.expect(422).text().contains(says));
        }
        // A county's event looks for the group among these people too: the county renames it.
        event(app, "C", "GQ", &["group:理论学习组"], &["2024-05-20"]).await;
        assert!(browser.post("/groups/members", &[("act", "rename"), ("name", "理论学习组"), ("new_name", "学习组")]).await.expect(422).text().contains("讲座C"));
        desk(app, "GQ", Role::Organizer).await.post("/groups/members", &[("act", "rename"), ("name", "理论学习组"), ("new_name", "学习组")]).await.expect(303);
        assert_eq!(roster(app, sessions[0]).await, ["KJ001", "KJ003"]);
    }

    async fn a_doubled_person_becomes_one_and_the_years_figures_are_those_of_one(app: &TestApp) {
        // Twice the same year: once with one person from the beginning, once with one entered twice and merged.
        let single = TestApp::start(app.backend).await;
        let tables = |second: &str| {
            let numbers = if second == "KJ001" { String::new() } else { format!("{second},2024-07-01,干部KJ1,kj001@example.test,GQ-KJ,科员,center-group,\n") };
            let first = if second == "KJ001" { "KJ001,2024-07-01,干部KJ1,kj001@example.test,GQ-KJ,科员,center-group,\n" } else { "" };
            [
                ("orgs.csv", "code,name,parent_code,level\nGQ,县,,county\nGQ-KJ,局,GQ,bureau\n".to_owned()),
                ("people.csv", format!("staff_no,active_from,name,email,org_code,title,groups,active_to\nKJ001,2021-01-01,干部KJ1,kj001@example.test,GQ-KJ,科员,center-group,2024-06-30\n{first}{numbers}KJ002,2021-01-01,干部KJ2,,GQ-KJ,,,\n")),
                ("events.csv", "event_key,kind,title,org_code,co_host_codes,location,audience,required,status\nL,lecture,讲座,GQ-KJ,,礼堂,org:GQ-KJ,yes,scheduled\nX,exam,考试,GQ-KJ,,礼堂,org:GQ-KJ,yes,scheduled\n".to_owned()),
                ("sessions.csv", "session_key,event_key,starts_at,ends_at,all_day,status\nL1,L,2024-03-20T09:00,2024-03-20T11:00,no,held\nL2,L,2024-09-20T09:00,2024-09-20T11:00,no,held\nX1,X,2024-10-20T09:00,2024-10-20T11:00,no,held\n".to_owned()),
                ("attendance.csv", format!("session_key,staff_no,status,checked_in_at,note\nL1,KJ001,present,2024-03-20T08:55,\nL2,{second},late,2024-09-20T09:15,堵车\n")),
                ("exam_results.csv", format!("event_key,staff_no,attempt,score,pass_mark\nX,{second},1,88,60\n")),
                ("hours.csv", format!("staff_no,kind,date,source,hours\nKJ001,online_study,2024-02-01,网院,3\n{second},online_study,2024-08-01,网院,4\n")),
            ]
        };
        for (app, second) in [(&single, "KJ001"), (app, "KJ901")] {
            app.at("2025-01-10T09:00");
            bring(app, &tables(second)).await;
        }
        let report = async |app: &TestApp| {
            let token = app.token("GQ", Scope::Read).await;
            app.get("/api/v1/reports/2024?org=GQ-KJ", &token).await.expect(200).json()["kinds"].clone()
        };
        let browser = desk(app, "GQ", Role::Admin).await;
        let list = browser.get("/people/doubles").await.expect(200).text();
        assert!(list.contains("KJ901") && list.contains("同名，同单位") && list.contains("同一邮箱"), "{list}");
        let side = browser.get("/people/merge?one=KJ001&other=KJ901").await.expect(200).text();
        assert!(side.contains("2024-07-01") && side.contains("合并为一人"));
        let before = frozen(app).await.len();
        let gone = app.person_id("KJ901").await;
        browser.post("/people/merge", &[("one", "KJ001"), ("other", "KJ901"), ("stays", "KJ001")]).await.expect(303);
        assert_eq!(report(app).await, report(&single).await);
        assert_eq!(frozen(app).await.len(), before, "nothing overlapped");
        assert!(person::Entity::find_by_id(gone).one(app.db.read()).await.unwrap().is_none());
        assert!(outbox::Entity::find().all(app.db.read()).await.unwrap().is_empty(), "nobody is written to");

        // The old number finds who stays, in look-ups, lines and files, and is nobody else's.
        let token = app.token("GQ", Scope::Manage).await;
        let kj = app.person_id("KJ001").await;
        let made = app.post("/api/v1/events", &token, json!({"key": "N", "kind": "lecture", "title": "新", "org_code": "GQ-KJ", "audience": ["staff:KJ901"],
            "required": true, "sessions": [{"key": "N1", "starts_at": "2025-01-10T09:30", "ends_at": "2025-01-10T11:00"}]})).await.expect(201).json();
        let (event, session) = (made["id"].as_str().unwrap(), made["sessions"][0]["id"].as_str().unwrap());
        assert_eq!(made["audience"], json!(["staff:KJ001"]));
        app.post(&format!("/api/v1/events/{event}/publish"), &token, json!({"override": "x"})).await.expect(200);
        app.post(&format!("/api/v1/sessions/{session}/check-ins"), &token, json!({"staff_no": "KJ901"})).await.expect(201);
        let again = app.post(&format!("/api/v1/sessions/{session}/check-ins"), &token, json!({"staff_no": "KJ001"})).await.expect(200).json();
        assert_eq!(again["staff_no"], "KJ001");
        app.put(&format!("/api/v1/sessions/{session}/attendance/KJ901"), &token, json!({"status": "late"})).await.expect(200);
        let form = [("act", "save"), ("staff_no", "KJ901"), ("name", "别人"), ("email", ""), ("from", "2025-01-10"), ("org_code", "GQ-KJ"), ("title", ""), ("more_groups", "")];
        assert!(browser.post("/people/new", &form).await.expect(422).text().contains("已并入另一人"));
        bring(app, &tables("KJ901")).await;
        assert_eq!(report(app).await, report(&single).await, "the old files again change nothing");
        assert_eq!(person::Entity::find().all(app.db.read()).await.unwrap().len(), 2);
        let page = browser.get(&format!("/people/{kj}")).await.expect(200).text();
        assert!(page.contains("KJ901") && page.contains("合并"));
    }

    async fn where_two_rows_say_otherwise_the_better_stands_or_somebody_decides(app: &TestApp) {
        app.world().await;
        app.person("KJ091", "GQ-KJ-FG", &[]).await;
        let sessions = event(app, "A", "GQ-KJ", &["org:GQ-KJ"], &["2024-03-12", "2024-03-20"]).await;
        event(app, "B", "GQ-KJ", &["org:GQ-KJ", "-staff:KJ091"], &["2024-03-21"]).await;
        app.at("2024-03-12T09:05");
        let token = app.token("GQ-KJ", Scope::Manage).await;
        app.post(&format!("/api/v1/sessions/{}/check-ins", sessions[0]), &token, json!({"staff_no": "KJ091"})).await.expect(201);
        app.put(&format!("/api/v1/sessions/{}/attendance/KJ001", sessions[0]), &token, json!({"status": "excused"})).await.expect(200);
        let exam = app.post("/api/v1/events", &token, json!({"key": "X", "kind": "exam", "title": "考试X", "org_code": "GQ-KJ", "audience": ["org:GQ-KJ"], "sessions": [{"key": "X1", "starts_at": "2024-04-20T09:00", "ends_at": "2024-04-20T10:00"}]})).await.expect(201).json();
        let results = format!("/api/v1/events/{}/exam-results", exam["id"].as_str().unwrap());
        let result = |number: &str, score: u32| json!({"results": [{"staff_no": number, "attempt": 1, "score": score, "pass_mark": 60}]});
        for (number, score) in [("KJ001", 70), ("KJ091", 80)] {
            assert!(app.post(&results, &token, result(number, score)).await.status.is_success());
        }
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        let form = [("one", "KJ001"), ("other", "KJ091"), ("stays", "KJ001")];
        browser.get("/people/merge?one=KJ001&other=KJ091").await.expect(200);
        let refused = browser.post("/people/merge", &form).await.expect(422).text();
        assert!(refused.contains("互相矛盾") && refused.contains("考试X 第 1 次：70 分与 80 分"), "{refused}");
        assert_eq!(roster(app, sessions[0]).await.len(), 7, "nothing of it was kept");
        assert!(app.post(&results, &token, result("KJ091", 70)).await.status.is_success());
        browser.post("/people/merge", &form).await.expect(303);
        assert_eq!(roster(app, sessions[0]).await.len(), 6, "twice on one roster is once");
        let rows = app.get(&format!("/api/v1/sessions/{}/attendance", sessions[0]), &token).await.expect(200).json();
        let row = rows["items"].as_array().unwrap().iter().find(|row| row["staff_no"] == "KJ001").unwrap();
        assert_eq!((&row["status"], row["history"].as_array().unwrap().len()), (&json!("present"), 2), "{row}");
        assert_eq!(roster(app, sessions[1]).await, ["KJ001", "KJ002", "KJ003", "KJ004", "KJ005", "KJ006"]);
        assert_eq!(told(app, "KJ001", MessageKind::Cancellation).await, 0);

        for (one, other, says) in [("KJ001", "KJ001", "两个不同的人"), ("KJ001", "KJ091", "两个不同的人"), ("NO", "KJ002", "没有工号为")] {
            assert!(browser.post("/people/merge", &[("one", one), ("other", other), ("stays", one)]).await.expect(422).text().contains(says), "{one} {other}");
        }
        browser.get("/people/merge?one=KJ001&other=SF001").await.expect(404);
        browser.post("/people/merge", &[("one", "KJ001"), ("other", "SF001"), ("stays", "KJ001")]).await.expect(404);
        desk(app, "GQ-KJ", Role::Viewer).await.get("/people/doubles").await.expect(403);
    }

    async fn an_audience_is_looked_at_with_names_before_it_is_published(app: &TestApp) {
        app.world().await;
        let mut row: person::ActiveModel = person::Entity::find_by_id(app.person_id("KJ004").await).one(app.db.read()).await.unwrap().unwrap().into();
        row.email = sea_orm::ActiveValue::Set(None);
        person::Entity::update(row).exec(app.db.write()).await.unwrap();
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let made = app.post("/api/v1/events", &token, json!({"key": "A", "kind": "lecture", "title": "讲座A", "org_code": "GQ-KJ", "co_host_codes": ["GQ-SF"],
            "audience": ["org:GQ-KJ", "org:GQ-SF", "-staff:KJ002"], "required": true,
            "sessions": [{"key": "A1", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"}]})).await.expect(201).json();
        let id = made["id"].as_str().unwrap();
        let seen = app.get(&format!("/api/v1/events/{id}/audience?day=2024-03-20"), &token).await.expect(200).json();
        assert_eq!((&seen["total"], &seen["items"][0]["staff_no"], &seen["items"][0]["org_code"]), (&json!(7), &json!("KJ001"), &json!("GQ-KJ-FG")));
        assert_eq!((&seen["excluded"][0]["staff_no"], &seen["items"][2]["has_email"]), (&json!("KJ002"), &json!(false)));
        assert_eq!(seen["parts"], json!([{"org_code": "GQ-KJ", "total": 5}, {"org_code": "GQ-SF", "total": 2}]));
        assert_eq!(app.get(&format!("/api/v1/events/{id}/audience"), &token).await.expect(200).json()["day"], "2024-03-20");
        app.get(&format!("/api/v1/events/{id}/audience?day=x"), &token).await.problem(422, "invalid");
        let other = app.token("GQ-TZ", Scope::Read).await;
        app.get(&format!("/api/v1/events/{id}/audience"), &other).await.problem(404, "not-found");

        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        let publish = browser.get(&format!("/events/{id}/publish")).await.expect(200).text();
        assert!(publish.contains("看 7 人的名单") && publish.contains("干部KJ4") && publish.contains("除外 1 人"), "{publish}");
        browser.get("/events/new").await.expect(200);
        let form = |more: &[(&'static str, &'static str)]| {
            let mut all = vec![("act", "look"), ("key", "web-x"), ("kind", "lecture"), ("title", "x"), ("org_code", "GQ-KJ"), ("audience", "org:GQ-KJ"), ("required", "yes"), ("walk_ins", "yes"),
                ("s_id", ""), ("s_day", "2024-03-20"), ("s_start", "09:00"), ("s_end", "11:00"), ("s_last", "")];
            all.extend(more);
            all
        };
        let found = browser.post("/events/new", &form(&[("find", "kj00"), ("add_sign", "-")])).await.expect(200).text();
        assert!(found.contains("name=\"add_staff\" value=\"KJ003\"") && found.contains("看 6 人的名单") && !found.contains("SF001"));
        let taken = browser.post("/events/new", &form(&[("find", ""), ("add_sign", "-"), ("add_staff", "KJ003"), ("add_staff", "KJ005")])).await.expect(200).text();
        assert!(taken.contains("-staff:KJ003") && taken.contains("看 4 人的名单") && taken.contains("除外 2 人"), "{taken}");
    }
}

/// Imports files by their texts, as the command does.
async fn bring(app: &TestApp, files: &[(&str, String)]) {
    let texts: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let outcome = import::bring(app, import::files(&texts), import::QUIET).await;
    assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
}
