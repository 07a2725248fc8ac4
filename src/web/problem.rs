//! Problems on pages: the same refusals that the API answers as documents, shown in the reader's language.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::Method;
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use minijinja::context;

use crate::error::{Code, Error, Shown};
use crate::state::App;
use crate::web::Page;

/// Turns a problem into a page, and refuses forms that come from another site.
pub async fn show_problems(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.method() == Method::POST && is_from_elsewhere(&request) {
        return Error::new(Code::Forged).into_response();
    }
    let (parts, body) = request.into_parts();
    let mut asked = parts.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(Shown(problem)) = response.extensions().get::<Shown>().cloned() else { return response };
    let Ok(page) = Page::from_request_parts(&mut asked, &app).await else { return response };
    let fields: Vec<_> = problem.fields.iter().map(|f| f.text(page.lang)).collect();
    let context = context! { status => problem.code.status().as_u16(), text => problem.text(page.lang), fields };
    match page.html("view/problem.html", "", context).await {
        Ok(html) => (problem.code.status(), axum::response::Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the page of a problem failed");
            response
        }
    }
}

fn is_from_elsewhere(request: &Request) -> bool {
    let header = |name| request.headers().get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    if let Some(site) = header("sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    match (header("origin"), header("host")) {
        (Some(origin), Some(host)) => origin.split_once("://").map(|(_, rest)| rest) != Some(host),
        _ => false,
    }
}

/// Whatever has no route.
pub async fn not_found() -> Error {
    Error::new(Code::NotFound)
}
