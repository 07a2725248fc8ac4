//! One sitting as a row of the form has it. Pure.

use entity::session;
use serde::Serialize;

use crate::scheduling::{NewSession, SessionChange, session as sitting};

/// One row of sittings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Id of a sitting that is there.
    pub id: String,
    /// First day.
    pub day: String,
    /// Time of the start.
    pub start: String,
    /// Time of the end.
    pub end: String,
    /// Last day, where it is another.
    pub last: String,
    /// Whether it is whole days.
    pub all_day: bool,
    /// Its own; empty is the event's.
    pub title: String,
    /// Its own; empty is the event's.
    pub place: String,
}

impl Row {
    pub(super) fn is_blank(&self) -> bool {
        [&self.id, &self.day, &self.start, &self.end, &self.last].iter().all(|text| text.trim().is_empty())
    }

    /// The row of a sitting that is there.
    #[must_use]
    pub fn of(row: &session::Model) -> Self {
        let span = sitting::span(row);
        let clock = |at| crate::view::format::clock(span.zone, at);
        let last = if span.all_day { span.last_day() } else { span.zone.day(span.end) };
        let (start, end) = if span.all_day { Default::default() } else { (clock(span.start), clock(span.end)) };
        let last = if last == span.day() { String::new() } else { last.to_string() };
        let own = |text: &Option<String>| text.clone().unwrap_or_default();
        let (title, place) = (own(&row.title), own(&row.location));
        Self {
            id: row.id.to_string(),
            day: span.day().to_string(),
            start,
            end,
            last,
            all_day: row.all_day,
            title,
            place,
        }
    }

    /// The row of a sitting that is not there yet: `2026-01-08T14:30`, or dates of whole days.
    pub(super) fn of_new(new: &NewSession) -> Self {
        let parts = |text: &str| {
            let (day, time) = text.split_once('T').unwrap_or((text, ""));
            (day.to_owned(), time.to_owned())
        };
        let ((day, start), (last, end)) = (parts(&new.starts_at), parts(&new.ends_at));
        let last = if last == day { String::new() } else { last };
        let own = |text: &Option<String>| text.clone().unwrap_or_default();
        let (title, place) = (own(&new.title), own(&new.location));
        Self { id: String::new(), day, start, end, last, all_day: new.all_day, title, place }
    }

    /// Start and end as the domain reads them.
    #[must_use]
    pub fn times(&self) -> (String, String) {
        let last = if self.last.trim().is_empty() { &self.day } else { &self.last };
        if self.all_day {
            return (self.day.clone(), last.clone());
        }
        let at = |day: &str, time: &str| {
            if day.trim().is_empty() || time.trim().is_empty() { String::new() } else { format!("{day}T{time}") }
        };
        (at(&self.day, &self.start), at(last, &self.end))
    }

    pub(super) fn new_session(&self, key: String) -> NewSession {
        let (starts_at, ends_at) = self.times();
        let (title, location) = (own(&self.title), own(&self.place));
        NewSession { key, starts_at, ends_at, all_day: self.all_day, title, location }
    }

    /// The change that it means.
    #[must_use]
    pub fn change(&self) -> SessionChange {
        let (starts_at, ends_at) = self.times();
        SessionChange {
            starts_at: Some(starts_at),
            ends_at: Some(ends_at),
            all_day: Some(self.all_day),
            title: Some(own(&self.title)),
            location: Some(own(&self.place)),
            ..SessionChange::default()
        }
    }
}

/// An empty field is none of its own.
fn own(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.trim().is_empty())
}
