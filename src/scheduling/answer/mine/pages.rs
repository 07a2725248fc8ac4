//! One tap on one's own page, and what that page shows of it.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Days;
use entity::id::{PersonId, SessionId};
use entity::state::{AnswerStatus, AnswerVia};
use entity::{answer as table, event, person, session};
use minijinja::{Value, context};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Deserialize;

use crate::calendar::subscription;
use crate::error::{Code, Error, Result};
use crate::scheduling::answer::{Given, Scope, State, end, for_whom, give, name_assistant, of_person, question_held};
use crate::scheduling::{is_ahead, session as sitting};
use crate::view::format;
use crate::web::{Page, Seat, Signed};

/// Sessions of one person that are shown.
const SHOWN: usize = 50;

/// An answer by one's own page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// For whom; empty for oneself.
    person: String,
    say: String,
    /// The SEQUENCE that the page showed.
    seen: i32,
}

/// Who is to answer, too.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Named {
    assistant: String,
}

/// How the page of assistants comes to be shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
}

/// A form with nothing but its secret.
#[derive(Debug, Deserialize)]
pub struct Nothing {}

fn me(signed: &crate::access::sign_in::SignedIn) -> Result<person::Model> {
    signed.identity.person.clone().ok_or_else(|| Error::new(Code::Forbidden))
}

/// `POST /my/answers/{session}`
pub async fn say(Seat { page, signed }: Seat, Path(id): Path<i64>, Signed(typed): Signed<Typed>) -> Result<Response> {
    let (person, now) = (me(&signed)?, page.app.now());
    let status: AnswerStatus = typed.say.parse().map_err(|_| Error::field("say", "required"))?;
    let whose = if typed.person.is_empty() { person.id } else { PersonId(typed.person.parse().map_err(|_| gone())?) };
    let tx = page.app.db.begin().await?;
    let by = if whose == person.id { None } else { Some(person.id) };
    if by.is_some() && !for_whom(&tx, person.id).await?.iter().any(|row| row.id == whose) {
        return Err(gone());
    }
    let asked = question_held(&tx, Scope::Session(SessionId(id)), whose, now).await?;
    if asked.state == State::NotInvited {
        return Err(gone());
    }
    if asked.state != State::Open || typed.seen < asked.seen() {
        // The page shows how it is now.
        tx.rollback().await?;
        return Ok(Redirect::to("/my/answers?done=changed").into_response());
    }
    let comment = String::new();
    let given = Given { person: whose, status, comment, sequence: None, stamp: None, via: AnswerVia::Page, by };
    give(&tx, &asked.sessions, &given, now).await?;
    tx.commit().await?;
    let leave = asked.event.required && status == AnswerStatus::Declined;
    let done = if leave { "declined-required" } else { status.as_str() };
    Ok(Redirect::to(&format!("/my/answers?done={done}")).into_response())
}

fn gone() -> Error {
    Error::new(Code::NotFound)
}

/// `GET /my/answers`: the invitations ahead, of oneself and of those for whom one answers, and one's assistants.
pub async fn show(Seat { page, signed }: Seat, Query(asked): Query<Asked>) -> Result<Response> {
    let Some(person) = signed.identity.person.clone() else {
        return page.render("calendar/nobody.html", "my", context! {}).await;
    };
    let key = format!("answer-toast-{}", asked.done);
    let toast = (!asked.done.is_empty() && page.lang.has(&key)).then(|| page.lang.text(&key));
    answers_page(&page, &person, ("", None), toast).await
}

async fn answers_page(
    page: &Page,
    person: &person::Model,
    (typed, wrong): (&str, Option<Error>),
    toast: Option<String>,
) -> Result<Response> {
    let db = page.app.db.read();
    let mut others = Vec::new();
    for other in for_whom(db, person.id).await? {
        others.push(context! {
            id => other.id.0, name => other.name.as_str(), sessions => invitations(page, other.id).await?,
        });
    }
    let assistants = of_person(db, person.id).await?;
    let assistants = assistants
        .iter()
        .map(|row| context! { id => row.id.0, name => row.name.as_str(), staff_no => row.staff_no.as_str() });
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let wrong = wrong.map(Error::problem);
    let context = context! {
        sessions => invitations(page, person.id).await?, others, assistants => assistants.collect::<Vec<_>>(),
        typed, toast,
        wrong => wrong.and_then(|problem| problem.fields.first().map(|field| field.text(page.lang))),
    };
    page.render_as(status, "scheduling/answer/mine/answers.html", "my", context).await
}

/// The sessions ahead to which a person is invited, with what was answered.
async fn invitations(page: &Page, person: PersonId) -> Result<Vec<Value>> {
    let (db, now) = (page.app.db.read(), page.app.now());
    let mut rows = subscription::invited_to(db, page.tree().await?, person, (now, now + Days::new(731))).await?;
    rows.retain(|(event, session)| is_ahead(event, session, now));
    rows.truncate(SHOWN);
    let said = table::Entity::find()
        .filter(table::Column::PersonId.eq(person))
        .filter(table::Column::SessionId.is_in(rows.iter().map(|(_, session)| session.id)))
        .filter(table::Column::ClearedAt.is_null())
        .all(db)
        .await?;
    let by = person::Entity::find().filter(person::Column::Id.is_in(said.iter().filter_map(|row| row.by_person_id)));
    let by = by.all(db).await?;
    let view = |(event, session): &(event::Model, session::Model)| {
        let own = said.iter().find(|row| row.session_id == session.id);
        let name = own.and_then(|row| by.iter().find(|person| Some(person.id) == row.by_person_id));
        let title = sitting::title(event, session);
        context! {
            id => session.id.0, title => if title.is_empty() { page.app.kinds.name(&event.kind, page.lang) } else { title },
            when => format::span(page.lang, &sitting::span(session), now), place => sitting::location(event, session),
            required => event.required, seen => session.answers_from, answer => own.map(|row| row.status.as_str()),
            comment => own.map_or("", |row| row.comment.as_str()), by => name.map(|person| person.name.as_str()),
        }
    };
    Ok(rows.iter().map(view).collect())
}

/// `POST /my/assistants`
pub async fn name(Seat { page, signed }: Seat, Signed(typed): Signed<Named>) -> Result<Response> {
    let person = me(&signed)?;
    let tx = page.app.db.begin().await?;
    match name_assistant(&tx, person.id, &typed.assistant, page.app.now()).await {
        Ok(_) => {
            tx.commit().await?;
            Ok(Redirect::to("/my/answers?done=named#assistants").into_response())
        }
        Err(error @ Error::Problem(_)) => {
            tx.rollback().await?;
            answers_page(&page, &person, (&typed.assistant, Some(error)), None).await
        }
        Err(error) => Err(error),
    }
}

/// `POST /my/assistants/{id}/off`
pub async fn off(Seat { page, signed }: Seat, Path(id): Path<i64>, Signed(_): Signed<Nothing>) -> Result<Response> {
    end(page.app.db.write(), me(&signed)?.id, PersonId(id)).await?;
    Ok(Redirect::to("/my/answers?done=ended#assistants").into_response())
}

/// How many of one's own invitations wait for an answer, and for how many people one answers: what `/my` shows.
pub async fn waiting(page: &Page, person: PersonId) -> Result<Value> {
    let own = invitations(page, person).await?;
    let open = own.iter().filter(|one| one.get_attr("answer").is_ok_and(|answer| answer.is_none())).count();
    Ok(context! { open, all => own.len(), others => for_whom(page.app.db.read(), person).await?.len() })
}
