//! How this server gets on with its mailbox: when it looks again, and what the last look brought.

use std::collections::HashMap;
use std::sync::Mutex;

use async_imap::types::Uid;
use chrono::{DateTime, TimeDelta, Utc};

/// The longest wait between two looks at a mailbox that does not answer.
const LONGEST: TimeDelta = TimeDelta::hours(1);

/// What is known of a mailbox.
#[derive(Debug, Default)]
pub struct Contact {
    known: Mutex<Known>,
    failed: Mutex<Failed>,
}

/// The mails that could not be read or taken in so far, and how often.
#[derive(Debug, Default)]
struct Failed {
    /// Of which life of the folder the ids are (RFC 9051 section 2.3.1.1).
    validity: Option<u32>,
    times: HashMap<Uid, u32>,
}

/// How a look went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Went {
    /// Well.
    Well,
    /// All that could be was taken in, but something else is in a bad way: the folder for what was taken in is full, or
    /// a mail fails that failed before.
    Partly(String),
    /// Wrong: mail was not taken in.
    Wrong(String),
}

impl Went {
    /// What is not well.
    pub(super) fn problem(&self) -> Option<&str> {
        match self {
            Self::Well => None,
            Self::Partly(why) | Self::Wrong(why) => Some(why),
        }
    }

    /// The worse of both; of two alike the first.
    pub(super) fn and(self, other: Self) -> Self {
        match (&self, &other) {
            (Self::Wrong(_), _) | (_, Self::Well) | (Self::Partly(_), Self::Partly(_)) => self,
            _ => other,
        }
    }
}

/// The same as values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// When it was looked at last.
    pub last_at: Option<DateTime<Utc>>,
    /// When that last went well.
    pub good_at: Option<DateTime<Utc>>,
    /// Why the last look went wrong.
    pub problem: Option<String>,
    /// How many looks in a row did not go well.
    pub failures: u32,
    /// How many looks in a row left mail that could be taken in.
    wrong: u32,
    next_at: Option<DateTime<Utc>>,
}

impl Contact {
    /// What is known.
    #[must_use]
    pub fn known(&self) -> Known {
        self.known.lock().map(|known| known.clone()).unwrap_or_default()
    }

    /// Whether it is time to look.
    #[must_use]
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.known().next_at.is_none_or(|at| at <= now)
    }

    /// Writes down how a look went: after one that went wrong the next comes later and later.
    pub(super) fn went(&self, went: &Went, every: u32, now: DateTime<Utc>) {
        let Ok(mut known) = self.known.lock() else { return };
        known.last_at = Some(now);
        known.failures = if *went == Went::Well { 0 } else { known.failures.saturating_add(1) };
        known.wrong = if matches!(went, Went::Wrong(_)) { known.wrong.saturating_add(1) } else { 0 };
        if *went == Went::Well {
            known.good_at = Some(now);
        }
        known.problem = went.problem().map(str::to_owned);
        let plain = TimeDelta::seconds(every.into());
        let wait = plain.checked_mul(1 << known.wrong.min(12)).unwrap_or(LONGEST);
        known.next_at = Some(now + if known.wrong == 0 { plain } else { wait.min(LONGEST.max(plain)) });
    }

    /// The order in which mails are taken: as they came, but those that failed last, so that none stands in the way of
    /// others.
    pub(super) fn order(&self, validity: Option<u32>, mut uids: Vec<Uid>) -> Vec<Uid> {
        uids.sort_unstable();
        let Ok(mut failed) = self.failed.lock() else { return uids };
        if failed.validity != validity {
            *failed = Failed { validity, times: HashMap::new() };
        }
        failed.times.retain(|uid, _| uids.binary_search(uid).is_ok());
        uids.sort_by_key(|uid| failed.times.get(uid).copied().unwrap_or_default());
        uids
    }

    /// Notes that a mail failed, and says how a look went that came so far: one that failed before keeps nothing up.
    pub(super) fn failed(&self, uid: Uid, why: String) -> Went {
        let Ok(mut failed) = self.failed.lock() else { return Went::Wrong(why) };
        let times = failed.times.entry(uid).or_default();
        *times = times.saturating_add(1);
        if *times > 1 { Went::Partly(why) } else { Went::Wrong(why) }
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
            contact.went(&problem.map_or(Went::Well, |why| Went::Wrong(why.to_owned())), 60, now);
            (contact.known().next_at.unwrap() - now).num_seconds()
        };
        assert_eq!([wait(None), wait(Some("x")), wait(Some("x")), wait(None)], [60, 120, 240, 60]);
        let waits: Vec<_> = (0..20).map(|_| wait(Some("x"))).collect();
        assert_eq!(waits.last(), Some(&3_600));
        assert_eq!((contact.known().failures, contact.known().problem.as_deref()), (20, Some("x")));
    }

    #[test]
    fn what_could_not_be_put_aside_delays_nothing() {
        let contact = Contact::default();
        let now: DateTime<Utc> = "2024-03-12T00:00:00Z".parse().unwrap();
        contact.went(&Went::Wrong("x".to_owned()), 60, now);
        for n in 2..20 {
            contact.went(&Went::Partly("full".to_owned()), 60, now);
            let known = contact.known();
            assert_eq!((known.problem.as_deref(), known.failures), (Some("full"), n));
            assert_eq!((known.next_at.unwrap() - now).num_seconds(), 60);
        }
    }

    #[test]
    fn what_failed_comes_last_until_the_folder_is_made_anew() {
        let contact = Contact::default();
        assert_eq!(contact.order(Some(1), vec![9, 7, 8]), [7, 8, 9]);
        assert_eq!(contact.failed(7, "x".to_owned()), Went::Wrong("x".to_owned()));
        assert_eq!(contact.order(Some(1), vec![7, 8, 9]), [8, 9, 7]);
        assert_eq!(contact.failed(7, "x".to_owned()), Went::Partly("x".to_owned()));
        contact.failed(8, "x".to_owned());
        assert_eq!(contact.order(Some(1), vec![7, 8, 9]), [9, 8, 7]);
        assert_eq!(contact.order(Some(2), vec![7, 8, 9]), [7, 8, 9]);
    }
}
