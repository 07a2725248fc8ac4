//! Entries to iCalendar text. Pure.
//!
//! The one place that works around what icalendar 0.17 gets wrong: preset properties that double (`empty` is used),
//! DTSTAMP of now and random UIDs (always set), no VTIMEZONE (put in as text), NAME unescaped (given escaped), bare CR
//! and control characters in texts, `"` or line breaks in parameter values (taken out before), and a last part of a
//! line that is one octet too long (folded again).

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use entity::state::AnswerStatus;
use icalendar::{Calendar, Component, Event, EventLike, Parameter, Property};

use super::entry::{Class, Entry};
use super::recurring::{Recurrence, Slot};
use super::{alarm, timezone};
use crate::dates::Zone;

const DAY: TimeDelta = TimeDelta::days(1);

/// What stands above the entries.
#[derive(Clone, Debug)]
pub struct Head<'a> {
    /// METHOD of an invitation (RFC 5546); None for a subscription.
    pub method: Option<&'a str>,
    /// What the calendar is called; None for an invitation.
    pub name: Option<Title<'a>>,
    /// The zone that is described even where no entry needs it: a calendar must hold something (RFC 5545 3.6).
    pub zone: Zone,
}

/// What a subscription says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Title<'a> {
    /// What it is called.
    pub name: &'a str,
    /// In which colour it is to be shown, as CSS names it (RFC 7986 section 5.9).
    pub color: &'a str,
    /// Where it is fetched again (RFC 7986 section 5.8).
    pub source: Option<&'a str>,
}

/// STATUS of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It takes place.
    Confirmed,
    /// It does not.
    Cancelled,
}

/// Renders a whole calendar, in the order given. The same values give the same bytes.
#[must_use]
pub fn render(head: &Head<'_>, entries: &[Entry]) -> String {
    let mut calendar = Calendar::empty();
    calendar.append_property(Property::new("VERSION", "2.0"));
    calendar.append_property(Property::new("PRODID", "-//pufa//pufa//ZH"));
    calendar.append_property(Property::new("CALSCALE", "GREGORIAN"));
    if let Some(method) = head.method {
        calendar.append_property(Property::new("METHOD", method));
    }
    if let Some(title) = head.name {
        feed_head(&mut calendar, title, head.zone);
    }
    for entry in entries {
        calendar.push(event(entry));
    }
    let text = refolded(calendar.to_string());
    with_zones(&alarm::ring(&text, entries), head.zone, entries)
}

/// The text without the lines of 76 octets that the crate makes of what just fills one after a fold (section 3.1).
fn refolded(text: String) -> String {
    if text.lines().all(|line| line.len() <= alarm::LONGEST) {
        return text;
    }
    let mut folded = String::with_capacity(text.len() + 64);
    text.lines().for_each(|line| alarm::fold(&mut folded, line));
    folded
}

fn feed_head(calendar: &mut Calendar, title: Title<'_>, zone: Zone) {
    let name = clean(title.name);
    calendar.append_property(Property::new("NAME", escape(&name)));
    calendar.append_property(Property::new("X-WR-CALNAME", name));
    calendar.append_property(Property::new("X-WR-TIMEZONE", zone.name()));
    calendar.append_property(Property::new("COLOR", title.color));
    if let Some(source) = title.source {
        calendar.append_property(Property::new("SOURCE", clean(source)).add_parameter("VALUE", "URI").done());
    }
    let refresh = Property::new("REFRESH-INTERVAL", "PT1H").add_parameter("VALUE", "DURATION").done();
    calendar.append_property(refresh);
    calendar.append_property(Property::new("X-PUBLISHED-TTL", "PT1H"));
}

