//! The ways to look at sessions, and the address of each.

use chrono::{Datelike, NaiveDate};

/// One of the five ways to look at the same sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// A grid of the days of a month.
    Month,
    /// Seven days by the hour.
    Week,
    /// From a day on, in order.
    Agenda,
    /// A year on one page: kinds by months.
    Planner,
    /// A year's events.
    List,
}

impl View {
    /// All, in the order in which pages offer them.
    pub const ALL: [Self; 5] = [Self::Month, Self::Week, Self::Agenda, Self::Planner, Self::List];

    /// Its name among the texts, and the letter that leads to it.
    #[must_use]
    pub const fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Month => ("month", "m"),
            Self::Week => ("week", "w"),
            Self::Agenda => ("agenda", "a"),
            Self::Planner => ("planner", "y"),
            Self::List => ("list", "l"),
        }
    }

    /// Where it is.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Month => "/calendar",
            Self::Week => "/week",
            Self::Agenda => "/agenda",
            Self::Planner => "/planner",
            Self::List => "/events",
        }
    }
}

/// What an address says of the time that a view shows.
pub(super) fn at(view: View, day: NaiveDate) -> Vec<(&'static str, String)> {
    match view {
        View::Month => vec![("year", day.year().to_string()), ("month", day.month().to_string())],
        View::Week | View::Agenda => vec![("date", day.to_string())],
        View::Planner | View::List => vec![("year", day.year().to_string())],
    }
}

/// The address of a view at a time, with what else is kept.
pub(super) fn address(view: View, at: &[(&str, String)], kept: &[(&str, &str)]) -> String {
    let all = at.iter().map(|(name, value)| (*name, value.as_str())).chain(kept.iter().copied());
    let given = all.filter(|(_, value)| !value.is_empty());
    let query: Vec<_> = given.map(|(name, value)| format!("{name}={}", crate::view::encode(value))).collect();
    format!("{}?{}", view.path(), query.join("&"))
}
