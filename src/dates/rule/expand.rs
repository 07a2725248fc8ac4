//! What a rule gives: local times, worked out by the `rrule` crate on the wall clock as if it were UTC.
//!
//! RFC 5545 section 3.3.10: a local time that does not exist is ignored and counts towards no COUNT. It is told all
//! the same, so that pages can say so.

use chrono::{Month, Months, NaiveDate, NaiveDateTime, TimeDelta};

use super::{End, Freq, NthWeekday, Rule, RuleError, Until};
use crate::dates::Zone;

/// Years from its start after which a rule without an end is cut.
const ENDLESS_MONTHS: Months = Months::new(24);

/// No rule is followed further than this.
const HORIZON: Months = Months::new(200 * 12);

/// What a rule gives from its first time on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expansion {
    /// Local times that exist, in order.
    pub slots: Vec<NaiveDateTime>,
    /// Of a rule without an end: the last day that was looked at, two years after its start.
    pub bounded: Option<NaiveDate>,
    /// Local times that the rule gives but that the zone's clocks jump over.
    pub missing: Vec<NaiveDateTime>,
}

impl Rule {
    /// The local times that it gives from `first` on, `first` itself only where the rule gives it. A time that clocks
    /// show twice is the earlier one ([`Zone::instant`]). More than `limit` are refused, and nothing runs away: a rule
    /// is followed for 200 years at most.
    pub fn expand(&self, first: NaiveDateTime, zone: Zone, limit: usize) -> Result<Expansion, RuleError> {
        let count = match self.end {
            End::Count(count) => Some(usize::try_from(count).unwrap_or(usize::MAX)),
            End::Never | End::Until(_) => None,
        };
        if count.is_some_and(|count| count > limit) {
            return Err(RuleError::TooMany { limit });
        }
        let horizon = first.checked_add_months(HORIZON).ok_or(RuleError::TooFar)?;
        let bounded = match self.end {
            End::Never => first.date().checked_add_months(ENDLESS_MONTHS).and_then(|day| day.pred_opt()),
            End::Count(_) | End::Until(_) => None,
        };
        let mut found = Expansion { bounded, ..Expansion::default() };
        let mut ended = false;
        for local in self.walk(first)? {
            ended = found.bounded.is_some_and(|last| local.date() > last) || self.is_over(local, zone);
            if ended || local > horizon {
                break;
            }
            if zone.instant(local).is_err() {
                found.missing.push(local);
                continue;
            }
            if found.slots.len() == limit {
                return Err(RuleError::TooMany { limit });
            }
            found.slots.push(local);
            ended = count == Some(found.slots.len());
            if ended {
                break;
            }
        }
        self.judge(&found, first, zone, horizon, ended)?;
        Ok(found)
    }

    /// Whether what was found is the whole of it.
    fn judge(
        &self,
        found: &Expansion,
        first: NaiveDateTime,
        zone: Zone,
        horizon: NaiveDateTime,
        ended: bool,
    ) -> Result<(), RuleError> {
        if found.slots.is_empty() {
            return Err(if self.is_over(first, zone) { RuleError::UntilBeforeStart } else { RuleError::NoDay });
        }
        // Days ran out before the end that the rule names.
        let within = found.bounded.is_some() || matches!(self.end, End::Until(_)) && self.is_over(horizon, zone);
        if ended || within { Ok(()) } else { Err(RuleError::TooFar) }
    }

    /// Whether a local time lies after the rule's UNTIL.
    fn is_over(&self, local: NaiveDateTime, zone: Zone) -> bool {
        match self.end {
            End::Never | End::Count(_) => false,
            End::Until(Until::Day(day)) => local.date() > day,
            End::Until(Until::Local(at)) => local > at,
            End::Until(Until::Instant(at)) => zone.instant(local).map_or(local > zone.local(at), |found| found > at),
        }
    }

    /// Local times from `first` on, without regard to the rule's end; ends by itself a few hundred years later.
    fn walk(&self, first: NaiveDateTime) -> Result<impl Iterator<Item = NaiveDateTime> + use<>, RuleError> {
        let shift = shift(first);
        let start = (first + shift).and_utc().with_timezone(&rrule::Tz::UTC);
        // What the library refuses was refused in reading, so that a rest of it can only mean that no day fits.
        let set = self.library().build(start).map_err(|_| RuleError::NoDay)?.limit();
        Ok((&set).into_iter().map(move |at| at.naive_utc() - shift))
    }

