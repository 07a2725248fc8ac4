//! A series laid out anew by its rule for the new year. Pure.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime};
use entity::state::OnDayOff;

use super::Ground;
use crate::dates::{End, Freq, Until};
use crate::scheduling::series::{LaidOut, MOST_SITTINGS, NewSeries, Pattern, lay_out};

/// A series in the new year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// As it is made; its key is the event's.
    pub new: NewSeries,
    /// What its rule comes to.
    pub laid: LaidOut,
    /// Whether sittings on days off stayed where they were: now they move to the working day after.
    pub was_kept: bool,
}

/// The series as it recurs in the new year: as many sittings as it had in the old one where it counts them, else to the
/// year's end. None where its rule gives nothing in one of the years.
pub(super) fn renew(pattern: &Pattern, key: &str, ground: &Ground<'_>) -> Option<Renewed> {
    let old = pattern.rule.expand(pattern.first, pattern.zone, MOST_SITTINGS).ok()?;
    let old: Vec<NaiveDateTime> = old.slots.into_iter().filter(|slot| slot.year() == ground.from).collect();
    let first = old.first()?;
    let year_end = NaiveDate::from_ymd_opt(ground.to, 12, 31)?;
    let begin = beginning(pattern, first.date(), ground)?.and_time(first.time());
    let to_year_end = pattern.rule.clone().ending(End::Until(Until::Day(year_end)));
    let slots = to_year_end.expand(begin, pattern.zone, MOST_SITTINGS).ok()?.slots;
    let counted = matches!(pattern.rule.end(), End::Count(_)) && slots.len() >= old.len();
    let end = if counted { End::Count(u32::try_from(old.len()).ok()?) } else { End::Until(Until::Day(year_end)) };
    let start = *slots.first()?;
    let was_kept = pattern.on_day_off == OnDayOff::Keep;
    let renewed = Pattern {
        rule: pattern.rule.clone().ending(end),
        first: start,
        on_day_off: if was_kept { OnDayOff::After } else { pattern.on_day_off },
        ..pattern.clone()
    };
    let laid = lay_out(&renewed, ground.workdays).ok()?;
    let new = NewSeries {
        key: key.to_owned(),
        starts_at: renewed.starts_text(),
        ends_at: renewed.ends_text(),
        rrule: renewed.rule.text(),
        time_zone: None,
        on_day_off: Some(renewed.on_day_off),
    };
    let was_kept = was_kept && laid.planned.iter().any(|one| one.off.is_some());
    Some(Renewed { new, laid, was_kept })
}

/// Where the rule begins to count in the new year: a rule by months that names weekdays or days at the beginning of the
/// month in which it began, one that names none on the same day; a rule by weeks or days at the same place of the month.
fn beginning(pattern: &Pattern, first: NaiveDate, ground: &Ground<'_>) -> Option<NaiveDate> {
    let text = pattern.rule.text();
    match pattern.rule.freq() {
        Freq::Monthly | Freq::Yearly if text.contains("BYDAY") || text.contains("BYMONTHDAY") => {
            NaiveDate::from_ymd_opt(ground.to, first.month(), 1)
        }
        Freq::Monthly | Freq::Yearly => first.with_year(ground.to).or_else(|| {
            let before = first.checked_sub_days(Days::new(1))?;
            before.with_year(ground.to)
        }),
        Freq::Weekly | Freq::Daily => Some(ground.same_place(first).0),
    }
}
