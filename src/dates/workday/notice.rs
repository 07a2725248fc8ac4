//! Reading a notice: our TOML form, as in config/holidays, or the JSON that the public holiday-cn data has.
//!
//! A file is taken whole or not at all, and everything that is wrong with it is told at once. Places are named as
//! `LINE:FIELD` in TOML and as a path, `days[3].date`, in JSON.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use toml::Spanned;

use super::{NamedDay, Notice, is_weekend};
use crate::dates::parse_date;
use crate::error::FieldProblem;

/// Bytes of a notice's file; a real one has a few thousand.
pub const MAX_BYTES: usize = 256 * 1024;
/// Years that a notice may be of.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;
/// Characters of a holiday's name, of a title and of an address.
const MAX_CHARS: usize = 300;

/// One day as a file has it, and where it stands there.
struct Entry {
    day: NaiveDate,
    name: String,
    off: bool,
    place: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlNotice {
    year: Spanned<i64>,
    title: Spanned<String>,
    #[serde(default)]
    number: String,
    #[serde(default)]
    address: String,
    published: Option<Spanned<String>>,
    #[serde(default)]
    holiday: Vec<TomlHoliday>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlHoliday {
    name: Spanned<String>,
    #[serde(default)]
    off: Vec<Spanned<String>>,
    #[serde(default)]
    worked: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonNotice {
    /// Both name the file itself in the public data.
    #[serde(rename = "$schema", default)]
    _schema: String,
    #[serde(rename = "$id", default)]
    _id: String,
    year: i64,
    #[serde(default)]
    papers: Vec<String>,
    #[serde(default)]
    days: Vec<JsonDay>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonDay {
    name: String,
    date: String,
    #[serde(rename = "isOffDay")]
    is_off_day: bool,
}

impl Notice {
    /// Reads a file; JSON where it begins with a brace. What is wrong is returned as problems of its places.
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<FieldProblem>> {
        let whole = |code| vec![FieldProblem::new("file", code)];
        if bytes.len() > MAX_BYTES {
            return Err(vec![FieldProblem::new("file", "holiday-file-too-large").with("limit", MAX_BYTES / 1024)]);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| whole("holiday-file-not-utf8"))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            return Err(whole("holiday-file-empty"));
        }
        if text.trim_start().starts_with('{') { Self::from_json(text) } else { Self::from_toml(text) }
    }

    fn from_toml(text: &str) -> Result<Self, Vec<FieldProblem>> {
        let file: TomlNotice = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line(text, span.start));
            vec![unreadable(&format!("{line}:"), error.message())]
        })?;
        let mut reading = Reading::of_year(*file.year.get_ref(), &at(text, &file.year, "year"))?;
        reading.words(file.title.get_ref(), &at(text, &file.title, "title"));
        for (value, name) in [(&file.number, "number"), (&file.address, "address")] {
            if !value.is_empty() {
                reading.words(value, name);
            }
        }
        let published =
            file.published.as_ref().and_then(|day| reading.date(day.get_ref(), &at(text, day, "published")));
        for holiday in &file.holiday {
            reading.words(holiday.name.get_ref(), &at(text, &holiday.name, "name"));
            for (list, off) in [(&holiday.off, true), (&holiday.worked, false)] {
                for value in list {
                    let place = at(text, value, if off { "off" } else { "worked" });
                    reading.range(value.get_ref(), holiday.name.get_ref(), off, &place);
                }
            }
        }
        let title = [file.title.get_ref().as_str(), &file.number].join(" ");
        let source = [title.trim(), file.address.trim()].join("\n").trim().to_owned();
        reading.finish(source, published)
    }

    fn from_json(text: &str) -> Result<Self, Vec<FieldProblem>> {
        let file: JsonNotice = serde_json::from_str(text)
            .map_err(|error| vec![unreadable(&format!("{}:", error.line()), &error.to_string())])?;
        let mut reading = Reading::of_year(file.year, "year")?;
        for (i, paper) in file.papers.iter().enumerate() {
            reading.words(paper, &format!("papers[{i}]"));
        }
        for (i, day) in file.days.iter().enumerate() {
            reading.words(&day.name, &format!("days[{i}].name"));
            let place = format!("days[{i}].date");
            if let Some(date) = reading.date(&day.date, &place) {
                reading.entries.push(Entry { day: date, name: day.name.clone(), off: day.is_off_day, place });
            }
        }
        reading.finish(file.papers.join("\n"), None)
    }
}

