//! Whom an event invites, over HTTP.

use axum::extract::State;
use chrono::NaiveDate;
use entity::id::EventId;
use entity::session;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::reach;
use crate::error::{Error, Result};
use crate::people::{Member, OrgTree};
use crate::scheduling::audience::Audience;
use crate::scheduling::event_for;
use crate::state::App;
use crate::web::{Caller, Json, Path, Query, ToRead};

/// The route.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(audience))
}

/// On which day.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// `2024-03-12`; without it that of the next session that has not begun, else today.
    day: Option<String>,
}

/// Somebody who is invited.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Invited {
    /// Opaque.
    pub person_id: String,
    /// Staff number.
    pub staff_no: String,
    /// Name.
    pub name: String,
    /// Whom they are under on the day.
    pub org_code: String,
    /// Their post then; may be empty.
    pub title: String,
    /// Whether mail reaches them.
    pub has_email: bool,
}

/// How many a host or co-host brings.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Part {
    /// Its code.
    pub org_code: String,
    /// People under it; somebody may be under several.
    pub total: usize,
}

/// Whom an event invites on a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Preview {
    /// On which day.
    pub day: String,
    /// How many.
    pub total: usize,
    /// By staff number.
    pub items: Vec<Invited>,
    /// Always null: the list is whole.
    pub next: Option<String>,
    /// Whom one line names and another takes out.
    pub excluded: Vec<Invited>,
    /// Of a joint event, by host and co-host.
    pub parts: Vec<Part>,
}

/// Whom an event invites on a day, by the memberships of that day; of a draft, whom it would.
#[utoipa::path(
    get, path = "/events/{id}/audience", tag = "scheduling",
    params(("id" = String, Path, description = "Of an event"), Asked),
    responses((status = 200, body = Preview)),
)]
async fn audience(
    State(app): State<App>,
    caller: Caller<ToRead>,
    Path(id): Path<EventId>,
    Query(asked): Query<Asked>,
) -> Result<Json<Preview>> {
    let (db, now) = (app.db.read(), app.now());
    let event = event_for(db, &caller.actor, id).await?;
    let day = if let Some(text) = &asked.day {
        text.parse::<NaiveDate>().map_err(|_| Error::field("day", "bad-date"))?
    } else {
        let next = session::Entity::find()
            .filter(session::Column::EventId.eq(id))
            .filter(session::Column::StartsAt.gt(now))
            .order_by_asc(session::Column::StartsAt)
            .one(db)
            .await?;
        next.map_or_else(|| app.config.zone().day(now), |session| session.day)
    };
    let tree = OrgTree::load(db).await?;
    let found = reach(db, &tree, &Audience::load(db, &event).await?, day).await?;
    let row = |member: &Member| Invited {
        person_id: member.person_id.to_string(),
        staff_no: member.staff_no.clone(),
        name: member.name.clone(),
        org_code: tree.code(member.organisation_id).to_owned(),
        title: member.title.clone(),
        has_email: member.email.is_some(),
    };
    Ok(Json(Preview {
        day: day.to_string(),
        total: found.people.len(),
        items: found.people.iter().map(row).collect(),
        next: None,
        excluded: found.excluded.iter().map(row).collect(),
        parts: found.parts.iter().map(|(id, n)| Part { org_code: tree.code(*id).to_owned(), total: *n }).collect(),
    }))
}
