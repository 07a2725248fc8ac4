//! The month: every sitting on its day, what is left to finish, and the filters.

use std::collections::{HashMap, HashSet};

use axum::extract::Query;
use axum::response::Response;
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc, Weekday};
use entity::id::SessionId;
use entity::{event, session};
use minijinja::{context, value::Serde};
use serde::Serialize;

use super::{days, last_day};
use crate::error::Result;
use crate::scheduling::filters::Filters;
use crate::scheduling::wanted::{sessions_between, without_attendance};
use crate::scheduling::{CLASSES, Class, Phase, session as sitting};
use crate::view::format;
use crate::web::{Desk, Page};

#[derive(Serialize)]
struct Entry {
    event: i64,
    session: i64,
    time: String,
    title: String,
    class: &'static str,
    tone: &'static str,
    icon: &'static str,
    phase: &'static str,
    unfinished: bool,
    place: String,
}

#[derive(Serialize)]
struct Day {
    date: String,
    number: u32,
    month: String,
    weekday: &'static str,
    today: bool,
    rest: bool,
    out: bool,
    entries: Vec<Entry>,
}

/// The colour and the sign of a class.
#[must_use]
pub const fn look(class: Option<Class>) -> (&'static str, &'static str, &'static str) {
    match class {
        Some(Class::Study) => ("study", "is-info", "book-open"),
        Some(Class::Exam) => ("exam", "is-leave", "clipboard-pen"),
        Some(Class::Outreach) => ("outreach", "is-good", "megaphone"),
        Some(Class::Meeting) | None => ("meeting", "is-quiet", "presentation"),
    }
}

/// `GET /calendar`
pub async fn show(Desk { page, actor, .. }: Desk<()>, Query(filters): Query<Filters>) -> Result<Response> {
    let (app, now) = (page.app.clone(), page.app.now());
    let (db, zone) = (app.db.read(), app.config.zone());
    let tree = page.tree().await?;
    let today = zone.day(now);
    let first = filters.month(today);
    let grid = days(first);
    let ends = (grid[0], grid[grid.len() - 1]);
    let wanted = filters.wanted(actor.organisation, tree, &app.kinds);
    let rows = sessions_between(db, &wanted, ends, zone.midnight(ends.0)).await?;
    let unfinished = unfinished(&page, &rows, now).await?;
    let month = (first, last_day(first));
    let counts = counts(&rows, month, now);
    let rows: Vec<_> = rows
        .into_iter()
        .filter(|(session, event)| filters.phase().is_none_or(|p| p == Phase::of_session(event, session, now)))
        .collect();
    let left: Vec<_> = rows
        .iter()
        .filter(|(session, _)| unfinished.contains(&session.id) && (month.0..=month.1).contains(&session.day))
        .map(|(session, event)| {
            context! {
                event => event.id.0, session => session.id.0, title => sitting::title(event, session),
                when => format::date(page.lang, session.day, today),
            }
        })
        .collect();
    let entries = entries(&page, rows, &unfinished, now);
    let shown = shown_days(&page, grid, entries, first, today);
    let (before, after) = (first - Months::new(1), first + Months::new(1));
    let class_chips: Vec<_> = CLASSES.iter().map(|&class| look(Some(class))).collect();
    let context = context! {
        title => format::month(page.lang, first),
        year => first.year(), month => first.month(),
        days => Serde(shown), counts => Serde(counts), left,
        weekdays => ALL_WEEK.map(|day| format::weekday(page.lang, day)),
        before => filters.with_month(before.year(), before.month()),
        after => filters.with_month(after.year(), after.month()),
        now_query => filters.with_month(today.year(), today.month()),
        list_query => filters.with_year(first.year()),
        status_queries => Serde(Phase::ALL.iter().map(|p| (p.as_str(), filters.with_status(p.as_str()))).collect::<HashMap<_, _>>()),
        all_query => filters.with_status(""),
        orgs => Serde(filters.orgs(actor.organisation, tree)),
        kinds => Serde(filters.kinds(&app.kinds, page.lang)),
        org_name => tree.name(actor.organisation),
        phases => Phase::ALL.map(Phase::as_str),
        filters => Serde(filters.clone()),
        classes => Serde(class_chips),
        may_manage => actor.may_manage(),
    };
    page.render("scheduling/month/month.html", "calendar", context).await
}

const ALL_WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// The sittings that are over and of which nobody has recorded who came, though the event asks people to come.
async fn unfinished(
    page: &Page,
    rows: &[(session::Model, event::Model)],
    now: DateTime<Utc>,
) -> Result<HashSet<SessionId>> {
    let kinds = &page.app.kinds;
    let over = rows
        .iter()
        .filter(|(session, event)| event.required && Phase::of_session(event, session, now) == Phase::Held)
        .filter(|(_, event)| kinds.get(&event.kind).is_none_or(|kind| kind.class != Class::Exam))
        .map(|(session, _)| session.id)
        .collect();
    Ok(without_attendance(page.app.db.read(), over).await?)
}

fn counts(
    rows: &[(session::Model, event::Model)],
    (first, last): (NaiveDate, NaiveDate),
    now: DateTime<Utc>,
) -> HashMap<&'static str, usize> {
    let mut counts: HashMap<_, _> = Phase::ALL.iter().map(|phase| (phase.as_str(), 0)).collect();
    for (session, event) in rows.iter().filter(|(session, _)| (first..=last).contains(&session.day)) {
        *counts.entry(Phase::of_session(event, session, now).as_str()).or_default() += 1;
    }
    let all = counts.values().sum();
    counts.insert("all", all);
    counts
}

fn entries(
    page: &Page,
    rows: Vec<(session::Model, event::Model)>,
    unfinished: &HashSet<SessionId>,
    now: DateTime<Utc>,
) -> HashMap<NaiveDate, Vec<Entry>> {
    let mut by_day: HashMap<NaiveDate, Vec<Entry>> = HashMap::new();
    for (session, event) in rows {
        let span = sitting::span(&session);
        let (class, tone, icon) = look(page.app.kinds.get(&event.kind).map(|kind| kind.class));
        for day in span.day().iter_days().take_while(|day| *day <= span.last_day()).take(62) {
            let first = day == span.day();
            let time = if first && !span.all_day { format::clock(span.zone, span.start) } else { String::new() };
            by_day.entry(day).or_default().push(Entry {
                event: event.id.0,
                session: session.id.0,
                time,
                title: sitting::title(&event, &session).to_owned(),
                class,
                tone,
                icon,
                phase: Phase::of_session(&event, &session, now).as_str(),
                unfinished: unfinished.contains(&session.id),
                place: sitting::location(&event, &session).to_owned(),
            });
        }
    }
    by_day
}

fn shown_days(
    page: &Page,
    grid: Vec<NaiveDate>,
    mut entries: HashMap<NaiveDate, Vec<Entry>>,
    first: NaiveDate,
    today: NaiveDate,
) -> Vec<Day> {
    grid.into_iter()
        .map(|day| Day {
            date: day.to_string(),
            number: day.day(),
            month: format::month_name(page.lang, day),
            weekday: format::weekday(page.lang, day.weekday()),
            today: day == today,
            rest: day.weekday().num_days_from_monday() > 4,
            out: day.month() != first.month(),
            entries: entries.remove(&day).unwrap_or_default(),
        })
        .collect()
}
