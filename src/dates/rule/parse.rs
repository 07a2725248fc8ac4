//! Reading a rule: every part is checked as RFC 5545 section 3.3.10 has it, and a wrong one is named.

use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::{End, Freq, NthWeekday, Rule, RuleError, Until};

/// Characters of a rule's text.
const MAX_CHARS: usize = 500;

/// The parts that a rule may have.
const PARTS: [&str; 11] = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "WKST",
    "BYMONTH",
    "BYWEEKNO",
    "BYYEARDAY",
    "BYMONTHDAY",
    "BYDAY",
    "BYSETPOS",
];

impl Rule {
    /// Reads a rule, `FREQ=MONTHLY;BYDAY=2TH`, in capitals or not, with `RRULE:` before it or not.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        if text.chars().count() > MAX_CHARS {
            return Err(RuleError::TooLong);
        }
        let upper = text.trim().to_ascii_uppercase();
        let parts = split(upper.strip_prefix("RRULE:").unwrap_or(&upper))?;
        let freq = match parts.get("FREQ") {
            Some("DAILY") => Freq::Daily,
            Some("WEEKLY") => Freq::Weekly,
            Some("MONTHLY") => Freq::Monthly,
            Some("YEARLY") => Freq::Yearly,
            Some(other) => return Err(RuleError::Frequency(shown(other))),
            None => return Err(RuleError::NoFrequency),
        };
        let rule = Self {
            freq,
            interval: parts.one("INTERVAL", |n: u16| n > 0)?.unwrap_or(1),
            end: end(&parts)?,
            by_month: parts.many("BYMONTH", |m: u8| (1..=12).contains(&m))?,
            by_week_no: parts.many("BYWEEKNO", |w: i8| (1..=53).contains(&w.unsigned_abs()))?,
            by_year_day: parts.many("BYYEARDAY", |d: i16| (1..=366).contains(&d.unsigned_abs()))?,
            by_month_day: parts.many("BYMONTHDAY", |d: i8| (1..=31).contains(&d.unsigned_abs()))?,
            by_day: weekdays(&parts)?,
            by_set_pos: parts.many("BYSETPOS", |p: i32| (1..=366).contains(&p.unsigned_abs()))?,
            week_start: parts
                .get("WKST")
                .map(|text| weekday(text).ok_or_else(|| value("WKST", text)))
                .transpose()?
                .unwrap_or(Weekday::Mon),
        };
        rule.check()?;
        Ok(rule)
    }

    /// What RFC 5545 does not allow together.
    fn check(&self) -> Result<(), RuleError> {
        let freq = self.freq;
        let not_with = |part, other| Err(RuleError::NotWith { part, other });
        if !self.by_week_no.is_empty() && freq != Freq::Yearly {
            return not_with("BYWEEKNO", freq.as_str());
        }
        if !self.by_year_day.is_empty() && freq != Freq::Yearly {
            return not_with("BYYEARDAY", freq.as_str());
        }
        if !self.by_month_day.is_empty() && freq == Freq::Weekly {
            return not_with("BYMONTHDAY", freq.as_str());
        }
        self.check_ordinals()?;
        let alone = self.by_month.is_empty()
            && self.by_week_no.is_empty()
            && self.by_year_day.is_empty()
            && self.by_month_day.is_empty()
            && self.by_day.is_empty();
        if alone && !self.by_set_pos.is_empty() {
            return not_with("BYSETPOS", freq.as_str());
        }
        let most = match freq {
            Freq::Daily => 1,
            Freq::Weekly => 7,
            Freq::Monthly => 31,
            Freq::Yearly => 366,
        };
        match self.by_set_pos.iter().find(|pos| pos.unsigned_abs() > most) {
            Some(pos) => Err(value("BYSETPOS", &pos.to_string())),
            None => Ok(()),
        }
    }

    /// `2TH` is of a month, or of a year without months.
    fn check_ordinals(&self) -> Result<(), RuleError> {
        let Some(first) = self.by_day.iter().find(|day| day.nth.is_some()) else { return Ok(()) };
        if matches!(self.freq, Freq::Daily | Freq::Weekly) {
            return Err(value("BYDAY", &first.to_string()));
        }
        if !self.by_week_no.is_empty() {
            return Err(RuleError::NotWith { part: "BYDAY", other: "BYWEEKNO" });
        }
        let of_month = self.freq == Freq::Monthly || !self.by_month.is_empty();
        // The library has no fifth-last weekday of a month and no 53rd-last of a year.
        let fits = if of_month { -4..=5 } else { -52..=53 };
        match self.by_day.iter().find(|day| day.nth.is_some_and(|nth| !fits.contains(&nth))) {
            Some(day) => Err(value("BYDAY", &day.to_string())),
            None => Ok(()),
        }
    }
}

