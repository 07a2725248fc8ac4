//! Open events for everybody, and putting one's name down without an account.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::Form;
use chrono::{DateTime, Utc};
use entity::id::EventId;
use entity::state::{AudienceTarget, EventStatus, RegistrationStatus, SessionStatus};
use entity::{audience_rule, event, registration, session};
use minijinja::{Value, context, value::Serde};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use crate::calendar::subscription;
use crate::error::{Code, Error, Result};
use crate::people::OrgTree;
use crate::scheduling::registration::{
    Applicant, Entered, Sums, Way, by_secret, call_off, closes, enter, hold, is_open, is_public, place, sums, sums_of,
};
use crate::scheduling::{Whole, load_whole, load_wholes, session as sitting};
use crate::view::format;
use crate::web::{Client, Page};

/// Events on the page of open ones.
const MOST: u64 = 200;

/// The path of an event's page of registration.
#[must_use]
pub fn path(key: &str) -> String {
    format!("/register/{}", crate::view::encode(key).replace('/', "%2F"))
}

/// `GET /open`: published events ahead whose audience names the public.
pub async fn open(page: Page) -> Result<Response> {
    let (db, now) = (page.app.db.read(), page.app.now());
    let public = Query::select()
        .column(audience_rule::Column::EventId)
        .from(audience_rule::Entity)
        .and_where(audience_rule::Column::Target.eq(AudienceTarget::Public))
        .to_owned();
    let ahead = Query::select()
        .column(session::Column::EventId)
        .from(session::Entity)
        .and_where(session::Column::EndsAt.gt(now))
        .and_where(session::Column::Status.ne(SessionStatus::Cancelled))
        .to_owned();
    let id = || Expr::col((event::Entity, event::Column::Id));
    let rows = event::Entity::find()
        .filter(event::Column::Status.eq(EventStatus::Scheduled))
        .filter(id().in_subquery(public))
        .filter(id().in_subquery(ahead))
        .order_by_asc(event::Column::Id)
        .limit(MOST)
        .all(db)
        .await?;
    let counts = sums_of(db, rows.iter().map(|row| row.id)).await?;
    let mut wholes = load_wholes(db, rows).await?;
    let next = |whole: &Whole| whole.sessions.iter().filter(|row| is_ahead(row, now)).map(|row| row.starts_at).min();
    wholes.sort_by_key(next);
    let events = wholes.iter().map(|whole| {
        let counts = counts.get(&whole.event.id).copied().unwrap_or_default();
        event_view(&page, whole, counts, now)
    });
    page.render("scheduling/registration/public/open.html", "", context! { events => events.collect::<Vec<_>>() }).await
}

fn is_ahead(row: &session::Model, now: DateTime<Utc>) -> bool {
    row.status != SessionStatus::Cancelled && row.ends_at > now
}

/// An event as the public sees it.
fn event_view(page: &Page, whole: &Whole, counts: Sums, now: DateTime<Utc>) -> Value {
    let (event, lang) = (&whole.event, page.lang);
    let kind = page.app.kinds.name(&event.kind, lang);
    let times = whole.sessions.iter().filter(|row| is_ahead(row, now)).map(|row| {
        context! {
            when => format::span(lang, &sitting::span(row), now), place => sitting::location(event, row),
            title => row.title.clone(),
        }
    });
    let open = is_open(event, &whole.sessions, now);
    let state = match (event.status, open, event.capacity) {
        (EventStatus::Cancelled, _, _) => "cancelled",
        (_, false, _) => "closed",
        (_, true, Some(_)) if !counts.has_room(event.capacity) => "full",
        (_, true, _) => "open",
    };
    let zone = page.app.config.zone();
    context! {
        id => event.id.0, title => if event.title.is_empty() { kind } else { event.title.as_str() }, kind,
        host => whole.host.name.as_str(),
        co_hosts => whole.co_hosts.iter().map(|org| org.name.as_str()).collect::<Vec<_>>().join(&lang.text("page-list-comma")),
        place => event.location.as_str(), contact => event.contact.as_str(),
        topics => whole.topics.join(&lang.text("page-list-comma")),
        times => times.collect::<Vec<_>>(), state, path => path(&event.key),
        registers => event.registration == entity::state::RegistrationMode::Open,
        free => event.capacity.map(|_| counts.free(event.capacity)), waiting => counts.waiting, capacity => event.capacity,
        closes => closes(event, &whole.sessions).map(|at| format::moment(lang, zone, at, now)),
    }
}

/// What somebody of the public types.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    name: String,
    email: String,
    body: String,
    /// A field that people do not see: whoever fills it in is a program.
    website: String,
}

/// Who may look at an event's page of registration.
struct Seen {
    whole: Whole,
    /// One of the staff, who registers as such.
    staff: Option<entity::person::Model>,
}

/// The published event of that key, for the public where its audience names the public, else for staff whom it
/// invites. Strangers are sent to sign in, whether there is such an event or not.
async fn find(page: &Page, key: &str) -> Result<Result<Seen, Response>> {
    let db = page.app.db.read();
    let staff = page.signed.as_ref().and_then(|signed| signed.identity.person.clone());
    let row = event::Entity::find()
        .filter(event::Column::Key.eq(key))
        .filter(event::Column::Status.ne(EventStatus::Draft))
        .filter(event::Column::PublishedAt.is_not_null())
        .one(db)
        .await?;
    if let Some(event) = row {
        let invited = match &staff {
            Some(person) => is_invited(page, person, event.id).await?,
            None => false,
        };
        if invited || is_public(db, event.id).await? {
            return Ok(Ok(Seen { whole: load_whole(db, event).await?, staff }));
        }
    }
    if page.signed.is_some() {
        return Err(Error::new(Code::NotFound));
    }
    let next = crate::view::encode(&page.path);
    Ok(Err(Redirect::to(&format!("/sign-in?next={next}")).into_response()))
}

