//! Pages of subscriptions: a person's own, those that an organisation hands out, and the public's.

use std::collections::HashMap;

use axum::Router;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use entity::id::FeedId;
use entity::state::{FeedDetail, FeedScope};
use entity::{feed, feed_fetch};
use minijinja::{Value, context, value::Serde};
use serde::{Deserialize, Serialize};

use super::address::{self, Keeper, alarms};
use super::{Terms, What, client, holder, of_feeds, qr};
use crate::access::Actor;
use crate::calendar::feed::{url, webcal};
use crate::directory::pages::own_orgs;
use crate::error::{Code, Error, Result};
use crate::people::OrgTree;
use crate::state::App;
use crate::view::format;
use crate::web::{Desk, Page, Seat, Signed, ToManage};

/// Alarms that a form offers, in minutes before the start.
const ALARMS: [u32; 6] = [0, 10, 30, 60, 120, 1_440];

/// Every page of subscriptions.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/my/calendar", get(mine).post(make_mine))
        .route("/my/calendar/{id}", post(deal_with_mine))
        .route("/calendars", get(managed).post(make_managed))
        .route("/calendars/{id}", post(deal_with_managed))
        .route("/calendar/public", get(public))
}

/// A form of a subscription, as typed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Typed {
    act: String,
    scope: String,
    org: String,
    kind: String,
    name: String,
    detail: String,
    alarms: Vec<u32>,
}

impl Typed {
    fn terms(&self) -> Terms {
        let detail = if self.detail == FeedDetail::Busy.as_str() { FeedDetail::Busy } else { FeedDetail::Full };
        Terms { name: self.name.clone(), detail, alarms: self.alarms.clone() }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    done: String,
}

/// How a page of subscriptions comes back.
#[derive(Default)]
struct Again {
    typed: Typed,
    /// The form that was sent: 0 of a new one.
    form: i64,
    wrong: HashMap<String, String>,
    token: Option<String>,
    done: String,
}

impl Again {
    /// What a refusal says to the form; another error goes on.
    fn of(error: Error, page: &Page, typed: Typed, form: i64) -> Result<Self> {
        if error.code() != Code::Invalid {
            return Err(error);
        }
        let fields = error.problem().fields;
        let wrong = fields.iter().map(|one| (one.field.clone(), one.text(page.lang))).collect();
        Ok(Self { typed, form, wrong, ..Self::default() })
    }

    fn status(&self) -> StatusCode {
        if self.wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
    }

    fn context(self, page: &Page) -> Value {
        let key = format!("feed-done-{}", self.done);
        let errors: Vec<_> = self.wrong.values().cloned().collect();
        context! {
            errors, link => self.token.map(|token| link(page, &token)), form => Serde(self.typed), of => self.form,
            wrong => Serde(self.wrong), toast => page.lang.has(&key).then(|| page.lang.text(&key)),
        }
    }
}

/// A new address as it is shown once: to press, to copy, to scan.
fn link(page: &Page, token: &str) -> Value {
    let address = url(&page.app.config.public_url(), token);
    let webcal = webcal(&address);
    let drawing = qr::draw(&webcal);
    context! {
        address, webcal,
        qr => drawing.map(|drawing| context! { side => drawing.side, path => drawing.path }),
    }
}

/// Who came last for a subscription, in words.
#[must_use]
pub fn fetched(page: &Page, fetch: &feed_fetch::Model) -> Value {
    let name = client::program(&fetch.client).map(|key| page.lang.text(&format!("client-{key}")));
    let (zone, now) = (page.app.config.zone(), page.app.now());
    context! {
        client => name.unwrap_or_else(|| match client::short(&fetch.client) {
            short if short.is_empty() => page.lang.text("client-unknown"),
            short => short,
        }),
        agent => fetch.client.as_str(), when => format::moment(page.lang, zone, fetch.last_at, now),
        first => format::moment(page.lang, zone, fetch.first_at, now), times => fetch.times, held => fetch.held,
    }
}

async fn rows(page: &Page, keeper: &Keeper<'_>, again: &Again) -> Result<Vec<Value>> {
    let db = page.app.db.read();
    let rows = address::list(db, keeper).await?;
    let fetches = of_feeds(db, rows.iter().map(|row| row.id).collect()).await?;
    let tree = page.tree().await?;
    let (zone, now) = (page.app.config.zone(), page.app.now());
    let row = |row: &feed::Model| {
        let sent = (again.form == row.id.0).then_some(&again.typed);
        let holds = holder(page.lang, &page.app.kinds, tree, row);
        context! {
            id => row.id.0, scope => row.scope.as_str(), holds,
            name => sent.map_or(row.name.as_str(), |typed| typed.name.as_str()),
            detail => sent.map_or(row.detail, |typed| typed.terms().detail).as_str(), stored => row.detail.as_str(),
            alarms => sent.map_or_else(|| alarms(row), |typed| typed.alarms.clone()),
            since => format::moment(page.lang, zone, row.created_at, now),
            fetched => fetches.iter().find(|fetch| fetch.feed_id == row.id).map(|fetch| fetched(page, fetch)),
        }
    };
    Ok(rows.iter().map(row).collect())
}

fn own(signed: &crate::access::sign_in::SignedIn) -> Result<Keeper<'static>> {
    let person = signed.identity.person.as_ref().ok_or_else(|| Error::new(Code::NotFound))?;
    Ok(Keeper::Person(person.id))
}

