//! What was mailed of an event, and sending it again, over HTTP.

use axum::extract::State;
use chrono::{DateTime, Utc};
use entity::id::{EventId, OutboxId};
use entity::outbox;
use entity::state::{MessageKind, MessageState};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::of_event;
use crate::error::Result;
use crate::notify::desk::{Reach, again};
use crate::scheduling::event_for;
use crate::state::App;
use crate::web::{Caller, Cursor, Items, Json, Path, Query, ToManage, ToRead};

/// The routes of messages.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(messages)).routes(routes!(send_again))
}

/// A message, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
struct MessageView {
    /// Opaque.
    id: String,
    /// Where it goes.
    to: String,
    /// `invitation`, `update`, `cancellation`, `reminder`.
    #[schema(value_type = String, example = "invitation")]
    kind: MessageKind,
    /// Of which session.
    session_id: Option<String>,
    /// Of which series as a whole; then of no session.
    series_id: Option<String>,
    /// `queued`, `sent`, `failed` (to be tried again), `dead`.
    #[schema(value_type = String, example = "sent")]
    state: MessageState,
    /// How often it was tried; while the mail server is away, not every try counts.
    attempts: i32,
    /// What the mail server said last.
    answer: Option<String>,
    /// The mail's Message-ID, the same at every attempt.
    #[schema(example = "<2f0c@example.test>")]
    message_id: String,
    /// When it was written down.
    created_at: DateTime<Utc>,
    /// When the mail server took it.
    sent_at: Option<DateTime<Utc>>,
}

impl MessageView {
    fn of(row: outbox::Model, domain: &str) -> Self {
        Self {
            id: row.id.to_string(),
            to: row.address,
            kind: row.kind,
            session_id: row.session_id.map(|id| id.to_string()),
            series_id: row.series_id.map(|id| id.to_string()),
            state: row.state,
            attempts: row.attempts,
            answer: row.answer,
            message_id: format!("<{}@{domain}>", row.message_id),
            created_at: row.created_at,
            sent_at: row.sent_at,
        }
    }
}

/// What was mailed of an event, as it was written down.
#[utoipa::path(
    get, path = "/events/{id}/messages", tag = "events",
    params(("id" = String, Path, description = "Of an event"), Cursor),
    responses((status = 200, body = Items<MessageView>)),
)]
async fn messages(
    State(app): State<App>,
    caller: Caller<ToRead>,
    Path(id): Path<EventId>,
    Query(cursor): Query<Cursor>,
) -> Result<Json<Items<MessageView>>> {
    let event = event_for(app.db.read(), &caller.actor, id).await?;
    let listed = of_event(app.db.read(), event.id, cursor.text()).await?;
    let domain = app.config.mail.domain();
    Ok(Json(listed.map(|row| MessageView::of(row, domain)).into()))
}

/// Sends a message that was given up again, as if it had never been tried, with the same Message-ID; what was known
/// against its address is forgotten. 409 `wrong-state` unless its state is `dead`, and for links to sign in.
#[utoipa::path(
    post, path = "/messages/{id}/send-again", tag = "events",
    params(("id" = String, Path, description = "Of a message")),
    responses(
        (status = 200, body = MessageView, description = "Queued again"),
        (status = 404, description = "None of the organisation's"),
        (status = 409, description = "Not given up"),
    ),
)]
async fn send_again(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<OutboxId>,
) -> Result<Json<MessageView>> {
    let now = app.now();
    let reach = Reach { organisation: caller.actor.organisation, event: None, day: app.config.zone().day(now) };
    let tx = app.db.begin().await?;
    let row = again(&tx, &caller.actor, reach, id, now).await?;
    tx.commit().await?;
    Ok(Json(MessageView::of(row, app.config.mail.domain())))
}
