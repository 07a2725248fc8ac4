//! Registrations of an event over HTTP, for its host.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use entity::id::{EventId, RegistrationId};
use entity::state::RegistrationStatus;
use entity::{person, registration};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Applicant, Way, active, call_off, enter, hold, of_host};
use crate::access::{Marked, Rights};
use crate::error::{Code, Error, Result};
use crate::people::{OrgTree, member_on};
use crate::scheduling::event_for;
use crate::state::App;
use crate::web::{Caller, Items, Json, Path, ToManage, ToRead};

/// The routes of registrations.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(registrations, register)).routes(routes!(take_off))
}

/// Somebody who put their name down.
#[derive(Debug, Serialize, ToSchema)]
struct RegistrationView {
    /// Opaque.
    id: String,
    /// `registered`, `waiting` or `cancelled`.
    #[schema(value_type = String, example = "registered")]
    status: RegistrationStatus,
    /// At which place of the queue, from 1, when waiting.
    place: Option<u64>,
    /// Of one of the staff.
    staff_no: Option<String>,
    /// Who.
    name: String,
    /// Where mail reaches them; may be empty of staff.
    email: String,
    /// Whence; may be empty.
    body: String,
    /// When the name was put down.
    created_at: DateTime<Utc>,
}

impl RegistrationView {
    fn new(row: registration::Model, place: Option<u64>, staff_no: Option<String>) -> Self {
        Self {
            id: row.id.to_string(),
            status: row.status,
            place,
            staff_no,
            name: row.name,
            email: row.email,
            body: row.body,
            created_at: row.created_at,
        }
    }
}

async fn views(db: &impl ConnectionTrait, rows: Vec<registration::Model>) -> Result<Vec<RegistrationView>> {
    let staff = rows.iter().filter_map(|row| row.person_id);
    let people = person::Entity::find().filter(person::Column::Id.is_in(staff)).all(db).await?;
    let numbers: std::collections::HashMap<_, _> = people.into_iter().map(|row| (row.id, row.staff_no)).collect();
    let mut queue = 0;
    let view = |row: registration::Model| {
        let waits = row.status == RegistrationStatus::Waiting;
        queue += u64::from(waits);
        let staff_no = row.person_id.and_then(|id| numbers.get(&id).cloned());
        RegistrationView::new(row, waits.then_some(queue), staff_no)
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Who is registered, then who waits, first come first; names and addresses, so for the host alone.
#[utoipa::path(get, path = "/events/{id}/registrations", tag = "registration",
    params(("id" = String, Path, description = "Of an event")),
    responses((status = 200, body = Items<RegistrationView>)))]
async fn registrations(
    State(app): State<App>,
    caller: Caller<ToRead>,
    Path(id): Path<EventId>,
) -> Result<Json<Items<RegistrationView>>> {
    let db = app.db.read();
    let event = event_for(db, &caller.actor, id).await?;
    of_host(db, &caller.actor, &event).await?;
    let rows = active(db, event.id).await?;
    Ok(Json(Items { items: views(db, rows).await?, next: None }))
}

/// Whose name is put down: `staff_no`, or `name` and `email`.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct NewRegistration {
    /// Of one of the staff.
    staff_no: Option<String>,
    /// Of the public: who.
    name: Option<String>,
    /// Of the public: where mail reaches them.
    email: Option<String>,
    /// Of the public: whence.
    body: Option<String>,
    /// Makes a repetition of this request known: it gets the first answer again.
    #[serde(skip_serializing)]
    nonce: Option<String>,
}

/// What is kept of an answer: nothing personal.
#[derive(Serialize, Deserialize)]
struct Answered {
    id: i64,
    status: u16,
}

/// An applicant from the staff, with the section of today.
pub(super) async fn of_staff(db: &impl ConnectionTrait, staff_no: &str, app: &App) -> Result<Applicant> {
    let found = person::Entity::find().filter(person::Column::StaffNo.eq(staff_no.trim())).one(db).await?;
    let unknown = || crate::error::FieldProblem::new("staff_no", "unknown-staff").with("value", staff_no.trim());
    let person = found.ok_or_else(|| Error::invalid(vec![unknown()]))?;
    applicant(db, &person, app).await
}