/// `GET /my/calendar`
async fn mine(Seat { page, signed }: Seat, Query(asked): Query<Asked>) -> Result<Response> {
    if signed.identity.person.is_none() {
        return page.render("calendar/nobody.html", "my", context! {}).await;
    }
    show_mine(&page, &own(&signed)?, Again { done: asked.done, ..Again::default() }).await
}

async fn show_mine(page: &Page, keeper: &Keeper<'_>, again: Again) -> Result<Response> {
    let (rows, status) = (rows(page, keeper, &again).await?, again.status());
    let context = context! { rows, choices => ALARMS, ..again.context(page) };
    page.render_as(status, "calendar/feeds/mine.html", "my", context).await
}

/// `POST /my/calendar`: makes one, and shows its address this once; or switches all off.
async fn make_mine(Seat { page, signed }: Seat, Signed(typed): Signed<Typed>) -> Result<Response> {
    let keeper = own(&signed)?;
    if typed.act == "off" {
        let tx = page.app.db.begin().await?;
        address::switch_all_off(&tx, &keeper, page.app.now()).await?;
        tx.commit().await?;
        return Ok(Redirect::to("/my/calendar?done=all-off").into_response());
    }
    let Keeper::Person(person) = keeper else { return Err(Error::new(Code::NotFound)) };
    let again = make(&page, &keeper, &What::Person(person), typed).await?;
    show_mine(&page, &keeper, again).await
}

async fn make(page: &Page, keeper: &Keeper<'_>, what: &What, typed: Typed) -> Result<Again> {
    let key = page.app.signing_key().await?;
    let tx = page.app.db.begin().await?;
    match address::make(&tx, key, keeper, what, &typed.terms(), page.app.now()).await {
        Ok(token) => {
            tx.commit().await?;
            Ok(Again { token: Some(token), ..Again::default() })
        }
        Err(error) => Again::of(error, page, typed, 0),
    }
}

/// `POST /my/calendar/{id}`: changes it, makes it anew, or switches it off.
async fn deal_with_mine(
    Seat { page, signed }: Seat,
    Path(id): Path<i64>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    let keeper = own(&signed)?;
    match deal(&page, &keeper, FeedId(id), typed).await? {
        Dealt::Done(word) => Ok(Redirect::to(&format!("/my/calendar?done={word}")).into_response()),
        Dealt::Shown(again) => show_mine(&page, &keeper, *again).await,
    }
}

