//! `GET /my/calendar/why` for oneself, `GET /people/{id}/calendar` for an organiser.

use std::collections::HashMap;

use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, Utc};
use entity::id::{FeedId, PersonId, SessionId};
use entity::state::{EventStatus, FeedDetail, MessageKind, MessageState, SessionStatus};
use entity::{feed, feed_fetch, mail_trouble, outbox, person};
use minijinja::{Value, context};
use sea_orm::EntityTrait;
use serde::Deserialize;

use super::{Asking, ByFeed, Fetched, Story, by_feed, stories};
use crate::calendar::feeds::address::{self, Keeper};
use crate::calendar::feeds::pages::fetched;
use crate::calendar::feeds::{of_feeds, versions};
use crate::calendar::subscription;
use crate::directory::person_for;
use crate::error::{Code, Error, Result};
use crate::people::OrgTree;
use crate::scheduling::session as sitting;
use crate::state::App;
use crate::view::format;
use crate::web::{Desk, Page, Seat, ToRead};

/// Both pages.
pub fn routes() -> Router<App> {
    Router::new().route("/my/calendar/why", get(mine)).route("/people/{id}/calendar", get(theirs))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    session: String,
}

/// `GET /my/calendar/why`
async fn mine(Seat { page, signed }: Seat, Query(asked): Query<Asked>) -> Result<Response> {
    let Some(person) = signed.identity.person.clone() else {
        return page.render("calendar/nobody.html", "my", context! {}).await;
    };
    let tree = OrgTree::load(page.app.db.read()).await?;
    show(&page, &tree, &person, None, &asked).await
}

/// `GET /people/{id}/calendar`: without any address.
async fn theirs(
    Desk { page, actor, .. }: Desk<ToRead>,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let db = page.app.db.read();
    let tree = OrgTree::load(db).await?;
    let (person, _) = person_for(db, &actor, &tree, PersonId(id)).await?;
    show(&page, &tree, &person, Some(actor.organisation), &asked).await
}

/// What is said of sessions.
type Marks = HashMap<SessionId, u32>;

/// A person's subscriptions, with who fetched each.
struct Calendars {
    feeds: Vec<feed::Model>,
    fetches: Vec<feed_fetch::Model>,
    /// What the versions held that were fetched.
    versions: HashMap<(FeedId, String), Marks>,
    /// What the subscriptions hold now: in full, and busy only.
    present: HashMap<FeedDetail, Marks>,
}

impl Calendars {
    async fn load(page: &Page, person: PersonId) -> Result<Self> {
        let db = page.app.db.read();
        let feeds = address::list(db, &Keeper::Person(person)).await?;
        let ids: Vec<FeedId> = feeds.iter().map(|feed| feed.id).collect();
        let fetches = of_feeds(db, ids.clone()).await?;
        let mut present = HashMap::new();
        for &detail in FeedDetail::ALL {
            // All of one person's hold the same sessions.
            if let Some(feed) = feeds.iter().find(|feed| feed.detail == detail) {
                let held = page.app.feeds.held(feed, page.app.now()).await?;
                present.insert(detail, held.into_iter().collect());
            }
        }
        Ok(Self { versions: versions(db, ids).await?, feeds, fetches, present })
    }

    /// What a client of a subscription has of a session.
    fn verdict(&self, story: &Story, feed: &feed::Model, fetch: Option<&feed_fetch::Model>) -> ByFeed {
        let id = story.session.id;
        let says = self.present.get(&feed.detail).and_then(|marks| marks.get(&id)).copied();
        let version = fetch.map(|fetch| self.versions.get(&(feed.id, fetch.etag.clone())));
        let fetched = match version {
            None => Fetched::Never,
            Some(None) => Fetched::Unrecorded,
            Some(Some(marks)) => Fetched::Said(marks.get(&id).copied()),
        };
        by_feed(&story.facts, says, fetched)
    }

    /// Each subscription with each client of it that fetched, or alone.
    fn clients(&self) -> impl Iterator<Item = (&feed::Model, Option<&feed_fetch::Model>)> {
        self.feeds.iter().flat_map(|feed| {
            let mut of: Vec<_> = self.fetches.iter().filter(|fetch| fetch.feed_id == feed.id).map(Some).collect();
            if of.is_empty() {
                of.push(None);
            }
            of.into_iter().map(move |fetch| (feed, fetch))
        })
    }

    /// The best that any calendar has of a session.
    fn best(&self, story: &Story) -> Option<ByFeed> {
        let verdicts = self.clients().map(|(feed, fetch)| self.verdict(story, feed, fetch));
        verdicts.max_by_key(|verdict| *verdict as u8)
    }
}

