//! The door: who is missing, one tap to check them in; and an organiser's word on one person.

use std::collections::HashSet;

use axum::Router;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use entity::id::{EventId, SessionId};
use entity::state::{AttendanceStatus, EventStatus, RegistrationStatus};
use entity::{event, person, session};
use minijinja::{context, value::Serde};
use sea_orm::{ColumnTrait, ConnectionTrait};
use serde::Deserialize;

use super::board::{Answers, Figures, Group, Line, lines, matches, said};
use super::{CheckIn, Counts, Eyes, RollRow, Who, own_word, roll, set};
use crate::access::{Actor, Rights};
use crate::error::{Code, Error, Problem, Result};
use crate::people::{Member, OrgTree, members_on};
use crate::scheduling::detail::pages::session_view;
use crate::scheduling::{answer, load_whole, registration, roster, session as sitting, session_for};
use crate::state::App;
use crate::view::format;
use crate::web::{Desk, Page, Signed, ToCheckIn, ToManage, local_path};

/// Rows of each heading before the rest must be asked for.
const SIZE: usize = 60;

/// Every page of this room.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/sessions/{id}/check-in", get(door).post(check_in))
        .route("/sessions/{id}/attendance/{staff_no}", get(ask).post(say))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    done: String,
    all: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Arrival {
    staff_no: String,
    q: String,
    next: String,
}

async fn door(
    Desk { page, actor, .. }: Desk<ToCheckIn>,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    show(&page, &actor, SessionId(id), asked, None).await
}

/// Somebody whom a session invites, though nobody must come to it.
fn candidate(member: &Member, answers: &Answers, tree: &OrgTree) -> Line {
    Line {
        group: Group::Missing,
        staff_no: member.staff_no.clone(),
        name: member.name.clone(),
        org: tree.name(member.organisation_id).to_owned(),
        status: "missing",
        time: String::new(),
        remark: String::new(),
        registered: false,
        answer: said(answers, member.person_id),
    }
}

