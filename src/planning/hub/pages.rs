//! `/planning`, and the plan's items by hand.

use std::collections::BTreeMap;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Datelike, NaiveDate};
use entity::id::{OrganisationId, PlanItemId};
use entity::plan_item;
use minijinja::{Value, context, value::Serde};
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, FieldProblem, Result};
use crate::planning::items::{self, NewItem, add, change, item_to_manage, items_below, remove, version};
use crate::planning::next_year::pages::{item_name, whose};
use crate::report::{self, Plan, links};
use crate::scheduling::Kinds;
use crate::scheduling::filters::kind_choices;
use crate::view::{encode, format};
use crate::web::{Desk, Page, Signed, ToManage, ToRead};

/// Years that a plan may be of.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2199;

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    org: String,
    year: String,
    done: String,
}

/// An item as a browser sends it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    org: String,
    year: String,
    org_code: String,
    item: String,
    metric: String,
    target: String,
    due: String,
    version: String,
}

impl Typed {
    fn year(&self) -> Result<i32> {
        let year = self.year.parse().ok().filter(|year| YEARS.contains(year));
        year.ok_or_else(|| Error::field("year", "plan-year"))
    }

    /// What is written beside the kinds goes before what is chosen among them, which must be one of them.
    fn new_item(&self, kinds: &Kinds) -> Result<NewItem> {
        let item = if self.metric.trim().is_empty() { &self.item } else { &self.metric };
        if self.metric.trim().is_empty() && !self.item.is_empty() && kinds.get(&self.item).is_none() {
            return Err(Error::field("item", "plan-item"));
        }
        Ok(NewItem {
            year: self.year()?,
            org_code: self.org_code.clone(),
            item: item.clone(),
            target: self.target.clone(),
            due: self.due.clone(),
        })
    }
}

/// `GET /planning`
pub async fn show(Desk { page, actor, .. }: Desk<ToRead>, Query(asked): Query<Asked>) -> Result<Response> {
    let org = whose(page.tree().await?, actor.organisation, &asked.org)?;
    let today = page.app.config.zone().day(page.app.now());
    let year = asked.year.trim().parse().ok().filter(|year| YEARS.contains(year)).unwrap_or_else(|| today.year());
    let typed = Typed { year: year.to_string(), ..Typed::default() };
    let done = format!("plan-item-{}", asked.done);
    let toast = page.lang.has(&done).then(|| page.lang.text(&done));
    let view = View { org, own: actor.organisation, year, may_manage: actor.may_manage() };
    render(&page, &view, typed, &[], (StatusCode::OK, toast)).await
}

struct View {
    org: OrganisationId,
    own: OrganisationId,
    year: i32,
    may_manage: bool,
}

async fn render(
    page: &Page,
    view: &View,
    typed: Typed,
    problems: &[FieldProblem],
    (status, toast): (StatusCode, Option<String>),
) -> Result<Response> {
    let tree = page.tree().await?;
    let (app, now) = (&page.app, page.app.now());
    let today = app.config.zone().day(now);
    let org = tree.get(view.org).ok_or_else(|| Error::new(Code::NotFound))?;
    report::settle(&app.db, now).await?;
    let snapshot = app.db.snapshot().await?;
    let figures = report::load(&snapshot, &app.kinds, org, view.year, app.config.zone(), now).await?;
    let items = items_below(&snapshot, view.org, view.year).await?;
    drop(snapshot);
    // Both are in the order entered.
    let rows: Vec<_> = items
        .iter()
        .zip(&figures.plan)
        .map(|(item, plan)| row(page, view, item, plan, tree.name(item.organisation_id), today))
        .collect();
    let orgs: Vec<_> = tree
        .iter()
        .filter(|row| tree.is_below(row.id, view.own))
        .map(|row| context! { code => row.code.as_str(), name => row.name.as_str(), chosen => row.id == view.org })
        .collect();
    let mut wrong = BTreeMap::new();
    for problem in problems {
        wrong.entry(problem.field.clone()).or_insert_with(|| problem.text(page.lang));
    }
    let context = context! {
        year => view.year, org_code => org.code.as_str(), org_name => org.name.as_str(), orgs, rows, toast,
        states => counts(&rows_states(&items, &figures.plan, view.year, today)),
        kinds => Serde(kind_choices(&app.kinds, &typed.item, page.lang)), metrics => METRICS.map(|key| (key, item_name(page, key))),
        wrong => Serde(wrong), form => Serde(typed), may_manage => view.may_manage,
    };
    page.render_as(status, "planning/hub/hub.html", "planning", context).await
}

/// Metrics that the form offers; any other may be written.
const METRICS: [&str; 3] = ["materials", "consultations", "audience"];

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    NotStarted,
    UnderWay,
    Done,
    /// By so many days.
    Overdue(i64),
}

/// Without a date of its own an item is due with its year.
fn state(plan: &Plan, year: i32, today: NaiveDate) -> State {
    let due = plan.due.or_else(|| NaiveDate::from_ymd_opt(year, 12, 31)).unwrap_or(today);
    match plan.done {
        done if done >= plan.target => State::Done,
        _ if due < today => State::Overdue((today - due).num_days()),
        done if done > 0 => State::UnderWay,
        _ => State::NotStarted,
    }
}

fn rows_states(items: &[plan_item::Model], plan: &[Plan], year: i32, today: NaiveDate) -> Vec<State> {
    items.iter().zip(plan).map(|(_, plan)| state(plan, year, today)).collect()
}

fn counts(states: &[State]) -> Vec<(&'static str, usize)> {
    let of = |wanted: &dyn Fn(&State) -> bool| states.iter().filter(|state| wanted(state)).count();
    vec![
        ("done", of(&|state| *state == State::Done)),
        ("under-way", of(&|state| *state == State::UnderWay)),
        ("not-started", of(&|state| *state == State::NotStarted)),
        ("overdue", of(&|state| matches!(state, State::Overdue(_)))),
    ]
}

