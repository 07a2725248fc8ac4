//! The series of an event: its sittings one by one, its rule to be changed for the rest, and what days off did since.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, NaiveDateTime, Utc};
use entity::id::EventId;
use entity::session;
use entity::state::{EventStatus, SessionStatus};
use minijinja::{Value, context, value::Serde};
use serde::Deserialize;

use super::apply::attended;
use super::lay_out::{LaidOut, Why, why};
use super::pattern::{Pattern, stamp_date};
use super::plan::{Plan, Step};
use super::{SeriesChange, preview};
use crate::access::{Actor, Rights};
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::OrgTree;
use crate::scheduling::detail::pages::event_view;
use crate::scheduling::form::{Typed, Wrong};
use crate::scheduling::{EventChange, Phase, Whole, change_event, event_for, holidays, load_whole, session as sitting};
use crate::view::format;
use crate::web::{Desk, Page, Signed, ToManage};

/// What was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
}

/// How the form came back.
#[derive(Default)]
struct Again {
    status: StatusCode,
    typed: Option<Typed>,
    problems: Vec<FieldProblem>,
    /// Somebody else changed the series meanwhile; what it says now.
    present: Option<Typed>,
    plan: Option<Plan>,
    done: Option<String>,
}

/// `GET /events/{id}/series`
pub async fn show(
    Desk { page, actor, .. }: Desk<()>,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let key = format!("series-done-{}", asked.done);
    let done = (!asked.done.is_empty() && page.lang.has(&key)).then(|| page.lang.text(&key));
    render(&page, &actor, EventId(id), Again { done, ..Again::default() }).await
}

/// `POST /events/{id}/series`: shows what a change would do, or does it.
pub async fn change(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    let (id, now) = (EventId(id), page.app.now());
    let db = page.app.db.read();
    let event = event_for(db, &actor, id).await?;
    let whole = load_whole(db, event).await?;
    let wish = match typed.act.as_str() {
        "again" => SeriesChange::default(),
        _ => SeriesChange { key: whole.series.is_none().then(|| whole.event.key.clone()), ..typed.series_change() },
    };
    let problems = if typed.act == "again" { Vec::new() } else { typed.repeat_problems() };
    let typed = (typed.act != "again").then_some(typed);
    if !problems.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return render(&page, &actor, id, Again { status, typed, problems, ..Again::default() }).await;
    }
    let done = match &typed {
        Some(typed) if typed.act != "save" => preview(db, &whole.event, &wish, now).await.map(Some),
        _ => save(&page, &actor, id, wish, typed.as_ref()).await.map(|()| None),
    };
    match done {
        Ok(None) => Ok(Redirect::to(&format!("/events/{id}/series?done=saved")).into_response()),
        Ok(plan) => render(&page, &actor, id, Again { typed, plan, ..Again::default() }).await,
        Err(Error::Problem(problem)) if matches!(problem.code, Code::Invalid | Code::KeyTaken) => {
            let (status, problems) = (StatusCode::UNPROCESSABLE_ENTITY, problem.fields);
            render(&page, &actor, id, Again { status, typed, problems, ..Again::default() }).await
        }
        Err(error) if error.code() == Code::ChangedMeanwhile => {
            let event = event_for(db, &actor, id).await?;
            let present = form_of(&load_whole(db, event).await?);
            let (status, present) = (StatusCode::PRECONDITION_FAILED, Some(present));
            render(&page, &actor, id, Again { status, typed, present, ..Again::default() }).await
        }
        Err(error) => Err(error),
    }
}

async fn save(page: &Page, actor: &Actor, id: EventId, wish: SeriesChange, typed: Option<&Typed>) -> Result<()> {
    let expected = match typed {
        Some(typed) => Some(typed.revision.parse().map_err(|_| Error::new(Code::Malformed))?),
        None => None,
    };
    let change = EventChange { series: Some(wish), ..EventChange::default() };
    let tx = page.app.db.begin().await?;
    change_event(&tx, &page.app.ground(), actor, id, change, expected, page.app.now()).await?;
    Ok(tx.commit().await?)
}

/// The form of what there is.
fn form_of(whole: &Whole) -> Typed {
    let mut typed = Typed { revision: whole.event.revision.to_string(), ..Typed::default() };
    match &whole.series {
        Some(series) => typed.set_series(series),
        None => typed.r_repeat = "form".to_owned(),
    }
    typed
}

