//! A template as somebody writes it, and what events made of it look like. Pure.

use std::str::FromStr;

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};
use entity::event_template;
use entity::state::{OnDayOff, RemindWhom};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::pattern;
use crate::scheduling::series::NewSeries;
use crate::scheduling::{NewEvent, NewSession, Task};

/// What stands in an audience line for the code of the host that uses the template: `org:{org}`.
pub const HOST: &str = "{org}";

/// Minutes of a day.
pub const DAY: i32 = 1_440;

/// A template as somebody writes it; the names are those of an event where they mean the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewTemplate {
    /// Unique within its organisation.
    #[schema(required = true)]
    pub name: String,
    /// Whose it is: its code. Those below may use it.
    #[schema(required = true)]
    pub org_code: String,
    /// A key of the event kinds.
    #[schema(required = true)]
    pub kind: String,
    /// With `{year}`, `{quarter}`, `{month}`, `{day}` for those of the date.
    #[schema(required = true, example = "{year}年第{quarter}季度理论学习中心组学法")]
    pub title_pattern: String,
    /// Time of day, `14:30`; empty of whole days.
    #[schema(example = "14:30")]
    pub starts_at: String,
    /// Length in minutes; of whole days, their number times 1440.
    #[schema(required = true, example = 120)]
    pub length_minutes: i32,
    /// Whether its sittings are whole days.
    pub all_day: bool,
    /// Where it is.
    pub location: String,
    /// Form of publicity.
    pub form: String,
    /// Whether the invited must attend.
    pub required: bool,
    /// Whether others may check in.
    pub walk_ins: bool,
    /// Whom it invites, as an event's; `org:{org}` is the organisation that uses the template.
    #[schema(required = true)]
    pub audience: Vec<String>,
    /// Laws and subjects.
    pub topics: Vec<String>,
    /// Further kinds.
    pub also_kinds: Vec<String>,
    /// Before the start, ISO 8601; null is the kind's.
    pub reminders: Option<Vec<String>>,
    /// Which of the invited are reminded: `all`, `unanswered` or `not_checked_in`; null is the kind's when it
    /// is made.
    #[schema(value_type = Option<String>, example = "unanswered")]
    pub remind_whom: Option<RemindWhom>,
    /// What is mailed afterwards: `make_up`, `thanks`, `materials`; null is the kind's.
    pub after: Option<Vec<String>>,
    /// How it recurs from its date on (RFC 5545 section 3.3.10); null is once.
    pub rrule: Option<String>,
    /// What becomes of a sitting of a series on a day off: `keep`, `skip`, `before` or `after`.
    #[schema(value_type = String)]
    pub on_day_off: OnDayOff,
    /// What is to be done before, and taken along.
    pub checklist: Vec<Task>,
}

impl Default for NewTemplate {
    fn default() -> Self {
        Self {
            name: String::new(),
            org_code: String::new(),
            kind: String::new(),
            title_pattern: String::new(),
            starts_at: String::new(),
            length_minutes: 0,
            all_day: false,
            location: String::new(),
            form: String::new(),
            required: false,
            walk_ins: true,
            audience: Vec::new(),
            topics: Vec::new(),
            also_kinds: Vec::new(),
            reminders: None,
            remind_whom: None,
            after: None,
            rrule: None,
            on_day_off: OnDayOff::Keep,
            checklist: Vec::new(),
        }
    }
}

impl NewTemplate {
    /// What a row says; `org_code` is its organisation's.
    #[must_use]
    pub fn of(row: &event_template::Model, org_code: &str) -> Self {
        Self {
            name: row.name.clone(),
            org_code: org_code.to_owned(),
            kind: row.kind.clone(),
            title_pattern: row.title_pattern.clone(),
            starts_at: row.starts_at.clone(),
            length_minutes: row.length_minutes,
            all_day: row.all_day,
            location: row.location.clone(),
            form: row.form.clone(),
            required: row.required,
            walk_ins: row.walk_ins,
            audience: list(&row.audience),
            topics: list(&row.topics),
            also_kinds: list(&row.also_kinds),
            reminders: row.reminders.as_ref().map(list),
            remind_whom: Some(row.remind_whom),
            after: row.after.as_ref().map(list),
            rrule: row.rrule.clone(),
            on_day_off: row.on_day_off,
            checklist: list(&row.checklist),
        }
    }

