//! When a session is reminded of. Pure.

use chrono::{DateTime, NaiveTime, SecondsFormat, TimeDelta, Utc};
use entity::event;

use super::Quiet;
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

/// Quiet hours move a reminder by less than this: by a day that clocks made longer, and the while before it.
pub const MOVED: TimeDelta = TimeDelta::hours(26);

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

/// Those of a set that quiet hours may have moved to by now; of what is further ahead nothing need be worked out.
#[must_use]
pub fn near(mut set: Vec<String>, start: DateTime<Utc>, now: DateTime<Utc>) -> Vec<String> {
    let at = |text: &str| parse_duration(text).and_then(|before| start.checked_sub_signed(before));
    set.retain(|text| at(text).is_some_and(|at| at <= now + MOVED));
    set
}

/// From when on a reminder goes to somebody with these quiet hours. Whoever was told of it when it was quiet already is
/// reminded then, too.
#[must_use]
pub fn moment(reminder: &Reminder, (quiet, zone): (Quiet, Zone), told: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let fit = quiet.fit(reminder.at, reminder.deadline, zone);
    if told.is_some_and(|told| fit <= told) { reminder.at } else { fit }
}

/// What somebody with these quiet hours is to be sent by now, and since when: of all whose moment has come the latest
/// alone, whether quiet hours or a standstill brought them together. One that was due when the invited were last told is
/// not sent: what they were told stands for it.
#[must_use]
pub fn latest(
    reminders: &[Reminder],
    hours: (Quiet, Zone),
    told: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<(&Reminder, DateTime<Utc>)> {
    reminders
        .iter()
        .map(|reminder| (reminder, moment(reminder, hours, told)))
        .filter(|(_, moment)| *moment <= now)
        .max_by(|(a, of_a), (b, of_b)| of_a.cmp(of_b).then(a.at.cmp(&b.at)).then_with(|| b.before.cmp(&a.before)))
        .filter(|(reminder, _)| told.is_none_or(|told| reminder.at > told) && now < reminder.deadline)
}

/// When a reminder goes whose moment has come: after a standstill it may be quiet.
#[must_use]
pub fn goes(reminder: &Reminder, (quiet, zone): (Quiet, Zone), now: DateTime<Utc>) -> DateTime<Utc> {
    quiet.hold(now, reminder.deadline, zone).unwrap_or(now)
}

/// Whether another reminder of its set stands for one by now.
#[must_use]
pub fn superseded(
    reminder: &Reminder,
    reminders: &[Reminder],
    hours: (Quiet, Zone),
    told: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    // Mostly none follows, and no hours need be looked at.
    reminders.iter().any(|other| other.at > reminder.at)
        && latest(reminders, hours, told, now).is_some_and(|(latest, _)| latest.at > reminder.at)
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

    fn span(start: &str, end: &str) -> Span {
        Span { start: at(start), end: at(end), all_day: start.ends_with("00:00"), zone: zone() }
    }

    fn of(set: &[&str], span: &Span) -> Vec<Reminder> {
        set.iter().map(|text| Reminder::of(text, span).unwrap()).collect()
    }

    fn due(quiet: &str, set: &[&str], (start, end): (&str, &str), told: Option<&str>, now: &str) -> Option<String> {
        let (reminders, quiet) = (of(set, &span(start, end)), Quiet::parse(quiet).unwrap());
        latest(&reminders, (quiet, zone()), told.map(at), at(now)).map(|(reminder, _)| reminder.before.clone())
    }

    #[test]
    fn only_the_latest_that_is_due_and_was_not_due_when_told() {
        let due = |told, now| due("", &["P3D", "PT1H"], ("12T09:00", "12T11:00"), told, now);
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
    fn of_what_comes_together_the_latest_stands_for_all() {
        let (set, times, told) = (["PT2H", "PT1H"], ("12T08:00", "12T10:00"), Some("01T08:00"));
        // Quiet, now, is due.
        let table = [
            ("21:30-07:00", "12T06:00", None),
            ("21:30-07:00", "12T06:59", None),
            ("21:30-07:00", "12T07:00", Some("PT1H")),
            ("", "12T06:00", Some("PT2H")),
            ("", "12T06:59", Some("PT2H")),
            ("", "12T07:00", Some("PT1H")),
            // Both before hours that last longer than it can wait.
            ("05:30-09:00", "12T04:59", None),
            ("05:30-09:00", "12T05:00", Some("PT1H")),
            ("12:00-14:00", "12T06:30", Some("PT2H")),
        ];
        for (quiet, now, is_due) in table {
            assert_eq!(due(quiet, &set, times, told, now).as_deref(), is_due, "{quiet} {now}");
        }
    }

    #[test]
    fn quiet_hours_move_a_reminder_and_never_past_its_use() {
        let quiet = Quiet::parse("21:30-07:00").unwrap();
        let table = [
            // Start, end, before, told, looked at from then on, goes.
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
            let (reminder, hours) = (Reminder::of(before, &span(start, end)).unwrap(), (quiet, zone()));
            let from = moment(&reminder, hours, Some(at(told))).max(at(now));
            assert_eq!(goes(&reminder, hours, from), at(goes_at), "{start} {before} {now}");
        }
    }

    #[test]
    fn one_that_waited_gives_way_to_one_whose_moment_has_come() {
        let reminders = of(&["P1D", "PT1H"], &span("12T08:00", "12T10:00"));
        let quiet = Quiet::parse("21:30-07:00").unwrap();
        let gone = |n: usize, quiet, now| superseded(&reminders[n], &reminders, (quiet, zone()), None, at(now));
        assert!(!gone(0, quiet, "12T06:59") && gone(0, quiet, "12T07:00") && !gone(1, quiet, "12T07:00"));
        // Of somebody whose quiet lasts longer the later one has come already, in the evening.
        let long = Quiet::parse("21:30-08:30").unwrap();
        assert!(!gone(0, long, "11T20:59") && gone(0, long, "11T21:00"));
    }

    #[test]
    fn what_is_far_ahead_is_left_out() {
        let set = || vec!["P9D".to_owned(), "P3D".to_owned(), "PT1H".to_owned(), "soon".to_owned()];
        let left = |now| near(set(), at("12T09:00"), at(now)).len();
        assert_eq!([left("01T09:00"), left("08T06:59"), left("08T07:00"), left("11T06:00")], [0, 1, 2, 3]);
    }

    #[test]
    fn a_reminder_at_the_start_is_of_use_for_a_little_while() {
        let reminder = Reminder::of("PT0S", &span("12T09:00", "12T11:00")).unwrap();
        assert_eq!((reminder.at, reminder.deadline), (at("12T09:00"), at("12T09:10")));
    }
}