async fn render(page: &Page, actor: &Actor, id: EventId, again: Again) -> Result<Response> {
    let (db, now) = (page.app.db.read(), page.app.now());
    let whole = load_whole(db, event_for(db, actor, id).await?).await?;
    let tree = OrgTree::load(db).await?;
    let may_change = actor.rights == Rights::Manage
        && tree.is_below(whole.event.host_id, actor.organisation)
        && whole.event.status != EventStatus::Cancelled;
    let mut typed = again.typed.unwrap_or_else(|| form_of(&whole));
    if again.present.is_some() {
        typed.revision = whole.event.revision.to_string();
    }
    typed.make_room(1);
    typed.set_repeat_defaults();
    let wrong = Wrong::of(&again.problems, &[], page.lang);
    let problem = again.problems.iter().find(|one| !SHOWN.contains(&one.field.as_str())).map(|one| one.text(page.lang));
    let drift = match &whole.series {
        Some(_) if may_change => preview(db, &whole.event, &SeriesChange::default(), now).await.ok(),
        _ => None,
    };
    let lines = |plan: &Plan| steps(page, plan, now);
    let context = context! {
        event => event_view(page, &whole, now), may_change, problem, done => again.done,
        words => whole.series.as_ref().map(|series| series.words(page.lang)),
        off => whole.series.as_ref().map(|series| series.row.on_day_off.as_str()),
        sittings => sittings(page, &whole, now).await?,
        off_days => on_off_days(page, &whole, now).await?,
        drift => drift.as_ref().map(lines).unwrap_or_default(),
        plan => again.plan.as_ref().map(lines),
        kept => again.plan.as_ref().map(|plan| plan.by_hand.iter().map(|row| when(page, row, now)).collect::<Vec<_>>()).unwrap_or_default(),
        dates => again.plan.as_ref().map(|plan| laid_view(page, &plan.pattern, &plan.laid, now)),
        meanwhile => again.present.map(|present| differences(page, &typed, &present)),
        row => Serde(typed.rows().into_iter().next().unwrap_or_default()),
        wrong => Serde(wrong.0), form => Serde(typed),
    };
    page.render_as(again.status, "scheduling/series/series.html", "events", context).await
}

/// Fields that have a place of their own in the form.
const SHOWN: [&str; 10] = [
    "series.starts_at",
    "series.ends_at",
    "series.rrule",
    "series.key",
    "series.from",
    "series.on_day_off",
    "r_off",
    "r_every",
    "r_count",
    "r_until",
];

fn when(page: &Page, row: &session::Model, now: DateTime<Utc>) -> String {
    format::span(page.lang, &sitting::span(row), now)
}

/// Why a day is off, in words.
fn reason(page: &Page, off: Option<&Why>) -> String {
    match off {
        Some(Why::Holiday(name)) => name.clone(),
        Some(Why::Weekend) | None => page.lang.text("series-weekend"),
    }
}

/// What a plan does, line by line: what is, what becomes of it, and how.
fn steps(page: &Page, plan: &Plan, now: DateTime<Utc>) -> Vec<Value> {
    let mut lines = Vec::new();
    for step in &plan.steps {
        match step {
            Step::Change { before, after } => {
                let (from, to) = (when(page, before, now), when(page, after, now));
                let back = before.status == SessionStatus::Cancelled && after.status == SessionStatus::Scheduled;
                if from != to || back {
                    lines.push(
                        context! { when => from, after => to, what => if back { "comes-back" } else { "moves" } },
                    );
                }
            }
            Step::Add { span, .. } => {
                lines.push(context! { when => "", after => format::span(page.lang, span, now), what => "is-new" });
            }
            Step::Lapse(row) => lines.push(context! { when => when(page, row, now), after => "", what => "goes" }),
        }
    }
    lines
}

