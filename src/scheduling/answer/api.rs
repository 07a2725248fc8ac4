//! What the invited answered, over HTTP.

use axum::extract::State;
use chrono::{DateTime, Utc};
use entity::id::SessionId;
use entity::state::{AnswerStatus, AnswerVia};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::of_session;
use crate::error::Result;
use crate::people::OrgTree;
use crate::scheduling::{roster, session_for};
use crate::state::App;
use crate::web::{Caller, Items, Json, Path, ToRead};

/// The route of a session's answers.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(answers))
}

/// Somebody invited, and what they answered.
#[derive(Debug, Serialize, ToSchema)]
struct AnswerItem {
    /// Opaque.
    person_id: String,
    /// Staff number.
    staff_no: String,
    /// As shown.
    name: String,
    /// Null before they answered, and after a new time or place.
    #[schema(value_type = Option<String>, example = "accepted")]
    answer: Option<AnswerStatus>,
    /// What they added; only for who may manage the event.
    comment: Option<String>,
    /// By which way it came: `mail` (a calendar's reply), `link` (in the mail), `page`.
    #[schema(value_type = Option<String>, example = "mail")]
    via: Option<AnswerVia>,
    /// When it came.
    answered_at: Option<DateTime<Utc>>,
}

/// Everyone invited to a session, whoever must come or may, with their answers, by staff number.
#[utoipa::path(get, path = "/sessions/{id}/answers", tag = "scheduling",
    params(("id" = String, Path, description = "Of a session")),
    responses((status = 200, body = Items<AnswerItem>)))]
async fn answers(
    State(app): State<App>,
    caller: Caller<ToRead>,
    Path(id): Path<SessionId>,
) -> Result<Json<Items<AnswerItem>>> {
    let db = app.db.read();
    let (event, session) = session_for(db, &caller.actor, id).await?;
    let manages =
        caller.actor.may_manage() && OrgTree::load(db).await?.is_below(event.host_id, caller.actor.organisation);
    let mut said = of_session(db, session.id).await?;
    let members = roster::invited_to(db, &event, &session).await?;
    let items = members.into_iter().map(|member| {
        let own = said.remove(&member.person_id);
        AnswerItem {
            person_id: member.person_id.to_string(),
            staff_no: member.staff_no,
            name: member.name,
            answer: own.as_ref().map(|row| row.status),
            via: own.as_ref().map(|row| row.via),
            answered_at: own.as_ref().map(|row| row.answered_at),
            comment: own.map(|row| row.comment).filter(|text| manages && !text.is_empty()),
        }
    });
    Ok(Json(Items { items: items.collect(), next: None }))
}
