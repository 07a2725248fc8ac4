//! Signing in and out, and the page about oneself.
//!
//! A mailed link opens a page with one button: what scans mail follows links, but presses nothing.

use axum::Router;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::cookie::Cookie;
use axum_extra::extract::{CookieJar, Form};
use minijinja::context;
use serde::Deserialize;

use crate::access::sign_in::{SignedIn, mail_link, sign_out, signed_in, use_link};
use crate::error::{Error, FieldProblem, Result};
use crate::people::{OrgTree, is_email, member_on};
use crate::state::App;
use crate::web::{Page, SESSION_COOKIE, Seat, Signed, local_path};

/// Every page of this room.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(start))
        .route("/sign-in", get(ask).post(send))
        .route("/sign-in/{secret}", get(confirm).post(sign_in))
        .route("/enter/{secret}", get(enter))
        .route("/sign-out", post(leave))
        .route("/account", get(account))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    email: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize, Default)]
struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Nothing {}

/// Where somebody begins: the calendar with an account, else their own sessions.
fn home(signed: &SignedIn) -> &'static str {
    if signed.actor().is_some() { "/calendar" } else { "/my" }
}

async fn start(page: Page) -> Redirect {
    Redirect::to(page.signed.as_ref().map_or("/sign-in", home))
}

async fn ask(page: Page, Query(asked): Query<Next>) -> Result<Response> {
    if let Some(signed) = &page.signed {
        return Ok(Redirect::to(local_path(&asked.next).unwrap_or(home(signed))).into_response());
    }
    page.render("access/sign_in.html", "", form("", &asked.next, None)).await
}

fn form(email: &str, next: &str, problem: Option<String>) -> minijinja::Value {
    context! { email, next, problem, sent => false }
}

async fn send(page: Page, Form(asked): Form<Asked>) -> Result<Response> {
    let app = page.app.clone();
    let email = asked.email.trim();
    if !is_email(email) {
        let problem = FieldProblem::new("email", if email.is_empty() { "required" } else { "bad-email" });
        let context = form(email, &asked.next, Some(problem.text(page.lang)));
        return page.render_as(StatusCode::UNPROCESSABLE_ENTITY, "access/sign_in.html", "", context).await;
    }
    let tx = app.db.begin().await?;
    mail_link(&tx, email, &app.config.access, app.now()).await?;
    tx.commit().await?;
    let minutes = app.config.access.link_minutes;
    page.render("access/sign_in.html", "", context! { email, next => asked.next, sent => true, minutes }).await
}

async fn confirm(page: Page, Path(_): Path<String>, Query(asked): Query<Next>) -> Result<Response> {
    page.render("access/confirm.html", "", context! { next => asked.next }).await
}

async fn sign_in(page: Page, jar: CookieJar, Path(secret): Path<String>, Form(asked): Form<Next>) -> Result<Response> {
    admit(&page.app, jar, &secret, &asked.next).await
}

async fn enter(page: Page, jar: CookieJar, Path(secret): Path<String>, Query(asked): Query<Next>) -> Result<Response> {
    admit(&page.app, jar, &secret, &asked.next).await
}

/// Uses a link up and gives the browser its cookie.
async fn admit(app: &App, jar: CookieJar, secret: &str, next: &str) -> Result<Response> {
    let (now, access) = (app.now(), &app.config.access);
    let tx = app.db.begin().await?;
    let cookie = use_link(&tx, secret, access, now).await?;
    let signed = signed_in(&tx, &cookie, now).await?.ok_or_else(|| Error::new(crate::error::Code::Expired))?;
    tx.commit().await?;
    let seconds = u64::from(access.session_days) * 86_400;
    let mut cookie =
        Cookie::parse(format!("{SESSION_COOKIE}={cookie}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}"))
            .map_err(Error::internal)?;
    cookie.set_secure(app.config.is_https());
    Ok((jar.add(cookie), Redirect::to(local_path(next).unwrap_or(home(&signed)))).into_response())
}

async fn leave(seat: Seat, jar: CookieJar, Signed(_): Signed<Nothing>) -> Result<Response> {
    if let Some(cookie) = jar.get(SESSION_COOKIE) {
        sign_out(seat.page.app.db.write(), cookie.value()).await?;
    }
    let gone = Cookie::build((SESSION_COOKIE, "")).path("/").build();
    Ok((jar.remove(gone), Redirect::to("/sign-in")).into_response())
}

async fn account(Seat { page, signed }: Seat) -> Result<Response> {
    let db = page.app.db.read();
    let tree = OrgTree::load(db).await?;
    let today = page.app.config.zone().day(page.app.now());
    let account = signed.identity.account.as_ref().map(|account| {
        context! {
            email => account.email.as_str(),
            role => account.role.as_str(),
            org => tree.name(account.organisation_id),
        }
    });
    let person = match &signed.identity.person {
        Some(person) => {
            let member = member_on(db, today, person.id).await?;
            Some(context! {
                name => person.name.as_str(),
                staff_no => person.staff_no.as_str(),
                email => person.email.clone().unwrap_or_default(),
                org => member.as_ref().map_or("", |member| tree.name(member.organisation_id)),
                title => member.as_ref().map_or("", |member| member.title.as_str()),
            })
        }
        None => None,
    };
    page.render("access/account.html", "account", context! { account, person }).await
}
