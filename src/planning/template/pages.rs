//! Templates on pages: the list, the form, and making an event by one tap.

use std::collections::BTreeMap;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use entity::event_template;
use entity::id::{EventId, EventTemplateId};
use entity::state::{OnDayOff, RemindWhom};
use minijinja::{Value, context, value::Serde};
use serde::Deserialize;

use super::form::{Typed, place};
use super::using::pages::host;
use super::{NewTemplate, starters, store, using};
use crate::access::Actor;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::OrgTree;
use crate::scheduling::filters::kind_choices;
use crate::scheduling::{Afterwards, event_for, load_whole};
use crate::view::format;
use crate::web::{Desk, Page, Signed, ToManage, ToRead};

/// What a list's address may say.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
    name: String,
}

/// `GET /templates`
pub async fn list(Desk { page, actor, .. }: Desk<ToRead>, Query(asked): Query<Asked>) -> Result<Response> {
    let db = page.app.db.read();
    let tree = page.tree().await?;
    let rows = store::visible(db, tree, actor.organisation).await?;
    let of = |wanted: &dyn Fn(&event_template::Model) -> bool| -> Vec<Value> {
        rows.iter().filter(|row| wanted(row)).map(|row| line(&page, tree, &actor, row)).collect()
    };
    let is_below = |row: &event_template::Model| tree.is_below(row.organisation_id, actor.organisation);
    let own = of(&|row| row.organisation_id == actor.organisation);
    let below = of(&|row| row.organisation_id != actor.organisation && is_below(row));
    let above = of(&|row| !is_below(row));
    let known = starters().iter().filter(|starter| page.app.kinds.get(&starter.kind).is_some());
    let have: Vec<_> =
        rows.iter().filter(|row| row.organisation_id == actor.organisation).map(|row| &row.name).collect();
    let offered: Vec<_> = known
        .filter(|starter| !have.iter().any(|name| name.as_str() == starter.name.of(page.lang)))
        .map(|starter| context! { key => starter.key.as_str(), name => starter.name.of(page.lang), kind => page.app.kinds.name(&starter.kind, page.lang) })
        .collect();
    let done = format!("plan-done-{}", asked.done);
    let toast = page
        .lang
        .has(&done)
        .then(|| page.lang.text_with(&done, [("name", asked.name.chars().take(100).collect::<String>())]));
    let context = context! { own, below, above, offered, toast, may_manage => actor.may_manage(), org_name => tree.name(actor.organisation) };
    page.render("planning/template/list.html", "planning", context).await
}

/// One template as a list shows it.
fn line(page: &Page, tree: &OrgTree, actor: &Actor, row: &event_template::Model) -> Value {
    let template = NewTemplate::of(row, tree.code(row.organisation_id));
    context! {
        id => row.id.0, name => row.name.as_str(), version => store::version(row),
        kind => page.app.kinds.name(&row.kind, page.lang),
        org => tree.name(row.organisation_id),
        own => actor.may_manage() && tree.is_below(row.organisation_id, actor.organisation),
        length => length(page, &template), starts_at => row.starts_at.as_str(), place => row.location.as_str(),
        recurs => row.rrule.is_some(), tasks => template.checklist.len(),
        audience => template.audience, required => row.required,
    }
}

pub(super) fn length(page: &Page, template: &NewTemplate) -> String {
    let minutes = i64::from(template.length_minutes);
    let (key, n) = match minutes {
        m if template.all_day => ("plan-days", m / 1_440),
        m if m % 60 == 0 => ("plan-hours", m / 60),
        m => ("plan-minutes", m),
    };
    page.lang.text_with(key, [("n", n)])
}

/// What the address of a new template's form may say.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FromEvent {
    event: String,
}

/// `GET /templates/new`; `?event=ID` fills it in by an event.
pub async fn ask_new(Desk { page, actor, .. }: Desk<ToManage>, Query(from): Query<FromEvent>) -> Result<Response> {
    let db = page.app.db.read();
    let tree = page.tree().await?;
    let template = if from.event.is_empty() {
        NewTemplate {
            org_code: tree.code(actor.organisation).to_owned(),
            audience: vec![format!("org:{}", super::HOST)],
            required: true,
            length_minutes: 120,
            ..NewTemplate::default()
        }
    } else {
        let id = from.event.parse().map_err(|_| Error::new(Code::NotFound))?;
        let whole = load_whole(db, event_for(db, &actor, EventId(id)).await?).await?;
        let mut template = using::of_event(db, &whole).await?;
        // What another organisation hosts is learnt from, and kept at home.
        if !tree.is_below(whole.event.host_id, actor.organisation) {
            template.org_code = tree.code(actor.organisation).to_owned();
        }
        template
    };
    show(&page, tree, &actor, None, Typed::of(&template), Problems::default()).await
}

