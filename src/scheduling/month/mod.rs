//! A month as a grid of whole weeks.

pub mod pages;

use chrono::{Datelike, Days, Months, NaiveDate};

/// The days of the weeks that a month touches, Monday first.
#[must_use]
pub fn days(first: NaiveDate) -> Vec<NaiveDate> {
    let last = last_day(first);
    let start = first - Days::new(first.weekday().num_days_from_monday().into());
    let end = last + Days::new((6 - last.weekday().num_days_from_monday()).into());
    start.iter_days().take_while(|day| *day <= end).collect()
}

/// The last day of the month that begins with `first`.
#[must_use]
pub fn last_day(first: NaiveDate) -> NaiveDate {
    first + Months::new(1) - Days::new(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_shown_in_whole_weeks_from_monday() {
        let may = days("2024-05-01".parse().unwrap());
        assert_eq!(may.first().unwrap().to_string(), "2024-04-29");
        assert_eq!(may.last().unwrap().to_string(), "2024-06-02");
        let february = days("2021-02-01".parse().unwrap());
        assert_eq!(february.len(), 28, "a month that fills its weeks needs no others");
    }
}
