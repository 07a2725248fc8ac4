//! How sittings recur, as a form has it: in words, or as a rule for those who know them. Pure.

use chrono::{NaiveDate, Weekday};

use super::Typed;
use crate::dates::{FormEnd, Pattern as On, Rule, RuleForm};
use crate::error::FieldProblem;
use crate::scheduling::series::{ByHand, NewSeries, Series, SeriesChange};

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

fn weekday(code: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(name, _)| *name == code).map(|(_, day)| *day)
}

fn code(day: Weekday) -> String {
    WEEKDAYS.iter().find(|(_, one)| *one == day).map(|(name, _)| (*name).to_owned()).unwrap_or_default()
}

/// A number as typed; 0, which no rule has, where it is none.
fn number<T: std::str::FromStr + Default>(text: &str) -> T {
    text.trim().parse().unwrap_or_default()
}

impl Typed {
    /// Whether sittings are to recur.
    #[must_use]
    pub fn recurs(&self) -> bool {
        matches!(self.r_repeat.as_str(), "form" | "rule")
    }

    /// The rule that the form means, as far as it means one: what is wrong with it is said when it is read.
    #[must_use]
    pub fn rrule(&self) -> String {
        if self.r_repeat == "rule" {
            return self.r_rule.clone();
        }
        self.rule_form().and_then(|form| form.rule().ok()).map(|rule| rule.text()).unwrap_or_default()
    }

    /// What of the fields that say how sittings recur is wrong; the rule itself is judged when it is read.
    #[must_use]
    pub fn repeat_problems(&self) -> Vec<FieldProblem> {
        let mut wrong = Vec::new();
        if self.r_off.parse::<entity::state::OnDayOff>().is_err() {
            wrong.push(FieldProblem::new("r_off", "choose-day-off"));
        }
        if self.r_repeat != "form" {
            return wrong;
        }
        match (self.r_end.as_str(), self.rule_form()) {
            ("until", _) if self.r_until.trim().parse::<NaiveDate>().is_err() => {
                wrong.push(FieldProblem::new("r_until", "bad-date"));
            }
            ("count", _) if number::<u32>(&self.r_count) == 0 => {
                wrong.push(FieldProblem::new("r_count", "count-wanted"));
            }
            (_, None) => wrong.push(FieldProblem::new("r_every", "count-wanted")),
            (_, Some(form)) => {
                if let Err(error) = form.rule() {
                    wrong.push(FieldProblem { args: error.args(), ..FieldProblem::new("r_every", error.code()) });
                }
            }
        }
        wrong
    }

    fn rule_form(&self) -> Option<RuleForm> {
        let by_quarter = self.r_unit.starts_with("quarter");
        let every = number::<u16>(&self.r_every).checked_mul(if by_quarter { 3 } else { 1 })?;
        let pattern = match self.r_unit.as_str() {
            "days" => On::Days,
            "weeks" => On::Weeks(self.r_days.iter().filter_map(|day| weekday(day)).collect()),
            "month-date" | "quarter-date" => On::MonthDay(number(&self.r_date)),
            "month-weekday" | "quarter-weekday" => {
                On::MonthWeekday { nth: number(&self.r_nth), day: weekday(&self.r_weekday)? }
            }
            "years" => On::Years,
            _ => return None,
        };
        let end = match self.r_end.as_str() {
            "until" => FormEnd::Until(self.r_until.trim().parse().ok()?),
            "never" => FormEnd::Never,
            _ => FormEnd::Count(number(&self.r_count)),
        };
        Some(RuleForm { every, pattern, end })
    }

    /// The series that the form describes; its first row is the first slot.
    #[must_use]
    pub fn new_series(&self) -> NewSeries {
        let (starts_at, ends_at) = self.rows().first().map(super::Row::times).unwrap_or_default();
        NewSeries {
            key: self.key.clone(),
            starts_at,
            ends_at,
            rrule: self.rrule(),
            time_zone: None,
            on_day_off: self.r_off.parse().ok(),
        }
    }

    /// The change of the series that the form describes.
    #[must_use]
    pub fn series_change(&self) -> SeriesChange {
        let new = self.new_series();
        SeriesChange {
            key: None,
            starts_at: Some(new.starts_at),
            ends_at: Some(new.ends_at),
            rrule: Some(new.rrule),
            time_zone: None,
            on_day_off: new.on_day_off,
            from: Some(self.r_from.clone()).filter(|text| !text.trim().is_empty()),
            by_hand: (self.r_by_hand == "take").then_some(ByHand::Take),
        }
    }

