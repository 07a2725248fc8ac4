//! Whose notes an actor sees, and whose attendance it may set: a joint event has people of several bodies.
//!
//! A note may say why somebody was away. It is seen by the person's own organisation and what is above it; the host of
//! an event that others' people attend sees their counts, not their notes.

use entity::id::OrganisationId;
use entity::{attendance, event, person, roster_entry, session};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::history::Story;
use super::{Record, RollRow};
use crate::access::Actor;
use crate::error::{Code, Error, Result};
use crate::people::{OrgTree, member_on};

/// What an actor sees of the people of an event.
#[derive(Clone, Copy, Debug)]
pub struct Eyes<'a> {
    tree: &'a OrgTree,
    organisation: OrganisationId,
    of_host: bool,
}

impl<'a> Eyes<'a> {
    /// The eyes of `actor` on `event`.
    #[must_use]
    pub fn new(tree: &'a OrgTree, actor: &Actor, event: &event::Model) -> Self {
        let of_host = tree.is_below(event.host_id, actor.organisation);
        Self { tree, organisation: actor.organisation, of_host }
    }

    /// Whether a person under `organisation` on the session's day is one of its own; who was under nobody is the host's.
    #[must_use]
    pub fn own(&self, organisation: Option<OrganisationId>) -> bool {
        organisation.map_or(self.of_host, |organisation| self.tree.is_below(organisation, self.organisation))
    }

    /// Takes the notes of others' people out of a roll.
    pub fn cover(&self, rows: &mut [RollRow]) {
        for row in rows.iter_mut().filter(|row| !self.own(row.organisation_id)) {
            row.note = None;
        }
    }

    /// Takes the notes of others' people out of histories.
    pub fn cover_stories(&self, stories: &mut [Story]) {
        for story in stories.iter_mut().filter(|story| !self.own(story.guest.organisation_id)) {
            story.forget_notes();
        }
    }

    /// Takes the note of others' people out of a record.
    pub fn cover_record(&self, record: &mut Record) {
        let under = record.org_code.as_deref().and_then(|code| self.tree.by_code(code)).map(|org| org.id);
        if !self.own(under) {
            record.note = None;
        }
    }
}

/// What an actor means to write of one person: refused of others' people unless it is of the host (`forbidden`). A note
/// that the actor does not see stays, unless it writes one. Unknown people are left to who writes.
pub async fn own_word(
    db: &impl ConnectionTrait,
    eyes: Eyes<'_>,
    session: &session::Model,
    staff_no: &str,
    note: Option<String>,
) -> Result<Option<String>> {
    let found = person::Entity::find().filter(person::Column::StaffNo.eq(staff_no)).one(db).await?;
    let Some(person) = found else { return Ok(note) };
    let entry = roster_entry::Entity::find_by_id((session.id, person.id)).one(db).await?;
    let under = match entry {
        Some(entry) => Some(entry.organisation_id),
        None => member_on(db, session.day, person.id).await?.map(|member| member.organisation_id),
    };
    if eyes.own(under) {
        return Ok(note);
    }
    if !eyes.of_host {
        return Err(Error::new(Code::Forbidden));
    }
    if note.as_ref().is_some_and(|note| !note.trim().is_empty()) {
        return Ok(note);
    }
    let row = attendance::Entity::find()
        .filter(attendance::Column::SessionId.eq(session.id))
        .filter(attendance::Column::PersonId.eq(person.id))
        .one(db)
        .await?;
    Ok(row.and_then(|row| row.note))
}
