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

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn notice(year: i32, off: &[&str], worked: &[&str]) -> Notice {
        let named = |text: &&str, off| NamedDay { day: day(text), name: "假".into(), off };
        let days = off.iter().map(|text| named(text, true)).chain(worked.iter().map(|text| named(text, false)));
        Notice { year, source: String::new(), published: None, days: days.collect() }
    }

    /// Days as files in config/holidays name them.
    fn shipped() -> Workdays {
        let files = [
            include_str!("../../../config/holidays/cn-2024.toml"),
            include_str!("../../../config/holidays/cn-2025.toml"),
            include_str!("../../../config/holidays/cn-2026.toml"),
        ];
        Workdays::new(files.map(|file| Notice::read(file.as_bytes()).unwrap()))
    }

    #[test]
    fn a_sitting_on_a_day_off_stays_is_left_out_or_moves() {
        let days = shipped();
        for (on, to, moved) in [
            // The whole of 1 to 7 October 2026 is off; 10 October, a Saturday, is worked.
            ("2026-10-01", OnDayOff::Keep, Some("2026-10-01")),
            ("2026-10-01", OnDayOff::Skip, None),
            ("2026-10-01", OnDayOff::Before, Some("2026-09-30")),
            ("2026-10-01", OnDayOff::After, Some("2026-10-08")),
            ("2026-10-07", OnDayOff::Before, Some("2026-09-30")),
            ("2026-10-10", OnDayOff::Skip, Some("2026-10-10")),
            ("2026-10-11", OnDayOff::Before, Some("2026-10-10")),
            // Nine days at the Spring Festival, with worked Saturdays before and after.
            ("2026-02-16", OnDayOff::Before, Some("2026-02-14")),
            ("2026-02-16", OnDayOff::After, Some("2026-02-24")),
            ("2026-03-01", OnDayOff::Before, Some("2026-02-28")),
            // Over the turn of the year.
            ("2026-01-01", OnDayOff::Before, Some("2025-12-31")),
            ("2026-01-02", OnDayOff::After, Some("2026-01-04")),
            ("2024-01-01", OnDayOff::Before, Some("2023-12-29")),
            // An ordinary weekend, and a year without a notice.
            ("2026-03-07", OnDayOff::After, Some("2026-03-09")),
            ("2030-10-01", OnDayOff::After, Some("2030-10-01")),
            ("2030-10-05", OnDayOff::After, Some("2030-10-07")),
        ] {
            assert_eq!(days.adjust(day(on), to), moved.map(day), "{on} {to:?}");
        }
    }

    #[test]
    fn a_year_without_a_notice_goes_by_weekends_and_says_so() {
        let days = shipped();
        assert!(days.is_known(2026) && !days.is_known(2027) && !days.is_known(2023));
        assert!(!days.is_off(day("2027-10-01")) && days.is_off(day("2027-10-02")));
        assert_eq!(days.holiday(day("2026-10-01")), Some("国庆节"));
        assert_eq!(days.holiday(day("2026-09-20")), Some("国庆节"));
        assert_eq!(days.holiday(day("2026-09-19")), None);
        assert_eq!(days.years().collect::<Vec<_>>(), [2024, 2025, 2026]);
        let none = Workdays::default();
        assert!(none.is_off(day("2026-10-03")) && !none.is_off(day("2026-10-01")) && !none.is_known(2026));
    }

    #[test]
    fn a_notice_may_name_days_of_the_year_before_and_a_later_one_has_the_word() {
        let both = Workdays::new([
            notice(2024, &["2023-12-30", "2024-01-01"], &["2024-12-29"]),
            notice(2023, &["2023-10-02"], &["2023-12-30"]),
            notice(2025, &["2024-12-29", "2024-12-31"], &[]),
        ]);
        assert!(both.is_off(day("2023-12-30")), "2024 has the word over 2023");
        assert!(both.is_off(day("2024-12-29")) && both.is_off(day("2024-12-31")));
        let named: Vec<_> = both.named(day("2023-12-30"), day("2024-01-01")).map(|(day, _, _)| day).collect();
        assert_eq!(named, [day("2023-12-30"), day("2024-01-01")]);
        assert_eq!(both.named(day("2024-01-01"), day("2023-12-30")).count(), 0);
    }

    #[test]
    fn a_day_stands_where_nothing_near_is_worked() {
        let all: Vec<String> = day("2020-01-01").iter_days().take(2000).map(|day| day.to_string()).collect();
        let days = Workdays::new([notice(2021, &all.iter().map(String::as_str).collect::<Vec<_>>(), &[])]);
        assert_eq!(days.after(day("2021-06-01")), day("2021-06-01"));
    }
}
