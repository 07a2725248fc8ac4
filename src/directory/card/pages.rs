//! A person's page and its forms. Whatever changes memberships is looked at first, then saved.

use std::collections::{BTreeSet, HashMap};

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Datelike;
use entity::id::{MembershipId, PersonId};
use entity::person;
use minijinja::{Value, context, value::Serde};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::Deserialize;

use super::form::{Sort, Typed, Wrong};
use super::shown;
use crate::access::Actor;
use crate::directory::change::{addresses, look, permit};
use crate::directory::course::{Step, take};
use crate::directory::list::labels;
use crate::directory::pages::{group_name, own_orgs};
use crate::directory::person::{fingerprint, is_ours, person_for, step};
use crate::directory::year::year;
use crate::directory::{Renamed, add, rename, takes_mail};
use crate::error::{Code, Error, Problem, Result};
use crate::outbox::trouble;
use crate::people::{OrgTree, Stay};
use crate::scheduling::ahead::Situation;
use crate::web::{Desk, Page, Signed, ToManage, ToRead};

/// What was just done.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
    sessions: usize,
    letters: usize,
}

/// A person as a form finds them.
struct Met {
    row: person::Model,
    stays: Vec<Stay>,
    tree: OrgTree,
}

/// How a form comes back.
#[derive(Default)]
struct Again {
    wrong: Wrong,
    outlook: Option<Value>,
    meanwhile: bool,
}

impl Again {
    fn status(&self) -> StatusCode {
        match self {
            Self { meanwhile: true, .. } => StatusCode::PRECONDITION_FAILED,
            Self { wrong, .. } if !wrong.0.is_empty() => StatusCode::UNPROCESSABLE_ENTITY,
            Self { .. } => StatusCode::OK,
        }
    }

    /// What a refusal says to the form; another error goes on.
    fn of(error: Error, page: &Page) -> Result<Self> {
        match error {
            Error::Problem(problem) if problem.code == Code::Invalid => {
                let Problem { fields, .. } = *problem;
                Ok(Self { wrong: Wrong::of(&fields, page.lang), ..Self::default() })
            }
            Error::Problem(problem) if problem.code == Code::ChangedMeanwhile => {
                Ok(Self { meanwhile: true, ..Self::default() })
            }
            other => Err(other),
        }
    }
}

async fn meet(page: &Page, actor: &Actor, id: i64) -> Result<Met> {
    let db = page.app.db.read();
    let tree = OrgTree::load(db).await?;
    let (row, stays) = person_for(db, actor, &tree, PersonId(id)).await?;
    Ok(Met { row, stays, tree })
}

/// The same for somebody who may change them.
async fn meet_ours(page: &Page, actor: &Actor, id: i64) -> Result<Met> {
    let met = meet(page, actor, id).await?;
    if is_ours(&met.tree, actor, &met.stays) { Ok(met) } else { Err(Error::new(Code::Forbidden)) }
}

/// `GET /people/{id}`
pub async fn show(
    Desk { page, actor, .. }: Desk<ToRead>,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let (db, now) = (page.app.db.read(), page.app.now());
    let today = page.app.config.zone().day(now);
    let Met { row, stays, tree } = meet(&page, &actor, id).await?;
    let shared = match &row.email {
        Some(email) => person::Entity::find().filter(person::Column::Email.eq(email.as_str())).count(db).await? - 1,
        None => 0,
    };
    let troubles = trouble::of_addresses(db, row.email.as_deref()).await?;
    let here = stays.iter().find(|stay| stay.holds_on(today));
    let numbers = crate::directory::double::numbers_of(db, row.id).await?;
    let toast = (!asked.done.is_empty())
        .then(|| format!("people-done-{}", asked.done))
        .filter(|key| page.lang.has(key))
        .map(|key| {
            let args = [("sessions", asked.sessions.to_string()), ("letters", asked.letters.to_string())];
            page.lang.text_with(&key, args)
        });
    let context = context! {
        person => context! {
            id, staff_no => row.staff_no.as_str(), name => row.name.as_str(), email => row.email.as_deref(),
            org => here.map(|stay| tree.name(stay.organisation_id)), title => here.map(|stay| stay.title.as_str()),
        },
        numbers, shared, toast, here => here.is_some(), this_year => today.year().to_string(),
        stays => shown::stays(&page, &tree, &stays, today),
        year => Serde(year(db, row.id, today.year(), now).await?),
        trouble => troubles.values().next().map(|known| shown::trouble(&page, known, now)),
        history => shown::history(&page, db, row.id, now).await?,
        ours => actor.may_manage() && is_ours(&tree, &actor, &stays), may_manage => actor.may_manage(),
    };
    page.render("directory/card/person.html", "people", context).await
}