async fn board(
    page: &Page,
    (tree, eyes): (&OrgTree, Eyes<'_>),
    event: &event::Model,
    session: &session::Model,
) -> Result<(Vec<RollRow>, Vec<Line>)> {
    let db = page.app.db.read();
    let mut rows = roll(db, event, session, tree, page.app.now()).await?;
    eyes.cover(&mut rows);
    let answers = answer::of_one(db, session.id).await?;
    let mut board = lines(&rows, &answers, page.lang, sitting::span(session).zone);
    let names = registration::active(db, event.id).await?;
    let with_place: HashSet<_> = names
        .iter()
        .filter(|row| row.status == RegistrationStatus::Registered)
        .filter_map(|row| row.person_id)
        .collect();
    let came: HashSet<_> = rows.iter().map(|row| row.person_id).collect();
    let mut expected = if event.required { Vec::new() } else { roster::invited_to(db, event, session).await? };
    let known: HashSet<_> = expected.iter().map(|member| member.person_id).collect();
    // Whoever was put down by hand may come without being invited.
    let others: Vec<_> = with_place.iter().filter(|id| !known.contains(id)).copied().collect();
    if !others.is_empty() {
        expected.extend(members_on(db, session.day, person::Column::Id.is_in(others).into()).await?);
    }
    let waiting = expected.iter().filter(|member| !came.contains(&member.person_id));
    let line = |member: &Member| Line {
        registered: with_place.contains(&member.person_id),
        ..candidate(member, &answers, tree)
    };
    let mut all: Vec<_> = waiting.map(line).collect();
    all.sort_by_key(|line| !line.registered);
    all.append(&mut board);
    board = all;
    Ok((rows, board))
}

async fn show(page: &Page, actor: &Actor, id: SessionId, asked: Asked, problem: Option<Problem>) -> Result<Response> {
    let (db, now) = (page.app.db.read(), page.app.now());
    let (event, session) = session_for(db, actor, id).await?;
    let tree = OrgTree::load(db).await?;
    let eyes = Eyes::new(&tree, actor, &event);
    let (rows, board) = board(page, (&tree, eyes), &event, &session).await?;
    let done = rows.iter().find(|row| !asked.done.is_empty() && row.staff_no == asked.done && row.status.is_some());
    let done = done.map(|row| context! { name => row.name.as_str(), staff_no => row.staff_no.as_str(), status => row.status.map_or("missing", AttendanceStatus::as_str) });
    let found: Vec<_> = board.into_iter().filter(|line| matches(&line.name, &line.staff_no, &asked.q)).collect();
    let most = if asked.all.is_empty() { SIZE } else { usize::MAX };
    let group = |wanted: &[Group]| {
        let all: Vec<_> = found.iter().filter(|line| wanted.contains(&line.group)).cloned().collect();
        let total = all.len();
        context! { total, lines => Serde(all.into_iter().take(most).collect::<Vec<_>>()), more => total.saturating_sub(most) }
    };
    let public = public_names(db, event.id, &asked.q).await?;
    let status = problem.as_ref().map_or(StatusCode::OK, |problem| problem.code.status());
    let whole = load_whole(db, event).await?;
    let event = &whole.event;
    let context = context! {
        event => context! { id => event.id.0, required => event.required, walk_ins => event.walk_ins, status => event.status.as_str() },
        session => session_view(page, &whole, &session, now),
        figures => Serde(Figures::from(Counts::of(&rows))),
        missing => group(&[Group::Missing]), away => group(&[Group::Away]), came => group(&[Group::Came, Group::WalkIn]),
        public, q => asked.q.trim(), may_set => actor.may_manage(), done,
        problem => problem.map(|problem| {
            let field = problem.fields.first().map(|field| field.text(page.lang));
            field.unwrap_or_else(|| problem.text(page.lang))
        }),
    };
    page.render_as(status, "attendance/door.html", "", context).await
}

/// Those of the public who have a place: name and whence, for the list at the door.
async fn public_names(db: &impl ConnectionTrait, event: EventId, wanted: &str) -> Result<Vec<(String, String)>> {
    let rows = registration::active(db, event).await?;
    let public = rows.into_iter().filter(|row| row.person_id.is_none() && row.status == RegistrationStatus::Registered);
    Ok(public.filter(|row| matches(&row.name, "", wanted)).map(|row| (row.name, row.body)).collect())
}

async fn check_in(
    Desk { page, actor, .. }: Desk<ToCheckIn>,
    Path(id): Path<i64>,
    Signed(arrival): Signed<Arrival>,
) -> Result<Response> {
    let id = SessionId(id);
    let staff_no = arrival.staff_no.trim().to_owned();
    let asked = || Asked { q: arrival.q.clone(), ..Asked::default() };
    if staff_no.is_empty() {
        let problem = Error::field("staff_no", "required").problem();
        return show(&page, &actor, id, asked(), Some(problem)).await;
    }
    let fact = CheckIn {
        session_id: id,
        who: Who::StaffNo(staff_no.clone()),
        at: None,
        method: "organiser".to_owned(),
        nonce: None,
        actor: actor.clone(),
    };
    match page.app.check_ins.record(fact, page.app.now()).await {
        Ok(_) => {
            let here = format!("/sessions/{id}/check-in?done={}", crate::view::encode(&staff_no));
            Ok(Redirect::to(local_path(&arrival.next).unwrap_or(&here)).into_response())
        }
        // What is not this session's own refusal has its own page.
        Err(Error::Problem(problem)) => {
            session_for(page.app.db.read(), &actor, id).await?;
            show(&page, &actor, id, asked(), Some(*problem)).await
        }
        Err(error) => Err(error),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    status: String,
    note: String,
}

async fn ask(Desk { page, actor, .. }: Desk<ToManage>, Path((id, staff_no)): Path<(i64, String)>) -> Result<Response> {
    ask_again(&page, &actor, SessionId(id), &staff_no, None).await
}

async fn ask_again(
    page: &Page,
    actor: &Actor,
    id: SessionId,
    staff_no: &str,
    typed: Option<(Said, Problem)>,
) -> Result<Response> {
    let (db, now) = (page.app.db.read(), page.app.now());
    actor.demand(Rights::Manage)?;
    let (event, session) = session_for(db, actor, id).await?;
    let tree = OrgTree::load(db).await?;
    let mut rows = roll(db, &event, &session, &tree, now).await?;
    Eyes::new(&tree, actor, &event).cover(&mut rows);
    let row = rows.iter().find(|row| row.staff_no == staff_no);
    let person = crate::people::by_number(db, staff_no).await?;
    let person = person.ok_or_else(|| Error::new(Code::NotFound))?;
    let on_roster = row.is_some_and(|row| !row.walk_in);
    let choices: Vec<_> = AttendanceStatus::ALL
        .iter()
        .filter(|status| on_roster || status.attended())
        .map(|status| status.as_str())
        .collect();
    let chosen = match &typed {
        Some((said, _)) => said.status.clone(),
        None => row.and_then(|row| row.status).map_or_else(String::new, |status| status.as_str().to_owned()),
    };
    let note = match &typed {
        Some((said, _)) => said.note.clone(),
        None => row.and_then(|row| row.note.clone()).unwrap_or_default(),
    };
    let status = if typed.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let problem = typed.map(|(_, problem)| {
        problem.fields.first().map_or_else(|| problem.text(page.lang), |field| field.text(page.lang))
    });
    let context = context! {
        event => context! { id => event.id.0, title => sitting::title(&event, &session) },
        session => context! { id => id.0, when => format::span(page.lang, &sitting::span(&session), now) },
        person => context! { name => person.name, staff_no => person.staff_no, org => row.and_then(|row| row.org_name.clone()).unwrap_or_default() },
        open => event.status == EventStatus::Scheduled, on_roster, choices, chosen, note, problem,
    };
    page.render_as(status, "attendance/person.html", "events", context).await
}

async fn say(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path((id, staff_no)): Path<(i64, String)>,
    Signed(said): Signed<Said>,
) -> Result<Response> {
    let id = SessionId(id);
    let Ok(status) = said.status.parse::<AttendanceStatus>() else {
        let problem = Error::field("status", "required").problem();
        return ask_again(&page, &actor, id, &staff_no, Some((said, problem))).await;
    };
    let tx = page.app.db.begin().await?;
    let (event, session) = session_for(&tx, &actor, id).await?;
    let tree = OrgTree::load(&tx).await?;
    let eyes = Eyes::new(&tree, &actor, &event);
    let note = own_word(&tx, eyes, &session, &staff_no, Some(said.note.clone())).await?;
    match set(&tx, &actor.name, &event, &session, &staff_no, status, note, page.app.now()).await {
        Ok(_) => tx.commit().await?,
        Err(Error::Problem(problem)) if problem.code == Code::Invalid => {
            tx.rollback().await?;
            return ask_again(&page, &actor, id, &staff_no, Some((said, *problem))).await;
        }
        Err(error) => return Err(error),
    }
    Ok(Redirect::to(&format!("/events/{}?session={id}&done=set#roster", event.id)).into_response())
}
