//! What must be known of a session to let people in, read once and kept while its revisions hold.
//!
//! Three counters say whether it still holds: the session's, its event's, and that of all people. A check-in is written
//! only if they are what they were when the door was read (see [`super::batch`]), so that other servers and the command
//! line are seen at once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{OrganisationId, PersonId, SessionId};
use entity::state::{EventStatus, SessionStatus};
use entity::{event, organisation, person, session};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::merge::Arrival;
use super::record::{CheckIn, Guest, Place, Who};
use super::window::{self, Moment};
use crate::access::Actor;
use crate::dates::{Span, Zone};
use crate::error::{Code, Error, Result};
use crate::people::{self, Member, OrgTree};
use crate::scheduling::audience::{Audience, each_invited, hosts};
use crate::scheduling::{Kinds, roster, session as sitting};

/// Ten minutes, for a kind that the site no longer has (contract: check-in rules).
const LATE_AFTER: TimeDelta = TimeDelta::minutes(10);

/// The counters that a door was read at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revisions {
    /// Of the session.
    pub session: i64,
    /// Of its event.
    pub event: i64,
    /// Of all organisations, persons, memberships and groups.
    pub people: i64,
}

/// One session's door.
#[derive(Debug)]
pub struct Door {
    /// What it was read at.
    pub revisions: Revisions,
    /// Of which session.
    pub session: session::Model,
    /// Of which event.
    pub event: event::Model,
    /// When it is.
    pub span: Span,
    late_after: TimeDelta,
    seen_from: HashSet<OrganisationId>,
    guests: Vec<Guest>,
    by_number: HashMap<Arc<str>, u32>,
    by_id: HashMap<PersonId, u32>,
    codes: HashMap<OrganisationId, Arc<str>>,
}

/// What a door says to a check-in, given who comes.
#[derive(Debug)]
pub enum Found {
    /// The guest of that index.
    Guest(u32),
    /// Nobody that the door knows; whether there is such a person must be asked of the database.
    Stranger,
}

/// Reads a session with its event; None when there is no such session.
pub async fn load_pair(db: &impl ConnectionTrait, id: SessionId) -> Result<Option<(session::Model, event::Model)>> {
    let found = session::Entity::find_by_id(id).find_also_related(event::Entity).one(db).await?;
    Ok(found.and_then(|(session, event)| Some((session, event?))))
}

/// Fixes the roster if the session has begun and nobody has done so yet; gives the session as it then stands.
pub async fn freeze_if_begun(
    db: &impl ConnectionTrait,
    event: &event::Model,
    session: session::Model,
    now: DateTime<Utc>,
) -> Result<session::Model> {
    let begun = session.starts_at <= now || session.status == SessionStatus::Held;
    let stands = event.status == EventStatus::Scheduled && session.status != SessionStatus::Cancelled;
    if session.roster_frozen_at.is_some() || !begun || !stands {
        return Ok(session);
    }
    roster::freeze(db, event, &session, now).await?;
    let again = session::Entity::find_by_id(session.id).one(db).await?;
    again.ok_or_else(|| Error::internal("a session vanished while its roster was fixed"))
}

