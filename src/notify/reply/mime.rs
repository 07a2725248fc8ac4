//! A mail that came in, taken apart. Pure.
//!
//! Whatever strangers send is read here, so depth, number of parts and size are bounded, and nothing recurses further
//! than that. Mails inside a mail are not looked into: what somebody passes on is nobody's answer.

use chrono::{DateTime, Utc};
use mail_parser::decoders::{base64::base64_decode, quoted_printable::quoted_printable_decode};
use mail_parser::{Addr, Address, HeaderName, HeaderValue, Message, MessageParser, MimeHeaders};

use crate::people::canonical;

/// How deep parts may lie in each other.
const DEEPEST: usize = 20;
/// How many parts a mail may have.
const PARTS: usize = 200;
/// How many mails it may go with.
const RELATED: usize = 20;
/// The longest head of a mail or part, in bytes.
const HEAD: usize = 256 * 1024;

/// Why a mail is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It is larger than the setting allows.
    TooLarge,
    /// Its parts lie too deep in each other, or there are too many.
    TooDeep,
    /// It has no head.
    NoMail,
}

impl Unreadable {
    /// As a verdict.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::TooDeep => "too-deep",
            Self::NoMail => "no-mail",
        }
    }
}

/// The head of a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// The addresses in From, as addresses are compared.
    pub from: Vec<String>,
    /// Its Message-ID without brackets.
    pub message_id: Option<String>,
    /// The Message-IDs that it answers or goes with.
    pub related: Vec<String>,
    /// Its Date.
    pub date: Option<DateTime<Utc>>,
}

/// One part that is no container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// `text/calendar`.
    pub kind: String,
    /// The `method` of its type, in upper case.
    pub method: Option<String>,
    /// The `charset` of its type.
    pub charset: Option<String>,
    /// The name of a file; may be empty.
    pub name: String,
    /// Decoded.
    pub body: Vec<u8>,
}

/// A mail taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parsed {
    /// Its head.
    pub head: Head,
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// The head of a mail, however large the rest is.
pub(super) fn head(raw: &[u8]) -> Option<Head> {
    let (head, _) = split(unmarked(raw));
    let message = headers(head)?;
    Some(head_of(&message))
}

/// Takes a mail apart.
pub(super) fn parse(raw: &[u8], limit: usize) -> Result<Parsed, Unreadable> {
    if raw.len() > limit {
        return Err(Unreadable::TooLarge);
    }
    let raw = unmarked(raw);
    let (top, _) = split(raw);
    let message = headers(top).ok_or(Unreadable::NoMail)?;
    let mut parsed = Parsed { head: head_of(&message), parts: Vec::new() };
    walk(raw, 0, &mut parsed.parts)?;
    Ok(parsed)
}

fn unmarked(raw: &[u8]) -> &[u8] {
    raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw)
}

/// Head and body, apart at the first empty line.
fn split(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    for line in raw.split_inclusive(|&b| b == b'\n') {
        if line == b"\n" || line == b"\r\n" {
            return (&raw[..at], &raw[at + line.len()..]);
        }
        at += line.len();
    }
    (raw, &[])
}

fn headers(head: &[u8]) -> Option<Message<'_>> {
    let head = &head[..head.len().min(HEAD)];
    MessageParser::default().parse_headers(head).filter(|message| !message.parts.is_empty())
}

fn head_of(message: &Message<'_>) -> Head {
    // Every From that is there: a second one is a trick.
    let from = message.headers().iter().filter(|header| header.name == HeaderName::From);
    let from = from.filter_map(|header| header.value.as_address()).flat_map(Address::iter).filter_map(Addr::address);
    let related = [message.in_reply_to(), message.references()];
    Head {
        // One with control characters is left, for two senders are a trick, but it is nobody's.
        from: from.map(|address| canonical(address).replace(char::is_control, "\u{fffd}")).collect(),
        message_id: message.message_id().map(str::to_owned).filter(|id| is_clean(id)),
        related: related.into_iter().flat_map(texts).filter(|id| is_clean(id)).take(RELATED).collect(),
        date: message.date().and_then(|date| DateTime::from_timestamp(date.to_timestamp(), 0)),
    }
}

/// Whether a Message-ID may be looked for: PostgreSQL takes no NUL.
fn is_clean(id: &str) -> bool {
    !id.chars().any(char::is_control)
}