    /// The event that it makes on `day` for the host of that code. A time of day that cannot be read is left to the
    /// event's own check.
    #[must_use]
    pub fn event(&self, key: &str, day: NaiveDate, org_code: &str) -> NewEvent {
        let (starts_at, ends_at) = self.times(day);
        let series = self.rrule.as_ref().map(|rrule| NewSeries {
            key: key.to_owned(),
            starts_at: starts_at.clone(),
            ends_at: ends_at.clone(),
            rrule: rrule.clone(),
            time_zone: None,
            on_day_off: Some(self.on_day_off),
        });
        let once = NewSession {
            key: format!("{key}-1"),
            starts_at,
            ends_at,
            all_day: self.all_day,
            title: None,
            location: None,
        };
        NewEvent {
            key: key.to_owned(),
            kind: self.kind.clone(),
            title: pattern::fill(&self.title_pattern, day),
            org_code: org_code.to_owned(),
            location: self.location.clone(),
            topics: self.topics.clone(),
            also_kinds: self.also_kinds.clone(),
            form: self.form.clone(),
            audience: self.audience.iter().map(|line| line.replace(HOST, org_code)).collect(),
            required: self.required,
            walk_ins: self.walk_ins,
            reminders: self.reminders.clone(),
            remind_whom: self.remind_whom,
            after: self.after.clone(),
            sessions: if series.is_some() { Vec::new() } else { vec![once] },
            series,
            ..NewEvent::default()
        }
    }

    /// Start and end on `day` as the domain reads them.
    fn times(&self, day: NaiveDate) -> (String, String) {
        if self.all_day {
            let more = u64::try_from(self.length_minutes / DAY - 1).unwrap_or(0);
            let last = day.checked_add_days(Days::new(more)).unwrap_or(day);
            return (day.to_string(), last.to_string());
        }
        let Some(clock) = clock(&self.starts_at) else { return (format!("{day}T{}", self.starts_at), String::new()) };
        let start = day.and_time(clock);
        let end = start.checked_add_signed(TimeDelta::minutes(self.length_minutes.into())).unwrap_or(start);
        (start.format("%Y-%m-%dT%H:%M").to_string(), end.format("%Y-%m-%dT%H:%M").to_string())
    }
}

/// Reads a time of day, `14:30`.
#[must_use]
pub fn clock(text: &str) -> Option<NaiveTime> {
    let text = text.trim();
    NaiveTime::from_str(text).ok().filter(|_| text.len() == 5)
}

fn list<T: serde::de::DeserializeOwned>(value: &Value) -> Vec<T> {
    serde_json::from_value(value.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_takes_its_date_its_length_and_its_host() {
        let template = NewTemplate {
            title_pattern: "{year}年第{quarter}季度".to_owned(),
            starts_at: "14:30".to_owned(),
            length_minutes: 90,
            audience: vec!["org:{org}".to_owned(), "-staff:KJ001".to_owned()],
            ..NewTemplate::default()
        };
        let day = "2026-12-31".parse().unwrap();
        let event = template.event("t", day, "GQ-KJ");
        assert_eq!((event.title.as_str(), event.audience[0].as_str()), ("2026年第4季度", "org:GQ-KJ"));
        let sitting = &event.sessions[0];
        assert_eq!((sitting.starts_at.as_str(), sitting.ends_at.as_str()), ("2026-12-31T14:30", "2026-12-31T16:00"));
        let week = NewTemplate { all_day: true, length_minutes: 7 * DAY, ..template };
        let sitting = &week.event("t", day, "GQ-KJ").sessions[0];
        assert_eq!((sitting.starts_at.as_str(), sitting.ends_at.as_str()), ("2026-12-31", "2027-01-06"));
    }

    #[test]
    fn a_rule_makes_a_series_instead() {
        let template = NewTemplate {
            starts_at: "14:30".to_owned(),
            length_minutes: 120,
            rrule: Some("FREQ=MONTHLY;COUNT=3".to_owned()),
            on_day_off: OnDayOff::After,
            ..NewTemplate::default()
        };
        let event = template.event("t", "2026-01-08".parse().unwrap(), "GQ-KJ");
        let series = event.series.unwrap();
        assert!(event.sessions.is_empty());
        assert_eq!((series.starts_at.as_str(), series.ends_at.as_str()), ("2026-01-08T14:30", "2026-01-08T16:30"));
        assert_eq!((series.key.as_str(), series.on_day_off), ("t", Some(OnDayOff::After)));
    }

    #[test]
    fn a_time_of_day_has_hours_and_minutes() {
        assert!(clock("09:00").is_some() && clock("23:59").is_some());
        for odd in ["", "9:00", "24:00", "09:60", "09:00:00", "0900", "九点"] {
            assert!(clock(odd).is_none(), "{odd}");
        }
    }
}
