//! What pages show of a person, and of what a change does.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::PersonId;
use entity::{audit, mail_trouble};
use minijinja::{Value, context};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::access::deeds;
use crate::directory::Outlook;
use crate::directory::pages::group_name;
use crate::error::Result;
use crate::people::{OrgTree, Stay};
use crate::scheduling::ahead::Shift;
use crate::scheduling::session as sitting;
use crate::view::format;
use crate::web::Page;

/// Sessions that are named one by one.
const NAMED: usize = 30;
/// Deeds on the page of a person.
const DEEDS: u64 = 30;

/// What a change does, for the page.
pub fn outlook(page: &Page, outlook: &Outlook, addresses: &HashMap<PersonId, String>, now: DateTime<Utc>) -> Value {
    let sessions = outlook.sessions();
    let rows: Vec<_> = sessions
        .iter()
        .take(NAMED)
        .map(|(event, session, shifts)| {
            let count = |wanted: Shift| shifts.iter().filter(|(_, shift)| *shift == wanted).count();
            context! {
                event => event.id.0, title => name(page, event, session),
                when => format::span(page.lang, &sitting::span(session), now), required => event.required,
                joins => count(Shift::Joins), leaves => count(Shift::Leaves), moves => count(Shift::Moves),
            }
        })
        .collect();
    let more = sessions.len() - rows.len();
    context! { sessions => rows, n => sessions.len(), more, letters => outlook.letters(addresses) }
}

fn name(page: &Page, event: &entity::event::Model, session: &entity::session::Model) -> String {
    match sitting::title(event, session) {
        "" => page.app.kinds.name(&event.kind, page.lang).to_owned(),
        title => title.to_owned(),
    }
}

/// Memberships for the page, newest first.
pub fn stays(page: &Page, tree: &OrgTree, stays: &[Stay], today: NaiveDate) -> Vec<Value> {
    let row = |stay: &Stay| {
        context! {
            id => stay.id.map(|id| id.0), from => stay.from.to_string(), to => stay.to.map(|day| day.to_string()),
            org => tree.name(stay.organisation_id), title => stay.title.as_str(),
            groups => stay.groups.iter().map(|name| group_name(page.lang, name)).collect::<Vec<_>>(),
            now => stay.holds_on(today), ahead => stay.from > today,
        }
    };
    stays.iter().rev().map(row).collect()
}

/// What is known against a person's address: mail to it came back.
pub fn trouble(page: &Page, row: &mail_trouble::Model, now: DateTime<Utc>) -> Value {
    let zone = page.app.config.zone();
    context! {
        permanent => row.permanent, status => row.status.as_str(), reason => row.reason.as_str(), times => row.times,
        first => format::moment(page.lang, zone, row.first_at, now),
        last => format::moment(page.lang, zone, row.last_at, now),
    }
}

/// What was done to a person, newest first.
pub async fn history(page: &Page, db: &impl ConnectionTrait, id: PersonId, now: DateTime<Utc>) -> Result<Vec<Value>> {
    let rows = audit::Entity::find()
        .filter(audit::Column::Subject.eq(format!("person:{id}")))
        .order_by_desc(audit::Column::Id)
        .limit(DEEDS)
        .all(db)
        .await?;
    let names = deeds::names(db, rows.iter().map(|row| row.actor.as_str())).await?;
    let zone = page.app.config.zone();
    Ok(rows
        .iter()
        .map(|row| {
            let key = format!("people-deed-{}", row.action.replace(['.', '_'], "-"));
            let who = names.get(&row.actor).cloned().unwrap_or_else(|| row.actor.clone());
            let number = |name: &str| row.detail.get(name).and_then(serde_json::Value::as_i64).unwrap_or(0);
            context! {
                what => if page.lang.has(&key) { page.lang.text(&key) } else { row.action.clone() },
                who, when => format::moment(page.lang, zone, row.at, now),
                sessions => number("sessions"), letters => number("letters"),
            }
        })
        .collect())
}
