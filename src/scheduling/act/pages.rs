//! Publishing an event, calling it or a session off, marking a session held.

use std::collections::{BTreeMap, HashSet};

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use entity::id::{EventId, SessionId};
use entity::session;
use entity::state::{EventStatus, SessionStatus};
use minijinja::context;
use sea_orm::ConnectionTrait;
use serde::Deserialize;

use crate::access::Actor;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::OrgTree;
use crate::scheduling::audience::Audience;
use crate::scheduling::conflict::{self, Subject};
use crate::scheduling::detail::pages::{event_view, session_view};
use crate::scheduling::reach as names;
use crate::scheduling::{
    SessionChange, Whole, cancel_event, cancel_session, change_session, event_for, is_ahead, load_whole, publish,
    roster, session as sitting, session_for,
};
use crate::view::format;
use crate::web::{Desk, Page, Signed, ToManage};

/// A form with at most a reason.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Why {
    reason: String,
}

/// A form with at most the reason for which conflicts do not matter.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Override {
    #[serde(rename = "override")]
    why: String,
}

/// How many people a change tells, and which of them have no address.
pub struct Reach {
    people: usize,
    /// By staff number.
    without_address: BTreeMap<String, String>,
    /// How many mails go out.
    pub letters: usize,
}

/// Whom a change of these sessions tells.
pub async fn reach(db: &impl ConnectionTrait, whole: &Whole, sessions: &[&session::Model]) -> Result<Reach> {
    let (mut people, mut without, mut letters) = (HashSet::new(), BTreeMap::new(), 0);
    for session in sessions {
        for member in roster::invited_to(db, &whole.event, session).await? {
            if member.email.is_none() {
                without.insert(member.staff_no, member.name);
            } else {
                letters += 1;
            }
            people.insert(member.person_id);
        }
    }
    Ok(Reach { people: people.len(), without_address: without, letters })
}

/// The sittings of a published event, or of a draft as if it were published, that are not over.
#[must_use]
pub fn ahead(whole: &Whole, now: DateTime<Utc>) -> Vec<&session::Model> {
    let published = entity::event::Model { status: EventStatus::Scheduled, ..whole.event.clone() };
    whole.sessions.iter().filter(|session| is_ahead(&published, session, now)).collect()
}

/// `GET /events/{id}/publish`
pub async fn ask_publish(Desk { page, actor, .. }: Desk<ToManage>, Path(id): Path<i64>) -> Result<Response> {
    show_publish(&page, &actor, EventId(id), None).await
}

/// The page that says what publishing will do, and what stands against it; `refused` is the reason typed when it was.
async fn show_publish(page: &Page, actor: &Actor, id: EventId, refused: Option<(String, String)>) -> Result<Response> {
    let (db, now) = (page.app.db.read(), page.app.now());
    let whole = load_whole(db, event_for(db, actor, id).await?).await?;
    mine(page, actor, &whole).await?;
    let sessions = ahead(&whole, now);
    let reach = reach(db, &whole, &sessions).await?;
    let names = invited(page, &whole, &sessions, now).await?;
    let over = whole.sessions.len() - sessions.len();
    let already = whole.event.status != EventStatus::Draft;
    let conflicts = if already { None } else { conflicts(page, actor, &whole).await? };
    let views: Vec<_> = sessions.iter().map(|session| session_view(page, &whole, session, now)).collect();
    let status = if refused.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let (typed, problem) = refused.unzip();
    let nobody: Vec<String> = reach.without_address.values().take(10).cloned().collect();
    let context = context! {
        event => event_view(page, &whole, now), sessions => views, over, reminders => reminders(page, &whole),
        reach => names,
        people => reach.people, letters => reach.letters, without_address => reach.without_address.len(),
        nobody => nobody.join(&page.lang.text("page-list-comma")), already, conflicts,
        typed => typed.unwrap_or_default(), problem,
    };
    page.render_as(status, "scheduling/act/publish.html", "events", context).await
}

async fn conflicts(page: &Page, actor: &Actor, whole: &Whole) -> Result<Option<minijinja::Value>> {
    let subject = Subject::of(whole);
    let found = conflict::find(page.app.db.read(), &page.app.ground(), actor, &subject, page.app.now()).await?;
    conflict::pages::notice(page, actor, &subject, &found).await
}

/// Whom the first of these sittings invites, with names; None without one.
async fn invited(
    page: &Page,
    whole: &Whole,
    sessions: &[&session::Model],
    now: DateTime<Utc>,
) -> Result<Option<minijinja::Value>> {
    let Some(first) = sessions.first() else { return Ok(None) };
    let db = page.app.db.read();
    let tree = OrgTree::load(db).await?;
    let found = names::reach(db, &tree, &Audience::load(db, &whole.event).await?, first.day).await?;
    Ok(Some(names::shown(&tree, page.lang, &found, page.app.config.zone().day(now))))
}

/// The reminders of an event, as durations before the start.
#[must_use]
pub fn reminders(page: &Page, whole: &Whole) -> Vec<String> {
    let own: Option<Vec<String>> = whole.event.reminders.clone().and_then(|list| serde_json::from_value(list).ok());
    let of_kind = || page.app.kinds.get(&whole.event.kind).map(|kind| kind.reminders.clone()).unwrap_or_default();
    own.unwrap_or_else(of_kind).iter().map(|text| format::before(page.lang, text)).collect()
}

/// Refuses who may see the event but not change it.
pub async fn mine(page: &Page, actor: &Actor, whole: &Whole) -> Result<()> {
    let tree = OrgTree::load(page.app.db.read()).await?;
    if tree.is_below(whole.event.host_id, actor.organisation) { Ok(()) } else { Err(Error::new(Code::Forbidden)) }
}

