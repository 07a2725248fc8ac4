//! Exam results over HTTP.

use axum::extract::State;
use entity::id::EventId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{NewResult, Scored, list, write};
use crate::error::{Error, Result};
use crate::scheduling::event_for;
use crate::state::App;
use crate::web::{Caller, Cursor, Items, Json, Path, Query, ToManage, ToRead};

/// The routes of exam results.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(results, bring))
}

/// Results that are brought in.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Results {
    /// One row a person and attempt.
    #[schema(required = true)]
    results: Option<Vec<NewResult>>,
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
struct Written {
    /// Rows that are new or replace earlier ones.
    written: usize,
}

/// The results of an exam, as they came in.
#[utoipa::path(
    get, path = "/events/{id}/exam-results", tag = "exam",
    params(("id" = String, Path, description = "Of an event"), Cursor),
    responses((status = 200, body = Items<Scored>)),
)]
async fn results(
    State(app): State<App>,
    caller: Caller<ToRead>,
    Path(id): Path<EventId>,
    Query(cursor): Query<Cursor>,
) -> Result<Json<Items<Scored>>> {
    let event = event_for(app.db.read(), &caller.actor, id).await?;
    Ok(Json(list(app.db.read(), event.id, cursor.text()).await?.into()))
}

/// Writes results, all or none; one of the same person and attempt is replaced.
#[utoipa::path(
    post, path = "/events/{id}/exam-results", tag = "exam",
    params(("id" = String, Path, description = "Of an event")),
    request_body = Results,
    responses((status = 200, body = Written)),
)]
async fn bring(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<EventId>,
    Json(body): Json<Results>,
) -> Result<Json<Written>> {
    let results = body.results.ok_or_else(|| Error::field("results", "required"))?;
    let tx = app.db.begin().await?;
    let written = write(&tx, &app.kinds, &caller.actor, id, &results, app.now()).await?;
    tx.commit().await?;
    Ok(Json(Written { written }))
}