async fn sittings(page: &Page, whole: &Whole, now: DateTime<Utc>) -> Result<Vec<Value>> {
    let Some(series) = &whole.series else { return Ok(Vec::new()) };
    let db = page.app.db.read();
    let rows: Vec<session::Model> =
        whole.sessions.iter().filter(|row| row.series_id == Some(series.row.id)).cloned().collect();
    let attended = attended(db, &rows).await?;
    let workdays = holidays::load(db).await?;
    let today = series.pattern.zone.day(now);
    let draft = whole.event.status == EventStatus::Draft;
    let view = |row: &session::Model| {
        let slot = row.slot.as_deref().or(row.recurrence_id.as_deref()).and_then(stamp_date).unwrap_or(row.day);
        let ahead = draft || row.starts_at > now;
        let off = workdays.is_off(slot).then(|| why(&workdays, slot));
        context! {
            id => row.id.0, slot => format::date(page.lang, slot, today), when => when(page, row, now),
            phase => Phase::of_session(&whole.event, row, now).as_str(), by_hand => row.by_hand,
            moved => row.day != slot && off.is_some(), why => reason(page, off.as_ref()),
            title => row.title.as_deref().unwrap_or_default(), place => row.location.as_deref().unwrap_or_default(),
            attended => attended.contains(&row.id),
            open => ahead && row.status == SessionStatus::Scheduled,
            may_return => ahead && row.status == SessionStatus::Cancelled,
        }
    };
    Ok(rows.iter().map(view).collect())
}

/// The sittings ahead that fall on days off as they are known now.
async fn on_off_days(page: &Page, whole: &Whole, now: DateTime<Utc>) -> Result<Vec<String>> {
    let Some(series) = &whole.series else { return Ok(Vec::new()) };
    let workdays = holidays::load(page.app.db.read()).await?;
    let ahead = |row: &&session::Model| {
        row.series_id == Some(series.row.id) && row.status == SessionStatus::Scheduled && row.starts_at > now
    };
    let off = whole.sessions.iter().filter(ahead).filter(|row| workdays.is_off(row.day));
    Ok(off
        .map(|row| {
            let why = reason(page, Some(&why(&workdays, row.day)));
            page.lang.text_with("series-day-why", [("when", when(page, row, now)), ("why", why)])
        })
        .collect())
}

/// What a rule comes to, slot by slot.
#[must_use]
pub fn laid_view(page: &Page, pattern: &Pattern, laid: &LaidOut, now: DateTime<Utc>) -> Value {
    let today = pattern.zone.day(now);
    let date = |slot: &NaiveDateTime| format::date(page.lang, slot.date(), today);
    let mut rows: Vec<(NaiveDateTime, Value)> = Vec::new();
    for one in &laid.planned {
        let what = match (&one.off, one.is_moved()) {
            (_, true) => "moved",
            (Some(_), false) => "kept",
            (None, false) => "on",
        };
        let when = pattern.span(one.day).map(|span| format::span(page.lang, &span, now)).unwrap_or_default();
        let why = reason(page, one.off.as_ref());
        rows.push((one.slot, context! { slot => date(&one.slot), when, what, why }));
    }
    for one in &laid.skipped {
        let why = reason(page, Some(&one.off));
        rows.push((one.slot, context! { slot => date(&one.slot), when => "", what => "skipped", why }));
    }
    for one in &laid.dropped {
        let (why, when) = (reason(page, one.off.as_ref()), format::date(page.lang, one.day, today));
        rows.push((one.slot, context! { slot => date(&one.slot), when, what => "dropped", why }));
    }
    for slot in &laid.missing {
        rows.push((*slot, context! { slot => date(slot), when => "", what => "missing", why => "" }));
    }
    rows.sort_by_key(|(slot, _)| *slot);
    context! {
        words => pattern.words(page.lang), count => laid.planned.len(),
        bounded => laid.bounded.map(|day| format::date(page.lang, day, today)),
        unset => laid.unset_years.clone(), problem => Value::from(()),
        rows => rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>(),
    }
}

/// How one thing in the form reads.
type Reading<'a> = &'a dyn Fn(&Typed) -> String;

/// What reads otherwise now than in the form.
fn differences(page: &Page, typed: &Typed, present: &Typed) -> Vec<Value> {
    let first = |form: &Typed| {
        let row = form.rows().into_iter().next().unwrap_or_default();
        format!("{} {} {} {}", row.day, row.start, row.last, row.end).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let off = |form: &Typed| match form.r_off.as_str() {
        off @ ("keep" | "skip" | "before" | "after") => page.lang.text(&format!("series-off-{off}")),
        _ => String::new(),
    };
    let all: [(&str, Reading<'_>); 3] =
        [("series-first", &first), ("series-rule", &Typed::rrule), ("series-off", &off)];
    all.iter()
        .map(|(key, of)| (key, of(present), of(typed)))
        .filter(|(_, now, typed)| now != typed)
        .map(|(key, now, typed)| context! { label => page.lang.text(key), now, typed })
        .collect()
}