/// `POST /templates/new`
pub async fn make(Desk { page, actor, .. }: Desk<ToManage>, Signed(typed): Signed<Typed>) -> Result<Response> {
    let tree = page.tree().await?;
    let tx = page.app.db.begin().await?;
    match store::make(&tx, &page.app.ground(), tree, &actor, &typed.template(), page.app.now()).await {
        Ok(made) => {
            tx.commit().await?;
            Ok(Redirect::to(&format!("/templates?done=made&name={}", crate::view::encode(&made.name))).into_response())
        }
        Err(error) => {
            tx.rollback().await?;
            show(&page, tree, &actor, None, typed, Problems::of(error)?).await
        }
    }
}

/// `GET /templates/{id}`
pub async fn ask_edit(Desk { page, actor, .. }: Desk<ToManage>, Path(id): Path<i64>) -> Result<Response> {
    let tree = page.tree().await?;
    let row = store::for_use(page.app.db.read(), tree, &actor, EventTemplateId(id)).await?;
    if !tree.is_below(row.organisation_id, actor.organisation) {
        return Err(Error::new(Code::Forbidden));
    }
    let template = NewTemplate::of(&row, tree.code(row.organisation_id));
    let typed = Typed { version: store::version(&row), ..Typed::of(&template) };
    show(&page, tree, &actor, Some(&row), typed, Problems::default()).await
}

/// `POST /templates/{id}`
pub async fn edit(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(mut typed): Signed<Typed>,
) -> Result<Response> {
    let (id, now) = (EventTemplateId(id), page.app.now());
    let tree = page.tree().await?;
    let tx = page.app.db.begin().await?;
    let before = match store::to_manage(&tx, tree, &actor, id, &typed.version).await {
        Ok(row) => row,
        Err(error) if error.code() == Code::ChangedMeanwhile => {
            tx.rollback().await?;
            let row = store::for_use(page.app.db.read(), tree, &actor, id).await?;
            let present = Typed::of(&NewTemplate::of(&row, tree.code(row.organisation_id)));
            typed.version = store::version(&row);
            let problems = Problems { meanwhile: differences(&page, &typed, &present), ..Problems::of(error)? };
            return show(&page, tree, &actor, Some(&row), typed, problems).await;
        }
        Err(error) => return Err(error),
    };
    match store::change(&tx, &page.app.ground(), tree, &actor, (&before, &typed.template()), now).await {
        Ok(row) => {
            tx.commit().await?;
            Ok(Redirect::to(&format!("/templates?done=saved&name={}", crate::view::encode(&row.name))).into_response())
        }
        Err(error) => {
            tx.rollback().await?;
            show(&page, tree, &actor, Some(&before), typed, Problems::of(error)?).await
        }
    }
}

/// A form with the template's state that its reader saw.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Seen {
    version: String,
}

