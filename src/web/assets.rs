//! Files served as written: embedded, named with a mark of their content, so that browsers may keep them.

use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

use crate::error::{Code, Error};
use crate::state::App;

#[derive(RustEmbed)]
#[folder = "src/web/static"]
struct Files;

/// The path of an embedded file, with a mark of its content.
#[must_use]
pub fn url(name: &str) -> String {
    let mark = Files::get(name).map(|file| hex::encode(&file.metadata.sha256_hash()[..6])).unwrap_or_default();
    format!("/static/{mark}/{name}")
}

/// `GET /static/{mark}/{name}`
pub fn routes() -> Router<App> {
    Router::new().route("/static/{mark}/{name}", get(serve))
}

async fn serve(Path((_, name)): Path<(String, String)>) -> Response {
    let Some(file) = Files::get(&name) else { return Error::new(Code::NotFound).into_response() };
    let kind = match name.rsplit_once('.').map(|(_, end)| end) {
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("js") => "text/javascript; charset=utf-8",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, file.data.into_owned()).into_response()
}
