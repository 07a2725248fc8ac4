//! One session as a calendar shows it. Pure.

use chrono::{DateTime, Utc};
use entity::state::{AnswerStatus, EventStatus, SessionStatus};
use entity::{event, session};

use super::ics::Status;
use super::itip::Attendance;
use super::recurring::Recurrence;
use crate::dates::Span;
use crate::locale::Lang;
use crate::scheduling::{Kinds, session as sessions};

/// One VEVENT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Never changes (RFC 7986 section 5.3).
    pub uid: String,
    /// Grows with time, place and status.
    pub sequence: u32,
    /// DTSTAMP and LAST-MODIFIED.
    pub stamp: DateTime<Utc>,
    /// When.
    pub span: Span,
    /// What.
    pub summary: String,
    /// More of it; may be empty.
    pub description: String,
    /// Where; may be empty.
    pub location: String,
    /// The kind's name; may be empty.
    pub category: String,
    /// Whether it takes place.
    pub status: Status,
    /// How it recurs.
    pub recurrence: Recurrence,
    /// Who invites whom; only in a message, never in a subscription.
    pub attendance: Option<Attendance>,
    /// What the one who is invited answered; None where they did not, and in a subscription.
    pub answer: Option<AnswerStatus>,
    /// What a subscription says besides.
    pub extra: Extra,
}

/// What a subscription says of an entry besides; a message says of it only where it is joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// Where it is looked at.
    pub url: Option<String>,
    /// Where it is joined.
    pub conference: Option<String>,
    /// Minutes before the start at which the calendar is to ring.
    pub alarms: Vec<u32>,
    /// Who may look at it.
    pub class: Class,
}

/// CLASS of an entry (RFC 5545 section 3.8.1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Class {
    /// Whoever sees the calendar; what is meant where nothing is said.
    #[default]
    Public,
    /// Its owner alone: other programs are not to say more than this calendar does.
    Private,
}

/// What an entry needs beside its rows.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The kinds, for their names.
    pub kinds: &'a Kinds,
    /// In which language.
    pub lang: Lang,
}

/// What is told of an event beside its row.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// The name of the host organisation.
    pub host: &'a str,
    /// Laws and subjects, in order.
    pub topics: &'a [String],
    /// Who speaks in that session, in order.
    pub speakers: &'a [String],
}

/// A session as a calendar shows it to anybody: without who must come, and who speaks.
pub(super) fn public_entry(
    setting: Setting<'_>,
    event: &event::Model,
    session: &session::Model,
    about: About<'_>,
) -> Entry {
    let about = About { speakers: &[], ..about };
    let kind = setting.kinds.name(&event.kind, setting.lang);
    Entry {
        description: description(setting.lang, &[about.host, kind], about),
        ..entry(setting, event, session, about)
    }
}

/// A session as a calendar shows it.
#[must_use]
pub fn entry(setting: Setting<'_>, event: &event::Model, session: &session::Model, about: About<'_>) -> Entry {
    let lang = setting.lang;
    let kind = setting.kinds.name(&event.kind, lang);
    let title = sessions::title(event, session);
    let cancelled = event.status == EventStatus::Cancelled || session.status == SessionStatus::Cancelled;
    let must = if event.required { "calendar-required" } else { "calendar-optional" };
    Entry {
        uid: session.uid.clone(),
        sequence: u32::try_from(session.sequence).unwrap_or(0),
        stamp: session.updated_at,
        span: sessions::span(session),
        summary: if title.is_empty() { kind.to_owned() } else { title.to_owned() },
        description: description(lang, &[about.host, kind, &lang.text(must)], about),
        location: sessions::location(event, session).to_owned(),
        category: kind.to_owned(),
        status: if cancelled { Status::Cancelled } else { Status::Confirmed },
        recurrence: Recurrence::Once,
        attendance: None,
        answer: None,
        extra: Extra::default(),
    }
}

fn description(lang: Lang, first: &[&str], about: About<'_>) -> String {
    let mut lines = vec![first.join(" · ")];
    let comma = if lang == Lang::Zh { "、" } else { ", " };
    if !about.topics.is_empty() {
        lines.push(lang.text_with("calendar-topics", [("topics", about.topics.join(comma))]));
    }
    if !about.speakers.is_empty() {
        lines.push(lang.text_with("calendar-speakers", [("speakers", about.speakers.join(comma))]));
    }
    lines.join("\n")
}