impl Door {
    /// Reads the door of a session, in a transaction: fixes the roster first if the session has begun. None when there
    /// is no such session.
    pub async fn load(
        db: &DatabaseTransaction,
        kinds: &Kinds,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>> {
        // Before everything else: what changes while the rest is read then makes the door stale, never the reverse.
        let people = crate::db::revision(db, people::REVISION).await?;
        let Some((session, event)) = load_pair(db, id).await? else { return Ok(None) };
        let session = freeze_if_begun(db, &event, session, now).await?;
        let tree = OrgTree::load(db).await?;
        let seen_from = hosts(db, &event).await?.into_iter().flat_map(|org| tree.upwards(org)).collect();
        let mut door = Self {
            revisions: Revisions { session: session.revision, event: event.revision, people },
            span: sitting::span(&session),
            late_after: kinds.get(&event.kind).map_or(LATE_AFTER, super::super::scheduling::Kind::late_after),
            seen_from,
            session,
            event,
            guests: Vec::new(),
            by_number: HashMap::new(),
            by_id: HashMap::new(),
            codes: HashMap::new(),
        };
        door.read_guests(db, &tree).await?;
        Ok(Some(door))
    }

    async fn read_guests(&mut self, db: &DatabaseTransaction, tree: &OrgTree) -> Result<()> {
        if self.event.required && self.session.roster_frozen_at.is_some() {
            for (entry, staff_no) in super::roll::frozen(db, self.session.id).await? {
                let org = entry.organisation_id;
                let org_code = Some(self.code(tree, org));
                self.add(Guest {
                    person_id: entry.person_id,
                    staff_no: staff_no.into(),
                    name: entry.name.into(),
                    organisation_id: Some(org),
                    org_code,
                    place: Place::Roster,
                });
            }
            return Ok(());
        }
        let place = if self.event.required { Place::Roster } else { Place::Invited };
        let (audience, day) = (Audience::load(db, &self.event).await?, self.session.day);
        each_invited(db, &audience, day, |member| {
            let org_code = Some(self.code(tree, member.organisation_id));
            self.add(guest(member, org_code, place));
        })
        .await?;
        Ok(())
    }

    /// An organisation's code, kept once.
    fn code(&mut self, tree: &OrgTree, org: OrganisationId) -> Arc<str> {
        self.codes.entry(org).or_insert_with(|| tree.code(org).into()).clone()
    }

    fn add(&mut self, guest: Guest) {
        let Ok(index) = u32::try_from(self.guests.len()) else { return };
        self.by_number.insert(guest.staff_no.clone(), index);
        self.by_id.insert(guest.person_id, index);
        self.guests.push(guest);
    }

    /// The guest of that index.
    #[must_use]
    pub fn guest(&self, index: u32) -> &Guest {
        &self.guests[index as usize]
    }

    /// How many guests are known.
    #[must_use]
    pub fn known(&self) -> usize {
        self.guests.len()
    }

    /// The session as its records name it.
    #[must_use]
    pub fn named(&self) -> (SessionId, &str, Zone) {
        (self.session.id, &self.session.key, self.span.zone)
    }

    /// Whether the roster must be fixed before anybody is let in.
    #[must_use]
    pub fn must_freeze(&self, now: DateTime<Utc>) -> bool {
        self.session.roster_frozen_at.is_none()
            && (self.session.starts_at <= now || self.session.status == SessionStatus::Held)
    }

    /// Refuses who may not see the session: `not-found`.
    pub fn show_to(&self, actor: &Actor) -> Result<()> {
        if self.seen_from.contains(&actor.organisation) { Ok(()) } else { Err(Error::new(Code::NotFound)) }
    }

    /// Finds whom a check-in names among those the door knows. `invalid` when number and id name two people.
    pub fn find(&self, who: &Who) -> Result<Found> {
        let (number, id) = match who {
            Who::StaffNo(number) => (self.by_number.get(number.as_str()), None),
            Who::Person(id) => (None, self.by_id.get(id)),
            Who::Both(number, id) => (self.by_number.get(number.as_str()), self.by_id.get(id)),
        };
        match (who, number, id) {
            (Who::Both(..), Some(number), Some(id)) if number == id => Ok(Found::Guest(*number)),
            (Who::Both(..), Some(_), Some(_)) => Err(disagree()),
            (Who::StaffNo(_), Some(index), _) | (Who::Person(_), _, Some(index)) => Ok(Found::Guest(*index)),
            _ => Ok(Found::Stranger),
        }
    }

    /// What a check-in of `guest` says, or why it is refused.
    pub fn judge(&self, guest: &Guest, check_in: &CheckIn, now: DateTime<Utc>) -> Result<Arrival> {
        match (self.event.status, self.session.status) {
            (EventStatus::Draft, _) => return Err(Error::new(Code::NotPublished)),
            (EventStatus::Cancelled, _) | (_, SessionStatus::Cancelled) => return Err(Error::new(Code::Cancelled)),
            (EventStatus::Scheduled, SessionStatus::Scheduled | SessionStatus::Held) => {}
        }
        let at = window::arrival(check_in.at, now).map_err(|_| Error::field("at", "at-in-future"))?;
        let status = match window::judge(&self.span, self.late_after, at) {
            Moment::Early => return Err(Error::new(Code::TooEarly)),
            Moment::Closed => return Err(Error::new(Code::Closed)),
            Moment::Open(status) => status,
        };
        if guest.place == Place::Other && !self.event.walk_ins {
            return Err(Error::new(Code::NotInvited));
        }
        Ok(Arrival { at, status, method: check_in.method.clone() })
    }

    /// Asks the database for people that the door does not know, and keeps those that there are: they are neither on
    /// the roster nor invited.
    pub async fn meet(&mut self, db: &impl ConnectionTrait, strangers: &[&Who]) -> Result<()> {
        let mut which = Condition::any();
        for who in strangers {
            which = match who {
                Who::StaffNo(number) => which.add(person::Column::StaffNo.eq(number.as_str())),
                Who::Person(id) => which.add(person::Column::Id.eq(*id)),
                Who::Both(number, id) => {
                    which.add(person::Column::StaffNo.eq(number.as_str())).add(person::Column::Id.eq(*id))
                }
            };
        }
        let mut people = person::Entity::find().filter(which).all(db).await?;
        let merged = merged(db, strangers).await?;
        people.extend(merged.iter().map(|(_, row)| row.clone()));
        let ids: Vec<_> = people.iter().map(|row| row.id).collect();
        let members = people::members_on(db, self.session.day, person::Column::Id.is_in(ids).into()).await?;
        let placed: HashMap<_, _> = members.iter().map(|m| (m.person_id, m.organisation_id)).collect();
        let codes: HashMap<_, _> = organisation::Entity::find()
            .filter(organisation::Column::Id.is_in(placed.values().copied()))
            .all(db)
            .await?
            .into_iter()
            .map(|row| (row.id, row.code))
            .collect();
        for row in people {
            if self.by_id.contains_key(&row.id) {
                continue;
            }
            let organisation_id = placed.get(&row.id).copied();
            self.add(Guest {
                person_id: row.id,
                staff_no: row.staff_no.into(),
                name: row.name.into(),
                organisation_id,
                org_code: organisation_id.and_then(|id| codes.get(&id)).map(|code| code.as_str().into()),
                place: Place::Other,
            });
        }
        for (number, row) in merged {
            if let Some(&index) = self.by_id.get(&row.id) {
                self.by_number.insert(number.into(), index);
            }
        }
        Ok(())
    }
}

/// The people into whom the numbers of `strangers` were merged, by those numbers.
async fn merged(db: &impl ConnectionTrait, strangers: &[&Who]) -> Result<Vec<(String, person::Model)>> {
    let numbers = strangers.iter().filter_map(|who| match who {
        Who::StaffNo(number) | Who::Both(number, _) => Some(number.as_str()),
        Who::Person(_) => None,
    });
    let found = people::by_numbers(db, numbers).await?;
    Ok(found.into_iter().filter(|(number, row)| *number != row.staff_no).collect())
}

/// Number and id that name two people.
fn disagree() -> Error {
    Error::field("person_id", "two-people")
}

fn guest(member: Member, org_code: Option<Arc<str>>, place: Place) -> Guest {
    Guest {
        person_id: member.person_id,
        staff_no: member.staff_no.into(),
        name: member.name.into(),
        organisation_id: Some(member.organisation_id),
        org_code,
        place,
    }
}
