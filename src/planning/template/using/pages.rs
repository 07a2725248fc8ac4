//! Making an event from a template: by one tap, or in the full form.

use std::collections::BTreeMap;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use entity::event_template;
use entity::id::EventTemplateId;
use entity::state::ChecklistKind;
use minijinja::{context, value::Serde};
use serde::Deserialize;

use super::{Using, day, is_past, prefill, use_template};
use crate::access::Actor;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::OrgTree;
use crate::planning::template::pages::length;
use crate::planning::template::{NewTemplate, for_use, pattern};
use crate::scheduling::form::Typed as EventForm;
use crate::view::format;
use crate::web::{Desk, Page, Signed, ToManage};

/// What the address of the form of a new event may say.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FromTemplate {
    template: String,
    date: String,
    org: String,
}

impl FromTemplate {
    /// The form as the template fills it in; None where no template is named.
    pub async fn typed(&self, page: &Page, tree: &OrgTree, actor: &Actor) -> Result<Option<EventForm>> {
        if self.template.is_empty() {
            return Ok(None);
        }
        let id = self.template.parse().map_err(|_| Error::new(Code::NotFound))?;
        let row = for_use(page.app.db.read(), tree, actor, EventTemplateId(id)).await?;
        let template = NewTemplate::of(&row, tree.code(row.organisation_id));
        let today = page.app.config.zone().day(page.app.now());
        let org = host(tree, actor, &row, &self.org);
        let typed = prefill(&template, &key("web"), day(&self.date).ok(), today, &org);
        Ok(Some(EventForm { template: self.template.clone(), ..typed }))
    }
}

pub(in crate::planning) fn key(sort: &str) -> String {
    format!("{sort}-{}", uuid::Uuid::new_v4().simple())
}

/// The code of the host that a template is used for: the one asked for, else the template's own organisation where the
/// actor manages it, else the actor's.
pub(in crate::planning) fn host(tree: &OrgTree, actor: &Actor, row: &event_template::Model, asked: &str) -> String {
    let asked = tree.by_code(asked).filter(|org| tree.is_below(org.id, actor.organisation)).map(|org| org.id);
    let own = tree.is_below(row.organisation_id, actor.organisation).then_some(row.organisation_id);
    tree.code(asked.or(own).unwrap_or(actor.organisation)).to_owned()
}

/// What the form of a template in use sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Use {
    act: String,
    key: String,
    date: String,
    org_code: String,
}

/// `GET /templates/{id}/use`
pub async fn ask_use(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Query(from): Query<FromTemplate>,
) -> Result<Response> {
    let tree = page.tree().await?;
    let row = for_use(page.app.db.read(), tree, &actor, EventTemplateId(id)).await?;
    let typed = Use { key: key("tpl"), date: from.date, org_code: from.org, ..Use::default() };
    show_use(&page, tree, &actor, &row, &typed, &[]).await
}

/// `POST /templates/{id}/use`
pub async fn do_use(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(typed): Signed<Use>,
) -> Result<Response> {
    let tree = page.tree().await?;
    let row = for_use(page.app.db.read(), tree, &actor, EventTemplateId(id)).await?;
    if typed.act == "form" {
        let query = [("template", id.to_string()), ("date", typed.date), ("org", typed.org_code)];
        let query: Vec<_> = query.iter().map(|(k, v)| format!("{k}={}", crate::view::encode(v))).collect();
        return Ok(Redirect::to(&format!("/events/new?{}", query.join("&"))).into_response());
    }
    let wanted = Using { key: &typed.key, date: &typed.date, org_code: &typed.org_code };
    let tx = page.app.db.begin().await?;
    match use_template(&tx, &page.app.ground(), tree, &actor, (&row, wanted), page.app.now()).await {
        Ok(made) => {
            tx.commit().await?;
            let today = page.app.config.zone().day(page.app.now());
            let past = day(&typed.date).is_ok_and(|on| is_past(on, today));
            let done = if past { "created-past" } else { "created" };
            Ok(Redirect::to(&format!("/events/{}?done={done}", made.whole().event.id)).into_response())
        }
        Err(Error::Problem(problem)) if matches!(problem.code, Code::Invalid | Code::KeyTaken) => {
            tx.rollback().await?;
            show_use(&page, tree, &actor, &row, &typed, &problem.fields).await
        }
        Err(error) => Err(error),
    }
}

async fn show_use(
    page: &Page,
    tree: &OrgTree,
    actor: &Actor,
    row: &event_template::Model,
    typed: &Use,
    problems: &[FieldProblem],
) -> Result<Response> {
    let template = NewTemplate::of(row, tree.code(row.organisation_id));
    let host = host(tree, actor, row, &typed.org_code);
    let today = page.app.config.zone().day(page.app.now());
    let orgs: Vec<_> = tree
        .iter()
        .filter(|org| tree.is_below(org.id, actor.organisation))
        .map(|org| context! { code => org.code.as_str(), name => org.name.as_str(), chosen => org.code == host })
        .collect();
    let (beside, others): (Vec<_>, Vec<_>) =
        problems.iter().partition(|problem| matches!(problem.field.as_str(), "date" | "org_code"));
    let wrong: BTreeMap<_, _> = beside.iter().map(|problem| (problem.field.clone(), problem.text(page.lang))).collect();
    let others: Vec<_> = others.iter().map(|problem| problem.text(page.lang)).collect();
    let tasks = |kind| -> Vec<_> {
        template.checklist.iter().filter(|task| task.kind == kind).map(|task| task.text.clone()).collect()
    };
    let on = day(&typed.date).unwrap_or(today);
    let reminders: Vec<_> = match (&template.reminders, page.app.kinds.get(&template.kind)) {
        (Some(own), _) => own.clone(),
        (None, Some(kind)) => kind.reminders.clone(),
        (None, None) => Vec::new(),
    };
    let after = match (&template.after, page.app.kinds.get(&template.kind)) {
        (Some(own), _) => own.clone(),
        (None, Some(kind)) => kind.after().into_iter().map(|one| one.as_str().to_owned()).collect(),
        (None, None) => Vec::new(),
    };
    let context = context! {
        id => row.id.0, name => row.name.as_str(), key => typed.key.as_str(), date => typed.date.as_str(),
        own => tree.is_below(row.organisation_id, actor.organisation),
        orgs, wrong => Serde(wrong), others,
        kind => page.app.kinds.name(&row.kind, page.lang), org => tree.name(row.organisation_id),
        title => template.title_pattern.as_str(), example => pattern::fill(&template.title_pattern, on),
        length => length(page, &template), starts_at => row.starts_at.as_str(), place => row.location.as_str(),
        audience => template.event("", on, &host).audience, required => row.required, rrule => row.rrule.clone(),
        day_off => page.lang.text(&format!("plan-off-{}", row.on_day_off)),
        tasks => tasks(ChecklistKind::Task), take => tasks(ChecklistKind::Take),
        reminders => reminders.iter().map(|text| format::before(page.lang, text)).collect::<Vec<_>>(),
        remind_whom => row.remind_whom.as_str(), after,
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page.render_as(status, "planning/template/use.html", "planning", context).await
}
