//! `GET /calendar/{token}.ics`: a subscription, as calendar programs fetch it again and again.

use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use metrics::Counter;

use super::feeds::conditional::{Coding, coding, http_date, none_match, unmodified};
use super::feeds::{Fetch, Kept};
use crate::error::{Code, Error, Result};
use crate::scheduling::content::disposition;
use crate::state::App;
use crate::web::boundary;

/// The address under which a token is read.
#[must_use]
pub fn url(public_url: &str, token: &str) -> String {
    format!("{public_url}/calendar/{token}.ics")
}

/// The same for a program that subscribes when it is pressed.
#[must_use]
pub fn webcal(url: &str) -> String {
    url.split_once("://").map_or_else(|| url.to_owned(), |(_, rest)| format!("webcal://{rest}"))
}

/// The route of subscriptions; HEAD answers as GET does, without the body. It stands outside the layers that other
/// requests pass: it packs its bodies once and not at every request, counts for itself, gives up and catches panics by
/// itself, and writes to the log only what goes wrong; who fetched what is kept in `feed_fetch`.
pub fn routes() -> Router<App> {
    Router::new().route("/calendar/{file}", get(fetch))
}

async fn fetch(State(app): State<App>, request: Request) -> Response {
    let answer = AssertUnwindSafe(read(&app, &request.into_parts().0))
        .catch_unwind()
        .await
        .map_or_else(boundary::panicked, |answer| answer.unwrap_or_else(IntoResponse::into_response));
    count(answer.status());
    answer
}

/// Counts an answer where all others are counted.
fn count(status: StatusCode) {
    static USUAL: LazyLock<[Counter; 2]> = LazyLock::new(|| ["200", "304"].map(counter));
    match status {
        StatusCode::OK => USUAL[0].increment(1),
        StatusCode::NOT_MODIFIED => USUAL[1].increment(1),
        other => counter(other.as_str()).increment(1),
    }
}

fn counter(status: &str) -> Counter {
    let status = status.to_owned();
    metrics::counter!("pufa_http_requests_total", "method" => "GET", "route" => "/calendar/{file}", "status" => status)
}

async fn read(app: &App, request: &Parts) -> Result<Response> {
    let path = request.uri.path();
    let token = path.strip_prefix("/calendar/").and_then(|file| file.strip_suffix(".ics"));
    let token = token.ok_or_else(|| Error::new(Code::NotFound))?;
    let now = app.now();
    let kept = app.feeds.read(token, now).await?;
    let headers = &request.headers;
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let packed = usize::from(coding(text(header::ACCEPT_ENCODING)) == Coding::Gzip);
    let status = if has(headers, &kept) { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    // Who asks for the head alone has fetched nothing.
    if request.method == Method::GET {
        // Programs name themselves in any script.
        let agent = headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        app.feeds.fetches.note(&Fetch {
            feed: kept.feed,
            client: &agent.unwrap_or_default(),
            status: status.as_u16(),
            version: &kept.version,
            at: now,
        });
    }
    respond(&kept, status, packed, now)
}

/// Whether the caller has that version: an If-None-Match decides alone (RFC 9110 section 13.2.2).
fn has(headers: &HeaderMap, kept: &Kept) -> bool {
    let tags = [kept.tags[0].as_str(), kept.tags[1].as_str()];
    let asked = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    none_match(asked, &tags).unwrap_or_else(|| {
        let since = headers.get(header::IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
        since.is_some_and(|since| unmodified(since, kept.modified))
    })
}

/// The answer: the kept body in the coding asked for, or only that the caller has it.
fn respond(kept: &Kept, status: StatusCode, packed: usize, now: DateTime<Utc>) -> Result<Response> {
    let value = |text: &str| HeaderValue::from_str(text).map_err(Error::internal);
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::ETAG, value(&kept.tags[packed])?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=0, must-revalidate"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // A version made within this second may still be followed by another one of the same date.
    if now - kept.modified >= TimeDelta::seconds(1) {
        headers.insert(header::LAST_MODIFIED, value(&http_date(kept.modified))?);
    }
    if status == StatusCode::NOT_MODIFIED {
        return Ok(response);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, value(&inline(&format!("{}.ics", kept.name)))?);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if packed == 1 {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    *response.body_mut() = Body::from(kept.body[packed].clone());
    Ok(response)
}

/// Shown, not saved, by what can show it; under this name where it is saved.
fn inline(name: &str) -> String {
    disposition(name).replacen("attachment", "inline", 1)
}
