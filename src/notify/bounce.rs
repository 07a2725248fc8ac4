//! Telling the organiser that mail came back. Pure.

use chrono::{DateTime, Utc};
use entity::outbox;

use super::facts::Facts;
use super::mail::headline;
use super::message::{Composed, Letter, Stationery, from, greeting, headline_of_many, mail};
use crate::error::{Error, Result};

/// Makes the mail.
pub(super) fn compose(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    now: DateTime<Utc>,
) -> Result<Composed> {
    let lang = stationery.lang;
    let event = facts.event(row).ok_or_else(|| Error::internal(format!("message {} speaks of no event", row.id)))?;
    let said = |name: &str| row.detail.as_ref().and_then(|detail| detail[name].as_str()).unwrap_or_default();
    let title = if event.title.is_empty() { stationery.kinds.name(&event.kind, lang) } else { &event.title };
    let to = match said("name") {
        "" => said("address").to_owned(),
        name => lang.text_with("mail-bounce-to", [("name", name), ("address", said("address"))]),
    };
    let permanent = row.detail.as_ref().is_some_and(|detail| detail["permanent"] == true);
    let what = lang.text(&format!("page-message-{}", said("kind").replace('_', "-")));
    let lines = [
        ("mail-fact-address", to.as_str()),
        ("mail-fact-returned", &what),
        ("mail-fact-server-said", said("reason")),
        ("mail-fact-status", said("status")),
    ];
    let letter = Letter {
        greeting: greeting(lang, ""),
        lead: lang.text("mail-lead-bounce"),
        title: headline(title),
        facts: lines
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (lang.text(key), headline_of_many(value)))
            .collect(),
        button: (lang.text("mail-button-bounce"), format!("{}/events/{}#mail", stationery.public_url, event.id)),
        notes: vec![lang.text(if permanent { "mail-note-bounce-for-good" } else { "mail-note-bounce" })],
        foot: lang.text_with("mail-foot-co-host", [("host", facts.host(event))]),
        stop: None,
    };
    let subject = lang.text_with("mail-subject-bounce", [("title", letter.title.clone()), ("to", headline(&to))]);
    let mut mail = mail(stationery, facts, row, &letter, subject, now)?;
    mail.from = from(stationery, facts, event);
    Ok(Composed::Mail(Box::new(mail)))
}
