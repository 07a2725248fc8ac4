//! One tap on one's own page, and what that page shows of it.

use std::collections::{BTreeMap, HashMap};

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use entity::id::{EventId, PersonId};
use entity::state::{RegistrationMode, RegistrationStatus};
use entity::{event, person, registration, session};
use minijinja::{Value, context};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Deserialize;

use crate::error::{Code, Error, Result};
use crate::scheduling::registration::api::applicant;
use crate::scheduling::registration::public::pages::is_invited;
use crate::scheduling::registration::{Way, call_off, closes, enter, hold, is_open, is_public, place, sums_of};
use crate::scheduling::session as sitting;
use crate::view::format;
use crate::web::{Page, Seat, Signed};

/// A form with nothing but its secret.
#[derive(Debug, Deserialize)]
pub struct Nothing {}

/// `POST /my/registrations/{event}`: one of the staff puts their name down.
pub async fn on(Seat { page, signed }: Seat, Path(id): Path<i64>, Signed(_): Signed<Nothing>) -> Result<Response> {
    let person = signed.identity.person.clone().ok_or_else(|| Error::new(Code::Forbidden))?;
    let (id, name) = (EventId(id), format!("person:{}", person.id));
    let invited = is_invited(&page, &person, id).await?;
    let public = is_public(page.app.db.read(), id).await?;
    if !invited && !public {
        return Err(Error::new(Code::NotFound));
    }
    let tx = page.app.db.begin().await?;
    let event = hold(&tx, id).await?;
    // Who must come needs no place.
    if event.required && invited {
        return Err(Error::new(Code::RegistrationClosed));
    }
    let applicant = applicant(&tx, &person, &page.app).await?;
    let entered = enter(&tx, &event, applicant, Way::Own, &name, page.app.now()).await?;
    tx.commit().await?;
    let done = if entered.place.is_some() { "waiting" } else { "registered" };
    Ok(Redirect::to(&format!("/my?done={done}")).into_response())
}

/// `POST /my/registrations/{event}/off`: one of the staff takes their name off.
pub async fn off(Seat { page, signed }: Seat, Path(id): Path<i64>, Signed(_): Signed<Nothing>) -> Result<Response> {
    let person = signed.identity.person.clone().ok_or_else(|| Error::new(Code::Forbidden))?;
    let tx = page.app.db.begin().await?;
    let event = hold(&tx, EventId(id)).await?;
    let row =
        of_person(&tx, person.id, [event.id]).await?.remove(&event.id).ok_or_else(|| Error::new(Code::NotFound))?;
    call_off(&tx, &event, row.id, &format!("person:{}", person.id), page.app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/my?done=called-off").into_response())
}

/// A person's registrations for these events, by event.
pub async fn of_person(
    db: &impl ConnectionTrait,
    person: PersonId,
    events: impl IntoIterator<Item = EventId>,
) -> Result<HashMap<EventId, registration::Model>> {
    let rows = registration::Entity::find()
        .filter(registration::Column::PersonId.eq(person))
        .filter(registration::Column::EventId.is_in(events))
        .filter(registration::Column::Status.ne(RegistrationStatus::Cancelled))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.event_id, row)).collect())
}

/// What one's own page offers: of these events those that nobody must attend and that are open, and those where one's
/// name is down, by start.
pub async fn offers(
    page: &Page,
    person: &person::Model,
    events: BTreeMap<EventId, event::Model>,
) -> Result<Vec<Value>> {
    let (db, now, lang) = (page.app.db.read(), page.app.now(), page.lang);
    let mine = ahead_of(page, person.id, &events).await?;
    let offered = events.into_values().filter(|event| !event.required && event.registration == RegistrationMode::Open);
    let mut events: BTreeMap<EventId, event::Model> = offered.map(|event| (event.id, event)).collect();
    let down = mine.keys().filter(|id| !events.contains_key(id)).copied().collect::<Vec<_>>();
    let others = event::Entity::find().filter(event::Column::Id.is_in(down)).all(db).await?;
    events.extend(others.into_iter().map(|event| (event.id, event)));
    let rows = session::Entity::find()
        .filter(session::Column::EventId.is_in(events.keys().copied()))
        .order_by_asc(session::Column::StartsAt)
        .all(db)
        .await?;
    let mut sessions: HashMap<EventId, Vec<session::Model>> = HashMap::new();
    for row in rows {
        sessions.entry(row.event_id).or_default().push(row);
    }
    let counts = sums_of(db, events.keys().copied()).await?;
    let mut found = Vec::new();
    for event in events.values() {
        let sittings = sessions.remove(&event.id).unwrap_or_default();
        let Some(next) = sittings.iter().find(|row| row.ends_at > now) else { continue };
        let (row, open) = (mine.get(&event.id), is_open(event, &sittings, now));
        if row.is_none() && !open {
            continue;
        }
        let waits = match row {
            Some(row) => place(db, row).await?,
            None => None,
        };
        let counts = counts.get(&event.id).copied().unwrap_or_default();
        let view = context! {
            id => event.id.0, open,
            title => if event.title.is_empty() { page.app.kinds.name(&event.kind, lang) } else { event.title.as_str() },
            when => format::span(lang, &sitting::span(next), now), place => sitting::location(event, next),
            status => row.map(|row| row.status.as_str()), waits,
            free => event.capacity.map(|_| counts.free(event.capacity)), waiting => counts.waiting,
            closes => closes(event, &sittings).map(|at| format::moment(lang, page.app.config.zone(), at, now)),
        };
        found.push((next.starts_at, view));
    }
    found.sort_by_key(|(at, _)| *at);
    Ok(found.into_iter().map(|(_, view)| view).collect())
}

/// A person's registrations, by event: of these events, and of others that invite only the public.
async fn ahead_of(
    page: &Page,
    person: PersonId,
    events: &BTreeMap<EventId, event::Model>,
) -> Result<HashMap<EventId, registration::Model>> {
    let rows = registration::Entity::find()
        .filter(registration::Column::PersonId.eq(person))
        .filter(registration::Column::Status.ne(RegistrationStatus::Cancelled))
        .find_also_related(event::Entity)
        .all(page.app.db.read())
        .await?;
    let live = rows.into_iter().filter(|(row, event)| {
        events.contains_key(&row.event_id)
            || event.as_ref().is_some_and(|event| event.status == entity::state::EventStatus::Scheduled)
    });
    Ok(live.map(|(row, _)| (row.event_id, row)).collect())
}
