//! When a session is: from an instant to an instant, or whole days, in a zone.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::Zone;

/// The time of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First instant.
    pub start: DateTime<Utc>,
    /// First instant after it; of whole days, the midnight after the last.
    pub end: DateTime<Utc>,
    /// Whether it is whole days, shown as dates.
    pub all_day: bool,
    /// Where its local time is read.
    pub zone: Zone,
}

impl Span {
    /// The session's day: the local date of its start (counting rule 1).
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        self.zone.day(self.start)
    }

    /// The last local date that it touches.
    #[must_use]
    pub fn last_day(&self) -> NaiveDate {
        self.zone.last_day(self.end)
    }

    /// Planned length in hours; an all-day session counts `all_day_hours` each calendar day (counting rule 4).
    #[must_use]
    pub fn hours(&self, all_day_hours: f64) -> f64 {
        if self.all_day {
            let days = (self.last_day() - self.day()).num_days() + 1;
            return f64::from(u32::try_from(days).unwrap_or(0)) * all_day_hours;
        }
        let seconds = u32::try_from((self.end - self.start).num_seconds()).unwrap_or(0);
        f64::from(seconds) / 3600.0
    }

    /// What [`Span::start_text`] and [`Span::end_text`] wrote; None of anything else.
    #[must_use]
    pub fn read(start: &str, end: &str, zone: Zone) -> Option<Self> {
        if let (Ok(first), Ok(last)) = (start.parse::<NaiveDate>(), end.parse::<NaiveDate>()) {
            let (start, end) = zone.whole_days(first, last);
            return Some(Self { start, end, all_day: true, zone });
        }
        let at = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc());
        Some(Self { start: at(start)?, end: at(end)?, all_day: false, zone })
    }

    /// Start as other programs read it: RFC 3339 with offset, or the date of an all-day session.
    #[must_use]
    pub fn start_text(&self) -> String {
        if self.all_day { self.day().to_string() } else { rfc3339(self.zone, self.start) }
    }

    /// End as other programs read it: RFC 3339 with offset, or the last date, included.
    #[must_use]
    pub fn end_text(&self) -> String {
        if self.all_day { self.last_day().to_string() } else { rfc3339(self.zone, self.end) }
    }
}

fn rfc3339(zone: Zone, at: DateTime<Utc>) -> String {
    zone.with_offset(at).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false)
}

/// Reads an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as `P3D` or `PT1H`; a month has no
/// fixed length and is refused.
#[must_use]
pub fn parse_duration(text: &str) -> Option<TimeDelta> {
    let rest = text.strip_prefix('P')?;
    let (date, time) = rest.split_once('T').map_or((rest, None), |(date, time)| (date, Some(time)));
    if date.is_empty() && time.is_none_or(str::is_empty) || time == Some("") {
        return None;
    }
    let date = sum(date, &[('W', 604_800), ('D', 86_400)])?;
    let time = sum(time.unwrap_or(""), &[('H', 3600), ('M', 60), ('S', 1)])?;
    TimeDelta::try_seconds(date.checked_add(time)?)
}

fn sum(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut total = 0_i64;
    let mut units = units.iter();
    while !text.is_empty() {
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = text[..digits].parse().ok()?;
        let unit = text[digits..].chars().next()?;
        let (_, seconds) = units.find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.checked_mul(*seconds)?)?;
        text = &text[digits + unit.len_utf8()..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_their_order_and_nothing_else() {
        assert_eq!(parse_duration("P3D"), Some(TimeDelta::days(3)));
        assert_eq!(parse_duration("PT1H30M"), Some(TimeDelta::minutes(90)));
        assert_eq!(parse_duration("P1DT12H"), Some(TimeDelta::hours(36)));
        for wrong in ["", "P", "PT", "P1M", "3D", "PT1M1H", "P-1D", "PD", "P99999999999999999999D"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn whole_days_count_eight_hours_each() {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let (start, end) = zone.whole_days("2024-05-25".parse().unwrap(), "2024-05-27".parse().unwrap());
        let span = Span { start, end, all_day: true, zone };
        assert!((span.hours(8.0) - 24.0).abs() < f64::EPSILON);
        assert_eq!((span.start_text(), span.end_text()), ("2024-05-25".into(), "2024-05-27".into()));
    }
}