fn row(page: &Page, view: &View, item: &plan_item::Model, plan: &Plan, org: &str, today: NaiveDate) -> Value {
    let (done, target) = (format::number(plan.done), format::number(plan.target));
    let (state, text) = match state(plan, view.year, today) {
        State::NotStarted => ("not-started", page.lang.text("plan-state-not-started")),
        State::UnderWay => (
            "under-way",
            page.lang.text_with("plan-state-under-way", [("done", done.as_str()), ("target", target.as_str())]),
        ),
        State::Done => ("done", page.lang.text("plan-state-done")),
        State::Overdue(days) => ("overdue", page.lang.text_with("plan-state-overdue", [("n", days)])),
    };
    let of_kind = page.app.kinds.get(&item.item).is_some();
    let events = of_kind
        .then(|| format!("/events?year={}&kind={}&org={}", view.year, encode(&item.item), encode(&plan.org_code)));
    context! {
        id => item.id.0, name => item_name(page, &item.item), org, done, target, state, text, events,
        rows => (plan.done != 0).then(|| links::rows(links::To::Page, view.year, &plan.org_code, &plan.figure)),
        due => item.due.map(|due| format::date(page.lang, due, today)),
    }
}

fn back(view_org: &str, year: i32, done: &str) -> Response {
    Redirect::to(&format!("/planning?year={year}&org={}&done={done}", encode(view_org))).into_response()
}

/// `POST /planning/items`
pub async fn make(Desk { page, actor, .. }: Desk<ToManage>, Signed(typed): Signed<Typed>) -> Result<Response> {
    let tree = page.tree().await?;
    let org = whose(tree, actor.organisation, &typed.org)?;
    let year = typed.year()?;
    let tx = page.app.db.begin().await?;
    let added = match typed.new_item(&page.app.kinds) {
        Ok(new) => add(&tx, &page.app.kinds, tree, &actor, &new, page.app.now()).await,
        Err(error) => Err(error),
    };
    match added {
        Ok(()) => {
            tx.commit().await?;
            Ok(back(&typed.org, year, "added"))
        }
        Err(Error::Problem(problem)) if matches!(problem.code, Code::Invalid | Code::KeyTaken) => {
            tx.rollback().await?;
            let view = View { org, own: actor.organisation, year, may_manage: true };
            render(&page, &view, typed, &problem.fields, (problem.code.status(), None)).await
        }
        Err(error) => Err(error),
    }
}

/// `GET /planning/items/{id}`
pub async fn ask_edit(Desk { page, actor, .. }: Desk<ToManage>, Path(id): Path<i64>) -> Result<Response> {
    let row = item_to_manage(page.app.db.read(), page.tree().await?, &actor, PlanItemId(id)).await?;
    let typed = Typed {
        target: row.target.to_string(),
        due: row.due.map(|due| due.to_string()).unwrap_or_default(),
        version: version(&row),
        ..Typed::default()
    };
    show_edit(&page, &row, typed, &[], (StatusCode::OK, None)).await
}

/// `POST /planning/items/{id}`
pub async fn edit(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    let tree = page.tree().await?;
    let tx = page.app.db.begin().await?;
    let row = item_to_manage(&tx, tree, &actor, PlanItemId(id)).await?;
    let new = NewItem {
        year: row.year,
        org_code: tree.code(row.organisation_id).to_owned(),
        item: row.item.clone(),
        target: typed.target.clone(),
        due: typed.due.clone(),
    };
    match change(&tx, &page.app.kinds, tree, &actor, (&row, &new, &typed.version), page.app.now()).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(back("", row.year, "changed"))
        }
        Err(Error::Problem(problem)) if matches!(problem.code, Code::Invalid | Code::ChangedMeanwhile) => {
            tx.rollback().await?;
            let meanwhile = (problem.code == Code::ChangedMeanwhile).then_some((row.target, row.due));
            let typed = Typed { version: version(&row), ..typed };
            show_edit(&page, &row, typed, &problem.fields, (problem.code.status(), meanwhile)).await
        }
        Err(error) => Err(error),
    }
}

/// `POST /planning/items/{id}/remove`
pub async fn take_away(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    let tx = page.app.db.begin().await?;
    let row = item_to_manage(&tx, page.tree().await?, &actor, PlanItemId(id)).await?;
    if typed.version != items::version(&row) {
        return Err(Error::new(Code::ChangedMeanwhile));
    }
    remove(&tx, &actor, &row, page.app.now()).await?;
    tx.commit().await?;
    Ok(back("", row.year, "removed"))
}

async fn show_edit(
    page: &Page,
    row: &plan_item::Model,
    typed: Typed,
    problems: &[FieldProblem],
    (status, meanwhile): (StatusCode, Option<(i64, Option<NaiveDate>)>),
) -> Result<Response> {
    let mut wrong = BTreeMap::new();
    for problem in problems {
        wrong.entry(problem.field.clone()).or_insert_with(|| problem.text(page.lang));
    }
    let today = page.app.config.zone().day(page.app.now());
    let meanwhile = meanwhile.map(|(target, due)| {
        let due = due.map_or_else(|| "—".to_owned(), |due| format::date(page.lang, due, today));
        page.lang.text_with("plan-item-meanwhile", [("target", format::number(target)), ("due", due)])
    });
    let context = context! {
        id => row.id.0, name => item_name(page, &row.item), year => row.year,
        org => page.tree().await?.name(row.organisation_id), wrong => Serde(wrong), form => Serde(typed), meanwhile,
    };
    page.render_as(status, "planning/hub/item.html", "planning", context).await
}