    fn library(&self) -> rrule::RRule<rrule::Unvalidated> {
        let freq = match self.freq {
            Freq::Daily => rrule::Frequency::Daily,
            Freq::Weekly => rrule::Frequency::Weekly,
            Freq::Monthly => rrule::Frequency::Monthly,
            Freq::Yearly => rrule::Frequency::Yearly,
        };
        let months: Vec<_> = self.by_month.iter().filter_map(|month| Month::try_from(*month).ok()).collect();
        rrule::RRule::new(freq)
            .interval(self.interval)
            .week_start(self.week_start)
            .by_month(&months)
            .by_week_no(self.by_week_no.clone())
            .by_year_day(self.by_year_day.clone())
            .by_month_day(self.by_month_day.clone())
            .by_weekday(self.library_days())
            .by_set_pos(self.by_set_pos.clone())
    }

    /// The library takes `MO,2TH` for Mondays that are the second Thursday; RFC 5545 means either. So each Monday is
    /// written out as the first to the last of its month or year where both forms meet.
    fn library_days(&self) -> Vec<rrule::NWeekday> {
        let most = if self.freq == Freq::Monthly || !self.by_month.is_empty() { 5 } else { 53 };
        let mixed = self.by_day.iter().any(|day| day.nth.is_some());
        let one = |NthWeekday { nth, day }: &NthWeekday| -> Vec<rrule::NWeekday> {
            match nth {
                Some(nth) => vec![rrule::NWeekday::Nth(*nth, *day)],
                None if mixed => (1..=most).map(|nth| rrule::NWeekday::Nth(nth, *day)).collect(),
                None => vec![rrule::NWeekday::Every(*day)],
            }
        };
        self.by_day.iter().flat_map(one).collect()
    }
}

