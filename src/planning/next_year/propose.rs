//! What each event of a year becomes in the next. Pure.

use chrono::{Datelike, NaiveDate};
use entity::id::{EventId, SessionId};

use super::Ground;
use super::place::{Placed, Shape, Why, plus};
use super::series::{Renewed, renew};
use super::source::{Old, Source};
use super::tie::{self, Found, Tie};
use crate::access::hash;
use crate::planning::words::replace_number;

/// Working days up to which sittings of one event keep their distance; those further apart keep their own place in the
/// year.
const CLOSE: u32 = 10;

/// The longest key: an event's may have 100 characters, and so may its sittings' with their numbers behind.
const LONGEST_KEY: usize = 91;

/// A sitting of the old year with its days in the new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Laid {
    /// The old sitting.
    pub id: SessionId,
    /// Its old first day.
    pub old_first: NaiveDate,
    /// Its old last day.
    pub old_last: NaiveDate,
    /// Its new days.
    pub new: Placed,
}

/// What is worth a word about a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// It lay on a day off, and now lies on a working day.
    WasOnDayOff,
    /// It lay on working days alone and finds no such run: it spans days off.
    SpansDaysOff,
    /// The days of its observance are expected, not set.
    Expected,
    /// Its observance is not kept in the new year.
    ObservanceGone,
    /// It was never published.
    LeftAsDraft,
    /// Its sittings stayed on days off; now they move to the working day after.
    KeptBefore,
    /// Its series has sittings in the new year already.
    GoesOn,
    /// Its year has no notice of days off.
    NoNotice,
}

/// What an event becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// The old event.
    pub id: EventId,
    /// The new event's key.
    pub key: String,
    /// The new event's title.
    pub title: String,
    /// The observance that it follows.
    pub tie: Option<Tie>,
    /// Its sittings, by day; none of a series.
    pub sittings: Vec<Laid>,
    /// Its series, laid out anew.
    pub series: Option<Renewed>,
    /// What is worth a word.
    pub warnings: Vec<Warning>,
}

/// Lays each event out in the new year, in the order given.
#[must_use]
pub fn propose(sources: &[Source], ground: &Ground<'_>) -> Vec<Proposed> {
    sources.iter().filter(|source| !source.sittings.is_empty()).map(|source| one(source, ground)).collect()
}

/// The key of what an event becomes in a year: the same from whichever year it is copied.
#[must_use]
pub fn key_of(key: &str, year: i32) -> String {
    let base = match key.rsplit_once('@') {
        Some((base, suffix)) if suffix.len() == 4 && suffix.bytes().all(|b| b.is_ascii_digit()) => base,
        _ => key,
    };
    let whole = format!("{base}@{year}");
    if whole.chars().count() <= LONGEST_KEY {
        return whole;
    }
    let beginning: String = base.chars().take(LONGEST_KEY - 5 - 13).collect();
    format!("{beginning}~{}@{year}", &hash(base)[..12])
}

fn one(source: &Source, ground: &Ground<'_>) -> Proposed {
    let mut warnings = Vec::new();
    let first = source.sittings.first().map_or_else(NaiveDate::default, |old| old.first);
    let tie = match tie::find(source, first, ground) {
        Found::None => None,
        Found::Gone => {
            warnings.push(Warning::ObservanceGone);
            None
        }
        Found::Tied(tie) => {
            if !tie.is_set {
                warnings.push(Warning::Expected);
            }
            Some(tie)
        }
    };
    let key = key_of(&source.key, ground.to);
    let series = source.series.as_ref().and_then(|pattern| renew(pattern, &key, ground));
    // Of a rule that gives nothing there, the sittings themselves are laid out.
    let sittings = if series.is_some() { Vec::new() } else { lay(&source.sittings, tie.as_ref(), ground) };
    if series.as_ref().is_some_and(|series| series.was_kept) {
        warnings.push(Warning::KeptBefore);
    }
    if source.goes_on {
        warnings.push(Warning::GoesOn);
    }
    for laid in &sittings {
        let old = ground.shape(laid.old_first, laid.old_last);
        if ground.workdays.is_off(laid.old_first) || ground.workdays.is_off(laid.old_last) {
            warnings.push(Warning::WasOnDayOff);
        }
        if old.working && !ground.shape(laid.new.first, laid.new.last).working {
            warnings.push(Warning::SpansDaysOff);
        }
    }
    if source.left_as_draft {
        warnings.push(Warning::LeftAsDraft);
    }
    if !ground.workdays.is_known(ground.to) {
        warnings.push(Warning::NoNotice);
    }
    warnings.sort_unstable();
    warnings.dedup();
    Proposed {
        id: source.id,
        key,
        title: replace_number(&source.title, &ground.from.to_string(), &ground.to.to_string()),
        tie,
        sittings,
        series,
        warnings,
    }
}

