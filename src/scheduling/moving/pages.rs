//! The page on which a session is moved, and the one-tap forms that move it.

use std::collections::BTreeMap;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use entity::id::SessionId;
use entity::state::{EventStatus, SessionStatus};
use entity::{event, session};
use minijinja::{context, value::Serde};
use sea_orm::DatabaseTransaction;
use serde::{Deserialize, Serialize};

use crate::access::Actor;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::scheduling::act::pages::{ahead, mine, reach};
use crate::scheduling::conflict::{self, Conflict, Subject};
use crate::scheduling::detail::pages::{event_view, session_view};
use crate::scheduling::publish::reason;
use crate::scheduling::{SessionChange, Whole, change_session, load_whole, session as sitting, session_for};
use crate::view::format;
use crate::web::{Desk, Page, Signed, ToManage, local_path};

/// What is typed, or what a tap on a free time or place sends.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    /// `yes` where the fields below were typed, `anyway` when conflicts were shown beside them; empty of a tap.
    by_hand: String,
    day: String,
    start: String,
    end: String,
    last: String,
    all_day: String,
    starts_at: String,
    ends_at: String,
    location: Option<String>,
    #[serde(rename = "override")]
    why: String,
    next: String,
}

/// Where to go on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    next: String,
}

impl Typed {
    fn of(session: &session::Model, next: &str) -> Self {
        let span = sitting::span(session);
        let clock = |at| if span.all_day { String::new() } else { format::clock(span.zone, at) };
        let last = if span.all_day { span.last_day() } else { span.zone.day(span.end) };
        Self {
            day: span.day().to_string(),
            start: clock(span.start),
            end: clock(span.end),
            last: if last == span.day() { String::new() } else { last.to_string() },
            all_day: if span.all_day { "yes" } else { "" }.to_owned(),
            location: session.location.clone(),
            next: next.to_owned(),
            ..Self::default()
        }
    }

    fn change(&self) -> SessionChange {
        let location = self.location.clone().map(|text| Some(text).filter(|text| !text.trim().is_empty()));
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        if self.by_hand.is_empty() {
            let (starts_at, ends_at) = (given(&self.starts_at), given(&self.ends_at));
            return SessionChange { starts_at, ends_at, location, ..SessionChange::default() };
        }
        let last = if self.last.trim().is_empty() { &self.day } else { &self.last };
        let all_day = !self.all_day.is_empty();
        let at = |day: &str, time: &str| match (all_day, day.is_empty() || time.is_empty()) {
            (true, _) => day.to_owned(),
            (false, true) => String::new(),
            (false, false) => format!("{day}T{time}"),
        };
        SessionChange {
            starts_at: Some(at(&self.day, &self.start)),
            ends_at: Some(at(last, &self.end)),
            all_day: Some(all_day),
            location,
            ..SessionChange::default()
        }
    }
}

/// `GET /sessions/{id}/move`
pub async fn ask(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let db = page.app.db.read();
    let (event, session) = session_for(db, &actor, SessionId(id)).await?;
    let whole = load_whole(db, event).await?;
    mine(&page, &actor, &whole).await?;
    movable(&whole.event, &session)?;
    let typed = Typed::of(&session, &asked.next);
    let subject = Subject::of(&whole).only(&[session.id]);
    let found = conflict::find(db, &page.app.ground(), &actor, &subject, page.app.now()).await?;
    show(&page, &actor, &whole, &session, Shown { typed, subject, found, problems: BTreeMap::new() }).await
}

fn movable(event: &event::Model, session: &session::Model) -> Result<()> {
    let gone = event.status == EventStatus::Cancelled || session.status != SessionStatus::Scheduled;
    if gone { Err(Error::new(Code::WrongState)) } else { Ok(()) }
}

struct Shown {
    typed: Typed,
    subject: Subject,
    found: Vec<Conflict>,
    problems: BTreeMap<String, String>,
}

