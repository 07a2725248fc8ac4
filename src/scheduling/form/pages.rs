//! Making and editing an event: errors beside their fields, what was typed kept, nothing overwritten unseen.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use entity::id::{EventId, SessionId};
use entity::state::{EventStatus, SessionStatus};
use entity::{membership_group, session};
use minijinja::{Value, context, value::Serde};
use sea_orm::{EntityTrait, QueryOrder, QuerySelect};

use super::differences::differences;
use super::{ROWS, Typed, Wrong};
use crate::access::Actor;
use crate::dates::Zone;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::OrgTree;
use crate::planning::template::{self, FromTemplate};
use crate::scheduling::conflict::{self, Changed};
use crate::scheduling::filters::kind_choices;
use crate::scheduling::reach;
use crate::scheduling::series::pages::laid_view;
use crate::scheduling::tell::{join, written_so_far};
use crate::scheduling::{
    Made, Whole, add_sessions, change_event, change_session, check_event, content, create, event_for, load_whole,
    place, put_checklist, series, session as sitting,
};
use crate::view::format;
use crate::web::{Desk, Page, Signed, ToManage};

/// How the form came back to its writer.
enum Again {
    /// For the first time, or with another row.
    Fresh,
    /// With problems.
    Wrong(Wrong),
    /// What a published event would become stands in somebody's way: what `scheduling/conflict/notice.html` shows.
    InTheWay(Value),
    /// Somebody else changed the event meanwhile; what it says now.
    Changed(Box<Typed>),
}

/// `GET /events/new`; `?template=ID&date=` fills it in by a template.
pub async fn ask_new(Desk { page, actor, .. }: Desk<ToManage>, Query(from): Query<FromTemplate>) -> Result<Response> {
    let tree = OrgTree::load(page.app.db.read()).await?;
    if let Some(mut typed) = from.typed(&page, &tree, &actor).await? {
        typed.make_room(1);
        return show(&page, &actor, &tree, None, typed, Again::Fresh).await;
    }
    let own = tree.code(actor.organisation).to_owned();
    let mut typed = Typed {
        key: format!("web-{}", uuid::Uuid::new_v4().simple()),
        audience: format!("org:{own}"),
        org_code: own,
        required: "yes".to_owned(),
        walk_ins: "yes".to_owned(),
        reminding: "kind".to_owned(),
        ..Typed::default()
    };
    typed.make_room(ROWS);
    show(&page, &actor, &tree, None, typed, Again::Fresh).await
}

/// `POST /events/new`
pub async fn make(Desk { page, actor, .. }: Desk<ToManage>, Signed(mut typed): Signed<Typed>) -> Result<Response> {
    let now = page.app.now();
    let tree = OrgTree::load(page.app.db.read()).await?;
    typed.take_choices();
    typed.make_room(ROWS);
    if typed.act != "save" {
        let problems = if typed.recurs() && typed.act == "look" { typed.repeat_problems() } else { Vec::new() };
        let again = if problems.is_empty() { Again::Fresh } else { Again::Wrong(Wrong::of(&problems, &[], page.lang)) };
        return show(&page, &actor, &tree, None, typed, again).await;
    }
    let (event, rows) = typed.new_event();
    let ground = page.app.ground();
    let repeat = if typed.recurs() { typed.repeat_problems() } else { Vec::new() };
    if !repeat.is_empty() {
        // Together with whatever else is wrong; that there is no rule is said by the fields that make none.
        let mut problems = repeat;
        if let Err(Error::Problem(problem)) = check_event(page.app.db.read(), &ground, &actor, &event).await {
            problems.extend(problem.fields.into_iter().filter(|one| one.field != "series.rrule"));
        }
        let wrong = Wrong::of(&problems, &rows, page.lang);
        return show(&page, &actor, &tree, None, typed, Again::Wrong(wrong)).await;
    }
    let tx = page.app.db.begin().await?;
    let template = template::of_form(&tx, &tree, &actor, &typed.template).await?;
    match create(&tx, &ground, &actor, event, now).await {
        Ok(made) => {
            let id = made.whole().event.id;
            if let (Made::New(_), Some(template)) = (&made, &template) {
                put_checklist(&tx, id, &template.checklist).await?;
            }
            tx.commit().await?;
            Ok(Redirect::to(&format!("/events/{id}?done=created")).into_response())
        }
        Err(Error::Problem(problem)) if matches!(problem.code, Code::Invalid | Code::KeyTaken) => {
            tx.rollback().await?;
            let wrong = Wrong::of(&problem.fields, &rows, page.lang);
            show(&page, &actor, &tree, None, typed, Again::Wrong(wrong)).await
        }
        Err(error) => Err(error),
    }
}