async fn show(
    page: &Page,
    tree: &OrgTree,
    person: &person::Model,
    within: Option<entity::id::OrganisationId>,
    asked: &Asked,
) -> Result<Response> {
    let (db, now, zone) = (page.app.db.read(), page.app.now(), page.app.config.zone());
    let window = subscription::window(&page.app.config.calendar, zone, now);
    let all = stories(db, tree, Asking { person, within, window, now }).await?;
    let calendars = Calendars::load(page, person.id).await?;
    let trouble = match &person.email {
        Some(email) => mail_trouble::Entity::find_by_id(email.to_lowercase()).one(db).await?,
        None => None,
    };
    let chosen = match asked.session.as_str() {
        "" => None,
        id => Some(all.iter().find(|one| one.session.id.to_string() == id).ok_or_else(|| Error::new(Code::NotFound))?),
    };
    let rows: Vec<_> = all.iter().map(|story| row(page, story, &calendars, person, now)).collect();
    let clients: Vec<_> = calendars.clients().map(|(feed, fetch)| client(page, feed, fetch, None)).collect();
    let base = if within.is_some() { format!("/people/{}/calendar", person.id) } else { "/my/calendar/why".to_owned() };
    let context = context! {
        person => context! { id => person.id.0, name => person.name.as_str(), email => person.email.as_deref() },
        own => within.is_none(), base, rows, clients,
        back => page.app.config.calendar.months_back, ahead => page.app.config.calendar.months_ahead,
        trouble => trouble.map(|row| context! {
            reason => row.reason, status => row.status, permanent => row.permanent,
            when => format::moment(page.lang, zone, row.last_at, now),
        }),
        chosen => chosen.map(|story| detail(page, story, &calendars, person, now)),
    };
    page.render("calendar/why/why.html", if within.is_some() { "people" } else { "my" }, context).await
}

fn row(page: &Page, story: &Story, calendars: &Calendars, person: &person::Model, now: DateTime<Utc>) -> Value {
    let title = sitting::title(&story.event, &story.session);
    let gone = story.event.status == EventStatus::Cancelled || story.session.status == SessionStatus::Cancelled;
    context! {
        id => story.session.id.0,
        title => if title.is_empty() { page.app.kinds.name(&story.event.kind, page.lang) } else { title },
        when => format::span(page.lang, &sitting::span(&story.session), now), gone,
        mail => by_mail(story, person), feed => calendars.best(story).map_or("none", ByFeed::as_str),
        answer => story.answer.as_ref().map(|row| row.status.as_str()),
    }
}

/// The newest mail that a calendar takes in.
fn latest(story: &Story) -> Option<&outbox::Model> {
    story.mails.iter().rev().find(|row| row.kind != MessageKind::Reminder)
}

/// What mail did, in the key of a text: of the newest that a calendar takes in.
fn by_mail(story: &Story, person: &person::Model) -> &'static str {
    let last = latest(story);
    match last.map(|row| row.state) {
        Some(_) if last.is_some_and(|row| row.moot) => "moot",
        Some(MessageState::Sent) => "sent",
        Some(MessageState::Queued) => "queued",
        Some(MessageState::Failed) => "failed",
        Some(MessageState::Dead) => "dead",
        None if person.email.is_none() => "no-address",
        None if !story.event.mails => "quiet",
        None => "none",
    }
}

/// One client of a subscription, and what it has of a session.
fn client(
    page: &Page,
    feed: &feed::Model,
    fetch: Option<&feed_fetch::Model>,
    seen: Option<(&Story, &Calendars)>,
) -> Value {
    let (zone, now) = (page.app.config.zone(), page.app.now());
    let verdict = seen.map(|(story, calendars)| calendars.verdict(story, feed, fetch));
    // Its organisation may have another name since, of which its row knows nothing.
    let changed = seen.map(|(story, _)| story.facts.changed);
    let changed = changed.filter(|at| fetch.is_some_and(|fetch| *at > fetch.last_at));
    context! {
        name => feed.name.as_str(), detail => feed.detail.as_str(), verdict => verdict.map(ByFeed::as_str),
        changed => changed.map(|at| format::moment(page.lang, zone, at, now)),
        since => format::moment(page.lang, zone, feed.created_at, now), fetched => fetch.map(|fetch| fetched(page, fetch)),
    }
}

fn detail(page: &Page, story: &Story, calendars: &Calendars, person: &person::Model, now: DateTime<Utc>) -> Value {
    let zone = page.app.config.zone();
    let moment = |at| format::moment(page.lang, zone, at, now);
    let mail = |row: &outbox::Model| {
        let kinds: HashMap<MessageKind, &str> = HashMap::from([
            (MessageKind::Invitation, "page-message-invitation"),
            (MessageKind::Update, "page-message-update"),
            (MessageKind::Cancellation, "page-message-cancellation"),
            (MessageKind::Reminder, "page-message-reminder"),
        ]);
        context! {
            kind => kinds.get(&row.kind).map(|key| page.lang.text(key)),
            state => if row.moot { "moot" } else { row.state.as_str() }, to => row.address.as_str(),
            answer => row.answer.as_deref(), attempts => row.attempts, series => row.session_id.is_none(),
            when => moment(row.sent_at.unwrap_or(row.created_at)),
        }
    };
    let clients = calendars.clients().map(|(feed, fetch)| client(page, feed, fetch, Some((story, calendars))));
    context! {
        row => row(page, story, calendars, person, now), invited => story.facts.invited, in_window => story.facts.in_window,
        about => latest(story).map(|row| row.kind.as_str()),
        mails => story.mails.iter().map(mail).collect::<Vec<_>>(), clients => clients.collect::<Vec<_>>(),
        answered => story.answer.as_ref().map(|row| context! { status => row.status.as_str(), when => moment(row.answered_at) }),
        draft => story.event.status == EventStatus::Draft,
    }
}
