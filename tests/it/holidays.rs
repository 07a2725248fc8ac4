//! Notices of days off: what comes with the program, what a site brings in, and who may.

use entity::state::{OnDayOff, Role, Scope};
use entity::{audit, holiday_day, holiday_notice};
use pufa::scheduling::holidays::{bring_in, load};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use crate::harness::{Browser, TestApp};

const NEXT: &str = r#"{"year": 2027, "papers": ["https://example.test/notice"], "days": [
    {"name": "元旦", "date": "2027-01-01", "isOffDay": true},
    {"name": "元旦", "date": "2027-01-02", "isOffDay": true},
    {"name": "元旦", "date": "2026-12-26", "isOffDay": false},
    {"name": "国庆节", "date": "2027-10-01", "isOffDay": true},
    {"name": "国庆节", "date": "2027-10-09", "isOffDay": false}
]}"#;

/// Brings a file in, in a transaction of its own, which is undone when the file is refused.
async fn bring(app: &TestApp, file: &str) -> pufa::error::Result<pufa::scheduling::holidays::BroughtIn> {
    let tx = app.db.begin().await.unwrap();
    let outcome = bring_in(&tx, file.as_bytes(), "command", app.now()).await;
    match &outcome {
        Ok(_) => tx.commit().await.unwrap(),
        Err(_) => tx.rollback().await.unwrap(),
    }
    outcome
}

async fn imports_on_record(app: &TestApp) -> u64 {
    let all = audit::Entity::find().filter(audit::Column::Action.eq("holidays.import"));
    all.count(app.db.read()).await.unwrap()
}

/// A page with its slashes as people see them.
fn plain(html: &str) -> String {
    html.replace("&#x2f;", "/")
}

async fn admin<'a>(app: &'a TestApp, org: &str, role: Role) -> Browser<'a> {
    let secret = app.account(&format!("{}-{role}@example.test", org.to_lowercase()), org, role).await;
    let browser = Browser::new(app);
    browser.get(&format!("/enter/{secret}")).await.expect(303);
    browser
}

