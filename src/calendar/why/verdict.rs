//! Whether a calendar has a session, by the version that it last fetched. Pure.

use chrono::{DateTime, Utc};

/// What a calendar that subscribes has of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByFeed {
    /// The session is too far back or ahead to be in a subscription.
    OutsideWindow,
    /// No longer for this person, so a subscription does not show it.
    NotInvited,
    /// Nobody fetched this subscription yet.
    NeverFetched,
    /// What it fetched last was without the session.
    FetchedBefore,
    /// What it fetched last was not written down.
    Unrecorded,
    /// What it fetched last said something else of the session.
    FetchedOld,
    /// What it fetched last has the session as it is now.
    Has,
}

impl ByFeed {
    /// As in the keys of texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OutsideWindow => "outside",
            Self::NotInvited => "not-invited",
            Self::NeverFetched => "never",
            Self::FetchedBefore => "before",
            Self::Unrecorded => "unrecorded",
            Self::FetchedOld => "old",
            Self::Has => "has",
        }
    }
}

/// What decides, whatever the subscription.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Whether the session is in the window of today.
    pub in_window: bool,
    /// Whether the person is invited now.
    pub invited: bool,
    /// When its row last changed.
    pub changed: DateTime<Utc>,
}

/// What a calendar fetched last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// It never came.
    Never,
    /// A version of which nobody wrote down what it held.
    Unrecorded,
    /// One that said this of the session; None is nothing.
    Said(Option<u32>),
}

/// What a calendar has of a session of which its subscription says `says` now.
#[must_use]
pub fn by_feed(facts: &Facts, says: Option<u32>, fetched: Fetched) -> ByFeed {
    match fetched {
        _ if !facts.invited => ByFeed::NotInvited,
        _ if !facts.in_window => ByFeed::OutsideWindow,
        Fetched::Never => ByFeed::NeverFetched,
        Fetched::Unrecorded => ByFeed::Unrecorded,
        Fetched::Said(None) => ByFeed::FetchedBefore,
        Fetched::Said(said) if said == says => ByFeed::Has,
        Fetched::Said(_) => ByFeed::FetchedOld,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_has_what_the_version_held_that_it_fetched() {
        let changed = "2024-03-12T11:00:00Z".parse().unwrap();
        let facts = Facts { in_window: true, invited: true, changed };
        for (fetched, verdict) in [
            (Fetched::Never, ByFeed::NeverFetched),
            (Fetched::Unrecorded, ByFeed::Unrecorded),
            (Fetched::Said(None), ByFeed::FetchedBefore),
            (Fetched::Said(Some(1)), ByFeed::FetchedOld),
            (Fetched::Said(Some(2)), ByFeed::Has),
        ] {
            assert_eq!(by_feed(&facts, Some(2), fetched), verdict, "{fetched:?}");
        }
        let fetched = Fetched::Said(Some(2));
        assert_eq!(by_feed(&Facts { in_window: false, ..facts }, None, fetched), ByFeed::OutsideWindow);
        assert_eq!(by_feed(&Facts { invited: false, ..facts }, None, fetched), ByFeed::NotInvited);
    }
}