fn texts(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(text) => vec![text.to_string()],
        HeaderValue::TextList(list) => list.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

fn walk(raw: &[u8], depth: usize, parts: &mut Vec<Part>) -> Result<(), Unreadable> {
    if depth > DEEPEST || parts.len() >= PARTS {
        return Err(Unreadable::TooDeep);
    }
    let (head, body) = split(raw);
    let message = headers(head);
    let top = message.as_ref().and_then(|message| message.parts.first());
    let kind = top.and_then(|part| part.content_type());
    let boundary =
        kind.filter(|kind| kind.ctype().eq_ignore_ascii_case("multipart")).and_then(|k| k.attribute("boundary"));
    if let Some(boundary) = boundary.filter(|boundary| !boundary.is_empty()) {
        for section in sections(body, boundary.as_bytes()) {
            walk(section, depth + 1, parts)?;
        }
        return Ok(());
    }
    let attribute = |name: &str| kind.and_then(|kind| kind.attribute(name));
    let name = top.and_then(|part| part.attachment_name()).unwrap_or_default();
    let encoding = top.and_then(|part| part.headers.iter().find(|h| h.name == HeaderName::ContentTransferEncoding));
    let encoding = encoding.and_then(|header| header.value.as_text()).unwrap_or_default();
    parts.push(Part {
        kind: kind.map_or_else(
            || "text/plain".to_owned(),
            |kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_ascii_lowercase(),
        ),
        method: attribute("method").map(str::to_ascii_uppercase),
        charset: attribute("charset").map(str::to_owned),
        name: name.to_owned(),
        body: decode(encoding.trim(), body),
    });
    Ok(())
}

fn decode(encoding: &str, body: &[u8]) -> Vec<u8> {
    let decoded = if encoding.eq_ignore_ascii_case("base64") {
        base64_decode(body)
    } else if encoding.eq_ignore_ascii_case("quoted-printable") {
        quoted_printable_decode(body)
    } else {
        None
    };
    // What cannot be decoded is perhaps not encoded at all.
    decoded.unwrap_or_else(|| body.to_vec())
}

/// What stands between the lines `--boundary`, without the line break before each (RFC 2046 section 5.1.1).
fn sections<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    let (mut begun, mut at) = (None, 0);
    for line in body.split_inclusive(|&b| b == b'\n') {
        let rest = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary));
        if let Some(rest) = rest.map(<[u8]>::trim_ascii).filter(|rest| rest.is_empty() || *rest == b"--") {
            if let Some(from) = begun {
                found.push(ended(&body[from..at]));
            }
            begun = rest.is_empty().then_some(at + line.len());
            if begun.is_none() || found.len() > PARTS {
                return found;
            }
        }
        at += line.len();
    }
    // Cut off on the way: what came is still a part.
    found.extend(begun.map(|from| &body[from..]));
    found
}

fn ended(section: &[u8]) -> &[u8] {
    let section = section.strip_suffix(b"\n").unwrap_or(section);
    section.strip_suffix(b"\r").unwrap_or(section)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 5 * 1024 * 1024;

    #[test]
    fn parts_are_found_and_decoded_whatever_the_line_ends() {
        let raw = "\u{feff}From: \"A; B\" <KJ001@Example.test>\r\nMessage-ID: <1@x>\r\nIn-Reply-To: <2@y>\r\n\
                   Date: Wed, 13 Mar 2024 09:00:00 +0800\r\n\
                   Content-Type: multipart/mixed; boundary=\"b 1\"\r\n\r\npreamble\r\n--b 1\r\n\
                   Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\nplain\r\n--c\r\n\
                   Content-Type: TEXT/Calendar; method=reply; charset=\"gb2312\"\r\n\
                   Content-Transfer-Encoding: Base64\r\n\r\nuvM=\r\n--c--\r\n--b 1\r\n\
                   Content-Disposition: attachment; filename=invite.ics\r\n\
                   Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db=\r\nc\r\n--b 1--\r\nepilogue\r\n";
        for raw in [raw.to_owned(), raw.replace("\r\n", "\n")] {
            let parsed = parse(raw.as_bytes(), LIMIT).unwrap();
            assert_eq!(parsed.head.from, ["kj001@example.test"]);
            assert_eq!(
                (parsed.head.message_id.as_deref(), parsed.head.related.as_slice()),
                (Some("1@x"), &["2@y".to_owned()][..])
            );
            assert_eq!(parsed.head.date.unwrap().to_rfc3339(), "2024-03-13T01:00:00+00:00");
            let kinds: Vec<_> = parsed.parts.iter().map(|part| part.kind.as_str()).collect();
            assert_eq!(kinds, ["text/plain", "text/calendar", "text/plain"]);
            assert_eq!(parsed.parts[1].method.as_deref(), Some("REPLY"));
            assert_eq!(parsed.parts[1].body, [0xba, 0xf3]);
            assert_eq!((parsed.parts[2].name.as_str(), parsed.parts[2].body.as_slice()), ("invite.ics", &b"a=bc"[..]));
        }
    }

    #[test]
    fn what_is_too_deep_too_many_or_too_large_is_refused_at_once() {
        let mut deep = "From: a@x\r\n".to_owned();
        for n in 0..1_000 {
            let part = format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n");
            deep.push_str(&part);
        }
        assert_eq!(parse(deep.as_bytes(), LIMIT), Err(Unreadable::TooDeep));
        let many = format!(
            "From: a@x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}",
            "--b\r\n\r\nx\r\n".repeat(100_000)
        );
        assert_eq!(parse(many.as_bytes(), LIMIT), Err(Unreadable::TooDeep));
        let inside = format!("From: a@x\r\n{}", "Content-Type: message/rfc822\r\n\r\n".repeat(100_000));
        assert_eq!(parse(inside.as_bytes(), LIMIT).unwrap().parts.len(), 1);
        assert_eq!(parse(&vec![b'a'; LIMIT + 1], LIMIT), Err(Unreadable::TooLarge));
        assert_eq!(parse(b"", LIMIT), Err(Unreadable::NoMail));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(raw in proptest::collection::vec(any::<u8>(), 0..500), cut in 0usize..300) {
            drop(parse(&raw, LIMIT));
            let whole = b"From: a@x\nContent-Type: multipart/report; boundary=b; report-type=delivery-status\n\n--b\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\nAAAA\n--b--\n";
            let cut = cut.min(whole.len());
            drop(parse(&[&whole[..cut], &raw, &whole[cut..]].concat(), LIMIT));
        }
    }
}
