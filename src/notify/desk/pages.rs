//! The page of mail: what stands where, what is going out, and what did not get through.

use axum::Router;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use entity::id::{EventId, OutboxId};
use entity::outbox;
use entity::state::{MessageKind, MessageState, Role};
use entity::{event, person};
use minijinja::{Value, context, value::Serde};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use super::{Found, Reach, Wanted, again, again_all, find, heaps, runs, with_dead};
use crate::access::Actor;
use crate::error::Result;
use crate::notify::mailbox::pages::summary as mailbox;
use crate::scheduling::event_for;
use crate::state::App;
use crate::view::{encode, format};
use crate::web::{Desk, Page, Signed, ToManage, local_path};

/// Messages on one page.
const SIZE: u64 = 50;
/// Events with dead messages that are offered to look at.
const EVENTS: u64 = 30;

/// The pages of mail.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/mail", get(show))
        .route("/mail/running", get(running))
        .route("/mail/{id}/again", post(send_one))
        .route("/events/{id}/mail/again", post(send_all))
        .merge(crate::notify::sender::pages::routes())
}

/// What the reader looks for, as the address says it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Asked {
    state: String,
    kind: String,
    q: String,
    event: String,
    page: String,
    done: String,
    n: String,
}

impl Asked {
    fn event(&self) -> Option<EventId> {
        self.event.parse().ok().map(EventId)
    }

    fn path(&self, page: Option<u64>) -> String {
        let pairs = [("state", &self.state), ("kind", &self.kind), ("q", &self.q), ("event", &self.event)];
        let mut query: Vec<_> = pairs
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        query.extend(page.filter(|page| *page > 1).map(|page| format!("page={page}")));
        format!("/mail?{}", query.join("&"))
    }
}

fn reach(page: &Page, actor: &Actor, event: Option<EventId>) -> Reach {
    Reach { organisation: actor.organisation, event, day: page.app.config.zone().day(page.app.now()) }
}

fn title(page: &Page, event: &event::Model) -> String {
    let title = if event.title.is_empty() { page.app.kinds.name(&event.kind, page.lang) } else { &event.title };
    title.to_owned()
}

/// `GET /mail`
async fn show(Desk { page, signed, actor, .. }: Desk<ToManage>, Query(asked): Query<Asked>) -> Result<Response> {
    let (db, now, zone, lang) = (page.app.db.read(), page.app.now(), page.app.config.zone(), page.lang);
    let only = match asked.event() {
        Some(id) => Some(event_for(db, &actor, id).await?),
        None => None,
    };
    let is_admin = signed.identity.account.as_ref().is_some_and(|account| account.role == Role::Admin);
    let reach = reach(&page, &actor, only.as_ref().map(|event| event.id));
    let heaps = heaps(db, reach, zone.midnight(zone.day(now)), now).await?;
    // Nothing chosen: what did not get through; of one event, all.
    let state = match (asked.state.as_str(), &only) {
        ("", None) => Some(MessageState::Dead),
        (text, _) => text.parse().ok(),
    };
    let wanted = Wanted { reach, state, kind: asked.kind.parse().ok(), text: asked.q.clone() };
    let at = asked.page.parse::<u64>().unwrap_or(1).clamp(1, 1_000_000);
    let found = find(db, &wanted, at, SIZE).await?;
    let first = (at - 1) * SIZE;
    let (total, shown) = (found.total, found.rows.len() as u64);
    let key = format!("mail-desk-done-{}", asked.done);
    let away = page.app.mailer.breaker().resting(now);
    let context = context! {
        heaps => context! {
            due => heaps.due, paced => heaps.paced, later => heaps.later, failed => heaps.failed, dead => heaps.dead,
            sent => heaps.sent, oldest => heaps.oldest.map(|since| (now - since).num_minutes()),
        },
        away => away.map(|rest| context! { why => rest.why, until => format::clock(zone, rest.until), since => format::moment(lang, zone, rest.since, now) }),
        runs => running_of(&page, reach).await?, event_id => only.as_ref().map(|event| event.id.0),
        only => only.as_ref().map(|event| context! { id => event.id.0, title => title(&page, event) }),
        dead_of => dead_of(&page, reach).await?,
        rows => rows(&page, found).await?, total, from => first + 1, to => first + shown,
        earlier => (at > 1).then(|| asked.path(Some(at - 1))),
        later => (first + shown < total).then(|| asked.path(Some(at + 1))),
        here => asked.path(Some(at)), state => state.map(MessageState::as_str),
        states => MessageState::ALL.iter().copied().map(MessageState::as_str).collect::<Vec<_>>(),
        kinds => MessageKind::ALL.iter().copied().map(MessageKind::as_str).collect::<Vec<_>>(),
        toast => (!asked.done.is_empty() && lang.has(&key)).then(|| lang.text_with(&key, [("n", asked.n.parse::<i64>().unwrap_or(0))])),
        mailbox => if is_admin && only.is_none() { Some(mailbox(&page, &actor).await?) } else { None },
        asked => Serde(asked),
    };
    page.render("notify/desk/desk.html", "mail-desk", context).await
}

