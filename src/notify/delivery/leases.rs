//! Until when what was claimed is known to be held.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::outbox::LEASE;

/// When the leases of all that is under way were renewed last.
#[derive(Debug, Default)]
pub(super) struct Leases(Mutex<Option<Instant>>);

impl Leases {
    /// All were renewed; `began` is a moment before that.
    pub(super) fn renewed(&self, began: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(began);
    }

    /// Whether what was claimed not before `claimed` is still held at a moment. Where a lease may have run out,
    /// somebody else may be sending.
    pub(super) fn hold(&self, claimed: Instant, at: Instant) -> bool {
        let renewed = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = renewed.map_or(claimed, |renewed| renewed.max(claimed));
        at.saturating_duration_since(since) < length()
    }
}

fn length() -> Duration {
    LEASE.to_std().unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_holds_from_the_claim_or_the_last_time_it_was_renewed() {
        let (leases, claimed) = (Leases::default(), Instant::now());
        let (before, after) = (length().saturating_sub(Duration::from_secs(1)), length());
        assert!(leases.hold(claimed, claimed + before) && !leases.hold(claimed, claimed + after));
        let renewed = claimed + Duration::from_secs(8);
        leases.renewed(renewed);
        assert!(leases.hold(claimed, renewed + before) && !leases.hold(claimed, renewed + after));
        let later = renewed + Duration::from_secs(9);
        assert!(leases.hold(later, later + before), "claimed since");
    }
}
