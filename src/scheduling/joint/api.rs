//! Co-hosts of an event over HTTP.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use entity::event_co_host;
use entity::id::EventId;
use entity::state::CoHostStatus;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    Decision, ask_again, decide, event_to_look_at, names_of, own_lines, remove, replace_own_lines, set_contact,
};
use crate::error::{Code, Error, Result};
use crate::people;
use crate::scheduling::load_whole;
use crate::state::App;
use crate::web::{Caller, Items, Json, Path, ToManage};

/// The routes of co-hosts.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(co_hosts)).routes(routes!(say, take_out))
}

/// An organisation that was asked to host an event too.
#[derive(Debug, Serialize, ToSchema)]
struct CoHostView {
    /// Its code.
    org_code: String,
    /// As shown.
    name: String,
    /// `asked`, `accepted` or `declined`; the last is no co-host any more.
    #[schema(value_type = String, example = "accepted")]
    status: CoHostStatus,
    /// When it said so.
    decided_at: Option<DateTime<Utc>>,
    /// Whom to ask there; may be empty.
    contact: String,
    /// Lines that it added to the audience, for its own people.
    audience: Vec<String>,
}

async fn view(db: &impl ConnectionTrait, row: event_co_host::Model) -> Result<CoHostView> {
    let organisation = names_of(db, [row.organisation_id]).await?.remove(&row.organisation_id);
    let organisation = organisation.ok_or_else(|| Error::internal("a co-host without its organisation"))?;
    Ok(CoHostView {
        org_code: organisation.code,
        name: organisation.name,
        status: row.status,
        decided_at: row.decided_at,
        contact: row.contact,
        audience: own_lines(db, row.event_id, row.organisation_id).await?,
    })
}

/// Who was asked to host an event too, and what each said. Seen by the host and by each that was asked.
#[utoipa::path(get, path = "/events/{id}/co-hosts", tag = "events",
    params(("id" = String, Path, description = "Of an event")),
    responses((status = 200, body = Items<CoHostView>)))]
async fn co_hosts(
    State(app): State<App>,
    caller: Caller<()>,
    Path(id): Path<EventId>,
) -> Result<Json<Items<CoHostView>>> {
    let db = app.db.read();
    let whole = load_whole(db, event_to_look_at(db, &caller.actor, id).await?).await?;
    let mut items = Vec::new();
    // At most a hundred.
    for row in whole.asked {
        items.push(view(db, row).await?);
    }
    Ok(Json(Items { items, next: None }))
}

/// What a co-host says; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Said {
    /// `accepted` or `declined`, by the co-host or what is above it; `asked`, by the host, asks one again that declined.
    #[schema(value_type = Option<String>)]
    status: Option<CoHostStatus>,
    /// Why it declined; the host and whoever is no longer invited see it.
    reason: Option<String>,
    /// Whom to ask there.
    contact: Option<String>,
    /// Lines for its own people: `org:CODE` and `staff:NO` of itself and below, a leading `-` taking out.
    audience: Option<Vec<String>>,
}

/// Accepts or declines, says whom to ask, or sets the co-host's own part of the audience. Possible until the event
/// begins (`too-late`), the audience until it ends.
#[utoipa::path(put, path = "/events/{id}/co-hosts/{org_code}", tag = "events",
    params(("id" = String, Path, description = "Of an event"), ("org_code" = String, Path)), request_body = Said,
    responses((status = 200, body = CoHostView)))]
async fn say(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path((id, code)): Path<(EventId, String)>,
    Json(said): Json<Said>,
) -> Result<Json<CoHostView>> {
    let (actor, now) = (&caller.actor, app.now());
    let tx = app.db.begin().await?;
    event_to_look_at(&tx, actor, id).await?;
    let organisation = people::by_code(&tx, &code).await.map_err(|_| Error::new(Code::NotFound))?.id;
    match said.status {
        Some(CoHostStatus::Asked) => ask_again(&tx, actor, id, organisation, now).await?,
        Some(CoHostStatus::Accepted) => {
            decide(&tx, actor, id, organisation, Decision::Accept, None, now).await?;
        }
        Some(CoHostStatus::Declined) => {
            decide(&tx, actor, id, organisation, Decision::Decline(said.reason), None, now).await?;
        }
        None => {}
    }
    if let Some(contact) = &said.contact {
        set_contact(&tx, actor, id, organisation, contact, now).await?;
    }
    if let Some(lines) = &said.audience {
        replace_own_lines(&tx, actor, id, organisation, lines, now).await?;
    }
    let row = event_co_host::Entity::find_by_id((id, organisation)).one(&tx).await?;
    let row = row.ok_or_else(|| Error::new(Code::NotFound))?;
    let view = view(&tx, row).await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// Takes a co-host out, by the host, until the event begins.
#[utoipa::path(delete, path = "/events/{id}/co-hosts/{org_code}", tag = "events",
    params(("id" = String, Path, description = "Of an event"), ("org_code" = String, Path)),
    responses((status = 204, description = "It is out")))]
async fn take_out(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path((id, code)): Path<(EventId, String)>,
) -> Result<StatusCode> {
    let tx = app.db.begin().await?;
    event_to_look_at(&tx, &caller.actor, id).await?;
    let organisation = people::by_code(&tx, &code).await.map_err(|_| Error::new(Code::NotFound))?.id;
    remove(&tx, &caller.actor, id, organisation, app.now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
