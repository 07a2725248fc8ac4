//! The one place that reads the wall clock. Everything else is given `now`.

use std::sync::Mutex;

use chrono::{DateTime, SubsecRound, Utc};

/// Says what time it is, cut to microseconds: PostgreSQL keeps no more.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's own clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// A clock that stands still until a test moves it.
pub struct TestClock(Mutex<DateTime<Utc>>);

impl TestClock {
    /// A clock that shows `at`.
    #[must_use]
    pub const fn new(at: DateTime<Utc>) -> Self {
        Self(Mutex::new(at))
    }

    /// Sets the clock, forwards or backwards.
    ///
    /// # Panics
    /// When another thread panicked while it set the clock.
    pub fn set(&self, at: DateTime<Utc>) {
        *self.0.lock().expect("no test panics while it holds the clock") = at;
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.lock().expect("no test panics while it holds the clock").trunc_subsecs(6)
    }
}
