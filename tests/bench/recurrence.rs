//! Expanding 1,000 series over five years: how long a sitting takes, and how much of that is the rrule crate's.
//!
//! `cargo bench --bench recurrence`. Each round expands the same series through [`Rule::expand`] and by the library
//! alone, one after the other, so that a busy machine slows both; the fastest of the rounds stands.

#![allow(clippy::pedantic, reason = "a measurement is read, not built upon")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use pufa::dates::{Rule, Zone};
use rrule::{RRule, Tz, Unvalidated};

const SERIES: u64 = 1000;
const ROUNDS: usize = 10;

/// What bodies hold, in the shares in which they hold it: mostly weeks and months, some quarters, few days and years.
const RULES: [&str; 10] = [
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;BYDAY=TU,TH",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=MONTHLY;BYDAY=2TH",
    "FREQ=MONTHLY;BYMONTHDAY=15",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;INTERVAL=3;BYDAY=2TH",
    "FREQ=DAILY;INTERVAL=10",
    "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=4",
];

/// One series, read already: what a preview does for each is to expand it.
struct Series {
    rule: Rule,
    library: RRule<Unvalidated>,
    first: NaiveDateTime,
}

fn series() -> Vec<Series> {
    let start = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day");
    let nine = NaiveTime::from_hms_opt(9, 0, 0).expect("a time");
    let one = |n: u64| {
        let first = (start + Days::new(n % 28)).and_time(nine);
        let text = format!("{};UNTIL=20301231T235959", RULES[(n % 10) as usize]);
        let rule = Rule::parse(&text).expect("a rule");
        let library = format!("{text}Z").parse().expect("a rule of the library's");
        Series { rule, library, first }
    };
    (0..SERIES).map(one).collect()
}

/// The fastest round, and how many sittings each has.
fn fastest(rounds: &mut [(Duration, usize)]) -> (Duration, usize) {
    rounds.sort();
    rounds[0]
}

fn main() {
    let all = series();
    println!("{SERIES} series over 5 years, fastest of {ROUNDS} rounds");
    for zone in ["Asia/Shanghai", "Europe/Berlin"] {
        let zone = Zone::parse(zone).expect("a zone");
        let (mut ours, mut theirs, mut parsed) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let from = Instant::now();
            let sittings = all.iter().map(|one| expand(one, zone)).sum();
            ours.push((from.elapsed(), sittings));
            let from = Instant::now();
            let sittings = all.iter().map(by_library).sum();
            theirs.push((from.elapsed(), sittings));
            let from = Instant::now();
            all.iter().for_each(|one| drop(black_box(Rule::parse(black_box(&one.rule.text())))));
            parsed.push((from.elapsed(), SERIES as usize));
        }
        let ((ours, sittings), (theirs, same), (parsed, _)) =
            (fastest(&mut ours), fastest(&mut theirs), fastest(&mut parsed));
        assert_eq!(sittings, same, "both give the same sittings");
        let each = |time: Duration| time.as_secs_f64() * 1e6 / sittings as f64;
        println!(
            "{}: {sittings} sittings, {:.2} µs each; the library alone {:.2} µs ({:.0}%); reading a rule {:.2} µs",
            zone.name(),
            each(ours),
            each(theirs),
            each(theirs) / each(ours) * 100.0,
            parsed.as_secs_f64() * 1e6 / SERIES as f64,
        );
        assert!(each(ours) < 10.0, "the goal is under 10 µs a sitting");
    }
}

fn expand(one: &Series, zone: Zone) -> usize {
    black_box(one.rule.expand(black_box(one.first), zone, 5000)).expect("sittings").slots.len()
}

fn by_library(one: &Series) -> usize {
    let set = one.library.clone().build(one.first.and_utc().with_timezone(&Tz::UTC)).expect("a set");
    black_box((&set).into_iter().collect::<Vec<_>>()).len()
}