/// `POST /events/{id}/publish`
pub async fn do_publish(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(form): Signed<Override>,
) -> Result<Response> {
    let now = page.app.now();
    let tx = page.app.db.begin().await?;
    match publish(&tx, &page.app.ground(), &actor, EventId(id), Some(form.why.clone()), now).await {
        Ok(whole) => {
            let reach = reach(&tx, &whole, &ahead(&whole, now)).await?;
            tx.commit().await?;
            Ok(Redirect::to(&format!("/events/{id}?done=published&n={}", reach.letters)).into_response())
        }
        Err(error) if matches!(error.code(), Code::Conflicts | Code::Invalid) => {
            tx.rollback().await?;
            let problem = match error.code() {
                Code::Conflicts => FieldProblem::new("override", "override-needed").text(page.lang),
                _ => reason_problem(&page, error)?,
            };
            show_publish(&page, &actor, EventId(id), Some((form.why, problem))).await
        }
        Err(error) => Err(error),
    }
}

/// `GET /events/{id}/cancel`
pub async fn ask_cancel_event(Desk { page, actor, .. }: Desk<ToManage>, Path(id): Path<i64>) -> Result<Response> {
    let db = page.app.db.read();
    let whole = load_whole(db, event_for(db, &actor, EventId(id)).await?).await?;
    mine(&page, &actor, &whole).await?;
    if whole.event.status == EventStatus::Cancelled {
        return Err(Error::new(Code::WrongState));
    }
    ask_cancel(&page, &whole, None, Why::default(), None).await
}

/// `GET /sessions/{id}/cancel`
pub async fn ask_cancel_session(Desk { page, actor, .. }: Desk<ToManage>, Path(id): Path<i64>) -> Result<Response> {
    let db = page.app.db.read();
    let (event, session) = session_for(db, &actor, SessionId(id)).await?;
    let whole = load_whole(db, event).await?;
    mine(&page, &actor, &whole).await?;
    if session.status == SessionStatus::Cancelled || whole.event.status == EventStatus::Cancelled {
        return Err(Error::new(Code::WrongState));
    }
    ask_cancel(&page, &whole, Some(&session), Why::default(), None).await
}

async fn ask_cancel(
    page: &Page,
    whole: &Whole,
    session: Option<&session::Model>,
    typed: Why,
    problem: Option<String>,
) -> Result<Response> {
    let (db, now) = (page.app.db.read(), page.app.now());
    let published = whole.event.status == EventStatus::Scheduled;
    let told: Vec<_> = ahead(whole, now).into_iter().filter(|one| session.is_none_or(|it| it.id == one.id)).collect();
    let letters = if published { reach(db, whole, &told).await?.letters } else { 0 };
    let context = context! {
        event => event_view(page, whole, now), letters, problem,
        session => session.map(|session| context! {
            id => session.id.0, when => format::span(page.lang, &sitting::span(session), now),
        }),
        reason => typed.reason,
    };
    let status = if problem_free(&context) { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page.render_as(status, "scheduling/act/cancel.html", "events", context).await
}

fn problem_free(context: &minijinja::Value) -> bool {
    context.get_attr("problem").is_ok_and(|problem| problem.is_none())
}

/// What is wrong with the reason, if that is what a refusal is about; else the refusal itself.
fn reason_problem(page: &Page, error: Error) -> Result<String> {
    if error.code() != Code::Invalid {
        return Err(error);
    }
    let problem = error.problem();
    Ok(problem.fields.first().map_or_else(|| problem.text(page.lang), |field| field.text(page.lang)))
}

/// `POST /events/{id}/cancel`
pub async fn do_cancel_event(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(why): Signed<Why>,
) -> Result<Response> {
    let tx = page.app.db.begin().await?;
    match cancel_event(&tx, &actor, EventId(id), Some(why.reason.clone()), page.app.now()).await {
        Ok(_) => tx.commit().await?,
        Err(error) => {
            tx.rollback().await?;
            let problem = reason_problem(&page, error)?;
            let db = page.app.db.read();
            let whole = load_whole(db, event_for(db, &actor, EventId(id)).await?).await?;
            return ask_cancel(&page, &whole, None, why, Some(problem)).await;
        }
    }
    Ok(Redirect::to(&format!("/events/{id}?done=cancelled")).into_response())
}

/// `POST /sessions/{id}/cancel`
pub async fn do_cancel_session(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(why): Signed<Why>,
) -> Result<Response> {
    let tx = page.app.db.begin().await?;
    let event = match cancel_session(&tx, &actor, SessionId(id), Some(why.reason.clone()), page.app.now()).await {
        Ok((event, _)) => {
            tx.commit().await?;
            event.id
        }
        Err(error) => {
            tx.rollback().await?;
            let problem = reason_problem(&page, error)?;
            let db = page.app.db.read();
            let (event, session) = session_for(db, &actor, SessionId(id)).await?;
            let whole = load_whole(db, event).await?;
            return ask_cancel(&page, &whole, Some(&session), why, Some(problem)).await;
        }
    };
    Ok(Redirect::to(&format!("/events/{event}?session={id}&done=session-cancelled")).into_response())
}

/// `POST /sessions/{id}/held`
pub async fn mark_held(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(_): Signed<Why>,
) -> Result<Response> {
    let change = SessionChange { status: Some(SessionStatus::Held), ..SessionChange::default() };
    let tx = page.app.db.begin().await?;
    let (event, _) = change_session(&tx, &actor, SessionId(id), change, None, page.app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/events/{}?session={id}&done=held", event.id)).into_response())
}
