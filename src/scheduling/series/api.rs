//! Sessions changed, called off and brought back over HTTP, by themselves or with others of their series.

use axum::extract::State;
use entity::id::SessionId;
use entity::{event, session};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Applied, AppliedView, Apply, ByHand, bring_back, cancel_rest, change_rest};
use crate::error::Result;
use crate::scheduling::api::Reason;
use crate::scheduling::conflict::{ConflictView, hints};
use crate::scheduling::view::SessionView;
use crate::scheduling::{SessionChange, load_whole};
use crate::state::App;
use crate::web::{Caller, IfMatch, Json, MaybeJson, Path, Query, Tagged, ToManage};

/// The routes of what changes sessions.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(change_one_session))
        .routes(routes!(cancel_one_session))
        .routes(routes!(restore_one_session))
}

/// Which sittings of its series a change of one is meant for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Reach {
    /// `this` (default): only this one. `later`: this one and all later ones of its series. `all`: all of its series
    /// that have not begun.
    #[param(inline)]
    apply: Apply,
    /// `keep` (default): sittings whose time somebody set by hand keep it. `take`: they come along.
    #[param(inline)]
    by_hand: ByHand,
}

/// A session, with what a change did to others of its series.
#[derive(Debug, Serialize, ToSchema)]
struct ChangedView {
    #[serde(flatten)]
    session: SessionView,
    /// With `apply=later` or `all`: what became of the sittings.
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<AppliedView>,
    /// After a new time or place of a published session: what is in the way of it now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conflicts: Vec<ConflictView>,
}

impl ChangedView {
    fn tagged((event, session, done): (event::Model, session::Model, Applied), apply: Apply) -> Tagged<Self> {
        let applied = (apply != Apply::This).then(|| AppliedView::of(&done));
        Tagged {
            revision: session.revision,
            body: Self { session: SessionView::of(&event, &session), applied, conflicts: Vec::new() },
        }
    }
}

/// Changes what is given of a session; `{"status": "held"}` says that it took place. Of several sittings of a series
/// each keeps its date: what changes is time of day, length, title and place.
#[utoipa::path(patch, path = "/sessions/{id}", tag = "sessions", params(("id" = String, Path, description = "Of a session"), Reach, ("If-Match" = Option<String>, Header, description = "412 when it changed meanwhile")), request_body = SessionChange, responses((status = 200, body = ChangedView)))]
async fn change_one_session(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<SessionId>,
    Query(reach): Query<Reach>,
    IfMatch(expected): IfMatch,
    Json(body): Json<SessionChange>,
) -> Result<Tagged<ChangedView>> {
    let tx = app.db.begin().await?;
    let whom = (reach.apply, reach.by_hand);
    let moves = body.starts_at.is_some() || body.ends_at.is_some() || body.all_day.is_some() || body.location.is_some();
    let changed = change_rest(&tx, &caller.actor, id, body, whom, expected, app.now()).await?;
    tx.commit().await?;
    let event = changed.0.clone();
    let mut answer = ChangedView::tagged(changed, reach.apply);
    if moves {
        let whole = load_whole(app.db.read(), event).await?;
        let only = (reach.apply == Apply::This).then_some(std::slice::from_ref(&id));
        let (db, ground) = (app.db.read(), app.ground());
        answer.body.conflicts = hints(db, &ground, &caller.actor, &whole, only, app.now()).await?;
    }
    Ok(answer)
}

/// Cancels one session, or with it later ones of its series, and tells the invited at once.
#[utoipa::path(post, path = "/sessions/{id}/cancel", tag = "sessions", params(("id" = String, Path, description = "Of a session"), Reach), request_body = Option<Reason>, responses((status = 200, body = ChangedView)))]
async fn cancel_one_session(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<SessionId>,
    Query(reach): Query<Reach>,
    MaybeJson(body): MaybeJson<Reason>,
) -> Result<Tagged<ChangedView>> {
    let tx = app.db.begin().await?;
    let cancelled = cancel_rest(&tx, &caller.actor, id, body.reason, reach.apply, app.now()).await?;
    tx.commit().await?;
    Ok(ChangedView::tagged(cancelled, reach.apply))
}

/// Brings a cancelled sitting of a series back, at the time that its series gives it, and invites to it. 409 when it is
/// not cancelled or its time has passed.
#[utoipa::path(post, path = "/sessions/{id}/restore", tag = "sessions", params(("id" = String, Path, description = "Of a session")), responses((status = 200, body = SessionView)))]
async fn restore_one_session(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<SessionId>,
) -> Result<Tagged<SessionView>> {
    let tx = app.db.begin().await?;
    let (event, session) = bring_back(&tx, &caller.actor, id, app.now()).await?;
    tx.commit().await?;
    Ok(Tagged { revision: session.revision, body: SessionView::of(&event, &session) })
}
