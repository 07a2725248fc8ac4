//! The pages of events: month, year, one event, its form.

use axum::Router;
use axum::routing::get;

use super::{month, year};
use crate::state::App;

/// Every page of this room.
pub fn routes() -> Router<App> {
    Router::new().route("/calendar", get(month::pages::show)).route("/events", get(year::pages::show))
}
