//! The pages of planning: the plan, templates, next year.

use axum::Router;
use axum::routing::{get, post};

use super::hub::pages as hub;
use super::next_year::pages as next_year;
use super::observance::pages as observance;
use super::template::pages as template;
use super::template::using::pages as using;
use crate::state::App;

/// Every page of this room.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/planning", get(hub::show))
        .route("/planning/items", post(hub::make))
        .route("/planning/items/{id}", get(hub::ask_edit).post(hub::edit))
        .route("/planning/items/{id}/remove", post(hub::take_away))
        .route("/planning/next-year", get(next_year::ask).post(next_year::take))
        .route("/observances", get(observance::show))
        .route("/observances/{key}/draft", get(observance::ask).post(observance::make))
        .route("/templates", get(template::list))
        .route("/templates/new", get(template::ask_new).post(template::make))
        .route("/templates/starters/{key}", post(template::take))
        .route("/templates/{id}", get(template::ask_edit).post(template::edit))
        .route("/templates/{id}/use", get(using::ask_use).post(using::do_use))
        .route("/templates/{id}/copy", post(template::copy))
        .route("/templates/{id}/delete", post(template::remove))
}
