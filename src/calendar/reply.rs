//! Answers to invitations as calendar programs write them: METHOD:REPLY (RFC 5546 section 3.2.3). Pure.

use std::str::FromStr;

use calcard::Entry;
use calcard::common::timezone::Tz;
use calcard::icalendar::utils::strip_mailto_scheme;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarParameterName, ICalendarProperty,
    ICalendarValue,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use entity::session;
use entity::state::AnswerStatus;

use crate::dates::Zone;
use crate::people::canonical;

/// The longest comment that is kept, in characters.
const COMMENT: usize = 500;
/// How many answers one text may hold, and for how many people one of them may speak.
const MOST: usize = 50;
/// The longest UID that is looked for, in bytes; those that this program makes are far shorter.
const UID: usize = 255;

/// What a text of iCalendar says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replies {
    /// Its METHOD in upper case; None when it names none.
    pub method: Option<String>,
    /// Its answers, one a VEVENT.
    pub answers: Vec<Reply>,
}

/// What one VEVENT answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// To what.
    pub uid: String,
    /// To which sitting of a series; None is all of it.
    pub sitting: Option<Slot>,
    /// The SEQUENCE that is answered; 0 when none is named (RFC 5545 section 3.8.7.4).
    pub sequence: i32,
    /// DTSTAMP; None when it is missing or no moment.
    pub stamp: Option<DateTime<Utc>>,
    /// For whom it speaks.
    pub attendees: Vec<Attendee>,
    /// What was added; may be empty.
    pub comment: String,
}

/// Somebody for whom an answer speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendee {
    /// Their address, as addresses are compared.
    pub address: String,
    /// Their name as the program wrote it; may be empty.
    pub name: String,
    /// What they say; None for what is no answer (NEEDS-ACTION, or none at all).
    pub status: Option<AnswerStatus>,
    /// Whom they sent instead: then the status is declined, for they do not come themselves.
    pub delegate: Option<String>,
}

/// Which sitting of a series: RECURRENCE-ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A whole day.
    Day(NaiveDate),
    /// A moment.
    At(DateTime<Utc>),
    /// A local time whose zone is not known; taken as that of the sitting.
    Local(NaiveDateTime),
}

impl Reply {
    /// What was added, and whom somebody sent instead: one line, no longer than is kept.
    #[must_use]
    pub fn said(&self, attendee: &Attendee) -> String {
        match &attendee.delegate {
            Some(delegate) => plain(&format!("{} → {delegate}", self.comment)),
            None => self.comment.clone(),
        }
    }
}

impl Slot {
    /// The sittings of a series that this names: by the slot that the rule gives them now, else by the one under which
    /// they were made, else by its day, for what an earlier rule left has its time from there.
    #[must_use]
    pub fn of(self, mut sittings: Vec<session::Model>) -> Vec<session::Model> {
        let is = |slot: Option<&str>, row: &session::Model| slot.is_some_and(|slot| self.is(slot, &row.time_zone));
        let now = |row: &session::Model| is(row.slot.as_deref(), row);
        let made = |row: &session::Model| is(row.recurrence_id.as_deref(), row);
        let day = |row: &session::Model| {
            let slot = row.slot.as_deref().or(row.recurrence_id.as_deref());
            is(slot.and_then(|slot| slot.get(..8)), row)
        };
        let ways: [&dyn Fn(&session::Model) -> bool; 3] = [&now, &made, &day];
        let way = ways.into_iter().find(|way| sittings.iter().any(way));
        sittings.retain(|row| way.is_some_and(|way| way(row)));
        sittings
    }

    fn is(self, slot: &str, zone: &str) -> bool {
        let day = slot.get(..8).and_then(|day| NaiveDate::parse_from_str(day, "%Y%m%d").ok());
        let Ok(time) = NaiveDateTime::parse_from_str(slot, "%Y%m%dT%H%M%S") else {
            // Of whole days some programs name the midnight.
            let zone = Zone::parse(zone).ok();
            return day.is_some()
                && match self {
                    Self::Day(date) => Some(date) == day,
                    Self::Local(local) => Some(local.date()) == day,
                    Self::At(at) => zone.map(|zone| zone.day(at)) == day,
                };
        };
        match self {
            Self::Day(date) => Some(date) == day,
            Self::Local(local) => local == time,
            Self::At(at) => Zone::parse(zone).is_ok_and(|zone| zone.local(at) == time),
        }
    }
}

/// Reads the answers of a text; None when it is no iCalendar.
#[must_use]
pub fn replies(text: &str) -> Option<Replies> {
    let text = text.trim_start_matches('\u{feff}');
    let Entry::ICalendar(calendar) = calcard::Parser::new(text).entry() else { return None };
    let root = calendar.components.first()?;
    let method = root.property(&ICalendarProperty::Method).and_then(text_of).map(str::to_ascii_uppercase);
    let events = calendar.components.iter().filter(|part| part.component_type == ICalendarComponentType::VEvent);
    let answers = events.take(MOST).filter_map(|event| reply(&calendar, event)).collect();
    Some(Replies { method, answers })
}

