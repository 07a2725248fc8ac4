//! Rules as people say them, for a form: every so many days, weeks, months or years, on what, until when.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Weekday};

use super::{End, Freq, NthWeekday, Rule, RuleError, Until};
use crate::dates::Zone;

/// On which days a rule's sittings are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Every so many days.
    Days,
    /// Every so many weeks, on these weekdays, Monday first; on the first sitting's when there are none.
    Weeks(Vec<Weekday>),
    /// Every so many months on that day, 1 to 31; -1 is the last. A month without it has no sitting.
    MonthDay(i8),
    /// Every so many months on the k-th such weekday, 1 to 5; -1 is the last.
    MonthWeekday {
        /// Which one.
        nth: i8,
        /// Of which weekday.
        day: Weekday,
    },
    /// Every so many years on the date of the first sitting.
    Years,
}

/// How a form ends a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormEnd {
    /// Not.
    Never,
    /// After so many sittings.
    Count(u32),
    /// With that day.
    Until(NaiveDate),
}

/// A rule as a form has it. A quarter is every 3 months, half a year every 6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleForm {
    /// Every how many days, weeks, months or years.
    pub every: u16,
    /// On what.
    pub pattern: Pattern,
    /// Until when.
    pub end: FormEnd,
}

impl RuleForm {
    /// The rule that it means; refused as a typed rule is.
    pub fn rule(&self) -> Result<Rule, RuleError> {
        let day = |nth, day| NthWeekday { nth, day }.to_string();
        let what = match &self.pattern {
            Pattern::Days => "FREQ=DAILY".to_owned(),
            Pattern::Weeks(days) if days.is_empty() => "FREQ=WEEKLY".to_owned(),
            Pattern::Weeks(days) => {
                format!("FREQ=WEEKLY;BYDAY={}", days.iter().map(|one| day(None, *one)).collect::<Vec<_>>().join(","))
            }
            Pattern::MonthDay(date) => format!("FREQ=MONTHLY;BYMONTHDAY={date}"),
            Pattern::MonthWeekday { nth, day: weekday } => {
                format!("FREQ=MONTHLY;BYDAY={}", day(Some((*nth).into()), *weekday))
            }
            Pattern::Years => "FREQ=YEARLY".to_owned(),
        };
        let end = match self.end {
            FormEnd::Never => String::new(),
            FormEnd::Count(count) => format!(";COUNT={count}"),
            FormEnd::Until(last) => format!(";UNTIL={}", last.format("%Y%m%d")),
        };
        Rule::parse(&format!("{what};INTERVAL={}{end}", self.every))
    }
}

impl Rule {
    /// The form that says the same of a series from `first` on; `None` where no form does.
    #[must_use]
    pub fn form(&self, first: NaiveDateTime, zone: Zone) -> Option<RuleForm> {
        if !self.by_week_no.is_empty() || !self.by_year_day.is_empty() {
            return None;
        }
        let pattern = match self.freq {
            Freq::Daily => self.is_plain().then_some(Pattern::Days),
            Freq::Weekly => self.weeks(first),
            Freq::Monthly => self.months(first),
            Freq::Yearly => self.years(first),
        }?;
        Some(RuleForm { every: self.interval, pattern, end: self.form_end(first, zone)? })
    }

    fn is_plain(&self) -> bool {
        self.by_month.is_empty() && self.by_month_day.is_empty() && self.by_day.is_empty() && self.by_set_pos.is_empty()
    }

    fn weeks(&self, first: NaiveDateTime) -> Option<Pattern> {
        // The week's first day matters only where weeks are left out between several days.
        let by_monday = self.week_start == Weekday::Mon || self.interval == 1 || self.by_day.len() <= 1;
        if !self.by_month.is_empty() || !self.by_set_pos.is_empty() || !by_monday {
            return None;
        }
        if self.by_day.is_empty() {
            return Some(Pattern::Weeks(vec![first.weekday()]));
        }
        Some(Pattern::Weeks(self.by_day.iter().map(|day| day.day).collect()))
    }

    fn months(&self, first: NaiveDateTime) -> Option<Pattern> {
        if !self.by_month.is_empty() {
            return None;
        }
        match (self.by_month_day.as_slice(), self.by_day.as_slice(), self.by_set_pos.as_slice()) {
            ([], [], []) => Some(Pattern::MonthDay(i8::try_from(first.day()).ok()?)),
            ([date], [], []) if *date == -1 || *date > 0 => Some(Pattern::MonthDay(*date)),
            ([], [NthWeekday { nth: Some(nth), day }], []) => nth_of_month(i8::try_from(*nth).ok()?, *day),
            // The same said in another way: the second of the Thursdays.
            ([], [NthWeekday { nth: None, day }], [nth]) => nth_of_month(i8::try_from(*nth).ok()?, *day),
            _ => None,
        }
    }

    fn years(&self, first: NaiveDateTime) -> Option<Pattern> {
        let month = match self.by_month.as_slice() {
            [] => true,
            [month] => u32::from(*month) == first.month(),
            _ => false,
        };
        let date = match self.by_month_day.as_slice() {
            [] => true,
            // A day without a month is of every month.
            [date] => !self.by_month.is_empty() && u32::try_from(*date).is_ok_and(|date| date == first.day()),
            _ => false,
        };
        (month && date && self.by_day.is_empty() && self.by_set_pos.is_empty()).then_some(Pattern::Years)
    }

