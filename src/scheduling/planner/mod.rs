//! A year on one page: kinds by months, each cell its sittings in few words. Pure.

pub mod pages;

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Utc};

use super::sitting::Sitting;
use super::{CLASSES, Class, Kinds, Phase};

/// Lines of one cell; the others are a link away.
pub const MOST: usize = 12;

/// Sittings of one event in one month that stand the same and have one name: one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The first of them.
    pub first: &'a Sitting,
    /// Their days of the month; of one over several days its first.
    pub days: Vec<u32>,
    /// The last day of the only one, where it lasts longer than its first.
    pub until: Option<(u32, u32)>,
    /// Where they stand.
    pub phase: Phase,
}

/// A month of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell<'a> {
    /// In order of their first day.
    pub lines: Vec<Line<'a>>,
    /// Sittings, without those cancelled.
    pub count: usize,
}

/// A kind's year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The kind's key.
    pub kind: &'a str,
    /// January to December.
    pub cells: [Cell<'a>; 12],
}

impl Row<'_> {
    /// Sittings of the year, without those cancelled.
    #[must_use]
    pub fn count(&self) -> usize {
        self.cells.iter().map(|cell| cell.count).sum()
    }
}

/// The rows of each class, in the order of the classes and of the kinds; kinds without a sitting have none. A kind that
/// the site no longer has stands among the meetings, as everywhere.
#[must_use]
pub fn rows<'a>(sittings: &'a [Sitting], kinds: &Kinds, now: DateTime<Utc>) -> Vec<(Class, Vec<Row<'a>>)> {
    let mut found: BTreeMap<&str, [Vec<&Sitting>; 12]> = BTreeMap::new();
    for sitting in sittings {
        let months = found.entry(&sitting.kind).or_default();
        months[sitting.day.month0() as usize].push(sitting);
    }
    let class_of = |kind: &str| kinds.get(kind).map_or(Class::Meeting, |kind| kind.class);
    let row = |(&kind, months): (&&'a str, &[Vec<&'a Sitting>; 12])| Row {
        kind,
        cells: std::array::from_fn(|month| cell(&months[month], now)),
    };
    CLASSES
        .into_iter()
        .map(|class| (class, found.iter().filter(|(kind, _)| class_of(kind) == class).map(row).collect::<Vec<_>>()))
        .filter(|(_, rows)| !rows.is_empty())
        .collect()
}

fn cell<'a>(sittings: &[&'a Sitting], now: DateTime<Utc>) -> Cell<'a> {
    let mut lines: Vec<Line<'a>> = Vec::new();
    for &sitting in sittings {
        let (phase, span) = (sitting.phase(now), sitting.span());
        let last = span.last_day();
        let until = (last > sitting.day).then(|| (last.month(), last.day()));
        let same = |line: &&mut Line<'a>| {
            line.first.event_id == sitting.event_id
                && line.phase == phase
                && line.first.title() == sitting.title()
                && line.first.unfinished == sitting.unfinished
                && line.until.is_none()
        };
        let day = sitting.day.day();
        match lines.iter_mut().find(same).filter(|_| until.is_none()) {
            Some(line) if line.days.contains(&day) => {}
            Some(line) => line.days.push(day),
            None => lines.push(Line { first: sitting, days: vec![day], until, phase }),
        }
    }
    let count = sittings.iter().filter(|sitting| sitting.phase(now) != Phase::Cancelled).count();
    Cell { lines, count }
}
