//! What a series is: a rule, its first slot, how long a sitting lasts, and what a day off does. Read from what somebody
//! writes or from its row. Pure.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use entity::series;
use entity::state::OnDayOff;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::dates::{End, Rule, RuleError, Span, Until, Zone, parse_date, parse_moment};
use crate::error::{Error, FieldProblem, Result};
use crate::locale::Lang;
use crate::scheduling::wording;

/// `-20260108` after a series' key must fit into a sitting's.
const LONGEST_KEY: usize = 91;

/// A series as somebody writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewSeries {
    /// The beginning of its sittings' keys: `KEY-20260108`.
    #[schema(required = true)]
    pub key: String,
    /// The first slot, local in the event's zone, or with an offset; a date: its sittings are whole days.
    #[schema(required = true, example = "2026-01-08T14:30")]
    pub starts_at: String,
    /// The end of the first; of whole days the last, included.
    #[schema(required = true, example = "2026-01-08T16:30")]
    pub ends_at: String,
    /// RFC 5545 section 3.3.10: by days, weeks, months or years; at most 1000 sittings; without an end, two years.
    #[schema(required = true, example = "FREQ=MONTHLY;INTERVAL=3;BYDAY=2TH;COUNT=4")]
    pub rrule: String,
    /// IANA name; the event's, or left out.
    pub time_zone: Option<String>,
    /// What becomes of a sitting on a day off: `keep`, `skip`, `before` or `after`.
    #[schema(value_type = Option<String>, example = "after")]
    pub on_day_off: Option<OnDayOff>,
}

/// How long each sitting lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// On the wall clock.
    Time(TimeDelta),
    /// So many whole days, one at least.
    Days(i64),
}

/// A series of which every part is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// By which it recurs.
    pub rule: Rule,
    /// Local start of the first slot; midnight of whole days.
    pub first: NaiveDateTime,
    /// How long a sitting lasts.
    pub length: Length,
    /// What a day off does.
    pub on_day_off: OnDayOff,
    /// Where its local times are read.
    pub zone: Zone,
}

/// First and last moment of the first sitting, as they are written.
pub(super) struct Written<'a> {
    pub starts_at: &'a str,
    pub ends_at: &'a str,
    pub zone: Zone,
}

impl Written<'_> {
    /// Reads both; `series.` stands before the names of the fields.
    pub(super) fn read(&self, wrong: &mut Vec<FieldProblem>) -> Option<(NaiveDateTime, Length)> {
        let empty = |text: &str| text.trim().is_empty();
        for (field, text) in [("series.starts_at", self.starts_at), ("series.ends_at", self.ends_at)] {
            if empty(text) {
                wrong.push(FieldProblem::new(field, "required"));
            }
        }
        if empty(self.starts_at) || empty(self.ends_at) {
            return None;
        }
        let read = if is_date(self.starts_at) { self.days() } else { self.times() };
        read.map_err(|problem| wrong.push(problem)).ok()
    }

    fn days(&self) -> Result<(NaiveDateTime, Length), FieldProblem> {
        let at = |field, text| parse_date(text).map_err(|error| FieldProblem::new(field, error.code()));
        let (first, last) = (at("series.starts_at", self.starts_at)?, at("series.ends_at", self.ends_at)?);
        if last < first {
            return Err(FieldProblem::new("series.ends_at", "end-before-start"));
        }
        Ok((first.and_time(NaiveTime::MIN), Length::Days((last - first).num_days() + 1)))
    }

    fn times(&self) -> Result<(NaiveDateTime, Length), FieldProblem> {
        let at = |field, text| {
            let moment = parse_moment(text, self.zone).map_err(|error| FieldProblem::new(field, error.code()))?;
            Ok(self.zone.local(moment))
        };
        let (start, end) = (at("series.starts_at", self.starts_at)?, at("series.ends_at", self.ends_at)?);
        if end <= start {
            return Err(FieldProblem::new("series.ends_at", "end-before-start"));
        }
        Ok((start, Length::Time(end - start)))
    }
}

/// A local time, or the midnight of a date, as rows hold it.
fn local(text: &str) -> Result<NaiveDateTime> {
    let time = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .into_iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN));
    time.or_else(date).ok_or_else(|| Error::internal(format!("a series with the time {text}")))
}

