//! When a session is reminded of. Pure.

use chrono::{DateTime, NaiveTime, SecondsFormat, TimeDelta, Utc};
use entity::event;

use crate::dates::{Span, Zone, parse_duration};
use crate::scheduling::Kinds;

/// When a day begins on which somebody should be somewhere all day.
const MORNING: NaiveTime = NaiveTime::from_hms_opt(9, 0, 0).expect("a time of day");

/// For how long a reminder of the very start is of use.
const AT_THE_START: TimeDelta = TimeDelta::minutes(10);

/// A reminder of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// As the event or kind spells it: `P3D`.
    pub before: String,
    /// When it is due.
    pub at: DateTime<Utc>,
    /// From when on it is of no use.
    pub deadline: DateTime<Utc>,
}

impl Reminder {
    /// The reminder that some time before a session is; None of what is no duration.
    #[must_use]
    pub fn of(before: &str, span: &Span) -> Option<Self> {
        let length = parse_duration(before)?;
        Some(Self {
            before: before.to_owned(),
            at: span.start.checked_sub_signed(length)?,
            deadline: deadline(span, length),
        })
    }
}

/// From when on a reminder is of no use: the start; of whole days the morning of the first, for nobody comes at
/// midnight; of a reminder at the very start a little later.
fn deadline(span: &Span, before: TimeDelta) -> DateTime<Utc> {
    if span.all_day {
        return span.zone.instant(span.day().and_time(MORNING)).unwrap_or(span.start);
    }
    if before.is_zero() { (span.start + AT_THE_START).min(span.end) } else { span.start }
}

/// The longest time after a session's start at which a reminder of it may still be of use.
pub const LATEST: TimeDelta = TimeDelta::hours(12);

/// The session's start as it stands in keys and details.
#[must_use]
pub fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The reminders of an event: its own, else its kind's.
#[must_use]
pub fn reminder_set(kinds: &Kinds, event: &event::Model) -> Vec<String> {
    match event.reminders.as_ref().and_then(|own| own.as_array()) {
        Some(own) => own.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect(),
        None => kinds.get(&event.kind).map(|kind| kind.reminders.clone()).unwrap_or_default(),
    }
}

/// The reminder that is to be written down: after a time of standstill the latest alone, not all that were missed. One
/// that was due when the invited were last told is not sent: what they were told stands for it. `opens` says from when
/// on a reminder may go to anybody.
pub fn latest(
    set: &[String],
    span: &Span,
    told: Option<DateTime<Utc>>,
    opens: impl Fn(&Reminder) -> DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<Reminder> {
    set.iter()
        .filter_map(|text| Reminder::of(text, span))
        .filter(|reminder| opens(reminder) <= now)
        .max_by(|a, b| a.at.cmp(&b.at).then_with(|| b.before.cmp(&a.before)))
        .filter(|reminder| told.is_none_or(|told| reminder.at > told) && now < reminder.deadline)
}

/// When a reminder goes to somebody with these quiet hours.
#[must_use]
pub fn goes(
    reminder: &Reminder,
    quiet: super::Quiet,
    zone: Zone,
    told: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let fit = quiet.fit(reminder.at, reminder.deadline, zone);
    // They were told of it when it was quiet already: then so are they reminded.
    let at = if told.is_some_and(|told| fit <= told) { reminder.at } else { fit };
    if at > now {
        return at;
    }
    quiet.hold(now, reminder.deadline, zone).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::super::Quiet;
    use super::*;

    fn zone() -> Zone {
        Zone::parse("Asia/Shanghai").unwrap()
    }

    fn at(local: &str) -> DateTime<Utc> {
        zone().instant(format!("2024-03-{local}:00").parse().unwrap()).unwrap()
    }

    fn span(start: &str, end: &str) -> Span {
        Span { start: at(start), end: at(end), all_day: start.ends_with("00:00"), zone: zone() }
    }

    fn due(told: Option<&str>, now: &str) -> Option<String> {
        let set = ["P3D".to_owned(), "PT1H".to_owned()];
        let span = span("12T09:00", "12T11:00");
        latest(&set, &span, told.map(at), |reminder| reminder.at, at(now)).map(|reminder| reminder.before)
    }

    #[test]
    fn only_the_latest_that_is_due_and_was_not_due_when_told() {
        let told = Some("01T08:00");
        assert_eq!(due(told, "09T08:59"), None);
        assert_eq!(due(told, "09T09:00").as_deref(), Some("P3D"));
        assert_eq!(due(told, "12T08:30").as_deref(), Some("PT1H"));
        assert_eq!(due(Some("10T08:00"), "10T08:01"), None);
        assert_eq!(due(Some("10T08:00"), "12T08:00").as_deref(), Some("PT1H"));
        assert_eq!(due(None, "10T08:00").as_deref(), Some("P3D"));
        assert_eq!(due(told, "12T09:00"), None);
    }

    #[test]
    fn quiet_hours_move_a_reminder_and_never_past_its_use() {
        let quiet = Quiet::parse("21:30-07:00").unwrap();
        let table = [
            // Start, end, before, told, now, goes.
            ("12T09:00", "12T11:00", "PT1H", "01T08:00", "12T08:00", "12T08:00"),
            ("12T07:30", "12T09:00", "PT1H", "01T08:00", "12T06:30", "12T07:00"),
            ("12T06:30", "12T08:00", "PT1H", "01T08:00", "11T21:00", "11T21:00"),
            // Nobody is reminded at 23:00 of what lasts the whole next day, but in its morning.
            ("12T00:00", "13T00:00", "PT1H", "01T08:00", "11T23:00", "12T07:00"),
            ("12T00:00", "13T00:00", "P3D", "01T08:00", "09T00:00", "09T07:00"),
            // After a standstill it is quiet.
            ("12T09:00", "12T11:00", "P1D", "01T08:00", "11T22:00", "12T07:00"),
            ("12T06:30", "12T08:00", "P1D", "01T08:00", "11T22:00", "11T22:00"),
            // Called at night for the night.
            ("12T00:30", "12T02:00", "PT30M", "11T23:10", "12T00:00", "12T00:00"),
        ];
        for (start, end, before, told, now, goes_at) in table {
            let reminder = Reminder::of(before, &span(start, end)).unwrap();
            assert_eq!(goes(&reminder, quiet, zone(), Some(at(told)), at(now)), at(goes_at), "{start} {before} {now}");
        }
    }

    #[test]
    fn a_reminder_at_the_start_is_of_use_for_a_little_while() {
        let reminder = Reminder::of("PT0S", &span("12T09:00", "12T11:00")).unwrap();
        assert_eq!((reminder.at, reminder.deadline), (at("12T09:00"), at("12T09:10")));
    }
}
