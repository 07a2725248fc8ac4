//! The tree of organisations, and one of them with its forms.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use entity::id::OrganisationId;
use minijinja::{Value, context, value::Serde};
use serde::{Deserialize, Serialize};

use super::{Described, add, members, move_under, ours, plan_move, rename, reopen, retire};
use crate::access::Actor;
use crate::directory::card::{Wrong, shown};
use crate::directory::change::addresses;
use crate::directory::pages::{own_orgs, put};
use crate::directory::typed;
use crate::error::{Code, Error, Result};
use crate::locale::Lang;
use crate::people::OrgTree;
use crate::web::{Desk, Page, Signed, ToManage, ToRead};

/// The forms of an organisation, as typed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    act: String,
    code: String,
    name: String,
    level: String,
    new_name: String,
    new_level: String,
    parent: String,
    last: String,
}

/// What was just done.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
    sessions: usize,
    letters: usize,
}

/// `GET /organisations`
pub async fn show_tree(Desk { page, actor, .. }: Desk<ToRead>) -> Result<Response> {
    let db = page.app.db.read();
    let today = page.app.config.zone().day(page.app.now());
    let tree = OrgTree::load(db).await?;
    let count = members(db, today).await?;
    let mut order = Vec::new();
    put(&tree, actor.organisation, 0, &mut order);
    let rows: Vec<_> = order
        .into_iter()
        .filter_map(|(id, depth)| Some((tree.get(id)?, depth)))
        .map(|(org, depth)| {
            let all: i64 = tree.below(org.id).iter().filter_map(|id| count.get(id)).sum();
            context! {
                id => org.id.0, code => org.code.as_str(), name => org.name.as_str(), depth,
                indent => "\u{3000}".repeat(depth), level => level_name(page.lang, &org.level),
                people => count.get(&org.id).copied().unwrap_or(0), all,
                last => org.active_to.map(|day| day.to_string()),
                gone => org.active_to.is_some_and(|last| last < today),
            }
        })
        .collect();
    page.render("directory/organisation/tree.html", "people", context! { rows, may_manage => actor.may_manage() }).await
}

/// A level as people read it: known ones by their name, others as they are.
fn level_name(lang: Lang, level: &str) -> String {
    let key = format!("orgs-level-{level}");
    if !level.is_empty() && level.chars().all(|c| c.is_ascii_lowercase()) && lang.has(&key) {
        lang.text(&key)
    } else {
        level.to_owned()
    }
}

/// `GET /organisations/{id}`
pub async fn ask(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let key = format!("orgs-done-{}", asked.done);
    let toast = (!asked.done.is_empty() && page.lang.has(&key)).then(|| {
        page.lang.text_with(&key, [("sessions", asked.sessions.to_string()), ("letters", asked.letters.to_string())])
    });
    show(&page, &actor, id, None, Again { toast, ..Again::default() }).await
}

#[derive(Default)]
struct Again {
    wrong: Wrong,
    outlook: Option<Value>,
    toast: Option<String>,
}

/// `POST /organisations/{id}`
pub async fn act(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    let id = OrganisationId(id);
    ours(&OrgTree::load(page.app.db.read()).await?, &actor, id)?;
    if typed.act == "look-move" {
        return match foresee(&page, &actor, id, &typed).await {
            Ok(outlook) => {
                show(&page, &actor, id.0, Some(typed), Again { outlook: Some(outlook), ..Again::default() }).await
            }
            Err(error) => again(&page, &actor, id, typed, error).await,
        };
    }
    match save(&page, &actor, id, &typed).await {
        Ok(location) => Ok(Redirect::to(&location).into_response()),
        Err(error) => again(&page, &actor, id, typed, error).await,
    }
}

async fn foresee(page: &Page, actor: &Actor, id: OrganisationId, typed: &Typed) -> Result<Value> {
    let (db, now) = (page.app.db.read(), page.app.now());
    let moved = plan_move(db, actor, id, &typed.parent, page.app.config.zone().day(now)).await?;
    let outlook = moved.look(db, now).await?;
    let mut people: Vec<_> = outlook.shifts.keys().map(|(_, person)| *person).collect();
    people.sort_unstable();
    people.dedup();
    let known = addresses(db, people).await?;
    Ok(shown::outlook(page, &outlook, &known, now))
}

async fn save(page: &Page, actor: &Actor, id: OrganisationId, typed: &Typed) -> Result<String> {
    let now = page.app.now();
    let tx = page.app.db.begin().await?;
    let location = match typed.act.as_str() {
        "add" => {
            let new = Described { code: typed.code.clone(), name: typed.name.clone(), level: typed.level.clone() };
            let new = add(&tx, actor, id, &new, now).await?;
            format!("/organisations/{new}?done=added")
        }
        "rename" => {
            let new =
                Described { name: typed.new_name.clone(), level: typed.new_level.clone(), ..Described::default() };
            rename(&tx, actor, id, &new, now).await?;
            format!("/organisations/{id}?done=renamed")
        }
        "move" => {
            let today = page.app.config.zone().day(now);
            let done = move_under(&tx, actor, id, &typed.parent, today, now).await?;
            format!("/organisations/{id}?done=moved&sessions={}&letters={}", done.sessions, done.letters)
        }
        "retire" => {
            let mut wrong = Vec::new();
            let last = typed::day("last", &typed.last, &mut wrong).ok_or_else(|| Error::invalid(wrong))?;
            retire(&tx, actor, id, last, now).await?;
            format!("/organisations/{id}?done=retired")
        }
        "reopen" => {
            reopen(&tx, actor, id, now).await?;
            format!("/organisations/{id}?done=reopened")
        }
        _ => return Err(Error::new(Code::Malformed)),
    };
    tx.commit().await?;
    Ok(location)
}

async fn again(page: &Page, actor: &Actor, id: OrganisationId, typed: Typed, error: Error) -> Result<Response> {
    let Error::Problem(problem) = error else { return Err(error) };
    if problem.code != Code::Invalid {
        return Err(Error::Problem(problem));
    }
    let wrong = Wrong::of(&problem.fields, page.lang);
    show(page, actor, id.0, Some(typed), Again { wrong, ..Again::default() }).await
}

async fn show(page: &Page, actor: &Actor, id: i64, typed: Option<Typed>, again: Again) -> Result<Response> {
    let db = page.app.db.read();
    let today = page.app.config.zone().day(page.app.now());
    let tree = OrgTree::load(db).await?;
    let org = ours(&tree, actor, OrganisationId(id))?;
    let parent = org.parent_id.map(|parent| tree.code(parent).to_owned()).unwrap_or_default();
    let typed = typed.unwrap_or_else(|| Typed {
        new_name: org.name.clone(),
        new_level: org.level.clone(),
        parent: parent.clone(),
        last: today.to_string(),
        ..Typed::default()
    });
    let count = members(db, today).await?;
    let status = if again.wrong.0.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let parents = own_orgs(&tree, actor, &typed.parent, Some(today));
    let context = context! {
        org => context! {
            id, code => org.code.as_str(), name => org.name.as_str(), level => level_name(page.lang, &org.level),
            people => count.get(&org.id).copied().unwrap_or(0), last => org.active_to.map(|day| day.to_string()),
            parent => org.parent_id.map(|parent| tree.name(parent)), own => org.id == actor.organisation,
        },
        parents, form => Serde(typed), wrong => Serde(again.wrong), outlook => again.outlook, toast => again.toast,
        levels => ["city", "county", "bureau", "town", "section"],
    };
    page.render_as(status, "directory/organisation/organisation.html", "people", context).await
}
