//! Rules in words: 每季度第二个星期四 14:30，至 2026-12-31.

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};

use super::{End, Freq, NthWeekday, Rule, Until};
use crate::dates::Zone;
use crate::locale::Lang;

impl Rule {
    /// The rule in words, of a series whose first sitting is on `first`, at `time` unless it is all day. Every rule has
    /// some; those that a form cannot say are said part by part.
    #[must_use]
    pub fn describe(&self, first: NaiveDate, time: Option<NaiveTime>, zone: Zone, lang: Lang) -> String {
        let words = Words { rule: self, first, lang };
        let mut text = words.every();
        let conditions: Vec<_> = [words.week_numbers(), words.year_days(), words.month_days(), words.weekdays()]
            .into_iter()
            .flatten()
            .collect();
        if !conditions.is_empty() {
            let all = words.joined("rule-words-and", conditions);
            let all = words.positions(all);
            text = words.say("rule-words-on", &[("every", &text), ("days", &all)]);
        }
        if let Some(time) = time {
            text = words.say("rule-words-at", &[("rule", &text), ("time", &time.format("%H:%M").to_string())]);
        }
        words.ended(&text, zone)
    }
}

struct Words<'a> {
    rule: &'a Rule,
    first: NaiveDate,
    lang: Lang,
}

