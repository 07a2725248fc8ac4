//! Events and sessions over HTTP.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use entity::id::{EventId, SessionId};
use entity::state::RemindWhom;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::conflict::hints;
use super::series::NewSeries;
use super::view::{EventView, SessionView};
use super::{
    Bound, EventChange, Filter, Made, NewEvent, NewSession, Whole, cancel_event, change_event, content, create,
    event_for, list_events, list_sessions, load_whole, load_wholes, place, publish, session_for,
};
use crate::dates::{parse_date, parse_moment};
use crate::error::{Error, Result};
use crate::people;
use crate::state::App;
use crate::web::{Caller, IfMatch, IfNoneMatch, Items, Json, MaybeJson, Path, Query, Tagged, ToManage};

/// The routes of events and sessions.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .merge(content::api::routes())
        .merge(place::api::routes())
        .routes(routes!(events, make))
        .routes(routes!(event, change))
        .routes(routes!(publish_one))
        .routes(routes!(cancel))
        .routes(routes!(sessions))
        .routes(routes!(one_session))
        .merge(super::series::api::routes())
        .merge(super::conflict::api::routes())
        .merge(super::undo::api::routes())
        .merge(super::joint::api::routes())
        .merge(super::registration::api::routes())
}

fn tagged(whole: &Whole) -> Tagged<EventView> {
    Tagged { revision: whole.event.revision, body: EventView::of(whole) }
}

/// What to look for; every part may be left out.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Of exactly that key.
    key: Option<String>,
    /// Hosted or co-hosted by that organisation or below: its code.
    org: Option<String>,
    /// Of that kind.
    kind: Option<String>,
    /// With a law or subject of exactly that name.
    topic: Option<String>,
    /// A date, or a time: with a session from then on.
    from: Option<String>,
    /// A date, or a time: with a session up to then, included.
    to: Option<String>,
    /// `next` of the part before.
    cursor: Option<String>,
}

impl Wanted {
    async fn filter(&self, app: &App) -> Result<Filter> {
        let bound = |field: &'static str, text: &Option<String>| -> Result<Option<Bound>> {
            let Some(text) = text.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
            // A plus sign that was not escaped arrives as a blank.
            let text = text.replace(' ', "+");
            if let Ok(day) = parse_date(&text) {
                return Ok(Some(Bound::Day(day)));
            }
            let at = parse_moment(&text, app.config.zone()).map_err(|error| Error::field(field, error.code()))?;
            Ok(Some(Bound::At(at)))
        };
        let org = match self.org.as_deref().filter(|code| !code.is_empty()) {
            Some(code) => Some(people::by_code(app.db.read(), code).await?.id),
            None => None,
        };
        let kind = self.kind.clone().filter(|kind| !kind.is_empty());
        if let Some(kind) = kind.as_ref().filter(|kind| app.kinds.get(kind).is_none()) {
            return Err(unknown_kind(kind));
        }
        let topic = self.topic.clone().filter(|topic| !topic.is_empty());
        Ok(Filter {
            key: self.key.clone(),
            org,
            kind,
            topic,
            from: bound("from", &self.from)?,
            to: bound("to", &self.to)?,
        })
    }
}

fn unknown_kind(kind: &str) -> Error {
    Error::invalid(vec![crate::error::FieldProblem::new("kind", "unknown-kind").with("value", kind)])
}

