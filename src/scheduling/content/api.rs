//! Speakers, agenda and materials over HTTP.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use entity::id::{EventId, MaterialId, SessionId};
use entity::session;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::pages::handed_out;
use super::{
    Agenda, AgendaLine, Material, NewFile, NewLink, NewSpeaker, add_file, add_link, agenda_of, file_of, materials_of,
    remove_material, replace_agenda, replace_speakers, starts,
};
use crate::error::{Code, Error, Result};
use crate::scheduling::view::EventView;
use crate::scheduling::{event_for, session as sitting, session_for};
use crate::state::App;
use crate::web::{Caller, IfMatch, IfNoneMatch, Items, Json, Parts, Path, Tagged, ToManage, ToRead};

/// The routes of what an event consists of.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(put_speakers))
        .routes(routes!(materials, add_material))
        .routes(routes!(drop_material))
        .routes(routes!(material_file))
        .routes(routes!(agenda, put_agenda))
}

/// Replaces an event's speakers. Calendars show them; nobody is mailed.
#[utoipa::path(put, path = "/events/{id}/speakers", tag = "content", params(("id" = String, Path, description = "Of an event"), ("If-Match" = Option<String>, Header, description = "The event's ETag; 412 when it changed meanwhile")), request_body = Vec<NewSpeaker>, responses((status = 200, body = EventView)))]
async fn put_speakers(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<EventId>,
    IfMatch(expected): IfMatch,
    Json(list): Json<Vec<NewSpeaker>>,
) -> Result<Tagged<EventView>> {
    let tx = app.db.begin().await?;
    let whole = replace_speakers(&tx, &caller.actor, id, &list, expected, app.now()).await?;
    tx.commit().await?;
    Ok(Tagged { revision: whole.event.revision, body: EventView::of(&whole) })
}

/// A link, or a file.
#[derive(Serialize, ToSchema)]
struct MaterialView {
    /// Opaque.
    id: String,
    /// As shown.
    title: String,
    /// Of a link.
    url: Option<String>,
    /// Of a file.
    file_name: Option<String>,
    /// Of a file, by its content.
    media_type: Option<String>,
    /// Of a file, in octets.
    size: Option<i64>,
    /// The one session that it is for; null: all.
    session_id: Option<String>,
    /// RFC 3339.
    added_at: String,
}

impl From<Material> for MaterialView {
    fn from(Material { row, size }: Material) -> Self {
        Self {
            id: row.id.to_string(),
            title: row.title,
            url: row.url,
            file_name: row.file_name,
            media_type: row.media_type,
            size,
            session_id: row.session_id.map(|id| id.to_string()),
            added_at: row.added_at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
        }
    }
}

/// The materials of an event, in order.
#[utoipa::path(get, path = "/events/{id}/materials", tag = "content", params(("id" = String, Path, description = "Of an event")), responses((status = 200, body = Items<MaterialView>)))]
async fn materials(
    State(app): State<App>,
    caller: Caller<ToRead>,
    Path(id): Path<EventId>,
) -> Result<Json<Items<MaterialView>>> {
    let event = event_for(app.db.read(), &caller.actor, id).await?;
    let found = materials_of(app.db.read(), [event.id]).await?;
    Ok(Json(Items { items: found.into_iter().map(MaterialView::from).collect(), next: None }))
}

/// A file as the parts of a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form to the document; the parts are read one by one")]
struct FileForm {
    /// The file; its part carries its name.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// As shown; left out: the file's name.
    #[schema(required = false)]
    title: String,
    /// The one session that it is for; left out: all.
    #[schema(required = false)]
    session_id: String,
}

