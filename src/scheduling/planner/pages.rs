//! The planner: the year's kinds by months on one page, to look at and to print.

use axum::extract::RawQuery;
use axum::response::Response;
use chrono::{Datelike, NaiveDate};
use minijinja::{context, value::Serde};
use serde::Serialize;

use super::{Cell, Line, MOST, Row, rows};
use crate::dates::Observance;
use crate::error::Result;
use crate::scheduling::filters::{Filters, View};
use crate::scheduling::sitting::of_year;
use crate::scheduling::views::pages::{Frame, Way};
use crate::scheduling::views::{Show, look};
use crate::scheduling::{Class, Phase};
use crate::view::format;
use crate::web::Desk;

#[derive(Serialize)]
struct Month {
    name: String,
    href: String,
    observances: Vec<Kept>,
    off: Vec<String>,
    count: usize,
}

/// An observance in the head of a month.
#[derive(Serialize)]
struct Kept {
    name: String,
    days: String,
    expected: bool,
}

#[derive(Serialize)]
struct ClassRows {
    class: &'static str,
    tone: &'static str,
    icon: &'static str,
    kinds: Vec<KindRow>,
}

#[derive(Serialize)]
struct KindRow {
    name: String,
    cells: Vec<KindCell>,
    count: usize,
}

#[derive(Serialize)]
struct KindCell {
    lines: Vec<Entry>,
    more: usize,
    href: String,
}

#[derive(Serialize)]
struct Entry {
    href: String,
    days: String,
    title: String,
    phase: &'static str,
    unfinished: bool,
}

/// `GET /planner`
pub async fn show(desk: Desk<()>, RawQuery(query): RawQuery) -> Result<Response> {
    let frame = Frame::open(&desk, query.as_deref(), View::Planner).await?;
    let (page, filters) = (&desk.page, &frame.filters);
    let year = filters.year(frame.today);
    let mut found = of_year(page.app.db.read(), frame.sittings(), year, frame.now).await?;
    let phase = filters.phase();
    found.retain(|row| frame.show().stands(row, phase));
    let all = rows(&found, &page.app.kinds, frame.now);
    let flat = || all.iter().flat_map(|(_, rows)| rows);
    let sums: Vec<usize> = (0..12).map(|month| flat().map(|row| row.cells[month].count).sum()).collect();
    let day = filters.day(frame.today);
    let here = |year| day.with_year(year).or_else(|| first_of(year, 1)).unwrap_or(day);
    let head = frame
        .head(&Way {
            title: page.lang.text_with("views-planner-title", [("year", year.to_string())]),
            day: here(year),
            before: Some(filters.to(View::Planner, here(year - 1))),
            after: Some(filters.to(View::Planner, here(year + 1))),
            today: filters.to(View::Planner, frame.today),
            unit: "year",
        })
        .await?;
    let scope = frame.wanted.org.unwrap_or(frame.actor.organisation);
    let context = context! {
        head, org => frame.tree.name(scope), total => sums.iter().sum::<usize>(),
        facts => [context! { text => page.lang.text_with("page-sessions-all", [("n", found.len())]) }],
        months => Serde(months(&frame, year, &sums)),
        classes => Serde(all.iter().map(|(class, rows)| class_rows(&frame, *class, rows, year)).collect::<Vec<_>>()),
        without => without(&frame, &flat().map(|row| row.kind).collect::<Vec<_>>()),
    };
    page.render("scheduling/planner/planner.html", "calendar", context).await
}

fn first_of(year: i32, month: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, 1)
}

/// The kinds of the site that have nothing in the year; none named where something narrows what is shown.
fn without(frame: &Frame<'_>, with: &[&str]) -> Vec<String> {
    if frame.filters.narrow() {
        return Vec::new();
    }
    let kinds = frame.page.app.kinds.iter();
    kinds.filter(|(key, _)| !with.contains(key)).map(|(_, kind)| kind.name(frame.page.lang).to_owned()).collect()
}

