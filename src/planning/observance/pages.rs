//! `/observances`: the year's observances with what is planned for each, and drafts from them.

use std::collections::BTreeMap;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Datelike, NaiveDate};
use minijinja::{Value, context, value::Serde};
use serde::Deserialize;

use super::{Planned, When, draft, planned};
use crate::access::Actor;
use crate::dates::{Observance, Standing, Workdays, parse_date};
use crate::error::{Code, Error, FieldProblem, Result};
use crate::planning::next_year::pages::whose;
use crate::planning::template::using::pages::key;
use crate::scheduling::{holidays, session as sitting};
use crate::view::format;
use crate::web::{Desk, Page, Signed, ToManage, ToRead};

/// Years that can be shown.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2199;

/// The query of the pages.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    year: String,
    org: String,
}

impl Asked {
    /// The year asked for, else this one; and whether what was asked for is none.
    fn year(&self, page: &Page) -> (i32, bool) {
        let this_year = page.app.config.zone().day(page.app.now()).year();
        let year = self.year.trim().parse().ok().filter(|year| YEARS.contains(year));
        (year.unwrap_or(this_year), year.is_none() && !self.year.trim().is_empty())
    }
}

/// `GET /observances`
pub async fn show(Desk { page, actor, .. }: Desk<ToRead>, Query(asked): Query<Asked>) -> Result<Response> {
    let tree = page.tree().await?;
    let org = whose(tree, actor.organisation, &asked.org)?;
    let (year, bad_year) = asked.year(&page);
    let db = page.app.db.read();
    let workdays = holidays::load(db).await?;
    let all = page.app.observances.of_year(year);
    let events = planned(db, org, year, &all).await?;
    let today = page.app.config.zone().day(page.app.now());
    let none = Vec::new();
    let rows: Vec<_> =
        all.iter().map(|one| row(&page, one, events.get(&one.key).unwrap_or(&none), &workdays, today)).collect();
    let orgs: Vec<_> = tree
        .iter()
        .filter(|row| tree.is_below(row.id, actor.organisation))
        .map(|row| context! { code => row.code.as_str(), name => row.name.as_str(), chosen => row.id == org })
        .collect();
    let context = context! {
        year, rows, orgs, org_code => tree.code(org), bad_year, known => workdays.is_known(year),
        may_manage => actor.may_manage(),
    };
    let status = if bad_year { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page.render_as(status, "planning/observance/list.html", "planning", context).await
}

fn row(page: &Page, one: &Observance, events: &[Planned], workdays: &Workdays, today: NaiveDate) -> Value {
    let source = match &one.standing {
        Standing::Set(source) => Some(context! {
            title => source.title.as_str(), body => source.body.as_str(),
            address => Some(source.address.as_str()).filter(|text| text.starts_with("http")),
        }),
        Standing::Expected => None,
    };
    let now = page.app.now();
    let events: Vec<_> = events
        .iter()
        .map(|Planned { event, session }| {
            let title = if event.title.is_empty() { page.app.kinds.name(&event.kind, page.lang) } else { &event.title };
            let host = page.lang.text(&format!("page-phase-{}", crate::scheduling::Phase::of_session(event, session, now).as_str()));
            context! { id => event.id.0, title, state => host, when => format::span(page.lang, &sitting::span(session), now) }
        })
        .collect();
    context! {
        key => one.key.as_str(), name => one.name(page.lang), kind => page.app.kinds.name(&one.kind, page.lang),
        days => days(page, one, today), one_day => one.from == one.to,
        off => one.from == one.to && workdays.is_off(one.from),
        source, events, nonce => key("obs"), past => one.to < today,
    }
}

fn days(page: &Page, one: &Observance, today: NaiveDate) -> String {
    let first = format::date(page.lang, one.from, today);
    if one.from == one.to { first } else { format!("{first}–{}", format::date(page.lang, one.to, today)) }
}

/// What the small form sends.
#[derive(Clone, Debug, Default, Deserialize, serde::Serialize)]
#[serde(default)]
pub struct Typed {
    key: String,
    year: String,
    org_code: String,
    /// `whole` or `day`.
    when: String,
    date: String,
    starts_at: String,
    ends_at: String,
}

fn find(page: &Page, key: &str, year: &str) -> Result<Observance> {
    let year = year.trim().parse().ok().filter(|year| YEARS.contains(year));
    let found = year.and_then(|year| page.app.observances.get(key, year));
    found.ok_or_else(|| Error::new(Code::NotFound))
}

/// `GET /observances/{key}/draft?year=`
pub async fn ask(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(wanted): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let (year, _) = asked.year(&page);
    let one = find(&page, &wanted, &year.to_string())?;
    let tree = page.tree().await?;
    let org = whose(tree, actor.organisation, &asked.org)?;
    let workdays = holidays::load(page.app.db.read()).await?;
    let today = page.app.config.zone().day(page.app.now());
    // The first working day that is still to come, else the first.
    let days = || one.from.iter_days().take_while(|day| *day <= one.to).filter(|day| !workdays.is_off(*day));
    let day = days().find(|day| *day >= today).or_else(|| days().next()).unwrap_or(one.from);
    let typed = Typed {
        key: key("obs"),
        year: year.to_string(),
        org_code: tree.code(org).to_owned(),
        when: if one.from == one.to { "day" } else { "whole" }.to_owned(),
        date: day.to_string(),
        starts_at: "09:00".to_owned(),
        ends_at: "11:00".to_owned(),
    };
    form(&page, &actor, &one, &typed, &[]).await
}

/// `POST /observances/{key}/draft`
pub async fn make(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(wanted): Path<String>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    let one = find(&page, &wanted, &typed.year)?;
    let now = page.app.now();
    if let Some(problem) = bad_day(&typed, &one) {
        return form(&page, &actor, &one, &typed, &[problem]).await;
    }
    let when = match typed.when.as_str() {
        "day" => When::Day { date: typed.date.trim(), from: typed.starts_at.trim(), to: typed.ends_at.trim() },
        _ => When::Whole,
    };
    let workdays = holidays::load(page.app.db.read()).await?;
    let tx = page.app.db.begin().await?;
    let names = (typed.key.as_str(), typed.org_code.as_str(), page.lang);
    match draft(&tx, (&page.app.ground(), &workdays), &actor, (&one, when), names, now).await {
        Ok(id) => {
            tx.commit().await?;
            let past = one.to < page.app.config.zone().day(now);
            let done = if past { "created-past" } else { "created" };
            Ok(Redirect::to(&format!("/events/{id}?done={done}")).into_response())
        }
        Err(Error::Problem(problem)) if matches!(problem.code, Code::Invalid | Code::KeyTaken) => {
            tx.rollback().await?;
            form(&page, &actor, &one, &typed, &problem.fields).await
        }
        Err(error) => Err(error),
    }
}

/// A day must be one of the observance's.
fn bad_day(typed: &Typed, one: &Observance) -> Option<FieldProblem> {
    if typed.when != "day" {
        return None;
    }
    match parse_date(&typed.date) {
        Ok(day) if (one.from..=one.to).contains(&day) => None,
        Ok(_) => Some(FieldProblem::new("date", "outside-observance").with("from", one.from).with("to", one.to)),
        Err(error) => Some(FieldProblem::new("date", error.code())),
    }
}

async fn form(
    page: &Page,
    actor: &Actor,
    one: &Observance,
    typed: &Typed,
    problems: &[FieldProblem],
) -> Result<Response> {
    let tree = page.tree().await?;
    let today = page.app.config.zone().day(page.app.now());
    let place = |field: &str| match field {
        "sessions[0].starts_at" => "starts_at",
        "sessions[0].ends_at" => "ends_at",
        "date" => "date",
        "org_code" => "org_code",
        _ => "when",
    };
    let mut wrong = BTreeMap::new();
    for problem in problems {
        wrong.entry(place(&problem.field)).or_insert_with(|| problem.text(page.lang));
    }
    let orgs: Vec<_> = tree
        .iter()
        .filter(|row| tree.is_below(row.id, actor.organisation))
        .map(|row| context! { code => row.code.as_str(), name => row.name.as_str(), chosen => row.code == typed.org_code })
        .collect();
    let words =
        |list: &[crate::dates::Words]| list.iter().map(|words| words.text(page.lang).to_owned()).collect::<Vec<_>>();
    let context = context! {
        key => one.key.as_str(), name => one.name(page.lang), days => days(page, one, today),
        from => one.from.to_string(), to => one.to.to_string(), one_day => one.from == one.to, set => one.is_set(),
        kind => page.app.kinds.name(&one.kind, page.lang), past => one.to < today,
        tasks => words(&one.tasks), take => words(&one.take_along), orgs, wrong => Serde(wrong), form => Serde(typed.clone()),
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page.render_as(status, "planning/observance/draft.html", "planning", context).await
}
