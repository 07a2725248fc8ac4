//! `GET /calendar/{token}.ics`: a subscription, as calendar programs fetch it again and again.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use super::{Head, Setting, render, subscription};
use crate::error::{Code, Error, Result};
use crate::state::App;

/// The address under which a token is read.
#[must_use]
pub fn url(public_url: &str, token: &str) -> String {
    format!("{public_url}/calendar/{token}.ics")
}

/// The route of subscriptions; HEAD answers as GET does, without the body.
pub fn routes() -> Router<App> {
    Router::new().route("/calendar/{file}", get(fetch))
}

async fn fetch(State(app): State<App>, Path(file): Path<String>, headers: HeaderMap) -> Result<Response> {
    let token = file.strip_suffix(".ics").ok_or_else(|| Error::new(Code::NotFound))?;
    let db = app.db.read();
    let owner = subscription::owner(db, token).await?;
    let (zone, lang) = (app.config.zone(), app.config.locale.default);
    let window = subscription::window(&app.config.calendar, zone, app.now());
    let entries = subscription::entries(db, Setting { kinds: &app.kinds, lang }, owner.id, window).await?;
    let name = lang.text_with("calendar-name", [("name", owner.name.as_str())]);
    let body = render(&Head { method: None, name: Some(&name), zone }, &entries);
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(body.as_bytes())[..16]));
    let common =
        [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "private, max-age=0, must-revalidate".to_owned())];
    if has(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    Ok((common, [(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], body).into_response())
}

/// Whether the caller has that version (RFC 9110 section 13.1.2: weak comparison).
fn has(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}