fn reply(calendar: &ICalendar, event: &ICalendarComponent) -> Option<Reply> {
    let sequence = event.property(&ICalendarProperty::Sequence).and_then(|entry| entry.values.first());
    let stamp = event.property(&ICalendarProperty::Dtstamp).and_then(|entry| slot(calendar, entry));
    let uid = event.uid()?.trim();
    // PostgreSQL takes no NUL, and no UID of ours holds any of these.
    if uid.len() > UID || uid.chars().any(char::is_control) {
        return None;
    }
    Some(Reply {
        uid: uid.to_owned(),
        sitting: match event.property(&ICalendarProperty::RecurrenceId) {
            Some(entry) => Some(slot(calendar, entry)?),
            None => None,
        },
        sequence: match sequence {
            Some(ICalendarValue::Integer(n)) => i32::try_from(*n).unwrap_or(i32::MAX).max(0),
            _ => 0,
        },
        stamp: match stamp {
            Some(Slot::At(at)) => Some(at),
            // DTSTAMP is in UTC (RFC 5545 section 3.8.7.2); who leaves out the Z means it.
            Some(Slot::Local(local)) => Some(local.and_utc()),
            _ => None,
        },
        attendees: event.properties(&ICalendarProperty::Attendee).filter_map(attendee).take(MOST).collect(),
        comment: comment(event),
    })
}

fn comment(event: &ICalendarComponent) -> String {
    let said: Vec<_> = event.properties(&ICalendarProperty::Comment).filter_map(text_of).collect();
    plain(&said.join(" "))
}

/// One line without control characters, no longer than is kept.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(COMMENT).collect()
}

fn attendee(entry: &ICalendarEntry) -> Option<Attendee> {
    let value = address(text_of(entry)?)?;
    let said = parameter(entry, &ICalendarParameterName::Partstat).unwrap_or_default().to_ascii_uppercase();
    let delegate = parameter(entry, &ICalendarParameterName::DelegatedTo).and_then(address);
    Some(Attendee {
        address: value,
        name: plain(parameter(entry, &ICalendarParameterName::Cn).unwrap_or_default()),
        status: match said.as_str() {
            "ACCEPTED" => Some(AnswerStatus::Accepted),
            "DECLINED" | "DELEGATED" => Some(AnswerStatus::Declined),
            "TENTATIVE" => Some(AnswerStatus::Tentative),
            _ => None,
        },
        delegate: delegate.filter(|_| said == "DELEGATED"),
    })
}

/// The address of a calendar address, `mailto:KJ001@example.test`, as addresses are compared; None for one that holds
/// control characters (`%00`), which is nobody's.
fn address(value: &str) -> Option<String> {
    let bare = strip_mailto_scheme(value.trim());
    let address = canonical(&percent_encoding::percent_decode_str(bare).decode_utf8_lossy());
    (!address.chars().any(char::is_control)).then_some(address)
}

fn text_of(entry: &ICalendarEntry) -> Option<&str> {
    entry.values.first().and_then(ICalendarValue::as_text)
}

fn parameter<'a>(entry: &'a ICalendarEntry, name: &ICalendarParameterName) -> Option<&'a str> {
    entry.params.iter().find(|param| param.name == *name).and_then(|param| param.value.as_text())
}

/// The moment of a property, by its TZID: an IANA name, a Windows name, or one that the text itself defines.
fn slot(calendar: &ICalendar, entry: &ICalendarEntry) -> Option<Slot> {
    let Some(ICalendarValue::PartialDateTime(value)) = entry.values.first() else { return None };
    if !value.has_time() {
        let (year, month, day) = (value.year?, value.month?, value.day?);
        return NaiveDate::from_ymd_opt(year.into(), month.into(), day.into()).map(Slot::Day);
    }
    let local = value.to_date_time()?;
    let zone = parameter(entry, &ICalendarParameterName::Tzid).and_then(|name| {
        Tz::from_str(name)
            .ok()
            .filter(|zone| !zone.is_floating())
            .or_else(|| calendar.build_tz_resolver().resolve(name))
    });
    if local.offset.is_none() && zone.is_none_or(|zone| zone.is_floating()) {
        return Some(Slot::Local(local.date_time));
    }
    value.to_date_time_with_tz(zone.unwrap_or_default()).map(|at| Slot::At(at.with_timezone(&Utc)))
}

#[cfg(test)]
#[path = "reply_test.rs"]
mod tests;
