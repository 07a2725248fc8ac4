//! The page of notices: which years have one, what it says, and a form to bring one in.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Datelike;
use entity::state::Role;
use minijinja::{context, value::Serde};
use serde::{Deserialize, Serialize};

use super::shown::{holidays, source};
use super::{InForce, bring_in, in_force};
use crate::access::sign_in::SignedIn;
use crate::dates::MAX_NOTICE_BYTES;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::view::format;
use crate::web::{Desk, Page, SignedParts, ToManage, ToRead};

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    year: String,
    done: String,
    added: usize,
    removed: usize,
}

#[derive(Serialize)]
struct YearRow {
    year: i32,
    known: bool,
    off: usize,
    worked: usize,
    published: Option<String>,
    imported: Option<String>,
}

/// `GET /holidays`
pub async fn show(Desk { page, signed, .. }: Desk<ToRead>, Query(asked): Query<Asked>) -> Result<Response> {
    let may = may_bring_in(&page, &signed).await?;
    shown(&page, may, &asked, &[]).await
}

/// `POST /holidays`
pub async fn import(
    Desk { page, signed, actor, .. }: Desk<ToManage>,
    SignedParts(parts): SignedParts,
) -> Result<Response> {
    if may_bring_in(&page, &signed).await? != MayBringIn::Yes {
        return Err(Error::new(Code::Forbidden));
    }
    let Some(mut parts) = parts else {
        let problem = FieldProblem::new("file", "holiday-file-too-large").with("limit", MAX_NOTICE_BYTES / 1024);
        return shown(&page, MayBringIn::Yes, &Asked::default(), &[problem]).await;
    };
    let file = parts.take_file("file").map(|(_, content)| content).unwrap_or_default();
    let tx = page.app.db.begin().await?;
    match bring_in(&tx, &file, &actor.name, page.app.now()).await {
        Ok(outcome) => {
            tx.commit().await?;
            let done = if outcome.changed { "imported" } else { "same" };
            let (added, removed) = (outcome.added.len(), outcome.removed.len());
            let to = format!("/holidays?year={}&done={done}&added={added}&removed={removed}", outcome.year);
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) if error.code() == Code::Invalid => {
            tx.rollback().await?;
            shown(&page, MayBringIn::Yes, &Asked::default(), &error.problem().fields).await
        }
        Err(error) => Err(error),
    }
}

/// Whether somebody may bring in notices.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MayBringIn {
    Yes,
    No,
}

/// Days off hold for the whole installation, so that only an administrator of an organisation without one above may
/// bring them in.
async fn may_bring_in(page: &Page, signed: &SignedIn) -> Result<MayBringIn> {
    let Some(account) = signed.identity.account.as_ref().filter(|account| account.role == Role::Admin) else {
        return Ok(MayBringIn::No);
    };
    let top = page.tree().await?.upwards(account.organisation_id).len() == 1;
    Ok(if top { MayBringIn::Yes } else { MayBringIn::No })
}

async fn shown(page: &Page, may: MayBringIn, asked: &Asked, problems: &[FieldProblem]) -> Result<Response> {
    let (lang, now) = (page.lang, page.app.now());
    let today = page.app.config.zone().day(now);
    let known = in_force(page.app.db.read()).await?;
    let years = known.iter().map(|one| one.notice.year);
    let first = years.clone().min().unwrap_or(today.year()).min(today.year());
    let last = years.max().unwrap_or(today.year()).max(today.year()) + 1;
    let year = asked.year.parse().ok().filter(|year| (first..=last).contains(year)).unwrap_or(today.year());
    let of = |year: i32| known.iter().find(|one| one.notice.year == year);
    let rows: Vec<_> = (first..=last).rev().map(|year| row(page, year, of(year))).collect();
    let chosen = of(year).map(|one| {
        context! { holidays => Serde(holidays(&one.notice, lang)), source => Serde(source(&one.notice)), row => Serde(row(page, year, Some(one))) }
    });
    let problems: Vec<_> =
        problems.iter().map(|one| context! { place => one.field.clone(), text => one.text(lang) }).collect();
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let context = context! {
        year, rows => Serde(rows), chosen, problems,
        may_import => may == MayBringIn::Yes,
        done => ["imported", "same"].contains(&asked.done.as_str()).then_some(&asked.done),
        added => asked.added, removed => asked.removed,
    };
    page.render_as(status, "scheduling/holidays/holidays.html", "planning", context).await
}

fn row(page: &Page, year: i32, known: Option<&InForce>) -> YearRow {
    let count = |off| known.map_or(0, |one| one.notice.days.iter().filter(|day| day.off == off).count());
    let zone = page.app.config.zone();
    YearRow {
        year,
        known: known.is_some(),
        off: count(true),
        worked: count(false),
        published: known.and_then(|one| one.notice.published).map(|day| day.to_string()),
        imported: known.and_then(|one| one.imported_at).map(|at| format::moment(page.lang, zone, at, page.app.now())),
    }
}