enum Dealt {
    /// What was done.
    Done(&'static str),
    /// A page with a new address, or with what is wrong.
    Shown(Box<Again>),
}

async fn deal(page: &Page, keeper: &Keeper<'_>, id: FeedId, typed: Typed) -> Result<Dealt> {
    let (key, now) = (page.app.signing_key().await?, page.app.now());
    let tx = page.app.db.begin().await?;
    let dealt = match typed.act.as_str() {
        "renew" => {
            let token = address::renew(&tx, key, keeper, id, now).await?;
            Dealt::Shown(Box::new(Again { token: Some(token), ..Again::default() }))
        }
        "off" => {
            address::switch_off(&tx, keeper, id, now).await?;
            Dealt::Done("off")
        }
        "change" => match address::change(&tx, keeper, id, &typed.terms(), now).await {
            Ok(()) => Dealt::Done("changed"),
            Err(error) => return Ok(Dealt::Shown(Box::new(Again::of(error, page, typed, id.0)?))),
        },
        _ => return Err(Error::new(Code::Malformed)),
    };
    tx.commit().await?;
    Ok(dealt)
}

/// `GET /calendars`
async fn managed(Desk { page, actor, .. }: Desk<ToManage>, Query(asked): Query<Asked>) -> Result<Response> {
    show_managed(&page, &actor, Again { done: asked.done, ..Again::default() }).await
}

async fn show_managed(page: &Page, actor: &Actor, again: Again) -> Result<Response> {
    let keeper = Keeper::Manager(actor);
    let tree = OrgTree::load(page.app.db.read()).await?;
    let today = page.app.config.zone().day(page.app.now());
    let chosen = if again.typed.org.is_empty() { tree.code(actor.organisation) } else { &again.typed.org };
    let kinds: Vec<_> = page
        .app
        .kinds
        .iter()
        .map(|(key, kind)| context! { value => key, text => kind.name(page.lang), chosen => key == again.typed.kind })
        .collect();
    let orgs = own_orgs(&tree, actor, chosen, Some(today));
    let (rows, status) = (rows(page, &keeper, &again).await?, again.status());
    let context = context! { rows, orgs, kinds, ..again.context(page) };
    page.render_as(status, "calendar/feeds/managed.html", "calendar", context).await
}

/// `POST /calendars`
async fn make_managed(Desk { page, actor, .. }: Desk<ToManage>, Signed(typed): Signed<Typed>) -> Result<Response> {
    let tree = OrgTree::load(page.app.db.read()).await?;
    let again = match wanted(&page, &tree, &typed) {
        Ok(what) => match make(&page, &Keeper::Manager(&actor), &what, typed.clone()).await {
            Err(error) if error.code() == Code::WrongState => {
                Again::of(Error::field("scope", "public-feed-there"), &page, typed, 0)?
            }
            Err(error) if error.code() == Code::NotFound => {
                let unknown = crate::error::FieldProblem::new("org", "unknown-org").with("value", &typed.org);
                Again::of(Error::invalid(vec![unknown]), &page, typed, 0)?
            }
            other => other?,
        },
        Err(error) => Again::of(error, &page, typed, 0)?,
    };
    show_managed(&page, &actor, again).await
}

/// What a form asks for.
fn wanted(page: &Page, tree: &OrgTree, typed: &Typed) -> Result<What> {
    let unknown = || crate::error::FieldProblem::new("org", "unknown-org").with("value", &typed.org);
    let org = tree.by_code(&typed.org).map(|row| row.id).ok_or_else(|| Error::invalid(vec![unknown()]))?;
    match typed.scope.parse() {
        Ok(FeedScope::Organisation) => Ok(What::Organisation(org)),
        Ok(FeedScope::Public) => Ok(What::Public(Some(org))),
        Ok(FeedScope::Kind) if page.app.kinds.get(&typed.kind).is_some() => {
            Ok(What::Kind(typed.kind.clone(), Some(org)))
        }
        Ok(FeedScope::Kind) => Err(Error::field("kind", "required")),
        Ok(FeedScope::Person) | Err(_) => Err(Error::field("scope", "required")),
    }
}

/// `POST /calendars/{id}`
async fn deal_with_managed(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    match deal(&page, &Keeper::Manager(&actor), FeedId(id), typed).await? {
        Dealt::Done(word) => Ok(Redirect::to(&format!("/calendars?done={word}")).into_response()),
        Dealt::Shown(again) => show_managed(&page, &actor, *again).await,
    }
}

/// `GET /calendar/public`
async fn public(page: Page) -> Result<Response> {
    let (db, key) = (page.app.db.read(), page.app.signing_key().await?);
    let tree = page.tree().await?;
    let rows = address::list_public(db).await?;
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let own =
                if row.name.is_empty() { holder(page.lang, &page.app.kinds, tree, row) } else { row.name.clone() };
            context! { id => row.id.0, name => own, link => link(&page, &address::public_token(key, row.id)) }
        })
        .collect();
    page.render("calendar/feeds/public.html", "", context! { rows }).await
}
