//! The report as a page, the rows behind its figures, and its downloads.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use chrono::Datelike;
use entity::{organisation, session};
use minijinja::{context, value::Serde};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;

use super::api::{readable, year_of};
use super::checks::checks;
use super::figure::Figure;
use super::links::{self, To};
use super::rows::{Part, rows};
use super::shown::{self, COLUMNS, Showing};
use super::source::{Scope, exam_kinds};
use super::{Figures, chart, csv, draft, load, settle};
use crate::error::{Code, Error, Result};
use crate::people::OrgTree;
use crate::scheduling::hosted_below;
use crate::state::App;
use crate::view::format;
use crate::web::{Desk, Path, Query, ToRead};

/// Rows on one page of a list.
const SIZE: u64 = 100;

/// Every page of reports.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(super::topics::pages::routes())
        .route("/reports", get(latest))
        .route("/reports/{year}", get(show))
        .route("/reports/{year}/rows", get(list))
        .route("/reports/{year}/figures.json", get(as_json))
        .route("/reports/{year}/figures.csv", get(as_csv))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    org: String,
    year: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WantedRows {
    org: String,
    figure: String,
    page: String,
}

/// `GET /reports`: the year asked for, else the last one with a session that has begun, else this one.
async fn latest(State(app): State<App>, desk: Desk<ToRead>, Query(wanted): Query<Wanted>) -> Result<Response> {
    let org = readable(&app, &desk.actor, Some(&wanted.org)).await?;
    let year = if let Ok(year) = year_of(&wanted.year) {
        year
    } else {
        let found: Option<i32> = session::Entity::find()
            .select_only()
            .column(session::Column::Year)
            .inner_join(entity::event::Entity)
            .filter(hosted_below(org.id))
            .filter(session::Column::StartsAt.lte(app.now()))
            .order_by_desc(session::Column::Year)
            .into_tuple()
            .one(app.db.read())
            .await?;
        found.unwrap_or_else(|| app.config.zone().day(app.now()).year())
    };
    Ok(Redirect::to(&address(year, &org.code, "")).into_response())
}

fn address(year: i32, org: &str, what: &str) -> String {
    let org = percent_encoding::utf8_percent_encode(org, percent_encoding::NON_ALPHANUMERIC);
    format!("/reports/{year}{what}?org={org}")
}

async fn figures(app: &App, org: &organisation::Model, year: i32) -> Result<Figures> {
    let now = app.now();
    settle(&app.db, now).await?;
    Ok(load(&app.db.snapshot().await?, &app.kinds, org, year, app.config.zone(), now).await?)
}

/// `GET /reports/{year}`
async fn show(
    State(app): State<App>,
    desk: Desk<ToRead>,
    Path(year): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let year = year_of(&year)?;
    let org = readable(&app, &desk.actor, Some(&wanted.org)).await?;
    let (page, now, zone) = (&desk.page, app.now(), app.config.zone());
    let today = zone.day(now);
    let figures = figures(&app, &org, year).await?;
    let scope = Scope { organisation: org.id, year, now };
    let wrong = checks(app.db.read(), &scope, &figures).await?;
    let tree = OrgTree::load(app.db.read()).await?;
    let orgs: Vec<_> = tree
        .iter()
        .filter(|row| tree.is_below(row.id, desk.actor.organisation))
        .map(|row| context! { code => row.code.clone(), name => row.name.clone(), chosen => row.id == org.id })
        .collect();
    let showing = Showing { figures: &figures, kinds: &app.kinds, lang: page.lang };
    let months: Vec<i64> = figures.months.iter().map(|month| month.sessions).collect();
    let month_links: Vec<_> = figures
        .months
        .iter()
        .map(|month| {
            let row = |name: &str, value| showing.number(value, &format!("months.{}.{name}", month.month));
            (month.month, row("sessions", month.sessions), row("person_times", month.person_times))
        })
        .collect();
    let context = context! {
        year, orgs,
        org_code => org.code.clone(), org_name => org.name.clone(),
        before => address(year - 1, &org.code, ""), after => address(year + 1, &org.code, ""),
        json => address(year, &org.code, "/figures.json"), csv => address(year, &org.code, "/figures.csv"),
        taken_at => format::moment(page.lang, zone, now, now),
        stats => Serde(showing.stats()),
        checks => Serde(shown::checks(&wrong, page.lang, today)),
        columns => COLUMNS,
        groups => Serde(showing.groups()),
        total => Serde(showing.cells(&figures.total, "total")),
        chart => Serde(chart::columns(&months)), height => chart::HEIGHT,
        months => Serde(month_links),
        plan => Serde(showing.plan(today)),
        exam => Serde(showing.exam()), has_exam => figures.exam.eligible + figures.exam.exempt > 0,
        outreach => Serde(showing.outreach()),
        online => Serde(showing.online()),
        draft => Serde(draft::paragraphs(&figures, &app.kinds, page.lang)),
    };
    page.render("report/report.html", "reports", context).await
}

