//! What one subscription holds at a moment: its fingerprint, and its text.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::SessionId;
use entity::state::{FeedDetail, FeedScope};
use entity::{event, feed, person, session};
use sea_orm::{ConnectionTrait, EntityTrait};
use sha2::{Digest, Sha256};

use super::address::alarms;
use super::scope::{self, Window, links_of, marks};
use crate::calendar::conference;
use crate::calendar::entry::{Class, Entry, Extra, Setting};
use crate::calendar::subscription::{Entries, Readers};
use crate::calendar::{Head, Of, Status, Title, render, subscription};
use crate::dates::Zone;
use crate::error::{Code, Error, Result};
use crate::locale::Lang;
use crate::people::{self, OrgTree};
use crate::scheduling::{Kinds, session as shown};

/// What every subscription of this installation stands on.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The kinds.
    pub kinds: Kinds,
    /// The language of calendars.
    pub lang: Lang,
    /// The zone of whole days, and of the window.
    pub zone: Zone,
    /// How people reach the service.
    pub public_url: String,
    /// How far back and ahead it reaches.
    pub calendar: crate::config::Calendar,
}

impl Ground {
    /// From when to when a subscription reaches.
    #[must_use]
    pub fn window(&self, now: DateTime<Utc>) -> Window {
        subscription::window(&self.calendar, self.zone, now)
    }
}

/// The text of a subscription, and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The calendar.
    pub body: String,
    /// What it is called.
    pub name: String,
    /// Sessions in it.
    pub sessions: Held,
}

/// The sessions of a subscription, each with a mark: another one where its calendar says something else of it.
pub type Held = Vec<(SessionId, u32)>;

/// What a subscription's text hangs on, without making it.
pub async fn fingerprint(db: &impl ConnectionTrait, row: &feed::Model, window: Window) -> Result<[u8; 32]> {
    let tree = OrgTree::load(db).await?;
    let people = crate::db::revision(db, people::REVISION).await?;
    let marks = marks(db, &tree, row, window).await?;
    let own = (row.id, row.detail, alarms(row), row.name.as_str());
    Ok(Sha256::digest(format!("{own:?} {people} {window:?} {marks:?}").as_bytes()).into())
}

/// Makes a subscription's text; `token` is the end of its address.
pub async fn text(
    db: &impl ConnectionTrait,
    ground: &Ground,
    row: &feed::Model,
    token: &str,
    window: Window,
) -> Result<Text> {
    let tree = OrgTree::load(db).await?;
    let (entries, sessions) = entries(db, ground, &tree, row, window).await?;
    let name = name(db, ground, &tree, row).await?;
    let source = crate::calendar::feed::url(&ground.public_url, token);
    let title = Title { name: &name, color: color(row.scope), source: Some(&source) };
    let body = render(&Head { method: None, name: Some(title), zone: ground.zone }, &entries);
    Ok(Text { body, name, sessions })
}

/// What a subscription holds, without making its text.
pub async fn held(db: &impl ConnectionTrait, ground: &Ground, row: &feed::Model, window: Window) -> Result<Held> {
    let tree = OrgTree::load(db).await?;
    Ok(entries(db, ground, &tree, row, window).await?.1)
}

