//! The year's figures over HTTP, and the rows behind each.

use axum::extract::State;
use entity::organisation;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::figure::Figure;
use super::links::{self, To};
use super::rows::{Part, Row, rows};
use super::source::{Scope, exam_kinds};
use super::{Figures, load, settle};
use crate::access::Actor;
use crate::error::{Code, Error, Result};
use crate::people::OrgTree;
use crate::state::App;
use crate::web::{Caller, Items, Json, Path, Query, ToRead};

/// Rows in one part of a list.
const PART: u64 = 500;

/// The routes of reports.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(report)).routes(routes!(rows_of_figure))
}

/// Whose report.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// The organisation's code; without one the token's own.
    org: Option<String>,
}

/// The year's figures of an organisation and everything below it.
#[derive(Serialize, ToSchema)]
struct ReportView {
    #[serde(flatten)]
    figures: Figures,
    /// The same tree, with the address of the rows behind each figure in its place.
    #[schema(value_type = Object)]
    links: serde_json::Value,
}

/// The organisation of that code when the actor may read it, else its own when none is named; `not-found` otherwise.
pub(super) async fn readable(app: &App, actor: &Actor, code: Option<&str>) -> Result<organisation::Model> {
    let tree = OrgTree::load(app.db.read()).await?;
    let found = match code.filter(|code| !code.is_empty()) {
        Some(code) => tree.by_code(code).filter(|org| tree.is_below(org.id, actor.organisation)),
        None => tree.get(actor.organisation),
    };
    found.cloned().ok_or_else(|| Error::new(Code::NotFound))
}

/// The year of an address; `not-found` for one that no calendar of ours has.
pub(super) fn year_of(text: &str) -> Result<i32> {
    text.parse().ok().filter(|year| (1900..=9999).contains(year)).ok_or_else(|| Error::new(Code::NotFound))
}

/// The annual statistics; `links` leads to the rows behind each figure.
#[utoipa::path(get, path = "/reports/{year}", tag = "reports", params(("year" = i32, Path), Wanted), responses((status = 200, body = ReportView)))]
async fn report(
    State(app): State<App>,
    caller: Caller<ToRead>,
    Path(year): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<ReportView>> {
    let year = year_of(&year)?;
    let org = readable(&app, &caller.actor, wanted.org.as_deref()).await?;
    let now = app.now();
    settle(&app.db, now).await?;
    let figures = load(&app.db.snapshot().await?, &app.kinds, &org, year, app.config.zone(), now).await?;
    let links = links::tree(To::Api, &figures);
    Ok(Json(ReportView { figures, links }))
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WantedRows {
    /// The organisation's code; without one the token's own.
    org: Option<String>,
    /// The figure, by its path in the report: `kinds.lecture.expected`, `outreach.materials`. Of a rate come the rows
    /// of its denominator.
    figure: String,
    /// `next` of the part before.
    cursor: Option<String>,
}

/// The rows behind one figure: as many as it says, or such that their hours or amounts add up to it.
#[utoipa::path(get, path = "/reports/{year}/rows", tag = "reports", params(("year" = i32, Path), WantedRows), responses((status = 200, body = Items<Row>)))]
async fn rows_of_figure(
    State(app): State<App>,
    caller: Caller<ToRead>,
    Path(year): Path<String>,
    Query(wanted): Query<WantedRows>,
) -> Result<Json<Items<Row>>> {
    let year = year_of(&year)?;
    let org = readable(&app, &caller.actor, wanted.org.as_deref()).await?;
    let figure = Figure::parse(&wanted.figure, &exam_kinds(&app.kinds));
    let figure = figure.ok_or_else(|| Error::field("figure", "unknown-figure"))?;
    let offset = match wanted.cursor.as_deref() {
        Some(text) => text.parse::<u32>().map_err(|_| Error::field("cursor", "bad-cursor"))?.into(),
        None => 0,
    };
    let now = app.now();
    settle(&app.db, now).await?;
    let scope = Scope { organisation: org.id, year, now };
    let part = Part { offset, limit: PART + 1 };
    let mut items = rows(app.db.read(), &app.kinds, &scope, &figure, part).await?;
    let next = (items.len() as u64 > PART).then(|| (offset + PART).to_string());
    items.truncate(usize::try_from(PART).unwrap_or(usize::MAX));
    Ok(Json(Items { items, next }))
}