/// `GET /reports/{year}/rows`
async fn list(
    State(app): State<App>,
    desk: Desk<ToRead>,
    Path(year): Path<String>,
    Query(wanted): Query<WantedRows>,
) -> Result<Response> {
    let year = year_of(&year)?;
    let org = readable(&app, &desk.actor, Some(&wanted.org)).await?;
    let figure = Figure::parse(&wanted.figure, &exam_kinds(&app.kinds)).ok_or_else(|| Error::new(Code::NotFound))?;
    let at = wanted.page.parse::<u32>().ok().filter(|at| *at > 0).map_or(1, u64::from);
    let now = app.now();
    settle(&app.db, now).await?;
    let scope = Scope { organisation: org.id, year, now };
    let part = Part { offset: (at - 1) * SIZE, limit: SIZE + 1 };
    let mut found = rows(app.db.read(), &app.kinds, &scope, &figure, part).await?;
    let more = found.len() as u64 > SIZE;
    found.truncate(usize::try_from(SIZE).unwrap_or(usize::MAX));
    let page = &desk.page;
    let (columns, lines) = shown::listing(&found, &app.kinds, page.lang);
    let other = |at: u64| format!("{}&page={at}", links::rows(To::Page, year, &org.code, &wanted.figure));
    let showing = Names { lang: page.lang, kinds: &app.kinds };
    let context = context! {
        year, columns, lines => Serde(lines),
        name => showing.of(&wanted.figure),
        org_name => org.name,
        report => address(year, &org.code, ""),
        from => part.offset + 1, to => part.offset + found.len() as u64,
        earlier => (at > 1).then(|| other(at - 1)), later => more.then(|| other(at + 1)),
    };
    page.render("report/rows.html", "reports", context).await
}

struct Names<'a> {
    lang: crate::locale::Lang,
    kinds: &'a crate::scheduling::Kinds,
}

impl Names<'_> {
    /// The name of a figure that was understood: `第一议题 · 应到`.
    fn of(&self, figure: &str) -> String {
        let (section, rest) = figure.split_once('.').unwrap_or((figure, ""));
        let (name, column) = rest.rsplit_once('.').unwrap_or(("", rest));
        let column_name = || self.lang.text(&format!("report-col-{column}"));
        match section {
            "kinds" | "hours" => format!("{} · {}", self.kinds.name(name, self.lang), column_name()),
            "months" => format!("{} · {}", self.lang.text_with("report-month", [("n", name)]), column_name()),
            "exam" => format!("{} · {}", self.lang.text("report-exam"), column_name()),
            "outreach" => {
                let key = format!("report-metric-{rest}");
                if self.lang.has(&key) { self.lang.text(&key) } else { rest.to_owned() }
            }
            _ => format!("{} · {}", self.lang.text("report-total"), column_name()),
        }
    }
}

/// `GET /reports/{year}/figures.json`
async fn as_json(
    State(app): State<App>,
    desk: Desk<ToRead>,
    Path(year): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let org = readable(&app, &desk.actor, Some(&wanted.org)).await?;
    let figures = figures(&app, &org, year_of(&year)?).await?;
    let text = serde_json::to_vec_pretty(&figures).map_err(Error::internal)?;
    Ok(download(&figures, "json", "application/json", text))
}

/// `GET /reports/{year}/figures.csv`
async fn as_csv(
    State(app): State<App>,
    desk: Desk<ToRead>,
    Path(year): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response> {
    let org = readable(&app, &desk.actor, Some(&wanted.org)).await?;
    let figures = figures(&app, &org, year_of(&year)?).await?;
    let bytes = csv::write(&figures, &app.kinds, desk.page.lang);
    Ok(download(&figures, "csv", "text/csv; charset=utf-8", bytes))
}

fn download(figures: &Figures, ending: &str, kind: &str, body: Vec<u8>) -> Response {
    let org: String = figures.org.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let name = format!("attachment; filename=\"report-{}-{org}.{ending}\"", figures.year);
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)], body).into_response()
}
