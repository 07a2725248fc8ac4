//! Templates over HTTP.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use entity::event_template::Model;
use entity::id::EventTemplateId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{NewTemplate, Using, store, use_template};
use crate::error::Result;
use crate::people::OrgTree;
use crate::scheduling::Made;
use crate::scheduling::view::EventView;
use crate::state::App;
use crate::web::{Caller, Items, Json, Path, Tagged, ToManage, ToRead};

/// The routes of templates.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(list, make_template)).routes(routes!(one)).routes(routes!(draft))
}

/// A template.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct TemplateView {
    /// Opaque.
    id: String,
    #[serde(flatten)]
    template: NewTemplate,
}

impl TemplateView {
    fn of(row: &Model, tree: &OrgTree) -> Self {
        Self { id: row.id.to_string(), template: NewTemplate::of(row, tree.code(row.organisation_id)) }
    }
}

/// The templates of the token's organisation, of those above it and of those below. All of them in one part.
#[utoipa::path(get, path = "/templates", tag = "templates", responses((status = 200, body = Items<TemplateView>)))]
async fn list(State(app): State<App>, caller: Caller<ToRead>) -> Result<Json<Items<TemplateView>>> {
    let db = app.db.read();
    let tree = OrgTree::load(db).await?;
    let rows = store::visible(db, &tree, caller.actor.organisation).await?;
    Ok(Json(Items { items: rows.iter().map(|row| TemplateView::of(row, &tree)).collect(), next: None }))
}

/// Makes a template.
#[utoipa::path(post, path = "/templates", tag = "templates", request_body = NewTemplate, responses(
    (status = 201, body = TemplateView), (status = 409, description = "The organisation has one of that name"),
))]
async fn make_template(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Json(body): Json<NewTemplate>,
) -> Result<Response> {
    let tx = app.db.begin().await?;
    let tree = OrgTree::load(&tx).await?;
    let row = store::make(&tx, &app.ground(), &tree, &caller.actor, &body, app.now()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(TemplateView::of(&row, &tree))).into_response())
}

/// One template.
#[utoipa::path(get, path = "/templates/{id}", tag = "templates", params(("id" = String, Path, description = "Of a template")), responses((status = 200, body = TemplateView)))]
async fn one(
    State(app): State<App>,
    caller: Caller<ToRead>,
    Path(id): Path<EventTemplateId>,
) -> Result<Json<TemplateView>> {
    let db = app.db.read();
    let tree = OrgTree::load(db).await?;
    let row = store::for_use(db, &tree, &caller.actor, id).await?;
    Ok(Json(TemplateView::of(&row, &tree)))
}

/// What a template is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The event's key; unique.
    key: String,
    /// The day of the event, or of the first of its series.
    #[schema(example = "2026-07-09")]
    date: String,
    /// The host's code.
    org_code: String,
}

/// Makes a draft, with its checklist, from a template. A key that exists is 200 when it says the same, else 409.
#[utoipa::path(post, path = "/templates/{id}/events", tag = "templates", params(("id" = String, Path, description = "Of a template")), request_body = Wanted, responses(
    (status = 201, body = EventView), (status = 200, body = EventView, description = "It was there already"),
))]
async fn draft(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<EventTemplateId>,
    Json(body): Json<Wanted>,
) -> Result<Response> {
    let tx = app.db.begin().await?;
    let tree = OrgTree::load(&tx).await?;
    let row = store::for_use(&tx, &tree, &caller.actor, id).await?;
    let wanted = Using { key: &body.key, date: &body.date, org_code: &body.org_code };
    let made = use_template(&tx, &app.ground(), &tree, &caller.actor, (&row, wanted), app.now()).await?;
    tx.commit().await?;
    let status = if matches!(made, Made::New(_)) { StatusCode::CREATED } else { StatusCode::OK };
    let whole = made.whole();
    let mut response = Tagged { revision: whole.event.revision, body: EventView::of(whole) }.into_response();
    *response.status_mut() = status;
    Ok(response)
}
