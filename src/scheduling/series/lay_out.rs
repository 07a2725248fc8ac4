//! Laying a series out: which sittings a rule gives, once days off had their say. Pure.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use entity::state::OnDayOff;

use super::pattern::{Pattern, rule_problem};
use crate::dates::{Workdays, Zone};
use crate::error::FieldProblem;

/// Sittings that one series may have.
pub const MOST_SITTINGS: usize = 1000;

/// Why a day is off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A notice names it.
    Holiday(String),
    /// It is a Saturday or Sunday.
    Weekend,
}

/// A sitting that takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Local start that the rule gives.
    pub slot: NaiveDateTime,
    /// The day on which it takes place.
    pub day: NaiveDate,
    /// Why the slot's date is off: then the sitting was moved, or stays on it by the setting.
    pub off: Option<Why>,
}

impl Planned {
    /// Whether a day off moved it.
    #[must_use]
    pub fn is_moved(&self) -> bool {
        self.day != self.slot.date()
    }
}

/// A slot that a day off swallowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Local start that the rule gives.
    pub slot: NaiveDateTime,
    /// Why that date is off.
    pub off: Why,
}

/// A slot that would have been moved onto a day on which another sitting is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Local start that the rule gives.
    pub slot: NaiveDateTime,
    /// The day that was taken.
    pub day: NaiveDate,
    /// Why the slot's date is off.
    pub off: Option<Why>,
}

/// What a rule comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaidOut {
    /// The sittings that take place, by slot.
    pub planned: Vec<Planned>,
    /// Slots without a sitting, for their date is off.
    pub skipped: Vec<Skipped>,
    /// Slots without a sitting, for two would be on one day.
    pub dropped: Vec<Dropped>,
    /// Local times that do not exist in the zone.
    pub missing: Vec<NaiveDateTime>,
    /// Of a rule without an end: the last day that was looked at.
    pub bounded: Option<NaiveDate>,
    /// Years without a notice: there, days off are weekends.
    pub unset_years: Vec<i32>,
}

/// Lays a pattern out; refuses, beside `series.rrule`, a rule that gives nothing or more than [`MOST_SITTINGS`].
pub fn lay_out(pattern: &Pattern, workdays: &Workdays) -> Result<LaidOut, FieldProblem> {
    // Whole days exist in every zone, whatever its clocks do at midnight.
    let zone = if pattern.all_day() { Zone(chrono_tz::UTC) } else { pattern.zone };
    let expansion = pattern.rule.expand(pattern.first, zone, MOST_SITTINGS).map_err(|error| rule_problem(&error))?;
    let mut laid = LaidOut { bounded: expansion.bounded, missing: expansion.missing, ..LaidOut::default() };
    let years: BTreeSet<i32> = expansion.slots.iter().map(Datelike::year).collect();
    laid.unset_years = years.into_iter().filter(|year| !workdays.is_known(*year)).collect();
    let off = |day: NaiveDate| workdays.is_off(day).then(|| why(workdays, day));
    // A sitting on its own date comes before one that was moved onto it.
    let stays = |day: NaiveDate| pattern.on_day_off == OnDayOff::Keep || !workdays.is_off(day);
    let mut taken: BTreeSet<NaiveDate> =
        expansion.slots.iter().map(NaiveDateTime::date).filter(|day| stays(*day)).collect();
    for slot in expansion.slots {
        let off = off(slot.date());
        if stays(slot.date()) {
            laid.planned.push(Planned { slot, day: slot.date(), off });
            continue;
        }
        match (workdays.adjust(slot.date(), pattern.on_day_off), off) {
            (Some(day), off) if !taken.insert(day) => laid.dropped.push(Dropped { slot, day, off }),
            (Some(day), _) if pattern.span(day).is_none() => laid.missing.push(day.and_time(slot.time())),
            (Some(day), off) => laid.planned.push(Planned { slot, day, off }),
            (None, off) => laid.skipped.push(Skipped { slot, off: off.unwrap_or(Why::Weekend) }),
        }
    }
    if laid.planned.is_empty() {
        return Err(FieldProblem::new("series.rrule", "series-all-off"));
    }
    Ok(laid)
}

/// Why a day off is off.
pub(super) fn why(workdays: &Workdays, day: NaiveDate) -> Why {
    workdays.holiday(day).map_or(Why::Weekend, |name| Why::Holiday(name.to_owned()))
}