async fn show(page: &Page, actor: &Actor, whole: &Whole, session: &session::Model, shown: Shown) -> Result<Response> {
    let now = page.app.now();
    let told: Vec<_> = ahead(whole, now).into_iter().filter(|one| one.id == session.id).collect();
    let published = whole.event.status == EventStatus::Scheduled;
    let letters = if published { reach(page.app.db.read(), whole, &told).await?.letters } else { 0 };
    let next = local_path(&shown.typed.next).map(str::to_owned);
    let next = next.unwrap_or_else(|| format!("/events/{}?session={}", whole.event.id, session.id));
    let blocked = published && conflict::blocks(&shown.found) && !shown.typed.by_hand.is_empty();
    let status = match (shown.problems.is_empty(), blocked) {
        (false, false) => StatusCode::UNPROCESSABLE_ENTITY,
        (_, true) => StatusCode::CONFLICT,
        (true, false) => StatusCode::OK,
    };
    let context = context! {
        event => event_view(page, whole, now), session => session_view(page, whole, session, now),
        conflicts => conflict::pages::notice(page, actor, &shown.subject, &shown.found).await?,
        form => context! {
            location => shown.typed.location.clone().unwrap_or_default(), override => shown.typed.why.clone(),
            ..Serde(&shown.typed)
        },
        problems => Serde(&shown.problems), letters, next, tells => blocked,
    };
    page.render_as(status, "scheduling/moving/move.html", "events", context).await
}

/// `POST /sessions/{id}/move`
pub async fn shift(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    let now = page.app.now();
    let tx = page.app.db.begin().await?;
    let why = reason("override", Some(typed.why.clone()))?;
    match change_session(&tx, &actor, SessionId(id), typed.change(), None, now).await {
        Ok((event, session)) => {
            let whole = load_whole(&tx, event).await?;
            let subject = Subject::of(&whole).only(&[session.id]);
            let found = match whole.event.status {
                EventStatus::Scheduled => conflict::find(&tx, &page.app.ground(), &actor, &subject, now).await?,
                // The page that publishes it names them.
                _ => Vec::new(),
            };
            if conflict::blocks(&found) && why.is_none() {
                return in_the_way(&page, &actor, tx, &session, typed, (subject, found)).await;
            }
            if let Some(why) = why.filter(|_| conflict::blocks(&found)) {
                conflict::override_now(&tx, &actor, (format!("session:{id}"), session.event_id), why, &found, now)
                    .await?;
            }
            tx.commit().await?;
            let next = format!("/events/{}?session={id}", whole.event.id);
            let next = local_path(&typed.next).map_or(next, str::to_owned);
            let mark = if next.contains('?') { '&' } else { '?' };
            Ok(Redirect::to(&format!("{next}{mark}done=moved")).into_response())
        }
        Err(Error::Problem(problem)) if problem.code == Code::Invalid => {
            tx.rollback().await?;
            let problems = problem.fields.iter().map(|f| (f.field.clone(), f.text(page.lang))).collect();
            again(&page, &actor, id, typed, None, problems).await
        }
        Err(error) => Err(error),
    }
}

/// Nothing was moved: the form again, with what is in the way there.
async fn in_the_way(
    page: &Page,
    actor: &Actor,
    tx: DatabaseTransaction,
    moved: &session::Model,
    typed: Typed,
    found: (Subject, Vec<Conflict>),
) -> Result<Response> {
    tx.rollback().await?;
    let mut again_typed = Typed { why: typed.why, by_hand: "yes".to_owned(), ..Typed::of(moved, &typed.next) };
    again_typed.location = moved.location.clone();
    // Who was shown the conflict already, and gave no reason, is asked for one.
    let mut problems = BTreeMap::new();
    if typed.by_hand == "anyway" {
        let needed = FieldProblem::new("override", "override-needed").text(page.lang);
        problems.insert("override".to_owned(), needed);
    }
    again(page, actor, moved.id.0, again_typed, Some(found), problems).await
}

async fn again(
    page: &Page,
    actor: &Actor,
    id: i64,
    typed: Typed,
    found: Option<(Subject, Vec<Conflict>)>,
    problems: BTreeMap<String, String>,
) -> Result<Response> {
    let db = page.app.db.read();
    let (event, session) = session_for(db, actor, SessionId(id)).await?;
    let whole = load_whole(db, event).await?;
    let (subject, found) = found.unwrap_or_else(|| (Subject::of(&whole).only(&[session.id]), Vec::new()));
    show(page, actor, &whole, &session, Shown { typed, subject, found, problems }).await
}
