//! What rows may refer to: everything of the database that has a key, read once, and kept up to date while files are
//! taken in. One query a table instead of one a row.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::id::{EventId, OrganisationId, PersonId};
use entity::{event, membership, person, person_alias, session};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

use super::Reason;
use super::columns::File;
use super::sheet::RowReader;
use crate::people::OrgTree;

/// Whose rows may be brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// All: the command line.
    Everything,
    /// What belongs to an organisation or to one below it.
    Organisation(OrganisationId),
}

/// Everything with a key.
pub struct Known {
    /// Organisations.
    pub orgs: OrgTree,
    /// Persons by staff number.
    pub persons: HashMap<String, person::Model>,
    /// Memberships, by person.
    pub memberships: HashMap<PersonId, Vec<membership::Model>>,
    /// Events by key.
    pub events: HashMap<String, event::Model>,
    /// Sessions by key.
    pub sessions: HashMap<String, session::Model>,
    /// Keys of events by id.
    pub event_keys: HashMap<EventId, String>,
    merged: HashMap<String, PersonId>,
    bad: HashSet<(File, String)>,
    within: Within,
}

impl Known {
    /// Reads it.
    pub async fn load(db: &impl ConnectionTrait, within: Within) -> Result<Self, DbErr> {
        let mut memberships: HashMap<_, Vec<_>> = HashMap::new();
        for row in membership::Entity::find().all(db).await? {
            memberships.entry(row.person_id).or_default().push(row);
        }
        let mut known = Self {
            orgs: OrgTree::load(db).await?,
            persons: person::Entity::find().all(db).await?.into_iter().map(|row| (row.staff_no.clone(), row)).collect(),
            memberships,
            events: HashMap::new(),
            sessions: HashMap::new(),
            event_keys: HashMap::new(),
            merged: person_alias::Entity::find()
                .all(db)
                .await?
                .into_iter()
                .map(|row| (row.staff_no, row.person_id))
                .collect(),
            bad: HashSet::new(),
            within,
        };
        for row in event::Entity::find().all(db).await? {
            known.put_event(row);
        }
        known.reload_sessions(db).await?;
        Ok(known)
    }

    /// Reads the sessions again, after something else changed them.
    pub async fn reload_sessions(&mut self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        let rows = session::Entity::find().all(db).await?;
        self.sessions = rows.into_iter().map(|row| (row.key.clone(), row)).collect();
        Ok(())
    }

    /// Takes in an event as it now stands.
    pub fn put_event(&mut self, row: event::Model) {
        self.event_keys.insert(row.id, row.key.clone());
        self.events.insert(row.key.clone(), row);
    }

    /// The event of a session.
    #[must_use]
    pub fn event_of(&self, session: &session::Model) -> Option<&event::Model> {
        self.event_keys.get(&session.event_id).and_then(|key| self.events.get(key))
    }

    /// Remembers that a row is bad, so that rows which refer to it say so.
    pub fn mark_bad(&mut self, file: File, key: &str) {
        self.bad.insert((file, key.to_owned()));
    }

    fn missing(&self, file: File, key: &str, unknown: Reason) -> Reason {
        if self.bad.contains(&(file, key.to_owned())) { Reason::RefersToBad } else { unknown }
    }

    /// Whether an organisation's rows may be brought.
    #[must_use]
    pub fn is_ours(&self, organisation: OrganisationId) -> bool {
        match self.within {
            Within::Everything => true,
            Within::Organisation(top) => self.orgs.is_below(organisation, top),
        }
    }

    /// Whether it is the organisation that the rows must belong to or lie below.
    #[must_use]
    pub fn is_top(&self, organisation: OrganisationId) -> bool {
        self.within == Within::Organisation(organisation)
    }

    /// Whether everything may be brought, what stands in no organisation included.
    #[must_use]
    pub fn is_all_ours(&self) -> bool {
        self.within == Within::Everything
    }

    /// The organisation of a code, seen by who brings the rows.
    pub fn org(&self, code: &str) -> Result<OrganisationId, Reason> {
        self.orgs.by_code(code).map(|row| row.id).ok_or_else(|| self.missing(File::Orgs, code, Reason::UnknownOrg))
    }

    /// The same for an organisation whose row this is.
    pub fn own_org(&self, code: &str) -> Result<OrganisationId, Reason> {
        self.org(code).and_then(|id| if self.is_ours(id) { Ok(id) } else { Err(Reason::NotYours) })
    }

    /// Whether a number was merged into another person.
    #[must_use]
    pub fn is_merged(&self, staff_no: &str) -> bool {
        self.merged.contains_key(staff_no)
    }

    /// The person of a number, or of the one that it was merged into.
    pub fn person(&self, staff_no: &str) -> Result<PersonId, Reason> {
        self.persons
            .get(staff_no)
            .map(|row| row.id)
            .or_else(|| self.merged.get(staff_no).copied())
            .ok_or_else(|| self.missing(File::People, staff_no, Reason::UnknownPerson))
    }

    /// The event of a key whose rows may be brought; one of others is as unknown as none.
    pub fn event(&self, key: &str) -> Result<&event::Model, Reason> {
        match self.events.get(key) {
            Some(event) if self.is_ours(event.host_id) => Ok(event),
            _ => Err(self.missing(File::Events, key, Reason::UnknownEvent)),
        }
    }

    /// The session of a key, with its event; one of others is as unknown as none.
    pub fn session(&self, key: &str) -> Result<(&session::Model, &event::Model), Reason> {
        self.sessions
            .get(key)
            .and_then(|session| Some((session, self.event_of(session)?)))
            .filter(|(_, event)| self.is_ours(event.host_id))
            .ok_or_else(|| self.missing(File::Sessions, key, Reason::UnknownSession))
    }

    /// Whom a person was under on a day.
    #[must_use]
    pub fn place(&self, person: PersonId, day: NaiveDate) -> Option<OrganisationId> {
        let rows = self.memberships.get(&person)?;
        rows.iter()
            .find(|row| row.active_from <= day && row.active_to.is_none_or(|end| end >= day))
            .map(|row| row.organisation_id)
    }

    /// The membership of a person that begins last.
    #[must_use]
    pub fn latest(&self, person: PersonId) -> Option<&membership::Model> {
        self.memberships.get(&person)?.iter().max_by_key(|row| row.active_from)
    }
}

/// The event that a row names by `event_key`.
pub fn event_of(known: &Known, row: &mut RowReader<'_>) -> Option<event::Model> {
    row.parsed("event_key", |key| known.event(key).cloned())
}

/// The person that a row names by `staff_no`.
pub fn person_of(known: &Known, row: &mut RowReader<'_>) -> Option<PersonId> {
    row.parsed("staff_no", |number| known.person(number))
}
