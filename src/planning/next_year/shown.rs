//! Proposals in words. Pure.

use chrono::NaiveDate;

use super::Warning;
use super::place::{Placed, Why};
use super::tie::Tie;
use crate::locale::Lang;
use crate::view::format;

/// One day or several: `5月25日（周六）–5月27日（周一）`.
pub fn days(lang: Lang, (first, last): (NaiveDate, NaiveDate), today: NaiveDate) -> String {
    let begin = format::date(lang, first, today);
    if first == last { begin } else { format!("{begin}–{}", format::date(lang, last, today)) }
}

/// What gave a sitting its days, and what moved it.
pub fn reasons(lang: Lang, placed: &Placed, tie: Option<&Tie>, today: NaiveDate) -> Vec<String> {
    let month = |month: u32| {
        NaiveDate::from_ymd_opt(2000, month, 1).map_or_else(String::new, |day| format::month_name(lang, day))
    };
    let why = match &placed.why {
        Why::NthWeekday { nth, weekday, month: of } => lang.text_with(
            "plan-why-nth",
            [("nth", nth.to_string()), ("weekday", format::weekday(lang, *weekday).to_owned()), ("month", month(*of))],
        ),
        Why::LastWeekday { weekday, month: of } => lang.text_with(
            "plan-why-last",
            [("weekday", format::weekday(lang, *weekday).to_owned()), ("month", month(*of))],
        ),
        Why::MonthEnd { month: of } => lang.text_with("plan-why-month-end", [("month", month(*of))]),
        Why::Observance => {
            let name = tie.map(|tie| tie.name.text(lang).to_owned()).unwrap_or_default();
            let when = tie.map(|tie| days(lang, tie.new, today)).unwrap_or_default();
            lang.text_with("plan-why-observance", [("name", name), ("days", when)])
        }
        Why::After(0) => lang.text("plan-why-same-day"),
        Why::After(n) => lang.text_with("plan-why-after", [("n", i64::from(*n))]),
        Why::Rule => lang.text("plan-why-rule"),
        Why::ByHand => lang.text("plan-why-by-hand"),
    };
    let moved = placed.moved.as_ref().map(|moved| {
        let day = format::date(lang, moved.from, today);
        match &moved.holiday {
            Some(holiday) => lang.text_with("plan-moved-holiday", [("day", day), ("holiday", holiday.clone())]),
            None => lang.text_with("plan-moved-off", [("day", day)]),
        }
    });
    std::iter::once(why).chain(moved).collect()
}

/// The key of a warning's text.
pub const fn warning(warning: Warning) -> &'static str {
    match warning {
        Warning::WasOnDayOff => "plan-warn-was-off",
        Warning::SpansDaysOff => "plan-warn-spans",
        Warning::Expected => "plan-warn-expected",
        Warning::ObservanceGone => "plan-warn-gone",
        Warning::LeftAsDraft => "plan-warn-draft",
        Warning::KeptBefore => "plan-warn-kept",
        Warning::GoesOn => "plan-warn-goes-on",
        Warning::NoNotice => "plan-warn-no-notice",
    }
}
