//! The groups, and one of them with its members.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use entity::id::PersonId;
use minijinja::{Value, context, value::Serde};
use serde::{Deserialize, Serialize};

use super::{Shuffle, Way, change, heaps, plan, rename};
use crate::access::Actor;
use crate::directory::card::{Wrong, shown};
use crate::directory::change::{addresses, look};
use crate::directory::list::{Found, Presence, Wanted, find};
use crate::directory::pages::group_name;
use crate::directory::typed;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::{OrgTree, by_numbers};
use crate::scheduling::ahead::Situation;
use crate::scheduling::wording;
use crate::view::encode;
use crate::web::{Desk, Page, Signed, ToManage, ToRead};

/// Members named on the page of a group; more are in the list of people.
const NAMED: u64 = 500;

/// Which group, and what was just done.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    name: String,
    done: String,
    sessions: usize,
    letters: usize,
}

/// The forms of a group, as typed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    act: String,
    name: String,
    numbers: String,
    people: Vec<i64>,
    from: String,
    new_name: String,
}

/// `GET /groups`
pub async fn show_all(Desk { page, actor, .. }: Desk<ToRead>) -> Result<Response> {
    let db = page.app.db.read();
    let today = page.app.config.zone().day(page.app.now());
    let tree = OrgTree::load(db).await?;
    let mut groups: BTreeMap<String, (i64, Vec<Value>)> = BTreeMap::new();
    for name in ["center-group", "enforcement"] {
        groups.entry(name.to_owned()).or_default();
    }
    for heap in heaps(db, actor.organisation, today).await? {
        let entry = groups.entry(heap.name).or_default();
        entry.0 += heap.people;
        entry.1.push(context! { org => tree.name(heap.organisation_id), people => heap.people });
    }
    let rows: Vec<_> = groups
        .into_iter()
        .map(|(name, (people, orgs))| {
            context! { query => encode(&name), text => group_name(page.lang, &name), name, people, orgs }
        })
        .collect();
    page.render("directory/group/groups.html", "people", context! { rows, may_manage => actor.may_manage() }).await
}

/// `GET /groups/members?name=`
pub async fn ask(Desk { page, actor, .. }: Desk<ToRead>, Query(asked): Query<Asked>) -> Result<Response> {
    let key = format!("groups-done-{}", asked.done);
    let toast = (!asked.done.is_empty() && page.lang.has(&key)).then(|| {
        page.lang.text_with(&key, [("sessions", asked.sessions.to_string()), ("letters", asked.letters.to_string())])
    });
    let today = page.app.config.zone().day(page.app.now()).to_string();
    let typed = Typed { new_name: asked.name.clone(), name: asked.name, from: today, ..Typed::default() };
    show(&page, &actor, typed, Again { toast, ..Again::default() }).await
}

#[derive(Default)]
struct Again {
    wrong: Wrong,
    outlook: Option<Value>,
    toast: Option<String>,
}

/// `POST /groups/members`
pub async fn act(Desk { page, actor, .. }: Desk<ToManage>, Signed(typed): Signed<Typed>) -> Result<Response> {
    match answer(&page, &actor, &typed).await {
        Ok(Ok(location)) => Ok(Redirect::to(&location).into_response()),
        Ok(Err(outlook)) => show(&page, &actor, typed, Again { outlook: Some(outlook), ..Again::default() }).await,
        Err(Error::Problem(problem)) if problem.code == Code::Invalid => {
            let wrong = Wrong::of(&problem.fields, page.lang);
            show(&page, &actor, typed, Again { wrong, ..Again::default() }).await
        }
        Err(other) => Err(other),
    }
}

