//! Hours in which people are left alone. Pure.
//!
//! What is due in them waits until they end; or goes before they begin, when it would come too late by then.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::dates::Zone;

/// How long before quiet hours begin what cannot wait for their end is sent: time enough to reach many.
const AHEAD: TimeDelta = TimeDelta::minutes(30);

/// From when to when, local, day by day; perhaps over midnight, perhaps never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quiet(Option<(NaiveTime, NaiveTime)>);

impl Quiet {
    /// No quiet hours at all.
    pub const NEVER: Self = Self(None);

    /// Reads `21:30-07:00`, or nothing: never. None when it is something else, or begins when it ends.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Self::NEVER);
        }
        let (from, to) = text.split_once('-')?;
        let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
        let (from, to) = (time(from)?, time(to)?);
        (from != to).then_some(Self(Some((from, to))))
    }

    /// The quiet stretch that holds a moment: its first instant, and the first after it.
    #[must_use]
    pub fn stretch(self, at: DateTime<Utc>, zone: Zone) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let (from, to) = self.0?;
        let local = zone.local(at);
        let (today, time) = (local.date(), local.time());
        let (first, last) = match (from < to, time >= from, time < to) {
            (true, true, true) => (today, today),
            (false, true, _) => (today, today.checked_add_days(Days::new(1))?),
            (false, _, true) => (today.checked_sub_days(Days::new(1))?, today),
            _ => return None,
        };
        Some((instant(zone, first, from), instant(zone, last, to)))
    }

    /// When that goes which is due at `at` and is of no use from `deadline` on.
    #[must_use]
    pub fn fit(self, at: DateTime<Utc>, deadline: DateTime<Utc>, zone: Zone) -> DateTime<Utc> {
        match self.stretch(at, zone) {
            None => at,
            Some((_, end)) if end < deadline => end,
            Some((begin, _)) => begin - AHEAD,
        }
    }

    /// Until when that waits which would go now; None when it goes at once: there is no quiet, or waiting would make it
    /// useless. Where clocks are put back over its end, it ends the first time.
    #[must_use]
    pub fn hold(self, now: DateTime<Utc>, deadline: DateTime<Utc>, zone: Zone) -> Option<DateTime<Utc>> {
        self.stretch(now, zone).map(|(_, end)| end).filter(|end| now < *end && *end < deadline)
    }
}

impl std::fmt::Display for Quiet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some((from, to)) => write!(f, "{}-{}", from.format("%H:%M"), to.format("%H:%M")),
            None => Ok(()),
        }
    }
}

/// The instant of a local time; where clocks jump over it, the first after the jump.
fn instant(zone: Zone, day: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    let local = day.and_time(time);
    (0..=4)
        .find_map(|half_hours| zone.instant(local + TimeDelta::minutes(30 * half_hours)).ok())
        .unwrap_or_else(|| local.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> Zone {
        Zone::parse("Asia/Shanghai").unwrap()
    }

    fn at(local: &str) -> DateTime<Utc> {
        zone().instant(format!("2024-03-{local}:00").parse().unwrap()).unwrap()
    }

    fn shown(at: DateTime<Utc>) -> String {
        zone().local(at).format("%dT%H:%M").to_string()
    }

    #[test]
    fn what_is_due_in_quiet_hours_waits_or_goes_before_them() {
        let table = [
            // Quiet, due, useless from, goes.
            ("21:30-07:00", "12T09:00", "12T10:00", "12T09:00"),
            ("21:30-07:00", "12T21:29", "14T10:00", "12T21:29"),
            ("21:30-07:00", "12T21:30", "14T10:00", "13T07:00"),
            ("21:30-07:00", "12T23:59", "14T10:00", "13T07:00"),
            ("21:30-07:00", "13T00:00", "14T10:00", "13T07:00"),
            ("21:30-07:00", "13T06:59", "13T07:01", "13T07:00"),
            ("21:30-07:00", "13T07:00", "13T08:00", "13T07:00"),
            // The end of the quiet would be too late.
            ("21:30-07:00", "13T06:00", "13T07:00", "12T21:00"),
            ("21:30-07:00", "13T05:30", "13T06:30", "12T21:00"),
            ("21:30-07:00", "12T21:45", "12T22:45", "12T21:00"),
            // Within a day, and never.
            ("12:00-14:00", "12T12:30", "12T15:00", "12T14:00"),
            ("12:00-14:00", "12T12:30", "12T13:30", "12T11:30"),
            ("12:00-14:00", "12T23:00", "13T00:00", "12T23:00"),
            ("", "12T23:00", "13T00:00", "12T23:00"),
        ];
        for (quiet, due, deadline, goes) in table {
            let quiet = Quiet::parse(quiet).unwrap();
            assert_eq!(shown(quiet.fit(at(due), at(deadline), zone())), goes, "{quiet} {due} {deadline}");
        }
    }

    #[test]
    fn what_is_tried_again_in_quiet_hours_waits_unless_that_is_too_late() {
        let quiet = Quiet::parse("21:30-07:00").unwrap();
        let held = |now, deadline| quiet.hold(at(now), at(deadline), zone()).map(shown);
        assert_eq!(held("12T23:00", "13T09:00").as_deref(), Some("13T07:00"));
        assert_eq!(held("12T23:00", "13T06:30"), None);
        assert_eq!(held("12T20:00", "13T09:00"), None);
        assert_eq!(Quiet::NEVER.hold(at("12T23:00"), at("14T09:00"), zone()), None);
    }

    #[test]
    fn two_different_times_or_nothing() {
        assert_eq!(Quiet::parse(" 21:30 - 07:00 ").unwrap().to_string(), "21:30-07:00");
        assert_eq!(Quiet::parse(""), Some(Quiet::NEVER));
        for wrong in ["21:30", "21-7", "07:00-07:00", "25:00-07:00", "21:30–07:00", "off"] {
            assert_eq!(Quiet::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn clocks_that_jump_do_not_break_it() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let quiet = Quiet::parse("22:00-02:30").unwrap();
        // 02:30 of 31 March 2024 does not exist there: the quiet ends at 03:00.
        let end = quiet.stretch("2024-03-31T00:30:00Z".parse().unwrap(), berlin).unwrap().1;
        assert_eq!(end, "2024-03-31T01:00:00Z".parse::<DateTime<Utc>>().unwrap());
        // 02:30 of 27 October 2024 comes twice: by the second 02:15 the quiet is over, and nothing waits for the past.
        let held = |now: &str| quiet.hold(now.parse().unwrap(), DateTime::<Utc>::MAX_UTC, berlin);
        assert_eq!(held("2024-10-27T00:15:00Z"), Some("2024-10-27T00:30:00Z".parse().unwrap()));
        assert_eq!(held("2024-10-27T01:15:00Z"), None);
    }
}
