//! What a cell says: dates, times, numbers, lists. Pure.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SubsecRound, Utc};

use super::Reason;
use crate::dates::Zone;

/// Years that a date may be in; beyond them it is a slip of the finger.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// Reads a date: `2024-03-12`, or as a spreadsheet writes it, `2024/3/12`; a midnight behind it is what the date cell
/// of a workbook carries.
pub fn date(text: &str) -> Result<NaiveDate, Reason> {
    let plain = plain_time(text);
    let day = plain.split_once('T').map_or(plain.as_str(), |(day, time)| match time {
        "00:00" | "00:00:00" | "0:00" | "0:00:00" => day,
        _ => "",
    });
    let date = NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(|_| Reason::BadDate)?;
    if YEARS.contains(&date.year()) { Ok(date) } else { Err(Reason::BadDate) }
}

/// Reads a time: local in `zone`, or with an offset; seconds may be missing. Cut to microseconds, which is what both
/// databases keep.
pub fn time(text: &str, zone: Zone) -> Result<DateTime<Utc>, Reason> {
    let plain = plain_time(text);
    let with_offset = plain.strip_suffix(['Z', 'z']).map(|start| format!("{start}+00:00"));
    let with_offset = with_offset.as_deref().unwrap_or(&plain);
    let offset = ["%Y-%m-%dT%H:%M%:z", "%Y-%m-%dT%H:%M:%S%.f%:z"]
        .iter()
        .find_map(|format| DateTime::parse_from_str(with_offset, format).ok());
    let at = if let Some(at) = offset {
        at.with_timezone(&Utc)
    } else {
        let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(&plain, format).ok())
            .ok_or(Reason::BadTime)?;
        zone.instant(local).map_err(|_| Reason::NoSuchTime)?
    };
    if YEARS.contains(&zone.day(at).year()) { Ok(at.trunc_subsecs(6)) } else { Err(Reason::BadTime) }
}

/// Slashes and blanks as spreadsheets write them become the form of ISO 8601.
fn plain_time(text: &str) -> String {
    text.replace('/', "-").replacen(' ', "T", 1)
}

/// Reads yes or no.
pub fn yes_no(text: &str) -> Result<bool, Reason> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "是" => Ok(true),
        "no" | "false" | "否" => Ok(false),
        _ => Err(Reason::NotYesNo),
    }
}

/// Reads a whole number of at most nine digits, which no sum of a year's rows can carry over the edge.
pub fn whole(text: &str) -> Result<i64, Reason> {
    let number: i64 = text.parse().map_err(|_| {
        if text.parse::<f64>().is_ok_and(f64::is_finite) { Reason::NotWhole } else { Reason::BadNumber }
    })?;
    if number.abs() <= 999_999_999 { Ok(number) } else { Err(Reason::BadNumber) }
}

/// Reads a number that is not below zero and at most a million.
pub fn not_negative(text: &str) -> Result<f64, Reason> {
    let number: f64 = text.parse().map_err(|_| Reason::BadNumber)?;
    match number {
        n if n < 0.0 => Err(Reason::Negative),
        // Zero with a sign is zero; PostgreSQL and SQLite would write it down differently.
        n if n <= 1_000_000.0 => Ok(n + 0.0),
        _ => Err(Reason::BadNumber),
    }
}

/// The parts of a list, each once, in order; the separator is `;`, also the full-width one that Chinese keyboards give.
#[must_use]
pub fn list(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in text.split([';', '；']).map(str::trim).filter(|part| !part.is_empty()) {
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts
}

/// Whether a text can name a metric: a lower-case word such as `materials` or `online_reads`.
#[must_use]
pub fn is_metric(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> Zone {
        Zone::parse("Asia/Shanghai").unwrap()
    }

    #[test]
    fn times_are_local_or_carry_an_offset() {
        let nine: DateTime<Utc> = "2024-03-12T01:00:00Z".parse().unwrap();
        for text in [
            "2024-03-12T09:00",
            "2024-03-12T09:00:00",
            "2024/3/12 9:00",
            "2024-03-12T01:00Z",
            "2024-03-12T10:00:00.0+09:00",
        ] {
            assert_eq!(time(text, zone()), Ok(nine), "{text}");
        }
        for text in [
            "",
            "2024-03-12",
            "2024-13-12T09:00",
            "2024-02-30T09:00",
            "2024-03-12T25:00",
            "12.3.2024 09:00",
            "20240312T0900",
            "0024-03-12T09:00",
            "+12024-03-12T09:00",
        ] {
            assert_eq!(time(text, zone()), Err(Reason::BadTime), "{text}");
        }
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        assert_eq!(time("2026-03-29T02:30", berlin), Err(Reason::NoSuchTime));
    }

    #[test]
    fn dates_are_dates_and_nothing_more() {
        let day = NaiveDate::from_ymd_opt(2024, 3, 2).unwrap();
        for text in ["2024-03-02", "2024/3/2", "2024-03-02T00:00:00"] {
            assert_eq!(date(text), Ok(day), "{text}");
        }
        for text in ["", "2024-03-02T09:00", "2024-02-30", "2023-02-29", "24-03-02", "2024-03", "45353"] {
            assert_eq!(date(text), Err(Reason::BadDate), "{text}");
        }
    }

    #[test]
    fn numbers_say_what_is_wrong_with_them() {
        assert_eq!((whole("-12"), whole("1.5"), whole("x")), (Ok(-12), Err(Reason::NotWhole), Err(Reason::BadNumber)));
        assert_eq!(whole("9999999999"), Err(Reason::BadNumber));
        assert_eq!(not_negative("-1"), Err(Reason::Negative));
        for text in ["NaN", "inf", "1e300", ""] {
            assert_eq!(not_negative(text), Err(Reason::BadNumber), "{text}");
        }
        assert_eq!(not_negative("0.5"), Ok(0.5));
    }

    #[test]
    fn lists_keep_their_order_and_drop_doubles() {
        assert_eq!(list("org:A; org:B；org:A;;"), ["org:A", "org:B"]);
    }
}
