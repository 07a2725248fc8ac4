//! The month: every sitting on its days, what is left to finish, and the filters.

use std::collections::{BTreeMap, HashMap};

use axum::extract::RawQuery;
use axum::response::Response;
use chrono::{Datelike, Months, NaiveDate, Weekday};
use minijinja::{Value, context, value::Serde};
use serde::Serialize;

use super::{days, last_day};
use crate::error::Result;
use crate::scheduling::filters::View;
use crate::scheduling::sitting::{Sitting, between};
use crate::scheduling::views::pages::{Frame, Way};
use crate::scheduling::views::{DayMark, Entry, Show, look};
use crate::scheduling::{CLASSES, Phase};
use crate::view::format;
use crate::web::Desk;

/// Sittings shown on one day; the others are a link away.
const MOST: usize = 8;

#[derive(Serialize)]
struct Day {
    date: String,
    number: u32,
    month: String,
    weekday: &'static str,
    today: bool,
    rest: bool,
    out: bool,
    href: String,
    mark: Option<DayMark>,
    entries: Vec<Entry>,
    more: usize,
}

const ALL_WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// `GET /calendar`
pub async fn show(desk: Desk<()>, RawQuery(query): RawQuery) -> Result<Response> {
    let frame = Frame::open(&desk, query.as_deref(), View::Month).await?;
    let (page, filters) = (&desk.page, &frame.filters);
    let first = filters.month(frame.today);
    let grid = days(first);
    let rows = between(page.app.db.read(), frame.sittings(), (grid[0], grid[grid.len() - 1]), frame.now).await?;
    let facts = facts(&frame, &rows, first);
    let phase = filters.phase();
    let rows: Vec<_> = rows.into_iter().filter(|row| frame.show().stands(row, phase)).collect();
    let month = first..=last_day(first);
    let left: Vec<_> = rows
        .iter()
        .filter(|row| row.unfinished && month.contains(&row.day))
        .map(|row| {
            context! {
                event => row.event_id.0, session => row.id.0, title => frame.show().title(row),
                when => format::date(page.lang, row.day, frame.today),
            }
        })
        .collect();
    let empty = !rows.iter().any(|row| month.contains(&row.day));
    let (before, after) = (first - Months::new(1), first + Months::new(1));
    let head = frame
        .head(&Way {
            title: format::month(page.lang, first),
            day: filters.day(frame.today),
            before: Some(filters.to(View::Month, before)),
            after: Some(filters.to(View::Month, after)),
            today: format!("{}#today", filters.to(View::Month, frame.today)),
            unit: "month",
        })
        .await?;
    let context = context! {
        head, facts, left, empty,
        days => Serde(shown(&frame, grid, &rows, first)),
        weekdays => ALL_WEEK.map(|day| format::weekday(page.lang, day)),
        classes => Serde(CLASSES.map(|class| look(Some(class)))),
        observances => observances(&frame, first),
    };
    page.render("scheduling/month/month.html", "calendar", context).await
}

/// How many sittings of the month there are, and how many in each phase, each a link to them alone.
fn facts(frame: &Frame<'_>, rows: &[Sitting], first: NaiveDate) -> Vec<Value> {
    let (lang, filters) = (frame.page.lang, &frame.filters);
    let month = first..=last_day(first);
    let mut counts: HashMap<Phase, usize> = HashMap::new();
    for row in rows.iter().filter(|row| month.contains(&row.day)) {
        *counts.entry(row.phase(frame.now)).or_default() += 1;
    }
    let all: usize = counts.values().sum();
    let href = |status: &str| filters.with(View::Month, first, "status", status);
    let mut facts = vec![context! {
        text => lang.text_with("page-sessions-all", [("n", all)]),
        href => filters.phase().map(|_| href("")), current => false,
    }];
    for phase in [Phase::Running, Phase::Held, Phase::Ahead, Phase::Draft, Phase::Cancelled] {
        if let Some(n) = counts.get(&phase) {
            facts.push(context! {
                text => lang.text_with(&format!("page-count-{}", phase.as_str()), [("n", *n)]),
                href => href(phase.as_str()), current => filters.phase() == Some(phase),
            });
        }
    }
    facts
}

/// The observances of the month: name, days, and whether they are set.
fn observances(frame: &Frame<'_>, first: NaiveDate) -> Vec<Value> {
    let (lang, last) = (frame.page.lang, last_day(first));
    let all = frame.page.app.observances.of_year(first.year()).into_iter();
    all.filter(|one| one.from <= last && one.to >= first)
        .map(|one| {
            let day = |day| format::date(lang, day, first);
            let days = if one.from == one.to { day(one.from) } else { format!("{}–{}", day(one.from), day(one.to)) };
            context! { name => one.name(lang), days, expected => !one.is_set() }
        })
        .collect()
}

/// The sittings of each day that they touch, whole days first.
fn by_day<'a>(rows: &'a [Sitting], first: NaiveDate, last: NaiveDate) -> BTreeMap<NaiveDate, Vec<&'a Sitting>> {
    let mut days: BTreeMap<NaiveDate, Vec<&'a Sitting>> = BTreeMap::new();
    for row in rows {
        let span = row.span();
        let from = span.day().max(first);
        for day in from.iter_days().take_while(|day| *day <= span.last_day().min(last)) {
            days.entry(day).or_default().push(row);
        }
    }
    for (day, rows) in &mut days {
        rows.sort_by_key(|row| (!row.all_day && row.day == *day, row.starts_at));
    }
    days
}

fn shown(frame: &Frame<'_>, grid: Vec<NaiveDate>, rows: &[Sitting], first: NaiveDate) -> Vec<Day> {
    let mut found = by_day(rows, grid[0], grid[grid.len() - 1]);
    let show: Show<'_> = frame.show();
    let start = grid[0];
    grid.into_iter()
        .map(|day| {
            let rows = found.remove(&day).unwrap_or_default();
            let most = if rows.len() > MOST { MOST - 1 } else { MOST };
            Day {
                date: day.to_string(),
                number: day.day(),
                month: format::month_name(show.lang, day),
                weekday: format::weekday(show.lang, day.weekday()),
                today: day == frame.today,
                rest: frame.workdays.is_off(day),
                out: day.month() != first.month(),
                href: frame.filters.to(View::Agenda, day),
                mark: frame.mark(day, start),
                entries: rows.iter().take(most).map(|row| show.entry(row, day)).collect(),
                more: rows.len().saturating_sub(most),
            }
        })
        .collect()
}
