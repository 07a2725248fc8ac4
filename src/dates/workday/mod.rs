//! Working days: what the yearly notices name, and weekends elsewhere.
//!
//! A notice names days off and the weekend days that are worked instead. A year without one goes by weekends, and
//! whoever shows such a day says so ([`Workdays::is_known`]).

mod notice;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, Weekday};
use entity::state::OnDayOff;

pub use notice::MAX_BYTES as MAX_NOTICE_BYTES;

/// A day that a notice names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDay {
    /// Which day.
    pub day: NaiveDate,
    /// Of which holiday.
    pub name: String,
    /// Whether it is a day off; else it is worked.
    pub off: bool,
}

/// What a year's notice says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Of which year.
    pub year: i32,
    /// Where it stands, one a line.
    pub source: String,
    /// Its date.
    pub published: Option<NaiveDate>,
    /// The days that it names, in order; some may lie in a neighbouring year.
    pub days: Vec<NamedDay>,
}

/// Which days are worked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workdays {
    years: BTreeSet<i32>,
    days: BTreeMap<NaiveDate, (String, bool)>,
}

impl Workdays {
    /// By these notices. Where two name one day, the later year's has the word: it came out later.
    #[must_use]
    pub fn new(notices: impl IntoIterator<Item = Notice>) -> Self {
        let mut notices: Vec<_> = notices.into_iter().collect();
        notices.sort_by_key(|notice| notice.year);
        let years = notices.iter().map(|notice| notice.year).collect();
        let days = notices.into_iter().flat_map(|notice| notice.days).map(|d| (d.day, (d.name, d.off))).collect();
        Self { years, days }
    }

    /// Whether a day is off: named so, or of a weekend that no notice names.
    #[must_use]
    pub fn is_off(&self, day: NaiveDate) -> bool {
        self.days.get(&day).map_or_else(|| is_weekend(day), |(_, off)| *off)
    }

    /// Whether there is a notice of that year; without one, days go by weekends.
    #[must_use]
    pub fn is_known(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// The years that have a notice.
    pub fn years(&self) -> impl Iterator<Item = i32> {
        self.years.iter().copied()
    }

    /// The holiday for which a notice names that day, off or worked.
    #[must_use]
    pub fn holiday(&self, day: NaiveDate) -> Option<&str> {
        self.days.get(&day).map(|(name, _)| name.as_str())
    }

    /// The days from `from` to `to`, both included, that a notice names: day, holiday, off or worked.
    pub fn named(&self, from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = (NaiveDate, &str, bool)> {
        let range = (from <= to).then(|| self.days.range(from..=to));
        range.into_iter().flatten().map(|(day, (name, off))| (*day, name.as_str(), *off))
    }

    /// The last working day before `day`.
    #[must_use]
    pub fn before(&self, day: NaiveDate) -> NaiveDate {
        self.nearest(day, |day, n| day.checked_sub_days(Days::new(n)))
    }

    /// The first working day after `day`.
    #[must_use]
    pub fn after(&self, day: NaiveDate) -> NaiveDate {
        self.nearest(day, |day, n| day.checked_add_days(Days::new(n)))
    }

    /// A notice names a few weeks at most, so that a working day is always near; should an imported one name
    /// everything, the day itself stands.
    fn nearest(&self, day: NaiveDate, step: impl Fn(NaiveDate, u64) -> Option<NaiveDate>) -> NaiveDate {
        (1..=800).filter_map(|n| step(day, n)).find(|day| !self.is_off(*day)).unwrap_or(day)
    }

    /// Where a sitting of that day takes place; `None`: it does not.
    #[must_use]
    pub fn adjust(&self, day: NaiveDate, on_day_off: OnDayOff) -> Option<NaiveDate> {
        if !self.is_off(day) {
            return Some(day);
        }
        match on_day_off {
            OnDayOff::Keep => Some(day),
            OnDayOff::Skip => None,
            OnDayOff::Before => Some(self.before(day)),
            OnDayOff::After => Some(self.after(day)),
        }
    }
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}
