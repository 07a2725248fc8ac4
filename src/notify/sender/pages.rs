//! The page of senders: whose mail goes out in which name, and a form to change it.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use minijinja::{context, value::Serde};
use serde::{Deserialize, Serialize};

use super::{NewSender, Senders, put_sender, remove_sender};
use crate::access::Actor;
use crate::directory::pages::own_orgs;
use crate::error::{Code, Error, Problem, Result};
use crate::state::App;
use crate::view::format;
use crate::web::{Desk, Page, Signed, ToManage};

/// The page of senders.
pub fn routes() -> Router<App> {
    Router::new().route("/mail/senders", get(ask).post(set)).route("/mail/senders/remove", post(remove))
}

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Whose is to be changed.
    org: String,
    done: String,
}

/// What a browser sends.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Typed {
    org_code: String,
    name: String,
    address: String,
}

/// `GET /mail/senders`
async fn ask(Desk { page, actor, .. }: Desk<ToManage>, Query(asked): Query<Asked>) -> Result<Response> {
    let tree = page.tree().await?;
    let org = tree.by_code(&asked.org).filter(|org| tree.is_below(org.id, actor.organisation));
    let org = org.map_or(actor.organisation, |org| org.id);
    let senders = Senders::load(page.app.db.read()).await?;
    let there = senders.own(org);
    let typed = Typed {
        org_code: tree.code(org).to_owned(),
        name: there.map(|row| row.name.clone()).unwrap_or_default(),
        address: there.map(|row| row.address.clone()).unwrap_or_default(),
    };
    show(&page, &actor, &senders, typed, &asked.done, None).await
}

async fn show(
    page: &Page,
    actor: &Actor,
    senders: &Senders,
    typed: Typed,
    done: &str,
    problem: Option<&Problem>,
) -> Result<Response> {
    let (tree, zone, now) = (page.tree().await?, page.app.config.zone(), page.app.now());
    let rows: Vec<_> = tree
        .iter()
        .filter(|org| tree.is_below(org.id, actor.organisation))
        .filter_map(|org| Some((org, senders.own(org.id)?)))
        .map(|(org, row)| {
            context! {
                code => org.code.as_str(), org => org.name.as_str(), name => row.name.as_str(),
                address => row.address.as_str(), when => format::moment(page.lang, zone, row.updated_at, now),
            }
        })
        .collect();
    // What holds for the desk's own organisation when it has none of its own.
    let above = senders.of(tree, actor.organisation).filter(|row| row.organisation_id != actor.organisation);
    let site = page.app.mailer.sender();
    let fields = problem.into_iter().flat_map(|problem| &problem.fields);
    let wrong: BTreeMap<_, _> = fields.map(|field| (field.field.clone(), field.text(page.lang))).collect();
    let key = format!("mail-sender-done-{done}");
    let context = context! {
        rows, orgs => own_orgs(tree, actor, &typed.org_code, None), wrong => Serde(wrong), form => Serde(typed),
        site => context! { name => site.name.as_str(), address => site.address.as_str() },
        above => above.map(|row| context! { org => tree.name(row.organisation_id), name => row.name.as_str(), address => row.address.as_str() }),
        toast => (!done.is_empty() && page.lang.has(&key)).then(|| page.lang.text(&key)),
    };
    let status = problem.map_or(StatusCode::OK, |problem| problem.code.status());
    page.render_as(status, "notify/sender/senders.html", "mail-desk", context).await
}

/// `POST /mail/senders`
async fn set(Desk { page, actor, .. }: Desk<ToManage>, Signed(typed): Signed<Typed>) -> Result<Response> {
    let new = NewSender { org_code: typed.org_code.clone(), name: typed.name.clone(), address: typed.address.clone() };
    let tx = page.app.db.begin().await?;
    match put_sender(&tx, &actor, &new, page.app.now()).await {
        Ok(()) => {
            tx.commit().await?;
            Ok(Redirect::to("/mail/senders?done=set").into_response())
        }
        Err(Error::Problem(problem)) if problem.code == Code::Invalid => {
            tx.rollback().await?;
            let senders = Senders::load(page.app.db.read()).await?;
            show(&page, &actor, &senders, typed, "", Some(&problem)).await
        }
        Err(error) => Err(error),
    }
}

/// `POST /mail/senders/remove`
async fn remove(Desk { page, actor, .. }: Desk<ToManage>, Signed(typed): Signed<Typed>) -> Result<Redirect> {
    let tx = page.app.db.begin().await?;
    remove_sender(&tx, &actor, &typed.org_code, page.app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/mail/senders?done=removed"))
}
