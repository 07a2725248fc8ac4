//! What an event consists of besides its time and its people: speakers, materials, agenda and minutes, checklist.
//!
//! Whoever sees an event sees these; whoever may change it may change them, until it is cancelled. None of it tells
//! anybody anything: only time and place do.

mod agenda;
mod agenda_kinds;
pub mod api;
mod checklist;
pub mod editor;
mod file;
mod filled;
mod fingerprint;

mod materials;
pub mod pages;
mod shown;
mod speakers;
mod stored;
mod topics;

pub use agenda::{Agenda, AgendaLine, agenda_of, replace_agenda, starts};
pub use agenda_kinds::follow_agendas;
pub use checklist::{Task, Tick, add_to_checklist, checklist_of, put_checklist, remove_from_checklist, tick};
pub use file::{FileName, disposition};
pub use filled::filled;
pub use materials::{Material, NewFile, NewLink, add_file, add_link, file_of, materials_of, remove_material};
pub use shown::{contents, material};
pub use speakers::{NewSpeaker, Speaker, replace_speakers, speakers_of, spoken_by, with_numbers};
pub use topics::{known_topics, with_topic, with_topic_like};

use entity::event;
use entity::id::{EventId, SessionId};
use entity::session;
use entity::state::EventStatus;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::whole::event_to_manage;
use crate::access::Actor;
use crate::error::{Code, Error, FieldProblem, Result};

/// The event of that id, held until the transaction ends, for somebody who may change what it consists of.
/// `wrong-state` when it is cancelled.
async fn event_to_fill(db: &impl ConnectionTrait, actor: &Actor, id: EventId) -> Result<event::Model> {
    let event = event_to_manage(db, actor, id).await?;
    if event.status == EventStatus::Cancelled { Err(Error::new(Code::WrongState)) } else { Ok(event) }
}

/// The sitting that `text` names, if it is one of the event; an empty text is none.
async fn own_session(
    db: &impl ConnectionTrait,
    event: EventId,
    field: &str,
    text: &str,
    wrong: &mut Vec<FieldProblem>,
) -> Result<Option<SessionId>> {
    if text.is_empty() {
        return Ok(None);
    }
    let id = text.parse().ok().map(SessionId);
    let found = session::Entity::find()
        .filter(session::Column::EventId.eq(event))
        .filter(session::Column::Id.eq(id.unwrap_or(SessionId(0))))
        .one(db)
        .await?;
    if found.is_none() {
        wrong.push(FieldProblem::new(field, "unknown-session"));
    }
    Ok(found.map(|row| row.id))
}
