//! What stands when several facts are known of one person in one session: pure (contract: check-in rules).

use chrono::{DateTime, Utc};
use entity::attendance;
use entity::state::{AttendanceStatus, Word};

/// Somebody came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When.
    pub at: DateTime<Utc>,
    /// What that moment means: `present` or `late`.
    pub status: AttendanceStatus,
    /// How it was learned.
    pub method: String,
}

/// What an attendance says, without where it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Where it stands.
    pub status: AttendanceStatus,
    /// Whose word that is.
    pub word: Word,
    /// When they came.
    pub checked_in_at: Option<DateTime<Utc>>,
    /// How that was learned.
    pub method: Option<String>,
    /// As given.
    pub note: Option<String>,
}

/// What an arrival does to what stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// Nothing: what stood stands.
    Stands,
    /// They were known to have come; now it is known better.
    Better(State),
    /// They were not known to have come: the arrival replaces what was said instead.
    Replaces(State),
}

impl From<&attendance::Model> for State {
    fn from(row: &attendance::Model) -> Self {
        Self {
            status: row.status,
            word: row.word,
            checked_in_at: row.checked_in_at,
            method: row.method.clone(),
            note: row.note.clone(),
        }
    }
}

impl Arrival {
    /// What it says when nothing was known before.
    #[must_use]
    pub fn state(&self) -> State {
        State {
            status: self.status,
            word: Word::CheckIn,
            checked_in_at: Some(self.at),
            method: Some(self.method.clone()),
            note: None,
        }
    }
}

/// What stands after `arrival`.
///
/// - Leave (`excused`) gives way to somebody who came, whoever granted it.
/// - Any other word of an organiser stands.
/// - `exempt` is no statement about coming, and stands.
/// - An imported `absent` or `made_up` gives way.
/// - Of several arrivals the earliest stands; that somebody left early is not undone by knowing when they came.
#[must_use]
pub fn merge(before: &State, arrival: &Arrival) -> Merged {
    use AttendanceStatus::{Absent, Excused, Exempt, Late, LeftEarly, MadeUp, Present};
    // A note stays with the coming that it was written of; what it says of an absence goes with that into the history.
    let came = State { note: before.note.clone(), ..arrival.state() };
    match (before.status, before.word) {
        (Excused, _) => Merged::Replaces(arrival.state()),
        (_, Word::Organiser) | (Exempt, _) => Merged::Stands,
        (Absent | MadeUp, _) => Merged::Replaces(arrival.state()),
        (Present | Late | LeftEarly, _) if before.checked_in_at.is_some_and(|known| known <= arrival.at) => {
            Merged::Stands
        }
        (LeftEarly, _) => Merged::Better(State { status: LeftEarly, ..came }),
        (Present | Late, _) => Merged::Better(came),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn start() -> DateTime<Utc> {
        "2024-03-12T01:00:00Z".parse().unwrap()
    }

    fn arrival(minute: i64) -> Arrival {
        let status = if minute >= 10 { AttendanceStatus::Late } else { AttendanceStatus::Present };
        Arrival { at: start() + TimeDelta::minutes(minute), status, method: "token".into() }
    }

    fn state(status: AttendanceStatus, word: Word) -> State {
        State { status, word, checked_in_at: None, method: None, note: Some("n".into()) }
    }

    fn after(before: State, arrival: &Arrival) -> State {
        match merge(&before, arrival) {
            Merged::Stands => before,
            Merged::Better(state) | Merged::Replaces(state) => state,
        }
    }

    #[test]
    fn an_organisers_word_stands_except_leave() {
        for &status in AttendanceStatus::ALL {
            let merged = merge(&state(status, Word::Organiser), &arrival(3));
            if status == AttendanceStatus::Excused {
                assert!(matches!(merged, Merged::Replaces(s) if s.status == AttendanceStatus::Present));
            } else {
                assert_eq!(merged, Merged::Stands, "{status}");
            }
        }
    }

    #[test]
    fn what_a_file_said_gives_way_to_somebody_who_came() {
        use AttendanceStatus::{Absent, Excused, Exempt, LeftEarly, MadeUp, Present};
        for status in [Absent, MadeUp, Excused] {
            assert!(matches!(merge(&state(status, Word::Import), &arrival(3)), Merged::Replaces(_)), "{status}");
        }
        assert_eq!(merge(&state(Exempt, Word::Import), &arrival(3)), Merged::Stands);
        let left = after(state(LeftEarly, Word::Import), &arrival(3));
        assert_eq!((left.status, left.checked_in_at), (LeftEarly, Some(arrival(3).at)));
        let known = State { checked_in_at: Some(arrival(1).at), ..state(Present, Word::Import) };
        assert_eq!(merge(&known, &arrival(3)), Merged::Stands);
    }

    #[test]
    fn a_note_of_leave_is_none_of_the_arrival_that_replaces_it() {
        let came = after(state(AttendanceStatus::Excused, Word::Import), &arrival(12));
        assert_eq!((came.status, came.note), (AttendanceStatus::Late, None));
        let known = State { checked_in_at: Some(start()), ..state(AttendanceStatus::Present, Word::Import) };
        assert_eq!(after(known, &arrival(-5)).note.as_deref(), Some("n"));
    }

    proptest! {
        /// Whatever the order in which facts come, the earliest stands.
        #[test]
        fn the_earliest_stands_in_any_order(minutes in prop::collection::vec(-30_i64..120, 1..8), seed: u64) {
            let mut shuffled = minutes.clone();
            let turn = usize::try_from(seed % minutes.len() as u64).unwrap();
            shuffled.rotate_left(turn);
            if seed % 2 == 0 {
                shuffled.reverse();
            }
            let fold = |order: &[i64]| {
                order[1..].iter().fold(arrival(order[0]).state(), |state, &minute| after(state, &arrival(minute)))
            };
            let first = *minutes.iter().min().unwrap();
            prop_assert_eq!(fold(&minutes), arrival(first).state());
            prop_assert_eq!(fold(&shuffled), arrival(first).state());
        }

        /// The same fact twice changes nothing the second time.
        #[test]
        fn twice_is_once(status in prop::sample::select(AttendanceStatus::ALL), minute in -30_i64..120) {
            for &word in Word::ALL {
                let once = after(state(status, word), &arrival(minute));
                prop_assert_eq!(merge(&once, &arrival(minute)), Merged::Stands);
            }
        }
    }
}
