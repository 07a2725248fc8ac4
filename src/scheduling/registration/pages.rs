//! Registration as its organiser sees it: the terms, who is registered, who waits.

use std::collections::{BTreeMap, HashMap};

use axum::extract::{Path, Query};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use entity::id::{EventId, PersonId, RegistrationId};
use entity::state::{RegistrationMode, RegistrationStatus};
use entity::{person, registration};
use minijinja::{Value, context, value::Serde};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use super::api::of_staff;
use super::public::pages::path;
use super::{Applicant, Way, active, call_off, closes, enter, hold, is_open, is_public, move_up, of_host, sums};
use crate::access::Actor;
use crate::dates::Zone;
use crate::error::{Error, Result};
use crate::scheduling::detail::pages::event_view;
use crate::scheduling::{EventChange, Whole, change_event, event_for, load_whole};
use crate::view::format;
use crate::web::{Desk, Page, Signed, ToManage, ToRead};

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
}

/// The terms as typed, or somebody to add.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    capacity: String,
    open: String,
    closes_at: String,
    revision: String,
    staff_no: String,
    name: String,
    email: String,
    body: String,
}

/// A form with nothing but its secret.
#[derive(Debug, Deserialize)]
pub struct Nothing {}

impl Typed {
    fn of(whole: &Whole) -> Self {
        let event = &whole.event;
        let zone = Zone::parse(&event.time_zone).unwrap_or(Zone(chrono_tz::Asia::Shanghai));
        let local = |at| zone.local(at).format("%Y-%m-%dT%H:%M").to_string();
        Self {
            capacity: event.capacity.map(|most| most.to_string()).unwrap_or_default(),
            open: if event.registration == RegistrationMode::Open { "yes" } else { "no" }.to_owned(),
            closes_at: event.registration_closes_at.map(local).unwrap_or_default(),
            revision: event.revision.to_string(),
            ..Self::default()
        }
    }

    /// The change that the terms ask for; a number that is none is refused like one out of bounds.
    fn change(&self, before: &Self) -> EventChange {
        let capacity = self.capacity.trim();
        let capacity = if capacity.is_empty() { None } else { Some(capacity.parse().unwrap_or(0)) };
        let open = if self.open == "yes" { RegistrationMode::Open } else { RegistrationMode::Closed };
        // A closing time that is as it was may have passed meanwhile.
        let closes_at = (self.closes_at.trim() != before.closes_at).then(|| Some(self.closes_at.trim().to_owned()));
        EventChange {
            capacity: Some(capacity),
            registration: Some(open),
            registration_closes_at: closes_at,
            ..EventChange::default()
        }
    }
}

async fn load(db: &impl ConnectionTrait, actor: &Actor, id: i64) -> Result<Whole> {
    let event = event_for(db, actor, EventId(id)).await?;
    of_host(db, actor, &event).await?;
    load_whole(db, event).await
}

/// `GET /events/{id}/registration`
pub async fn show(
    Desk { page, actor, .. }: Desk<ToRead>,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let whole = load(page.app.db.read(), &actor, id).await?;
    let typed = Typed::of(&whole);
    render(&page, &actor, &whole, typed, None, &asked.done).await
}

async fn render(
    page: &Page,
    actor: &Actor,
    whole: &Whole,
    typed: Typed,
    wrong: Option<Error>,
    done: &str,
) -> Result<Response> {
    let (db, now, lang) = (page.app.db.read(), page.app.now(), page.lang);
    let event = &whole.event;
    let status = wrong.as_ref().map_or(StatusCode::OK, |error| error.code().status());
    let problem = wrong.map(Error::problem);
    let fields: BTreeMap<_, _> = problem
        .iter()
        .flat_map(|problem| &problem.fields)
        .map(|field| (field.field.clone(), field.text(lang)))
        .collect();
    let rows = active(db, event.id).await?;
    let numbers = numbers(db, &rows).await?;
    let zone = page.app.config.zone();
    let mut queue = 0;
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let waits = row.status == RegistrationStatus::Waiting;
            queue += u64::from(waits);
            context! {
                id => row.id.0, name => row.name.as_str(), email => row.email.as_str(), body => row.body.as_str(),
                staff_no => row.person_id.and_then(|id| numbers.get(&id)), waits, place => queue,
                when => format::moment(lang, zone, row.created_at, now),
            }
        })
        .collect();
    let counts = sums(db, event.id).await?;
    let public = is_public(db, event.id).await?;
    let key = format!("page-done-registration-{done}");
    let context = context! {
        event => event_view(page, whole, now), form => Serde(typed), wrong => Serde(&fields),
        problem => problem.filter(|_| fields.is_empty()).map(|problem| problem.text(lang)),
        rows, registered => counts.registered, waiting => counts.waiting, public,
        full => event.capacity.is_some() && !counts.has_room(event.capacity),
        open => is_open(event, &whole.sessions, now), capacity => event.capacity,
        closes => closes(event, &whole.sessions).map(|at| format::moment(lang, zone, at, now)),
        link => format!("{}{}", page.app.config.public_url(), path(&event.key)),
        may_manage => actor.may_manage(), keep_days => page.app.config.registration.keep_days,
        toast => (!done.is_empty() && lang.has(&key)).then(|| lang.text(&key)),
    };
    page.render_as(status, "scheduling/registration/registration.html", "events", context).await
}

async fn numbers(db: &impl ConnectionTrait, rows: &[registration::Model]) -> Result<HashMap<PersonId, String>> {
    let ids = rows.iter().filter_map(|row| row.person_id);
    let people = person::Entity::find().filter(person::Column::Id.is_in(ids)).all(db).await?;
    Ok(people.into_iter().map(|row| (row.id, row.staff_no)).collect())
}

