//! Whether a calendar has a session, by when it last fetched. Pure.

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
    /// It was last fetched before the session came into it.
    FetchedBefore,
    /// It was last fetched before the session changed: an older version is shown.
    FetchedOld,
    /// It was fetched since: the session is there as it is now.
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
            Self::FetchedOld => "old",
            Self::Has => "has",
        }
    }
}

/// What decides.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Whether the session is in the window of today.
    pub in_window: bool,
    /// Whether the person is invited now.
    pub invited: bool,
    /// From when on a subscription held it.
    pub since: DateTime<Utc>,
    /// When it last changed.
    pub changed: DateTime<Utc>,
}

/// What a calendar has that fetched at `fetched`.
#[must_use]
pub fn by_feed(facts: &Facts, fetched: Option<DateTime<Utc>>) -> ByFeed {
    match fetched {
        _ if !facts.invited => ByFeed::NotInvited,
        _ if !facts.in_window => ByFeed::OutsideWindow,
        None => ByFeed::NeverFetched,
        Some(at) if at < facts.since => ByFeed::FetchedBefore,
        Some(at) if at < facts.changed => ByFeed::FetchedOld,
        Some(_) => ByFeed::Has,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_has_what_it_fetched_since_it_was_there() {
        let at = |hour: u32| format!("2024-03-12T{hour:02}:00:00Z").parse::<DateTime<Utc>>().unwrap();
        let facts = Facts { in_window: true, invited: true, since: at(9), changed: at(11) };
        for (fetched, verdict) in [
            (None, ByFeed::NeverFetched),
            (Some(at(8)), ByFeed::FetchedBefore),
            (Some(at(9)), ByFeed::FetchedOld),
            (Some(at(11)), ByFeed::Has),
        ] {
            assert_eq!(by_feed(&facts, fetched), verdict, "{fetched:?}");
        }
        assert_eq!(by_feed(&Facts { in_window: false, ..facts }, Some(at(12))), ByFeed::OutsideWindow);
        assert_eq!(by_feed(&Facts { invited: false, ..facts }, Some(at(12))), ByFeed::NotInvited);
    }
}