fn months(frame: &Frame<'_>, year: i32, sums: &[usize]) -> Vec<Month> {
    let observances = frame.page.app.observances.of_year(year);
    let of = |(month0, count): (usize, &usize)| {
        let first = first_of(year, u32::try_from(month0).ok()? + 1)?;
        let last = crate::scheduling::month::last_day(first);
        let off = frame.workdays.named(first, last).filter(|(_, _, off)| *off);
        let mut names: Vec<(String, Vec<u32>)> = Vec::new();
        for (day, name, _) in off {
            match names.last_mut().filter(|(known, _)| known == name) {
                Some((_, days)) => days.push(day.day()),
                None => names.push((name.to_owned(), vec![day.day()])),
            }
        }
        let off = names.into_iter().map(|(name, days)| format!("{} {name}", runs(&days))).collect();
        Some(Month {
            name: format::month_name(frame.page.lang, first),
            href: frame.filters.to(View::Month, first),
            observances: observances
                .iter()
                .filter(|one| one.from <= last && one.to >= first)
                .map(|o| kept(frame, o))
                .collect(),
            off,
            count: *count,
        })
    };
    sums.iter().enumerate().filter_map(of).collect()
}

fn kept(frame: &Frame<'_>, observance: &Observance) -> Kept {
    let (from, to) = (observance.from, observance.to);
    let days = match (from == to, from.month() == to.month()) {
        (true, _) => from.day().to_string(),
        (false, true) => format!("{}–{}", from.day(), to.day()),
        (false, false) => format!("{}.{}–{}.{}", from.month(), from.day(), to.month(), to.day()),
    };
    Kept { name: observance.name(frame.page.lang).to_owned(), days, expected: !observance.is_set() }
}

fn class_rows(frame: &Frame<'_>, class: Class, rows: &[Row<'_>], year: i32) -> ClassRows {
    let (class, tone, icon) = look(Some(class));
    let kinds = rows
        .iter()
        .map(|row| KindRow {
            name: frame.page.app.kinds.name(row.kind, frame.page.lang).to_owned(),
            count: row.count(),
            cells: (1..)
                .zip(&row.cells)
                .map(|(month, cell)| kind_cell(frame, row.kind, cell, first_of(year, month)))
                .collect(),
        })
        .collect();
    ClassRows { class, tone, icon, kinds }
}

fn kind_cell(frame: &Frame<'_>, kind: &str, cell: &Cell<'_>, first: Option<NaiveDate>) -> KindCell {
    let most = if cell.lines.len() > MOST { MOST - 1 } else { MOST };
    KindCell {
        lines: cell.lines.iter().take(most).map(|line| entry(frame.show(), line)).collect(),
        more: cell.lines.len().saturating_sub(most),
        href: first.map_or_else(String::new, |first| Filters::with(&frame.filters, View::Month, first, "kind", kind)),
    }
}

fn entry(show: Show<'_>, line: &Line<'_>) -> Entry {
    let days = match line.until {
        Some((month, day)) if month == line.first.day.month() => format!("{}–{day}", line.days[0]),
        Some((month, day)) => format!("{}–{month}.{day}", line.days[0]),
        None => runs(&line.days),
    };
    Entry {
        href: format!("/events/{}?session={}", line.first.event_id, line.first.id),
        days,
        title: show.title(line.first).to_owned(),
        phase: line.phase.as_str(),
        unfinished: line.first.unfinished && line.phase == Phase::Held,
    }
}

/// `3、10–12`: days of a month, in order, neighbours joined.
fn runs(days: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &day in days {
        match runs.last_mut().filter(|(_, last)| last + 1 == day) {
            Some((_, last)) => *last = day,
            None => runs.push((day, day)),
        }
    }
    let text = |(from, to): &(u32, u32)| if from == to { from.to_string() } else { format!("{from}–{to}") };
    runs.iter().map(text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_a_row_are_joined() {
        assert_eq!(runs(&[1, 3, 4, 5, 10, 31]), "1,3–5,10,31");
        assert_eq!(runs(&[]), "");
    }
}
