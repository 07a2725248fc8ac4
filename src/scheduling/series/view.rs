//! A series as JSON shows it.

use chrono::NaiveDateTime;
use entity::state::OnDayOff;
use serde::Serialize;
use utoipa::ToSchema;

use super::apply::Applied;
use super::lay_out::Why;
use super::shown::Series;
use crate::locale::Lang;

/// The rule by which sittings of an event recur, and what days off make of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SeriesView {
    /// Opaque.
    pub id: String,
    /// The beginning of its sittings' keys.
    pub key: String,
    /// RFC 5545 section 3.3.10, canonical.
    #[schema(example = "FREQ=MONTHLY;INTERVAL=3;BYDAY=2TH;COUNT=4")]
    pub rrule: String,
    /// The rule in words.
    pub words: Words,
    /// Local start of the first slot; a date where its sittings are whole days.
    #[schema(example = "2026-01-08T14:30")]
    pub starts_at: String,
    /// Local end of the first slot; of whole days the last, included.
    #[schema(example = "2026-01-08T16:30")]
    pub ends_at: String,
    /// Whether its sittings are whole days.
    pub all_day: bool,
    /// IANA name, of its event.
    pub time_zone: String,
    /// `keep`, `skip`, `before` or `after`.
    #[schema(value_type = String, example = "after")]
    pub on_day_off: OnDayOff,
    /// The first date whose slots the rule says; null is all. Earlier sittings stand as an earlier rule left them.
    pub applies_from: Option<String>,
    /// The last day of a rule without an end, which is followed for two years; null when it ends by itself.
    pub bounded_until: Option<String>,
    /// Slots that a day off moves.
    pub moved: Vec<SlotView>,
    /// Slots that a day off swallows.
    pub skipped: Vec<SlotView>,
    /// Slots without a sitting: moved, they would be on a day that has one.
    pub dropped: Vec<SlotView>,
    /// Local times that do not exist, for clocks are put forward over them.
    pub missing: Vec<String>,
    /// Years of which no notice of days off is known; there, they are weekends.
    pub years_without_notice: Vec<i32>,
    /// What the request that is answered here did to its sittings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<AppliedView>,
}

/// A rule in words.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Words {
    /// Chinese.
    #[serde(rename = "zh-CN")]
    pub zh: String,
    /// English.
    pub en: String,
}

/// A slot that a day off changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SlotView {
    /// Its date in the rule.
    pub date: String,
    /// Where it goes, or would have gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The holiday, as its notice names it; `weekend` where none does.
    pub why: String,
}

/// What a change did to the sittings of a series; each by its key.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct AppliedView {
    /// Those that changed.
    pub changed: Vec<String>,
    /// Those that are new, or came back.
    pub added: Vec<String>,
    /// Those that were called off.
    pub cancelled: Vec<String>,
    /// Those of a draft that are gone.
    pub removed: Vec<String>,
    /// Those that kept the time that somebody set by hand.
    pub by_hand: Vec<String>,
    /// Local times that do not exist: those sittings stayed as they were.
    pub missing: Vec<String>,
}

fn why(off: Option<&Why>) -> String {
    match off {
        Some(Why::Holiday(name)) => name.clone(),
        Some(Why::Weekend) | None => "weekend".to_owned(),
    }
}

fn local(at: &NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M").to_string()
}

impl AppliedView {
    /// What is shown of it.
    #[must_use]
    pub fn of(done: &Applied) -> Self {
        Self {
            changed: done.changed.clone(),
            added: done.added.clone(),
            cancelled: done.cancelled.clone(),
            removed: done.removed.clone(),
            by_hand: done.by_hand.clone(),
            missing: done.left.iter().map(local).collect(),
        }
    }
}

impl SeriesView {
    /// What is shown of a series.
    #[must_use]
    pub fn of(series: &Series) -> Self {
        let (row, laid) = (&series.row, &series.laid);
        let moved = laid.planned.iter().filter(|planned| planned.is_moved()).map(|planned| SlotView {
            date: planned.slot.date().to_string(),
            to: Some(planned.day.to_string()),
            why: why(planned.off.as_ref()),
        });
        let skipped = laid.skipped.iter().map(|one| SlotView {
            date: one.slot.date().to_string(),
            to: None,
            why: why(Some(&one.off)),
        });
        let dropped = laid.dropped.iter().map(|one| SlotView {
            date: one.slot.date().to_string(),
            to: Some(one.day.to_string()),
            why: why(one.off.as_ref()),
        });
        Self {
            id: row.id.to_string(),
            key: row.key.clone(),
            rrule: row.rrule.clone(),
            words: Words { zh: series.words(Lang::Zh), en: series.words(Lang::En) },
            starts_at: row.starts_at.clone(),
            ends_at: row.ends_at.clone(),
            all_day: row.all_day,
            time_zone: series.pattern.zone.name().to_owned(),
            on_day_off: row.on_day_off,
            applies_from: row.applies_from.map(|day| day.to_string()),
            bounded_until: laid.bounded.map(|day| day.to_string()),
            moved: moved.collect(),
            skipped: skipped.collect(),
            dropped: dropped.collect(),
            missing: laid.missing.iter().map(local).collect(),
            years_without_notice: laid.unset_years.clone(),
            applied: series.applied.as_ref().map(AppliedView::of),
        }
    }
}
