//! A time zone by its IANA name, and the way between local time and instants.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};

/// An IANA time zone, such as `Asia/Shanghai`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(pub chrono_tz::Tz);

/// Why a local time or a zone's name means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// No zone of that name is known.
    #[error("unknown time zone")]
    Unknown,
    /// The clock is put forward over that local time: it does not happen.
    #[error("that local time does not exist in its time zone")]
    Missing,
}

impl Zone {
    /// The zone of that IANA name.
    pub fn parse(name: &str) -> Result<Self, ZoneError> {
        name.parse().map(Self).map_err(|_| ZoneError::Unknown)
    }

    /// The IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The instant at which a wall clock shows `local`; the earlier one where it shows it twice.
    pub fn instant(self, local: NaiveDateTime) -> Result<DateTime<Utc>, ZoneError> {
        self.0.from_local_datetime(&local).earliest().map(|t| t.with_timezone(&Utc)).ok_or(ZoneError::Missing)
    }

    /// What a wall clock shows at `at`.
    #[must_use]
    pub fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        at.with_timezone(&self.0).naive_local()
    }

    /// The instant with the zone's offset, for RFC 3339.
    #[must_use]
    pub fn with_offset(self, at: DateTime<Utc>) -> DateTime<chrono::FixedOffset> {
        at.with_timezone(&self.0).fixed_offset()
    }

    /// The local date at `at` (counting rule 1).
    #[must_use]
    pub fn day(self, at: DateTime<Utc>) -> NaiveDate {
        self.local(at).date()
    }

    /// The first instant of a local date; the first that exists where midnight does not.
    #[must_use]
    pub fn midnight(self, day: NaiveDate) -> DateTime<Utc> {
        let start = day.and_time(NaiveTime::MIN);
        (0..=4)
            .find_map(|half_hours| self.instant(start + chrono::TimeDelta::minutes(30 * half_hours)).ok())
            .unwrap_or_else(|| start.and_utc())
    }

    /// The instants from which and before which a local year lasts.
    #[must_use]
    pub fn year(self, year: i32) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let first = NaiveDate::from_ymd_opt(year, 1, 1)?;
        let next = NaiveDate::from_ymd_opt(year.checked_add(1)?, 1, 1)?;
        Some((self.midnight(first), self.midnight(next)))
    }

    /// Start and end of an all-day session from its first and last day, both included.
    #[must_use]
    pub fn whole_days(self, first: NaiveDate, last: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
        (self.midnight(first), self.midnight(last.checked_add_days(Days::new(1)).unwrap_or(last)))
    }

    /// The last day, included, of an all-day session that ends at `end`.
    #[must_use]
    pub fn last_day(self, end: DateTime<Utc>) -> NaiveDate {
        self.day(end - chrono::TimeDelta::seconds(1))
    }

    /// The local year at `at`.
    #[must_use]
    pub fn year_of(self, at: DateTime<Utc>) -> i32 {
        self.day(at).year()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_session_on_new_years_eve_in_utc_is_of_the_new_year_in_shanghai() {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        assert_eq!(zone.year_of(at("2023-12-31T16:30:00Z")), 2024);
        assert_eq!(zone.year(2024).unwrap().0, at("2023-12-31T16:00:00Z"));
    }

    #[test]
    fn a_local_time_that_the_clock_jumps_over_is_refused() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let skipped = "2026-03-29T02:30:00".parse().unwrap();
        assert_eq!(berlin.instant(skipped), Err(ZoneError::Missing));
        let twice = "2026-10-25T02:30:00".parse().unwrap();
        assert_eq!(berlin.instant(twice), Ok(at("2026-10-25T00:30:00Z")));
    }

    #[test]
    fn an_all_day_session_ends_with_its_last_day() {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let (first, last) = ("2024-05-25".parse().unwrap(), "2024-05-27".parse().unwrap());
        let (start, end) = zone.whole_days(first, last);
        assert_eq!((start, end), (at("2024-05-24T16:00:00Z"), at("2024-05-27T16:00:00Z")));
        assert_eq!(zone.last_day(end), last);
    }
}