impl Words<'_> {
    fn say(&self, key: &str, args: &[(&'static str, &str)]) -> String {
        self.lang.text_with(key, args.iter().map(|(name, value)| (*name, *value)))
    }

    /// Every how much, and in which months.
    fn every(&self) -> String {
        let n = self.rule.interval;
        let one = match (self.rule.freq, n) {
            (Freq::Daily, 1) => "rule-words-day",
            (Freq::Daily, _) => "rule-words-days",
            (Freq::Weekly, 1) => "rule-words-week",
            (Freq::Weekly, _) => "rule-words-weeks",
            (Freq::Monthly, 1) => "rule-words-month",
            (Freq::Monthly, 3) => "rule-words-quarter",
            (Freq::Monthly, 6) => "rule-words-half-year",
            (Freq::Monthly, _) => "rule-words-months",
            (Freq::Yearly, 1) => "rule-words-year",
            (Freq::Yearly, _) => "rule-words-years",
        };
        let every = self.say(one, &[("n", &n.to_string())]);
        let mut months = self.rule.by_month.clone();
        if months.is_empty() && self.rule.freq == Freq::Yearly && self.has_no_days() {
            months.push(u8::try_from(self.first.month()).unwrap_or(1));
        }
        if months.is_empty() {
            return every;
        }
        let names: Vec<_> = months.iter().map(|month| self.lang.text(&format!("rule-month-{month}"))).collect();
        let key = if self.rule.freq == Freq::Yearly { "rule-words-year-in" } else { "rule-words-in" };
        self.say(key, &[("every", &every), ("months", &self.listed(&names))])
    }

    fn has_no_days(&self) -> bool {
        let rule = self.rule;
        rule.by_week_no.is_empty()
            && rule.by_year_day.is_empty()
            && rule.by_month_day.is_empty()
            && rule.by_day.is_empty()
    }

    fn week_numbers(&self) -> Option<String> {
        let say = |week: &i8| match week.unsigned_abs() {
            n if *week < 0 => self.counted("rule-words-week-from-end", n.into()),
            n => self.counted("rule-words-week-number", n.into()),
        };
        self.some(self.rule.by_week_no.iter().map(say))
    }

    fn year_days(&self) -> Option<String> {
        let say = |day: &i16| match day.unsigned_abs() {
            n if *day < 0 => self.counted("rule-words-year-day-from-end", n.into()),
            n => self.counted("rule-words-year-day", n.into()),
        };
        self.some(self.rule.by_year_day.iter().map(say))
    }

    /// Days of the month; that of the first sitting where months and years have no other.
    fn month_days(&self) -> Option<String> {
        let mut days = self.rule.by_month_day.clone();
        if self.has_no_days() && matches!(self.rule.freq, Freq::Monthly | Freq::Yearly) {
            days.push(i8::try_from(self.first.day()).unwrap_or(1));
        }
        // From the first to the last.
        days.sort_by_key(|day| (*day < 0, *day));
        let say = |day: &i8| match day {
            -1 => self.lang.text("rule-words-last-day"),
            n if *n < 0 => self.counted("rule-words-day-from-end", n.unsigned_abs().into()),
            n => self.counted("rule-words-month-day", n.unsigned_abs().into()),
        };
        self.some(days.iter().map(say))
    }

    fn weekdays(&self) -> Option<String> {
        let mut days = self.rule.by_day.clone();
        if days.is_empty() && self.rule.freq == Freq::Weekly {
            days.push(NthWeekday { nth: None, day: self.first.weekday() });
        }
        let plain = days.iter().all(|day| day.nth.is_none());
        let workweek = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
        if plain && days.iter().map(|day| day.day).eq(workweek) {
            let weekly = self.rule.freq == Freq::Weekly && self.rule.interval == 1;
            let key = if weekly { "rule-words-week-monday-to-friday" } else { "rule-words-monday-to-friday" };
            return Some(self.lang.text(key));
        }
        // In months and years a weekday alone is each of them.
        let each = matches!(self.rule.freq, Freq::Monthly | Freq::Yearly)
            && self.rule.by_set_pos.is_empty()
            && self.rule.by_month_day.is_empty()
            && self.rule.by_week_no.is_empty()
            && self.rule.by_year_day.is_empty();
        let say = |NthWeekday { nth, day }: &NthWeekday| {
            let name = self.lang.text(&format!("rule-weekday-{}", super::two_letters(*day).to_ascii_lowercase()));
            match nth {
                Some(nth) => {
                    self.say("rule-words-nth-weekday", &[("nth", &self.ordinal((*nth).into())), ("weekday", &name)])
                }
                None if each => self.say("rule-words-each-weekday", &[("weekday", &name)]),
                None => name,
            }
        };
        self.some(days.iter().map(say))
    }

    /// Which of the days that fit, where the rule picks some.
    fn positions(&self, days: String) -> String {
        let picked: Vec<_> = self.rule.by_set_pos.iter().map(|pos| self.ordinal(*pos)).collect();
        if picked.is_empty() {
            return days;
        }
        self.say("rule-words-of", &[("days", &days), ("which", &self.listed(&picked))])
    }

    /// Third, last, second to last.
    fn ordinal(&self, nth: i32) -> String {
        match nth {
            1..=5 => self.lang.text(&format!("rule-nth-{nth}")),
            -1 => self.lang.text("rule-nth-last"),
            n if n < 0 => self.counted("rule-nth-from-end", n.unsigned_abs()),
            n => self.counted("rule-nth-other", n.unsigned_abs()),
        }
    }

    fn counted(&self, key: &str, n: u32) -> String {
        // English has 1st, 2nd, 3rd and th; the text picks by the word.
        let suffix = match (n % 10, n % 100) {
            (_, 11..=13) => "th",
            (1, _) => "st",
            (2, _) => "nd",
            (3, _) => "rd",
            _ => "th",
        };
        self.say(key, &[("n", &n.to_string()), ("suffix", suffix)])
    }

    fn some(&self, names: impl Iterator<Item = String>) -> Option<String> {
        let names: Vec<_> = names.collect();
        (!names.is_empty()).then(|| self.listed(&names))
    }

    fn listed(&self, names: &[String]) -> String {
        let Some((last, before)) = names.split_last() else { return String::new() };
        if before.is_empty() {
            return last.clone();
        }
        let before = before.join(&self.lang.text("rule-words-comma"));
        self.say("rule-words-list", &[("before", &before), ("last", last)])
    }

    fn joined(&self, key: &str, parts: Vec<String>) -> String {
        parts.into_iter().reduce(|a, b| self.say(key, &[("a", &a), ("b", &b)])).unwrap_or_default()
    }

    fn ended(&self, text: &str, zone: Zone) -> String {
        let until = match self.rule.end {
            End::Never => return text.to_owned(),
            End::Count(count) => {
                let key = if count == 1 { "rule-words-once" } else { "rule-words-times" };
                return self.say(key, &[("rule", text), ("n", &count.to_string())]);
            }
            End::Until(Until::Day(day)) => day.to_string(),
            End::Until(Until::Local(at)) => at.format("%Y-%m-%d %H:%M").to_string(),
            End::Until(Until::Instant(at)) => zone.local(at).format("%Y-%m-%d %H:%M").to_string(),
        };
        self.say("rule-words-until", &[("rule", text), ("until", &until)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(rule: &str) -> [String; 2] {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let first = "2026-01-08".parse().unwrap();
        let time = NaiveTime::from_hms_opt(14, 30, 0);
        Lang::ALL.map(|lang| Rule::parse(rule).unwrap().describe(first, time, zone, lang))
    }

    #[test]
    fn rules_are_said_as_people_say_them() {
        for (rule, zh, en) in [
            (
                "FREQ=MONTHLY;INTERVAL=3;BYDAY=2TH;UNTIL=20261231",
                "每季度第二个星期四 14:30，至 2026-12-31",
                "every 3 months on the second Thursday at 14:30, until 2026-12-31",
            ),
            ("FREQ=DAILY", "每天 14:30", "every day at 14:30"),
            ("FREQ=DAILY;INTERVAL=10;COUNT=5", "每 10 天 14:30，共 5 场", "every 10 days at 14:30, 5 sittings"),
            ("FREQ=WEEKLY;COUNT=1", "每周星期四 14:30，共 1 场", "every week on Thursday at 14:30, 1 sitting"),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR",
                "每 2 周星期一、星期三、星期五 14:30",
                "every 2 weeks on Monday, Wednesday and Friday at 14:30",
            ),
            ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "每周一至周五 14:30", "every week on Monday to Friday at 14:30"),
            ("FREQ=MONTHLY", "每月8日 14:30", "every month on the 8th at 14:30"),
            (
                "FREQ=MONTHLY;BYMONTHDAY=-1,1",
                "每月1日、最后一天 14:30",
                "every month on the 1st and the last day at 14:30",
            ),
            (
                "FREQ=MONTHLY;INTERVAL=6;BYDAY=-1FR",
                "每半年最后一个星期五 14:30",
                "every 6 months on the last Friday at 14:30",
            ),
            (
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                "每月周一至周五中的最后一个 14:30",
                "every month on the last of Monday to Friday at 14:30",
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
                "每月13日且为星期五 14:30",
                "every month on the 13th, if that is Friday, at 14:30",
            ),
            ("FREQ=YEARLY", "每年1月8日 14:30", "every year in January on the 8th at 14:30"),
            (
                "FREQ=YEARLY;BYMONTH=9;BYDAY=3SU;UNTIL=20281231T160000Z",
                "每年9月第三个星期日 14:30，至 2029-01-01 00:00",
                "every year in September on the third Sunday at 14:30, until 2029-01-01 00:00",
            ),
            (
                "FREQ=YEARLY;BYWEEKNO=20,-1;BYDAY=MO",
                "每年倒数第 1 周、第 20 周且为星期一 14:30",
                "every year on the 1st week from the end and the 20th week, if that is Monday, at 14:30",
            ),
            ("FREQ=YEARLY;BYYEARDAY=100", "每年第 100 天 14:30", "every year on the 100th day at 14:30"),
            ("FREQ=DAILY;BYMONTH=5,6", "每天（限5月、6月） 14:30", "every day in May and June at 14:30"),
            ("FREQ=MONTHLY;BYDAY=MO", "每月每个星期一 14:30", "every month on every Monday at 14:30"),
            ("FREQ=YEARLY;BYDAY=20MO", "每年第 20 个星期一 14:30", "every year on the 20th Monday at 14:30"),
            (
                "FREQ=MONTHLY;BYDAY=-2MO",
                "每月倒数第 2 个星期一 14:30",
                "every month on the 2nd to last Monday at 14:30",
            ),
        ] {
            assert_eq!(words(rule), [zh, en], "{rule}");
        }
    }

    #[test]
    fn an_all_day_series_has_no_time() {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let rule = Rule::parse("FREQ=YEARLY;COUNT=2").unwrap();
        assert_eq!(rule.describe("2026-12-04".parse().unwrap(), None, zone, Lang::Zh), "每年12月4日，共 2 场");
    }
}