/// Whether one of the staff is invited to a sitting of an event that is not over.
pub async fn is_invited(page: &Page, person: &entity::person::Model, event: EventId) -> Result<bool> {
    let (db, now) = (page.app.db.read(), page.app.now());
    let tree = OrgTree::load(db).await?;
    let window = (now, now + chrono::Days::new(1_100));
    let found = subscription::invited_to(db, &tree, person.id, window).await?;
    Ok(found.iter().any(|(row, _)| row.id == event))
}

/// `GET /register/{key}`
pub async fn ask(page: Page, Path(key): Path<String>) -> Result<Response> {
    match find(&page, &key).await? {
        Ok(seen) => show(&page, &seen, Typed::default(), None, None).await,
        Err(elsewhere) => Ok(elsewhere),
    }
}

async fn show(
    page: &Page,
    seen: &Seen,
    typed: Typed,
    wrong: Option<Error>,
    done: Option<&Entered>,
) -> Result<Response> {
    let (db, now, lang) = (page.app.db.read(), page.app.now(), page.lang);
    let event = &seen.whole.event;
    let counts = sums(db, event.id).await?;
    let mine = match &seen.staff {
        Some(person) => mine(page, person, event.id).await?,
        None => None,
    };
    let status = wrong.as_ref().map_or(StatusCode::OK, |error| error.code().status());
    let problem = wrong.map(Error::problem);
    let fields: std::collections::BTreeMap<_, _> = problem
        .iter()
        .flat_map(|problem| &problem.fields)
        .map(|field| (field.field.clone(), field.text(lang)))
        .collect();
    let context = context! {
        event => event_view(page, &seen.whole, counts, now), form => Serde(typed), wrong => Serde(&fields),
        problem => problem.filter(|_| fields.is_empty()).map(|problem| problem.text(lang)),
        keep_days => page.app.config.registration.keep_days,
        done => done.map(|done| context! { place => done.place }),
        staff => seen.staff.as_ref().map(|person| person.name.as_str()), mine,
    };
    page.render_as(status, "scheduling/registration/public/register.html", "", context).await
}

/// What of one's own registration is shown.
async fn mine(page: &Page, person: &entity::person::Model, event: EventId) -> Result<Option<Value>> {
    let db = page.app.db.read();
    let row = registration::Entity::find()
        .filter(registration::Column::EventId.eq(event))
        .filter(registration::Column::PersonId.eq(person.id))
        .filter(registration::Column::Status.ne(RegistrationStatus::Cancelled))
        .one(db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let place = place(db, &row).await?;
    Ok(Some(context! { place, status => row.status.as_str() }))
}

/// `POST /register/{key}`
pub async fn register(
    page: Page,
    client: Client,
    Path(key): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let seen = match find(&page, &key).await? {
        Ok(seen) => seen,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let (app, now) = (&page.app, page.app.now());
    let event = &seen.whole.event;
    // Only what the public may see; staff have a button of their own.
    if !is_public(app.db.read(), event.id).await? {
        return Err(Error::new(Code::NotFound));
    }
    if !app.registrations.admits(client, event.id.0, app.config.registration.per_hour, now) {
        return show(&page, &seen, typed, Some(Error::new(Code::TooMany)), None).await;
    }
    if !typed.website.is_empty() {
        return Ok(Redirect::to("/open").into_response());
    }
    match put_down(&page, event.id, &typed, now).await {
        Ok(done) => show(&page, &seen, Typed::default(), None, Some(&done)).await,
        Err(error @ Error::Problem(_)) => show(&page, &seen, typed, Some(error), None).await,
        Err(error) => Err(error),
    }
}

async fn put_down(page: &Page, event: EventId, typed: &Typed, now: DateTime<Utc>) -> Result<Entered> {
    let applicant = Applicant::of_public(&typed.name, &typed.email, &typed.body)?;
    let tx = page.app.db.begin().await?;
    let event = hold(&tx, event).await?;
    let entered = enter(&tx, &event, applicant, Way::Own, "public", now).await?;
    tx.commit().await?;
    Ok(entered)
}

/// `GET /registration/{secret}`
pub async fn look(page: Page, Path(secret): Path<String>) -> Result<Response> {
    let row = by_secret(page.app.db.read(), &secret).await?;
    shown(&page, row, &secret).await
}

async fn shown(page: &Page, row: registration::Model, secret: &str) -> Result<Response> {
    let (db, now) = (page.app.db.read(), page.app.now());
    let event = event::Entity::find_by_id(row.event_id).one(db).await?.ok_or_else(|| Error::new(Code::Expired))?;
    let whole = load_whole(db, event).await?;
    let counts = sums(db, whole.event.id).await?;
    let over = whole.sessions.iter().all(|session| session.ends_at <= now);
    let context = context! {
        event => event_view(page, &whole, counts, now), secret, name => row.name.as_str(),
        status => row.status.as_str(), place => place(db, &row).await?, over,
        keep_days => page.app.config.registration.keep_days,
    };
    page.render("scheduling/registration/public/mine.html", "", context).await
}

/// `POST /registration/{secret}`
pub async fn take_off(page: Page, Path(secret): Path<String>) -> Result<Response> {
    let tx = page.app.db.begin().await?;
    let row = by_secret(&tx, &secret).await?;
    let event = hold(&tx, row.event_id).await?;
    // Its owner, by the link.
    let row = call_off(&tx, &event, row.id, "public", page.app.now()).await?;
    tx.commit().await?;
    shown(&page, row, &secret).await
}
