//! The year's events as a list, by pages.

use axum::extract::RawQuery;
use axum::response::Response;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use entity::{event, session};
use minijinja::{context, value::Serde};
use serde::Serialize;

use super::{YearPage, events_of_year};
use crate::error::Result;
use crate::people::OrgTree;
use crate::scheduling::filters::View;
use crate::scheduling::views::look;
use crate::scheduling::views::pages::{Frame, Way};
use crate::scheduling::{Phase, session as sitting};
use crate::view::format;
use crate::web::{Desk, Page};

/// Events on one page.
const SIZE: u64 = 50;

#[derive(Serialize)]
struct Row {
    id: i64,
    title: String,
    when: String,
    sessions: usize,
    class: &'static str,
    tone: &'static str,
    icon: &'static str,
    kind: String,
    host: String,
    place: String,
    phase: &'static str,
}

/// `GET /events`
pub async fn show(desk: Desk<()>, RawQuery(query): RawQuery) -> Result<Response> {
    let frame = Frame::open(&desk, query.as_deref(), View::List).await?;
    let (page, filters, now) = (&desk.page, &frame.filters, frame.now);
    let year = filters.year(frame.today);
    let at = filters.page();
    let found = events_of_year(page.app.db.read(), &frame.wanted, (year, filters.phase()), (at, SIZE), now).await?;
    let YearPage { events, sessions, total } = found;
    let none = Vec::new();
    let of = |event: &event::Model| row(page, frame.tree, event, sessions.get(&event.id).unwrap_or(&none), now);
    let rows: Vec<_> = events.iter().map(of).collect();
    let first = (at - 1).saturating_mul(SIZE);
    let shown = rows.len() as u64;
    let day = filters.day(frame.today);
    let here = |year| day.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 1, 1)).unwrap_or(day);
    let turn = |page: u64| filters.with(View::List, here(year), "page", &page.to_string());
    let last = total.div_ceil(SIZE).max(1);
    let head = frame
        .head(&Way {
            title: page.lang.text_with("page-year-title", [("year", year.to_string())]),
            day: here(year),
            before: Some(filters.to(View::List, here(year - 1))),
            after: Some(filters.to(View::List, here(year + 1))),
            today: filters.to(View::List, frame.today),
            unit: "year",
        })
        .await?;
    let context = context! {
        head, rows => Serde(rows), total,
        facts => [context! { text => page.lang.text_with("page-events-all", [("n", total)]) }],
        from => first + 1, to => first.saturating_add(shown),
        earlier => (at > 1).then(|| turn((at - 1).min(last))),
        later => (at < last).then(|| turn(at + 1)),
        beyond => total > 0 && at > last,
    };
    page.render("scheduling/year/year.html", "events", context).await
}

fn row(page: &Page, tree: &OrgTree, event: &event::Model, sessions: &[session::Model], now: DateTime<Utc>) -> Row {
    let (class, tone, icon) = look(page.app.kinds.get(&event.kind).map(|kind| kind.class));
    Row {
        id: event.id.0,
        title: if event.title.is_empty() {
            page.app.kinds.name(&event.kind, page.lang).to_owned()
        } else {
            event.title.clone()
        },
        when: sessions.first().map_or_else(String::new, |first| format::span(page.lang, &sitting::span(first), now)),
        sessions: sessions.len(),
        class,
        tone,
        icon,
        kind: page.app.kinds.name(&event.kind, page.lang).to_owned(),
        host: tree.name(event.host_id).to_owned(),
        place: event.location.clone(),
        phase: Phase::of_event(event, sessions, now).as_str(),
    }
}
