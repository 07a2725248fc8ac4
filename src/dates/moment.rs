//! Dates and times as files and requests write them.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SubsecRound, Utc};

use super::Zone;

/// Why a text is no date or time; its text for people is `field-` and the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MomentError {
    /// It has another form, or names a day that no calendar has.
    #[error("is no time such as 2024-03-12T09:00 or 2024-03-12T09:00:00+08:00")]
    BadTime,
    /// The same of a date.
    #[error("is no date such as 2024-03-12")]
    BadDate,
    /// Clocks jump over it.
    #[error("does not exist in its time zone")]
    Missing,
}

impl MomentError {
    /// The key of its text, without `field-`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadTime => "bad-time",
            Self::BadDate => "bad-date",
            Self::Missing => "missing-local-time",
        }
    }
}

/// Reads a time: local in `zone` (`2024-03-12T09:00`, seconds allowed, a blank instead of `T` too), or with an offset
/// or `Z`. Cut to microseconds.
pub fn parse_moment(text: &str, zone: Zone) -> Result<DateTime<Utc>, MomentError> {
    let text = text.trim().replacen(' ', "T", 1);
    let at = if let Some(at) = with_offset(&text) {
        at
    } else {
        let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f"]
            .into_iter()
            .find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok())
            .ok_or(MomentError::BadTime)?;
        zone.instant(local).map_err(|_| MomentError::Missing)?
    };
    sensible(at.year()).then(|| at.trunc_subsecs(6)).ok_or(MomentError::BadTime)
}

fn with_offset(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    DateTime::parse_from_str(&text.replace('Z', "+00:00"), "%Y-%m-%dT%H:%M%:z").ok().map(|at| at.to_utc())
}

/// Reads a date, `2024-03-12`.
pub fn parse_date(text: &str) -> Result<NaiveDate, MomentError> {
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| MomentError::BadDate)?;
    sensible(day.year()).then_some(day).ok_or(MomentError::BadDate)
}

/// A year beyond these is a slip of the pen; and texts of instants compare only while years have four digits.
const fn sensible(year: i32) -> bool {
    year >= 1900 && year < 3000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times_are_of_the_zone_and_offsets_are_kept() {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let nine: DateTime<Utc> = "2024-03-12T01:00:00Z".parse().unwrap();
        for text in [
            "2024-03-12T09:00",
            "2024-03-12 09:00:00",
            "2024-03-12T09:00+08:00",
            "2024-03-12T01:00:00Z",
            "2024-03-12T01:00Z",
        ] {
            assert_eq!(parse_moment(text, zone), Ok(nine), "{text}");
        }
        for text in [
            "",
            "2024-03-12",
            "2024-02-30T09:00",
            "12.3.2024 09:00",
            "2024-03-12T25:00",
            "20240-03-12T09:00",
            "0024-03-12T09:00",
        ] {
            assert_eq!(parse_moment(text, zone), Err(MomentError::BadTime), "{text}");
        }
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        assert_eq!(parse_moment("2026-03-29T02:30", berlin), Err(MomentError::Missing));
    }

    #[test]
    fn dates_are_whole() {
        assert!(parse_date("2024-02-29").is_ok());
        for text in ["2023-02-29", "2024-3-x", "", "2024-03-12T09:00", "9999-01-01"] {
            assert_eq!(parse_date(text), Err(MomentError::BadDate), "{text}");
        }
    }
}