/// Events that the token may see.
#[utoipa::path(get, path = "/events", tag = "events", params(Wanted), responses((status = 200, body = Items<EventView>)))]
async fn events(
    State(app): State<App>,
    caller: Caller<()>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Items<EventView>>> {
    let filter = wanted.filter(&app).await?;
    let listed = list_events(app.db.read(), &caller.actor, &filter, wanted.cursor.as_deref()).await?;
    let wholes = load_wholes(app.db.read(), listed.items).await?;
    Ok(Json(Items { items: wholes.iter().map(EventView::of).collect(), next: listed.next }))
}

/// A new event; `sessions`, or `series` instead.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct EventBody {
    /// The name that other programs know it by; unique.
    #[schema(required = true)]
    key: String,
    /// A key of the event kinds.
    #[schema(required = true)]
    kind: String,
    /// As shown.
    #[schema(required = true)]
    title: String,
    /// The host's code.
    #[schema(required = true)]
    org_code: String,
    /// Whom it invites: `org:CODE` with all below it, `group:NAME`, `staff:NO`, `public`; a leading `-` takes out.
    #[schema(required = true)]
    audience: Vec<String>,
    /// Codes of those who host it too.
    co_host_codes: Vec<String>,
    /// Where it is.
    location: String,
    /// Laws and subjects.
    topics: Vec<String>,
    /// Further kinds in which its sessions count.
    also_kinds: Vec<String>,
    /// Form of publicity.
    form: String,
    /// Whether the invited must attend.
    #[schema(default = false)]
    required: bool,
    /// Whether others may check in.
    #[schema(default = true)]
    walk_ins: bool,
    /// Reminders before the start, ISO 8601; left out or null: the kind's.
    reminders: Option<Vec<String>>,
    /// Which of the invited are reminded: `all`, `unanswered` or `not_checked_in`; left out or null: all.
    #[schema(value_type = Option<String>, example = "unanswered")]
    remind_whom: Option<RemindWhom>,
    /// What is mailed afterwards: `make_up`, `thanks`, `materials`; left out or null: the kind's.
    after: Option<Vec<String>>,
    /// IANA name; left out or null: the setting's.
    time_zone: Option<String>,
    /// `draft`, the only state in which an event begins.
    status: Option<String>,
    /// Its sittings.
    sessions: Option<Vec<NewSession>>,
    /// Sittings by a rule of recurrence, instead of `sessions`.
    series: Option<NewSeries>,
    /// How many may take part; left out or null: as many as come.
    capacity: Option<i32>,
    /// Whom to ask.
    contact: String,
}

impl Default for EventBody {
    fn default() -> Self {
        Self {
            key: String::new(),
            kind: String::new(),
            title: String::new(),
            org_code: String::new(),
            audience: Vec::new(),
            co_host_codes: Vec::new(),
            location: String::new(),
            topics: Vec::new(),
            also_kinds: Vec::new(),
            form: String::new(),
            required: false,
            walk_ins: true,
            reminders: None,
            remind_whom: None,
            after: None,
            time_zone: None,
            status: None,
            sessions: None,
            series: None,
            capacity: None,
            contact: String::new(),
        }
    }
}

impl EventBody {
    fn understood(self) -> Result<NewEvent> {
        if self.series.is_some() && self.sessions.is_some() {
            return Err(Error::field("series", "sessions-or-series"));
        }
        if self.status.as_deref().is_some_and(|status| status != "draft") {
            return Err(Error::field("status", "begins-as-draft"));
        }
        Ok(NewEvent {
            key: self.key,
            kind: self.kind,
            title: self.title,
            org_code: self.org_code,
            co_host_codes: self.co_host_codes,
            location: self.location,
            topics: self.topics,
            also_kinds: self.also_kinds,
            form: self.form,
            audience: self.audience,
            required: self.required,
            walk_ins: self.walk_ins,
            reminders: self.reminders,
            remind_whom: self.remind_whom,
            after: self.after,
            time_zone: self.time_zone,
            sessions: self.sessions.unwrap_or_default(),
            series: self.series,
            capacity: self.capacity,
            contact: self.contact,
        })
    }
}

