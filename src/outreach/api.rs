//! Tallies over HTTP.

use axum::extract::State;
use axum::http::StatusCode;
use entity::id::EventId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{NewTally, Recorded, list, record};
use crate::error::Result;
use crate::scheduling::event_for;
use crate::state::App;
use crate::web::{Caller, Cursor, Items, Json, Path, Query, ToManage, ToRead};

/// The routes of tallies.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(tallies, tally))
}

/// The tallies of an event, as they were recorded.
#[utoipa::path(
    get, path = "/events/{id}/tallies", tag = "outreach",
    params(("id" = String, Path, description = "Of an event"), Cursor),
    responses((status = 200, body = Items<Recorded>)),
)]
async fn tallies(
    State(app): State<App>,
    caller: Caller<ToRead>,
    Path(id): Path<EventId>,
    Query(cursor): Query<Cursor>,
) -> Result<Json<Items<Recorded>>> {
    let event = event_for(app.db.read(), &caller.actor, id).await?;
    Ok(Json(list(app.db.read(), event.id, cursor.text()).await?.into()))
}

/// Records a quantity; a correction is negative, and no total falls below zero.
#[utoipa::path(
    post, path = "/events/{id}/tallies", tag = "outreach",
    params(("id" = String, Path, description = "Of an event")),
    request_body = NewTally,
    responses((status = 201, body = Recorded)),
)]
async fn tally(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<EventId>,
    Json(body): Json<NewTally>,
) -> Result<(StatusCode, Json<Recorded>)> {
    let tx = app.db.begin().await?;
    let recorded = record(&tx, &caller.actor, id, body, app.now()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(recorded)))
}
