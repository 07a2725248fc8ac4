//! Whether a session is at a time when people work: pure. The rule is the module's, see [`super`].

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

use super::{About, Sort, Weight};
use crate::dates::{Span, Workdays};
use crate::scheduling::{Class, WorkHours};

/// How near a session is of which nobody is asked whether they know that its day is a holiday.
const SHORT_NOTICE: TimeDelta = TimeDelta::days(7);
/// The same of a plain weekend and of the hour: who plans within the month sees it, and is not asked for a reason.
const PLANNED_SOON: TimeDelta = TimeDelta::days(30);

/// One thing that is wrong with a time.
pub(super) type Finding = (Sort, Weight, About);

/// What is wrong with the days and hours of a session of that class; None is a kind that the site no longer has.
pub(super) fn judge(
    class: Option<Class>,
    span: &Span,
    workdays: &Workdays,
    hours: WorkHours,
    now: DateTime<Utc>,
) -> Vec<Finding> {
    let ahead = span.start - now;
    if class == Some(Class::Outreach) || (-SHORT_NOTICE..=TimeDelta::zero()).contains(&ahead) {
        return Vec::new();
    }
    let (first, last) = days(span);
    let mut found: Vec<Finding> = if first == last { vec![first] } else { vec![first, last] }
        .into_iter()
        .filter_map(|day| day_off(day, workdays, ahead))
        .collect();
    if ahead > TimeDelta::zero() {
        let mut years = vec![first.year(), last.year()];
        years.dedup();
        let unknown = years.into_iter().filter(|year| !workdays.is_known(*year));
        found.extend(unknown.map(|year| (Sort::DayOff, Weight::Hint, About::NoNotice(year))));
        if !span.all_day && first == last && !within(span, hours) {
            found.push((Sort::WorkingHours, weight(ahead, PLANNED_SOON), About::Hours(hours)));
        }
    }
    found
}

/// Further away than that it is asked about, nearer it is shown.
fn weight(away: TimeDelta, near: TimeDelta) -> Weight {
    if away > near { Weight::Blocks } else { Weight::Hint }
}

/// The first and the last day that a session touches.
fn days(span: &Span) -> (NaiveDate, NaiveDate) {
    (span.day(), span.last_day())
}

fn day_off(day: NaiveDate, workdays: &Workdays, ahead: TimeDelta) -> Option<Finding> {
    if !workdays.is_off(day) {
        return None;
    }
    let holiday = workdays.holiday(day).map(str::to_owned);
    let weight = match &holiday {
        Some(_) => weight(ahead.abs(), SHORT_NOTICE),
        // A weekend that is over is nobody's question any more.
        None if ahead < TimeDelta::zero() => return None,
        None => weight(ahead, PLANNED_SOON),
    };
    Some((Sort::DayOff, weight, About::DayOff(day, holiday)))
}

