//! The pages of planning: templates.

use axum::Router;
use axum::routing::{get, post};

use super::template::pages as template;
use super::template::using::pages as using;
use crate::state::App;

/// Every page of this room.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/templates", get(template::list))
        .route("/templates/new", get(template::ask_new).post(template::make))
        .route("/templates/starters/{key}", post(template::take))
        .route("/templates/{id}", get(template::ask_edit).post(template::edit))
        .route("/templates/{id}/use", get(using::ask_use).post(using::do_use))
        .route("/templates/{id}/copy", post(template::copy))
        .route("/templates/{id}/delete", post(template::remove))
}
