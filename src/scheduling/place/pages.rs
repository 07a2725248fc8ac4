//! The pages of places: a list with how often each is used, and a form.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use entity::id::PlaceId;
use entity::place;
use minijinja::{context, value::Serde};
use serde::{Deserialize, Serialize};

use super::{NewPlace, PlaceChange, add_place, change_place, list_places, place_for, uses_this_year};
use crate::access::Actor;
use crate::error::{Code, Error, Problem, Result};
use crate::people::OrgTree;
use crate::state::App;
use crate::web::{Desk, Page, Signed, ToManage};

/// The pages of places.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/places", get(list))
        .route("/places/new", get(ask_new).post(make))
        .route("/places/{id}", get(ask_edit).post(edit))
        .route("/places/{id}/rest", post(rest))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    done: String,
    n: String,
}

/// `GET /places`
async fn list(Desk { page, actor, .. }: Desk<()>, Query(asked): Query<Asked>) -> Result<Response> {
    let (db, now) = (page.app.db.read(), page.app.now());
    let tree = OrgTree::load(db).await?;
    let places = list_places(db, &actor).await?;
    let uses = uses_this_year(db, &places, page.app.config.zone(), now).await?;
    let row = |row: &place::Model| {
        context! {
            id => row.id.0, name => row.name.as_str(), address => row.address.as_str(), capacity => row.capacity,
            org => tree.name(row.organisation_id), uses => uses.get(&row.id).copied().unwrap_or(0),
            mine => actor.may_manage() && tree.is_below(row.organisation_id, actor.organisation),
        }
    };
    let of = |retired: bool| {
        places.iter().filter(|place| place.retired_at.is_some() == retired).map(row).collect::<Vec<_>>()
    };
    let key = format!("place-done-{}", asked.done);
    let count: i64 = asked.n.parse().unwrap_or(0);
    let context = context! {
        rows => of(false), retired => of(true), may_manage => actor.may_manage(),
        toast => (!asked.done.is_empty() && page.lang.has(&key)).then(|| page.lang.text_with(&key, [("n", count)])),
    };
    page.render("scheduling/place/list.html", "events", context).await
}

/// What a browser sends.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Typed {
    org_code: String,
    name: String,
    address: String,
    capacity: String,
    /// `yes`, or nothing from a box that is not ticked.
    rename: String,
}

impl Typed {
    /// What is no number is as wrong as a negative one.
    fn capacity(&self) -> Option<i32> {
        let text = self.capacity.trim();
        (!text.is_empty()).then(|| text.parse().unwrap_or(-1))
    }
}

async fn show(
    page: &Page,
    actor: &Actor,
    place: Option<&place::Model>,
    typed: Typed,
    problem: Option<&Problem>,
) -> Result<Response> {
    let tree = OrgTree::load(page.app.db.read()).await?;
    let own = tree.iter().filter(|org| tree.is_below(org.id, actor.organisation));
    let orgs: Vec<_> = own.map(|org| context! { code => org.code.as_str(), name => org.name.as_str() }).collect();
    let fields = problem.into_iter().flat_map(|problem| &problem.fields);
    let wrong: BTreeMap<_, _> = fields.map(|field| (field.field.clone(), field.text(page.lang))).collect();
    let status = problem.map_or(StatusCode::OK, |problem| problem.code.status());
    let context = context! {
        place => place.map(|row| context! { id => row.id.0, name => row.name.as_str(), retired => row.retired_at.is_some(), org => tree.name(row.organisation_id) }),
        orgs, wrong => Serde(wrong), form => Serde(typed),
    };
    page.render_as(status, "scheduling/place/form.html", "events", context).await
}

/// `GET /places/new`
async fn ask_new(Desk { page, actor, .. }: Desk<ToManage>) -> Result<Response> {
    let tree = OrgTree::load(page.app.db.read()).await?;
    let typed = Typed { org_code: tree.code(actor.organisation).to_owned(), ..Typed::default() };
    show(&page, &actor, None, typed, None).await
}

/// `POST /places/new`
async fn make(Desk { page, actor, .. }: Desk<ToManage>, Signed(typed): Signed<Typed>) -> Result<Response> {
    let new = NewPlace {
        org_code: typed.org_code.clone(),
        name: typed.name.clone(),
        address: typed.address.clone(),
        capacity: typed.capacity(),
    };
    let tx = page.app.db.begin().await?;
    match add_place(&tx, &actor, &new, page.app.now()).await {
        Ok(_) => {
            tx.commit().await?;
            Ok(Redirect::to("/places?done=added").into_response())
        }
        Err(Error::Problem(problem)) if problem.code == Code::Invalid => {
            tx.rollback().await?;
            show(&page, &actor, None, typed, Some(&problem)).await
        }
        Err(error) => Err(error),
    }
}

async fn to_edit(page: &Page, actor: &Actor, id: i64) -> Result<place::Model> {
    let db = page.app.db.read();
    let place = place_for(db, actor, PlaceId(id)).await?;
    if !crate::people::is_below(db, place.organisation_id, actor.organisation).await? {
        return Err(Error::new(Code::Forbidden));
    }
    Ok(place)
}

/// `GET /places/{id}`
async fn ask_edit(Desk { page, actor, .. }: Desk<ToManage>, Path(id): Path<i64>) -> Result<Response> {
    let place = to_edit(&page, &actor, id).await?;
    let typed = Typed {
        name: place.name.clone(),
        address: place.address.clone(),
        capacity: place.capacity.map(|n| n.to_string()).unwrap_or_default(),
        rename: "yes".to_owned(),
        ..Typed::default()
    };
    show(&page, &actor, Some(&place), typed, None).await
}

/// `POST /places/{id}`
async fn edit(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    let change = PlaceChange {
        name: Some(typed.name.clone()),
        address: Some(typed.address.clone()),
        capacity: Some(typed.capacity()),
        retired: None,
        rename_sessions: Some(typed.rename == "yes"),
    };
    let tx = page.app.db.begin().await?;
    match change_place(&tx, &actor, PlaceId(id), &change, page.app.now()).await {
        Ok((_, renamed)) => {
            tx.commit().await?;
            let done = if renamed > 0 { "renamed" } else { "saved" };
            Ok(Redirect::to(&format!("/places?done={done}&n={renamed}")).into_response())
        }
        Err(Error::Problem(problem)) if problem.code == Code::Invalid => {
            tx.rollback().await?;
            let place = to_edit(&page, &actor, id).await?;
            show(&page, &actor, Some(&place), typed, Some(&problem)).await
        }
        Err(error) => Err(error),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rest {
    act: String,
}

/// `POST /places/{id}/rest`: not offered any more, or offered again.
async fn rest(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(Rest { act }): Signed<Rest>,
) -> Result<Response> {
    let retired = act != "restore";
    let change = PlaceChange { retired: Some(retired), ..PlaceChange::default() };
    let tx = page.app.db.begin().await?;
    change_place(&tx, &actor, PlaceId(id), &change, page.app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to(if retired { "/places?done=retired" } else { "/places?done=restored" }).into_response())
}
