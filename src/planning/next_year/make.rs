//! Drafts from what somebody took of the proposals: each with its people, place, speakers and checklist, and nobody told.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::id::{EventId, SessionId};
use entity::{checklist_item, event, session, speaker};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::propose::{Laid, Proposed};
use crate::access::{Actor, audit};
use crate::db::insert_all;
use crate::error::{Code, Error, Result};
use crate::locale::Lang;
use crate::planning::words::replace_number;
use crate::scheduling::{Ground, Made, NewEvent, NewSession, Task, Whole, create, put_checklist, session as sitting};

/// A proposal that somebody took, its days as they were reviewed.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    /// The old event.
    pub whole: &'a Whole,
    /// What becomes of it.
    pub proposed: &'a Proposed,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Drafts that are new, beside the old events.
    pub made: Vec<(EventId, EventId)>,
    /// How many were there already.
    pub there: usize,
}

/// A refusal, and the event that it is about.
#[derive(Debug)]
pub struct Refused {
    /// The old event.
    pub event: Option<EventId>,
    /// Why.
    pub problem: Error,
}

impl<E: Into<Error>> From<E> for Refused {
    fn from(problem: E) -> Self {
        Self { event: None, problem: problem.into() }
    }
}

/// The new events of those keys that are there already, by key.
pub async fn present(db: &impl ConnectionTrait, keys: impl Iterator<Item = &str>) -> Result<HashMap<String, EventId>> {
    let found: Vec<(String, EventId)> = event::Entity::find()
        .select_only()
        .columns([event::Column::Key, event::Column::Id])
        .filter(event::Column::Key.is_in(keys))
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.into_iter().collect())
}

