//! What an event consists of, on one page: agenda and minutes, speakers, materials, checklist; and handing files out.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use entity::id::{ChecklistItemId, EventId, MaterialId, PersonId};
use entity::state::{ChecklistKind, EventStatus};
use entity::{attendance, event, material, session, stored_file};
use minijinja::{context, value::Serde};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use super::checklist::Tick;
use super::editor::pages as editor;
use super::{
    NewFile, NewLink, add_file, add_link, add_to_checklist, contents, disposition, file, file_of,
    remove_from_checklist, remove_material, tick,
};
use crate::access::Actor;
use crate::calendar::subscription;
use crate::error::{Code, Error, FieldProblem, Problem, Result};
use crate::people::OrgTree;
use crate::scheduling::detail::pages::{event_view, may, session_view};
use crate::scheduling::{Whole, event_for, load_whole};
use crate::state::App;
use crate::web::{Desk, IfNoneMatch, Page, Seat, Signed, SignedParts, ToManage};

/// The pages of this room.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/events/{id}/content", get(show))
        .route("/events/{id}/checklist", get(print_checklist).post(add_items))
        .route("/events/{id}/checklist/{item}", post(change_item))
        .route("/events/{id}/speakers", get(editor::ask_speakers).post(editor::save_speakers))
        .route("/events/{id}/materials", get(to_content).post(add_one_link))
        .route("/events/{id}/files", get(to_content).post(add_one_file))
        .route("/events/{id}/materials/{material}/remove", post(remove))
        .route("/events/{id}/materials/{material}/file", get(fetch))
        .route("/sessions/{id}/agenda", get(editor::ask_agenda).post(editor::save_agenda))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    session: String,
    done: String,
}

/// What somebody typed into one of the small forms, and what is wrong with it.
#[derive(Debug, Default, Serialize)]
struct Typed {
    /// Which form: `link`, `file`, `task`, `take`.
    form: &'static str,
    title: String,
    url: String,
    session: String,
    text: String,
    wrong: Vec<String>,
}

async fn load(page: &Page, actor: &Actor, id: i64) -> Result<Whole> {
    let db = page.app.db.read();
    load_whole(db, event_for(db, actor, EventId(id)).await?).await
}

/// The sitting of that id, else the first that is not over, else the last.
fn choose<'a>(whole: &'a Whole, asked: &str, page: &Page) -> Result<Option<&'a session::Model>> {
    if !asked.is_empty() {
        let found = whole.sessions.iter().find(|row| row.id.to_string() == asked);
        return found.map(Some).ok_or_else(|| Error::new(Code::NotFound));
    }
    let now = page.app.now();
    Ok(whole.sessions.iter().find(|row| row.ends_at > now).or(whole.sessions.last()))
}

async fn show(Desk { page, actor, .. }: Desk<()>, Path(id): Path<i64>, Query(asked): Query<Asked>) -> Result<Response> {
    let whole = load(&page, &actor, id).await?;
    gathered(&page, &actor, &whole, &asked, StatusCode::OK, Typed::default()).await
}

async fn gathered(
    page: &Page,
    actor: &Actor,
    whole: &Whole,
    asked: &Asked,
    status: StatusCode,
    typed: Typed,
) -> Result<Response> {
    let now = page.app.now();
    let chosen = choose(whole, &asked.session, page)?;
    let tree = OrgTree::load(page.app.db.read()).await?;
    let key = format!("content-done-{}", asked.done);
    let context = context! {
        event => event_view(page, whole, now),
        may => Serde(may(actor, whole, &tree)),
        open => whole.event.status != EventStatus::Cancelled,
        chosen => chosen.map(|row| row.id.0),
        sessions => whole.sessions.iter().map(|row| session_view(page, whole, row, now)).collect::<Vec<_>>(),
        content => contents(page, whole, chosen).await?,
        accept => file::accept(), endings => file::endings(),
        most_mb => page.app.config.server.upload_limit / 1_048_576,
        typed => Serde(typed),
        toast => (!asked.done.is_empty() && page.lang.has(&key)).then(|| page.lang.text(&key)),
    };
    page.render_as(status, "scheduling/content/content.html", "events", context).await
}

