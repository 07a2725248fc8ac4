//! What is planned for the year's observances, and drafts from them.

pub mod pages;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{EventId, OrganisationId};
use entity::state::{ChecklistKind, EventStatus, SessionStatus};
use entity::{event, session};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::access::Actor;
use crate::dates::{Observance, Workdays};
use crate::error::Result;
use crate::locale::Lang;
use crate::scheduling::{Class, Ground, Made, NewEvent, NewSession, Task, create, hosted_below, put_checklist};

/// An event that is planned for an observance.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its row.
    pub event: event::Model,
    /// Its first sitting of the year, or in the observance's days.
    pub session: session::Model,
}

/// The events of `organisation` and below for each observance of a year, by its key: those that name it, and those of
/// its kind, naming none, with a sitting in its days. One query.
pub async fn planned(
    db: &impl ConnectionTrait,
    organisation: OrganisationId,
    year: i32,
    observances: &[Observance],
) -> Result<HashMap<String, Vec<Planned>>> {
    let kinds = observances.iter().map(|one| one.kind.clone());
    let about = Condition::any().add(event::Column::Observance.is_not_null()).add(event::Column::Kind.is_in(kinds));
    let rows = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(session::Column::Year.eq(year))
        .filter(session::Column::Status.ne(SessionStatus::Cancelled))
        .filter(event::Column::Status.ne(EventStatus::Cancelled))
        .filter(hosted_below(organisation))
        .filter(about)
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(db)
        .await?;
    let mut found: HashMap<String, Vec<Planned>> = HashMap::new();
    for (session, event) in rows.into_iter().filter_map(|(session, event)| Some((session, event?))) {
        for one in observances.iter().filter(|one| belongs(&event, session.day, one)) {
            let list = found.entry(one.key.clone()).or_default();
            if !list.iter().any(|there| there.event.id == event.id) {
                list.push(Planned { event: event.clone(), session: session.clone() });
            }
        }
    }
    Ok(found)
}

fn belongs(event: &event::Model, day: NaiveDate, one: &Observance) -> bool {
    match &event.observance {
        Some(key) => *key == one.key,
        None => event.kind == one.kind && (one.from..=one.to).contains(&day),
    }
}

/// When a draft's sitting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When<'a> {
    /// All of the observance's days.
    Whole,
    /// One day, from one time to another: `09:00`, `11:30`.
    Day {
        /// The day.
        date: &'a str,
        /// From.
        from: &'a str,
        /// To.
        to: &'a str,
    },
}

/// Makes a draft for an observance of a year, with its usual checklist, in the caller's transaction. What is not set
/// yet is said in the checklist. Open to the public where its kind is outreach, else for the host's own people.
pub async fn draft(
    db: &impl ConnectionTrait,
    (ground, workdays): (&Ground<'_>, &Workdays),
    actor: &Actor,
    (one, when): (&Observance, When<'_>),
    (key, org_code, lang): (&str, &str, Lang),
    now: DateTime<Utc>,
) -> Result<EventId> {
    let class = ground.kinds.get(&one.kind).map_or(Class::Outreach, |kind| kind.class);
    let is_public = class == Class::Outreach;
    let year = chrono::Datelike::year(&one.from).to_string();
    let new = NewEvent {
        key: key.to_owned(),
        kind: one.kind.clone(),
        title: lang.text_with("plan-observance-title", [("year", year), ("name", one.name(lang).to_owned())]),
        org_code: org_code.to_owned(),
        audience: vec![if is_public { "public".to_owned() } else { format!("org:{org_code}") }],
        required: !is_public,
        walk_ins: true,
        sessions: vec![session_of(key, one, when)],
        ..NewEvent::default()
    };
    let made = create(db, ground, actor, new, now).await?;
    let id = made.whole().event.id;
    if matches!(made, Made::New(_)) {
        let row = event::ActiveModel { id: Set(id), observance: Set(Some(one.key.clone())), ..Default::default() };
        event::Entity::update(row).exec(db).await?;
        put_checklist(db, id, &tasks(one, workdays, lang)).await?;
    }
    Ok(id)
}

fn session_of(key: &str, one: &Observance, when: When<'_>) -> NewSession {
    let (starts_at, ends_at, all_day) = match when {
        When::Whole => (one.from.to_string(), one.to.to_string(), true),
        When::Day { date, from, to } => (format!("{date}T{from}"), format!("{date}T{to}"), false),
    };
    NewSession { key: format!("{key}-1"), starts_at, ends_at, all_day, title: None, location: None }
}

/// What is to be confirmed, then what is usually to be done and taken along.
fn tasks(one: &Observance, workdays: &Workdays, lang: Lang) -> Vec<Task> {
    let mut tasks = Vec::new();
    if !one.is_set() {
        tasks.push(Task::to_do(lang.text_with("plan-task-observance", [("name", one.name(lang).to_owned())])));
    }
    if !workdays.is_known(chrono::Datelike::year(&one.from)) {
        tasks.push(Task::to_do(lang.text("plan-task-notice")));
    }
    tasks.extend(one.tasks.iter().map(|words| Task::to_do(words.text(lang))));
    tasks.extend(
        one.take_along.iter().map(|words| Task { kind: ChecklistKind::Take, text: words.text(lang).to_owned() }),
    );
    tasks
}