fn event(entry: &Entry) -> Event {
    let mut event = Event::new();
    event.uid(&clean(&entry.uid)).sequence(entry.sequence).timestamp(entry.stamp).last_modified(entry.stamp);
    event.append_property(time("DTSTART", entry, entry.span.start));
    event.append_property(time("DTEND", entry, entry.span.end));
    for property in recurrence(entry) {
        event.append_property(property);
    }
    event.summary(&clean(&entry.summary));
    if !entry.description.is_empty() {
        event.description(&clean(&entry.description));
    }
    if !entry.location.is_empty() {
        event.location(&clean(&entry.location));
    }
    if !entry.category.is_empty() {
        event.categories([clean(&entry.category)]);
    }
    event.status(match entry.status {
        Status::Confirmed => icalendar::EventStatus::Confirmed,
        Status::Cancelled => icalendar::EventStatus::Cancelled,
    });
    extra(&mut event, entry);
    if let Some(attendance) = &entry.attendance {
        event.append_property(party("ORGANIZER", &attendance.organizer, &[]));
        let role = if attendance.required { "REQ-PARTICIPANT" } else { "OPT-PARTICIPANT" };
        let answer = partstat(entry.answer);
        let parameters = [("CUTYPE", "INDIVIDUAL"), ("ROLE", role), ("PARTSTAT", answer), ("RSVP", attendance.rsvp())];
        event.append_property(party("ATTENDEE", &attendance.attendee, &parameters));
    }
    event
}

/// What somebody answered as an ATTENDEE bears it (section 3.2.12).
const fn partstat(answer: Option<AnswerStatus>) -> &'static str {
    match answer {
        None => "NEEDS-ACTION",
        Some(AnswerStatus::Accepted) => "ACCEPTED",
        Some(AnswerStatus::Declined) => "DECLINED",
        Some(AnswerStatus::Tentative) => "TENTATIVE",
    }
}

/// What a subscription says besides. What was cancelled, or is somebody's whole day of an observance, takes no time of
/// theirs: only what has an hour makes them busy. In a message that is left to who is invited.
fn extra(event: &mut Event, entry: &Entry) {
    if let Some(url) = &entry.extra.url {
        event.append_property(Property::new("URL", clean(url)));
    }
    if let Some(address) = &entry.extra.conference {
        let conference = Property::new("CONFERENCE", clean(address)).add_parameter("VALUE", "URI").done();
        event.append_property(conference);
    }
    if entry.extra.class == Class::Private {
        event.append_property(Property::new("CLASS", "PRIVATE"));
    }
    if entry.attendance.is_some() {
        return;
    }
    let free = entry.status == Status::Cancelled || entry.span.all_day;
    event.append_property(Property::new("TRANSP", if free { "TRANSPARENT" } else { "OPAQUE" }));
}

/// DTSTART or DTEND: a date of whole days (the end is the first day after, section 3.6.1), else local time and zone.
fn time(name: &str, entry: &Entry, at: DateTime<Utc>) -> Property {
    let local = entry.span.zone.local(at);
    if entry.span.all_day {
        return Property::new(name, local.format("%Y%m%d").to_string()).add_parameter("VALUE", "DATE").done();
    }
    if is_utc(entry.span.zone) {
        return Property::new(name, local.format("%Y%m%dT%H%M%SZ").to_string());
    }
    let local = local.format("%Y%m%dT%H%M%S").to_string();
    Property::new(name, local).add_parameter("TZID", entry.span.zone.name()).done()
}

/// RRULE, RDATE and EXDATE of a series, RECURRENCE-ID of a sitting of one.
fn recurrence(entry: &Entry) -> Vec<Property> {
    match &entry.recurrence {
        Recurrence::Once => Vec::new(),
        Recurrence::Sitting(slot) => vec![starts("RECURRENCE-ID", entry.span.zone, slot.all_day, &[slot.at])],
        Recurrence::Series { rule, more, less, .. } => {
            let lists = [("RDATE", more), ("EXDATE", less)].into_iter().filter(|(_, list)| !list.is_empty());
            let lists = lists.map(|(name, list)| starts(name, entry.span.zone, entry.span.all_day, list));
            rule.iter().map(|rule| Property::new("RRULE", rule)).chain(lists).collect()
        }
    }
}