/// `GET /people/new`
pub async fn ask_new(Desk { page, actor, .. }: Desk<ToManage>) -> Result<Response> {
    let tree = OrgTree::load(page.app.db.read()).await?;
    let today = page.app.config.zone().day(page.app.now());
    let own = tree.code(actor.organisation).to_owned();
    let typed = Typed { from: today.to_string(), org_code: own, ..Typed::default() };
    form(&page, &actor, &tree, None, "new", typed, Again::default()).await
}

/// `POST /people/new`
pub async fn make(Desk { page, actor, .. }: Desk<ToManage>, Signed(typed): Signed<Typed>) -> Result<Response> {
    let (db, now) = (page.app.db.read(), page.app.now());
    let tree = OrgTree::load(db).await?;
    let made = async {
        let new = typed.new_person(&tree, &actor)?;
        if typed.act != "save" {
            let begin = Step::Begin { from: new.from, place: new.place };
            let after = take(&[], PersonId(0), &begin).map_err(|problem| Error::invalid(vec![problem]))?;
            permit(&tree, &actor, &[], &after)?;
            let known = new.email.map(|email| (PersonId(0), email)).into_iter().collect();
            return Ok(Err(foresee(&page, &tree, &[], &after, &known).await?));
        }
        let tx = page.app.db.begin().await?;
        let (id, done) = add(&tx, &actor, new, now).await?;
        tx.commit().await?;
        Ok(Ok(format!("/people/{id}?done=added&sessions={}&letters={}", done.sessions, done.letters)))
    };
    let again = match made.await {
        Ok(Ok(location)) => return Ok(Redirect::to(&location).into_response()),
        Ok(Err(outlook)) => Again { outlook: Some(outlook), ..Again::default() },
        Err(error) => Again::of(error, &page)?,
    };
    form(&page, &actor, &tree, None, "new", typed, again).await
}

/// `GET /people/{id}/edit`
pub async fn ask_edit(Desk { page, actor, .. }: Desk<ToManage>, Path(id): Path<i64>) -> Result<Response> {
    let met = meet_ours(&page, &actor, id).await?;
    let email = met.row.email.clone().unwrap_or_default();
    let typed = Typed { name: met.row.name.clone(), email, ..Typed::default() };
    form(&page, &actor, &met.tree, Some(&met), "edit", typed, Again::default()).await
}

/// `POST /people/{id}/edit`
pub async fn edit(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    let met = meet_ours(&page, &actor, id).await?;
    let mut wrong = Vec::new();
    let (name, email) = typed.identity(&mut wrong);
    if !wrong.is_empty() {
        let again = Again { wrong: Wrong::of(&wrong, page.lang), ..Again::default() };
        return form(&page, &actor, &met.tree, Some(&met), "edit", typed, again).await;
    }
    let tx = page.app.db.begin().await?;
    let renamed = rename(&tx, &actor, PersonId(id), name, email, page.app.now()).await?;
    tx.commit().await?;
    let done = if renamed == Renamed::Changed { "?done=renamed" } else { "" };
    Ok(Redirect::to(&format!("/people/{id}{done}")).into_response())
}

/// The address that is said to take mail, as the page showed it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Marked {
    address: String,
}

