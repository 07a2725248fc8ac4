//! The sessions that have not begun, and as whom they invite given people: worked out by values, so that a change of
//! people can be looked at before it is made, and tells exactly those whom it concerns.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::id::{EventId, OrganisationId, PersonId, SessionId};
use entity::state::{AudienceSign, EventStatus, SessionStatus};
use entity::{audience_rule, event, session};
use sea_orm::sea_query::{Condition, Expr, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder};

use super::audience::{self, Audience, Standing};
use super::registration::active_of;
use super::tell::{Addressee, Shifted, tell_shifts};
use crate::error::Result;
use crate::people::{OrgTree, Stay};

/// Beyond so many people the sessions are not narrowed down to theirs: the list of values would be longer than a
/// statement may be.
const MANY: usize = 5_000;

/// Some people's memberships in a tree of organisations.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The organisations.
    pub tree: &'a OrgTree,
    /// The memberships.
    pub stays: &'a [Stay],
}

/// As whom somebody is invited: under which organisation, in which post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Whom they are under on the session's day.
    pub organisation_id: OrganisationId,
    /// Their post then.
    pub title: String,
}

/// Who is invited to what, as whom.
pub type Seats = BTreeMap<(SessionId, PersonId), Seat>;

/// What a change of people does to one person at one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// They are invited now.
    Joins,
    /// They are not invited any more.
    Leaves,
    /// They stay invited, under another organisation or in another post.
    Moves,
}

/// Published sessions that begin after some moment, with whom their events invite.
#[derive(Debug)]
pub struct Ahead {
    sessions: Vec<(event::Model, session::Model)>,
    audiences: HashMap<EventId, Audience>,
}