/// Whether a text is meant as a date.
fn is_date(text: &str) -> bool {
    !text.trim().contains(['T', 't', ' ', ':'])
}

impl NewSeries {
    /// Understands every field, or says what is wrong with each; `zone` is the event's.
    pub(super) fn read(&self, zone: Zone, wrong: &mut Vec<FieldProblem>) -> Option<(String, Pattern)> {
        let before = wrong.len();
        let key = wording::needed("series.key", &self.key, LONGEST_KEY, wrong);
        if let Some(name) = self.time_zone.as_deref().filter(|name| *name != zone.name()) {
            let code = if Zone::parse(name).is_ok() { "zone-not-events" } else { "unknown-zone" };
            wrong.push(FieldProblem::new("series.time_zone", code).with("zone", zone.name()));
        }
        let times = Written { starts_at: &self.starts_at, ends_at: &self.ends_at, zone }.read(wrong);
        let rule = rule(&self.rrule, wrong);
        let (Some((first, length)), Some(rule)) = (times, rule) else { return None };
        let on_day_off = self.on_day_off.unwrap_or(OnDayOff::Keep);
        (wrong.len() == before).then_some((key, Pattern { rule, first, length, on_day_off, zone }))
    }
}

/// Reads a rule of the field `series.rrule`.
pub(super) fn rule(text: &str, wrong: &mut Vec<FieldProblem>) -> Option<Rule> {
    if text.trim().is_empty() {
        wrong.push(FieldProblem::new("series.rrule", "required"));
        return None;
    }
    Rule::parse(text).map_err(|error| wrong.push(rule_problem(&error))).ok()
}

/// What is wrong with a rule, beside its field.
pub(super) fn rule_problem(error: &RuleError) -> FieldProblem {
    FieldProblem { args: error.args(), ..FieldProblem::new("series.rrule", error.code()) }
}

impl Pattern {
    /// The pattern that a row holds.
    pub fn of(row: &series::Model, zone: Zone) -> Result<Self> {
        let rule = Rule::parse(&row.rrule).map_err(Error::internal)?;
        // Not by way of the zone: a later time of day need not exist on the first date.
        let (first, end) = (local(&row.starts_at)?, local(&row.ends_at)?);
        let length = if row.all_day { Length::Days((end - first).num_days() + 1) } else { Length::Time(end - first) };
        Ok(Self { rule, first, length, on_day_off: row.on_day_off, zone })
    }

    /// The rule in words.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        let time = (!self.all_day()).then(|| self.first.time());
        self.rule.describe(self.first.date(), time, self.zone, lang)
    }

    /// Whether its sittings are whole days.
    #[must_use]
    pub const fn all_day(&self) -> bool {
        matches!(self.length, Length::Days(_))
    }

    /// Local start of the first slot as a row holds it.
    #[must_use]
    pub fn starts_text(&self) -> String {
        self.text(self.first)
    }

    /// Local end of the first slot as a row holds it; of whole days the last, included.
    #[must_use]
    pub fn ends_text(&self) -> String {
        self.text(match self.length {
            Length::Time(length) => self.first + length,
            Length::Days(days) => self.first + TimeDelta::days(days - 1),
        })
    }

    fn text(&self, at: NaiveDateTime) -> String {
        let form = match self.length {
            Length::Days(_) => "%Y-%m-%d",
            Length::Time(_) if at.format("%S").to_string() == "00" => "%Y-%m-%dT%H:%M",
            Length::Time(_) => "%Y-%m-%dT%H:%M:%S",
        };
        at.format(form).to_string()
    }

    /// When the sitting of that day is; None when its local start does not exist.
    #[must_use]
    pub fn span(&self, day: NaiveDate) -> Option<Span> {
        self.length.span(day.and_time(self.first.time()), self.zone)
    }

    /// The slot of that local start, as rows hold it: `20260108T143000`, or `20260108` of whole days.
    #[must_use]
    pub fn stamp(&self, slot: NaiveDateTime) -> String {
        slot.format(if self.all_day() { "%Y%m%d" } else { "%Y%m%dT%H%M%S" }).to_string()
    }

    /// The same at another time of day, each sitting on its date. An end at a time of day becomes the end of that day:
    /// no sitting falls off because it is later.
    #[must_use]
    pub fn at_time(&self, time: NaiveTime, length: Length) -> Self {
        let day = match self.rule.end() {
            End::Until(Until::Local(at)) => Some(at.date()),
            End::Until(Until::Instant(at)) => Some(self.zone.day(at)),
            End::Never | End::Count(_) | End::Until(Until::Day(_)) => None,
        };
        let rule = match day {
            Some(day) => self.rule.clone().ending(End::Until(Until::Day(day))),
            None => self.rule.clone(),
        };
        Self { rule, first: self.first.date().and_time(time), length, ..self.clone() }
    }
}