/// The sittings that a form may change: not called off, and of no series, which has a page of its own.
fn changeable(whole: &Whole) -> Vec<&session::Model> {
    let can = |session: &&session::Model| session.status != SessionStatus::Cancelled && session.series_id.is_none();
    whole.sessions.iter().filter(can).collect()
}

async fn to_edit(page: &Page, actor: &Actor, id: EventId) -> Result<(Whole, OrgTree)> {
    let db = page.app.db.read();
    let whole = load_whole(db, event_for(db, actor, id).await?).await?;
    let tree = OrgTree::load(db).await?;
    if !tree.is_below(whole.event.host_id, actor.organisation) {
        return Err(Error::new(Code::Forbidden));
    }
    if whole.event.status == EventStatus::Cancelled {
        return Err(Error::new(Code::WrongState));
    }
    Ok((whole, tree))
}

/// `GET /events/{id}/edit`
pub async fn ask_edit(Desk { page, actor, .. }: Desk<ToManage>, Path(id): Path<i64>) -> Result<Response> {
    let (whole, tree) = to_edit(&page, &actor, EventId(id)).await?;
    let mut typed = Typed::of(&whole, &changeable(&whole));
    typed.key = format!("web-{}", uuid::Uuid::new_v4().simple());
    typed.make_room(1);
    show(&page, &actor, &tree, Some(&whole), typed, Again::Fresh).await
}

/// `POST /events/{id}/edit`
pub async fn edit(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(mut typed): Signed<Typed>,
) -> Result<Response> {
    let (whole, tree) = to_edit(&page, &actor, EventId(id)).await?;
    typed.take_choices();
    typed.make_room(1);
    if typed.act != "save" {
        return show(&page, &actor, &tree, Some(&whole), typed, Again::Fresh).await;
    }
    let tx = page.app.db.begin().await?;
    match save(&tx, &page, &actor, EventId(id), &typed).await {
        Ok(()) => {
            match conflict::changed(&tx, &page.app.ground(), &actor, &whole, &typed.why, page.app.now()).await? {
                Changed::Fine => {}
                Changed::InTheWay(subject, found) => {
                    tx.rollback().await?;
                    let notice = conflict::pages::notice(&page, &actor, &subject, &found).await?;
                    let again = Again::InTheWay(notice.unwrap_or_default());
                    return show(&page, &actor, &tree, Some(&whole), typed, again).await;
                }
            }
            tx.commit().await?;
            Ok(Redirect::to(&format!("/events/{id}?done=saved")).into_response())
        }
        Err(Refused { problem, rows }) => {
            tx.rollback().await?;
            match problem {
                Error::Problem(problem) if problem.code == Code::Invalid || problem.code == Code::KeyTaken => {
                    let wrong = Wrong::of(&problem.fields, &rows, page.lang);
                    show(&page, &actor, &tree, Some(&whole), typed, Again::Wrong(wrong)).await
                }
                Error::Problem(problem) if problem.code == Code::ChangedMeanwhile => {
                    let present = Typed::of(&whole, &changeable(&whole));
                    typed.revision.clone_from(&present.revision);
                    show(&page, &actor, &tree, Some(&whole), typed, Again::Changed(Box::new(present))).await
                }
                other => Err(other),
            }
        }
    }
}

