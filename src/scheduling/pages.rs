//! The pages of events: month, moving, year, one event, its form.

use axum::Router;
use axum::routing::{get, post};

use super::{
    act, agenda, answer, content, detail, form, holidays, joint, month, moving, place, planner, registration, series,
    undo, week, year,
};
use crate::state::App;

/// Every page of this room.
pub fn routes() -> Router<App> {
    use super::registration::pages as registered;
    use act::pages as act;
    use answer::mine::pages as own;
    use answer::page::pages as answered;
    use registration::mine::pages as mine;
    use registration::public::pages as public;
    Router::new()
        .merge(content::pages::routes())
        .merge(place::pages::routes())
        .route("/calendar", get(month::pages::show))
        .route("/week", get(week::pages::show))
        .route("/agenda", get(agenda::pages::show))
        .route("/planner", get(planner::pages::show))
        .route("/events", get(year::pages::show))
        .route("/holidays", get(holidays::pages::show).post(holidays::pages::import))
        .route("/events/new", get(form::pages::ask_new).post(form::pages::make))
        .route("/events/{id}/edit", get(form::pages::ask_edit).post(form::pages::edit))
        .route("/events/{id}", get(detail::pages::show))
        .route("/events/{id}/joint", get(joint::pages::show))
        .route("/events/{id}/joint/{org}", post(joint::pages::say))
        .route("/events/{id}/registration", get(registered::show).post(registered::set))
        .route("/events/{id}/registration.csv", get(registered::csv))
        .route("/events/{id}/registration/add", post(registered::add))
        .route("/events/{id}/registration/{registration}/off", post(registered::off))
        .route("/events/{id}/registration/{registration}/up", post(registered::up))
        .route("/my/registrations/{event}", post(mine::on))
        .route("/my/registrations/{event}/off", post(mine::off))
        .route("/my/answers", get(own::show))
        .route("/my/answers/{session}", post(own::say))
        .route("/my/assistants", post(own::name))
        .route("/my/assistants/{person}/off", post(own::off))
        .route("/answer/{token}", get(answered::ask).post(answered::take))
        .route("/events/{id}/mail/trouble", post(answer::shown::pages::clear))
        .route("/open", get(public::open))
        .route("/register/{key}", get(public::ask).post(public::register))
        .route("/registration/{secret}", get(public::look).post(public::take_off))
        .route("/events/{id}/counts", get(detail::pages::counts))
        .route("/events/{id}/publish", get(act::ask_publish).post(act::do_publish))
        .route("/events/{id}/cancel", get(act::ask_cancel_event).post(act::do_cancel_event))
        .route("/events/{id}/series", get(series::pages::show).post(series::pages::change))
        .route("/sessions/{id}/edit", get(series::sitting::pages::ask).post(series::sitting::pages::edit))
        .route("/sessions/{id}/restore", post(series::sitting::pages::restore))
        .route("/sessions/{id}/cancel", get(act::ask_cancel_session).post(act::do_cancel_session))
        .route("/events/{id}/undo", post(undo::pages::take_back))
        .route("/sessions/{id}/move", get(moving::pages::ask).post(moving::pages::shift))
        .route("/sessions/{id}/held", post(act::mark_held))
}