    /// Fills in how the sittings of a series recur.
    pub fn set_series(&mut self, series: &Series) {
        let row = &series.row;
        self.s_id = vec![String::new()];
        let parts = |text: &str| {
            let (day, time) = text.split_once('T').unwrap_or((text, ""));
            (day.to_owned(), time.to_owned())
        };
        let ((day, start), (last, end)) = (parts(&row.starts_at), parts(&row.ends_at));
        self.s_last = vec![if last == day { String::new() } else { last }];
        (self.s_day, self.s_start, self.s_end) = (vec![day], vec![start], vec![end]);
        self.s_all_day = if row.all_day { vec!["0".to_owned()] } else { Vec::new() };
        self.r_off = row.on_day_off.to_string();
        self.set_rule(&series.pattern.rule, series.pattern.first, series.pattern.zone);
    }

    fn set_rule(&mut self, rule: &Rule, first: chrono::NaiveDateTime, zone: crate::dates::Zone) {
        self.r_rule = rule.text();
        let Some(form) = rule.form(first, zone) else {
            self.r_repeat = "rule".to_owned();
            return;
        };
        self.r_repeat = "form".to_owned();
        let by_quarter = form.every.is_multiple_of(3);
        let unit = match form.pattern {
            On::Days => "days",
            On::Weeks(days) => {
                self.r_days = days.into_iter().map(code).collect();
                "weeks"
            }
            On::MonthDay(date) => {
                self.r_date = date.to_string();
                if by_quarter { "quarter-date" } else { "month-date" }
            }
            On::MonthWeekday { nth, day } => {
                (self.r_nth, self.r_weekday) = (nth.to_string(), code(day));
                if by_quarter { "quarter-weekday" } else { "month-weekday" }
            }
            On::Years => "years",
        };
        let every = if unit.starts_with("quarter") { form.every / 3 } else { form.every };
        (self.r_unit, self.r_every) = (unit.to_owned(), every.to_string());
        match form.end {
            FormEnd::Never => self.r_end = "never".to_owned(),
            FormEnd::Count(count) => (self.r_end, self.r_count) = ("count".to_owned(), count.to_string()),
            FormEnd::Until(day) => (self.r_end, self.r_until) = ("until".to_owned(), day.to_string()),
        }
    }

    /// What stands in the fields of a form that says nothing yet.
    pub fn set_repeat_defaults(&mut self) {
        let or = |field: &mut String, text: &str| {
            if field.is_empty() {
                text.clone_into(field);
            }
        };
        or(&mut self.r_repeat, "no");
        or(&mut self.r_every, "1");
        or(&mut self.r_unit, "weeks");
        or(&mut self.r_date, "1");
        or(&mut self.r_nth, "2");
        or(&mut self.r_weekday, "TH");
        or(&mut self.r_end, "count");
        or(&mut self.r_count, "4");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(unit: &str) -> Typed {
        let mut typed = Typed {
            r_repeat: "form".into(),
            r_unit: unit.into(),
            r_days: vec!["MO".into(), "TH".into()],
            r_off: "after".into(),
            ..Typed::default()
        };
        typed.set_repeat_defaults();
        typed
    }

    #[test]
    fn words_become_a_rule_and_the_rule_becomes_the_words() {
        let zone = crate::dates::Zone::parse("Asia/Shanghai").unwrap();
        for (unit, rule) in [
            ("days", "FREQ=DAILY;COUNT=4"),
            ("weeks", "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=4"),
            ("month-date", "FREQ=MONTHLY;BYMONTHDAY=1;COUNT=4"),
            ("month-weekday", "FREQ=MONTHLY;BYDAY=2TH;COUNT=4"),
            ("quarter-date", "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1;COUNT=4"),
            ("quarter-weekday", "FREQ=MONTHLY;INTERVAL=3;BYDAY=2TH;COUNT=4"),
            ("years", "FREQ=YEARLY;COUNT=4"),
        ] {
            assert_eq!(typed(unit).rrule(), rule);
            assert!(typed(unit).repeat_problems().is_empty(), "{unit}");
            let mut back = Typed::default();
            back.set_rule(&Rule::parse(rule).unwrap(), "2026-01-01T14:30:00".parse().unwrap(), zone);
            assert_eq!((back.r_unit.as_str(), back.r_every.as_str(), back.rrule().as_str()), (unit, "1", rule));
        }
    }

    #[test]
    fn what_says_no_rule_is_named() {
        let codes = |typed: &Typed| {
            typed.repeat_problems().into_iter().map(|problem| (problem.field, problem.code)).collect::<Vec<_>>()
        };
        let wrong = Typed { r_off: String::new(), r_count: "viele".into(), ..typed("weeks") };
        assert_eq!(codes(&wrong), [("r_off".into(), "choose-day-off"), ("r_count".into(), "count-wanted")]);
        let wrong = Typed { r_end: "until".into(), r_until: "31.12.".into(), ..typed("weeks") };
        assert_eq!(codes(&wrong), [("r_until".into(), "bad-date")]);
        let wrong = Typed { r_every: "0".into(), ..typed("weeks") };
        assert_eq!(codes(&wrong), [("r_every".into(), "rule-value")]);
    }
}
