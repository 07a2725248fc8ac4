//! My page: the next session, those ahead and behind with what became of me.

use std::collections::{BTreeMap, HashMap, HashSet};

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, Datelike, Days, Timelike, Utc};
use entity::id::{PersonId, SessionId};
use entity::state::AttendanceStatus;
use entity::{attendance, event, person, session};
use minijinja::{Value, context};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Deserialize;

use super::feeds::address::{self, Keeper};
use super::subscription;
use crate::error::Result;
use crate::notify::wishes::pages::section as wishes;
use crate::people::{OrgTree, member_on};
use crate::scheduling::content::{Material, material, materials_of};
use crate::scheduling::{Phase, answer, registration, session as sitting};
use crate::state::App;
use crate::view::format;
use crate::web::{Page, Seat};

/// Past sessions on the page.
const PAST: usize = 20;

/// Every page of this room.
pub fn routes() -> Router<App> {
    Router::new().route("/my", get(show))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    done: String,
}

/// A session of mine, with what became of me.
struct Mine {
    event: event::Model,
    session: session::Model,
    record: Option<attendance::Model>,
    phase: Phase,
}

impl Mine {
    /// Whether a material is for this session.
    fn has(&self, material: &Material) -> bool {
        let row = &material.row;
        row.event_id == self.event.id && row.session_id.is_none_or(|id| id == self.session.id)
    }

    /// What became of me; a required session that was held without a record counts as absent (counting rule 3).
    fn status(&self) -> Option<AttendanceStatus> {
        let silent = self.phase == Phase::Held && self.event.required;
        self.record.as_ref().map(|record| record.status).or(silent.then_some(AttendanceStatus::Absent))
    }
}

async fn show(Seat { page, signed }: Seat, Query(asked): Query<Asked>) -> Result<Response> {
    let Some(person) = signed.identity.person.clone() else {
        return page.render("calendar/nobody.html", "my", context! {}).await;
    };
    let toast = match asked.done.as_str() {
        "reminders" => Some("page-done-reminders"),
        "registered" => Some("page-done-mine-registered"),
        "waiting" => Some("page-done-mine-waiting"),
        "called-off" => Some("page-done-mine-called-off"),
        _ => None,
    };
    let toast = toast.map(|key| page.lang.text(key));
    my_page(&page, &person, toast).await
}

async fn my_page(page: &Page, person: &person::Model, toast: Option<String>) -> Result<Response> {
    let (app, now, lang) = (&page.app, page.app.now(), page.lang);
    let (db, zone) = (app.db.read(), app.config.zone());
    let tree = OrgTree::load(db).await?;
    let all = mine(page, &tree, person.id, now).await?;
    let today = zone.day(now);
    let member = member_on(db, today, person.id).await?;
    let (ahead, mut past): (Vec<_>, Vec<_>) =
        all.iter().partition(|one| one.session.ends_at > now && one.phase != Phase::Held);
    past.reverse();
    past.truncate(PAST);
    let materials = materials_of(db, ahead.iter().chain(&past).map(|one| one.event.id)).await?;
    let next = ahead.iter().position(|one| one.phase != Phase::Cancelled);
    let rest: Vec<_> = ahead
        .iter()
        .enumerate()
        .filter(|(i, _)| Some(*i) != next)
        .map(|(_, one)| view(page, one, &materials, now))
        .collect();
    let subscriptions = address::list(db, &Keeper::Person(person.id)).await?.len();
    let hour = zone.local(now).hour();
    let greeting = lang.text(match hour {
        5..12 => "page-morning",
        12..18 => "page-afternoon",
        _ => "page-evening",
    });
    let events = all.iter().filter(|one| one.session.ends_at > now && one.phase == Phase::Ahead);
    let events = events.map(|one| (one.event.id, one.event.clone())).collect();
    let offers = registration::mine::pages::offers(page, person, events).await?;
    let wishes = wishes(page, person.id).await?;
    let context = context! {
        offers, wishes, answers => answer::mine::pages::waiting(page, person.id).await?,
        greeting, name => person.name.as_str(),
        today => format!("{} {}", format::date(lang, today, today), format::clock(zone, now)),
        org => member.as_ref().map_or("", |member| tree.name(member.organisation_id)),
        next => next.map(|i| view(page, ahead[i], &materials, now)), ahead => rest,
        past => past.iter().map(|one| view(page, one, &materials, now)).collect::<Vec<_>>(),
        year => year(page, &all, today.year()), this_year => today.year().to_string(),
        subscriptions, toast,
    };
    page.render("calendar/my.html", "my", context).await
}