    /// An UNTIL with a time says the same as its day, or as the day before, where each day has one sitting at most.
    fn form_end(&self, first: NaiveDateTime, zone: Zone) -> Option<FormEnd> {
        let local = match self.end {
            End::Never => return Some(FormEnd::Never),
            End::Count(count) => return Some(FormEnd::Count(count)),
            End::Until(Until::Day(day)) => return Some(FormEnd::Until(day)),
            End::Until(Until::Local(at)) => at,
            End::Until(Until::Instant(at)) => zone.local(at),
        };
        let day = if local.time() >= first.time() { local.date() } else { local.date().pred_opt()? };
        Some(FormEnd::Until(day))
    }
}

fn nth_of_month(nth: i8, day: Weekday) -> Option<Pattern> {
    (nth == -1 || (1..=5).contains(&nth)).then_some(Pattern::MonthWeekday { nth, day })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shanghai() -> Zone {
        Zone::parse("Asia/Shanghai").unwrap()
    }

    fn form(rule: &str) -> Option<RuleForm> {
        Rule::parse(rule).unwrap().form("2026-01-08T14:30:00".parse().unwrap(), shanghai())
    }

    #[test]
    fn a_form_means_one_rule_and_the_rule_gives_the_form_back() {
        use Weekday::{Fri, Mon, Thu};
        let until = FormEnd::Until("2026-12-31".parse().unwrap());
        for (every, pattern, end, text) in [
            (3, Pattern::MonthWeekday { nth: 2, day: Thu }, until, "FREQ=MONTHLY;INTERVAL=3;BYDAY=2TH;UNTIL=20261231"),
            (1, Pattern::MonthWeekday { nth: -1, day: Fri }, FormEnd::Never, "FREQ=MONTHLY;BYDAY=-1FR"),
            (2, Pattern::Weeks(vec![Mon, Thu]), FormEnd::Count(8), "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=8"),
            (1, Pattern::MonthDay(-1), FormEnd::Never, "FREQ=MONTHLY;BYMONTHDAY=-1"),
            (6, Pattern::MonthDay(15), FormEnd::Count(2), "FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=15;COUNT=2"),
            (10, Pattern::Days, FormEnd::Count(5), "FREQ=DAILY;INTERVAL=10;COUNT=5"),
            (1, Pattern::Years, FormEnd::Count(5), "FREQ=YEARLY;COUNT=5"),
        ] {
            let whole = RuleForm { every, pattern, end };
            assert_eq!(whole.rule().unwrap().text(), text);
            assert_eq!(form(text), Some(whole));
        }
        let none = RuleForm { every: 1, pattern: Pattern::Weeks(Vec::new()), end: FormEnd::Never };
        assert_eq!(none.rule().unwrap().text(), "FREQ=WEEKLY");
    }

    #[test]
    fn what_a_form_cannot_mean_is_refused() {
        for (every, pattern, end) in [
            (0, Pattern::Days, FormEnd::Never),
            (1, Pattern::MonthDay(32), FormEnd::Never),
            (1, Pattern::MonthDay(0), FormEnd::Never),
            (1, Pattern::MonthWeekday { nth: 6, day: Weekday::Mon }, FormEnd::Never),
            (1, Pattern::Years, FormEnd::Count(0)),
        ] {
            assert_eq!(RuleForm { every, pattern, end }.rule().unwrap_err().code(), "rule-value");
        }
    }

    #[test]
    fn rules_of_other_programs_fit_where_they_say_the_same() {
        let until = |day: &str| FormEnd::Until(day.parse().unwrap());
        for (rule, pattern, end) in [
            ("FREQ=WEEKLY", Pattern::Weeks(vec![Weekday::Thu]), FormEnd::Never),
            ("FREQ=MONTHLY", Pattern::MonthDay(8), FormEnd::Never),
            ("FREQ=MONTHLY;BYDAY=TH;BYSETPOS=2", Pattern::MonthWeekday { nth: 2, day: Weekday::Thu }, FormEnd::Never),
            ("FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=8", Pattern::Years, FormEnd::Never),
            ("FREQ=DAILY;UNTIL=20260110T063000Z", Pattern::Days, until("2026-01-10")),
            ("FREQ=DAILY;UNTIL=20260110T062959Z", Pattern::Days, until("2026-01-09")),
            ("FREQ=DAILY;UNTIL=20260109T160000Z", Pattern::Days, until("2026-01-09")),
        ] {
            assert_eq!(form(rule), Some(RuleForm { every: 1, pattern, end }), "{rule}");
        }
    }

    #[test]
    fn what_no_form_says_is_of_its_own() {
        for rule in [
            "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU",
            "FREQ=WEEKLY;BYMONTH=3",
            "FREQ=MONTHLY;BYMONTHDAY=1,15",
            "FREQ=MONTHLY;BYMONTHDAY=-2",
            "FREQ=MONTHLY;BYDAY=MO",
            "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1",
            "FREQ=MONTHLY;BYDAY=-2MO",
            "FREQ=MONTHLY;BYMONTH=3;BYMONTHDAY=1",
            "FREQ=YEARLY;BYMONTHDAY=8",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=8",
            "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
            "FREQ=YEARLY;BYYEARDAY=100",
        ] {
            assert_eq!(form(rule), None, "{rule}");
        }
    }
}
