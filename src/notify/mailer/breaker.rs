//! Leaving a server alone that is away: one wait for all, so that not every message burns its attempts.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// So many in a row that found nobody make the server away: until then each message is tried, and its state says so.
const STRIKES: u32 = 100;
/// The longest wait: what came back is noticed soon.
const LONGEST: TimeDelta = TimeDelta::minutes(5);

/// Why the server is left alone, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    /// Since when it is away.
    pub since: DateTime<Utc>,
    /// When it is asked again.
    pub until: DateTime<Utc>,
    /// What it, or the network, said.
    pub why: String,
    /// Waits so far.
    waits: u32,
}

/// Knows whether the server is away.
#[derive(Debug)]
pub struct Breaker {
    first: TimeDelta,
    strikes: AtomicU32,
    rest: Mutex<Option<Rest>>,
}

impl Breaker {
    /// One whose first wait is `first`; each after it is twice as long, up to five minutes.
    pub const fn new(first: TimeDelta) -> Self {
        Self { first, strikes: AtomicU32::new(0), rest: Mutex::new(None) }
    }

    /// Whether, and until when, it is left alone. After that time it is asked again, still on probation.
    pub fn resting(&self, now: DateTime<Utc>) -> Option<Rest> {
        self.state().filter(|rest| rest.until > now)
    }

    /// Whether the last that was heard of it is that it is away.
    pub fn on_probation(&self) -> bool {
        self.state().is_some()
    }

    /// It did not answer. Once it is taken for away, several who notice at once count once. True when it is left alone
    /// from now on.
    pub fn trip(&self, why: &str, now: DateTime<Utc>) -> bool {
        if self.strikes.fetch_add(1, Ordering::Relaxed) + 1 < STRIKES {
            return false;
        }
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, waits) = match rest.as_ref() {
            Some(rest) if rest.until > now => return false,
            Some(rest) => (rest.since, rest.waits + 1),
            None => (now, 0),
        };
        let wait = self.first.checked_mul(1 << waits.min(16)).unwrap_or(LONGEST).min(LONGEST);
        *rest = Some(Rest { since, until: now + wait, why: why.to_owned(), waits });
        true
    }

    /// It does not want us, or we do not want it as it is: no other message fares better, so the next word of that
    /// counts at once. Many wrong passwords in a row get an account locked.
    pub fn expect_no_better(&self) {
        self.strikes.store(STRIKES, Ordering::Relaxed);
    }

    /// It answered.
    pub fn answered(&self) {
        self.strikes.store(0, Ordering::Relaxed);
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn state(&self) -> Option<Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_once_for_all_and_end_when_it_answers() {
        let at = |seconds: i64| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let breaker = Breaker::new(TimeDelta::seconds(60));
        assert!(breaker.resting(at(0)).is_none());
        for _ in 1..STRIKES {
            assert!(!breaker.trip("refused", at(0)) && breaker.resting(at(0)).is_none());
        }
        assert!(breaker.trip("refused", at(0)));
        assert!(!breaker.trip("refused", at(1)));
        assert_eq!(breaker.resting(at(59)).unwrap().until, at(60));
        assert!(breaker.resting(at(60)).is_none() && breaker.on_probation());
        breaker.trip("refused", at(60));
        let rest = breaker.resting(at(61)).unwrap();
        assert_eq!((rest.since, rest.until), (at(0), at(180)));
        for n in 1..9 {
            breaker.trip("refused", at(1_000 * n));
        }
        assert_eq!(breaker.resting(at(8_000)).unwrap().until, at(8_300));
        breaker.answered();
        assert!(breaker.resting(at(8_001)).is_none() && !breaker.on_probation());
    }
}