/// Makes a draft. A key that exists is 200 when it says the same, else 409.
#[utoipa::path(post, path = "/events", tag = "events", request_body = EventBody, responses(
    (status = 201, body = EventView), (status = 200, body = EventView, description = "It was there already"),
))]
async fn make(State(app): State<App>, caller: Caller<ToManage>, Json(body): Json<EventBody>) -> Result<Response> {
    let new = body.understood()?;
    let tx = app.db.begin().await?;
    let made = create(&tx, &app.ground(), &caller.actor, new, app.now()).await?;
    tx.commit().await?;
    let status = if matches!(made, Made::New(_)) { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = tagged(made.whole()).into_response();
    *response.status_mut() = status;
    Ok(response)
}

/// One event, with an ETag.
#[utoipa::path(get, path = "/events/{id}", tag = "events", params(("id" = String, Path, description = "Of an event")), responses((status = 200, body = EventView), (status = 304, description = "Unchanged")))]
async fn event(
    State(app): State<App>,
    caller: Caller<()>,
    Path(id): Path<EventId>,
    held: IfNoneMatch,
) -> Result<Response> {
    let event = event_for(app.db.read(), &caller.actor, id).await?;
    Ok(tagged(&load_whole(app.db.read(), event).await?).unless_held(&held))
}

/// Changes what is given of an event.
#[utoipa::path(patch, path = "/events/{id}", tag = "events", params(("id" = String, Path, description = "Of an event"), ("If-Match" = Option<String>, Header, description = "412 when it changed meanwhile")), request_body = EventChange, responses((status = 200, body = EventView)))]
async fn change(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<EventId>,
    IfMatch(expected): IfMatch,
    Json(body): Json<EventChange>,
) -> Result<Tagged<EventView>> {
    let tx = app.db.begin().await?;
    let whole = change_event(&tx, &app.ground(), &caller.actor, id, body, expected, app.now()).await?;
    tx.commit().await?;
    let mut answer = tagged(&whole);
    answer.body.conflicts = hints(app.db.read(), &app.ground(), &caller.actor, &whole, None, app.now()).await?;
    Ok(answer)
}

/// A reason, which may be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Reason {
    /// Why; those who are told see it.
    pub(super) reason: Option<String>,
}

/// Why conflicts do not matter.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Override {
    /// Why it is published in spite of conflicts.
    r#override: Option<String>,
}

/// Publishes a draft, and invites at once. With conflicts it answers 409 of type `urn:pufa:problem:conflicts`, with
/// each in `conflicts`, unless `override` says why they do not matter.
#[utoipa::path(post, path = "/events/{id}/publish", tag = "events", params(("id" = String, Path, description = "Of an event")), request_body = Option<Override>, responses((status = 200, body = EventView), (status = 409, description = "Conflicts, each in `conflicts`; or cancelled")))]
async fn publish_one(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<EventId>,
    MaybeJson(body): MaybeJson<Override>,
) -> Result<Tagged<EventView>> {
    let tx = app.db.begin().await?;
    let whole = publish(&tx, &app.ground(), &caller.actor, id, body.r#override, app.now()).await?;
    tx.commit().await?;
    Ok(tagged(&whole))
}

/// Cancels an event with all its sessions that are not over, and tells the invited at once.
#[utoipa::path(post, path = "/events/{id}/cancel", tag = "events", params(("id" = String, Path, description = "Of an event")), request_body = Option<Reason>, responses((status = 200, body = EventView)))]
async fn cancel(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path(id): Path<EventId>,
    MaybeJson(body): MaybeJson<Reason>,
) -> Result<Tagged<EventView>> {
    let tx = app.db.begin().await?;
    let whole = cancel_event(&tx, &caller.actor, id, body.reason, app.now()).await?;
    tx.commit().await?;
    Ok(tagged(&whole))
}

/// Sessions that the token may see, by start.
#[utoipa::path(get, path = "/sessions", tag = "sessions", params(Wanted), responses((status = 200, body = Items<SessionView>)))]
async fn sessions(
    State(app): State<App>,
    caller: Caller<()>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Items<SessionView>>> {
    let filter = wanted.filter(&app).await?;
    let listed = list_sessions(app.db.read(), &caller.actor, &filter, wanted.cursor.as_deref()).await?;
    let items = listed.items.iter().map(|(event, session)| SessionView::of(event, session)).collect();
    Ok(Json(Items { items, next: listed.next }))
}

/// One session, with an ETag.
#[utoipa::path(get, path = "/sessions/{id}", tag = "sessions", params(("id" = String, Path, description = "Of a session")), responses((status = 200, body = SessionView), (status = 304, description = "Unchanged")))]
async fn one_session(
    State(app): State<App>,
    caller: Caller<()>,
    Path(id): Path<SessionId>,
    held: IfNoneMatch,
) -> Result<Response> {
    let (event, session) = session_for(app.db.read(), &caller.actor, id).await?;
    Ok(Tagged { revision: session.revision, body: SessionView::of(&event, &session) }.unless_held(&held))
}
