//! Taking back over HTTP.

use axum::extract::State;
use entity::id::{EventId, UndoStepId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::undo;
use crate::error::{Error, Result};
use crate::scheduling::view::EventView;
use crate::state::App;
use crate::web::{Caller, MaybeJson, Path, Tagged, ToManage};

/// The route of taking back.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(undo_last))
}

/// Which deed is meant.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Meant {
    /// The deed's step, where the caller knows it; left out: the last.
    step: Option<String>,
}

/// Takes back the last deed on an event: publishing, cancelling, moving, marking as held. Messages that nobody has
/// tried to send are withdrawn; who may have one gets what takes it back. 409 of type `urn:pufa:problem:not-undone`
/// when something came after it, or a session has begun or ended since.
#[utoipa::path(post, path = "/events/{id}/undo", tag = "events", params(("id" = String, Path, description = "Of an event")), request_body = Option<Meant>, responses((status = 200, body = EventView), (status = 409, description = "It cannot be taken back any more")))]
async fn undo_last(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<EventId>,
    MaybeJson(body): MaybeJson<Meant>,
) -> Result<Tagged<EventView>> {
    let step = match body.step.as_deref().map(str::parse::<i64>) {
        None => None,
        Some(Ok(step)) => Some(UndoStepId(step)),
        Some(Err(_)) => return Err(Error::field("step", "wrong-type")),
    };
    let tx = app.db.begin().await?;
    let whole = undo(&tx, &caller.actor, id, step, app.now()).await?;
    tx.commit().await?;
    Ok(Tagged { revision: whole.event.revision, body: EventView::of(&whole) })
}
