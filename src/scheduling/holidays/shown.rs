//! Notices as a page shows them: holidays with their ranges off and the weekend days worked for them.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use crate::dates::{NamedDay, Notice};
use crate::locale::Lang;
use crate::view::format;

/// One holiday of a year.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Holiday {
    name: String,
    /// Ranges off, as people write them.
    off: Vec<String>,
    /// Days off in all.
    days: usize,
    /// Weekend days worked for it.
    worked: Vec<String>,
}

/// A line of a source: an address to follow, or words.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct SourceLine {
    text: String,
    is_link: bool,
}

/// The holidays that a notice names, in the order of their first days off.
pub(super) fn holidays(notice: &Notice, lang: Lang) -> Vec<Holiday> {
    let mut names: Vec<&str> = Vec::new();
    // Worked days before a holiday must not put it out of its place.
    for day in notice.days.iter().filter(|day| day.off).chain(&notice.days) {
        if !names.contains(&day.name.as_str()) {
            names.push(&day.name);
        }
    }
    let one = |name: &str| {
        let of: Vec<&NamedDay> = notice.days.iter().filter(|day| day.name == name).collect();
        let off: Vec<NaiveDate> = of.iter().filter(|day| day.off).map(|day| day.day).collect();
        Holiday {
            name: name.to_owned(),
            days: off.len(),
            off: ranges(&off).into_iter().map(|range| said(lang, range, notice.year)).collect(),
            worked: of.iter().filter(|day| !day.off).map(|day| said(lang, (day.day, day.day), notice.year)).collect(),
        }
    };
    names.into_iter().map(one).collect()
}

/// The lines of a source; what is no public address is words.
pub(super) fn source(notice: &Notice) -> Vec<SourceLine> {
    let is_link = |text: &str| text.starts_with("https://") || text.starts_with("http://");
    notice.source.lines().map(|text| SourceLine { text: text.to_owned(), is_link: is_link(text) }).collect()
}

/// Days in order as ranges without a gap.
fn ranges(days: &[NaiveDate]) -> Vec<(NaiveDate, NaiveDate)> {
    let mut ranges: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for day in days {
        match ranges.last_mut() {
            Some((_, last)) if last.succ_opt() == Some(*day) => *last = *day,
            _ => ranges.push((*day, *day)),
        }
    }
    ranges
}

/// `10月1日（周四）至10月7日（周三）`; with the year where it is another than the notice's.
fn said(lang: Lang, (first, last): (NaiveDate, NaiveDate), year: i32) -> String {
    let day = |day: NaiveDate| format::date(lang, day, NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(day));
    if first == last {
        return day(first);
    }
    debug_assert!(first.year() <= last.year());
    lang.text_with("holiday-range", [("first", day(first)), ("last", day(last))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_shown_by_holidays_with_ranges_and_worked_days() {
        let notice = crate::scheduling::holidays::embedded().iter().find(|notice| notice.year == 2026).unwrap();
        let all = holidays(notice, Lang::Zh);
        assert_eq!(
            all.iter().map(|holiday| holiday.name.as_str()).collect::<Vec<_>>(),
            ["元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"],
        );
        let national = &all[6];
        assert_eq!(national.off, ["10月1日（周四）至10月7日（周三）"]);
        assert_eq!((national.days, national.worked.len()), (7, 2));
        assert_eq!(national.worked[0], "9月20日（周日）");
        let lines = source(notice);
        assert!(!lines[0].is_link && lines[1].is_link);
    }

    #[test]
    fn a_gap_makes_two_ranges_and_another_year_is_said() {
        let day = |text: &str| NamedDay { day: text.parse().unwrap(), name: "元旦".into(), off: true };
        let days = vec![day("2023-12-30"), day("2023-12-31"), day("2024-01-02")];
        let notice = Notice { year: 2024, source: "javascript:alert(1)".into(), published: None, days };
        assert_eq!(
            holidays(&notice, Lang::Zh)[0].off,
            ["2023年12月30日（周六）至2023年12月31日（周日）", "1月2日（周二）"]
        );
        assert!(!source(&notice)[0].is_link);
    }
}