/// A file on its way to a notice, with what is wrong so far.
struct Reading {
    year: i32,
    entries: Vec<Entry>,
    problems: Vec<FieldProblem>,
}

impl Reading {
    fn of_year(year: i64, place: &str) -> Result<Self, Vec<FieldProblem>> {
        let year = i32::try_from(year).ok().filter(|year| YEARS.contains(year)).ok_or_else(|| {
            let [first, last] = [YEARS.start(), YEARS.end()];
            vec![FieldProblem::new(place, "holiday-year").with("year", year).with("first", first).with("last", last)]
        })?;
        Ok(Self { year, entries: Vec::new(), problems: Vec::new() })
    }

    fn words(&mut self, text: &str, place: &str) {
        if text.trim().is_empty() {
            self.problems.push(FieldProblem::new(place, "required"));
        } else if text.chars().count() > MAX_CHARS {
            self.problems.push(FieldProblem::new(place, "holiday-words-too-long").with("limit", MAX_CHARS));
        } else if text.chars().any(char::is_control) {
            self.problems.push(FieldProblem::new(place, "holiday-control-characters"));
        }
    }

    fn date(&mut self, text: &str, place: &str) -> Option<NaiveDate> {
        let day = parse_date(text).ok();
        if day.is_none() {
            let shown: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
            self.problems.push(FieldProblem::new(place, "holiday-date").with("value", shown));
        }
        day
    }

    /// `2026-10-01` or `2026-10-01..2026-10-07`, both ends included.
    fn range(&mut self, text: &str, name: &str, off: bool, place: &str) {
        let (first, last) = if let Some((first, last)) = text.split_once("..") {
            (self.date(first, place), self.date(last, place))
        } else {
            let day = self.date(text, place);
            (day, day)
        };
        let (Some(first), Some(last)) = (first, last) else { return };
        if last < first {
            self.problems
                .push(FieldProblem::new(place, "holiday-range-backwards").with("first", first).with("last", last));
        } else if (last - first).num_days() > 60 {
            self.problems.push(FieldProblem::new(place, "holiday-range-long").with("first", first).with("last", last));
        } else {
            let one = |day| Entry { day, name: name.to_owned(), off, place: place.to_owned() };
            self.entries.extend(first.iter_days().take_while(|day| *day <= last).map(one));
        }
    }

    fn finish(mut self, source: String, published: Option<NaiveDate>) -> Result<Notice, Vec<FieldProblem>> {
        let mut days: BTreeMap<NaiveDate, Entry> = BTreeMap::new();
        for entry in std::mem::take(&mut self.entries) {
            if let Some(code) = self.misplaced(&entry) {
                self.problems
                    .push(FieldProblem::new(&entry.place, code).with("day", entry.day).with("year", self.year));
            } else if let Some(other) = days.get(&entry.day) {
                let code = if other.off == entry.off { "holiday-day-twice" } else { "holiday-off-and-worked" };
                self.problems
                    .push(FieldProblem::new(&entry.place, code).with("day", entry.day).with("other", &other.place));
            } else {
                days.insert(entry.day, entry);
            }
        }
        if self.problems.is_empty() && !days.values().any(|entry| entry.off) {
            self.problems.push(FieldProblem::new("file", "holiday-no-days"));
        }
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let days = days.into_values().map(|entry| NamedDay { day: entry.day, name: entry.name, off: entry.off });
        Ok(Notice { year: self.year, source, published, days: days.collect() })
    }

    /// A notice names days of its year, of the December before and of the January after; and a day that it calls
    /// worked is of a weekend, or else the call is a slip of the pen.
    fn misplaced(&self, entry: &Entry) -> Option<&'static str> {
        let near = match entry.day.year() - self.year {
            0 => true,
            -1 => entry.day.month() == 12,
            1 => entry.day.month() == 1,
            _ => false,
        };
        match near {
            false => Some("holiday-other-year"),
            true if !entry.off && !is_weekend(entry.day) => Some("holiday-worked-weekday"),
            true => None,
        }
    }
}

fn unreadable(place: &str, why: &str) -> FieldProblem {
    let why: String = why.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    FieldProblem::new(place.trim_end_matches(':'), "holiday-unreadable").with("why", why)
}

fn line(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn at<T>(text: &str, value: &Spanned<T>, field: &str) -> String {
    format!("{}:{field}", line(text, value.span().start))
}

#[cfg(test)]
#[path = "notice_test.rs"]
mod tests;
