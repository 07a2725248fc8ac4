//! Whom a session's mails go to, page by page.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::id::{PersonId, RegistrationId, SessionId};
use entity::state::{AttendanceStatus, RegistrationStatus};
use entity::{attendance, person, registration, roster_entry};
use sea_orm::sea_query::{Condition, Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};

use super::run::{PART, Seen};
use super::standing::Standing;
use crate::scheduling::audience::{Audience, invited_after, invited_among};

/// Which people of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Those whom its audience names.
    Invited,
    /// Those who put their names down and are not invited anyway.
    Registered,
    /// Those on its roster.
    Roster,
    /// Those who came.
    Came,
    /// Those whom its audience names, and those who came.
    InvitedOrCame,
    /// Those of the public who put their names down.
    Public,
}

impl Whom {
    /// What a run of these bears beside what is said.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Invited | Self::Roster | Self::Came | Self::InvitedOrCame => "",
            Self::Registered | Self::Public => " registered",
        }
    }
}

/// Somebody with an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// One of the staff.
    pub person: Option<PersonId>,
    /// Who put their name down.
    pub registration: Option<RegistrationId>,
    /// Since when they have their place, of who put their name down.
    pub since: Option<DateTime<Utc>>,
    /// Where mail reaches them.
    pub address: String,
}

impl Recipient {
    /// As it ends a message's key.
    #[must_use]
    pub fn key(&self) -> String {
        match (self.registration, self.person) {
            (Some(id), _) => format!("r{id}"),
            (None, Some(id)) => id.to_string(),
            (None, None) => String::new(),
        }
    }
}

/// A page of people, how they stand to the session, and how far it reaches.
#[derive(Debug)]
pub struct Page {
    /// Those with an address.
    pub people: Vec<Recipient>,
    /// How they stand.
    pub standing: Standing,
    /// The highest id of the page.
    pub reached: i64,
    /// How many it looked at, those without an address too.
    pub looked_at: usize,
}

/// The people after `reached`.
pub async fn page(db: &impl ConnectionTrait, seen: &Seen, whom: Whom, reached: i64) -> Result<Page, DbErr> {
    let audience = Audience::load(db, &seen.event).await?;
    let (people, last, looked_at) = match whom {
        Whom::Invited => invited(db, seen, &audience, None, reached).await?,
        Whom::InvitedOrCame => invited(db, seen, &audience, Some(came(seen)), reached).await?,
        Whom::Roster => some(db, on_roster(seen), reached).await?,
        Whom::Came => some(db, came(seen), reached).await?,
        Whom::Registered | Whom::Public => registered(db, seen, &audience, whom, reached).await?,
    };
    let ids: HashSet<PersonId> = people.iter().filter_map(|one| one.person).collect();
    let standing = Standing::load(db, &HashSet::from([seen.session.id]), &ids).await?;
    Ok(Page { people, standing, reached: last, looked_at })
}

type Found = (Vec<Recipient>, i64, usize);

async fn invited(
    db: &impl ConnectionTrait,
    seen: &Seen,
    audience: &Audience,
    besides: Option<Condition>,
    reached: i64,
) -> Result<Found, DbErr> {
    let members = invited_after(db, audience, seen.session.day, besides, (PersonId(reached), PART)).await?;
    let (last, count) = (members.last().map_or(reached, |member| member.person_id.0), members.len());
    let people = members.into_iter().filter_map(|member| {
        Some(Recipient { person: Some(member.person_id), registration: None, since: None, address: member.email? })
    });
    Ok((people.collect(), last, count))
}

/// A condition on `person`: that they attended.
fn came(seen: &Seen) -> Condition {
    let attended = AttendanceStatus::ALL.iter().copied().filter(|status| status.attended());
    let there = Query::select()
        .column(attendance::Column::PersonId)
        .from(attendance::Entity)
        .and_where(attendance::Column::SessionId.eq(seen.session.id))
        .and_where(attendance::Column::Status.is_in(attended))
        .to_owned();
    Condition::all().add(Expr::col((person::Entity, person::Column::Id)).in_subquery(there))
}

/// A condition on `person`: that they are on the roster.
fn on_roster(seen: &Seen) -> Condition {
    let roster = Query::select()
        .column(roster_entry::Column::PersonId)
        .from(roster_entry::Entity)
        .and_where(roster_entry::Column::SessionId.eq(seen.session.id))
        .to_owned();
    Condition::all().add(Expr::col((person::Entity, person::Column::Id)).in_subquery(roster))
}

/// Persons, wherever they belong by now.
async fn some(db: &impl ConnectionTrait, which: Condition, reached: i64) -> Result<Found, DbErr> {
    let rows = person::Entity::find()
        .filter(which)
        .filter(person::Column::Id.gt(PersonId(reached)))
        .order_by_asc(person::Column::Id)
        .limit(PART)
        .all(db)
        .await?;
    let (last, count) = (rows.last().map_or(reached, |row| row.id.0), rows.len());
    let people = rows.into_iter().filter_map(|row| {
        Some(Recipient { person: Some(row.id), registration: None, since: None, address: row.email? })
    });
    Ok((people.collect(), last, count))
}

async fn registered(
    db: &impl ConnectionTrait,
    seen: &Seen,
    audience: &Audience,
    whom: Whom,
    reached: i64,
) -> Result<Found, DbErr> {
    let rows = registration::Entity::find()
        .filter(registration::Column::EventId.eq(seen.event.id))
        .filter(registration::Column::Status.eq(RegistrationStatus::Registered))
        .filter(registration::Column::Id.gt(RegistrationId(reached)))
        .order_by_asc(registration::Column::Id)
        .limit(PART)
        .all(db)
        .await?;
    let (last, count) = (rows.last().map_or(reached, |row| row.id.0), rows.len());
    let staff: HashSet<PersonId> = rows.iter().filter_map(|row| row.person_id).collect();
    let told: HashSet<PersonId> = if staff.is_empty() {
        HashSet::new()
    } else {
        invited_among(db, audience, seen.session.day, staff)
            .await?
            .into_iter()
            .filter(|member| member.email.is_some())
            .map(|member| member.person_id)
            .collect()
    };
    let people = rows
        .into_iter()
        .filter(|row| {
            !row.email.is_empty() && row.person_id.is_none_or(|id| whom != Whom::Public && !told.contains(&id))
        })
        .map(|row| Recipient {
            person: row.person_id,
            registration: Some(row.id),
            since: Some(row.updated_at),
            address: row.email,
        });
    Ok((people.collect(), last, count))
}

/// Of which sessions' events somebody has put a name down.
pub async fn with_registrations(
    db: &impl ConnectionTrait,
    sessions: impl Iterator<Item = &Seen>,
) -> Result<HashSet<SessionId>, DbErr> {
    let by_event: HashMap<_, Vec<_>> = sessions.fold(HashMap::new(), |mut all, seen| {
        all.entry(seen.event.id).or_insert_with(Vec::new).push(seen.session.id);
        all
    });
    if by_event.is_empty() {
        return Ok(HashSet::new());
    }
    let events: Vec<entity::id::EventId> = registration::Entity::find()
        .select_only()
        .column(registration::Column::EventId)
        .distinct()
        .filter(registration::Column::EventId.is_in(by_event.keys().copied()))
        .filter(registration::Column::Status.eq(RegistrationStatus::Registered))
        .into_tuple()
        .all(db)
        .await?;
    Ok(events.iter().filter_map(|event| by_event.get(event)).flatten().copied().collect())
}
