//! The agenda: from a day on, by day, fifty sittings at a time.

use axum::extract::RawQuery;
use axum::response::Response;
use chrono::{Days, NaiveDate};
use minijinja::{context, value::Serde};
use serde::Serialize;

use crate::error::Result;
use crate::scheduling::filters::{Doubt, Filters, View};
use crate::scheduling::sitting::{Listed, Mark, Part, Sitting, part};
use crate::scheduling::views::pages::{Frame, Way};
use crate::scheduling::views::{DayMark, Entry};
use crate::view::format;
use crate::web::Desk;

/// Sittings of one part.
const SIZE: usize = 50;
/// Days before today from which what waits for the reader is listed, unless a day is given.
const BACK: u64 = 60;

#[derive(Serialize)]
struct Line {
    entry: Entry,
    when: String,
    kind: String,
    host: String,
}

#[derive(Serialize)]
struct Day {
    date: String,
    label: String,
    today: bool,
    mark: Option<DayMark>,
    lines: Vec<Line>,
}

/// `GET /agenda`
pub async fn show(desk: Desk<()>, RawQuery(query): RawQuery) -> Result<Response> {
    let frame = Frame::open(&desk, query.as_deref(), View::Agenda).await?;
    let (page, filters) = (&desk.page, &frame.filters);
    let day = first_day(filters, frame.today);
    let asked = asked(filters, day);
    let found = part(page.app.db.read(), frame.sittings(), (asked, filters.phase(), SIZE), frame.now).await?;
    let (earlier, later) = turns(filters, day, asked, &found);
    let head = frame
        .head(&Way {
            title: page.lang.text_with("views-agenda-title", [("day", format::date(page.lang, day, frame.today))]),
            day,
            before: Some(filters.to(View::Agenda, day - Days::new(7))),
            after: Some(filters.to(View::Agenda, day + Days::new(7))),
            today: filters.to(View::Agenda, frame.today),
            unit: "week",
        })
        .await?;
    let lost = [("after", &filters.after), ("before", &filters.before)]
        .into_iter()
        .find(|(_, text)| !text.is_empty() && Mark::parse(text).is_none())
        .map(|(_, text)| Doubt { what: "cursor", value: text.chars().take(40).collect() });
    let context = context! {
        head, lost => lost.map(Serde),
        facts => Vec::<()>::new(),
        days => Serde(days(&frame, &found.rows)), earlier, later,
    };
    page.render("scheduling/agenda/agenda.html", "calendar", context).await
}

fn first_day(filters: &Filters, today: NaiveDate) -> NaiveDate {
    let said = [&filters.date, &filters.year, &filters.month].into_iter().any(|text| !text.is_empty());
    if filters.needs_me() && !said { today - Days::new(BACK) } else { filters.day(today) }
}

fn asked(filters: &Filters, day: NaiveDate) -> Part {
    match (Mark::parse(&filters.after), Mark::parse(&filters.before)) {
        (Some(mark), _) => Part::After(mark),
        (None, Some(mark)) => Part::Before(mark),
        (None, None) if filters.before == "day" => Part::BeforeDay(day),
        (None, None) => Part::From(day),
    }
}

/// The addresses of the parts before and after this one.
fn turns(filters: &Filters, day: NaiveDate, asked: Part, found: &Listed) -> (Option<String>, Option<String>) {
    let to = |name, mark: Mark| filters.cursor(day, name, &mark.text());
    let ends = found.ends;
    match asked {
        // What lasts into the first day began before it: before the day, not before the first line.
        Part::From(_) => {
            (Some(filters.cursor(day, "before", "day")), ends.filter(|_| found.more).map(|(_, last)| to("after", last)))
        }
        Part::After(mark) => (
            Some(ends.map_or_else(|| to("before", mark), |(first, _)| to("before", first))),
            ends.filter(|_| found.more).map(|(_, last)| to("after", last)),
        ),
        Part::Before(mark) => (
            ends.filter(|_| found.more).map(|(first, _)| to("before", first)),
            Some(ends.map_or_else(|| to("after", mark), |(_, last)| to("after", last))),
        ),
        Part::BeforeDay(_) => {
            (ends.filter(|_| found.more).map(|(first, _)| to("before", first)), Some(filters.to(View::Agenda, day)))
        }
    }
}

fn days(frame: &Frame<'_>, rows: &[Sitting]) -> Vec<Day> {
    let show = frame.show();
    let mut days: Vec<Day> = Vec::new();
    for row in rows {
        let date = row.day.to_string();
        if days.last().is_none_or(|day| day.date != date) {
            let label = format::date(show.lang, row.day, frame.today);
            let mark = frame.mark(row.day, row.day);
            days.push(Day { date, label, today: row.day == frame.today, mark, lines: Vec::new() });
        }
        let span = row.span();
        let entry = show.entry(row, row.day);
        // Of what ends on another day both ends are said whole.
        let when = if span.day() == span.last_day() && (row.all_day || !entry.until.is_empty()) {
            String::new()
        } else {
            format::span(show.lang, &span, frame.now)
        };
        let line = Line {
            entry,
            when,
            kind: show.kinds.name(&row.kind, show.lang).to_owned(),
            host: frame.tree.name(row.host_id).to_owned(),
        };
        if let Some(day) = days.last_mut() {
            day.lines.push(line);
        }
    }
    days
}
