//! What a notice's file may say, and what is refused.

use super::super::Notice;

fn codes(text: &str) -> Vec<(String, &'static str)> {
    let problems = Notice::read(text.as_bytes()).expect_err(text);
    problems.into_iter().map(|problem| (problem.field, problem.code)).collect()
}

fn code(text: &str) -> (String, &'static str) {
    let mut all = codes(text);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// A notice of 2027 with these lines of its one holiday.
fn toml(lines: &str) -> String {
    format!("year = 2027\ntitle = \"通知\"\n\n[[holiday]]\nname = \"元旦\"\n{lines}\n")
}

fn json(days: &str) -> String {
    format!("{{\"year\": 2027, \"papers\": [\"https://example.test/1\"], \"days\": [{days}]}}")
}

#[test]
fn both_forms_say_the_same() {
    let toml = "\u{feff}year = 2027\r\ntitle = \"通知\"\r\nnumber = \"9号\"\r\naddress = \"https://example.test/1\"\r\npublished = \"2026-11-05\"\r\n[[holiday]]\r\nname = \"元旦\"\r\noff = [\"2026-12-31..2027-01-02\"]\r\nworked = [\"2027-01-03\"]\r\n";
    let json = json(
        r#"{"name": "元旦", "date": "2027-01-03", "isOffDay": false}, {"name": "元旦", "date": "2026-12-31", "isOffDay": true},
           {"name": "元旦", "date": "2027-01-01", "isOffDay": true}, {"name": "元旦", "date": "2027-01-02", "isOffDay": true}"#,
    )
    .replacen('{', "{\"$schema\": \"s\", \"$id\": \"i\", ", 1);
    let (a, b) = (Notice::read(toml.as_bytes()).unwrap(), Notice::read(json.as_bytes()).unwrap());
    assert_eq!((a.year, &a.days), (b.year, &b.days));
    assert_eq!(a.days.len(), 4);
    assert_eq!(a.source, "通知 9号\nhttps://example.test/1");
    assert_eq!((a.published, b.published), ("2026-11-05".parse().ok(), None));
    assert_eq!(b.source, "https://example.test/1");
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    for (lines, place, expected) in [
        ("off = [\"2027-01-01\", \"2027-01-01\"]", "6:off", "holiday-day-twice"),
        ("off = [\"2027-01-01..2027-01-03\",\n\"2027-01-03..2027-01-05\"]", "7:off", "holiday-day-twice"),
        ("off = [\"2027-01-03..2027-01-01\"]", "6:off", "holiday-range-backwards"),
        ("off = [\"2027-01-01..2027-12-31\"]", "6:off", "holiday-range-long"),
        ("off = [\"2027-01-01..2027-01-03\"]\nworked = [\"2027-01-02\"]", "7:worked", "holiday-off-and-worked"),
        ("off = [\"2026-11-30\"]", "6:off", "holiday-other-year"),
        ("off = [\"2028-02-01\"]", "6:off", "holiday-other-year"),
        ("off = [\"2027-01-01\"]\nworked = [\"2027-01-04\"]", "7:worked", "holiday-worked-weekday"),
        ("off = [\"2027-02-30\"]", "6:off", "holiday-date"),
        ("off = [\"1.1.2027\"]", "6:off", "holiday-date"),
        ("off = [\"2027-01-01...2027-01-02\"]", "6:off", "holiday-date"),
        ("off = \"2027-01-01\"", "6", "holiday-unreadable"),
        ("holidays = [\"2027-01-01\"]", "6", "holiday-unreadable"),
        ("off = [\"2027-01-01\"", "6", "holiday-unreadable"),
        ("worked = [\"2027-01-03\"]", "file", "holiday-no-days"),
        ("", "file", "holiday-no-days"),
    ] {
        assert_eq!(code(&toml(lines)), (place.to_owned(), expected), "{lines}");
    }
    let unnamed = toml("off = [\"2027-01-01\"]").replace("元旦", "  ");
    assert_eq!(code(&unnamed), ("5:name".to_owned(), "required"));
    let odd = toml("off = [\"2027-01-01\"]").replace("元旦", "元\\u0007旦");
    assert_eq!(code(&odd), ("5:name".to_owned(), "holiday-control-characters"));
    let long = toml("off = [\"2027-01-01\"]").replace("通知", &"长".repeat(301));
    assert_eq!(code(&long), ("2:title".to_owned(), "holiday-words-too-long"));
    for year in ["1999", "2101", "-1", "99999999999"] {
        let text = toml("off = [\"2027-01-01\"]").replace("year = 2027", &format!("year = {year}"));
        assert_eq!(code(&text), ("1:year".to_owned(), "holiday-year"));
    }
    assert_eq!(code("title = \"通知\"\n").1, "holiday-unreadable");
}

#[test]
fn every_problem_of_a_file_is_told_at_once() {
    let text = toml("off = [\"2027-01-01\", \"2027-01-01\", \"x\"]\nworked = [\"2027-01-04\"]");
    let found: Vec<_> = codes(&text).into_iter().map(|(_, code)| code).collect();
    assert_eq!(found, ["holiday-date", "holiday-day-twice", "holiday-worked-weekday"]);
}

#[test]
fn json_is_refused_by_its_path_or_line() {
    let one = |date: &str, off: bool| format!(r#"{{"name": "元旦", "date": "{date}", "isOffDay": {off}}}"#);
    for (days, place, expected) in [
        ([one("2027-01-01", true), one("2027-01-01", true)].join(","), "days[1].date", "holiday-day-twice"),
        ([one("2027-01-01", true), one("2027-01-01", false)].join(","), "days[1].date", "holiday-worked-weekday"),
        ([one("2027-01-02", true), one("2027-01-02", false)].join(","), "days[1].date", "holiday-off-and-worked"),
        (one("2027-13-01", true), "days[0].date", "holiday-date"),
        (one("2025-01-01", true), "days[0].date", "holiday-other-year"),
        (String::new(), "file", "holiday-no-days"),
        (r#"{"name": "元旦", "date": "2027-01-01"}"#.to_owned(), "1", "holiday-unreadable"),
        (r#"{"name": "元旦", "date": "2027-01-01", "isOffDay": true, "x": 1}"#.to_owned(), "1", "holiday-unreadable"),
    ] {
        assert_eq!(code(&json(&days)), (place.to_owned(), expected), "{days}");
    }
    let whole = json(&one("2027-01-01", true));
    for cut in 1..whole.len() {
        if let Some(part) = whole.get(..cut) {
            assert_eq!(code(part).1, "holiday-unreadable", "{part}");
        }
    }
}

#[test]
fn what_is_no_text_of_a_sensible_size_is_refused() {
    let refused = |bytes: &[u8]| Notice::read(bytes).expect_err("refused")[0].code;
    assert_eq!(refused(&[0xff, 0xfe, 0x00]), "holiday-file-not-utf8");
    assert_eq!(refused("年份 = 2027".as_bytes()), "holiday-unreadable");
    assert_eq!(refused(b""), "holiday-file-empty");
    assert_eq!(refused(b" \r\n\t"), "holiday-file-empty");
    assert_eq!(refused(&vec![b'#'; super::MAX_BYTES + 1]), "holiday-file-too-large");
    assert_eq!(refused("[".repeat(100_000).as_bytes()), "holiday-unreadable");
    assert_eq!(refused("{\"a\":".repeat(40_000).as_bytes()), "holiday-unreadable");
}

#[test]
fn every_code_has_its_text() {
    use crate::locale::Lang;
    let codes = include_str!("notice.rs").split("\"holiday-").skip(1).filter_map(|rest| rest.split('"').next());
    for code in codes {
        for lang in Lang::ALL {
            assert!(lang.has(&format!("field-holiday-{code}")), "{code}");
        }
    }
}