/// A refusal, with the row of each sitting that it numbers.
struct Refused {
    problem: Error,
    rows: Vec<usize>,
}

impl From<Error> for Refused {
    fn from(problem: Error) -> Self {
        Self { problem, rows: Vec::new() }
    }
}

/// Changes the event, then its sittings, then adds the new ones: all or nothing, and told in one message a UID.
async fn save(
    tx: &impl sea_orm::ConnectionTrait,
    page: &Page,
    actor: &Actor,
    id: EventId,
    typed: &Typed,
) -> Result<(), Refused> {
    let now = page.app.now();
    let expected: i64 = typed.revision.parse().map_err(|_| Error::new(Code::Malformed))?;
    let ground = page.app.ground();
    let so_far = written_so_far(tx).await.map_err(Error::from)?;
    let whole = change_event(tx, &ground, actor, id, typed.change(), Some(expected), now).await?;
    for (session, change, row) in typed.changed_sessions(&changeable(&whole)) {
        let changed = change_session(tx, actor, SessionId(session), change, None, now).await;
        changed.map_err(|problem| Refused { problem: numbered(problem), rows: vec![row] })?;
    }
    let (new, rows) = typed.new_sessions();
    if !new.is_empty() {
        add_sessions(tx, actor, id, &new, now).await.map_err(|problem| Refused { problem, rows })?;
    }
    Ok(join(tx, id, so_far).await?)
}

/// Names the fields of one sitting as those of the first of a list.
fn numbered(error: Error) -> Error {
    match error {
        Error::Problem(mut problem) => {
            for field in &mut problem.fields {
                *field = FieldProblem { field: format!("sessions[0].{}", field.field), ..field.clone() };
            }
            Error::Problem(problem)
        }
        other => other,
    }
}

async fn show(
    page: &Page,
    actor: &Actor,
    tree: &OrgTree,
    whole: Option<&Whole>,
    mut typed: Typed,
    again: Again,
) -> Result<Response> {
    let now = page.app.now();
    let mut conflicts = None;
    typed.set_repeat_defaults();
    let (status, wrong, meanwhile) = match again {
        Again::Fresh => (StatusCode::OK, Wrong::default(), None),
        Again::Wrong(wrong) => (StatusCode::UNPROCESSABLE_ENTITY, wrong, None),
        Again::InTheWay(notice) => {
            conflicts = Some(notice);
            (StatusCode::CONFLICT, Wrong::default(), None)
        }
        Again::Changed(present) => {
            (StatusCode::PRECONDITION_FAILED, Wrong::default(), Some(differences(page, tree, &typed, &present)))
        }
    };
    let kinds = kind_choices(&page.app.kinds, &typed.kind, page.lang);
    let today = page.app.config.zone().day(now);
    let chosen = |code: &String| *code == typed.org_code || typed.co_host_codes.contains(code);
    let orgs: Vec<_> = tree
        .iter()
        .filter(|org| org.active_to.is_none_or(|last| last >= today) || chosen(&org.code))
        .map(|org| context! { code => org.code.as_str(), name => org.name.as_str(), own => tree.is_below(org.id, actor.organisation) })
        .collect();
    let summary: Vec<_> =
        wrong.0.iter().map(|(field, text)| context! { id => field, label => label(page, field), text }).collect();
    let context = context! {
        event => whole.map(|whole| context! {
            id => whole.event.id.0, title => whole.event.title.as_str(), status => whole.event.status.as_str(),
            series => whole.series.as_ref().map(|series| series.words(page.lang)),
        }),
        kinds => Serde(kinds), orgs,
        groups => groups(page).await?,
        places => place::offered(page.app.db.read(), actor).await?,
        topics => content::known_topics(page.app.db.read(), actor.organisation).await?,
        rows => Serde(typed.rows()),
        reach => reach(page, actor, tree, whole, &typed, now).await?,
        kept => whole.map(|whole| called_off(page, whole, now)).unwrap_or_default(),
        dates => if typed.act == "look" && typed.recurs() { dates(page, &typed, now).await? } else { None },
        reminders => reminders(page, &typed),
        wrong => Serde(wrong.0), summary, meanwhile, conflicts,
        form => Serde(typed),
    };
    page.render_as(status, "scheduling/form/form.html", "events", context).await
}