/// Whole cycles of 400 years, in which the calendar repeats to the weekday, that bring a time shortly before the year
/// 10000. There the library gives up, so that a rule that fits no day ends after hundreds of years, not thousands.
fn shift(first: NaiveDateTime) -> TimeDelta {
    let cycles = (9799 - chrono::Datelike::year(&first)).div_euclid(400);
    TimeDelta::days(146_097 * i64::from(cycles))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn expand(rule: &str, first: &str, zone: &str) -> Result<Expansion, RuleError> {
        Rule::parse(rule).unwrap().expand(at(first), Zone::parse(zone).unwrap(), 1000)
    }

    fn days(rule: &str, first: &str) -> Vec<String> {
        let found = expand(rule, first, "Asia/Shanghai").unwrap();
        found.slots.iter().map(|slot| slot.format("%Y-%m-%d %H:%M").to_string()).collect()
    }

    #[test]
    fn the_quarterly_study_is_on_the_second_thursday() {
        assert_eq!(
            days("FREQ=MONTHLY;INTERVAL=3;BYDAY=2TH;UNTIL=20261231", "2026-01-08T14:30:00"),
            ["2026-01-08 14:30", "2026-04-09 14:30", "2026-07-09 14:30", "2026-10-08 14:30"],
        );
    }

    #[test]
    fn until_includes_its_day_time_or_instant() {
        let first = "2026-03-02T09:00:00";
        assert_eq!(days("FREQ=DAILY;UNTIL=20260304", first).len(), 3);
        assert_eq!(days("FREQ=DAILY;UNTIL=20260304T090000", first).len(), 3);
        assert_eq!(days("FREQ=DAILY;UNTIL=20260304T085959", first).len(), 2);
        assert_eq!(days("FREQ=DAILY;UNTIL=20260304T010000Z", first).len(), 3);
        assert_eq!(days("FREQ=DAILY;UNTIL=20260304T005959Z", first).len(), 2);
        assert_eq!(expand("FREQ=DAILY;UNTIL=20260301", first, "Asia/Shanghai"), Err(RuleError::UntilBeforeStart));
    }

    #[test]
    fn a_time_that_does_not_exist_is_left_out_told_and_not_counted() {
        let found = expand("FREQ=DAILY;COUNT=3", "2026-03-28T02:30:00", "Europe/Berlin").unwrap();
        assert_eq!(found.slots, [at("2026-03-28T02:30:00"), at("2026-03-30T02:30:00"), at("2026-03-31T02:30:00")]);
        assert_eq!(found.missing, [at("2026-03-29T02:30:00")]);
        let twice = expand("FREQ=DAILY;COUNT=2;INTERVAL=1", "2026-10-25T02:30:00", "Europe/Berlin").unwrap();
        assert_eq!((twice.slots.len(), twice.missing.len()), (2, 0));
    }

    #[test]
    fn a_rule_without_an_end_is_cut_after_two_years_and_says_so() {
        let found = expand("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31T09:00:00", "Asia/Shanghai").unwrap();
        assert_eq!((found.slots.len(), found.bounded), (24, "2028-01-30".parse().ok()));
        assert_eq!(expand("FREQ=DAILY", "2026-01-01T09:00:00", "Asia/Shanghai").unwrap().slots.len(), 730);
        let once = expand("FREQ=YEARLY;INTERVAL=5", "2026-01-01T09:00:00", "Asia/Shanghai").unwrap();
        assert_eq!(once.slots.len(), 1);
    }

    #[test]
    fn either_form_of_weekday_counts_where_both_stand() {
        assert_eq!(
            days("FREQ=MONTHLY;BYDAY=MO,2TH;COUNT=6", "2026-06-01T09:00:00"),
            [
                "2026-06-01 09:00",
                "2026-06-08 09:00",
                "2026-06-11 09:00",
                "2026-06-15 09:00",
                "2026-06-22 09:00",
                "2026-06-29 09:00"
            ],
        );
    }

    #[test]
    fn what_would_run_away_is_refused_at_once() {
        let first = "2026-01-01T09:00:00";
        let too_many = Err(RuleError::TooMany { limit: 1000 });
        for (rule, expected) in [
            ("FREQ=DAILY;COUNT=100000", too_many.clone()),
            ("FREQ=DAILY;UNTIL=99991231", too_many.clone()),
            ("FREQ=DAILY;COUNT=1001", too_many),
            ("FREQ=YEARLY;INTERVAL=10;UNTIL=99991231", Err(RuleError::TooFar)),
            ("FREQ=YEARLY;COUNT=1000", Err(RuleError::TooFar)),
            ("FREQ=YEARLY;INTERVAL=65535;COUNT=2", Err(RuleError::TooFar)),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", Err(RuleError::NoDay)),
            ("FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31;COUNT=3", Err(RuleError::NoDay)),
            ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;UNTIL=20301231", Err(RuleError::NoDay)),
            ("FREQ=DAILY;INTERVAL=7;BYDAY=MO;COUNT=3", Err(RuleError::NoDay)),
            ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=5", Err(RuleError::NoDay)),
            ("FREQ=WEEKLY;BYMONTH=1;INTERVAL=1;BYDAY=TU;BYSETPOS=2", Err(RuleError::NoDay)),
        ] {
            let started = Instant::now();
            assert_eq!(expand(rule, first, "Asia/Shanghai"), expected, "{rule}");
            // In release each takes a few milliseconds; this is the build without optimisation, on a busy machine.
            assert!(started.elapsed() < Duration::from_secs(5), "{rule}: {:?}", started.elapsed());
        }
    }

    #[test]
    fn a_leap_day_comes_every_four_years_whatever_the_start() {
        assert_eq!(
            days("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=3", "2027-01-01T09:00:00"),
            ["2028-02-29 09:00", "2032-02-29 09:00", "2036-02-29 09:00"],
        );
        let old = expand("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=1", "1899-01-01T09:00:00", "UTC").unwrap();
        assert_eq!(old.slots, [at("1904-02-29T09:00:00")]);
        let late = expand("FREQ=YEARLY;COUNT=2", "9990-01-01T09:00:00", "UTC").unwrap();
        assert_eq!(late.slots.len(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn garbage_is_refused_and_never_panics(text in "\\PC{0,80}") {
            let _ = Rule::parse(&text);
            let _ = Rule::parse(&format!("FREQ=WEEKLY;{text}"));
        }

        #[test]
        fn what_looks_like_a_rule_is_expanded_or_refused(
            freq in prop::sample::select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY"]),
            parts in prop::collection::vec((
                prop::sample::select(vec!["INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYWEEKNO", "BYYEARDAY",
                    "BYMONTHDAY", "BYDAY", "BYSETPOS", "BYHOUR"]),
                prop::collection::vec("(-?[0-9]{1,3}|-?[1-5]?(MO|TU|SU)|2026[0-9]{4}(T[0-9]{6}Z?)?)", 1..4),
            ), 0..5),
            day in 0_u64..40_000,
            berlin in any::<bool>(),
        ) {
            let parts: Vec<_> = parts.iter().map(|(name, values)| format!(";{name}={}", values.join(","))).collect();
            let parts = parts.concat();
            let zone = Zone::parse(if berlin { "Europe/Berlin" } else { "Asia/Shanghai" }).unwrap();
            let first = at("1990-01-01T02:30:00") + chrono::Days::new(day);
            if let Ok(rule) = Rule::parse(&format!("FREQ={freq}{parts}")) {
                prop_assert_eq!(&Rule::parse(&rule.text()), &Ok(rule.clone()));
                if let Ok(found) = rule.expand(first, zone, 50) {
                    prop_assert!(found.slots.len() <= 50 && found.slots[0] >= first);
                    prop_assert!(found.slots.is_sorted() && found.slots.windows(2).all(|pair| pair[0] < pair[1]));
                }
            }
        }
    }
}
