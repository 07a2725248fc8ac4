//! Lines of letters: when, where, what was before, and lists of sessions. Pure.

use chrono::{DateTime, Utc};
use entity::{event, outbox, session};

use super::facts::Facts;
use super::message::Stationery;
use crate::dates::Span;
use crate::locale::Lang;
use crate::scheduling::session as sessions;
use crate::view::format;

/// Labels with what there is to say of them.
pub(super) fn said(lang: Lang, lines: &[(&str, &str)]) -> Vec<(String, String)> {
    let said = lines.iter().filter(|(_, value)| !value.is_empty());
    said.map(|(key, value)| (lang.text(key), headline_of_many(value))).collect()
}

/// When something is, with the zone where that does not go without saying.
pub(super) fn time(stationery: &Stationery<'_>, span: &Span, now: DateTime<Utc>) -> String {
    let when = format::span(stationery.lang, span, now);
    if span.zone == stationery.zone { when } else { format!("{when} ({})", span.zone.name()) }
}

/// Why something is told.
pub(super) fn reason(lang: Lang, row: &outbox::Model) -> String {
    let Some(detail) = &row.detail else { return String::new() };
    if detail["undone"] == true {
        return lang.text("mail-undone");
    }
    detail["reason"].as_str().unwrap_or_default().to_owned()
}

/// What was before a change, where it was otherwise; `now_is` is the time since.
pub(super) fn before(
    stationery: &Stationery<'_>,
    before: &serde_json::Value,
    now_is: &Span,
    now: DateTime<Utc>,
) -> String {
    let text = |name: &str| before[name].as_str().unwrap_or_default();
    let was = Span::read(text("starts_at"), text("ends_at"), now_is.zone).filter(|was| was != now_is);
    let when = was.map(|was| time(stationery, &was, now));
    let parts = [when.unwrap_or_default(), text("location").to_owned()];
    parts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// The first of several mails about sessions of one event names them all.
pub(super) fn all_of(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    event: &event::Model,
    now: DateTime<Utc>,
) -> Vec<(String, String)> {
    let Some(ids) = row.detail.as_ref().and_then(|detail| detail["sessions"].as_array()) else { return Vec::new() };
    let ids: Vec<i64> = ids.iter().filter_map(serde_json::Value::as_i64).collect();
    let all = facts.sittings(event).iter().filter(|session| ids.contains(&session.id.0));
    listed(stationery, event, all, now)
}

/// Sessions as lines, each with what is its own; no more than a letter bears.
pub(super) fn listed<'a>(
    stationery: &Stationery<'_>,
    event: &event::Model,
    all: impl Iterator<Item = &'a session::Model>,
    now: DateTime<Utc>,
) -> Vec<(String, String)> {
    const MOST: usize = 30;
    let lang = stationery.lang;
    let all: Vec<&session::Model> = all.collect();
    let line = |(i, session): (usize, &&session::Model)| {
        let own = [&session.title, &session.location].into_iter().flatten().cloned();
        let own = own.filter(|own| !own.is_empty() && *own != event.title && *own != event.location);
        let when = time(stationery, &sessions::span(session), now);
        let text = std::iter::once(when).chain(own).collect::<Vec<_>>().join(" · ");
        (lang.text_with("mail-fact-nth", [("n", (i + 1).to_string())]), headline_of_many(&text))
    };
    let mut lines: Vec<_> = all.iter().take(MOST).enumerate().map(line).collect();
    if all.len() > MOST {
        let more = lang.text_with("mail-fact-more", [("n", (all.len() - MOST).to_string())]);
        lines.push((lang.text("mail-fact-further"), more));
    }
    lines
}

/// `普法（县科技局）`
pub(super) fn from_name(stationery: &Stationery<'_>, host: &str) -> String {
    match (stationery.sender.name.as_str(), host) {
        (name, "") => name.to_owned(),
        ("", host) => host.to_owned(),
        (name, host) => stationery.lang.text_with("mail-from", [("name", name), ("host", host)]),
    }
}

pub(super) fn greeting(lang: Lang, name: &str) -> String {
    if name.is_empty() { lang.text("mail-greeting-nobody") } else { lang.text_with("mail-greeting", [("name", name)]) }
}

/// `10月18日（周五）14:00`
pub(super) fn short_time(lang: Lang, span: &Span, now: DateTime<Utc>) -> String {
    let day = format::date(lang, span.day(), span.zone.day(now));
    if span.all_day {
        return day;
    }
    let gap = if lang == Lang::En { ", " } else { "" };
    format!("{day}{gap}{}", format::clock(span.zone, span.start))
}

/// A value of one line, of any length.
pub(super) fn headline_of_many(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).collect()
}
