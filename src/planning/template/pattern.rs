//! Titles with places for the date: `{year}年第{quarter}季度学法`. Pure.

use chrono::{Datelike, NaiveDate};

use crate::error::FieldProblem;
use crate::scheduling::wording;

/// What may stand between braces.
pub const NAMES: [&str; 4] = ["year", "quarter", "month", "day"];

/// The pattern as one line of at most 200 characters; refused when it is empty, holds control characters, or has
/// braces around anything but [`NAMES`].
pub fn check(field: &str, pattern: &str, wrong: &mut Vec<FieldProblem>) -> String {
    let pattern = wording::needed(field, pattern, 200, wrong);
    if let Some(odd) = first_unknown(&pattern) {
        wrong.push(FieldProblem::new(field, "unknown-placeholder").with("value", odd));
    }
    pattern
}

/// The first thing in braces that is none of the names; a brace without its other half, too.
fn first_unknown(pattern: &str) -> Option<String> {
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        let found = &rest[at..];
        let end = found.find('}').filter(|_| found.starts_with('{'));
        match end {
            Some(end) if NAMES.contains(&&found[1..end]) => rest = &found[end + 1..],
            Some(end) => return Some(found[..=end].chars().take(40).collect()),
            None => return Some(found.chars().take(1).collect()),
        }
    }
    None
}

/// The title of an event on `day`.
#[must_use]
pub fn fill(pattern: &str, day: NaiveDate) -> String {
    let values =
        [day.year().to_string(), (day.month0() / 3 + 1).to_string(), day.month().to_string(), day.day().to_string()];
    NAMES
        .iter()
        .zip(values)
        .fold(pattern.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), &value))
}

/// The pattern that a title of an event on `day` came from, as far as can be told: its year, and `第1季度`.
#[must_use]
pub fn guess(title: &str, day: NaiveDate) -> String {
    // Braces of a title itself would be read as places.
    let plain: String = title.chars().filter(|c| !matches!(c, '{' | '}')).collect();
    let year = super::super::words::replace_number(&plain, &day.year().to_string(), "{year}");
    let quarter = day.month0() / 3 + 1;
    year.replace(&format!("第{quarter}季度"), "第{quarter}季度")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(pattern: &str) -> Option<&'static str> {
        let mut wrong = Vec::new();
        check("title_pattern", pattern, &mut wrong);
        wrong.first().map(|problem| problem.code)
    }

    #[test]
    fn a_title_takes_its_date() {
        let day = "2026-07-09".parse().unwrap();
        assert_eq!(fill("{year}年第{quarter}季度学法（{month}月{day}日）", day), "2026年第3季度学法（7月9日）");
        assert_eq!(fill("Q{quarter} {year} study", day), "Q3 2026 study");
        assert_eq!(guess("2026年第3季度学法，比2025年早", day), "{year}年第{quarter}季度学法，比2025年早");
        assert_eq!(guess("文件20261号{x}", day), "文件20261号x");
    }

    #[test]
    fn what_no_date_fills_is_refused() {
        assert_eq!(code("{year}年第{quarter}季度"), None);
        for odd in ["{years}", "{ year }", "{}", "a{year", "year}", "{{year}}", "{year}}"] {
            assert_eq!(code(odd), Some("unknown-placeholder"), "{odd}");
        }
        assert_eq!(code(" \n"), Some("required"));
        assert_eq!(code("宪法\u{7}"), Some("control-characters"));
    }
}
