//! Rules and days off, held against what other programs make of them.

use std::process::Command;

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use pufa::dates::{Rule, RuleError, Workdays, Zone};
use pufa::scheduling::holidays::embedded;
use serde_json::Value;

fn by_python(script: &str, args: &[&str]) -> Value {
    let python = std::env::var("PUFA_TEST_PYTHON").expect("PUFA_TEST_PYTHON is not set: use tests/run");
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dates").join(script);
    let output = Command::new(python).arg(script).args(args).output().expect("Python starts: use tests/run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON of the script")
}

fn times(value: &Value) -> Vec<NaiveDateTime> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().parse().unwrap()).collect()
}

#[test]
fn a_thousand_random_rules_give_what_dateutil_gives() {
    let made = by_python("rules.py", &["1000", "20261123"]);
    let made = made.as_array().unwrap();
    assert_eq!(made.len(), 2000, "a thousand rules in two zones");
    let (mut slots, mut missing, mut twice, mut empty) = (0, 0, 0, 0);
    for one in made {
        let text = one["rule"].as_str().unwrap();
        let said = format!("{text} from {} in {}", one["first"], one["zone"]);
        let zone = Zone::parse(one["zone"].as_str().unwrap()).unwrap();
        let rule = Rule::parse(text).unwrap_or_else(|error| panic!("{said}: {error}"));
        let expected = times(&one["slots"]);
        twice += usize::from(one["twice"] != 0);
        match rule.expand(one["first"].as_str().unwrap().parse().unwrap(), zone, 5000) {
            Ok(found) => {
                assert_eq!(found.slots, expected, "{said}");
                assert_eq!(found.missing, times(&one["missing"]), "{said}");
                let instants: Vec<_> =
                    found.slots.iter().map(|slot| zone.instant(*slot).unwrap().timestamp().into()).collect();
                assert_eq!(Value::Array(instants), one["instants"], "{said}");
                missing += usize::from(!found.missing.is_empty());
                slots += found.slots.len();
            }
            Err(RuleError::UntilBeforeStart | RuleError::NoDay) => {
                assert!(expected.is_empty(), "{said}");
                empty += 1;
            }
            Err(error) => panic!("{said}: {error}"),
        }
        // What is kept of a rule is its canonical text, which must mean the same.
        assert_eq!(Rule::parse(&rule.text()).as_ref(), Ok(&rule), "{said}");
    }
    assert!(slots > 100_000, "{slots} sittings are enough to differ in");
    assert!(missing >= 40 && twice >= 40, "both changes of clocks are met: {missing} and {twice}");
    assert!(empty < 200, "most rules give something: {empty} do not");
}

#[test]
fn the_days_off_of_every_shipped_year_are_those_of_chinesecalendar() {
    let years: Vec<_> = embedded().iter().map(|notice| notice.year).collect();
    assert!(years.starts_with(&[2024, 2025, 2026]), "{years:?}");
    let args: Vec<_> = years.iter().map(i32::to_string).collect();
    let theirs = by_python("holidays.py", &args.iter().map(String::as_str).collect::<Vec<_>>());
    let ours = Workdays::new(embedded().to_vec());
    let mut days = 0;
    for (text, their) in theirs.as_object().unwrap() {
        let day: NaiveDate = text.parse().unwrap();
        assert_eq!(ours.is_off(day), their["off"].as_bool().unwrap(), "{day}");
        match (ours.holiday(day), their["name"].as_str()) {
            (None, None) => {}
            // A holiday of ours may be two of theirs: 国庆节、中秋节.
            (Some(our), Some(their)) => assert!(our.contains(their), "{day}: {our}, {their}"),
            differ => panic!("{day}: {differ:?}"),
        }
        assert!(ours.is_known(day.year()));
        days += 1;
    }
    assert_eq!(days, 366 + 365 * (years.len() - 1));
}
