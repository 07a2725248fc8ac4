//! Which sitting gets which slot when a rule changes. Pure.
//!
//! By date first: a sitting stays with the date that the rule gave it when it was made, else with the one that the rule
//! gives it now. The rest go by their order, so that every Thursday becomes every Friday sitting by sitting.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::lay_out::Planned;

/// How a sitting stands towards a change of its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Begun, held, or with attendance: nothing about it changes.
    Fixed,
    /// Called off: it keeps its slot empty.
    Off,
    /// Called off because an earlier rule had no slot for it: it comes back with its date.
    Lapsed,
    /// Its time was set by hand: it keeps that, and its slot.
    ByHand,
    /// It follows the rule.
    Open,
}

/// A sitting as matching sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The date that the rule gave it when it was made.
    pub origin: NaiveDate,
    /// The date that the rule gives it now.
    pub slot: Option<NaiveDate>,
    /// The day on which it is.
    pub day: NaiveDate,
    /// How it stands.
    pub hold: Hold,
}

/// What became of sittings and slots; both by their place in the lists that were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matched {
    /// Sitting and slot.
    pub pairs: Vec<(usize, usize)>,
    /// Sittings for which there is no slot.
    pub surplus: Vec<usize>,
    /// Slots for which there is no sitting.
    pub new: Vec<usize>,
}

/// Gives each slot to a sitting, as far as there are any.
#[must_use]
pub fn match_slots(seats: &[Seat], slots: &[Planned]) -> Matched {
    let fixed = seats.iter().filter(|seat| seat.hold == Hold::Fixed);
    let taken: BTreeSet<NaiveDate> = fixed.clone().flat_map(|seat| [Some(seat.origin), seat.slot]).flatten().collect();
    let days: BTreeSet<NaiveDate> = fixed.map(|seat| seat.day).collect();
    let mut free: BTreeMap<NaiveDate, usize> = slots
        .iter()
        .enumerate()
        .filter(|(_, planned)| !taken.contains(&planned.slot.date()) && !days.contains(&planned.day))
        .map(|(i, planned)| (planned.slot.date(), i))
        .collect();
    let mut matched = Matched::default();
    let mut waiting: Vec<usize> = (0..seats.len()).filter(|i| seats[*i].hold != Hold::Fixed).collect();
    let by: [fn(&Seat) -> Option<NaiveDate>; 2] = [|seat| Some(seat.origin), |seat| seat.slot];
    for date in by {
        waiting.retain(|&i| match date(&seats[i]).and_then(|date| free.remove(&date)) {
            Some(slot) => {
                matched.pairs.push((i, slot));
                false
            }
            None => true,
        });
    }
    // What lapsed comes back by its date only.
    waiting.retain(|&i| seats[i].hold != Hold::Lapsed);
    waiting.sort_by_key(|&i| (seats[i].slot.unwrap_or(seats[i].origin), i));
    let mut rest = free.into_values();
    for i in waiting {
        match rest.next() {
            Some(slot) => matched.pairs.push((i, slot)),
            None => matched.surplus.push(i),
        }
    }
    matched.new = rest.collect();
    matched.pairs.sort_unstable();
    matched
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        format!("2026-{text}").parse().unwrap()
    }

    fn slots(days: &[&str]) -> Vec<Planned> {
        let slot = |text: &&str| day(text).and_hms_opt(14, 30, 0).unwrap();
        days.iter().map(|text| Planned { slot: slot(text), day: day(text), off: None }).collect()
    }

    fn seat(origin: &str, slot: &str, hold: Hold) -> Seat {
        Seat { origin: day(origin), slot: (!slot.is_empty()).then(|| day(slot)), day: day(origin), hold }
    }

    fn same(origin: &str, hold: Hold) -> Seat {
        seat(origin, origin, hold)
    }

    #[test]
    fn the_same_rule_again_changes_nothing() {
        let seats = [same("01-08", Hold::Open), same("01-15", Hold::Off), same("01-22", Hold::ByHand)];
        let matched = match_slots(&seats, &slots(&["01-08", "01-15", "01-22"]));
        assert_eq!(matched, Matched { pairs: vec![(0, 0), (1, 1), (2, 2)], ..Matched::default() });
    }

    #[test]
    fn thursdays_become_fridays_in_their_order_and_again_without_change() {
        let seats = [same("01-08", Hold::Fixed), same("01-15", Hold::Open), same("01-22", Hold::Off)];
        let fridays = slots(&["01-16", "01-23", "01-30"]);
        let matched = match_slots(&seats, &fridays);
        assert_eq!((matched.pairs, matched.new), (vec![(1, 0), (2, 1)], vec![2]));
        let seats = [
            same("01-08", Hold::Fixed),
            seat("01-15", "01-16", Hold::Open),
            seat("01-22", "01-23", Hold::Off),
            same("01-30", Hold::Open),
        ];
        let matched = match_slots(&seats, &fridays);
        assert_eq!((matched.pairs, matched.new.len(), matched.surplus.len()), (vec![(1, 0), (2, 1), (3, 2)], 0, 0));
    }

    #[test]
    fn a_slot_of_what_began_is_not_given_again_nor_its_day() {
        let mut moved = same("01-15", Hold::Fixed);
        moved.day = day("01-20");
        let matched = match_slots(&[same("01-08", Hold::Fixed), moved], &slots(&["01-08", "01-15", "01-20", "01-22"]));
        assert_eq!(matched, Matched { new: vec![3], ..Matched::default() });
    }

    #[test]
    fn a_shorter_rule_leaves_sittings_over_and_a_longer_one_brings_them_back() {
        let seats = [same("01-08", Hold::Open), same("01-15", Hold::Open), same("01-22", Hold::Open)];
        let matched = match_slots(&seats, &slots(&["01-08"]));
        assert_eq!((matched.pairs, matched.surplus), (vec![(0, 0)], vec![1, 2]));
        let seats = [same("01-08", Hold::Open), seat("01-15", "", Hold::Lapsed), seat("01-22", "", Hold::Lapsed)];
        let matched = match_slots(&seats, &slots(&["01-08", "01-15", "01-29"]));
        assert_eq!((matched.pairs, matched.new, matched.surplus), (vec![(0, 0), (1, 1)], vec![2], vec![]));
    }

    #[test]
    fn a_sitting_goes_back_to_the_date_that_it_was_made_for() {
        let seats = [seat("01-08", "01-09", Hold::Open)];
        let matched = match_slots(&seats, &slots(&["01-08", "01-09"]));
        assert_eq!((matched.pairs, matched.new), (vec![(0, 0)], vec![1]));
    }
}
