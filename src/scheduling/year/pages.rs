//! The year's events as a list, by pages.

use axum::extract::Query;
use axum::response::Response;
use chrono::{DateTime, Utc};
use entity::{event, session};
use minijinja::{context, value::Serde};
use serde::Serialize;

use crate::error::Result;
use crate::people::OrgTree;
use crate::scheduling::filters::Filters;
use crate::scheduling::month::pages::look;
use crate::scheduling::wanted::{YearPage, events_of_year};
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
pub async fn show(Desk { page, actor, .. }: Desk<()>, Query(filters): Query<Filters>) -> Result<Response> {
    let (app, now) = (page.app.clone(), page.app.now());
    let db = app.db.read();
    let tree = page.tree().await?;
    let year = filters.year(app.config.zone().day(now));
    let wanted = filters.wanted(actor.organisation, tree, &app.kinds);
    let at = filters.page();
    let found = events_of_year(db, &wanted, (year, filters.phase()), (at, SIZE), now).await?;
    let YearPage { events, sessions, total } = found;
    let none = Vec::new();
    let rows: Vec<_> =
        events.iter().map(|event| row(&page, tree, event, sessions.get(&event.id).unwrap_or(&none), now)).collect();
    let first = (at - 1).saturating_mul(SIZE);
    let shown = rows.len() as u64;
    let context = context! {
        year, rows => Serde(rows), total,
        from => first + 1, to => first + shown,
        before => filters.with_year(year - 1), after => filters.with_year(year + 1),
        earlier => (at > 1).then(|| filters.with_page(at - 1)),
        later => (first + shown < total).then(|| filters.with_page(at + 1)),
        month_query => filters.with_month(year, 1),
        orgs => Serde(filters.orgs(actor.organisation, tree)),
        kinds => Serde(filters.kinds(&app.kinds, page.lang)),
        org_name => tree.name(actor.organisation),
        phases => Phase::ALL.map(Phase::as_str),
        filters => Serde(filters.clone()),
        may_manage => actor.may_manage(),
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
