//! The page of the laws studied.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono::Datelike;
use minijinja::context;
use serde::Deserialize;

use super::{Studied, studied};
use crate::error::Result;
use crate::report::api::{readable, year_of};
use crate::report::settle;
use crate::report::source::Scope;
use crate::state::App;
use crate::view::format;
use crate::web::{Desk, Query, ToRead};

/// `GET /topics`
pub fn routes() -> Router<App> {
    Router::new().route("/topics", get(show))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    org: String,
    year: String,
}

async fn show(State(app): State<App>, desk: Desk<ToRead>, Query(wanted): Query<Wanted>) -> Result<Response> {
    let (page, now) = (&desk.page, app.now());
    let org = readable(&app, &desk.actor, Some(&wanted.org)).await?;
    let year = year_of(&wanted.year).unwrap_or_else(|_| app.config.zone().day(now).year());
    settle(&app.db, now).await?;
    let scope = Scope { organisation: org.id, year, now };
    let rows = studied(&app.db.snapshot().await?, &scope).await?;
    let row = |row: &Studied| {
        context! {
            topic => row.topic.as_str(), events => format::number(row.events), sessions => format::number(row.sessions),
            person_times => format::number(row.person_times),
        }
    };
    let context = context! {
        year, org => org.code.as_str(), name => org.name.as_str(),
        rows => rows.iter().map(row).collect::<Vec<_>>(),
    };
    page.render("report/topics/topics.html", "reports", context).await
}