/// The events with messages that were given up.
async fn dead_of(page: &Page, reach: Reach) -> Result<Vec<Value>> {
    let db = page.app.db.read();
    let dead = with_dead(db, reach, EVENTS).await?;
    let events = event::Entity::find().filter(event::Column::Id.is_in(dead.iter().map(|one| one.event_id)));
    let events = events.all(db).await?;
    let view = |one: &super::list::Dead| {
        let event = events.iter().find(|event| event.id == one.event_id)?;
        Some(context! { id => event.id.0, title => title(page, event), count => one.count })
    };
    Ok(dead.iter().filter_map(view).collect())
}

async fn rows(page: &Page, found: Found) -> Result<Vec<Value>> {
    let (now, zone, lang) = (page.app.now(), page.app.config.zone(), page.lang);
    let people: Vec<_> = found.rows.iter().filter_map(|(row, _)| row.person_id).collect();
    let people = person::Entity::find().filter(person::Column::Id.is_in(people)).all(page.app.db.read()).await?;
    let view = |(row, event): (outbox::Model, Option<event::Model>)| {
        let name = people.iter().find(|person| Some(person.id) == row.person_id).map(|person| person.name.as_str());
        let when = match row.state {
            MessageState::Sent => row.sent_at.unwrap_or(row.created_at),
            MessageState::Dead => row.created_at,
            MessageState::Queued | MessageState::Failed => row.next_at.max(row.created_at),
        };
        // What a later moment holds back, and why.
        let waits = match row.state {
            MessageState::Queued if row.next_at > now && row.paced_at.is_some() => "paced",
            MessageState::Queued if row.next_at > now => "later",
            _ => "",
        };
        context! {
            id => row.id.0, to => row.address, name => name.unwrap_or_default(), kind => row.kind.as_str().replace('_', "-"),
            state => row.state.as_str(), attempts => row.attempts, answer => row.answer.unwrap_or_default(), waits,
            when => format::moment(lang, zone, when, now),
            event => event.as_ref().map(|event| context! { id => event.id.0, title => title(page, event) }),
            again => row.state == MessageState::Dead && row.kind != MessageKind::SignIn,
        }
    };
    Ok(found.rows.into_iter().map(view).collect())
}

/// The mass mails that are going out, as pages show them; empty when there is none.
pub async fn running_of(page: &Page, reach: Reach) -> Result<Vec<Value>> {
    let (db, now, zone, lang) = (page.app.db.read(), page.app.now(), page.app.config.zone(), page.lang);
    let runs = runs(db, reach, now).await?;
    let events = event::Entity::find().filter(event::Column::Id.is_in(runs.iter().map(|run| run.event)));
    let events = events.all(db).await?;
    let view = |run: &super::Run| {
        let event = events.iter().find(|event| event.id == run.event)?;
        let width = |n: i64| n * 100 / run.total.max(1);
        Some(context! {
            event => event.id.0, title => title(page, event),
            kind => run.kind.as_str().replace('_', "-"), total => run.total, sent => run.sent, failed => run.failed,
            dead => run.dead, since => format::moment(lang, zone, run.since, now),
            bar => [("is-good", 0, width(run.sent)), ("is-bad", width(run.sent), width(run.dead)), ("is-warn", width(run.sent) + width(run.dead), width(run.failed))],
        })
    };
    Ok(runs.iter().filter_map(view).collect())
}

/// What an event's page shows of its mail beside the list, for somebody who may change it.
pub async fn of_event(page: &Page, actor: &Actor, id: EventId) -> Result<Vec<Value>> {
    running_of(page, reach(page, actor, Some(id))).await
}

/// `GET /mail/running`: the part of a page that keeps itself fresh.
async fn running(Desk { page, actor, .. }: Desk<ToManage>, Query(asked): Query<Asked>) -> Result<Response> {
    let runs = running_of(&page, reach(&page, &actor, asked.event())).await?;
    page.render("notify/desk/running.html", "mail-desk", context! { runs, event_id => asked.event().map(|id| id.0) })
        .await
}

/// Where a form comes from.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    next: String,
}

impl Sent {
    /// Back there, and what was done.
    fn back(&self, done: &str, n: usize) -> Response {
        let next = local_path(&self.next).unwrap_or("/mail");
        let (path, anchor) = next.split_once('#').map_or((next, String::new()), |(path, at)| (path, format!("#{at}")));
        let sign = if path.contains('?') { '&' } else { '?' };
        Redirect::to(&format!("{path}{sign}done={done}&n={n}{anchor}")).into_response()
    }
}

/// `POST /mail/{id}/again`
async fn send_one(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(sent): Signed<Sent>,
) -> Result<Response> {
    let reach = reach(&page, &actor, None);
    let tx = page.app.db.begin().await?;
    again(&tx, &actor, reach, OutboxId(id), page.app.now()).await?;
    tx.commit().await?;
    Ok(sent.back("again", 1))
}

/// `POST /events/{id}/mail/again`
async fn send_all(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(sent): Signed<Sent>,
) -> Result<Response> {
    let tx = page.app.db.begin().await?;
    let n = again_all(&tx, &actor, EventId(id), page.app.now()).await?;
    tx.commit().await?;
    Ok(sent.back("again", n))
}