/// Makes the drafts, in the caller's transaction. One that is there, changed since or not, stays as it is. `years` are
/// the old and the new one; texts of new checklist items are in `lang`.
pub async fn make(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    actor: &Actor,
    chosen: &[Chosen<'_>],
    (years, lang): ((i32, i32), Lang),
    now: DateTime<Utc>,
) -> Result<Outcome, Refused> {
    let there = present(db, chosen.iter().map(|one| one.proposed.key.as_str())).await?;
    let mut outcome = Outcome::default();
    let ids: Vec<EventId> = chosen.iter().map(|one| one.whole.event.id).collect();
    let Belongings { mut tasks, mut speakers } = Belongings::load(db, &ids).await?;
    for one in chosen {
        let old = one.whole.event.id;
        if there.contains_key(&one.proposed.key) {
            outcome.there += 1;
            continue;
        }
        let made = create(db, ground, actor, new_event(one, years), now).await;
        let whole = match made {
            Ok(Made::New(whole)) => whole,
            Ok(Made::Same(_)) => {
                outcome.there += 1;
                continue;
            }
            // Somebody else made it since the look above, with other days.
            Err(error) if error.code() == Code::KeyTaken => {
                outcome.there += 1;
                continue;
            }
            Err(problem) => return Err(Refused { event: Some(old), problem }),
        };
        complete(db, one, &whole).await?;
        let mut list = added_tasks(one.proposed, lang);
        list.extend(tasks.remove(&old).unwrap_or_default());
        put_checklist(db, whole.event.id, &list).await?;
        copy_speakers(db, one, &whole, speakers.remove(&old).unwrap_or_default()).await?;
        outcome.made.push((old, whole.event.id));
    }
    if !outcome.made.is_empty() {
        let deed = audit::Deed {
            actor: &actor.name,
            action: "planning.next_year",
            subject: format!("year:{}", years.1),
            event_id: None,
            detail: json!({ "from": years.0, "events": outcome.made.len() }),
        };
        audit::record(db, deed, now).await?;
    }
    Ok(outcome)
}

fn new_event(one: &Chosen<'_>, (from, to): (i32, i32)) -> NewEvent {
    let (whole, proposed) = (one.whole, one.proposed);
    let event = &whole.event;
    let rows: HashMap<SessionId, &session::Model> = whole.sessions.iter().map(|row| (row.id, row)).collect();
    let (from, to) = (from.to_string(), to.to_string());
    let pairs = proposed.sittings.iter().filter_map(|laid| Some((laid, *rows.get(&laid.id)?)));
    let sessions = (1..).zip(pairs).map(|(n, (laid, row))| {
        let (starts_at, ends_at) = times(laid, row);
        NewSession {
            key: format!("{}-{n}", proposed.key),
            starts_at,
            ends_at,
            all_day: row.all_day,
            title: row.title.as_ref().map(|title| replace_number(title, &from, &to)),
            location: row.location.clone(),
        }
    });
    NewEvent {
        key: proposed.key.clone(),
        kind: event.kind.clone(),
        title: proposed.title.clone(),
        org_code: whole.host.code.clone(),
        co_host_codes: whole.co_hosts.iter().map(|org| org.code.clone()).collect(),
        location: event.location.clone(),
        topics: whole.topics.clone(),
        also_kinds: whole.also_kinds.clone(),
        form: event.form.clone(),
        audience: whole.audience.clone(),
        required: event.required,
        walk_ins: event.walk_ins,
        reminders: event.reminders.clone().and_then(|list| serde_json::from_value(list).ok()),
        remind_whom: Some(event.remind_whom),
        after: event.after.clone().and_then(|list| serde_json::from_value(list).ok()),
        time_zone: Some(event.time_zone.clone()),
        sessions: sessions.collect(),
        series: proposed.series.as_ref().map(|series| series.new.clone()),
        capacity: event.capacity,
        contact: event.contact.clone(),
    }
}

/// Start and end in the new year, by the clock of the old sitting.
fn times(laid: &Laid, row: &session::Model) -> (String, String) {
    if row.all_day {
        return (laid.new.first.to_string(), laid.new.last.to_string());
    }
    let span = sitting::span(row);
    let at = |day: chrono::NaiveDate, moment| {
        day.and_time(span.zone.local(moment).time()).format("%Y-%m-%dT%H:%M:%S%.f").to_string()
    };
    (at(laid.new.first, span.start), at(laid.new.last, span.end))
}

/// What an event has that no form of a new one asks for.
async fn complete(db: &impl ConnectionTrait, one: &Chosen<'_>, whole: &Whole) -> Result<()> {
    let observance = one.proposed.tie.as_ref().map(|tie| tie.key.clone());
    let row = event::ActiveModel { id: Set(whole.event.id), observance: Set(observance), ..Default::default() };
    event::Entity::update(row).exec(db).await?;
    Ok(())
}

/// What is to be looked after because a day is not set yet.
fn added_tasks(proposed: &Proposed, lang: Lang) -> Vec<Task> {
    let mut tasks = Vec::new();
    if let Some(tie) = proposed.tie.as_ref().filter(|tie| !tie.is_set) {
        tasks.push(Task::to_do(lang.text_with("plan-task-observance", [("name", tie.name.text(lang).to_owned())])));
    }
    if proposed.warnings.contains(&super::Warning::NoNotice) {
        tasks.push(Task::to_do(lang.text("plan-task-notice")));
    }
    tasks
}

/// What belongs to old events and goes along.
struct Belongings {
    tasks: HashMap<EventId, Vec<Task>>,
    speakers: HashMap<EventId, Vec<speaker::Model>>,
}

impl Belongings {
    async fn load(db: &impl ConnectionTrait, ids: &[EventId]) -> Result<Self> {
        let rows = checklist_item::Entity::find()
            .filter(checklist_item::Column::EventId.is_in(ids.iter().copied()))
            .order_by_asc(checklist_item::Column::Position)
            .all(db)
            .await?;
        // What was added because a day was not set is added again where it is not set now.
        let own: HashSet<String> =
            Lang::ALL.iter().flat_map(|lang| marks(*lang)).filter(|mark| !mark.is_empty()).collect();
        let mut tasks: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows.into_iter().filter(|row| !own.iter().any(|mark| row.text.starts_with(mark.as_str()))) {
            tasks.entry(row.event_id).or_default().push(Task { kind: row.kind, text: row.text });
        }
        let rows = speaker::Entity::find()
            .filter(speaker::Column::EventId.is_in(ids.iter().copied()))
            .order_by_asc(speaker::Column::Position)
            .all(db)
            .await?;
        let mut speakers: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            speakers.entry(row.event_id).or_default().push(row);
        }
        Ok(Self { tasks, speakers })
    }
}

/// How the tasks that [`added_tasks`] gives begin.
fn marks(lang: Lang) -> [String; 2] {
    let observance = lang.text_with("plan-task-observance", [("name", "\n")]);
    let before = observance.split('\n').next().unwrap_or(&observance).trim_matches(['\u{2068}', '\u{2069}']).to_owned();
    [before, lang.text("plan-task-notice")]
}

async fn copy_speakers(
    db: &impl ConnectionTrait,
    one: &Chosen<'_>,
    whole: &Whole,
    speakers: Vec<speaker::Model>,
) -> Result<()> {
    // The new sittings bear numbers in the order of the old.
    let key = |n: usize| format!("{}-{}", one.proposed.key, n + 1);
    let place = |old: SessionId| one.proposed.sittings.iter().position(|laid| laid.id == old);
    let new = |old: SessionId| {
        let key = key(place(old)?);
        whole.sessions.iter().find(|row| row.key == key).map(|row| row.id)
    };
    let rows = speakers.into_iter().filter_map(|row| {
        let session_id = match row.session_id {
            None => None,
            Some(old) => Some(new(old)?),
        };
        Some(speaker::ActiveModel {
            event_id: Set(whole.event.id),
            session_id: Set(session_id),
            position: Set(row.position),
            person_id: Set(row.person_id),
            name: Set(row.name),
            title: Set(row.title),
            ..Default::default()
        })
    });
    insert_all(db, rows.collect(), None).await?;
    Ok(())
}
