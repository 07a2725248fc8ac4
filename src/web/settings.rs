//! What a browser remembers of its reader: language and size of text.

use axum::Router;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::Deserialize;

use crate::error::Result;
use crate::locale::Lang;
use crate::state::App;
use crate::web::Page;
use crate::web::back::local_path;
use crate::web::page::{LANG_COOKIE, TEXT_COOKIE};

/// `/settings/lang` and `/settings/text`. They change nothing but the look, so plain links do.
pub fn routes() -> Router<App> {
    Router::new().route("/settings/lang", get(lang)).route("/settings/text", get(text))
}

#[derive(Deserialize)]
struct Wish {
    #[serde(default)]
    to: String,
    #[serde(default)]
    next: String,
}

async fn lang(page: Page, jar: CookieJar, Query(wish): Query<Wish>) -> Result<Response> {
    let lang = Lang::parse(&wish.to).unwrap_or(page.app.config.locale.default);
    Ok(keep(&page.app, jar, LANG_COOKIE, lang.tag(), &wish.next))
}

async fn text(page: Page, jar: CookieJar, Query(wish): Query<Wish>) -> Result<Response> {
    let size = if page.large_text { "normal" } else { "large" };
    Ok(keep(&page.app, jar, TEXT_COOKIE, size, &wish.next))
}

fn keep(app: &App, jar: CookieJar, name: &'static str, value: &'static str, next: &str) -> Response {
    let cookie = Cookie::build((name, value))
        .path("/")
        .same_site(SameSite::Lax)
        .secure(app.config.is_https())
        .http_only(true)
        .permanent()
        .build();
    (jar.add(cookie), Redirect::to(local_path(next).unwrap_or("/"))).into_response()
}
