//! Where requests come in and answers go out: an id and one line in the log for each, figures, a limit of time, and
//! whatever went wrong unforeseen as a problem document.

use std::any::Any;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;
use tracing::Instrument;

use crate::error::{Code, Error};
use crate::state::App;

/// The header that carries a request's id, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives a request its id, and writes one line when it is answered: method, route, status and duration. The route is
/// the pattern (`/calendar/{token}`), so that no secret and no personal data gets into the log.
pub async fn watch(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = given_id(&request).unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let took = began.elapsed();
    span.in_scope(|| {
        let ms = took.as_millis();
        match route.as_str() {
            "/healthz" | "/readyz" | "/metrics" => tracing::debug!(%method, route, status, ms, "answered"),
            _ => tracing::info!(%method, route, status, ms, "answered"),
        }
    });
    let labels = [("method", method.to_string()), ("route", route), ("status", status.to_string())];
    metrics::counter!("pufa_http_requests_total", &labels).increment(1);
    metrics::histogram!("pufa_http_request_duration_seconds", &labels[..2]).record(took.as_secs_f64());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// An id from outside is kept when it is short and plain, so that it cannot forge lines of the log.
fn given_id(request: &Request) -> Option<String> {
    let text = request.headers().get(&REQUEST_ID)?.to_str().ok()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (!text.is_empty() && text.len() <= 64 && text.bytes().all(plain)).then(|| text.to_owned())
}

/// Refuses an address with a NUL in it (PostgreSQL keeps none in a text), and gives up on what takes too long: a
/// transaction that was open is rolled back. Until it is answered, work that can wait makes room for it.
pub async fn limit(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.uri().path_and_query().is_some_and(|text| text.as_str().contains("%00")) {
        return Error::new(Code::Malformed).into_response();
    }
    let _passing = app.traffic.enter();
    let limit = Duration::from_secs(app.config.server.request_timeout);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Error::new(Code::Unavailable).into_response(),
    }
}

/// What a handler that panicked answers: that it failed, and nothing of why.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "the layer hands the payload over")]
pub fn panicked(payload: Box<dyn Any + Send>) -> Response {
    let text = payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied());
    Error::internal(format!("a handler panicked: {}", text.unwrap_or("without a text"))).into_response()
}

/// Whatever has no method of that name.
pub async fn method_not_allowed() -> Error {
    Error::new(Code::MethodNotAllowed)
}