/// Whether a session of one day lies within the hours of work.
pub(super) fn within(span: &Span, hours: WorkHours) -> bool {
    let (start, end) = (span.zone.local(span.start), span.zone.local(span.end));
    start.date() == end.date() && start.time() >= hours.from && end.time() <= hours.to
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dates::{NamedDay, Notice, Zone};

    fn at(text: &str) -> DateTime<Utc> {
        Zone::parse("Asia/Shanghai").unwrap().instant(format!("{text}:00").parse().unwrap()).unwrap()
    }

    fn span(start: &str, end: &str) -> Span {
        Span { start: at(start), end: at(end), all_day: false, zone: Zone::parse("Asia/Shanghai").unwrap() }
    }

    fn days_of(first: &str, last: &str) -> Span {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let (start, end) = zone.whole_days(first.parse().unwrap(), last.parse().unwrap());
        Span { start, end, all_day: true, zone }
    }

    /// 2024 with the National Day, and Sunday 29 September worked for it.
    fn workdays() -> Workdays {
        let day = |text: &str, off| NamedDay { day: text.parse().unwrap(), name: "国庆节".to_owned(), off };
        Workdays::new([Notice {
            year: 2024,
            days: vec![day("2024-09-29", false), day("2024-10-01", true), day("2024-10-02", true)],
            source: String::new(),
            published: None,
        }])
    }

    fn found(class: Class, span: &Span, now: &str) -> Vec<About> {
        let found = judge(Some(class), span, &workdays(), WorkHours::default(), at(now));
        found.into_iter().filter(|(_, weight, _)| *weight == Weight::Blocks).map(|(_, _, about)| about).collect()
    }

    fn shown(class: Class, span: &Span, now: &str) -> Vec<About> {
        let found = judge(Some(class), span, &workdays(), WorkHours::default(), at(now));
        found.into_iter().filter(|(_, weight, _)| *weight == Weight::Hint).map(|(_, _, about)| about).collect()
    }

    #[test]
    fn holidays_are_asked_about_from_a_week_ahead_weekends_and_hours_from_a_month() {
        let off = |day: &str, name: Option<&str>| About::DayOff(day.parse().unwrap(), name.map(str::to_owned));
        let hours = || About::Hours(WorkHours::default());
        let (national, early) = (span("2024-10-01T09:00", "2024-10-01T11:00"), "2024-09-01T09:00");
        assert_eq!(found(Class::Study, &national, early), [off("2024-10-01", Some("国庆节"))]);
        assert_eq!(found(Class::Outreach, &national, early), []);
        // At short notice, and just after, nobody is asked; long after only what a notice names.
        for near in ["2024-09-24T09:00", "2024-10-01T10:00", "2024-10-08T09:00"] {
            assert_eq!(found(Class::Study, &national, near), [], "{near}");
        }
        assert_eq!(found(Class::Study, &national, "2024-10-08T09:01"), [off("2024-10-01", Some("国庆节"))]);
        assert_eq!(shown(Class::Study, &national, "2024-09-24T09:00"), [off("2024-10-01", Some("国庆节"))]);
        let saturday = span("2024-09-21T09:00", "2024-09-21T19:00");
        let early = "2024-08-01T09:00";
        for near in ["2024-08-22T09:00", "2024-09-21T08:00"] {
            assert_eq!(found(Class::Study, &saturday, near), [], "{near}");
            assert_eq!(shown(Class::Study, &saturday, near), [off("2024-09-21", None), hours()], "{near}");
        }
        assert_eq!(found(Class::Study, &saturday, early), [off("2024-09-21", None), hours()]);
        assert_eq!(found(Class::Study, &saturday, "2024-12-01T09:00"), []);
        // A worked Sunday is a working day.
        assert_eq!(found(Class::Meeting, &span("2024-09-29T08:00", "2024-09-29T18:00"), early), []);
        for (start, end) in [("2024-09-18T07:59", "2024-09-18T09:00"), ("2024-09-18T17:00", "2024-09-18T18:01")] {
            assert_eq!(found(Class::Exam, &span(start, end), early), [hours()]);
        }
    }

    #[test]
    fn of_several_days_only_the_ends_count_and_no_hours() {
        let off = |day: &str| About::DayOff(day.parse().unwrap(), None);
        let early = "2024-08-01T09:00";
        assert_eq!(found(Class::Study, &days_of("2024-09-20", "2024-09-23"), early), []);
        assert_eq!(
            found(Class::Study, &days_of("2024-09-21", "2024-09-22"), early),
            [off("2024-09-21"), off("2024-09-22")]
        );
        assert_eq!(found(Class::Study, &days_of("2024-09-20", "2024-09-20"), early), []);
        assert_eq!(found(Class::Exam, &span("2024-09-18T00:00", "2024-09-20T23:00"), early), []);
    }

    #[test]
    fn a_year_without_a_notice_is_said_and_goes_by_weekends() {
        let far = span("2031-01-01T09:00", "2031-01-01T11:00");
        let found = judge(Some(Class::Study), &far, &workdays(), WorkHours::default(), at("2024-03-01T09:00"));
        assert_eq!(found, [(Sort::DayOff, Weight::Hint, About::NoNotice(2031))]);
    }
}