journeys! {
    async fn a_notice_replaces_what_there_was_for_its_year_and_twice_is_once(app: &TestApp) {
        let day = |text: &str| text.parse().unwrap();
        let before = load(app.db.read()).await.unwrap();
        assert!(before.is_known(2026) && !before.is_known(2027) && !before.is_off(day("2027-10-01")));

        let outcome = bring(app, NEXT).await.unwrap();
        assert_eq!((outcome.year, outcome.off, outcome.worked, outcome.replaced, outcome.changed), (2027, 3, 2, false, true));
        let after = load(app.db.read()).await.unwrap();
        assert!(after.is_known(2027) && after.is_off(day("2027-10-01")) && !after.is_off(day("2026-12-26")));
        assert_eq!(after.adjust(day("2027-10-01"), OnDayOff::After), Some(day("2027-10-04")));
        assert!(after.is_off(day("2026-10-01")), "other years stay");

        let again = bring(app, NEXT).await.unwrap();
        assert!(!again.changed && again.added.is_empty() && again.removed.is_empty());
        assert_eq!(imports_on_record(app).await, 1);

        let other = NEXT.replace("2027-10-09", "2027-10-10").replace("2027-01-02\", \"isOffDay\": true", "2027-01-02\", \"isOffDay\": false");
        let changed = bring(app, &other).await.unwrap();
        let days = |all: &[pufa::scheduling::holidays::Changed]| all.iter().map(|one| one.day.to_string()).collect::<Vec<_>>();
        assert_eq!((days(&changed.added), days(&changed.removed)), (vec!["2027-01-02".into(), "2027-10-10".into()], vec!["2027-10-09".to_owned()]));
        assert_eq!(holiday_notice::Entity::find().count(app.db.read()).await.unwrap(), 1);
        assert_eq!(holiday_day::Entity::find().count(app.db.read()).await.unwrap(), 5);
        assert_eq!(imports_on_record(app).await, 2);
    }

    async fn a_shipped_year_can_be_replaced_and_a_bad_file_changes_nothing(app: &TestApp) {
        let own = "year = 2026\ntitle = \"本地安排\"\n[[holiday]]\nname = \"国庆节\"\noff = [\"2026-10-01..2026-10-03\"]\n";
        let outcome = bring(app, own).await.unwrap();
        assert!(outcome.replaced && outcome.added.is_empty() && outcome.removed.iter().any(|one| one.day.to_string() == "2026-10-07"));
        let days = load(app.db.read()).await.unwrap();
        assert!(!days.is_off("2026-10-07".parse().unwrap()) && days.is_off("2026-10-01".parse().unwrap()));

        let overlapping = own.replace("\"2026-10-01..2026-10-03\"", "\"2026-10-01..2026-10-03\", \"2026-10-03..2026-10-05\"");
        let error = bring(app, &overlapping).await.unwrap_err().problem();
        assert_eq!((error.fields[0].field.as_str(), error.fields[0].code), ("5:off", "holiday-day-twice"));
        assert_eq!(load(app.db.read()).await.unwrap(), days);
    }

    async fn other_programs_ask_which_days_are_worked(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::CheckIn).await;
        let answer = app.get("/api/v1/workdays?from=2026-09-20&to=2027-01-31", &token).await.expect(200).json();
        let named: Vec<_> = answer["items"].as_array().unwrap().iter().filter(|one| one["off"] == false).map(|one| one["day"].clone()).collect();
        assert_eq!(named, [json!("2026-09-20"), json!("2026-10-10")]);
        assert_eq!(answer["items"][1], json!({"day": "2026-09-25", "name": "中秋节", "off": true}));
        assert_eq!(answer["years"][0]["published"], json!("2025-11-04"));
        assert_eq!(answer["years"][1], json!({"year": 2027, "known": false, "source": null, "published": null}));
        for (query, field) in [
            ("from=2026-01-01", "to"), ("from=x&to=2026-01-01", "from"), ("from=2026-02-01&to=2026-01-01", "to"),
            ("from=2020-01-01&to=2026-01-01", "to"), ("", "from"),
        ] {
            let problem = app.get(&format!("/api/v1/workdays?{query}"), &token).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], json!(field), "{query}");
        }
        app.get("/api/v1/workdays?from=2026-01-01&to=2026-01-02", "").await.problem(401, "unauthorized");
    }

    async fn the_page_says_what_is_known_and_the_topmost_administrator_brings_in_more(app: &TestApp) {
        app.world().await;
        let top = admin(app, "GQ", Role::Admin).await;
        let page = plain(&top.get("/holidays?year=2026").await.expect(200).text());
        assert!(page.contains("国办发明电〔2025〕7号") && page.contains("href=\"https://www.gov.cn/zhengce/content/202511/content_7047090.htm\""));
        assert!(page.contains("10月1日（周四）至10月7日（周三）") && page.contains("9月20日（周日）"));
        assert!(page.contains("type=\"file\""));
        let wrong = top.upload("/holidays", b"year = 2027\ntitle = \"x\"\n[[holiday]]\nname = \"<b>\"\noff = [\"2027-01-02..2027-01-01\"]\n", None).await;
        let wrong = wrong.expect(422).text();
        assert!(wrong.contains("5:off") && wrong.contains("结束早于开始") && wrong.contains("id=\"e-file\""));
        assert!(top.upload("/holidays", &[0xff, 0x00], None).await.expect(422).text().contains("不是 UTF-8"));
        assert!(top.upload("/holidays", b"", None).await.expect(422).text().contains("文件是空的"));
        top.upload("/holidays", &vec![b'#'; 300 * 1024], None).await.expect(422);
        top.upload("/holidays", NEXT.as_bytes(), Some("forged")).await.expect(403);
        assert_eq!(imports_on_record(app).await, 0);

        let to = top.upload("/holidays", NEXT.as_bytes(), None).await.expect(303).header("location").to_owned();
        let done = plain(&top.get(&to).await.expect(200).text());
        assert!(done.contains("已导入 2027 年的通知") && done.contains("href=\"https://example.test/notice\""));
        let to = top.upload("/holidays", NEXT.as_bytes(), None).await.expect(303).header("location").to_owned();
        assert!(top.get(&to).await.expect(200).text().contains("没有变化"));

        for (org, role) in [("GQ", Role::Organizer), ("GQ-KJ", Role::Admin), ("GQ-KJ", Role::Viewer)] {
            let other = admin(app, org, role).await;
            let page = other.get("/holidays?year=2030").await.expect(200).text();
            assert!(page.contains("国庆节") && !page.contains("type=\"file\""), "reads, and is told who may");
            other.get("/account").await.expect(200);
            other.upload("/holidays", NEXT.as_bytes(), None).await.expect(403);
        }
        Browser::new(app).get("/holidays").await.expect(303);
    }

    async fn a_year_without_a_notice_says_so_on_its_page(app: &TestApp) {
        app.world().await;
        let viewer = admin(app, "GQ-KJ", Role::Viewer).await;
        let page = viewer.get("/holidays?year=2027").await.expect(200).text();
        assert!(page.contains("2027年的放假通知还没有导入，暂按周末计算"));
        for odd in ["year=abc", "year=99999999999", "year=1066", "done=%3Cb%3E&added=1"] {
            assert!(!viewer.get(&format!("/holidays?{odd}")).await.expect(200).text().contains("<b>"));
        }
    }
}
