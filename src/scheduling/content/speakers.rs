//! Who speaks at an event: staff by their number, or anybody by name.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::id::{EventId, PersonId, SessionId};
use entity::{event, person, session, speaker};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event_to_fill;
use crate::access::{Actor, audit};
use crate::db::insert_all;
use crate::error::{Error, FieldProblem, Result};
use crate::scheduling::change::demand_revision;
use crate::scheduling::publish::{touch_event, touch_sessions};
use crate::scheduling::{Whole, load_whole, wording};

/// Speakers of one event.
const MOST: usize = 50;

/// A speaker with the staff number of one who is of the staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// The row.
    pub row: speaker::Model,
    /// Of one of the staff.
    pub staff_no: Option<String>,
}

/// A speaker as somebody writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewSpeaker {
    /// Of one of the staff; then the name may be left out.
    pub staff_no: Option<String>,
    /// As shown.
    pub name: String,
    /// Post and body; may be empty.
    pub title: String,
    /// The one session in which they speak; left out or null: all.
    pub session_id: Option<String>,
}

impl From<&Speaker> for NewSpeaker {
    fn from(speaker: &Speaker) -> Self {
        Self {
            staff_no: speaker.staff_no.clone(),
            name: speaker.row.name.clone(),
            title: speaker.row.title.clone(),
            session_id: speaker.row.session_id.map(|id| id.to_string()),
        }
    }
}

/// The speakers of these events, by event and in their order there. A speaker without a session speaks in all.
pub async fn speakers_of(
    db: &impl ConnectionTrait,
    events: impl IntoIterator<Item = EventId>,
) -> Result<Vec<speaker::Model>, DbErr> {
    speaker::Entity::find()
        .filter(speaker::Column::EventId.is_in(events))
        .order_by_asc(speaker::Column::EventId)
        .order_by_asc(speaker::Column::Position)
        .order_by_asc(speaker::Column::Id)
        .all(db)
        .await
}

/// The same rows with the staff numbers of those who have one; one query more.
pub async fn with_numbers(db: &impl ConnectionTrait, rows: Vec<speaker::Model>) -> Result<Vec<Speaker>, DbErr> {
    let ids: HashSet<PersonId> = rows.iter().filter_map(|row| row.person_id).collect();
    let mut numbers = HashMap::new();
    if !ids.is_empty() {
        let found: Vec<(PersonId, String)> = person::Entity::find()
            .select_only()
            .columns([person::Column::Id, person::Column::StaffNo])
            .filter(person::Column::Id.is_in(ids))
            .into_tuple()
            .all(db)
            .await?;
        numbers.extend(found);
    }
    let speaker =
        |row: speaker::Model| Speaker { staff_no: row.person_id.and_then(|id| numbers.get(&id).cloned()), row };
    Ok(rows.into_iter().map(speaker).collect())
}

/// How the speakers of one sitting are named to those invited: each with post and body in brackets, if given.
#[must_use]
pub fn spoken_by<'a>(
    speakers: impl IntoIterator<Item = &'a speaker::Model>,
    event: EventId,
    session: SessionId,
) -> Vec<String> {
    let here = |row: &&speaker::Model| row.event_id == event && row.session_id.is_none_or(|id| id == session);
    let named = |row: &speaker::Model| {
        if row.title.is_empty() { row.name.clone() } else { format!("{}（{}）", row.name, row.title) }
    };
    speakers.into_iter().filter(here).map(named).collect()
}

/// Replaces an event's speakers, in the caller's transaction. `expected` is the event's revision that the caller saw.
/// Calendars show the new ones; nobody is mailed.
pub async fn replace_speakers(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    list: &[NewSpeaker],
    expected: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Whole> {
    let event = event_to_fill(db, actor, id).await?;
    demand_revision(expected, event.revision)?;
    let rows = understand(db, &event, list).await?;
    let before = speakers_of(db, [id]).await?;
    if before.len() == rows.len() && before.iter().zip(&rows).all(|(old, new)| same(old, new)) {
        return load_whole(db, event).await;
    }
    speaker::Entity::delete_many().filter(speaker::Column::EventId.eq(id)).exec(db).await?;
    let count = rows.len();
    insert_all(db, rows.into_iter().map(|row| active(&row)).collect(), None).await?;
    let event = touch_event(db, id, now).await?;
    touch_sessions(db, id, now).await?;
    let deed = audit::Deed {
        actor: &actor.name,
        action: "event.speakers",
        subject: format!("event:{id}"),
        event_id: Some(id),
        detail: serde_json::json!({ "speakers": count }),
    };
    audit::record(db, deed, now).await?;
    load_whole(db, event).await
}

fn same(old: &speaker::Model, new: &speaker::Model) -> bool {
    speaker::Model { id: new.id, position: new.position, ..old.clone() } == *new
}

fn active(row: &speaker::Model) -> speaker::ActiveModel {
    speaker::ActiveModel {
        event_id: Set(row.event_id),
        session_id: Set(row.session_id),
        position: Set(row.position),
        person_id: Set(row.person_id),
        name: Set(row.name.clone()),
        title: Set(row.title.clone()),
        ..Default::default()
    }
}

/// The rows that a list means, or all that is wrong with it. Lines without number and name are left out.
async fn understand(
    db: &impl ConnectionTrait,
    event: &event::Model,
    list: &[NewSpeaker],
) -> Result<Vec<speaker::Model>> {
    if list.len() > MOST {
        return Err(Error::invalid(vec![FieldProblem::new("speakers", "too-many").with("limit", MOST)]));
    }
    let numbers = list.iter().filter_map(|one| one.staff_no.as_deref()).filter(|number| !number.contains('\0'));
    let staff = person::Entity::find().filter(person::Column::StaffNo.is_in(numbers)).all(db).await?;
    let sessions: HashSet<SessionId> = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::EventId.eq(event.id))
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for (i, one) in list.iter().enumerate() {
        let at = |name: &str| format!("speakers[{i}].{name}");
        let number = one.staff_no.as_deref().map(str::trim).filter(|number| !number.is_empty());
        let person = number.and_then(|number| staff.iter().find(|row| row.staff_no == number));
        if let (Some(number), None) = (number, person) {
            let unknown = FieldProblem::new(at("staff_no"), "unknown-staff").with("value", wording::short(number));
            wrong.push(unknown);
        }
        let title = wording::line(&at("title"), &one.title, 200, &mut wrong);
        let name = match person {
            Some(person) if one.name.trim().is_empty() => person.name.clone(),
            _ if one.name.trim().is_empty() && number.is_some() => String::new(),
            _ => wording::needed(&at("name"), &one.name, 100, &mut wrong),
        };
        let session_id = one.session_id.as_deref().filter(|text| !text.is_empty());
        let session_id = session_id.map(|text| text.parse().map_or(SessionId(0), SessionId));
        if session_id.is_some_and(|id| !sessions.contains(&id)) {
            wrong.push(FieldProblem::new(at("session_id"), "unknown-session"));
        }
        rows.push(speaker::Model {
            id: entity::id::SpeakerId(0),
            event_id: event.id,
            session_id,
            position: i32::try_from(i).unwrap_or(0),
            person_id: person.map(|row| row.id),
            name,
            title,
        });
    }
    if wrong.is_empty() { Ok(rows) } else { Err(Error::invalid(wrong)) }
}
