//! The report as a reader meets it.

use std::collections::BTreeSet;

use entity::state::{AttendanceStatus, Role, SessionStatus};

use super::year::{Came, Year};
use super::{assert_same, cases, expected, import, worked_year};
use crate::harness::{Browser, TestApp};

async fn reader<'a>(app: &'a TestApp, org: &str, role: Role) -> Browser<'a> {
    let secret = app.account(&format!("{role}@example.test"), org, role).await;
    let browser = Browser::new(app);
    browser.get(&format!("/enter/{secret}")).await.expect(303);
    browser
}

/// The addresses of a page that lead to reports.
fn links(page: &str) -> BTreeSet<String> {
    let found = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    found
        .filter(|href| href.starts_with("/reports/"))
        .map(|href| href.replace("&amp;", "&").replace("&#x2f;", "/"))
        .collect()
}

journeys! {
    async fn the_page_says_the_years_figures_and_each_leads_to_its_rows(app: &TestApp) {
        app.at("2025-01-10T09:30");
        import(app, worked_year()).await;
        let browser = reader(app, "GQ", Role::Viewer).await;
        let start = browser.get("/reports").await.expect(303).header("location").to_owned();
        assert_eq!(start, "/reports/2024?org=GQ");
        browser.get(&start).await.expect(200);
        let text = browser.get("/reports/2024?org=GQ-KJ").await.expect(200).text().replace("&#x2f;", "/");
        for said in ["98.0%", "到会 391 ÷ 应到 399", "27 场", "1,043", "104.3%", "1000余份", "200余人次", "28", "97.2%（35/36）", "100%（38/38）", "资料多于人数"] {
            assert!(text.contains(said), "{said}");
        }
        assert!(!text.contains("style="), "the content policy forbids inline styles");
        assert!(text.contains("<svg class=\"plot\""));
        for href in links(&text) {
            let answer = browser.get(&href).await.expect(200);
            if href.contains("/rows?") {
                assert!(answer.text().contains("<tbody>"), "{href} has no rows");
            }
        }
        let rows = browser.get("/reports/2024/rows?org=GQ-KJ&figure=kinds.first_topic.made_up").await.expect(200).text();
        assert!(rows.contains("第一议题 · 已补学") && rows.matches("<tr>").count() == 2, "{rows}");
        browser.get("/settings/lang?to=en&next=/reports").await.expect(303);
        let english = browser.get("/reports/2024?org=GQ-KJ").await.expect(200).text();
        assert!(english.contains("attended 391 ÷ expected 399") && english.contains("1,043 copies</a> of materials"));
        browser.get("/reports/2024/rows?org=GQ-KJ&figure=exam.sat").await.expect(200);
    }

    async fn downloads_are_the_figures(app: &TestApp) {
        app.at("2025-01-10T09:30");
        import(app, worked_year()).await;
        let browser = reader(app, "GQ-KJ", Role::Organizer).await;
        let json = browser.get("/reports/2024/figures.json").await.expect(200);
        assert_eq!(json.header("content-disposition"), "attachment; filename=\"report-2024-GQ-KJ.json\"");
        assert_same(&json.json(), &expected()["GQ-KJ"], "GQ-KJ");
        let csv = browser.get("/reports/2024/figures.csv").await.expect(200);
        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
        assert!(csv.text().starts_with('\u{feff}') && csv.text().contains("97.2%"));
    }

    async fn a_report_is_read_by_those_who_may(app: &TestApp) {
        app.world().await;
        let empty = reader(app, "GQ-KJ", Role::Admin).await;
        let text = empty.get("/reports/2024").await.expect(200).text();
        assert!(text.contains("没有发现异常") && text.contains("—"));
        empty.get("/reports/2024?org=GQ").await.expect(404);
        empty.get("/reports/2024/rows?figure=nothing").await.expect(404);
        empty.get("/reports/20x4").await.expect(404);
        let nothing = empty.get("/reports/2024/rows?figure=total.sessions").await.expect(200).text();
        assert!(nothing.contains("没有记录"));
        let checker = reader(app, "GQ-KJ", Role::Checker).await;
        checker.get("/reports/2024").await.expect(403);
        Browser::new(app).get("/reports/2024").await.expect(303);
    }

    async fn what_looks_wrong_is_said(app: &TestApp) {
        let mut year = Year::default();
        cases::office(&mut year, 22);
        cases::event(&mut year, "LOST", "lecture", &["2024-03-01T09:00"]);
        cases::event(&mut year, "AHEAD", "old_kind", &["2024-12-01T09:00"]);
        cases::event(&mut year, "WHOLE", "lecture", &["2024-02-01T09:00"]);
        for session in ["AHEAD-1", "WHOLE-1"] {
            for n in 1..=22 {
                let staff = format!("P{n:03}");
                year.attendance.push(Came { session: session.into(), staff, status: AttendanceStatus::Present });
            }
        }
        app.at("2024-06-01T09:00");
        let ids = year.write(app).await;
        let browser = reader(app, "A", Role::Viewer).await;
        let text = browser.get("/reports/2024").await.expect(200).text();
        assert!(text.contains("没有到会记录") && text.contains("标题LOST") && text.contains("未到时间已标为举行"));
        assert!(text.contains("标题AHEAD") && !text.contains("标题WHOLE") && !text.contains("全是 100%"), "{text}");
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
        entity::session::Entity::update_many()
            .col_expr(entity::session::Column::Status, Expr::value(SessionStatus::Cancelled))
            .filter(entity::session::Column::EventId.eq(ids.events["LOST"]))
            .exec(app.db.write())
            .await
            .unwrap();
        let text = browser.get("/reports/2024").await.expect(200).text();
        assert!(!text.contains("没有到会记录") && text.contains("全是 100%"));
    }
}