/// Sittings that lie close together move together; the rest keep their own places, in their order.
fn lay(sittings: &[Old], tie: Option<&Tie>, ground: &Ground<'_>) -> Vec<Laid> {
    let mut laid: Vec<Laid> = Vec::with_capacity(sittings.len());
    let mut from = 0;
    while from < sittings.len() {
        let close = sittings[from..].windows(2).take_while(|pair| is_close(&pair[0], &pair[1], ground)).count();
        let group = &sittings[from..=from + close];
        let mut placed = chain(group, tie, ground, 0);
        // What the groups before reach into comes after them.
        if let (Some(before), Some(head)) = (laid.last(), placed.first())
            && head.first <= before.new.last
        {
            let shape = ground.shape(group[0].first, group[0].last);
            let start = ground.after(before.new.last, 1, shape);
            placed = follow(group, start, ground);
        }
        for earlier in 1..=60 {
            if placed.iter().all(|one| one.last.year() == ground.to) {
                break;
            }
            placed = chain(group, tie, ground, earlier);
        }
        let pairs = group.iter().zip(placed);
        laid.extend(pairs.map(|(old, new)| Laid { id: old.id, old_first: old.first, old_last: old.last, new }));
        from += close + 1;
    }
    laid
}

fn is_close(before: &Old, after: &Old, ground: &Ground<'_>) -> bool {
    ground.gap(before.last, after.first) <= CLOSE
}

/// The first in its place, `earlier` working days before it where the year would end too soon, the others after it.
fn chain(group: &[Old], tie: Option<&Tie>, ground: &Ground<'_>, earlier: usize) -> Vec<Placed> {
    let Some(head) = group.first() else { return Vec::new() };
    let shape = ground.shape(head.first, head.last);
    let mut start = match tie {
        Some(tie) => ground.tied_place((head.first, head.last), shape, tie),
        None => ground.own_place(head.first, shape),
    };
    for _ in 0..earlier {
        start.first = ground.workdays.before(start.first);
        start.last = plus(start.first, shape.more);
    }
    follow(group, start, ground)
}

fn follow(group: &[Old], start: Placed, ground: &Ground<'_>) -> Vec<Placed> {
    let mut placed = vec![start];
    for pair in group.windows(2) {
        let (before, old) = (&pair[0], &pair[1]);
        let shape: Shape = ground.shape(old.first, old.last);
        // Two sittings of one weekend lie on two days still.
        let gap = match ground.gap(before.last, old.first) {
            0 if old.first > before.last => 1,
            gap => gap,
        };
        let last = placed.last().map_or(old.first, |one| one.last);
        let next = if gap == 0 && old.first < before.last {
            // It began while the one before went on.
            let begun = placed.last().map_or(last, |one| one.first);
            ground.after(begun, ground.gap(before.first, old.first), shape)
        } else {
            ground.after(last, gap, shape)
        };
        placed.push(next);
    }
    placed
}

impl Laid {
    /// The same on a day that somebody chose.
    #[must_use]
    pub fn on(&self, first: NaiveDate) -> Self {
        if first == self.new.first {
            return self.clone();
        }
        let more = u64::try_from((self.new.last - self.new.first).num_days()).unwrap_or(0);
        let new = Placed { first, last: plus(first, more), why: Why::ByHand, moved: None };
        Self { new, ..self.clone() }
    }
}
