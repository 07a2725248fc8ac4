//! The links by which an invitation is answered from its mail. Pure.

use chrono::{DateTime, Utc};
use entity::outbox;
use entity::state::MessageKind;

use super::facts::Facts;
use super::message::Stationery;
use super::registration::Registered;
use crate::scheduling::answer::{Link, Scope};

/// What a reader may say, in the order of the buttons.
const WORDS: [&str; 3] = ["accepted", "tentative", "declined"];

/// Label and address of each answer; none for mail that asks for none, and for who put their name down.
pub(super) fn answers(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    now: DateTime<Utc>,
) -> Vec<(String, String)> {
    let Some(page) = page(stationery, facts, row, now) else { return Vec::new() };
    let label = |word| stationery.lang.text(&format!("answer-say-{word}"));
    WORDS.iter().map(|word| (label(word), format!("{page}?say={word}"))).collect()
}

/// Where one who need not come says that they do not, or takes their name off again.
pub(super) fn decline(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    now: DateTime<Utc>,
) -> Option<String> {
    if let Some(registered) = Registered::of(facts, row) {
        return registered.may_call_off().then(|| format!("{}{}", stationery.public_url, registered.path()));
    }
    let may = facts.event(row).is_some_and(|event| !event.required);
    page(stationery, facts, row, now).filter(|_| may).map(|page| format!("{page}?say=declined"))
}

fn page(stationery: &Stationery<'_>, facts: &Facts, row: &outbox::Model, now: DateTime<Utc>) -> Option<String> {
    let asks = matches!(row.kind, MessageKind::Invitation | MessageKind::Update | MessageKind::Reminder);
    let person = row.person_id.filter(|_| asks && facts.registration(row).is_none())?;
    let link = match (row.series_id, facts.session(row)) {
        // Of what was moved into the past nothing is asked any more.
        (_, Some((_, session))) if session.ends_at <= now => return None,
        (_, Some((_, session))) => Link { scope: Scope::Session(session.id), person, seen: session.answers_from },
        (Some(series), None) => {
            let sittings = facts.event(row).map(|event| facts.sittings(event)).unwrap_or_default();
            let seen = sittings.iter().map(|session| session.answers_from).max().unwrap_or(0);
            Link { scope: Scope::Series(series), person, seen }
        }
        (None, None) => return None,
    };
    Some(format!("{}/answer/{}", stationery.public_url, link.token(stationery.key)))
}
