//! Places over HTTP.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use entity::id::PlaceId;
use entity::place;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{NewPlace, PlaceChange, add_place, change_place, list_places};
use crate::error::Result;
use crate::people::OrgTree;
use crate::state::App;
use crate::web::{Caller, Items, Json, Path, ToManage};

/// The routes of places.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(places, add_one_place)).routes(routes!(change_one_place))
}

/// A room or hall.
#[derive(Serialize, ToSchema)]
struct PlaceView {
    /// Opaque.
    id: String,
    /// Whose it is: a code.
    org_code: String,
    /// As an event's location names it.
    name: String,
    /// How to get there; may be empty.
    address: String,
    /// How many people fit in; null: not known.
    capacity: Option<i32>,
    /// Whether it is not offered any more.
    retired: bool,
}

impl PlaceView {
    fn of(row: place::Model, tree: &OrgTree) -> Self {
        Self {
            id: row.id.to_string(),
            org_code: tree.code(row.organisation_id).to_owned(),
            name: row.name,
            address: row.address,
            capacity: row.capacity,
            retired: row.retired_at.is_some(),
        }
    }
}

/// The places of the token's organisation, of those below it and of those above it, by name.
#[utoipa::path(get, path = "/places", tag = "places", responses((status = 200, body = Items<PlaceView>)))]
async fn places(State(app): State<App>, caller: Caller<()>) -> Result<Json<Items<PlaceView>>> {
    let tree = OrgTree::load(app.db.read()).await?;
    let rows = list_places(app.db.read(), &caller.actor).await?;
    Ok(Json(Items { items: rows.into_iter().map(|row| PlaceView::of(row, &tree)).collect(), next: None }))
}

/// Adds a place.
#[utoipa::path(post, path = "/places", tag = "places", request_body = NewPlace, responses((status = 201, body = PlaceView)))]
async fn add_one_place(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Json(new): Json<NewPlace>,
) -> Result<Response> {
    let tx = app.db.begin().await?;
    let row = add_place(&tx, &caller.actor, &new, app.now()).await?;
    tx.commit().await?;
    let tree = OrgTree::load(app.db.read()).await?;
    Ok((StatusCode::CREATED, Json(PlaceView::of(row, &tree))).into_response())
}

/// Changes what is given of a place. Sessions that have not begun take a new name with it, unless `rename_sessions` is
/// false; nobody is mailed, for it is the same room.
#[utoipa::path(patch, path = "/places/{id}", tag = "places", params(("id" = String, Path, description = "Of a place")), request_body = PlaceChange, responses((status = 200, body = PlaceView)))]
async fn change_one_place(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<PlaceId>,
    Json(change): Json<PlaceChange>,
) -> Result<Json<PlaceView>> {
    let tx = app.db.begin().await?;
    let (row, _) = change_place(&tx, &caller.actor, id, &change, app.now()).await?;
    tx.commit().await?;
    let tree = OrgTree::load(app.db.read()).await?;
    Ok(Json(PlaceView::of(row, &tree)))
}