/// The parts of a rule by name, each once.
struct Parts<'a>(Vec<(&'a str, &'a str)>);

fn split(text: &str) -> Result<Parts<'_>, RuleError> {
    let mut parts = Parts(Vec::new());
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, content) = part.split_once('=').ok_or_else(|| RuleError::UnknownPart(shown(part)))?;
        let (name, content) = (name.trim(), content.trim());
        if matches!(name, "BYHOUR" | "BYMINUTE" | "BYSECOND") {
            return Err(RuleError::TimePart(name.to_owned()));
        }
        if !PARTS.contains(&name) {
            return Err(RuleError::UnknownPart(shown(name)));
        }
        if parts.get(name).is_some() {
            return Err(RuleError::Twice(name.to_owned()));
        }
        parts.0.push((name, content));
    }
    Ok(parts)
}

impl<'a> Parts<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, content)| *content)
    }

    fn one<T: FromStr + Copy>(&self, name: &'static str, fits: impl Fn(T) -> bool) -> Result<Option<T>, RuleError> {
        self.get(name).map(|text| text.parse().ok().filter(|n| fits(*n)).ok_or_else(|| value(name, text))).transpose()
    }

    fn many<T: FromStr + Copy + Ord>(&self, name: &'static str, fits: impl Fn(T) -> bool) -> Result<Vec<T>, RuleError> {
        let Some(text) = self.get(name) else { return Ok(Vec::new()) };
        let read = |one: &str| one.trim().parse().ok().filter(|n| fits(*n)).ok_or_else(|| value(name, one));
        let mut values = text.split(',').map(read).collect::<Result<Vec<T>, _>>()?;
        values.sort_unstable();
        values.dedup();
        Ok(values)
    }
}

fn end(parts: &Parts<'_>) -> Result<End, RuleError> {
    let count = parts.one("COUNT", |n: u32| n > 0)?;
    match (count, parts.get("UNTIL")) {
        (Some(_), Some(_)) => Err(RuleError::NotWith { part: "COUNT", other: "UNTIL" }),
        (Some(count), None) => Ok(End::Count(count)),
        (None, Some(text)) => until(text).map(End::Until).ok_or_else(|| value("UNTIL", text)),
        (None, None) => Ok(End::Never),
    }
}

/// `20261231`, `20261231T235959` or `20261231T155959Z`.
fn until(text: &str) -> Option<Until> {
    let Some((date, time)) = text.split_once('T') else { return day(text).map(Until::Day) };
    let (time, utc) = time.strip_suffix('Z').map_or((time, false), |time| (time, true));
    let [hour, minute, second] = numbers(time, [2, 2, 2])?;
    // A leap second is the last of its minute to every clock here.
    let at: NaiveDateTime = day(date)?.and_time(NaiveTime::from_hms_opt(hour, minute, second.min(59))?);
    (second <= 60).then_some(if utc { Until::Instant(at.and_utc()) } else { Until::Local(at) })
}

fn day(text: &str) -> Option<NaiveDate> {
    let [year, month, day] = numbers(text, [4, 2, 2])?;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// Numbers of those many digits each, one after the other and nothing else.
fn numbers(text: &str, digits: [usize; 3]) -> Option<[u32; 3]> {
    if text.len() != digits.iter().sum::<usize>() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (first, rest) = text.split_at(digits[0]);
    let (second, third) = rest.split_at(digits[1]);
    Some([first.parse().ok()?, second.parse().ok()?, third.parse().ok()?])
}

fn weekdays(parts: &Parts<'_>) -> Result<Vec<NthWeekday>, RuleError> {
    let Some(text) = parts.get("BYDAY") else { return Ok(Vec::new()) };
    let read = |one: &str| nth_weekday(one.trim()).ok_or_else(|| value("BYDAY", one));
    let mut days = text.split(',').map(read).collect::<Result<Vec<_>, _>>()?;
    days.sort_unstable_by_key(|d| (d.nth, d.day.num_days_from_monday()));
    days.dedup();
    Ok(days)
}

fn nth_weekday(text: &str) -> Option<NthWeekday> {
    let letters = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (nth, day) = text.split_at(letters);
    let nth = if nth.is_empty() { None } else { Some(nth.parse().ok().filter(|n| *n != 0)?) };
    Some(NthWeekday { nth, day: weekday(day)? })
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    })
}

fn value(part: &'static str, text: &str) -> RuleError {
    RuleError::Value { part, value: shown(text) }
}