/// Local starts in the form of the series' DTSTART (sections 3.8.4.4, 3.8.5.1, 3.8.5.2).
fn starts(name: &str, zone: Zone, all_day: bool, list: &[NaiveDateTime]) -> Property {
    let text = |form: &str| list.iter().map(|at| at.format(form).to_string()).collect::<Vec<_>>().join(",");
    if all_day {
        return Property::new(name, text("%Y%m%d")).add_parameter("VALUE", "DATE").done();
    }
    if is_utc(zone) {
        return Property::new(name, text("%Y%m%dT%H%M%SZ"));
    }
    Property::new(name, text("%Y%m%dT%H%M%S")).add_parameter("TZID", zone.name()).done()
}

/// The local times of an entry beside its span that are read by its zone.
fn further(entry: &Entry) -> Vec<NaiveDateTime> {
    match &entry.recurrence {
        Recurrence::Series { last, more, less, .. } if !entry.span.all_day => {
            more.iter().chain(less).chain([last]).copied().collect()
        }
        Recurrence::Sitting(Slot { at, all_day: false }) => vec![*at],
        _ => Vec::new(),
    }
}

fn party(name: &str, party: &super::Party, parameters: &[(&str, &str)]) -> Property {
    let mut property = Property::new(name, format!("mailto:{}", address(&party.address)));
    let common_name = parameter(&party.name);
    if !common_name.is_empty() {
        property.append_parameter(Parameter::new("CN", &common_name));
    }
    for (key, value) in parameters {
        property.add_parameter(key, value);
    }
    property
}

fn with_zones(text: &str, default: Zone, entries: &[Entry]) -> String {
    let mut zones = vec![default];
    let (mut first, mut last) = (None::<DateTime<Utc>>, None::<DateTime<Utc>>);
    for entry in entries {
        let (zone, further) = (entry.span.zone, further(entry));
        let timed = !entry.span.all_day || !further.is_empty();
        if timed && !zones.contains(&zone) {
            zones.push(zone);
        }
        // A day more than the offset of any zone: which of them is meant does not matter here.
        let around = further.iter().map(chrono::NaiveDateTime::and_utc).flat_map(|at| [at - DAY, at + DAY]);
        for at in around.chain([entry.span.start, entry.span.end]) {
            first = Some(first.map_or(at, |first| first.min(at)));
            last = Some(last.map_or(at, |last| last.max(at)));
        }
    }
    let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
    let blocks: String =
        zones.into_iter().filter(|&zone| !is_utc(zone)).map(|zone| timezone::block(zone.0, first, last)).collect();
    // No line of a property begins with BEGIN: a folded one begins with a blank.
    let at = text.find("\r\nBEGIN:VEVENT\r\n").or_else(|| text.find("\r\nEND:VCALENDAR\r\n"));
    let at = at.map_or(text.len(), |at| at + 2);
    format!("{}{blocks}{}", &text[..at], &text[at..])
}

fn is_utc(zone: Zone) -> bool {
    matches!(zone.name(), "UTC" | "Etc/UTC" | "Etc/UCT" | "Etc/Zulu" | "Zulu" | "UCT")
}

/// A text without what may not stand in one (section 3.1): line ends as LF, no other control characters but the tab.
pub(super) fn clean(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect()
}

/// A parameter's value without what cannot be quoted (section 3.2).
fn parameter(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.replace('"', "'").trim().to_owned()
}

/// A TEXT value as it must be written (section 3.3.11), for a property that the crate does not know as text.
pub(super) fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// An address as a mailto URI carries it (RFC 6068): what is no plain character as percent and hex.
fn address(address: &str) -> String {
    address
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            byte if b"-._~@+!$*=".contains(&byte) => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
#[path = "ics_test.rs"]
mod tests;
