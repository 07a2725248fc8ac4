//! Rates and how they are shown (counting rules 8 and 10): pure, exact, integers all the way to the shown digit.

use serde::{Serialize, Serializer};

/// What is shown where a denominator is zero.
pub const NONE: &str = "—";

/// A part of a whole, with both kept: every rate shown says its denominator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// How many it is true of.
    pub numerator: i64,
    /// Of how many; zero makes the rate nothing.
    pub denominator: i64,
}

impl Rate {
    /// `numerator` of `denominator`.
    #[must_use]
    pub const fn new(numerator: i64, denominator: i64) -> Self {
        Self { numerator, denominator }
    }

    /// The fraction; None where the denominator is zero.
    #[must_use]
    pub fn fraction(self) -> Option<f64> {
        (self.denominator != 0).then(|| as_f64(self.numerator) / as_f64(self.denominator))
    }

    /// As a percentage (counting rule 8): one decimal, rounded half up, but `100%` only where both are equal, `0%` only
    /// where the numerator is zero, and between them kept inside 0.1%–99.9%; `—` without a denominator. A numerator
    /// beyond the denominator, as a plan's completion may have, is shown as it is, from 100.1% on.
    #[must_use]
    pub fn percent(self) -> String {
        let Self { numerator, denominator } = self;
        if denominator <= 0 {
            return NONE.to_owned();
        }
        if numerator <= 0 {
            return "0%".to_owned();
        }
        if numerator == denominator {
            return "100%".to_owned();
        }
        let (n, d) = (i128::from(numerator), i128::from(denominator));
        let tenths = (2000 * n + d) / (2 * d);
        let tenths = if n < d { tenths.clamp(1, 999) } else { tenths.max(1001) };
        format!("{}.{}%", tenths / 10, tenths % 10)
    }

    /// Whether it is the whole of something.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.denominator > 0 && self.numerator == self.denominator
    }
}

/// In JSON a rate is its fraction, or null.
impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.fraction().serialize(serializer)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of people and things stay far below 2^53")]
const fn as_f64(count: i64) -> f64 {
    count as f64
}

/// A tally in running Chinese text (counting rule 10): from 100 on rounded down to hundreds, from 10,000 to thousands,
/// and followed by 余 where that took something away.
#[must_use]
pub fn roughly(count: i64) -> String {
    let step = match count {
        ..100 => 1,
        100..10_000 => 100,
        10_000.. => 1_000,
    };
    let round = count - count % step;
    if round == count { count.to_string() } else { format!("{round}余") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_edges_are_kept_for_what_is_exact() {
        for (numerator, denominator, shown) in [
            (0, 0, "—"),
            (0, 7, "0%"),
            (7, 7, "100%"),
            (1, 1_000_000, "0.1%"),
            (999_999, 1_000_000, "99.9%"),
            (35, 36, "97.2%"),
            (391, 399, "98.0%"),
            (1, 2_000, "0.1%"),
            (1, 800, "0.1%"),
            (3, 2_000, "0.2%"),
            (1, 16, "6.3%"),
            (1043, 1000, "104.3%"),
            (100_001, 100_000, "100.1%"),
            (9, 4, "225.0%"),
            (i64::MAX - 1, i64::MAX, "99.9%"),
        ] {
            assert_eq!(Rate::new(numerator, denominator).percent(), shown, "{numerator}/{denominator}");
        }
    }

    #[test]
    fn running_text_rounds_as_the_rule_says() {
        for (count, text) in [
            (0, "0"),
            (99, "99"),
            (100, "100"),
            (101, "100余"),
            (217, "200余"),
            (968, "900余"),
            (1_043, "1000余"),
            (2_000, "2000"),
            (9_999, "9900余"),
            (10_000, "10000"),
            (12_345, "12000余"),
            (13_000, "13000"),
        ] {
            assert_eq!(roughly(count), text, "{count}");
        }
    }

    fn tenths(shown: &str) -> i128 {
        let number = shown.trim_end_matches('%');
        let (whole, tenth) = number.split_once('.').unwrap_or((number, "0"));
        whole.parse::<i128>().unwrap() * 10 + tenth.parse::<i128>().unwrap()
    }

    proptest! {
        #[test]
        fn a_percentage_is_the_nearest_tenth_unless_it_would_lie(d in 1_i64..1_000_000_000, n in 0_i64..2_000_000_000) {
            let shown = Rate::new(n, d).percent();
            prop_assert_eq!(shown == "100%", n == d);
            prop_assert_eq!(shown == "0%", n == 0);
            prop_assert_eq!(shown.contains('.'), n != d && n != 0);
            let (t, n, d) = (tenths(&shown), i128::from(n), i128::from(d));
            // Half up: t - 1/2 <= 1000 n / d < t + 1/2, except where the edges push it away from 0, 100 and 100%.
            let nearest = 2000 * n >= (2 * t - 1) * d && 2000 * n < (2 * t + 1) * d;
            prop_assert!(nearest || [1, 999, 1001].contains(&t), "{} of {} as {}", n, d, shown);
            prop_assert_eq!((t - 1000).signum(), (n - d).signum());
        }

        #[test]
        fn more_is_never_shown_as_less(d in 1_i64..100_000, n in 0_i64..99_999) {
            prop_assert!(tenths(&Rate::new(n, d).percent()) <= tenths(&Rate::new(n + 1, d).percent()));
        }

        #[test]
        fn a_rounded_count_never_claims_more_and_says_when_it_claims_less(count in 0_i64..10_000_000) {
            let text = roughly(count);
            let shown: i64 = text.trim_end_matches('余').parse().unwrap();
            let step = if count < 10_000 { 100 } else { 1_000 };
            prop_assert!(shown <= count && count - shown < step);
            prop_assert_eq!(text.ends_with('余'), shown != count);
            prop_assert!(count >= 100 || shown == count);
        }
    }
}
