//! The week: seven days side by side by the hour; on a phone a list by day.

use axum::extract::RawQuery;
use axum::response::Response;
use chrono::{Datelike, Days, NaiveDate, Timelike};
use minijinja::{context, value::Serde};
use serde::Serialize;

use super::{Drawn, Lane, Stretch, draw, monday};
use crate::error::Result;
use crate::locale::Lang;
use crate::scheduling::filters::View;
use crate::scheduling::sitting::{Sitting, between};
use crate::scheduling::views::pages::{Frame, Way};
use crate::scheduling::views::{DayMark, Entry};
use crate::view::format;
use crate::web::Desk;

/// Hours shown even where nothing is: the usual day of an office.
const OFFICE: (u32, u32) = (8, 18);

#[derive(Serialize)]
struct Day {
    date: String,
    label: String,
    number: u32,
    weekday: &'static str,
    today: bool,
    rest: bool,
    href: String,
    mark: Option<DayMark>,
    whole: Vec<Entry>,
    hours: Vec<Box>,
}

/// Something drawn by the hour: its row and height in quarters, its column, and the sitting or how many more.
#[derive(Serialize)]
struct Box {
    row: u32,
    span: u32,
    lane: String,
    entry: Option<Entry>,
    more: usize,
}

/// A sitting on one day: by the hour, or, where it lasts the whole day, above.
enum OnDay<'a> {
    Hours(&'a Sitting, Stretch),
    Whole(&'a Sitting),
}

/// `GET /week`
pub async fn show(desk: Desk<()>, RawQuery(query): RawQuery) -> Result<Response> {
    let frame = Frame::open(&desk, query.as_deref(), View::Week).await?;
    let (page, filters) = (&desk.page, &frame.filters);
    let day = filters.day(frame.today);
    let first = monday(day);
    let last = first + Days::new(6);
    let rows = between(page.app.db.read(), frame.sittings(), (first, last), frame.now).await?;
    let phase = filters.phase();
    let rows: Vec<_> = rows.into_iter().filter(|row| frame.show().stands(row, phase)).collect();
    let on: Vec<_> =
        first.iter_days().take(7).map(|day| (day, rows.iter().filter_map(|row| on_day(row, day)).collect())).collect();
    let hours = hours(&on);
    let days: Vec<_> = on.into_iter().map(|(day, on)| shown(&frame, day, on, hours.0)).collect();
    let head = frame
        .head(&Way {
            title: title(page.lang, first, last),
            day,
            before: Some(filters.to(View::Week, day - Days::new(7))),
            after: Some(filters.to(View::Week, day + Days::new(7))),
            today: format!("{}#today", filters.to(View::Week, frame.today)),
            unit: "week",
        })
        .await?;
    let context = context! {
        head, facts => [context! { text => page.lang.text_with("page-sessions-all", [("n", rows.len())]) }],
        days => Serde(days), empty => rows.is_empty(),
        hours => Serde((hours.0..hours.1).map(|hour| ((hour - hours.0) * 4 + 1, format!("{hour:02}:00"))).collect::<Vec<_>>()),
        rows => (hours.1 - hours.0) * 4,
    };
    page.render("scheduling/week/week.html", "calendar", context).await
}

/// What a sitting is on a day; None where it does not touch it. One that goes over midnight but not over a whole day is
/// cut there.
fn on_day(row: &Sitting, day: NaiveDate) -> Option<OnDay<'_>> {
    let span = row.span();
    if day < span.day() || day > span.last_day() {
        return None;
    }
    if span.all_day || span.end - span.start >= chrono::TimeDelta::days(1) {
        return Some(OnDay::Whole(row));
    }
    let minute = |at| {
        let local = span.zone.local(at);
        local.hour() * 60 + local.minute()
    };
    let from = if day == span.day() { minute(span.start) } else { 0 };
    let to = if day == span.zone.day(span.end) { minute(span.end) } else { 24 * 60 };
    Some(OnDay::Hours(row, Stretch::new(from, to)))
}

/// The hours to show: those of an office, and whatever else is touched.
fn hours(days: &[(NaiveDate, Vec<OnDay<'_>>)]) -> (u32, u32) {
    days.iter().flat_map(|(_, on)| on).fold(OFFICE, |(from, to), one| match one {
        OnDay::Hours(_, stretch) => (from.min(stretch.hours().0), to.max(stretch.hours().1)),
        OnDay::Whole(_) => (from, to),
    })
}

fn shown(frame: &Frame<'_>, day: NaiveDate, on: Vec<OnDay<'_>>, from_hour: u32) -> Day {
    let show = frame.show();
    let (mut whole, mut timed) = (Vec::new(), Vec::new());
    for one in on {
        match one {
            OnDay::Whole(row) => whole.push(show.entry(row, day)),
            OnDay::Hours(row, stretch) => timed.push((row, stretch)),
        }
    }
    timed.sort_by_key(|(row, stretch)| (stretch.quarters(0).0, row.starts_at, row.id.0));
    let stretches: Vec<_> = timed.iter().map(|(_, stretch)| *stretch).collect();
    let boxed = |stretch: Stretch, lane: Lane| {
        let (row, span) = stretch.quarters(from_hour);
        Box { row: row + 1, span, lane: format!("{}of{}", lane.at + 1, lane.of), entry: None, more: 0 }
    };
    let hours = draw(&stretches)
        .into_iter()
        .map(|drawn| match drawn {
            Drawn::One(index, stretch, lane) => {
                Box { entry: Some(show.entry(timed[index].0, day)), ..boxed(stretch, lane) }
            }
            Drawn::More(more, stretch, lane) => Box { more, ..boxed(stretch, lane) },
        })
        .collect();
    Day {
        date: day.to_string(),
        label: format::date(show.lang, day, frame.today),
        number: day.day(),
        weekday: format::weekday(show.lang, day.weekday()),
        today: day == frame.today,
        rest: frame.workdays.is_off(day),
        href: frame.filters.to(View::Agenda, day),
        mark: frame.mark(day, monday(day)),
        whole,
        hours,
    }
}

/// `2024年5月13日–19日（第20周）`, `13–19 May 2024, week 20`.
fn title(lang: Lang, first: NaiveDate, last: NaiveDate) -> String {
    let week = first.iso_week().week();
    match lang {
        Lang::Zh => {
            let year = if first.year() == last.year() { String::new() } else { format!("{}年", last.year()) };
            let month = if first.month() == last.month() { String::new() } else { format!("{}月", last.month()) };
            let (y, m, d) = (first.year(), first.month(), first.day());
            format!("{y}年{m}月{d}日–{year}{month}{}日（第{week}周）", last.day())
        }
        Lang::En => {
            let from = match (first.year() == last.year(), first.month() == last.month()) {
                (true, true) => first.format("%-d"),
                (true, false) => first.format("%-d %b"),
                (false, _) => first.format("%-d %b %Y"),
            };
            format!("{from}–{}, week {week}", last.format("%-d %b %Y"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_is_named_by_its_ends() {
        let of = |lang, day: &str| {
            let first = monday(day.parse().unwrap());
            title(lang, first, first + Days::new(6))
        };
        assert_eq!(of(Lang::Zh, "2024-05-16"), "2024年5月13日–19日（第20周）");
        assert_eq!(of(Lang::Zh, "2024-12-31"), "2024年12月30日–2025年1月5日（第1周）");
        assert_eq!(of(Lang::En, "2024-05-01"), "29 Apr–5 May 2024, week 18");
        assert_eq!(of(Lang::En, "2024-05-16"), "13–19 May 2024, week 20");
    }
}
