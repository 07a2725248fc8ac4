//! Observances: days, weeks and months on which bodies go out to the public each year.
//!
//! A year's dates are set by a law or by that year's notice, whose source is kept; without one they are only expected
//! from how it was before, and shown as such.

mod read;

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use crate::locale::Lang;

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Words {
    /// In that language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// What sets an observance's dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The law's or notice's title, with its number where there is one.
    pub title: String,
    /// Who issued it.
    #[serde(default)]
    pub body: String,
    /// Where it can be read, or where it was reported; empty where no address is known.
    #[serde(default)]
    pub address: String,
}

/// Whether dates are set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// By this.
    Set(Source),
    /// No notice is known yet: they are as they were in other years.
    Expected,
}

/// An observance of one year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observance {
    /// Its key, `science_week`; the same in every year.
    pub key: String,
    /// Its name.
    pub name: Words,
    /// The kind of the events that are held for it.
    pub kind: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Whether these days are set.
    pub standing: Standing,
    /// What is usually to be done, in order.
    pub tasks: Vec<Words>,
    /// What is usually taken along.
    pub take_along: Vec<Words>,
}

impl Observance {
    /// Its name in that language.
    #[must_use]
    pub fn name(&self, lang: Lang) -> &str {
        self.name.text(lang)
    }

    /// Whether its days are set, not only expected.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        matches!(self.standing, Standing::Set(_))
    }
}

/// Every observance that the site keeps.
#[derive(Clone, Debug)]
pub struct Observances(BTreeMap<String, Entry>);

/// One observance over the years.
#[derive(Clone, Debug)]
struct Entry {
    name: Words,
    kind: String,
    first_year: i32,
    last_year: Option<i32>,
    /// Dates of every year, by a law.
    fixed: Option<(Days, Source)>,
    /// Dates by the year's notice.
    notices: BTreeMap<i32, (NaiveDate, NaiveDate, Source)>,
    /// Dates as they are expected of a year without one.
    expected: Option<Days>,
    tasks: Vec<Words>,
    take_along: Vec<Words>,
}

/// Days of any year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Days {
    /// From a month and day to another of the same year.
    Between { from: (u32, u32), to: (u32, u32) },
    /// From the k-th such weekday of a month on, so many days.
    FromWeekday { month: u32, nth: u8, weekday: Weekday, days: u64 },
}

impl Days {
    fn of(self, year: i32) -> Option<(NaiveDate, NaiveDate)> {
        match self {
            Self::Between { from, to } => {
                Some((NaiveDate::from_ymd_opt(year, from.0, from.1)?, NaiveDate::from_ymd_opt(year, to.0, to.1)?))
            }
            Self::FromWeekday { month, nth, weekday, days } => {
                let first = NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth)?;
                Some((first, first.checked_add_days(chrono::Days::new(days.checked_sub(1)?))?))
            }
        }
    }
}

impl Observances {
    /// Those of a year, by their first day.
    #[must_use]
    pub fn of_year(&self, year: i32) -> Vec<Observance> {
        let mut all: Vec<_> = self.0.iter().filter_map(|(key, entry)| entry.of_year(key, year)).collect();
        all.sort_by(|a, b| (a.from, a.to, &a.key).cmp(&(b.from, b.to, &b.key)));
        all
    }

    /// The observance of that key in a year, if it is kept then.
    #[must_use]
    pub fn get(&self, key: &str, year: i32) -> Option<Observance> {
        self.0.get(key)?.of_year(key, year)
    }

    /// The kinds of events that observances name, by key.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, entry)| (key.as_str(), entry.kind.as_str()))
    }
}

impl Entry {
    fn of_year(&self, key: &str, year: i32) -> Option<Observance> {
        if year < self.first_year || self.last_year.is_some_and(|last| year > last) {
            return None;
        }
        let (from, to, standing) = self.dates(year)?;
        Some(Observance {
            key: key.to_owned(),
            name: self.name.clone(),
            kind: self.kind.clone(),
            from,
            to,
            standing,
            tasks: self.tasks.clone(),
            take_along: self.take_along.clone(),
        })
    }

    /// A year's notice has the word, then the law, then what is expected.
    fn dates(&self, year: i32) -> Option<(NaiveDate, NaiveDate, Standing)> {
        if let Some((from, to, source)) = self.notices.get(&year) {
            return Some((*from, *to, Standing::Set(source.clone())));
        }
        if let Some((days, source)) = &self.fixed {
            let (from, to) = days.of(year)?;
            return Some((from, to, Standing::Set(source.clone())));
        }
        let (from, to) = self.expected?.of(year)?;
        debug_assert_eq!(from.year(), year);
        Some((from, to, Standing::Expected))
    }
}
