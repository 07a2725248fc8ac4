//! Which of two statements stands when two rows are one person: memberships and attendances. Pure.

use chrono::Days;
use entity::id::PersonId;
use entity::state::Word;

use crate::attendance::{Arrival, Merged, State, merge};
use crate::people::Stay;

/// The memberships of the one who stays, and of the other those days on which the one who stays belonged nowhere.
pub fn fold(who: PersonId, stays: &[Stay], other: &[Stay]) -> Vec<Stay> {
    let mut all = stays.to_vec();
    for stay in other {
        // What is left of it, cut down by each membership that wins.
        let mut left = vec![Stay { person_id: who, id: None, ..stay.clone() }];
        for taken in stays {
            left = left.into_iter().flat_map(|piece| without(piece, taken)).collect();
        }
        all.extend(left);
    }
    all.sort_by_key(|stay| stay.from);
    all
}

/// A membership without the days of another.
fn without(piece: Stay, taken: &Stay) -> Vec<Stay> {
    if !piece.meets(taken) {
        return vec![piece];
    }
    let mut left = Vec::new();
    if piece.from < taken.from {
        left.push(Stay { to: taken.from.pred_opt(), ..piece.clone() });
    }
    let next = taken.to.and_then(|last| last.checked_add_days(Days::new(1)));
    if let Some(next) = next.filter(|next| piece.to.is_none_or(|last| *next <= last)) {
        left.push(Stay { from: next, ..piece });
    }
    left
}

/// What stands of two attendances of one session, by the rules by which facts about one arrival are joined: an
/// organiser's word above check-ins, of several arrivals the earliest, leave and what a file said of an absence give way
/// to somebody who came. Of two words of one sort, somebody who came; else that of the one who stays.
pub fn better(keep: &State, other: &State) -> State {
    if keep == other {
        return keep.clone();
    }
    if let Some(arrival) = arrival(other) {
        return joined(keep, &arrival);
    }
    if let Some(arrival) = arrival(keep) {
        return joined(other, &arrival);
    }
    let rank = |state: &State| (state.word, state.status.attended());
    if rank(other) > rank(keep) { other.clone() } else { keep.clone() }
}

/// A check-in as the fact that it is.
fn arrival(state: &State) -> Option<Arrival> {
    let at = state.checked_in_at.filter(|_| state.word == Word::CheckIn && state.status.attended())?;
    Some(Arrival { at, status: state.status, method: state.method.clone().unwrap_or_default() })
}

fn joined(before: &State, arrival: &Arrival) -> State {
    match merge(before, arrival) {
        Merged::Stands => before.clone(),
        Merged::Better(state) | Merged::Replaces(state) => state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use entity::id::{MembershipId, OrganisationId};
    use entity::state::AttendanceStatus as S;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn day(n: u64) -> NaiveDate {
        "2024-01-01".parse::<NaiveDate>().unwrap() + Days::new(n)
    }

    fn stay(who: i64, from: u64, to: Option<u64>, org: i64) -> Stay {
        Stay {
            person_id: PersonId(who),
            from: day(from),
            to: to.map(day),
            organisation_id: OrganisationId(org),
            title: String::new(),
            groups: BTreeSet::new(),
            id: Some(MembershipId(i64::try_from(from).unwrap())),
        }
    }

    /// A course of stays that do not overlap, from lengths and gaps.
    fn course(who: i64, steps: &[(u64, u64)]) -> Vec<Stay> {
        let mut at = 0;
        let mut all = Vec::new();
        for (n, (gap, length)) in steps.iter().enumerate() {
            at += gap + 1;
            all.push(stay(who, at, Some(at + length), who * 10 + i64::try_from(n).unwrap()));
            at += length;
        }
        all
    }

    fn on(course: &[Stay], d: u64) -> Vec<OrganisationId> {
        course.iter().filter(|s| s.holds_on(day(d))).map(|s| s.organisation_id).collect()
    }

    proptest! {
        /// On every day: where the one who stays was; else where the other was; never two places.
        #[test]
        fn who_stays_wins_day_by_day(
            a in prop::collection::vec((0_u64..9, 0_u64..9), 0..5), b in prop::collection::vec((0_u64..9, 0_u64..9), 0..5),
            open: bool,
        ) {
            let (a, mut b) = (course(1, &a), course(2, &b));
            if let Some(last) = b.last_mut().filter(|_| open) {
                last.to = None;
            }
            let all = fold(PersonId(1), &a, &b);
            for d in 0..120 {
                let want = if on(&a, d).is_empty() { on(&b, d) } else { on(&a, d) };
                prop_assert_eq!(on(&all, d), want, "day {}", d);
            }
            prop_assert!(all.iter().all(|s| s.person_id == PersonId(1) && s.to.is_none_or(|to| to >= s.from)));
        }
    }

    fn state(status: S, word: Word, minute: Option<i64>) -> State {
        let start: chrono::DateTime<chrono::Utc> = "2024-03-12T01:00:00Z".parse().unwrap();
        let checked_in_at = minute.map(|minute| start + chrono::TimeDelta::minutes(minute));
        State { status, word, checked_in_at, method: None, note: None }
    }

    #[test]
    fn the_better_word_stands_whoever_had_it() {
        let cases = [
            (state(S::Absent, Word::Import, None), state(S::Present, Word::CheckIn, Some(1)), S::Present),
            (state(S::Excused, Word::Organiser, None), state(S::Late, Word::CheckIn, Some(15)), S::Late),
            (state(S::Absent, Word::Organiser, None), state(S::Present, Word::CheckIn, Some(1)), S::Absent),
            (state(S::Present, Word::CheckIn, Some(1)), state(S::Late, Word::CheckIn, Some(15)), S::Present),
            (state(S::Absent, Word::Import, None), state(S::Present, Word::Import, None), S::Present),
            (state(S::Absent, Word::Organiser, None), state(S::Present, Word::Import, None), S::Absent),
        ];
        for (one, other, stands) in cases {
            assert_eq!(better(&one, &other).status, stands, "{one:?} {other:?}");
            assert_eq!(better(&other, &one).status, stands, "{other:?} {one:?}");
        }
    }
}
