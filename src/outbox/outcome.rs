//! What became of a message, and when it is tried again. Pure.

use chrono::TimeDelta;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server took it, and said this.
    Sent(String),
    /// It did not go out, and may at another time.
    Failed(String),
    /// It did not go out for a reason that would stop any other message too: the server is down, busy or takes no
    /// sign-in. May go out at another time.
    Away(String),
    /// It will never go out.
    Dead(String),
    /// It was not tried: what it was to say needs not be said any more, for this reason.
    Moot(String),
}

impl Outcome {
    /// As metrics name it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Sent(_) => "sent",
            Self::Failed(_) | Self::Away(_) => "failed",
            Self::Dead(_) => "dead",
            Self::Moot(_) => "moot",
        }
    }
}

/// When a failed delivery is tried again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Before the second attempt.
    pub retry_after: TimeDelta,
    /// Attempts before a message is dead.
    pub max_attempts: i32,
}

impl Patience {
    /// The longest wait between two attempts.
    const LONGEST: TimeDelta = TimeDelta::days(1);

    /// How long to wait after `attempts` failed ones: `retry_after`, doubling, at most a day; `jitter` from 0 to 1
    /// adds up to a tenth, so that what failed together does not come back together.
    #[must_use]
    pub fn wait(&self, attempts: i32, jitter: f64) -> TimeDelta {
        let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 20)).unwrap_or(0);
        let plain = self.retry_after.checked_mul(1 << doublings).unwrap_or(Self::LONGEST).min(Self::LONGEST);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "at most a day in milliseconds"
        )]
        let extra = (plain.num_milliseconds() as f64 * 0.1 * jitter.clamp(0.0, 1.0)) as i64;
        (plain + TimeDelta::milliseconds(extra)).min(Self::LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_day() {
        let patience = Patience { retry_after: TimeDelta::seconds(60), max_attempts: 12 };
        let minutes: Vec<_> = (1..=5).map(|n| patience.wait(n, 0.0).num_minutes()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16]);
        assert_eq!(patience.wait(1, 1.0), TimeDelta::seconds(66));
        assert_eq!(patience.wait(40, 1.0), TimeDelta::days(1));
    }
}
