//! Working days over HTTP.

use axum::extract::State;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::in_force;
use crate::dates::{Workdays, parse_date};
use crate::error::{Error, Result};
use crate::state::App;
use crate::web::{Caller, Json, Query};

/// Days that one call may ask about.
const MOST_DAYS: i64 = 1100;

/// The routes of working days.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(workdays))
}

/// Which days.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Range {
    /// First day.
    #[param(required, example = "2026-01-01")]
    from: String,
    /// Last day, at most three years later.
    #[param(required, example = "2026-12-31")]
    to: String,
}

/// What is known of the days asked about.
#[derive(Serialize, ToSchema)]
struct WorkdaysAnswer {
    /// Every day among them that a notice names; any other is off on Saturday and Sunday, and else worked.
    items: Vec<NamedDayAnswer>,
    /// The years that they touch.
    years: Vec<YearAnswer>,
}

/// A day that a notice names.
#[derive(Serialize, ToSchema)]
struct NamedDayAnswer {
    day: NaiveDate,
    /// Of which holiday.
    name: String,
    /// Whether it is a day off; else it is a weekend day that is worked.
    off: bool,
}

/// A year.
#[derive(Serialize, ToSchema)]
struct YearAnswer {
    year: i32,
    /// Whether a notice of it is known; without one its days go by weekends.
    known: bool,
    /// Where the notice stands, one a line.
    source: Option<String>,
    /// Date of the notice.
    published: Option<NaiveDate>,
}

/// The days off and worked weekend days that notices name, and which years have a notice.
#[utoipa::path(
    get, path = "/workdays", tag = "scheduling", params(Range),
    responses((status = 200, body = WorkdaysAnswer)),
)]
async fn workdays(_: Caller<()>, State(app): State<App>, Query(range): Query<Range>) -> Result<Json<WorkdaysAnswer>> {
    let day = |text: &str, field| parse_date(text).map_err(|error| Error::field(field, error.code()));
    let (from, to) = (day(&range.from, "from")?, day(&range.to, "to")?);
    if to < from {
        return Err(Error::field("to", "end-before-start"));
    }
    if (to - from).num_days() > MOST_DAYS {
        return Err(Error::field("to", "workdays-range"));
    }
    let known = in_force(app.db.read()).await?;
    let years = (from.year()..=to.year()).map(|year| {
        let notice = known.iter().map(|one| &one.notice).find(|notice| notice.year == year);
        YearAnswer {
            year,
            known: notice.is_some(),
            source: notice.map(|notice| notice.source.clone()),
            published: notice.and_then(|notice| notice.published),
        }
    });
    let years = years.collect();
    let workdays = Workdays::new(known.into_iter().map(|one| one.notice));
    let items = workdays.named(from, to).map(|(day, name, off)| NamedDayAnswer { day, name: name.to_owned(), off });
    Ok(Json(WorkdaysAnswer { items: items.collect(), years }))
}
