//! Conflicts and free times over HTTP.

use axum::extract::State;
use entity::id::EventId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ConflictView, Free, Sitting, Subject, find};
use crate::dates::{Span, parse_duration, parse_moment};
use crate::error::{Error, FieldProblem, Result};
use crate::scheduling::audience::{Audience, parse};
use crate::scheduling::{draft, event_for, load_whole};
use crate::state::App;
use crate::web::{Caller, Items, Json, Path, Query, ToManage, ToRead};

/// The routes of conflicts and free times.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(event_conflicts)).routes(routes!(free_slots))
}

/// What is in the way of an event's sessions, as it stands now; hints too.
#[utoipa::path(get, path = "/events/{id}/conflicts", tag = "events", params(("id" = String, Path, description = "Of an event")), responses((status = 200, body = Items<ConflictView>)))]
async fn event_conflicts(
    State(app): State<App>,
    caller: Caller<ToRead>,
    Path(id): Path<EventId>,
) -> Result<Json<Items<ConflictView>>> {
    let (db, now) = (app.db.read(), app.now());
    let whole = load_whole(db, event_for(db, &caller.actor, id).await?).await?;
    let found = find(db, &app.ground(), &caller.actor, &Subject::of(&whole), now).await?;
    let items = found.iter().map(|conflict| ConflictView::of(conflict, &app.kinds, now)).collect();
    Ok(Json(Items { items, next: None }))
}

/// For whom, where, how long and when about.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Wish {
    /// The host's code.
    #[param(required = true)]
    host: String,
    /// Who must come: lines of an audience, apart by `;`.
    #[param(required = true, example = "org:GQ-KJ;-staff:KJ003")]
    audience: String,
    /// Where; may be left out.
    location: String,
    /// How long, ISO 8601.
    #[param(required = true, example = "PT2H")]
    length: String,
    /// When about; the nearest come first.
    #[param(required = true, example = "2026-03-12T09:00")]
    near: String,
}

/// A free time.
#[derive(Debug, Serialize, ToSchema)]
struct SlotView {
    /// RFC 3339 with offset.
    #[schema(example = "2026-03-12T14:00:00+08:00")]
    starts_at: String,
    /// RFC 3339 with offset.
    #[schema(example = "2026-03-12T16:00:00+08:00")]
    ends_at: String,
}

/// The three nearest times at which nobody of an audience must be elsewhere and the place is free: on working days
/// within the hours of work, at most 60 days away, none past. Fewer, if there are no more.
#[utoipa::path(get, path = "/free-slots", tag = "events", params(Wish), responses((status = 200, body = Items<SlotView>)))]
async fn free_slots(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Query(wish): Query<Wish>,
) -> Result<Json<Items<SlotView>>> {
    let (db, ground) = (app.db.read(), app.ground());
    let mut wrong = Vec::new();
    let host = draft::host(db, &caller.actor, wish.host.trim(), &mut wrong).await?;
    // The form's word for it is not the query's.
    for problem in &mut wrong {
        "host".clone_into(&mut problem.field);
    }
    let span = wish.span(&app, &mut wrong);
    let lines: Vec<String> =
        wish.audience.split([';', '；']).map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect();
    let rules = match parse(db, &lines).await {
        Ok(rules) => rules,
        Err(Error::Problem(problem)) => {
            wrong.extend(problem.fields);
            Vec::new()
        }
        Err(other) => return Err(other),
    };
    let Some(span) = span.filter(|_| wrong.is_empty()) else { return Err(Error::invalid(wrong)) };
    let sitting = Sitting {
        session: None,
        key: String::new(),
        title: String::new(),
        span,
        location: wish.location,
        frozen: false,
        asked: true,
    };
    let subject = Subject {
        event: None,
        host,
        kind: String::new(),
        required: true,
        capacity: None,
        audience: Some(Audience { rules, hosts: vec![host] }),
        sittings: vec![sitting.clone()],
    };
    let free = Free::load(db, &ground, &caller.actor, &subject, &sitting, app.now()).await?;
    let items =
        free.slots(3).into_iter().map(|slot| SlotView { starts_at: slot.start_text(), ends_at: slot.end_text() });
    Ok(Json(Items { items: items.collect(), next: None }))
}

impl Wish {
    fn span(&self, app: &App, wrong: &mut Vec<FieldProblem>) -> Option<Span> {
        let zone = app.config.zone();
        let mut needed = |field: &'static str, text: &str| {
            let text = text.trim();
            if text.is_empty() {
                wrong.push(FieldProblem::new(field, "required"));
            }
            (!text.is_empty()).then(|| text.to_owned())
        };
        let (near, length) = (needed("near", &self.near), needed("length", &self.length));
        // A plus sign that was not escaped arrives as a blank.
        let start = near.and_then(|text| {
            let text = if text.contains('T') { text.replace(' ', "+") } else { text };
            parse_moment(&text, zone).map_err(|error| wrong.push(FieldProblem::new("near", error.code()))).ok()
        });
        let length = length.and_then(|text| {
            let hours = ground_hours(app);
            let length = parse_duration(&text).filter(|length| length.num_seconds() > 0);
            if length.is_none() {
                wrong.push(FieldProblem::new("length", "bad-slot-length"));
            }
            let length = length?;
            if length > hours {
                wrong.push(FieldProblem::new("length", "too-long-a-day").with("limit", hours.num_minutes()));
                return None;
            }
            Some(length)
        });
        let (start, length) = (start?, length?);
        Some(Span { start, end: start + length, all_day: false, zone })
    }
}

fn ground_hours(app: &App) -> chrono::TimeDelta {
    let hours = app.config.work_hours();
    hours.to - hours.from
}
