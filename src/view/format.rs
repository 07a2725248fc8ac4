//! Dates and numbers as people read them, by language.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc, Weekday};

use crate::dates::{Span, Zone};
use crate::locale::Lang;

/// A date: `3月12日（周二）`, with the year where it is not that of `today`; `Tue 12 Mar`.
#[must_use]
pub fn date(lang: Lang, day: NaiveDate, today: NaiveDate) -> String {
    let other_year = day.year() != today.year();
    match lang {
        Lang::Zh if other_year => {
            format!("{}年{}月{}日（{}）", day.year(), day.month(), day.day(), weekday(lang, day.weekday()))
        }
        Lang::Zh => format!("{}月{}日（{}）", day.month(), day.day(), weekday(lang, day.weekday())),
        Lang::En if other_year => day.format("%a %-d %b %Y").to_string(),
        Lang::En => day.format("%a %-d %b").to_string(),
    }
}

/// A time of day: `09:00`.
#[must_use]
pub fn clock(zone: Zone, at: DateTime<Utc>) -> String {
    let local = zone.local(at);
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// When a session is: `3月12日（周二）09:00–11:00`; both dates where it spans several days.
#[must_use]
pub fn span(lang: Lang, span: &Span, now: DateTime<Utc>) -> String {
    let today = span.zone.day(now);
    let first = date(lang, span.day(), today);
    let gap = if lang == Lang::En { ", " } else { "" };
    if span.all_day {
        if span.day() == span.last_day() {
            return first;
        }
        return format!("{first}–{}", date(lang, span.last_day(), today));
    }
    let (from, to) = (clock(span.zone, span.start), clock(span.zone, span.end));
    if span.day() == span.zone.day(span.end) {
        return format!("{first}{gap}{from}–{to}");
    }
    format!("{first}{gap}{from}–{}{gap}{to}", date(lang, span.zone.day(span.end), today))
}

/// A moment: `10月8日 09:00`, `Tue 8 Oct, 09:00`.
#[must_use]
pub fn moment(lang: Lang, zone: Zone, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let (day, today) = (zone.day(at), zone.day(now));
    let time = clock(zone, at);
    match lang {
        Lang::Zh if day.year() != today.year() => format!("{}年{}月{}日 {time}", day.year(), day.month(), day.day()),
        Lang::Zh => format!("{}月{}日 {time}", day.month(), day.day()),
        Lang::En => format!("{}, {time}", date(lang, day, today)),
    }
}

/// A weekday: `周二`, `Tue`.
#[must_use]
pub fn weekday(lang: Lang, day: Weekday) -> &'static str {
    let index = day.num_days_from_monday() as usize;
    match lang {
        Lang::Zh => ["周一", "周二", "周三", "周四", "周五", "周六", "周日"][index],
        Lang::En => ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][index],
    }
}

/// A month of a year: `2024年5月`, `May 2024`.
#[must_use]
pub fn month(lang: Lang, day: NaiveDate) -> String {
    match lang {
        Lang::Zh => format!("{}年{}月", day.year(), day.month()),
        Lang::En => day.format("%B %Y").to_string(),
    }
}

/// A month alone: `5月`, `May`.
#[must_use]
pub fn month_name(lang: Lang, day: NaiveDate) -> String {
    match lang {
        Lang::Zh => format!("{}月", day.month()),
        Lang::En => day.format("%b").to_string(),
    }
}

/// How long before something: `提前3天`, `1 hour before`; the text itself when it is no ISO 8601 duration.
#[must_use]
pub fn before(lang: Lang, duration: &str) -> String {
    let Some(before) = crate::dates::parse_duration(duration) else { return duration.to_owned() };
    let minutes = before.num_minutes();
    let (key, n) = match minutes {
        0 => return lang.text("remind-at-start"),
        m if m % 1_440 == 0 => ("page-days-before", m / 1_440),
        m if m % 60 == 0 => ("page-hours-before", m / 60),
        m => ("page-minutes-before", m),
    };
    lang.text_with(key, [("n", n)])
}

/// A whole number with its thousands apart: `1,043`.
#[must_use]
pub fn number(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if value < 0 { format!("-{out}") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_reads_as_people_write_it() {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let span_ = Span {
            start: "2024-03-12T01:00:00Z".parse().unwrap(),
            end: "2024-03-12T03:00:00Z".parse().unwrap(),
            all_day: false,
            zone,
        };
        let now = "2024-03-01T00:00:00Z".parse().unwrap();
        assert_eq!(span(Lang::Zh, &span_, now), "3月12日（周二）09:00–11:00");
        assert_eq!(span(Lang::En, &span_, now), "Tue 12 Mar, 09:00–11:00");
        assert_eq!(number(1_043), "1,043");
        assert_eq!(number(-12_345_678), "-12,345,678");
    }
}