async fn answer(page: &Page, actor: &Actor, typed: &Typed) -> Result<Result<String, Value>> {
    let now = page.app.now();
    let name = &typed.name;
    if typed.act == "rename" {
        let tx = page.app.db.begin().await?;
        rename(&tx, actor, name, &typed.new_name, now).await?;
        tx.commit().await?;
        return Ok(Ok(format!("/groups/members?name={}&done=renamed", encode(typed.new_name.trim()))));
    }
    let shuffle = shuffle(page, typed).await?;
    if typed.act.starts_with("look") {
        let db = page.app.db.read();
        let tree = OrgTree::load(db).await?;
        let (before, after) = plan(db, actor, &tree, &shuffle).await?;
        let (was, will) = (Situation { tree: &tree, stays: &before }, Situation { tree: &tree, stays: &after });
        let outlook = look(db, was, will, now).await?;
        let known = addresses(db, shuffle.people).await?;
        return Ok(Err(shown::outlook(page, &outlook, &known, now)));
    }
    let tx = page.app.db.begin().await?;
    let done = change(&tx, actor, &shuffle, now).await?;
    tx.commit().await?;
    let way = if shuffle.way == Way::In { "in" } else { "out" };
    let query = format!("done={way}&sessions={}&letters={}", done.sessions, done.letters);
    Ok(Ok(format!("/groups/members?name={}&{query}", encode(name))))
}

async fn shuffle(page: &Page, typed: &Typed) -> Result<Shuffle> {
    let mut wrong = Vec::new();
    let name = wording::needed("name", &typed.name, typed::NAME, &mut wrong);
    if name.contains([';', '；', '、', ',', '，']) {
        wrong.push(FieldProblem::new("name", "bad-group"));
    }
    let way = match typed.act.trim_start_matches("look-") {
        "in" => Way::In,
        "out" => Way::Out,
        _ => return Err(Error::new(Code::Malformed)),
    };
    let from = typed::day("from", &typed.from, &mut wrong);
    let people = match way {
        Way::Out => typed.people.iter().map(|id| PersonId(*id)).collect(),
        Way::In => {
            let split = |c: char| c.is_whitespace() || "、，,;；".contains(c);
            let numbers: Vec<&str> = typed.numbers.split(split).filter(|word| !word.is_empty()).collect();
            let found = by_numbers(page.app.db.read(), numbers.iter().copied()).await?;
            if let Some(unknown) = numbers.iter().find(|number| !found.contains_key(**number)) {
                let problem = FieldProblem::new("numbers", "unknown-staff").with("value", wording::short(unknown));
                wrong.push(problem);
            }
            found.into_values().map(|row| row.id).collect::<Vec<_>>()
        }
    };
    if people.is_empty() && wrong.is_empty() {
        wrong.push(FieldProblem::new(if way == Way::In { "numbers" } else { "people" }, "nobody-chosen"));
    }
    match from {
        Some(from) if wrong.is_empty() => Ok(Shuffle { name, people, way, from }),
        _ => Err(Error::invalid(wrong)),
    }
}

async fn show(page: &Page, actor: &Actor, typed: Typed, again: Again) -> Result<Response> {
    let db = page.app.db.read();
    let today = page.app.config.zone().day(page.app.now());
    let tree = OrgTree::load(db).await?;
    let shown: String = wording::short(&typed.name);
    let wanted = Wanted {
        org: actor.organisation,
        day: today,
        presence: Presence::Here,
        text: String::new(),
        group: Some(typed.name.replace('\0', "")),
    };
    let Found { people, total, .. } = find(db, &wanted, 1, NAMED).await?;
    let mut by_org: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for row in &people {
        let chosen = typed.people.contains(&row.person_id.0);
        let line = context! { id => row.person_id.0, name => row.name.as_str(), staff_no => row.staff_no.as_str(), title => row.title.as_str(), chosen };
        by_org.entry(tree.name(row.organisation_id)).or_default().push(line);
    }
    let orgs: Vec<_> = by_org.into_iter().map(|(org, people)| context! { org, people }).collect();
    let status = if again.wrong.0.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let context = context! {
        text => group_name(page.lang, &shown), total, more => i64::try_from(people.len()).is_ok_and(|named| total > named), orgs,
        query => encode(&typed.name), form => Serde(typed), wrong => Serde(again.wrong),
        outlook => again.outlook, toast => again.toast, may_manage => actor.may_manage(),
    };
    page.render_as(status, "directory/group/group.html", "people", context).await
}
