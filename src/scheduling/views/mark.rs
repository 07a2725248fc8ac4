//! What a notice of days off says of a day: pure.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use crate::dates::Workdays;

/// A day that a notice names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DayMark {
    /// Whether it is worked though it is a weekend; else it is off.
    pub work: bool,
    /// Of which holiday.
    pub name: String,
    /// Whether the name is to be said: on the first of several such days in a row, and at the beginning of what is shown.
    pub says: bool,
}

/// The mark of a day, if it has one; `first` is the first day that is shown.
#[must_use]
pub fn mark(workdays: &Workdays, day: NaiveDate, first: NaiveDate) -> Option<DayMark> {
    let name = workdays.holiday(day)?;
    let off = workdays.is_off(day);
    let same = |other: NaiveDate| workdays.holiday(other) == Some(name) && workdays.is_off(other) == off;
    let says = day == first || day.pred_opt().is_none_or(|before| !same(before));
    Some(DayMark { work: !off, name: name.to_owned(), says })
}

/// The year that has no notice yet, if that of `day` has none: its days go by weekends.
#[must_use]
pub fn year_without_notice(workdays: &Workdays, day: NaiveDate) -> Option<String> {
    (!workdays.is_known(day.year())).then(|| day.year().to_string())
}
