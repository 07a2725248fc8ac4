//! The demonstration's mail: what would have been sent, on a page. Outside a demonstration there is no such page.

use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;

use super::inbox::{self, Heading, Letter};
use super::wishes::pages as wishes;
use crate::error::{Code, Error, Result};
use crate::state::{App, Mode};
use crate::view::format;
use crate::web::Page;

/// A mail's HTML runs nothing, loads nothing and goes nowhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'";

/// What the list shows.
#[derive(Serialize)]
struct List {
    rows: Vec<Row>,
}

/// One of its lines.
#[derive(Serialize)]
struct Row {
    mail: Heading,
    when: String,
}

/// What the page of one mail shows.
#[derive(Serialize)]
struct Whole {
    letter: Letter,
    /// Where the mail leads, if anywhere.
    link: Option<String>,
    when: String,
}

/// `/demo/mail`, one mail, and its HTML alone for the frame that shows it.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(super::texts::pages::routes())
        .route("/my/reminders", get(wishes::show).post(wishes::keep))
        .route("/reminders/{token}", get(wishes::ask).post(wishes::say))
        .route("/demo/mail", get(list))
        .route("/demo/mail/{name}", get(one))
        .route("/demo/mail/{name}/html", get(html))
}

async fn list(page: Page) -> Result<Response> {
    let folder = folder(&page.app)?;
    let mails = inbox::list(&folder).await.map_err(Error::internal)?;
    let rows = mails.into_iter().map(|mail| Row { when: when(&page, &mail), mail }).collect();
    page.render("notify/demo_list.html", "mail", List { rows }).await
}

async fn one(page: Page, Path(name): Path<String>) -> Result<Response> {
    let letter = letter(&page.app, &name).await?;
    let public_url = page.app.config.public_url();
    // The link that the mail is about, so that it can be followed from here.
    let link = letter.text.split_whitespace().find(|word| word.starts_with(&public_url)).map(str::to_owned);
    let when = when(&page, &letter.heading);
    page.render("notify/demo_mail.html", "mail", Whole { letter, link, when }).await
}

async fn html(page: Page, Path(name): Path<String>) -> Result<Response> {
    let letter = letter(&page.app, &name).await?;
    Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(letter.html)).into_response())
}

fn folder(app: &App) -> Result<std::path::PathBuf> {
    let folder = app.mailer.folder().filter(|_| app.mode == Mode::Demo);
    folder.map(std::path::Path::to_path_buf).ok_or_else(|| Error::new(Code::NotFound))
}

async fn letter(app: &App, name: &str) -> Result<Letter> {
    let letter = inbox::read(&folder(app)?, name).await.map_err(Error::internal)?;
    letter.ok_or_else(|| Error::new(Code::NotFound))
}

fn when(page: &Page, mail: &Heading) -> String {
    let zone = page.app.config.zone();
    mail.date.parse().map_or_else(|_| mail.date.clone(), |at| format::moment(page.lang, zone, at, page.app.now()))
}