impl Ahead {
    /// Reads those that begin after a moment and may invite anybody of the situations, by start.
    pub async fn load(
        db: &impl ConnectionTrait,
        situations: &[Situation<'_>],
        after: DateTime<Utc>,
    ) -> Result<Self, DbErr> {
        Self::of(db, candidates(situations), after).await
    }

    /// Reads all of them, by start.
    pub async fn all(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Self, DbErr> {
        Self::of(db, None, now).await
    }

    async fn of(
        db: &impl ConnectionTrait,
        events: Option<SelectStatement>,
        after: DateTime<Utc>,
    ) -> Result<Self, DbErr> {
        let mut query = session::Entity::find()
            .find_also_related(event::Entity)
            .filter(event::Column::Status.eq(EventStatus::Scheduled))
            .filter(session::Column::Status.eq(SessionStatus::Scheduled))
            .filter(session::Column::StartsAt.gt(after));
        if let Some(events) = events {
            query = query.filter(Expr::col((event::Entity, event::Column::Id)).in_subquery(events));
        }
        let rows = query.order_by_asc(session::Column::StartsAt).order_by_asc(session::Column::Id).all(db).await?;
        let sessions: Vec<_> = rows.into_iter().filter_map(|(session, event)| Some((event?, session))).collect();
        let audiences = audience::load_all(db, sessions.iter().map(|(event, _)| event)).await?;
        Ok(Self { sessions, audiences })
    }

    /// Who is invited to what in a situation.
    #[must_use]
    pub fn seats(&self, situation: Situation<'_>) -> Seats {
        let stays: Vec<_> = situation
            .stays
            .iter()
            .map(|stay| {
                let standing = Standing {
                    person_id: stay.person_id,
                    upwards: situation.tree.upwards(stay.organisation_id),
                    groups: stay.groups.iter().cloned().collect(),
                };
                (stay, standing)
            })
            .collect();
        let mut seats = Seats::new();
        for (event, session) in &self.sessions {
            let Some(audience) = self.audiences.get(&event.id) else { continue };
            for (stay, standing) in &stays {
                if stay.holds_on(session.day) && audience.names(standing) {
                    let seat = Seat { organisation_id: stay.organisation_id, title: stay.title.clone() };
                    seats.insert((session.id, stay.person_id), seat);
                }
            }
        }
        seats
    }

    /// The sessions, by start.
    pub fn sessions(&self) -> impl Iterator<Item = &(event::Model, session::Model)> {
        self.sessions.iter()
    }

    /// Tells who joins or leaves by mail, in the caller's transaction. `mark` is a number that no other change of people
    /// has: somebody who left and comes back is invited anew. What an import brought quietly tells nobody, and who put
    /// their name down stays.
    pub async fn tell(
        &self,
        db: &impl ConnectionTrait,
        shifts: &BTreeMap<(SessionId, PersonId), Shift>,
        addresses: &HashMap<PersonId, String>,
        mark: i64,
        now: DateTime<Utc>,
    ) -> Result<usize> {
        let concerned: HashSet<SessionId> = shifts.keys().map(|(session, _)| *session).collect();
        let events = self.sessions.iter().filter(|(_, session)| concerned.contains(&session.id));
        let events: BTreeSet<EventId> = events.map(|(event, _)| event.id).collect();
        let down: HashSet<(EventId, PersonId)> = active_of(db, events)
            .await?
            .into_iter()
            .flat_map(|(event, rows)| rows.into_iter().filter_map(move |row| Some((event, row.person_id?))))
            .collect();
        let mut by_event: BTreeMap<EventId, (&event::Model, Vec<Shifted>)> = BTreeMap::new();
        for (event, session) in self.sessions.iter().filter(|(event, _)| event.mails) {
            let (mut come, mut off) = (Vec::new(), Vec::new());
            let first = (session.id, PersonId(i64::MIN));
            for (&(_, person), shift) in shifts.range(first..).take_while(|((id, _), _)| *id == session.id) {
                let who = Addressee::person(person, addresses.get(&person).map(String::as_str));
                match shift {
                    Shift::Joins => come.extend(who),
                    Shift::Leaves if down.contains(&(event.id, person)) => {}
                    Shift::Leaves => off.extend(who),
                    Shift::Moves => {}
                }
            }
            let shifted = Shifted { session: session.clone(), come, off };
            by_event.entry(event.id).or_insert_with(|| (event, Vec::new())).1.push(shifted);
        }
        let mut letters = 0;
        for (event, shifted) in by_event.into_values() {
            letters += tell_shifts(db, event, shifted, (None, format!(":p{mark}")), now).await?;
        }
        Ok(letters)
    }
}

/// What changes from `before` to `after`.
#[must_use]
pub fn shifts(before: &Seats, after: &Seats) -> BTreeMap<(SessionId, PersonId), Shift> {
    let left = before.iter().filter_map(|(key, seat)| match after.get(key) {
        None => Some((*key, Shift::Leaves)),
        Some(now) if now != seat => Some((*key, Shift::Moves)),
        Some(_) => None,
    });
    let joined = after.keys().filter(|key| !before.contains_key(key)).map(|key| (*key, Shift::Joins));
    left.chain(joined).collect()
}

/// Events with a line that may name somebody: no more than [`Audience::names`] then decides on.
fn candidates(situations: &[Situation<'_>]) -> Option<SelectStatement> {
    let (mut people, mut upwards, mut groups) = (HashSet::new(), HashSet::new(), HashSet::new());
    for situation in situations {
        for stay in situation.stays {
            people.insert(stay.person_id);
            upwards.extend(situation.tree.upwards(stay.organisation_id));
            groups.extend(stay.groups.iter().map(String::as_str));
        }
    }
    if people.len() + upwards.len() + groups.len() > MANY {
        return None;
    }
    let names = Condition::any()
        .add(audience_rule::Column::PersonId.is_in(people))
        .add(audience_rule::Column::OrganisationId.is_in(upwards))
        .add(audience_rule::Column::GroupName.is_in(groups));
    let select = Query::select()
        .column(audience_rule::Column::EventId)
        .from(audience_rule::Entity)
        .cond_where(audience_rule::Column::Sign.eq(AudienceSign::Include))
        .cond_where(names)
        .to_owned();
    Some(select)
}