/// `POST /people/{id}/mail/trouble`: a person's address takes mail again, says who may change the person.
pub async fn clear_trouble(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(marked): Signed<Marked>,
) -> Result<Response> {
    let tx = page.app.db.begin().await?;
    takes_mail(&tx, &actor, PersonId(id), &marked.address, page.app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/people/{id}?done=trouble-cleared")).into_response())
}

/// `GET /people/{id}/transfer`, `…/change`, `…/retire`, `…/return`
pub async fn ask_step(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path((id, word)): Path<(i64, String)>,
) -> Result<Response> {
    let sort = Sort::parse(&word).ok_or_else(|| Error::new(Code::NotFound))?;
    let met = meet(&page, &actor, id).await?;
    let today = page.app.config.zone().day(page.app.now());
    let latest = met.stays.iter().find(|stay| stay.holds_on(today)).or(met.stays.last());
    let mut typed = latest.map_or_else(Typed::default, |stay| Typed::of(stay, &met.tree));
    typed.from = today.to_string();
    typed.last = today.to_string();
    if sort == Sort::Transfer {
        (typed.org_code, typed.title, typed.groups) = (String::new(), String::new(), Vec::new());
    }
    typed.seen = fingerprint(&met.stays);
    form(&page, &actor, &met.tree, Some(&met), sort.word(), typed, Again::default()).await
}

/// `POST` of the same.
pub async fn take_step(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path((id, word)): Path<(i64, String)>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    let sort = Sort::parse(&word).ok_or_else(|| Error::new(Code::NotFound))?;
    answer(&page, &actor, id, sort, typed).await
}

/// `GET /people/{id}/memberships/{membership}`
pub async fn ask_correct(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path((id, membership)): Path<(i64, i64)>,
) -> Result<Response> {
    let met = meet(&page, &actor, id).await?;
    let stay = met.stays.iter().find(|stay| stay.id == Some(MembershipId(membership)));
    let mut typed = Typed::of(stay.ok_or_else(|| Error::new(Code::NotFound))?, &met.tree);
    typed.seen = fingerprint(&met.stays);
    form(&page, &actor, &met.tree, Some(&met), "correct", typed, Again::default()).await
}

/// `POST` of the same.
pub async fn correct(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path((id, membership)): Path<(i64, i64)>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    answer(&page, &actor, id, Sort::Correct(MembershipId(membership)), typed).await
}

/// Looks at a step, or takes it.
async fn answer(page: &Page, actor: &Actor, id: i64, sort: Sort, mut typed: Typed) -> Result<Response> {
    let met = meet(page, actor, id).await?;
    let now = page.app.now();
    let taken = async {
        let asked = typed.step(sort, &met.stays, &met.tree, actor)?;
        if !matches!(typed.act.as_str(), "save" | "remove") {
            let after = take(&met.stays, met.row.id, &asked).map_err(|problem| Error::invalid(vec![problem]))?;
            permit(&met.tree, actor, &met.stays, &after)?;
            let known = addresses(page.app.db.read(), vec![met.row.id]).await?;
            return Ok(Err(foresee(page, &met.tree, &met.stays, &after, &known).await?));
        }
        let tx = page.app.db.begin().await?;
        let done = step(&tx, actor, met.row.id, (sort.action(), &asked), &typed.seen, now).await?;
        tx.commit().await?;
        Ok(Ok(format!("/people/{id}?done={}&sessions={}&letters={}", sort.word(), done.sessions, done.letters)))
    };
    let again = match taken.await {
        Ok(Ok(location)) => return Ok(Redirect::to(&location).into_response()),
        Ok(Err(outlook)) => Again { outlook: Some(outlook), ..Again::default() },
        Err(error) => Again::of(error, page)?,
    };
    let met = meet(page, actor, id).await?;
    typed.seen = fingerprint(&met.stays);
    form(page, actor, &met.tree, Some(&met), sort.word(), typed, again).await
}

async fn foresee(
    page: &Page,
    tree: &OrgTree,
    before: &[Stay],
    after: &[Stay],
    addresses: &HashMap<PersonId, String>,
) -> Result<Value> {
    let now = page.app.now();
    let (before, after) = (Situation { tree, stays: before }, Situation { tree, stays: after });
    let outlook = look(page.app.db.read(), before, after, now).await?;
    Ok(shown::outlook(page, &outlook, addresses, now))
}

async fn form(
    page: &Page,
    actor: &Actor,
    tree: &OrgTree,
    met: Option<&Met>,
    step: &str,
    typed: Typed,
    again: Again,
) -> Result<Response> {
    let today = page.app.config.zone().day(page.app.now());
    let mut names: BTreeSet<String> = labels(page.app.db.read(), actor.organisation).await?.into_iter().collect();
    names.extend(["center-group".to_owned(), "enforcement".to_owned()]);
    names.extend(typed.groups.iter().filter(|name| name.chars().count() <= 100).cloned());
    let groups: Vec<_> = names
        .iter()
        .map(|name| context! { value => name, text => group_name(page.lang, name), chosen => typed.groups.contains(name) })
        .collect();
    let status = again.status();
    let context = context! {
        person => met.map(|met| context! {
            id => met.row.id.0, name => met.row.name.as_str(), staff_no => met.row.staff_no.as_str(),
        }),
        stays => met.map(|met| shown::stays(page, tree, &met.stays, today)),
        step, orgs => own_orgs(tree, actor, &typed.org_code, Some(today)), groups,
        form => Serde(typed), wrong => Serde(again.wrong), outlook => again.outlook, meanwhile => again.meanwhile,
    };
    page.render_as(status, "directory/card/form.html", "people", context).await
}
