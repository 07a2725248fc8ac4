//! Asking, and taking the answer. Looking never changes anything: programs that check mail open every link in it.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::Form;
use entity::answer as table;
use entity::session;
use entity::state::{AnswerStatus, AnswerVia};
use minijinja::{Value, context};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Deserialize;

use crate::error::Result;
use crate::scheduling::answer::{Given, Link, Question, State, give, question, question_held};
use crate::scheduling::{session as sitting, wording};
use crate::view::format;
use crate::web::Page;

/// Sittings that are listed; of more only how many there are.
const LISTED: usize = 60;

/// What stands after the link.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The answer that a button of the mail meant.
    say: String,
    done: String,
}

/// What comes back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    say: String,
    comment: String,
    /// The SEQUENCE that the page showed.
    seen: Option<i32>,
    /// A mail program's own button (RFC 8058).
    #[serde(rename = "List-Unsubscribe")]
    one_click: String,
}

/// How the page comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    First,
    /// The time or place is another one than the reader knew.
    Changed,
    /// It changed while the page was open.
    ChangedMeanwhile,
    /// No answer was chosen.
    Nothing,
    TooLong,
}

/// `GET /answer/{token}`
pub async fn ask(page: Page, Path(token): Path<String>, Query(asked): Query<Asked>) -> Result<Response> {
    let link = Link::open(page.app.signing_key().await?, &token)?;
    let question = question(page.app.db.read(), link.scope, link.person, page.app.now()).await?;
    let again = if link.seen < question.seen() && asked.done.is_empty() { Again::Changed } else { Again::First };
    show(&page, &token, &question, &asked, (again, "")).await
}

/// `POST /answer/{token}`
pub async fn take(
    page: Page,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let (app, now) = (&page.app, page.app.now());
    let link = Link::open(app.signing_key().await?, &token)?;
    let one_click = typed.one_click.eq_ignore_ascii_case("one-click");
    let (say, seen) = if one_click { (&asked.say, link.seen) } else { (&typed.say, typed.seen.unwrap_or(link.seen)) };
    let status: Option<AnswerStatus> = say.parse().ok();
    let mut wrong = Vec::new();
    let comment = wording::line("comment", &typed.comment, 500, &mut wrong);
    let tx = app.db.begin().await?;
    let question = question_held(&tx, link.scope, link.person, now).await?;
    let again = match status {
        _ if question.state != State::Open => Some(Again::First),
        None => Some(Again::Nothing),
        Some(_) if !wrong.is_empty() => Some(Again::TooLong),
        Some(_) if seen < question.seen() => Some(Again::ChangedMeanwhile),
        Some(_) => None,
    };
    let (None, Some(status)) = (again, status) else {
        tx.rollback().await?;
        return show(&page, &token, &question, &asked, (again.unwrap_or(Again::First), &typed.comment)).await;
    };
    let given =
        Given { person: link.person, status, comment, sequence: None, stamp: None, via: AnswerVia::Link, by: None };
    give(&tx, &question.sessions, &given, now).await?;
    tx.commit().await?;
    if one_click {
        return Ok(StatusCode::OK.into_response());
    }
    Ok(Redirect::to(&format!("/answer/{token}?done={}", status.as_str())).into_response())
}

async fn show(
    page: &Page,
    token: &str,
    question: &Question,
    asked: &Asked,
    (again, comment): (Again, &str),
) -> Result<Response> {
    let (now, lang) = (page.app.now(), page.lang);
    let (event, sessions) = (&question.event, &question.sessions);
    let said = said(page.app.db.read(), question).await?;
    let view = |session: &session::Model| {
        let own = said.iter().find(|row| row.session_id == session.id);
        context! {
            when => format::span(lang, &sitting::span(session), now), place => sitting::location(event, session),
            title => session.title.clone(), answer => own.map(|row| row.status.as_str()),
        }
    };
    let first = sessions.first();
    let kind = page.app.kinds.name(&event.kind, lang);
    let title = first.map_or("", |session| sitting::title(event, session));
    // One word for all of it, where they said the same to all.
    let standing =
        said.first().filter(|one| said.len() == sessions.len() && said.iter().all(|row| row.status == one.status));
    let tree = page.tree().await?;
    let done: Option<AnswerStatus> = asked.done.parse().ok();
    let context = context! {
        token, title => if title.is_empty() { kind } else { title }, host => tree.name(event.host_id),
        name => question.person.name.as_str(), required => event.required, state => question.state.as_str(),
        sessions => sessions.iter().take(LISTED).map(view).collect::<Vec<Value>>(), count => sessions.len(),
        more => sessions.len().saturating_sub(LISTED), seen => question.seen(),
        wanted => asked.say.parse::<AnswerStatus>().ok().map(AnswerStatus::as_str),
        standing => standing.map(|row| row.status.as_str()),
        comment => if comment.is_empty() { standing.map_or("", |row| row.comment.as_str()) } else { comment },
        done => done.filter(|_| question.state == State::Open).map(AnswerStatus::as_str),
        changed => matches!(again, Again::Changed | Again::ChangedMeanwhile), nothing => again == Again::Nothing, too_long => again == Again::TooLong,
    };
    let status = match again {
        Again::First | Again::Changed => StatusCode::OK,
        Again::ChangedMeanwhile => StatusCode::CONFLICT,
        Again::Nothing | Again::TooLong => StatusCode::UNPROCESSABLE_ENTITY,
    };
    page.render_as(status, "scheduling/answer/page/answer.html", "", context).await
}

/// What they answered to these sessions so far.
async fn said(db: &impl ConnectionTrait, question: &Question) -> Result<Vec<table::Model>> {
    Ok(table::Entity::find()
        .filter(table::Column::PersonId.eq(question.person.id))
        .filter(table::Column::SessionId.is_in(question.sessions.iter().map(|session| session.id)))
        .filter(table::Column::ClearedAt.is_null())
        .all(db)
        .await?)
}
