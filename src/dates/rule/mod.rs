//! Recurrence rules (RFC 5545 section 3.3.10), as far as sittings need them: days, weeks, months and years.
//!
//! A rule is kept in parts, read strictly, and written back in one canonical form. It is expanded on the wall clock;
//! instants are worked out by the zone afterwards, so that 14:30 stays 14:30 when clocks change.

mod expand;
mod form;
mod parse;
mod words;

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc, Weekday};

pub use expand::Expansion;
pub use form::{FormEnd, Pattern, RuleForm};

/// How often a rule recurs, before its interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freq {
    /// By days.
    Daily,
    /// By weeks.
    Weekly,
    /// By months.
    Monthly,
    /// By years.
    Yearly,
}

impl Freq {
    /// Its name in a rule.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "DAILY",
            Self::Weekly => "WEEKLY",
            Self::Monthly => "MONTHLY",
            Self::Yearly => "YEARLY",
        }
    }
}

/// Up to when a rule recurs, that moment included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// To the end of that local day.
    Day(NaiveDate),
    /// To that local time.
    Local(NaiveDateTime),
    /// To that instant.
    Instant(DateTime<Utc>),
}

/// How a rule ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It does not.
    Never,
    /// After so many sittings that take place.
    Count(u32),
    /// At a time.
    Until(Until),
}

/// A weekday, perhaps the k-th of its month or year; counted from the end when negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NthWeekday {
    /// Which one; each when there is none.
    pub nth: Option<i16>,
    /// Of which weekday.
    pub day: Weekday,
}

/// A rule by which something recurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    freq: Freq,
    interval: u16,
    end: End,
    by_month: Vec<u8>,
    by_week_no: Vec<i8>,
    by_year_day: Vec<i16>,
    by_month_day: Vec<i8>,
    by_day: Vec<NthWeekday>,
    by_set_pos: Vec<i32>,
    week_start: Weekday,
}

/// Why a rule cannot be read or expanded; its text for people is `field-` and the code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The text is too long to be a rule.
    #[error("is longer than 500 characters")]
    TooLong,
    /// It does not say how often.
    #[error("has no FREQ, such as FREQ=WEEKLY")]
    NoFrequency,
    /// A frequency that is not served.
    #[error("FREQ={0} is none of DAILY, WEEKLY, MONTHLY, YEARLY")]
    Frequency(String),
    /// Something that is no part of a rule.
    #[error("{0} is no part of a rule")]
    UnknownPart(String),
    /// Several sittings a day are no one rule.
    #[error("{0} is not possible: the time is that of the first sitting")]
    TimePart(String),
    /// The same part again.
    #[error("{0} stands there twice")]
    Twice(String),
    /// A part whose value means nothing.
    #[error("{part}={value} means nothing")]
    Value {
        /// Which part.
        part: &'static str,
        /// What it says.
        value: String,
    },
    /// A part that RFC 5545 does not allow there.
    #[error("{part} does not go with {other}")]
    NotWith {
        /// Which part.
        part: &'static str,
        /// With what.
        other: &'static str,
    },
    /// More sittings than a series may have.
    #[error("gives more than {limit} sittings")]
    TooMany {
        /// How many it may give.
        limit: usize,
    },
    /// It ends before the first sitting.
    #[error("ends before it begins")]
    UntilBeforeStart,
    /// No day fits it.
    #[error("fits no day at all")]
    NoDay,
    /// It does not come to its end within two hundred years.
    #[error("does not end within 200 years")]
    TooFar,
}

impl RuleError {
    /// The key of its text, without `field-`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "rule-too-long",
            Self::NoFrequency => "rule-no-frequency",
            Self::Frequency(_) => "rule-frequency",
            Self::UnknownPart(_) => "rule-unknown-part",
            Self::TimePart(_) => "rule-time-part",
            Self::Twice(_) => "rule-part-twice",
            Self::Value { .. } => "rule-value",
            Self::NotWith { .. } => "rule-not-with",
            Self::TooMany { .. } => "rule-too-many",
            Self::UntilBeforeStart => "rule-until-before-start",
            Self::NoDay => "rule-no-day",
            Self::TooFar => "rule-too-far",
        }
    }

    /// The arguments of its text.
    #[must_use]
    pub fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::TooLong | Self::NoFrequency | Self::UntilBeforeStart | Self::NoDay | Self::TooFar => Vec::new(),
            Self::Frequency(value) => vec![("value", value.clone())],
            Self::UnknownPart(part) | Self::TimePart(part) | Self::Twice(part) => vec![("part", part.clone())],
            Self::Value { part, value } => vec![("part", (*part).to_owned()), ("value", value.clone())],
            Self::NotWith { part, other } => vec![("part", (*part).to_owned()), ("other", (*other).to_owned())],
            Self::TooMany { limit } => vec![("limit", limit.to_string())],
        }
    }
}

impl Rule {
    /// How often it recurs.
    #[must_use]
    pub const fn freq(&self) -> Freq {
        self.freq
    }

    /// How it ends.
    #[must_use]
    pub const fn end(&self) -> End {
        self.end
    }

    /// The same rule with another end.
    #[must_use]
    pub fn ending(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    /// The canonical text: parts in a fixed order, without what is the default, values sorted, no `RRULE:`.
    #[must_use]
    pub fn text(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FREQ={}", self.freq.as_str())?;
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        list(f, "BYMONTH", &self.by_month)?;
        list(f, "BYWEEKNO", &self.by_week_no)?;
        list(f, "BYYEARDAY", &self.by_year_day)?;
        list(f, "BYMONTHDAY", &self.by_month_day)?;
        list(f, "BYDAY", &self.by_day)?;
        list(f, "BYSETPOS", &self.by_set_pos)?;
        if self.week_start != Weekday::Mon {
            write!(f, ";WKST={}", two_letters(self.week_start))?;
        }
        match self.end {
            End::Never => Ok(()),
            End::Count(count) => write!(f, ";COUNT={count}"),
            End::Until(Until::Day(day)) => write!(f, ";UNTIL={}", day.format("%Y%m%d")),
            End::Until(Until::Local(at)) => write!(f, ";UNTIL={}", at.format("%Y%m%dT%H%M%S")),
            End::Until(Until::Instant(at)) => write!(f, ";UNTIL={}", at.format("%Y%m%dT%H%M%SZ")),
        }
    }
}

impl fmt::Display for NthWeekday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(nth) = self.nth {
            write!(f, "{nth}")?;
        }
        f.write_str(two_letters(self.day))
    }
}

fn list(f: &mut fmt::Formatter<'_>, name: &str, values: &[impl fmt::Display]) -> fmt::Result {
    for (i, value) in values.iter().enumerate() {
        if i == 0 {
            write!(f, ";{name}={value}")?;
        } else {
            write!(f, ",{value}")?;
        }
    }
    Ok(())
}

const fn two_letters(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "MO",
        Weekday::Tue => "TU",
        Weekday::Wed => "WE",
        Weekday::Thu => "TH",
        Weekday::Fri => "FR",
        Weekday::Sat => "SA",
        Weekday::Sun => "SU",
    }
}
