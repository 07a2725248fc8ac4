//! The pages of events: month, year, one event, its form.

use axum::Router;
use axum::routing::{get, post};

use super::{act, content, detail, form, month, place, year};
use crate::state::App;

/// Every page of this room.
pub fn routes() -> Router<App> {
    use act::pages as act;
    Router::new()
        .merge(content::pages::routes())
        .merge(place::pages::routes())
        .route("/calendar", get(month::pages::show))
        .route("/events", get(year::pages::show))
        .route("/events/new", get(form::pages::ask_new).post(form::pages::make))
        .route("/events/{id}/edit", get(form::pages::ask_edit).post(form::pages::edit))
        .route("/events/{id}", get(detail::pages::show))
        .route("/events/{id}/counts", get(detail::pages::counts))
        .route("/events/{id}/publish", get(act::ask_publish).post(act::do_publish))
        .route("/events/{id}/cancel", get(act::ask_cancel_event).post(act::do_cancel_event))
        .route("/sessions/{id}/cancel", get(act::ask_cancel_session).post(act::do_cancel_session))
        .route("/sessions/{id}/held", post(act::mark_held))
}
