//! What a mail that came in is: an answer, a returned mail, or nothing for this program. Pure.

use chrono::{DateTime, Utc};

use super::bounce::{Report, report};
use super::mime::{Head, Parsed, Part};
use crate::calendar::reply::{Reply, replies};

/// The longest text of iCalendar that is read, in bytes.
const CALENDAR: usize = 1024 * 1024;

/// What a mail is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// The answer of a calendar program.
    Answers(Vec<Reply>),
    /// A mail that could not be delivered, or not yet.
    Returned(Report),
    /// Nothing that changes anything; why, as a verdict.
    Nothing(&'static str),
}

/// A mail that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mail {
    /// Its head.
    pub head: Head,
    /// What it is.
    pub content: Content,
}

impl Mail {
    /// When it was said, for an answer that does not say so itself.
    pub(super) fn said_at(&self) -> Option<DateTime<Utc>> {
        self.head.date
    }
}

/// Says what a mail is.
pub(super) fn read(parsed: Parsed) -> Mail {
    let content = match report(&parsed) {
        Some(report) => Content::Returned(report),
        None => answers(&parsed.parts),
    };
    Mail { head: parsed.head, content }
}

/// The first part that is a reply; else why none is.
fn answers(parts: &[Part]) -> Content {
    let mut why = "no-calendar";
    for part in parts.iter().filter(|part| is_calendar(part)) {
        if part.body.len() > CALENDAR {
            why = "too-large";
            continue;
        }
        let Some(read) = replies(&text(part)) else {
            why = "no-calendar";
            continue;
        };
        // The type and the body each may leave METHOD out; when both name one they must agree (RFC 6047 section 2.4).
        why = match (read.method.as_deref(), part.method.as_deref()) {
            (Some(inside), Some(outside)) if inside != outside => "two-methods",
            (Some("REPLY"), _) | (None, Some("REPLY")) if read.answers.is_empty() => "no-answer",
            (Some("REPLY"), _) | (None, Some("REPLY")) => return Content::Answers(read.answers),
            (None, None) => "no-method",
            _ => "other-method",
        };
    }
    Content::Nothing(why)
}

fn is_calendar(part: &Part) -> bool {
    matches!(part.kind.as_str(), "text/calendar" | "application/ics" | "text/x-vcalendar")
        || part.name.to_ascii_lowercase().ends_with(".ics")
}

/// The text of a part in the charset that it names; without one UTF-8, else what Chinese programs write.
fn text(part: &Part) -> String {
    let named = part.charset.as_deref().and_then(|name| encoding_rs::Encoding::for_label(name.trim().as_bytes()));
    let plain = std::str::from_utf8(&part.body);
    match (named, plain) {
        // Some name a charset and write UTF-8 all the same.
        (None | Some(_), Ok(text)) => text.to_owned(),
        (Some(named), Err(_)) if named != encoding_rs::UTF_8 => named.decode(&part.body).0.into_owned(),
        (_, Err(_)) => encoding_rs::GB18030.decode(&part.body).0.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::mime::parse;
    use super::*;

    fn calendar(method: &str) -> String {
        format!(
            "BEGIN:VCALENDAR\nVERSION:2.0\n{method}BEGIN:VEVENT\nUID:a\nCOMMENT:好\nATTENDEE;PARTSTAT=DECLINED:mailto:a@x.test\nEND:VEVENT\nEND:VCALENDAR\n"
        )
    }

    fn of(kind: &str, body: &[u8]) -> Content {
        let head = format!("From: a@x.test\nContent-Type: {kind}\n\n");
        read(parse(&[head.as_bytes(), body].concat(), 5_000_000).unwrap()).content
    }

    fn is_answer(content: &Content) -> bool {
        matches!(content, Content::Answers(answers) if answers.len() == 1 && answers[0].comment == "好")
    }

    #[test]
    fn a_method_may_stand_in_the_type_or_in_the_body_but_not_two() {
        let (with, without) = (calendar("METHOD:REPLY\n"), calendar(""));
        assert!(is_answer(&of("text/calendar; method=REPLY", with.as_bytes())));
        assert!(is_answer(&of("text/calendar", with.as_bytes())));
        assert!(is_answer(&of("text/calendar; method=reply", without.as_bytes())));
        assert!(is_answer(&of("application/octet-stream; name=\"answer.ICS\"", with.as_bytes())));
        assert_eq!(of("text/calendar", without.as_bytes()), Content::Nothing("no-method"));
        assert_eq!(of("text/calendar; method=REQUEST", with.as_bytes()), Content::Nothing("two-methods"));
        for other in ["REQUEST", "COUNTER", "REFRESH", "CANCEL", "PUBLISH"] {
            let text = calendar(&format!("METHOD:{other}\n"));
            assert_eq!(of("text/calendar", text.as_bytes()), Content::Nothing("other-method"));
        }
        assert_eq!(of("text/plain", with.as_bytes()), Content::Nothing("no-calendar"));
        assert_eq!(of("text/calendar", b"hello"), Content::Nothing("no-calendar"));
    }

    #[test]
    fn chinese_charsets_are_read() {
        let (text, _, _) = encoding_rs::GBK.encode(Box::leak(calendar("METHOD:REPLY\n").into_boxed_str()));
        for kind in ["text/calendar; charset=GB2312", "text/calendar; charset=gb18030", "text/calendar"] {
            assert!(is_answer(&of(kind, &text)), "{kind}");
        }
    }
}