/// What a field is called in the summary.
fn label(page: &Page, field: &str) -> String {
    let key = match field {
        "kind" => "page-kind",
        "title" => "page-title",
        "org_code" => "page-host",
        "co_host_codes" => "page-co-hosts",
        "location" => "page-place",
        "audience" => "page-audience",
        "topics" => "page-topics",
        "form" => "page-form",
        "also_kinds" => "page-also-kinds",
        "contact" => "series-contact",
        "capacity" => "series-capacity",
        "time_zone" => "series-zone",
        "reminders" => "series-reminders",
        "after" => "after-mails",
        "r_off" => "series-off",
        "r_count" | "r_until" | "r_every" | "r_repeat" => "series-repeat",
        _ => "page-time",
    };
    page.lang.text(key)
}

/// The dates that the series as typed comes to; None where it cannot be read.
async fn dates(page: &Page, typed: &Typed, now: DateTime<Utc>) -> Result<Option<Value>> {
    let zone = Zone::parse(typed.time_zone.trim()).unwrap_or(page.app.config.zone());
    match series::look(page.app.db.read(), &typed.new_series(), zone).await {
        Ok((pattern, laid)) => Ok(Some(laid_view(page, &pattern, &laid, now))),
        Err(Error::Problem(problem)) => {
            Ok(Some(context! { problem => problem.fields.first().map(|one| one.text(page.lang)) }))
        }
        Err(error) => Err(error),
    }
}

/// The reminders to choose from.
fn reminders(page: &Page, typed: &Typed) -> Vec<Value> {
    let one = |text: String| {
        context! {
            chosen => typed.reminders.contains(&text), label => format::before(page.lang, &text), value => text,
        }
    };
    typed.reminder_choices().into_iter().map(one).collect()
}

/// The labels that memberships bear, to choose from.
async fn groups(page: &Page) -> Result<Vec<String>> {
    let names = membership_group::Entity::find()
        .select_only()
        .column(membership_group::Column::Name)
        .distinct()
        .order_by_asc(membership_group::Column::Name)
        .into_tuple()
        .all(page.app.db.read())
        .await?;
    Ok(names)
}

/// Whom the audience as typed would invite on the first day typed; None where it cannot be read.
async fn reach(
    page: &Page,
    actor: &Actor,
    tree: &OrgTree,
    whole: Option<&Whole>,
    typed: &Typed,
    now: DateTime<Utc>,
) -> Result<Option<Value>> {
    let today = page.app.config.zone().day(now);
    let lines = typed.audience_lines();
    let asked = reach::Typed {
        lines: &lines,
        hosts: std::iter::once(&typed.org_code).chain(&typed.co_host_codes).map(String::as_str).collect(),
        seen_by: actor.organisation,
        find: &typed.find,
        event: whole.map(|whole| &whole.event),
        day: typed.rows().iter().find_map(|row| row.day.parse().ok()).unwrap_or(today),
    };
    reach::typed(page.app.db.read(), tree, page.lang, asked, today).await
}

/// The sittings that the form no longer changes.
fn called_off(page: &Page, whole: &Whole, now: DateTime<Utc>) -> Vec<String> {
    let off = whole.sessions.iter().filter(|one| one.status == SessionStatus::Cancelled && one.series_id.is_none());
    off.map(|session| format::span(page.lang, &sitting::span(session), now)).collect()
}