impl Length {
    /// From a local start on; None when that does not exist in the zone. An end that does not exist is reached after
    /// the same time.
    #[must_use]
    pub fn span(self, start: NaiveDateTime, zone: Zone) -> Option<Span> {
        match self {
            Self::Days(days) => {
                let first = start.date();
                let (start, end) = zone.whole_days(first, first + TimeDelta::days(days - 1));
                Some(Span { start, end, all_day: true, zone })
            }
            Self::Time(length) => {
                let from = zone.instant(start).ok()?;
                let end = zone.instant(start + length).ok().filter(|end| *end > from).unwrap_or(from + length);
                Some(Span { start: from, end, all_day: false, zone })
            }
        }
    }
}

/// The date of a slot as a row holds it.
#[must_use]
pub fn stamp_date(stamp: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(stamp.get(..8)?, "%Y%m%d").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> NewSeries {
        NewSeries {
            key: "S".into(),
            starts_at: "2026-01-08T14:30".into(),
            ends_at: "2026-01-08T16:30".into(),
            rrule: "FREQ=WEEKLY;UNTIL=20260331T063000Z".into(),
            ..NewSeries::default()
        }
    }

    fn read(new: &NewSeries) -> Result<Pattern, Vec<&'static str>> {
        let mut wrong = Vec::new();
        let found = new.read(Zone::parse("Asia/Shanghai").unwrap(), &mut wrong);
        found.map(|(_, pattern)| pattern).ok_or_else(|| wrong.iter().map(|problem| problem.code).collect())
    }

    #[test]
    fn times_and_dates_are_told_apart_and_written_back() {
        let pattern = read(&new()).unwrap();
        assert_eq!(
            (pattern.starts_text().as_str(), pattern.ends_text().as_str()),
            ("2026-01-08T14:30", "2026-01-08T16:30")
        );
        assert_eq!(pattern.stamp(pattern.first), "20260108T143000");
        let days = NewSeries { starts_at: "2026-01-08".into(), ends_at: "2026-01-09".into(), ..new() };
        let days = read(&days).unwrap();
        assert_eq!(days.length, Length::Days(2));
        assert_eq!((days.ends_text().as_str(), days.stamp(days.first).as_str()), ("2026-01-09", "20260108"));
        let offset = NewSeries { starts_at: "2026-01-08T06:30Z".into(), ..new() };
        assert_eq!(read(&offset).unwrap().first, pattern.first);
    }

    #[test]
    fn a_later_time_of_day_loses_no_sitting() {
        let later = read(&new()).unwrap().at_time("18:00:00".parse().unwrap(), Length::Time(TimeDelta::hours(1)));
        assert_eq!(later.rule.text(), "FREQ=WEEKLY;UNTIL=20260331");
        assert_eq!(
            (later.starts_text().as_str(), later.ends_text().as_str()),
            ("2026-01-08T18:00", "2026-01-08T19:00")
        );
    }

    #[test]
    fn what_is_wrong_is_said_of_each_field() {
        assert_eq!(read(&NewSeries::default()).unwrap_err(), ["required"; 4]);
        let wrong = NewSeries {
            ends_at: "2026-01-08T14:00".into(),
            rrule: "FREQ=HOURLY".into(),
            time_zone: Some("Europe/Berlin".into()),
            ..new()
        };
        assert_eq!(read(&wrong).unwrap_err(), ["zone-not-events", "end-before-start", "rule-frequency"]);
        assert_eq!(read(&NewSeries { starts_at: "2026-01-08".into(), ..new() }).unwrap_err(), ["bad-date"]);
    }
}
