//! A mail as MIME: text, HTML and calendar as alternatives, the calendar last, and once more as an attachment.

use std::time::SystemTime;

use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::{Mail, Party};
use crate::notify::mail::{Invitation, headline};

/// RFC 3834: nobody's absence note should answer this.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The message; the error says what of the mail cannot be sent, whenever it is tried.
pub fn message(mail: &Mail, domain: &str) -> Result<Message, String> {
    let mut builder = Message::builder()
        .from(mailbox(&mail.from)?)
        .to(mailbox(&mail.to)?)
        .subject(headline(&mail.subject))
        .date(SystemTime::from(mail.date))
        .message_id(Some(format!("<{}@{domain}>", mail.message_id)))
        .header(AutoSubmitted);
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

fn mailbox(party: &Party) -> Result<Mailbox, String> {
    let address: Address = party.address.parse().map_err(|e| format!("{}: {e}", party.address))?;
    let name = headline(&party.name);
    Ok(Mailbox::new((!name.is_empty()).then_some(name), address))
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
