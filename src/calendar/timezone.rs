//! VTIMEZONE as text (RFC 5545 section 3.6.5), worked out from the time zone database for the span that is needed.
//!
//! Pure. Asia/Shanghai comes out as one STANDARD of +0800: its daylight saving ended in 1991.

use std::fmt::Write;

use chrono::{DateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{OffsetComponents, OffsetName, Tz};

/// One rule: from `at` on, clocks show `to` after `from`.
struct Observance {
    /// None for the one that holds before the span.
    at: Option<DateTime<Utc>>,
    from: i32,
    to: i32,
    name: String,
    daylight: bool,
}

/// The block of `zone`, right for local times between `first` and `last`; lines end with CRLF.
#[must_use]
pub fn block(zone: Tz, first: DateTime<Utc>, last: DateTime<Utc>) -> String {
    let mut text = format!("BEGIN:VTIMEZONE\r\nTZID:{}\r\n", zone.name());
    for rule in observances(zone, first, last) {
        let part = if rule.daylight { "DAYLIGHT" } else { "STANDARD" };
        // DTSTART is the local time before the change (section 3.6.5).
        let start = rule.at.map_or_else(
            || "19700101T000000".to_owned(),
            |at| (at.naive_utc() + TimeDelta::seconds(rule.from.into())).format("%Y%m%dT%H%M%S").to_string(),
        );
        let _ = write!(
            text,
            "BEGIN:{part}\r\nDTSTART:{start}\r\nTZOFFSETFROM:{}\r\nTZOFFSETTO:{}\r\nTZNAME:{}\r\nEND:{part}\r\n",
            offset(rule.from),
            offset(rule.to),
            rule.name
        );
    }
    text + "END:VTIMEZONE\r\n"
}

fn observances(zone: Tz, first: DateTime<Utc>, last: DateTime<Utc>) -> Vec<Observance> {
    // A day on either side, so that a local time at the edge is covered too.
    let (mut here, last) = (first - TimeDelta::days(1), last + TimeDelta::days(1));
    let mut rules = vec![observance(zone, None, seconds(zone, here), here)];
    while here < last {
        let next = (here + TimeDelta::days(1)).min(last);
        let before = seconds(zone, here);
        if seconds(zone, next) != before {
            let at = change(zone, here, next);
            rules.push(observance(zone, Some(at), before, at));
        }
        here = next;
    }
    rules
}

fn observance(zone: Tz, at: Option<DateTime<Utc>>, from: i32, sample: DateTime<Utc>) -> Observance {
    let offset = zone.offset_from_utc_datetime(&sample.naive_utc());
    Observance {
        at,
        from,
        to: seconds(zone, sample),
        name: offset.abbreviation().unwrap_or(zone.name()).to_owned(),
        daylight: offset.dst_offset() != TimeDelta::zero(),
    }
}

/// The first second after `before`, and not after `after`, at which another offset holds.
fn change(zone: Tz, before: DateTime<Utc>, after: DateTime<Utc>) -> DateTime<Utc> {
    let old = seconds(zone, before);
    let (mut low, mut high) = (0, (after - before).num_seconds());
    while high - low > 1 {
        let middle = low.midpoint(high);
        if seconds(zone, before + TimeDelta::seconds(middle)) == old {
            low = middle;
        } else {
            high = middle;
        }
    }
    before + TimeDelta::seconds(high)
}

fn seconds(zone: Tz, at: DateTime<Utc>) -> i32 {
    zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
}

fn offset(seconds: i32) -> String {
    let (sign, whole) = if seconds < 0 { ('-', -seconds) } else { ('+', seconds) };
    let mut text = format!("{sign}{:02}{:02}", whole / 3600, whole / 60 % 60);
    if whole % 60 != 0 {
        let _ = write!(text, "{:02}", whole % 60);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn shanghai_is_one_standard_without_old_daylight_saving() {
        let text = block(chrono_tz::Asia::Shanghai, at("2023-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"));
        assert_eq!(
            text,
            "BEGIN:VTIMEZONE\r\nTZID:Asia/Shanghai\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n\
             TZOFFSETFROM:+0800\r\nTZOFFSETTO:+0800\r\nTZNAME:CST\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
        );
    }

    #[test]
    fn berlin_changes_at_the_second_that_its_law_names() {
        let text = block(chrono_tz::Europe::Berlin, at("2026-01-10T00:00:00Z"), at("2026-12-01T00:00:00Z"));
        assert!(text.contains(
            "BEGIN:DAYLIGHT\r\nDTSTART:20260329T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\n"
        ));
        assert!(text.contains(
            "BEGIN:STANDARD\r\nDTSTART:20261025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\n"
        ));
        assert_eq!(text.matches("BEGIN:STANDARD").count(), 2);
    }
}
