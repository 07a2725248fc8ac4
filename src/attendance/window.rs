//! When check-in is open, and when a check-in is late: pure. Judged by the moment that somebody came, not by when the
//! server heard of it (contract: check-in rules).

use chrono::{DateTime, TimeDelta, Utc};
use entity::state::AttendanceStatus;

use crate::dates::Span;

/// How long before the start check-in opens.
const OPENS_BEFORE: TimeDelta = TimeDelta::minutes(30);
/// How far a device's clock may be ahead of ours.
const CLOCKS_DIFFER_BY: TimeDelta = TimeDelta::minutes(2);

/// What a moment means for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Check-in has not begun.
    Early,
    /// Open: whoever comes now is `present` or `late`.
    Open(AttendanceStatus),
    /// Over.
    Closed,
}

/// A moment that lies in the future, by more than clocks differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InFuture;

/// When somebody came: `claimed`, cut to microseconds; `now` when nothing is claimed or the claim is ahead of `now` by
/// no more than clocks differ.
pub fn arrival(claimed: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<DateTime<Utc>, InFuture> {
    use chrono::SubsecRound;
    match claimed {
        None => Ok(now),
        Some(at) if at > now + CLOCKS_DIFFER_BY => Err(InFuture),
        Some(at) => Ok(at.trunc_subsecs(6).min(now)),
    }
}

/// What `at` means for a session of that span. Open from 30 minutes before the start to the end, both included; late
/// from `late_after` after the start. Whole days are open from the first midnight until before the last, and nobody is
/// late for a day.
#[must_use]
pub fn judge(span: &Span, late_after: TimeDelta, at: DateTime<Utc>) -> Moment {
    if span.all_day {
        return match at {
            at if at < span.start => Moment::Early,
            at if at >= span.end => Moment::Closed,
            _ => Moment::Open(AttendanceStatus::Present),
        };
    }
    if at < span.start - OPENS_BEFORE {
        Moment::Early
    } else if at > span.end {
        Moment::Closed
    } else if at >= span.start + late_after {
        Moment::Open(AttendanceStatus::Late)
    } else {
        Moment::Open(AttendanceStatus::Present)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dates::Zone;
    use proptest::prelude::*;

    const LATE: TimeDelta = TimeDelta::minutes(10);

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn lecture() -> Span {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        Span { start: at("2024-03-12T01:00:00Z"), end: at("2024-03-12T03:00:00Z"), all_day: false, zone }
    }

    #[test]
    fn the_edges_are_where_the_rules_say() {
        use AttendanceStatus::{Late, Present};
        for (moment, means) in [
            ("2024-03-12T00:29:59.999999Z", Moment::Early),
            ("2024-03-12T00:30:00Z", Moment::Open(Present)),
            ("2024-03-12T01:09:59.999999Z", Moment::Open(Present)),
            ("2024-03-12T01:10:00Z", Moment::Open(Late)),
            ("2024-03-12T03:00:00Z", Moment::Open(Late)),
            ("2024-03-12T03:00:00.000001Z", Moment::Closed),
        ] {
            assert_eq!(judge(&lecture(), LATE, at(moment)), means, "{moment}");
        }
    }

    #[test]
    fn whole_days_are_open_from_midnight_to_midnight_and_nobody_is_late() {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let (start, end) = zone.whole_days("2024-05-25".parse().unwrap(), "2024-05-26".parse().unwrap());
        let span = Span { start, end, all_day: true, zone };
        assert_eq!(judge(&span, LATE, at("2024-05-24T15:59:59Z")), Moment::Early);
        assert_eq!(judge(&span, LATE, at("2024-05-24T16:00:00Z")), Moment::Open(AttendanceStatus::Present));
        assert_eq!(judge(&span, LATE, at("2024-05-26T15:59:59Z")), Moment::Open(AttendanceStatus::Present));
        assert_eq!(judge(&span, LATE, at("2024-05-26T16:00:00Z")), Moment::Closed);
    }

    #[test]
    fn a_clock_that_is_a_little_ahead_means_now_and_more_is_refused() {
        let now = at("2024-03-12T01:00:00Z");
        assert_eq!(arrival(None, now), Ok(now));
        assert_eq!(arrival(Some(at("2024-03-12T01:02:00Z")), now), Ok(now));
        assert_eq!(arrival(Some(at("2024-03-12T01:02:00.000001Z")), now), Err(InFuture));
        assert_eq!(arrival(Some(at("2024-03-11T01:00:00.1234567Z")), now), Ok(at("2024-03-11T01:00:00.123456Z")));
    }

    proptest! {
        /// Time runs one way through a session: early, present, late, closed, never back.
        #[test]
        fn a_later_moment_is_never_an_earlier_state(
            length in 1_i64..1_000_000, late in 0_i64..10_000, first in -10_000_i64..1_100_000, more in 0_i64..1_000_000
        ) {
            let start = at("2024-03-12T01:00:00Z");
            let span = Span { end: start + TimeDelta::seconds(length), ..lecture() };
            let rank = |seconds| match judge(&span, TimeDelta::seconds(late), start + TimeDelta::seconds(seconds)) {
                Moment::Early => 0,
                Moment::Open(AttendanceStatus::Present) => 1,
                Moment::Open(_) => 2,
                Moment::Closed => 3,
            };
            prop_assert!(rank(first) <= rank(first + more));
        }

        /// What is taken never lies in the future.
        #[test]
        fn an_arrival_is_never_after_now(ahead in -1_000_000_i64..1_000_000) {
            let now = at("2024-03-12T01:00:00Z");
            match arrival(Some(now + TimeDelta::milliseconds(ahead)), now) {
                Ok(taken) => prop_assert!(taken <= now && ahead <= 120_000),
                Err(InFuture) => prop_assert!(ahead > 120_000),
            }
        }
    }
}