/// The same of a person.
pub(crate) async fn applicant(db: &impl ConnectionTrait, person: &person::Model, app: &App) -> Result<Applicant> {
    let member = member_on(db, app.config.zone().day(app.now()), person.id).await?;
    let tree = OrgTree::load(db).await?;
    Ok(Applicant::of_staff(person, member.map_or("", |member| tree.name(member.organisation_id))))
}

async fn understood(db: &impl ConnectionTrait, body: &NewRegistration, app: &App) -> Result<Applicant> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    match &body.staff_no {
        Some(_) if body.name.is_some() || body.email.is_some() => Err(Error::field("staff_no", "staff-or-public")),
        Some(number) => of_staff(db, number, app).await,
        None => Applicant::of_public(&text(&body.name), &text(&body.email), &text(&body.body)),
    }
}

/// Puts a name down by hand, until the event is over: 201 new, with a place or waiting; 200 it was down already.
#[utoipa::path(post, path = "/events/{id}/registrations", tag = "registration",
    params(("id" = String, Path, description = "Of an event")), request_body = NewRegistration,
    responses((status = 201, body = RegistrationView), (status = 200, body = RegistrationView)))]
async fn register(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<EventId>,
    Json(body): Json<NewRegistration>,
) -> Result<(StatusCode, Json<RegistrationView>)> {
    let (actor, now) = (&caller.actor, app.now());
    let marked = match &body.nonce {
        Some(nonce) => Some(Marked::new(format!("registration:{}:{id}", actor.name), nonce, &body)?),
        None => None,
    };
    let tx = app.db.begin().await?;
    let event = event_for(&tx, actor, id).await?;
    of_host(&tx, actor, &event).await?;
    let event = hold(&tx, event.id).await?;
    if let Some(marked) = &marked
        && let Some(Answered { id, status }) = marked.answered(&tx).await?
    {
        let row = registration::Entity::find_by_id(RegistrationId(id)).one(&tx).await?;
        return answer(&tx, row.ok_or_else(|| Error::new(Code::Expired))?, status).await;
    }
    let applicant = understood(&tx, &body, &app).await?;
    let entered = enter(&tx, &event, applicant, Way::ByHand, &actor.name, now).await?;
    let status = if entered.fresh { 201 } else { 200 };
    if let Some(marked) = marked {
        marked.keep(&tx, status, &Answered { id: entered.row.id.0, status }, now).await?;
    }
    let answer = answer(&tx, entered.row, status).await?;
    tx.commit().await?;
    Ok(answer)
}

async fn answer(
    db: &impl ConnectionTrait,
    row: registration::Model,
    status: u16,
) -> Result<(StatusCode, Json<RegistrationView>)> {
    let place = super::place(db, &row).await?;
    let mut view = views(db, vec![row]).await?.pop().ok_or_else(|| Error::internal("a registration vanished"))?;
    view.place = place;
    Ok((StatusCode::from_u16(status).map_err(Error::internal)?, Json(view)))
}

/// Takes a name off; a place that becomes free goes to the first who waits.
#[utoipa::path(delete, path = "/events/{id}/registrations/{registration}", tag = "registration",
    params(("id" = String, Path, description = "Of an event"), ("registration" = String, Path)),
    responses((status = 200, body = RegistrationView)))]
async fn take_off(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path((id, registration)): Path<(EventId, RegistrationId)>,
) -> Result<(StatusCode, Json<RegistrationView>)> {
    let actor = &caller.actor;
    actor.demand(Rights::Manage)?;
    let tx = app.db.begin().await?;
    let event = event_for(&tx, actor, id).await?;
    of_host(&tx, actor, &event).await?;
    let event = hold(&tx, event.id).await?;
    let row = call_off(&tx, &event, registration, &actor.name, app.now()).await?;
    let answer = answer(&tx, row, 200).await?;
    tx.commit().await?;
    Ok(answer)
}