/// The page again, with what was typed and what is wrong with it.
async fn again(page: &Page, actor: &Actor, id: i64, problem: &Problem, typed: Typed) -> Result<Response> {
    let whole = load(page, actor, id).await?;
    let wrong = problem.fields.iter().map(|field| field.text(page.lang)).collect();
    gathered(page, actor, &whole, &Asked::default(), problem.code.status(), Typed { wrong, ..typed }).await
}

/// Where a small form was sent to, opened again: by a change of language, or by hand.
async fn to_content(Path(id): Path<i64>) -> Redirect {
    Redirect::to(&format!("/events/{id}/content#materials"))
}

fn back(id: i64, done: &str, part: &str) -> Response {
    Redirect::to(&format!("/events/{id}/content?done={done}#{part}")).into_response()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TypedLink {
    title: String,
    url: String,
    session: String,
}

async fn add_one_link(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(link): Signed<TypedLink>,
) -> Result<Response> {
    let new = NewLink { title: link.title.clone(), url: link.url.clone(), session_id: Some(link.session.clone()) };
    let tx = page.app.db.begin().await?;
    match add_link(&tx, &actor, EventId(id), &new, page.app.now()).await {
        Ok(_) => {
            tx.commit().await?;
            Ok(back(id, "material", "materials"))
        }
        Err(Error::Problem(problem)) if problem.code == Code::Invalid => {
            tx.rollback().await?;
            let typed =
                Typed { form: "link", title: link.title, url: link.url, session: link.session, ..Typed::default() };
            again(&page, &actor, id, &problem, typed).await
        }
        Err(error) => Err(error),
    }
}

async fn add_one_file(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    SignedParts(parts): SignedParts,
) -> Result<Response> {
    let limit = page.app.config.server.upload_limit;
    let mut typed = Typed { form: "file", ..Typed::default() };
    let Some(mut parts) = parts else { return again(&page, &actor, id, &too_large(limit), typed).await };
    (typed.title, typed.session) = (parts.text("title"), parts.text("session"));
    let (name, content) = parts.take_file("file").unwrap_or_default();
    if content.len() > limit {
        return again(&page, &actor, id, &too_large(limit), typed).await;
    }
    if name.is_empty() && content.is_empty() {
        let problem = Error::field("file", "file-missing").problem();
        return again(&page, &actor, id, &problem, typed).await;
    }
    let new = NewFile { title: typed.title.clone(), name, content, session_id: typed.session.clone() };
    let tx = page.app.db.begin().await?;
    match add_file(&tx, &actor, EventId(id), new, page.app.now()).await {
        Ok(_) => {
            tx.commit().await?;
            Ok(back(id, "material", "materials"))
        }
        Err(Error::Problem(problem)) if problem.code == Code::Invalid => {
            tx.rollback().await?;
            again(&page, &actor, id, &problem, typed).await
        }
        Err(error) => Err(error),
    }
}

fn too_large(limit: usize) -> Problem {
    let mut problem = Error::new(Code::TooLarge).problem();
    problem.fields = vec![FieldProblem::new("file", "file-too-large").with("limit", limit / 1_048_576)];
    problem
}

#[derive(Debug, Deserialize)]
struct Nothing {}

async fn remove(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path((id, material)): Path<(i64, i64)>,
    Signed(Nothing {}): Signed<Nothing>,
) -> Result<Response> {
    let tx = page.app.db.begin().await?;
    remove_material(&tx, &actor, EventId(id), MaterialId(material), page.app.now()).await?;
    tx.commit().await?;
    Ok(back(id, "material-removed", "materials"))
}

/// `GET /events/{id}/materials/{material}/file`: for whoever may see the event, and for those invited to it or who
/// came to it.
async fn fetch(
    Seat { page, signed }: Seat,
    Path((id, material)): Path<(i64, i64)>,
    held: IfNoneMatch,
) -> Result<Response> {
    let db = page.app.db.read();
    let seen = match signed.actor() {
        Some(actor) => event_for(db, &actor, EventId(id)).await.is_ok(),
        None => false,
    };
    let person = signed.identity.person.as_ref().map(|person| person.id);
    let invited = match person {
        Some(person) if !seen => takes_part(&page, EventId(id), person).await?,
        _ => false,
    };
    if !seen && !invited {
        return Err(Error::new(Code::NotFound));
    }
    let (row, file) = file_of(db, EventId(id), MaterialId(material)).await?;
    Ok(handed_out(row, file, &held))
}

/// A file as an attachment under its own name; 304 for whoever holds it already.
pub(super) fn handed_out(row: material::Model, file: stored_file::Model, held: &IfNoneMatch) -> Response {
    let tag = format!("\"{}\"", &file.sha256[..32]);
    let common = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "private, no-cache".to_owned())];
    if held.holds(&tag) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let name = row.file_name.unwrap_or_else(|| "file".to_owned());
    let kind = row.media_type.unwrap_or_else(|| "application/octet-stream".to_owned());
    let kind = HeaderValue::from_str(&kind).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let name = HeaderValue::from_str(&disposition(&name)).unwrap_or(HeaderValue::from_static("attachment"));
    let mut response = (common, Body::from(file.content)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_DISPOSITION, name);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Should a browser open it after all, nothing in it runs.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    response
}

