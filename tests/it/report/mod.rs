//! The year's figures: against the worked year, against a second, naive count over made-up years, and case by case.

mod cases;
mod naive;
mod pages;
mod random;
mod rows;
mod year;

use std::path::Path;

use pufa::people;
use serde_json::Value;

use crate::harness::TestApp;
use naive::Naive;
use year::Year;

fn worked_year() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/data/year-2024"))
}

fn expected() -> Value {
    serde_json::from_slice(&std::fs::read(worked_year().join("expected.json")).unwrap()).unwrap()
}

/// Imports a folder of files, as the command does.
async fn import(app: &TestApp, folder: &Path) {
    let ground = pufa::import::Ground {
        kinds: &app.kinds,
        zone: app.config.zone(),
        by: "command",
        within: pufa::import::Within::Everything,
        notify: pufa::import::Notify::Nobody,
        now: app.now(),
    };
    let sheets = pufa::import::from_path(folder).unwrap();
    let tx = app.db.begin().await.unwrap();
    let outcome = pufa::import::run(&tx, sheets, &ground, &|_| {}).await.unwrap();
    assert!(outcome.stands(pufa::import::BadRows::Refuse), "{:?}", outcome.problems);
    tx.commit().await.unwrap();
}

/// What the program says, as JSON.
async fn figures(app: &TestApp, org: &str, year: i32) -> Value {
    let now = app.now();
    pufa::report::settle(&app.db, now).await.unwrap();
    let org = people::by_code(app.db.read(), org).await.unwrap();
    let snapshot = app.db.snapshot().await.unwrap();
    let figures = pufa::report::load(&snapshot, &app.kinds, &org, year, app.config.zone(), now).await.unwrap();
    serde_json::to_value(figures).unwrap()
}

/// Checks that `actual` says what `expected` does: the same keys below the first level, numbers as near as the contract
/// asks.
#[track_caller]
fn assert_same(actual: &Value, expected: &Value, path: &str) {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => {
            if path.contains('.') {
                assert_eq!(actual.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{path}");
            }
            for (key, value) in expected {
                let found = actual.get(key).unwrap_or_else(|| panic!("{path}.{key} is missing"));
                assert_same(found, value, &format!("{path}.{key}"));
            }
        }
        (Value::Array(actual), Value::Array(expected)) => {
            assert_eq!(actual.len(), expected.len(), "{path}");
            for (n, (actual, expected)) in actual.iter().zip(expected).enumerate() {
                assert_same(actual, expected, &format!("{path}.{n}"));
            }
        }
        (Value::Number(a), Value::Number(e)) => {
            let tolerance = if path.ends_with("hours") { 0.01 } else { 0.000_001 };
            let (a, e) = (a.as_f64().unwrap(), e.as_f64().unwrap());
            assert!((a - e).abs() <= tolerance, "{path}: {a} instead of {e}");
        }
        _ => assert_eq!(actual, expected, "{path}"),
    }
}

#[test]
fn the_naive_count_gives_the_expected_figures_of_the_worked_year() {
    let year = Year::read(worked_year());
    let kinds = pufa::config::Config::defaults().unwrap().event_kinds().unwrap();
    let naive = Naive { year: &year, kinds: &kinds, now: "2025-01-10T01:30:00Z".parse().unwrap() };
    for (org, expected) in expected().as_object().unwrap() {
        let mut counted = naive.report(org, 2024);
        counted.as_object_mut().unwrap().remove("attended");
        assert_same(&counted, expected, org);
    }
}

journeys! {
    async fn the_worked_year_gives_the_expected_figures(app: &TestApp) {
        app.at("2025-01-10T09:30");
        import(app, worked_year()).await;
        for (org, expected) in expected().as_object().unwrap() {
            assert_same(&figures(app, org, 2024).await, expected, org);
        }
        let of_bureau = figures(app, "GQ-KJ", 2024).await;
        assert_eq!(of_bureau["total"]["events"], 23);
        assert_eq!(of_bureau["total"]["sessions"], 27);
        assert_eq!(of_bureau["total"]["expected"], 399);
        assert_eq!(of_bureau["taken_at"], "2025-01-10T09:30:00+08:00");
    }
}
