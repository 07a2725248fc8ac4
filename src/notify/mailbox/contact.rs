//! How this server gets on with its mailbox: when it looks again, and what the last look brought.

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};

/// The longest wait between two looks at a mailbox that does not answer.
const LONGEST: TimeDelta = TimeDelta::hours(1);

/// What is known of a mailbox.
#[derive(Debug, Default)]
pub struct Contact(Mutex<Known>);

/// The same as values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// When it was looked at last.
    pub last_at: Option<DateTime<Utc>>,
    /// When that last went well.
    pub good_at: Option<DateTime<Utc>>,
    /// Why the last look went wrong.
    pub problem: Option<String>,
    /// How many looks in a row went wrong.
    pub failures: u32,
    next_at: Option<DateTime<Utc>>,
}

impl Contact {
    /// What is known.
    #[must_use]
    pub fn known(&self) -> Known {
        self.0.lock().map(|known| known.clone()).unwrap_or_default()
    }

    /// Whether it is time to look.
    #[must_use]
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.known().next_at.is_none_or(|at| at <= now)
    }

    /// Writes down how a look went: after one that went wrong the next comes later and later.
    pub(super) fn went(&self, problem: Option<String>, every: u32, now: DateTime<Utc>) {
        let Ok(mut known) = self.0.lock() else { return };
        known.failures = if problem.is_some() { known.failures.saturating_add(1) } else { 0 };
        known.last_at = Some(now);
        if problem.is_none() {
            known.good_at = Some(now);
        }
        known.problem = problem;
        let plain = TimeDelta::seconds(every.into());
        let wait = plain.checked_mul(1 << known.failures.min(12)).unwrap_or(LONGEST);
        known.next_at = Some(now + if known.failures == 0 { plain } else { wait.min(LONGEST.max(plain)) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_failures_it_waits_longer_up_to_an_hour() {
        let contact = Contact::default();
        let now: DateTime<Utc> = "2024-03-12T00:00:00Z".parse().unwrap();
        assert!(contact.is_due(now));
        let wait = |problem: Option<&str>| {
            contact.went(problem.map(str::to_owned), 60, now);
            (contact.known().next_at.unwrap() - now).num_seconds()
        };
        assert_eq!([wait(None), wait(Some("x")), wait(Some("x")), wait(None)], [60, 120, 240, 60]);
        let waits: Vec<_> = (0..20).map(|_| wait(Some("x"))).collect();
        assert_eq!(waits.last(), Some(&3_600));
        assert_eq!((contact.known().failures, contact.known().problem.as_deref()), (20, Some("x")));
    }
}