/// Whether a person is invited to a session of a published event, or came to one.
async fn takes_part(page: &Page, id: EventId, person: PersonId) -> Result<bool> {
    let db = page.app.db.read();
    let published = event::Entity::find_by_id(id).filter(event::Column::PublishedAt.is_not_null()).one(db).await?;
    let Some(event) = published else { return Ok(false) };
    let whole = load_whole(db, event).await?;
    let (Some(first), Some(last)) = (whole.sessions.first(), whole.sessions.iter().map(|row| row.ends_at).max()) else {
        return Ok(false);
    };
    let tree = OrgTree::load(db).await?;
    let window = (first.starts_at, last);
    let invited = subscription::invited_to(db, &tree, person, window).await?;
    if invited.iter().any(|(event, _)| event.id == id) {
        return Ok(true);
    }
    let came = attendance::Entity::find()
        .filter(attendance::Column::PersonId.eq(person))
        .filter(attendance::Column::SessionId.is_in(whole.sessions.iter().map(|row| row.id)))
        .all(db)
        .await?;
    Ok(came.iter().any(|row| row.status.attended()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TypedItems {
    kind: String,
    text: String,
}

async fn add_items(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(typed): Signed<TypedItems>,
) -> Result<Response> {
    let (kind, form) = if typed.kind == "take" { (ChecklistKind::Take, "take") } else { (ChecklistKind::Task, "task") };
    let tx = page.app.db.begin().await?;
    match add_to_checklist(&tx, &actor, EventId(id), kind, &typed.text, page.app.now()).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(back(id, "checklist", "checklist"))
        }
        Err(Error::Problem(problem)) if problem.code == Code::Invalid => {
            tx.rollback().await?;
            again(&page, &actor, id, &problem, Typed { form, text: typed.text, ..Typed::default() }).await
        }
        Err(error) => Err(error),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Act {
    act: String,
}

async fn change_item(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path((id, item)): Path<(i64, i64)>,
    Signed(Act { act }): Signed<Act>,
) -> Result<Response> {
    let (event, item, now) = (EventId(id), ChecklistItemId(item), page.app.now());
    let tx = page.app.db.begin().await?;
    match act.as_str() {
        "tick" => tick(&tx, &actor, event, item, Tick::On, now).await?,
        "untick" => tick(&tx, &actor, event, item, Tick::Off, now).await?,
        "remove" => remove_from_checklist(&tx, &actor, event, item, now).await?,
        _ => return Err(Error::new(Code::Malformed)),
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("/events/{id}/content#checklist")).into_response())
}

/// `GET /events/{id}/checklist`: the checklist and what is to be taken along, to print.
async fn print_checklist(Desk { page, actor, .. }: Desk<()>, Path(id): Path<i64>) -> Result<Response> {
    let whole = load(&page, &actor, id).await?;
    let now = page.app.now();
    let context = context! {
        event => event_view(&page, &whole, now),
        sessions => whole.sessions.iter().map(|row| session_view(&page, &whole, row, now)).collect::<Vec<_>>(),
        content => contents(&page, &whole, None).await?,
    };
    page.render("scheduling/content/checklist.html", "events", context).await
}
