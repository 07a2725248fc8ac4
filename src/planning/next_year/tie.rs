//! Which observance an event is held for, and when that is in both years. Pure.

use chrono::{Datelike, NaiveDate};

use super::Ground;
use super::source::Source;
use crate::dates::{Observance, Words};

/// How far from an observance an event of its kind may lie and still be held for it, in days.
const NEAR: i64 = 14;

/// An observance that an event is held for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: Words,
    /// Its first and last day in the old year; None where it was not kept yet.
    pub old: Option<(NaiveDate, NaiveDate)>,
    /// The same in the new year.
    pub new: (NaiveDate, NaiveDate),
    /// Whether the new days are set, not only expected.
    pub is_set: bool,
}

/// What came of looking for it.
pub(super) enum Found {
    /// The event is held for none.
    None,
    /// For one that is not kept in the new year.
    Gone,
    /// For this one.
    Tied(Tie),
}

/// The observance that the event names, else the one of its kind that its first sitting lies in or near.
pub(super) fn find(source: &Source, first: NaiveDate, ground: &Ground<'_>) -> Found {
    let key = match &source.observance {
        Some(key) => Some(key.clone()),
        None => of_kind(&source.kind, first, ground),
    };
    let Some(key) = key else { return Found::None };
    let Some(new) = ground.observances.get(&key, ground.to) else { return successor(source, first, ground) };
    let old = ground.observances.get(&key, ground.from).map(|old| (old.from, old.to));
    Found::Tied(Tie { is_set: new.is_set(), new: (new.from, new.to), key, name: new.name, old })
}

/// The observance of the same kind that took the place of one that is not kept any more: the day that became a month.
fn successor(source: &Source, first: NaiveDate, ground: &Ground<'_>) -> Found {
    let Some(day) = first.with_year(ground.to) else { return Found::Gone };
    let of_kind = ground.observances.of_year(ground.to).into_iter().filter(|one| one.kind == source.kind);
    let near =
        of_kind.filter(|one| distance(one, day) <= NEAR).min_by_key(|one| (distance(one, day), one.to - one.from));
    near.map_or(Found::Gone, |new| {
        Found::Tied(Tie { is_set: new.is_set(), new: (new.from, new.to), key: new.key, name: new.name, old: None })
    })
}

/// Of several of the kind the one that is nearest, and of those the shortest: the day before its week.
fn of_kind(kind: &str, first: NaiveDate, ground: &Ground<'_>) -> Option<String> {
    let of_kind = ground.observances.of_year(ground.from).into_iter().filter(|one| one.kind == kind);
    let near = of_kind.map(|one| (distance(&one, first), one.to - one.from, one.key));
    near.filter(|(distance, _, _)| *distance <= NEAR).min().map(|(_, _, key)| key)
}

fn distance(one: &Observance, day: NaiveDate) -> i64 {
    (one.from - day).num_days().max((day - one.to).num_days()).max(0)
}