async fn entries(
    db: &impl ConnectionTrait,
    ground: &Ground,
    tree: &OrgTree,
    row: &feed::Model,
    window: Window,
) -> Result<(Vec<Entry>, Held)> {
    let found = scope::rows(db, tree, row, window).await?;
    let setting = Setting { kinds: &ground.kinds, lang: ground.lang };
    let readers = if row.scope == FeedScope::Public { Readers::Public } else { Readers::Staff };
    let links = match readers {
        Readers::Staff => links_of(db, found.iter().map(|(event, _)| event.id)).await?,
        // Materials are for who is signed in.
        Readers::Public => HashMap::new(),
    };
    let ring = if row.scope == FeedScope::Person { alarms(row) } else { Vec::new() };
    let extra = |event: &event::Model, session: &session::Model, of: Of| match row.detail {
        FeedDetail::Busy => Extra { class: Class::Private, alarms: ring.clone(), ..Extra::default() },
        FeedDetail::Full => {
            let links = links.get(&event.id).map(Vec::as_slice).unwrap_or_default();
            let here =
                links.iter().filter(|link| link.session_id.is_none_or(|id| of == Of::Sitting && id == session.id));
            let conference =
                conference::of(shown::location(event, session), here.filter_map(|link| link.url.as_deref()));
            let url = Some(page(&ground.public_url, row.scope, event, session));
            Extra { conference, url, alarms: ring.clone(), class: Class::Public }
        }
    };
    let Entries { mut shown, mut each } = subscription::entries(db, setting, tree, readers, &found, extra).await?;
    if row.detail == FeedDetail::Busy {
        for entry in shown.iter_mut().chain(&mut each) {
            hide(entry, ground.lang);
        }
    }
    let sessions = found.iter().zip(&each).map(|((_, session), entry)| (session.id, mark(entry)));
    Ok((shown, sessions.collect()))
}

/// What a calendar says of a session, in short. It is kept in the database, so it hangs on nothing but values.
fn mark(entry: &Entry) -> u32 {
    let (start, end) = (entry.span.start.timestamp(), entry.span.end.timestamp());
    let off = entry.status == Status::Cancelled;
    let times = format!("{start} {end} {} {off}", entry.span.all_day);
    let conference = entry.extra.conference.as_deref().unwrap_or_default();
    let said = [times.as_str(), &entry.summary, &entry.description, &entry.location, &entry.category, conference];
    let hash = Sha256::digest(said.join("\0").as_bytes());
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

/// Where a session is looked at: by the person on their own page, by the public among what is open, by others where the
/// event is dealt with.
fn page(public_url: &str, scope: FeedScope, event: &event::Model, session: &session::Model) -> String {
    match scope {
        FeedScope::Person => format!("{public_url}/my#session-{}", session.id),
        FeedScope::Public => format!("{public_url}/open"),
        FeedScope::Organisation | FeedScope::Kind => format!("{public_url}/events/{}?session={}", event.id, session.id),
    }
}

/// Leaves nothing of an entry but that somebody is busy, and when.
fn hide(entry: &mut Entry, lang: Lang) {
    entry.summary = lang.text("calendar-busy");
    entry.description.clear();
    entry.location.clear();
    entry.category.clear();
}

/// What a subscription is called: by its owner, or by what it holds.
async fn name(db: &impl ConnectionTrait, ground: &Ground, tree: &OrgTree, row: &feed::Model) -> Result<String> {
    if !row.name.is_empty() {
        return Ok(row.name.clone());
    }
    let owner = match row.person_id {
        Some(id) => person::Entity::find_by_id(id).one(db).await?.map(|person| person.name),
        None => Some(holder(ground.lang, &ground.kinds, tree, row)),
    };
    let owner = owner.ok_or_else(|| Error::new(Code::NotFound))?;
    Ok(ground.lang.text_with("calendar-name", [("name", owner.as_str())]))
}

/// What a subscription that is no person's holds, in words.
#[must_use]
pub fn holder(lang: Lang, kinds: &Kinds, tree: &OrgTree, row: &feed::Model) -> String {
    let org = row.organisation_id.map_or("", |id| tree.name(id));
    let kind = row.kind.as_deref().map(|key| kinds.name(key, lang)).unwrap_or_default();
    let text = match row.scope {
        FeedScope::Public => lang.text_with("calendar-name-public", [("org", org)]),
        _ => [org, kind].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" · "),
    };
    text.trim().to_owned()
}

/// The colour in which a calendar is to be shown (RFC 7986 section 5.9: a name of CSS).
const fn color(scope: FeedScope) -> &'static str {
    match scope {
        FeedScope::Person => "royalblue",
        FeedScope::Organisation => "seagreen",
        FeedScope::Kind => "darkorange",
        FeedScope::Public => "firebrick",
    }
}