/// `POST /templates/{id}/delete`
pub async fn remove(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(seen): Signed<Seen>,
) -> Result<Response> {
    let tree = page.tree().await?;
    let tx = page.app.db.begin().await?;
    let row = store::to_manage(&tx, tree, &actor, EventTemplateId(id), &seen.version).await?;
    store::delete(&tx, &actor, &row, page.app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/templates?done=deleted&name={}", crate::view::encode(&row.name))).into_response())
}

/// `POST /templates/{id}/copy`: into the actor's own organisation, or beside it where the actor manages that.
pub async fn copy(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(Seen { .. }): Signed<Seen>,
) -> Result<Response> {
    let tree = page.tree().await?;
    let tx = page.app.db.begin().await?;
    let row = store::for_use(&tx, tree, &actor, EventTemplateId(id)).await?;
    let mut wish = NewTemplate::of(&row, &host(tree, &actor, &row, ""));
    let home = tree.by_code(&wish.org_code).map_or(actor.organisation, |org| org.id);
    let again =
        |name: &str, n: usize| page.lang.text_with("plan-copy-name", [("name", name.to_owned()), ("n", n.to_string())]);
    wish.name = store::free_name(&tx, home, &wish.name, again).await?;
    let made = store::make(&tx, &page.app.ground(), tree, &actor, &wish, page.app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/templates/{}", made.id)).into_response())
}

/// `POST /templates/starters/{key}`: copies a template to begin with into the actor's organisation and asks for a date.
pub async fn take(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(wanted): Path<String>,
    Signed(Seen { .. }): Signed<Seen>,
) -> Result<Response> {
    let starter = starters().iter().find(|starter| starter.key == wanted).ok_or_else(|| Error::new(Code::NotFound))?;
    let tree = page.tree().await?;
    let wish = starter.template(tree.code(actor.organisation), page.lang);
    let tx = page.app.db.begin().await?;
    match store::make(&tx, &page.app.ground(), tree, &actor, &wish, page.app.now()).await {
        Ok(made) => {
            tx.commit().await?;
            Ok(Redirect::to(&format!("/templates/{}/use", made.id)).into_response())
        }
        // Tapped twice: it is there.
        Err(error) if error.code() == Code::KeyTaken => Ok(Redirect::to("/templates").into_response()),
        Err(error) => Err(error),
    }
}

/// Why a form comes back.
#[derive(Default)]
struct Problems {
    status: StatusCode,
    fields: Vec<FieldProblem>,
    meanwhile: Vec<Value>,
}

impl Problems {
    /// A refusal that the form shows; any other goes on.
    fn of(error: Error) -> Result<Self> {
        match error {
            Error::Problem(problem)
                if matches!(problem.code, Code::Invalid | Code::KeyTaken | Code::ChangedMeanwhile) =>
            {
                Ok(Self { status: problem.code.status(), fields: problem.fields, meanwhile: Vec::new() })
            }
            other => Err(other),
        }
    }
}

/// What a field of the form is called.
fn label(page: &Page, field: &str) -> String {
    let key = format!("plan-field-{}", field.replace('_', "-"));
    page.lang.text(if page.lang.has(&key) { &key } else { "plan-field-name" })
}

/// What reads otherwise now than in the form: the field, what it says now, what was typed.
fn differences(page: &Page, typed: &Typed, present: &Typed) -> Vec<Value> {
    let text = |sort: &str, word: &str| page.lang.text(&format!("{sort}-{}", word.replace('_', "-")));
    let afters = |form: &Typed| {
        let own = form.template().after.unwrap_or_default();
        let known = Afterwards::ALL.iter().map(|one| one.as_str()).filter(|word| own.iter().any(|typed| typed == word));
        known.map(|word| text("after", word)).collect::<Vec<_>>().join(" ")
    };
    let whom = |form: &Typed| form.template().remind_whom.map(|whom| text("remind-whom", whom.as_str()));
    let fields = |form: &Typed| -> Vec<(&'static str, String)> {
        vec![
            ("name", form.name.clone()),
            ("kind", page.app.kinds.name(&form.kind, page.lang).to_owned()),
            ("title_pattern", form.title_pattern.clone()),
            ("starts_at", form.starts_at.clone()),
            ("length", format!("{}{}", form.length, form.days)),
            ("location", form.location.clone()),
            ("audience", form.audience.clone()),
            ("topics", form.topics.clone()),
            ("reminders", form.reminders.join(" ")),
            ("remind_whom", whom(form).unwrap_or_default()),
            ("after", afters(form)),
            ("rrule", form.rrule.clone()),
            ("tasks", form.tasks.clone()),
            ("take", form.take.clone()),
        ]
    };
    let both = fields(present).into_iter().zip(fields(typed));
    both.filter(|((_, now), (_, typed))| now.split_whitespace().ne(typed.split_whitespace()))
        .map(|((id, now), (_, typed))| context! { id, label => label(page, id), now, typed })
        .collect()
}

async fn show(
    page: &Page,
    tree: &OrgTree,
    actor: &Actor,
    row: Option<&event_template::Model>,
    typed: Typed,
    problems: Problems,
) -> Result<Response> {
    let mut wrong = BTreeMap::new();
    for problem in &problems.fields {
        wrong.entry(place(&problem.field, &typed)).or_insert_with(|| problem.text(page.lang));
    }
    let summary: Vec<_> = wrong.iter().map(|(id, text)| context! { id, label => label(page, id), text }).collect();
    let orgs: Vec<_> = tree
        .iter()
        .filter(|org| tree.is_below(org.id, actor.organisation))
        .map(|org| context! { code => org.code.as_str(), name => org.name.as_str() })
        .collect();
    let reminders: Vec<_> = typed
        .reminder_choices()
        .into_iter()
        .map(|value| context! { text => format::before(page.lang, &value), chosen => typed.reminders.contains(&value), value })
        .collect();
    let context = context! {
        template => row.map(|row| context! { id => row.id.0, name => row.name.as_str() }),
        kinds => Serde(kind_choices(&page.app.kinds, &typed.kind, page.lang)), orgs, reminders,
        remind_whoms => RemindWhom::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>(),
        afters => Afterwards::ALL.map(Afterwards::as_str),
        days_off => OnDayOff::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>(),
        wrong => Serde(wrong), summary, meanwhile => problems.meanwhile, form => Serde(typed),
    };
    page.render_as(problems.status, "planning/template/form.html", "planning", context).await
}
