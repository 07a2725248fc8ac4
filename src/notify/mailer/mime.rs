//! A mail as MIME: text, HTML and calendar as alternatives, the calendar last, and once more as an attachment.

use std::borrow::Cow;
use std::time::SystemTime;

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use url::Host;

use super::{Mail, Party};
use crate::notify::mail::{Invitation, headline};

/// The message; the error says what of the mail cannot be sent, whenever it is tried.
pub fn message(mail: &Mail, domain: &str) -> Result<Message, String> {
    let mut builder = Message::builder()
        .from(mailbox(&mail.from)?)
        .to(mailbox(&mail.to)?)
        .subject(headline(&mail.subject))
        .date(SystemTime::from(mail.date))
        .message_id(Some(format!("<{}@{domain}>", mail.message_id)))
        // RFC 3834: nobody's absence note should answer this.
        .raw_header(plain("Auto-Submitted", "auto-generated"));
    for header in unsubscribe(mail.unsubscribe.as_deref())? {
        builder = builder.raw_header(header);
    }
    if let Some(earlier) = &mail.answers {
        let earlier = format!("<{earlier}@{domain}>");
        builder = builder.in_reply_to(earlier.clone()).references(earlier);
    }
    let mut alternatives = MultiPart::alternative()
        .singlepart(SinglePart::plain(mail.text.clone()))
        .singlepart(SinglePart::html(mail.html.clone()));
    let body = match &mail.calendar {
        None => alternatives,
        Some(invitation) => {
            alternatives = alternatives.singlepart(calendar(invitation)?);
            MultiPart::mixed().multipart(alternatives).singlepart(attachment(invitation)?)
        }
    };
    builder.multipart(body).map_err(|e| e.to_string())
}

/// A header whose value needs no encoding and may not be folded inside.
fn plain(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.to_owned(), value.to_owned())
}

/// RFC 2369 section 3.2, and RFC 8058 where one POST to the address is enough.
fn unsubscribe(url: Option<&str>) -> Result<Vec<HeaderValue>, String> {
    let Some(url) = url else { return Ok(Vec::new()) };
    if !url.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>,".contains(&byte)) || url.len() > 900 {
        return Err(format!("not an address to unsubscribe at: {}", headline(url)));
    }
    let mut headers = vec![plain("List-Unsubscribe", &format!("<{url}>"))];
    if url.starts_with("https://") || url.starts_with("http://") {
        headers.push(plain("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    Ok(headers)
}

fn mailbox(party: &Party) -> Result<Mailbox, String> {
    let address: Address = looked_up(&party.address).parse().map_err(|e| format!("{}: {e}", party.address))?;
    let name = headline(&party.name);
    Ok(Mailbox::new((!name.is_empty()).then_some(name), address))
}

/// An address with its domain as the DNS has it: A-labels (RFC 5891) where it is written in Chinese.
fn looked_up(address: &str) -> Cow<'_, str> {
    let written = address.rsplit_once('@').filter(|(_, domain)| !domain.is_ascii());
    match written.map(|(local, domain)| (local, Host::parse(domain))) {
        Some((local, Ok(Host::Domain(domain)))) => Cow::Owned(format!("{local}@{domain}")),
        _ => Cow::Borrowed(address),
    }
}

/// RFC 6047 section 2.4: the method stands in the content type too.
fn calendar(invitation: &Invitation) -> Result<SinglePart, String> {
    let kind = format!("text/calendar; method={}; charset=UTF-8", invitation.method.as_str());
    let kind = ContentType::parse(&kind).map_err(|e| e.to_string())?;
    Ok(SinglePart::builder().header(kind).body(base64(&invitation.text)?))
}

fn attachment(invitation: &Invitation) -> Result<SinglePart, String> {
    let kind = ContentType::parse("application/ics; name=\"invite.ics\"").map_err(|e| e.to_string())?;
    Ok(Attachment::new("invite.ics".to_owned()).body(base64(&invitation.text)?, kind))
}

/// In base64, so that no relay touches the line ends.
fn base64(text: &str) -> Result<Body, String> {
    Body::new_with_encoding(text.to_owned().into_bytes(), ContentTransferEncoding::Base64)
        .map_err(|_| "the calendar cannot be encoded".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(unsubscribe: Option<&str>) -> Mail {
        let party = |name: &str, address: &str| Party { name: name.to_owned(), address: address.to_owned() };
        Mail {
            from: party("普法", "pufa@example.test"),
            to: party("干部KJ01", "kj001@example.test"),
            subject: "讲座".to_owned(),
            text: "请参加".to_owned(),
            html: "<p>请参加</p>".to_owned(),
            calendar: None,
            unsubscribe: unsubscribe.map(str::to_owned),
            message_id: "1".to_owned(),
            answers: None,
            date: "2024-03-12T00:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn what_may_be_declined_says_where() {
        let text = |url| String::from_utf8(message(&mail(url), "example.test").unwrap().formatted()).unwrap();
        let long = format!("https://pufa.example.test/reminders/off?token={}", "a".repeat(120));
        let with = text(Some(&long));
        assert!(with.contains(&format!("\r\nList-Unsubscribe: <{long}>\r\n")), "{with}");
        assert!(with.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
        let by_mail = text(Some("mailto:pufa@example.test?subject=off"));
        assert!(by_mail.contains("List-Unsubscribe: <mailto:") && !by_mail.contains("List-Unsubscribe-Post"));
        assert!(!text(None).contains("List-Unsubscribe"));
        for bad in ["https://x\r\nBcc: y@example.test", "https://x/>, <mailto:y", "https://例"] {
            assert!(message(&mail(Some(bad)), "example.test").is_err(), "{bad}");
        }
    }
    #[test]
    fn a_chinese_domain_goes_by_its_a_labels() {
        for (written, sent) in [
            ("kj001@科技局.测试", "kj001@xn--dgt58lv2v.xn--0zwm56d"),
            ("干部@科技局.测试", "干部@xn--dgt58lv2v.xn--0zwm56d"),
            ("干部@example.test", "干部@example.test"),
            ("Kj001@Example.test", "Kj001@Example.test"),
        ] {
            let mut mail = mail(None);
            mail.to.address = written.to_owned();
            let message = message(&mail, "example.test").unwrap();
            assert_eq!(message.envelope().to()[0].to_string(), sent);
            let text = String::from_utf8(message.formatted()).unwrap();
            assert!(text.contains(&format!("<{sent}>\r\n")), "{text}");
        }
    }
}
