//! VALARM as text (RFC 5545 section 3.6.6, UID by RFC 9074 section 4). Pure.
//!
//! icalendar gives every component that has none a DTSTAMP of now and a random UID, alarms too: these are put in here,
//! always the same for the same entry. No ACKNOWLEDGED is written: whether somebody saw one is the business of their
//! own calendar.
//!
//! A whole day begins at midnight: what is to ring before it rings at nine, of that day or so many days earlier.

use std::fmt::Write;

use super::entry::Entry;
use super::ics::{Status, clean, escape};

const END: &str = "\r\nEND:VEVENT\r\n";
/// The most octets of a line (RFC 5545 section 3.1).
pub(super) const LONGEST: usize = 75;

/// The calendar with the alarms of its entries, which stand in it in this order. What was cancelled rings no more.
pub(super) fn ring(text: &str, entries: &[Entry]) -> String {
    if entries.iter().all(|entry| entry.extra.alarms.is_empty()) {
        return text.to_owned();
    }
    // No line of a property begins with END: a folded one begins with a blank.
    let mut parts = text.split(END);
    let mut rung = parts.next().unwrap_or_default().to_owned();
    for (entry, part) in entries.iter().zip(parts) {
        if entry.status != Status::Cancelled {
            let mut before = None;
            for &minutes in &entry.extra.alarms {
                let trigger = trigger(minutes, entry.span.all_day);
                // The wishes stand in order, so that two that mean the same follow each other.
                if before.as_ref() != Some(&trigger) {
                    alarm(&mut rung, entry, minutes, &trigger);
                }
                before = Some(trigger);
            }
        }
        rung += END;
        rung += part;
    }
    rung
}

/// Minutes of a day.
const DAY: u32 = 1_440;

/// When an alarm rings, from the start (section 3.8.6.3).
fn trigger(minutes: u32, all_day: bool) -> String {
    match minutes {
        _ if all_day && minutes < DAY => "PT9H".to_owned(),
        _ if all_day => format!("-PT{}H", minutes / DAY * 24 - 9),
        0 => "PT0S".to_owned(),
        _ if minutes.is_multiple_of(DAY) => format!("-P{}D", minutes / DAY),
        _ => format!("-PT{minutes}M"),
    }
}

fn alarm(text: &mut String, entry: &Entry, minutes: u32, trigger: &str) {
    *text += "\r\nBEGIN:VALARM\r\n";
    fold(text, &format!("UID:{}-{minutes}", clean(&entry.uid)));
    *text += "ACTION:DISPLAY\r\n";
    fold(text, &format!("DESCRIPTION:{}", escape(&clean(&entry.summary))));
    let _ = write!(text, "TRIGGER:{trigger}\r\nEND:VALARM");
}

/// Writes a line in parts of at most 75 octets, none of which cuts a character (section 3.1).
pub(super) fn fold(text: &mut String, line: &str) {
    let mut room = LONGEST;
    for c in line.chars() {
        if c.len_utf8() > room {
            *text += "\r\n ";
            room = LONGEST - 1;
        }
        text.push(c);
        room -= c.len_utf8();
    }
    *text += "\r\n";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_days_ring_in_the_morning() {
        for (minutes, timed, whole) in [
            (0, "PT0S", "PT9H"),
            (30, "-PT30M", "PT9H"),
            (1_440, "-P1D", "-PT15H"),
            (1_500, "-PT1500M", "-PT15H"),
            (4_320, "-P3D", "-PT63H"),
        ] {
            assert_eq!((trigger(minutes, false).as_str(), trigger(minutes, true).as_str()), (timed, whole));
        }
    }

    #[test]
    fn a_line_is_folded_where_it_grows_too_long() {
        let mut text = String::new();
        fold(&mut text, &"法".repeat(60));
        assert!(text.split("\r\n").all(|line| line.len() <= 75));
        assert_eq!(text.replace("\r\n ", ""), format!("{}\r\n", "法".repeat(60)));
    }
}
