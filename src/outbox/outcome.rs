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
    /// Attempts before a message is dead. Those for which the server was away count up to half of that.
    pub max_attempts: i32,
}

impl Patience {
    /// The longest wait between two attempts.
    const LONGEST: TimeDelta = TimeDelta::days(1);
    /// How old a message must be before a server that is away makes it dead (RFC 5321 section 4.5.4.1: 4 to 5 days).
    const AWAY: TimeDelta = TimeDelta::days(5);

    /// Whether a message is given up that failed for the `attempts`th time.
    #[must_use]
    pub const fn is_over(&self, attempts: i32) -> bool {
        attempts >= self.max_attempts
    }

    /// The attempts that count once the server was away after `attempts` others. A server that is down for a weekend
    /// uses up half of them at the most: the rest is for what it says when it is back, and no wait is a day by then.
    #[must_use]
    pub fn count_away(&self, attempts: i32) -> i32 {
        attempts.max((attempts + 1).min(self.max_counted_away()))
    }

    /// Whether a message of that age is given up while the server is away, after so many attempts as count. One that is
    /// old for another reason gets those first.
    #[must_use]
    pub fn is_away_for_good(&self, attempts: i32, age: TimeDelta) -> bool {
        age >= Self::AWAY && attempts >= self.max_counted_away()
    }

    fn max_counted_away(&self) -> i32 {
        (self.max_attempts / 2).max(1)
    }

    /// How long to wait after `attempts` failed ones: `retry_after`, doubling, at most a day; `jitter` from 0 to 1
    /// adds up to a tenth, so that what failed together does not come back together. From a day it is taken off.
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
        let extra = TimeDelta::milliseconds(extra);
        if plain + extra > Self::LONGEST { Self::LONGEST - extra } else { plain + extra }
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
        assert_eq!(patience.wait(40, 0.0), TimeDelta::days(1));
        assert_eq!(patience.wait(40, 1.0), TimeDelta::days(1) * 9 / 10, "they do not all come back at once");
    }

    #[test]
    fn a_server_that_is_away_uses_up_half_of_the_attempts_and_five_days() {
        let patience = Patience { retry_after: TimeDelta::seconds(60), max_attempts: 12 };
        let counted: Vec<_> = (0..14).map(|before| patience.count_away(before)).collect();
        assert_eq!(counted, [1, 2, 3, 4, 5, 6, 6, 7, 8, 9, 10, 11, 12, 13], "what counts already still counts");
        let days = TimeDelta::days;
        assert!(!patience.is_away_for_good(6, days(4)) && patience.is_away_for_good(6, days(5)));
        assert!(!patience.is_away_for_good(5, days(9)), "it was old when it was tried first");
        let once = Patience { max_attempts: 1, ..patience };
        assert_eq!((once.count_away(0), once.count_away(1)), (1, 1));
    }
}
