//! Mails about who hosts an event together: asked, declined, accepted after all, taken out. Pure.

use chrono::{DateTime, Utc};
use entity::state::{CoHostStatus, EventStatus, SessionStatus};
use entity::{event, outbox, session};

use super::facts::Facts;
use super::mail::headline;
use super::message::{Composed, Letter, Stationery, from, greeting, headline_of_many, mail, short_time};
use crate::error::{Error, Result};
use crate::scheduling::session as sessions;
use crate::view::format;

/// What of it is told.
fn said(row: &outbox::Model) -> Result<&str> {
    let said = row.detail.as_ref().and_then(|detail| detail["said"].as_str());
    said.ok_or_else(|| Error::internal(format!("message {} says nothing of its co-host", row.id)))
}

/// Makes the mail.
pub(super) fn compose(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    now: DateTime<Utc>,
) -> Result<Composed> {
    let (lang, said) = (stationery.lang, said(row)?);
    let event = facts.event(row).ok_or_else(|| Error::internal(format!("message {} speaks of no event", row.id)))?;
    let ahead: Vec<_> = facts
        .sittings(event)
        .iter()
        .filter(|session| session.status != SessionStatus::Cancelled && session.ends_at > now)
        .collect();
    let (org, stands) = facts.co_host(row);
    let first = match (event.status, ahead.first()) {
        (EventStatus::Cancelled, _) => return Ok(Composed::Moot(lang.text("mail-moot-cancelled"))),
        (_, None) => return Ok(Composed::Moot(lang.text("mail-moot-over"))),
        _ if said == "asked" && stands != Some(CoHostStatus::Asked) => {
            return Ok(Composed::Moot(lang.text("mail-moot-answered")));
        }
        (_, Some(first)) => *first,
    };
    let letter = letter(stationery, facts, row, (event, first, ahead.len()), (org, said), now);
    let when = short_time(lang, &sessions::span(first), now);
    let args = [("title", letter.title.clone()), ("when", when), ("org", org.to_owned())];
    let subject = lang.text_with(&format!("mail-subject-co-host-{said}"), args);
    let mut mail = mail(stationery, facts, row, &letter, subject, now)?;
    mail.from = from(stationery, facts, event);
    Ok(Composed::Mail(Box::new(mail)))
}

fn letter(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    (event, first, count): (&event::Model, &session::Model, usize),
    (org, said): (&str, &str),
    now: DateTime<Utc>,
) -> Letter {
    let lang = stationery.lang;
    let title = if event.title.is_empty() { stationery.kinds.name(&event.kind, lang) } else { &event.title };
    let mut when = format::span(lang, &sessions::span(first), now);
    if count > 1 {
        when = lang.text_with("mail-co-host-first-of", [("when", when), ("n", count.to_string())]);
    }
    let reason = row.detail.as_ref().and_then(|detail| detail["reason"].as_str()).unwrap_or_default();
    let lines = [
        ("mail-fact-time", when.as_str()),
        ("mail-fact-place", sessions::location(event, first)),
        ("mail-fact-contact", &event.contact),
        ("mail-fact-reason", reason),
    ];
    let lead = [("host", facts.host(event)), ("org", org)];
    let button = if said == "asked" { "mail-button-answer" } else { "mail-button-joint" };
    Letter {
        greeting: greeting(lang, ""),
        lead: lang.text_with(&format!("mail-lead-co-host-{said}"), lead),
        title: headline(title),
        facts: lines
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (lang.text(key), headline_of_many(value)))
            .collect(),
        button: (lang.text(button), format!("{}/events/{}/joint", stationery.public_url, event.id)),
        notes: if said == "asked" { vec![lang.text("mail-note-co-host")] } else { Vec::new() },
        foot: lang.text_with("mail-foot-co-host", lead),
        stop: None,
    }
}
