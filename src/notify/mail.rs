//! One mail as values: what the mailer puts into MIME. Pure.

use chrono::{DateTime, Utc};

use crate::calendar::Method;

/// Somebody with an address.
pub use crate::calendar::Party;

/// A mail to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The sender.
    pub from: Party,
    /// Who gets it.
    pub to: Party,
    /// One line.
    pub subject: String,
    /// The body as text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
    /// An invitation or its cancellation.
    pub calendar: Option<Invitation>,
    /// Where one who gets it may say that they want no more of the kind (RFC 2369; RFC 8058 where it is a page: a POST
    /// of `List-Unsubscribe=One-Click` there is enough). None for what nobody can decline.
    pub unsubscribe: Option<String>,
    /// Left part of the Message-ID, the same at every attempt.
    pub message_id: String,
    /// Left part of the Message-ID of the mail that it goes with.
    pub answers: Option<String>,
    /// Date of the header: of this attempt.
    pub date: DateTime<Utc>,
}

/// The calendar part of a mail (RFC 6047).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// What it asks.
    pub method: Method,
    /// The iCalendar text.
    pub text: String,
}

/// A text as one header line: no line breaks or control characters, and short enough that no line of the mail gets
/// over 998 octets (RFC 5322 section 2.1.1).
#[must_use]
pub fn headline(text: &str) -> String {
    const LONGEST: usize = 150;
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if plain.chars().count() <= LONGEST {
        return plain;
    }
    plain.chars().take(LONGEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headline_is_one_short_line() {
        assert_eq!(headline("讲座\r\nBcc: x@example.test\t 二"), "讲座 Bcc: x@example.test 二");
        assert_eq!(headline(&"a".repeat(2_000)).chars().count(), 150);
    }
}
