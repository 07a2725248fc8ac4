//! Each figure has the rows behind it that it says.

use entity::state::Scope;
use pufa::report::figure::Figure;
use pufa::report::rows::{Part, rows};
use pufa::report::source;
use serde_json::Value;

use super::year::Year;
use super::{cases, import, worked_year};
use crate::harness::TestApp;

/// Every figure of a report that has rows, as its name and value.
pub fn leaves(report: &Value) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    for section in ["kinds", "total", "exam", "outreach", "hours"] {
        walk(&report[section], section, &mut found);
    }
    for month in report["months"].as_array().unwrap() {
        for name in ["sessions", "person_times"] {
            found.push((format!("months.{}.{name}", month["month"]), month[name].as_f64().unwrap()));
        }
    }
    found
}

fn walk(value: &Value, path: &str, found: &mut Vec<(String, f64)>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| walk(value, &format!("{path}.{key}"), found)),
        Value::Number(number) if !path.ends_with("_rate") => found.push((path.to_owned(), number.as_f64().unwrap())),
        _ => {}
    }
}

/// What rows say of a figure: their number, or the sum of their hours or amounts.
pub fn told(figure: &str, rows: &[Value]) -> f64 {
    let sum = |name: &str| rows.iter().map(|row| row[name].as_f64().unwrap()).sum();
    if figure.starts_with("outreach.") {
        sum("amount")
    } else if figure.ends_with("hours") {
        sum("hours")
    } else {
        rows.len() as f64
    }
}

/// Checks every figure of a report against its rows, read by the program's own function.
pub async fn hold_against_rows(app: &TestApp, report: &Value, path: &str) {
    let org = app.org_id(report["org"].as_str().unwrap()).await;
    let scope = source::Scope { organisation: org, year: report["year"].as_i64().unwrap() as i32, now: app.now() };
    let exam_kinds = source::exam_kinds(&app.kinds);
    for (name, value) in leaves(report) {
        let figure = Figure::parse(&name, &exam_kinds).unwrap_or_else(|| panic!("{name} has no rows"));
        let part = Part { offset: 0, limit: 100_000 };
        let found = rows(app.db.read(), &app.kinds, &scope, &figure, part).await.unwrap();
        let found: Vec<Value> = found.iter().map(|row| serde_json::to_value(row).unwrap()).collect();
        let told = told(&name, &found);
        assert!((told - value).abs() < 0.01, "{path} {name}: {value}, but {} rows say {told}", found.len());
    }
}

fn at<'a>(tree: &'a Value, figure: &str) -> &'a str {
    let mut here = tree;
    for part in figure.split('.') {
        here = match here {
            Value::Array(items) => &items[part.parse::<usize>().unwrap() - 1],
            other => &other[part],
        };
    }
    here.as_str().unwrap_or_else(|| panic!("no link at {figure}"))
}

journeys! {
    async fn every_figure_of_the_api_leads_to_its_rows(app: &TestApp) {
        app.at("2025-01-10T09:30");
        import(app, worked_year()).await;
        let token = app.token("GQ", Scope::Read).await;
        for org in ["GQ", "GQ-KJ", "GQ-KJ-FG"] {
            let report = app.get(&format!("/api/v1/reports/2024?org={org}"), &token).await.expect(200).json();
            assert_eq!(report["org"], org);
            for (name, value) in leaves(&report) {
                let mut link = at(&report["links"], &name).to_owned();
                let mut found = Vec::new();
                loop {
                    let part = app.get(&link, &token).await.expect(200).json();
                    found.extend(part["items"].as_array().unwrap().clone());
                    match part["next"].as_str() {
                        Some(next) => link = format!("{}&cursor={next}", at(&report["links"], &name)),
                        None => break,
                    }
                }
                let told = told(&name, &found);
                assert!((told - value).abs() < 0.01, "{org} {name}: {value}, but {} rows say {told}", found.len());
            }
            for (n, item) in report["plan"].as_array().unwrap().iter().enumerate() {
                let link = report["links"]["plan"][n].as_str().unwrap();
                let found = app.get(link, &token).await.expect(200).json()["items"].as_array().unwrap().clone();
                let told = if link.contains("outreach") { told("outreach.", &found) } else { found.len() as f64 };
                assert_eq!(Some(told), item["done"].as_f64(), "{item}");
            }
        }
    }

    async fn a_token_reads_reports_of_its_own_organisation_and_below_only(app: &TestApp) {
        app.world().await;
        let bureau = app.token("GQ-KJ", Scope::Read).await;
        assert_eq!(app.get("/api/v1/reports/2024", &bureau).await.expect(200).json()["org"], "GQ-KJ");
        app.get("/api/v1/reports/2024?org=GQ-KJ-FG", &bureau).await.expect(200);
        for hidden in ["GQ", "ZB-KJ", "GQ-SF", "NO-SUCH"] {
            app.get(&format!("/api/v1/reports/2024?org={hidden}"), &bureau).await.problem(404, "not-found");
            let path = format!("/api/v1/reports/2024/rows?figure=total.sessions&org={hidden}");
            app.get(&path, &bureau).await.problem(404, "not-found");
        }
        app.get("/api/v1/reports/abc", &bureau).await.problem(404, "not-found");
        app.get("/api/v1/reports/2024/rows?figure=total.fun", &bureau).await.problem(422, "invalid");
        app.get("/api/v1/reports/2024/rows?figure=total.events&cursor=x", &bureau).await.problem(422, "invalid");
        app.get("/api/v1/reports/2024", "").await.problem(401, "unauthorized");
        let checker = app.token("GQ-KJ", Scope::CheckIn).await;
        app.get("/api/v1/reports/2024", &checker).await.problem(403, "forbidden");
        let manager = app.token("GQ-KJ", Scope::Manage).await;
        app.get("/api/v1/reports/2024", &manager).await.expect(200);
    }

    async fn a_long_list_comes_in_parts(app: &TestApp) {
        let mut year = Year::default();
        cases::office(&mut year, 700);
        cases::event(&mut year, "E", "lecture", &["2024-03-01T09:00"]);
        app.at("2024-12-31T09:00");
        year.write(app).await;
        let token = app.token("A", Scope::Read).await;
        let first = "/api/v1/reports/2024/rows?figure=kinds.lecture.absent";
        let part = app.get(first, &token).await.expect(200).json();
        // The roster is fixed by the first look.
        assert_eq!(part["items"].as_array().unwrap().len(), 500);
        let rest = app.get(&format!("{first}&cursor={}", part["next"].as_str().unwrap()), &token).await.expect(200).json();
        assert_eq!(rest["items"].as_array().unwrap().len(), 200);
        assert!(rest["next"].is_null());
        assert_ne!(rest["items"][0], part["items"][0]);
    }
}