/// Adds a link, as JSON, or a file, as multipart: of up to `server.upload_limit` octets, of a known kind and really of
/// that kind.
#[utoipa::path(
    post, path = "/events/{id}/materials", tag = "content", params(("id" = String, Path, description = "Of an event")),
    request_body(content((NewLink = "application/json"), (FileForm = "multipart/form-data"))),
    responses((status = 201, body = MaterialView))
)]
async fn add_material(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<EventId>,
    request: Request,
) -> Result<Response> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_form = kind.to_ascii_lowercase().starts_with("multipart/form-data");
    let limit = app.config.server.upload_limit;
    let made = if is_form {
        let mut parts = Parts::read(request, &app, limit.saturating_add(65_536)).await?;
        let Some((name, content)) = parts.take_file("file") else { return Err(Error::field("file", "file-missing")) };
        if content.len() > limit {
            return Err(Error::new(Code::TooLarge));
        }
        let new = NewFile { title: parts.text("title"), name, content, session_id: parts.text("session_id") };
        let tx = app.db.begin().await?;
        let made = add_file(&tx, &caller.actor, id, new, app.now()).await?;
        tx.commit().await?;
        made
    } else {
        let Json(new) = <Json<NewLink> as axum::extract::FromRequest<App>>::from_request(request, &app).await?;
        let tx = app.db.begin().await?;
        let made = add_link(&tx, &caller.actor, id, &new, app.now()).await?;
        tx.commit().await?;
        made
    };
    let mut response = Json(MaterialView::from(made)).into_response();
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// Takes a material off an event.
#[utoipa::path(delete, path = "/events/{id}/materials/{material}", tag = "content", params(("id" = String, Path, description = "Of an event"), ("material" = String, Path, description = "Of a material")), responses((status = 204, description = "It is gone")))]
async fn drop_material(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path((id, material)): Path<(EventId, MaterialId)>,
) -> Result<StatusCode> {
    let tx = app.db.begin().await?;
    remove_material(&tx, &caller.actor, id, material, app.now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The file of a material, as an attachment with an ETag.
#[utoipa::path(get, path = "/events/{id}/materials/{material}/file", tag = "content", params(("id" = String, Path, description = "Of an event"), ("material" = String, Path, description = "Of a material")), responses((status = 200, description = "The file", content_type = "application/octet-stream"), (status = 304, description = "Unchanged")))]
async fn material_file(
    State(app): State<App>,
    caller: Caller<ToRead>,
    Path((id, material)): Path<(EventId, MaterialId)>,
    held: IfNoneMatch,
) -> Result<Response> {
    event_for(app.db.read(), &caller.actor, id).await?;
    let (row, file) = file_of(app.db.read(), id, material).await?;
    Ok(handed_out(row, file, &held))
}

/// An item of an agenda, with its start.
#[derive(Serialize, ToSchema)]
struct ItemView {
    /// What somebody wrote.
    #[serde(flatten)]
    line: AgendaLine,
    /// When it begins, RFC 3339 with offset: from the session's start and the lengths of those before; null of whole
    /// days, and where a length before it is not said.
    starts_at: Option<String>,
}

/// An agenda with short minutes.
#[derive(Serialize, ToSchema)]
struct AgendaView {
    /// In order.
    items: Vec<ItemView>,
    /// Short minutes of the session; may be empty.
    minutes: String,
}

async fn agenda_view(app: &App, session: &session::Model) -> Result<Tagged<AgendaView>> {
    let rows = agenda_of(app.db.read(), [session.id]).await?;
    let span = sitting::span(session);
    let starts = starts(&span, rows.iter().map(|row| row.minutes));
    let rfc3339 = |at| span.zone.with_offset(at).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false);
    let items = rows.iter().zip(starts).map(|(row, at)| ItemView { line: row.into(), starts_at: at.map(rfc3339) });
    let body = AgendaView { items: items.collect(), minutes: session.minutes.clone() };
    Ok(Tagged { revision: session.revision, body })
}

/// A session's agenda and short minutes, with the session's ETag.
#[utoipa::path(get, path = "/sessions/{id}/agenda", tag = "content", params(("id" = String, Path, description = "Of a session")), responses((status = 200, body = AgendaView), (status = 304, description = "Unchanged")))]
async fn agenda(
    State(app): State<App>,
    caller: Caller<ToRead>,
    Path(id): Path<SessionId>,
    held: IfNoneMatch,
) -> Result<Response> {
    let (_, session) = session_for(app.db.read(), &caller.actor, id).await?;
    Ok(agenda_view(&app, &session).await?.unless_held(&held))
}

/// Replaces a session's agenda, and its short minutes where they are given. A kind of an item joins the event's
/// `also_kinds`, and leaves them with the last such item.
#[utoipa::path(put, path = "/sessions/{id}/agenda", tag = "content", params(("id" = String, Path, description = "Of a session"), ("If-Match" = Option<String>, Header, description = "412 when it changed meanwhile")), request_body = Agenda, responses((status = 200, body = AgendaView)))]
async fn put_agenda(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<SessionId>,
    IfMatch(expected): IfMatch,
    Json(new): Json<Agenda>,
) -> Result<Tagged<AgendaView>> {
    let tx = app.db.begin().await?;
    let (_, session) = replace_agenda(&tx, &app.kinds, &caller.actor, id, &new, expected, app.now()).await?;
    tx.commit().await?;
    agenda_view(&app, &session).await
}