fn back(id: i64, done: &str) -> Response {
    Redirect::to(&format!("/events/{id}/registration?done={done}")).into_response()
}

/// `POST /events/{id}/registration`: the terms.
pub async fn set(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    let tx = page.app.db.begin().await?;
    let whole = load(&tx, &actor, id).await?;
    let change = typed.change(&Typed::of(&whole));
    let ground = page.app.ground();
    let expected = typed.revision.parse().ok();
    match change_event(&tx, &ground, &actor, EventId(id), change, expected, page.app.now()).await {
        Ok(_) => tx.commit().await?,
        Err(error @ Error::Problem(_)) => {
            tx.rollback().await?;
            // What was typed stays; saving once more is then meant.
            let whole = load(page.app.db.read(), &actor, id).await?;
            let typed = Typed { revision: whole.event.revision.to_string(), ..typed };
            return render(&page, &actor, &whole, typed, Some(error), "").await;
        }
        Err(error) => return Err(error),
    }
    Ok(back(id, "set"))
}

/// `POST /events/{id}/registration/add`: somebody by hand.
pub async fn add(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    let whole = load(page.app.db.read(), &actor, id).await?;
    let tx = page.app.db.begin().await?;
    match by_hand(&tx, &page, &actor, EventId(id), &typed).await {
        Ok(done) => {
            tx.commit().await?;
            Ok(back(id, done))
        }
        Err(error @ Error::Problem(_)) => {
            tx.rollback().await?;
            let Typed { staff_no, name, email, body, .. } = typed;
            let typed = Typed { staff_no, name, email, body, ..Typed::of(&whole) };
            render(&page, &actor, &whole, typed, Some(error), "").await
        }
        Err(error) => Err(error),
    }
}

async fn by_hand(
    db: &impl ConnectionTrait,
    page: &Page,
    actor: &Actor,
    id: EventId,
    typed: &Typed,
) -> Result<&'static str> {
    let event = hold(db, id).await?;
    let applicant = match typed.staff_no.trim() {
        "" => Applicant::of_public(&typed.name, &typed.email, &typed.body)?,
        number => of_staff(db, number, &page.app).await?,
    };
    let entered = enter(db, &event, applicant, Way::ByHand, &actor.name, page.app.now()).await?;
    Ok(match (entered.fresh, entered.place) {
        (false, _) => "there",
        (true, Some(_)) => "waiting",
        (true, None) => "added",
    })
}

/// `POST /events/{id}/registration/{registration}/off`
pub async fn off(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path((id, registration)): Path<(i64, i64)>,
    Signed(_): Signed<Nothing>,
) -> Result<Response> {
    let tx = page.app.db.begin().await?;
    load(&tx, &actor, id).await?;
    let event = hold(&tx, EventId(id)).await?;
    call_off(&tx, &event, RegistrationId(registration), &actor.name, page.app.now()).await?;
    tx.commit().await?;
    Ok(back(id, "off"))
}

/// `POST /events/{id}/registration/{registration}/up`
pub async fn up(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path((id, registration)): Path<(i64, i64)>,
    Signed(_): Signed<Nothing>,
) -> Result<Response> {
    let tx = page.app.db.begin().await?;
    load(&tx, &actor, id).await?;
    let event = hold(&tx, EventId(id)).await?;
    move_up(&tx, &event, RegistrationId(registration), &actor.name, page.app.now()).await?;
    tx.commit().await?;
    Ok(back(id, "up"))
}

/// `GET /events/{id}/registration.csv`: the list for a spreadsheet, in UTF-8 with a byte order mark; a value that a
/// spreadsheet would take for a formula begins with an apostrophe.
pub async fn csv(Desk { page, actor, .. }: Desk<ToRead>, Path(id): Path<i64>) -> Result<Response> {
    let (db, lang) = (page.app.db.read(), page.lang);
    let whole = load(db, &actor, id).await?;
    let rows = active(db, whole.event.id).await?;
    let numbers = numbers(db, &rows).await?;
    let zone = page.app.config.zone();
    let mut writer = csv::Writer::from_writer(Vec::from("\u{feff}"));
    let heads = ["page-state", "page-staff-no", "page-name", "page-email", "page-registration-body", "page-time"];
    writer.write_record(heads.map(|key| lang.text(key))).map_err(Error::internal)?;
    for row in rows {
        let number = row.person_id.and_then(|id| numbers.get(&id).cloned()).unwrap_or_default();
        let state = lang.text(&format!("page-registration-{}", row.status));
        let at = zone.local(row.created_at).format("%Y-%m-%d %H:%M").to_string();
        let cells = [state, number, row.name, row.email, row.body, at].map(|text| defused(&text));
        writer.write_record(cells).map_err(Error::internal)?;
    }
    let body = writer.into_inner().map_err(Error::internal)?;
    let name = format!("attachment; filename=\"registration-{id}.csv\"");
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, body).into_response())
}

fn defused(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

/// What an event's own page shows of registration; None when there is nothing of it.
pub async fn summary(page: &Page, actor: &Actor, whole: &Whole) -> Result<Option<Value>> {
    let (db, event) = (page.app.db.read(), &whole.event);
    if of_host(db, actor, event).await.is_err()
        || !matches!(actor.rights, crate::access::Rights::Manage | crate::access::Rights::Read)
    {
        return Ok(None);
    }
    let counts = sums(db, event.id).await?;
    let quiet = event.capacity.is_none() && event.registration == RegistrationMode::Closed;
    Ok(Some(context! {
        event => event.id.0, registered => counts.registered, waiting => counts.waiting, capacity => event.capacity,
        open => is_open(event, &whole.sessions, page.app.now()), quiet => quiet && counts.registered == 0,
    }))
}