/// My sessions from a year and a month back to two years ahead, by start: those I am invited to, and those I came to.
async fn mine(page: &Page, tree: &OrgTree, person: PersonId, now: DateTime<Utc>) -> Result<Vec<Mine>> {
    let db = page.app.db.read();
    let window = (now - Days::new(400), now + Days::new(731));
    let mut rows = subscription::invited_to(db, tree, person, window).await?;
    let records = attendance::Entity::find().filter(attendance::Column::PersonId.eq(person)).all(db).await?;
    let known: HashSet<SessionId> = rows.iter().map(|(_, session)| session.id).collect();
    let others = records.iter().filter(|row| row.status.attended() && !known.contains(&row.session_id));
    let besides = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(session::Column::Id.is_in(others.map(|row| row.session_id)))
        .filter(session::Column::EndsAt.gt(window.0))
        .all(db)
        .await?;
    rows.extend(besides.into_iter().filter_map(|(session, event)| Some((event?, session))));
    rows.sort_by_key(|(_, session)| (session.starts_at, session.id));
    let mut records: HashMap<_, _> = records.into_iter().map(|row| (row.session_id, row)).collect();
    Ok(rows
        .into_iter()
        .map(|(event, session)| Mine {
            phase: Phase::of_session(&event, &session, now),
            record: records.remove(&session.id),
            event,
            session,
        })
        .collect())
}

fn view(page: &Page, one: &Mine, materials: &[Material], now: DateTime<Utc>) -> Value {
    let span = sitting::span(&one.session);
    let minutes = (span.start - now).num_minutes();
    let days = (span.day() - span.zone.day(now)).num_days();
    let soon = match one.phase {
        Phase::Running => page.lang.text("page-phase-running"),
        Phase::Ahead if days == 0 && minutes < 120 && !span.all_day => {
            page.lang.text_with("page-in-minutes", [("n", minutes.max(1))])
        }
        Phase::Ahead if days == 0 => page.lang.text("page-today"),
        Phase::Ahead => page.lang.text_with("page-in-days", [("n", days)]),
        Phase::Draft | Phase::Held | Phase::Cancelled => String::new(),
    };
    let title = sitting::title(&one.event, &one.session);
    context! {
        event => one.event.id.0, session => one.session.id.0, soon,
        title => if title.is_empty() { page.app.kinds.name(&one.event.kind, page.lang) } else { title },
        when => format::span(page.lang, &span, now), place => sitting::location(&one.event, &one.session),
        required => one.event.required, phase => one.phase.as_str(),
        materials => materials.iter().filter(|row| one.has(row)).map(material).collect::<Vec<_>>(),
        status => one.status().map(AttendanceStatus::as_str),
        came => one.record.as_ref().and_then(|record| record.checked_in_at).map(|at| format::clock(span.zone, at)),
    }
}

/// My year by kind: attended of expected, and hours (counting rules 3 and 4).
fn year(page: &Page, all: &[Mine], year: i32) -> Vec<Value> {
    let mut kinds: BTreeMap<&str, (i64, i64, f64)> = BTreeMap::new();
    for one in all.iter().filter(|one| one.session.year == year && one.phase == Phase::Held) {
        let entry = kinds.entry(one.event.kind.as_str()).or_default();
        let status = one.status();
        let came = status.is_some_and(AttendanceStatus::attended);
        if one.event.required && status != Some(AttendanceStatus::Exempt) {
            entry.1 += 1;
        }
        if came {
            entry.0 += 1;
            let all_day = page.app.kinds.get(&one.event.kind).map_or(8.0, |kind| kind.all_day_hours);
            entry.2 += sitting::span(&one.session).hours(all_day);
        }
    }
    let row = |(kind, (came, expected, hours)): (&str, (i64, i64, f64))| {
        context! { kind => page.app.kinds.name(kind, page.lang).to_owned(), came, expected, hours => format!("{hours:.1}") }
    };
    kinds.into_iter().map(row).collect()
}
