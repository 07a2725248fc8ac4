//! How much the program is asked by people just now, so that work which can wait makes room for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// More requests at once than these make work that can wait no slower: it has to end some day.
const MOST: u32 = 3;

/// The requests that are being answered.
#[derive(Clone, Debug, Default)]
pub struct Traffic(Arc<AtomicU32>);

/// A request that is being answered; it ends when this is dropped.
#[derive(Debug)]
pub struct Passing(Traffic);

impl Traffic {
    /// Counts one more, until what it gives is dropped.
    #[must_use]
    pub fn enter(&self) -> Passing {
        self.0.fetch_add(1, Ordering::Relaxed);
        Passing(self.clone())
    }

    /// How long somebody who just worked for `worked`, and whose work can wait, leaves the machine to others: as long
    /// again for each request under way, of three at most, and never longer than `most`. Nothing when nobody asks.
    #[must_use]
    pub fn rest_after(&self, worked: Duration, most: Duration) -> Duration {
        let asked = self.0.load(Ordering::Relaxed).min(MOST);
        worked.saturating_mul(asked).min(most)
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKED: Duration = Duration::from_millis(2);
    const MOST_REST: Duration = Duration::from_millis(5);

    #[test]
    fn rests_as_long_again_for_each_request_under_way() {
        let traffic = Traffic::default();
        assert_eq!(traffic.rest_after(WORKED, MOST_REST), Duration::ZERO);
        let first = traffic.enter();
        let second = traffic.clone().enter();
        assert_eq!(traffic.rest_after(WORKED, MOST_REST), WORKED * 2);
        drop(first);
        assert_eq!(traffic.rest_after(WORKED, MOST_REST), WORKED);
        drop(second);
        assert_eq!(traffic.rest_after(WORKED, MOST_REST), Duration::ZERO);
    }

    #[test]
    fn a_crowd_slows_it_down_but_does_not_stop_it() {
        let traffic = Traffic::default();
        let crowd: Vec<_> = (0..100).map(|_| traffic.enter()).collect();
        assert_eq!(traffic.rest_after(WORKED, Duration::from_secs(1)), WORKED * MOST);
        assert_eq!(traffic.rest_after(WORKED, MOST_REST), MOST_REST);
        drop(crowd);
        assert_eq!(traffic.rest_after(WORKED, MOST_REST), Duration::ZERO);
    }
}
