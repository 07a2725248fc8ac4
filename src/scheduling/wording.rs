//! Texts that people type into one line: cleaned, or refused. Pure.

use crate::error::FieldProblem;

const LONGEST_KEY: usize = 100;

/// One line of at most `limit` characters: trimmed, line breaks and tabs made blanks; other control characters are
/// refused, for they mean something in mails, calendars and databases.
pub fn line(field: &str, text: &str, limit: usize, wrong: &mut Vec<FieldProblem>) -> String {
    let text = text.trim().replace("\r\n", " ").replace(['\r', '\n', '\t', '\u{85}', '\u{2028}', '\u{2029}'], " ");
    if text.chars().any(char::is_control) {
        wrong.push(FieldProblem::new(field, "control-characters"));
        return String::new();
    }
    if text.chars().count() > limit {
        wrong.push(FieldProblem::new(field, "too-long").with("limit", limit));
        return String::new();
    }
    text
}

/// The same of a text that may not be empty.
pub fn needed(field: &str, text: &str, limit: usize, wrong: &mut Vec<FieldProblem>) -> String {
    if text.trim().is_empty() {
        wrong.push(FieldProblem::new(field, "required"));
        return String::new();
    }
    line(field, text, limit, wrong)
}

/// A text of several lines, at most `limit` characters: line ends become LF, blanks around it go; control characters
/// other than those and the tab are refused.
pub fn passage(field: &str, text: &str, limit: usize, wrong: &mut Vec<FieldProblem>) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
    let text = text.trim();
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        wrong.push(FieldProblem::new(field, "control-characters"));
        return String::new();
    }
    if text.chars().count() > limit {
        wrong.push(FieldProblem::new(field, "too-long").with("limit", limit));
        return String::new();
    }
    text.to_owned()
}

/// A key: needed, at most 100 characters, without blanks around it and control characters.
pub(super) fn key(field: &str, text: &str, wrong: &mut Vec<FieldProblem>) -> String {
    needed(field, text, LONGEST_KEY, wrong)
}

/// Up to 50 lines; empty ones are left out.
pub(super) fn lines(field: &str, texts: &[String], limit: usize, wrong: &mut Vec<FieldProblem>) -> Vec<String> {
    if texts.len() > 50 {
        wrong.push(FieldProblem::new(field, "too-many").with("limit", 50));
        return Vec::new();
    }
    let cleaned = texts.iter().enumerate().map(|(i, text)| line(&format!("{field}[{i}]"), text, limit, wrong));
    cleaned.filter(|text| !text.is_empty()).collect()
}

/// The beginning of somebody's text, to be shown in a refusal.
#[must_use]
pub fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_become_blanks_and_control_characters_are_refused() {
        let mut wrong = Vec::new();
        assert_eq!(line("title", " 宪法\r\n宣传\t周 ", 20, &mut wrong), "宪法 宣传 周");
        assert!(wrong.is_empty());
        for (text, code) in
            [("a\u{7}b", "control-characters"), ("a\0", "control-characters"), ("五个字太长", "too-long")]
        {
            wrong.clear();
            line("title", text, 4, &mut wrong);
            assert_eq!(wrong[0].code, code, "{text:?}");
        }
        wrong.clear();
        needed("title", " \n ", 4, &mut wrong);
        assert_eq!(wrong[0].code, "required");
    }

    #[test]
    fn a_passage_keeps_its_lines_and_nothing_else_that_controls() {
        let mut wrong = Vec::new();
        assert_eq!(passage("note", "\r\n一\r\n\t二\r三 ", 20, &mut wrong), "一\n\t二\n三");
        assert!(wrong.is_empty());
        for (text, code) in [("a\u{1b}b", "control-characters"), ("五个字太长", "too-long")] {
            wrong.clear();
            passage("note", text, 4, &mut wrong);
            assert_eq!(wrong[0].code, code, "{text:?}");
        }
    }
}
