//! What forms of this room say, understood: days, numbers, names, labels. Pure.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};

use crate::error::FieldProblem;
use crate::people::is_email;
use crate::scheduling::wording;

/// Years that a day may be in; beyond them it is a slip of the finger. The same as of imported files.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// The longest name of a person, an organisation or a post, in characters.
pub const NAME: usize = 100;

/// A day that must be there.
pub fn day(field: &str, text: &str, wrong: &mut Vec<FieldProblem>) -> Option<NaiveDate> {
    if text.trim().is_empty() {
        wrong.push(FieldProblem::new(field, "required"));
        return None;
    }
    day_if_any(field, text, wrong)
}

/// A day that may be missing.
pub fn day_if_any(field: &str, text: &str, wrong: &mut Vec<FieldProblem>) -> Option<NaiveDate> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let read = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| YEARS.contains(&day.year()));
    if read.is_none() {
        wrong.push(FieldProblem::new(field, "bad-date"));
    }
    read
}

/// A new number or code: needed, one word, nothing that files or audience lines give a meaning.
pub fn number(field: &str, text: &str, wrong: &mut Vec<FieldProblem>) -> String {
    let had = wrong.len();
    let text = wording::needed(field, text, 50, wrong);
    let strange = |c: char| c.is_whitespace() || ";,\"'".contains(c);
    if wrong.len() == had && (text.chars().any(strange) || text.starts_with('-')) {
        wrong.push(FieldProblem::new(field, "bad-number"));
    }
    text
}

/// An address, in lower case; None when nothing is given.
pub fn email(field: &str, text: &str, wrong: &mut Vec<FieldProblem>) -> Option<String> {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return None;
    }
    if !is_email(&text) {
        wrong.push(FieldProblem::new(field, "bad-email"));
    }
    Some(text)
}

/// Labels that were ticked, and others as typed, parted by commas, semicolons or blanks lines.
pub fn groups(field: &str, ticked: &[String], more: &str, wrong: &mut Vec<FieldProblem>) -> BTreeSet<String> {
    let typed = more.split(['、', '，', ',', ';', '；', '\n']);
    let mut found = BTreeSet::new();
    for name in ticked.iter().map(String::as_str).chain(typed) {
        let had = wrong.len();
        let name = wording::line(field, name, NAME, wrong);
        if wrong.len() == had && !name.is_empty() {
            found.insert(name);
        }
    }
    if found.len() > 20 {
        wrong.push(FieldProblem::new(field, "too-many").with("limit", 20));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_one_word_and_days_are_near() {
        let code = |text: &str| {
            let mut wrong = Vec::new();
            number("staff_no", text, &mut wrong);
            wrong.first().map(|problem| problem.code)
        };
        assert_eq!(code(" KJ001 "), None);
        for bad in ["KJ 001", "KJ\n001", "KJ;1", "-KJ", "K\u{3000}J"] {
            assert_eq!(code(bad), Some("bad-number"), "{bad:?}");
        }
        assert_eq!((code(""), code("a\u{7}b")), (Some("required"), Some("control-characters")));
        assert_eq!(code(&"9".repeat(10_000)), Some("too-long"));
        let mut wrong = Vec::new();
        assert!(day("from", "2024-02-30", &mut wrong).is_none() && day("from", "0024-02-03", &mut wrong).is_none());
        assert_eq!(wrong.len(), 2);
    }

    #[test]
    fn labels_are_parted_and_not_doubled() {
        let mut wrong = Vec::new();
        let found = groups("groups", &["a".into(), "b".into()], "b、 c ；", &mut wrong);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(wrong.is_empty());
    }
}