/// What was typed, as far as it can stand in a sentence.
fn shown(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> &'static str {
        Rule::parse(text).expect_err(text).code()
    }

    #[test]
    fn a_rule_has_one_canonical_text() {
        for (typed, text) in [
            ("rrule:freq=monthly;byday=2th;interval=3", "FREQ=MONTHLY;INTERVAL=3;BYDAY=2TH"),
            (" FREQ=WEEKLY; BYDAY=FR,MO,MO ;INTERVAL=1;WKST=MO;", "FREQ=WEEKLY;BYDAY=MO,FR"),
            ("UNTIL=20261231;FREQ=DAILY", "FREQ=DAILY;UNTIL=20261231"),
            ("FREQ=DAILY;UNTIL=20261231T143000", "FREQ=DAILY;UNTIL=20261231T143000"),
            ("FREQ=DAILY;UNTIL=20261231t063000z", "FREQ=DAILY;UNTIL=20261231T063000Z"),
            ("FREQ=YEARLY;BYMONTHDAY=-1,+1;BYMONTH=12,2;COUNT=03", "FREQ=YEARLY;BYMONTH=2,12;BYMONTHDAY=-1,1;COUNT=3"),
            (
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;WKST=SU",
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;WKST=SU",
            ),
            ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO"),
            ("FREQ=YEARLY;BYYEARDAY=-1,100", "FREQ=YEARLY;BYYEARDAY=-1,100"),
        ] {
            let rule = Rule::parse(typed).expect(typed);
            assert_eq!(rule.text(), text);
            assert_eq!(Rule::parse(text), Ok(rule));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("", "rule-no-frequency"),
            ("weekly", "rule-unknown-part"),
            ("FREQ=HOURLY", "rule-frequency"),
            ("FREQ=MINUTELY", "rule-frequency"),
            ("FREQ=SECONDLY;COUNT=5", "rule-frequency"),
            ("FREQ=", "rule-frequency"),
            ("FREQ=DAILY;BYHOUR=9", "rule-time-part"),
            ("FREQ=DAILY;BYMINUTE=0,30", "rule-time-part"),
            ("FREQ=DAILY;BYSECOND=0", "rule-time-part"),
            ("FREQ=DAILY;BYEASTER=0", "rule-unknown-part"),
            ("FREQ=DAILY;COUNT=2;COUNT=3", "rule-part-twice"),
            ("FREQ=DAILY;INTERVAL=0", "rule-value"),
            ("FREQ=DAILY;INTERVAL=-1", "rule-value"),
            ("FREQ=DAILY;INTERVAL=65536", "rule-value"),
            ("FREQ=DAILY;COUNT=0", "rule-value"),
            ("FREQ=DAILY;COUNT=99999999999", "rule-value"),
            ("FREQ=DAILY;COUNT=3;UNTIL=20261231", "rule-not-with"),
            ("FREQ=DAILY;UNTIL=2026-12-31", "rule-value"),
            ("FREQ=DAILY;UNTIL=20260230", "rule-value"),
            ("FREQ=DAILY;UNTIL=20261231T2530", "rule-value"),
            ("FREQ=DAILY;UNTIL=20261231T235961", "rule-value"),
            ("FREQ=WEEKLY;BYDAY=XX", "rule-value"),
            ("FREQ=WEEKLY;BYDAY=", "rule-value"),
            ("FREQ=WEEKLY;BYDAY=2TH", "rule-value"),
            ("FREQ=MONTHLY;BYDAY=0TH", "rule-value"),
            ("FREQ=MONTHLY;BYDAY=6TH", "rule-value"),
            ("FREQ=YEARLY;BYDAY=54TH", "rule-value"),
            ("FREQ=YEARLY;BYMONTH=3;BYDAY=20TH", "rule-value"),
            ("FREQ=YEARLY;BYWEEKNO=3;BYDAY=2TH", "rule-not-with"),
            ("FREQ=MONTHLY;BYMONTHDAY=0", "rule-value"),
            ("FREQ=MONTHLY;BYMONTHDAY=32", "rule-value"),
            ("FREQ=WEEKLY;BYMONTHDAY=3", "rule-not-with"),
            ("FREQ=MONTHLY;BYMONTH=13", "rule-value"),
            ("FREQ=MONTHLY;BYYEARDAY=3", "rule-not-with"),
            ("FREQ=MONTHLY;BYWEEKNO=3", "rule-not-with"),
            ("FREQ=MONTHLY;BYSETPOS=1", "rule-not-with"),
            ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "rule-value"),
            ("FREQ=WEEKLY;BYDAY=MO;BYSETPOS=8", "rule-value"),
            ("FREQ=WEEKLY;WKST=M", "rule-value"),
            ("FREQ=DAILY\nCOUNT=2", "rule-frequency"),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
        assert_eq!(code(&format!("FREQ=DAILY{}", ";".repeat(500))), "rule-too-long");
    }

    #[test]
    fn what_was_typed_is_shown_short_and_without_control_characters() {
        let error = Rule::parse(&format!("FREQ=DAILY\u{7}{}", "X".repeat(100))).expect_err("no frequency");
        assert_eq!(error, RuleError::Frequency(format!("DAILY{}", "X".repeat(35))));
    }
}
