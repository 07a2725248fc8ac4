//! What the judging needs beside the sessions: places, speakers, audiences, people, working days. One query each,
//! whatever the number of sessions.

use std::collections::{HashMap, HashSet};

use chrono::{Days, NaiveDate};
use entity::id::{EventId, MembershipId, OrganisationId, PersonId, SessionId};
use entity::state::{AudienceSign, CoHostStatus};
use entity::{
    audience_rule, event, event_co_host, membership, membership_group, person, roster_entry, session, speaker,
};
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, Order, QueryFilter,
    QueryOrder,
};

use super::room::Room;
use super::{Somebody, Subject};
use crate::dates::Workdays;
use crate::error::Result;
use crate::people::OrgTree;
use crate::scheduling::audience::{Audience, Standing};
use crate::scheduling::holidays;
use crate::scheduling::place::Places;

/// Everything loaded.
pub(super) struct Facts {
    /// Sessions of other events that may lie over those asked about, by start, with their events.
    pub there: Vec<(session::Model, event::Model)>,
    /// Whom the subject invites.
    pub own: Audience,
    /// Whom the others invite.
    audiences: HashMap<EventId, Audience>,
    /// Who speaks where, in order.
    speakers: HashMap<EventId, Vec<speaker::Model>>,
    /// Who belonged where from when to when: those whom the subject may want.
    spells: Vec<Spell>,
    /// Fixed rosters.
    rosters: HashMap<SessionId, Vec<Somebody>>,
    /// Places, and the tree that says whose each is.
    pub places: Places,
    /// Which days are worked.
    pub workdays: Workdays,
}

/// A membership of somebody whom the subject may want.
struct Spell {
    from: NaiveDate,
    to: Option<NaiveDate>,
    name: String,
    standing: Standing,
}

#[derive(FromQueryResult)]
struct SpellRow {
    membership_id: MembershipId,
    person_id: PersonId,
    organisation_id: OrganisationId,
    active_from: NaiveDate,
    active_to: Option<NaiveDate>,
    name: String,
}

impl Facts {
    /// Loads what is needed to judge the subject beside these sessions.
    pub async fn load(
        db: &impl ConnectionTrait,
        subject: &Subject,
        there: Vec<(session::Model, event::Model)>,
    ) -> Result<Self> {
        let mut events: HashMap<EventId, OrganisationId> =
            there.iter().map(|(_, event)| (event.id, event.host_id)).collect();
        events.extend(subject.event.map(|id| (id, subject.host)));
        let mut audiences = audiences(db, &events).await?;
        let saved = subject.event.and_then(|id| audiences.remove(&id));
        let own =
            subject.audience.clone().or(saved).unwrap_or(Audience { rules: Vec::new(), hosts: vec![subject.host] });
        let speakers = speakers(db, &events).await?;
        let rosters = rosters(db, subject, &there).await?;
        let places = Places::load(db).await?;
        let spells = spells(db, subject, &own, &speakers, places.tree()).await?;
        let workdays = holidays::load(db).await?;
        Ok(Self { there, own, audiences, speakers, spells, rosters, places, workdays })
    }

    /// The organisations.
    pub fn tree(&self) -> &OrgTree {
        self.places.tree()
    }

    /// The subject's roster of a session: fixed, or by the memberships of its day; empty where nobody must come.
    pub fn must_come(&self, subject: &Subject, session: Option<SessionId>, day: NaiveDate) -> Vec<Somebody> {
        if !subject.required {
            return Vec::new();
        }
        if let Some(fixed) = session.and_then(|id| self.rosters.get(&id)) {
            return fixed.clone();
        }
        let wanted = self.spells_on(day).filter(|spell| self.own.names(&spell.standing));
        wanted.map(Spell::somebody).collect()
    }

    /// Which of these people are on another session's roster.
    pub fn must_be_at(&self, event: &event::Model, session: &session::Model, among: &[Somebody]) -> Vec<Somebody> {
        if !event.required {
            return Vec::new();
        }
        if session.roster_frozen_at.is_some() {
            let fixed: HashSet<PersonId> =
                self.rosters.get(&session.id).into_iter().flatten().map(|somebody| somebody.person).collect();
            return among.iter().filter(|somebody| fixed.contains(&somebody.person)).cloned().collect();
        }
        let Some(audience) = self.audiences.get(&event.id) else { return Vec::new() };
        let wanted: HashSet<PersonId> = among.iter().map(|somebody| somebody.person).collect();
        let there: HashSet<PersonId> = self
            .spells_on(session.day)
            .filter(|spell| wanted.contains(&spell.standing.person_id) && audience.names(&spell.standing))
            .map(|spell| spell.standing.person_id)
            .collect();
        among.iter().filter(|somebody| there.contains(&somebody.person)).cloned().collect()
    }

    /// Who speaks in a session of an event.
    pub fn speakers(&self, event: Option<EventId>, session: Option<SessionId>) -> Vec<&speaker::Model> {
        let all = event.and_then(|id| self.speakers.get(&id)).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(|row| row.session_id.is_none_or(|own| Some(own) == session)).collect()
    }

    /// Where a session of another event is; None is the subject itself.
    pub fn room(&self, other: Option<EventId>, text: &str) -> Room {
        let audience = other.and_then(|id| self.audiences.get(&id)).unwrap_or(&self.own);
        let record = self.places.resolve(&audience.hosts, text);
        Room {
            text: text.to_owned(),
            record: record.map(|place| place.id),
            capacity: record.and_then(|place| place.capacity),
        }
    }

    /// Whether `organisation`, or one below it, hosts or co-hosts another event.
    pub fn is_seen_by(&self, event: &event::Model, organisation: OrganisationId) -> bool {
        let hosts = self.audiences.get(&event.id).map(|audience| audience.hosts.as_slice()).unwrap_or_default();
        std::iter::once(&event.host_id).chain(hosts).any(|&host| self.tree().is_below(host, organisation))
    }

    fn spells_on(&self, day: NaiveDate) -> impl Iterator<Item = &Spell> {
        self.spells.iter().filter(move |spell| spell.from <= day && spell.to.is_none_or(|to| day <= to))
    }
}

impl Spell {
    fn somebody(&self) -> Somebody {
        Somebody { person: self.standing.person_id, name: self.name.clone() }
    }
}

async fn audiences(
    db: &impl ConnectionTrait,
    events: &HashMap<EventId, OrganisationId>,
) -> Result<HashMap<EventId, Audience>, DbErr> {
    let mut all: HashMap<EventId, Audience> =
        events.iter().map(|(&id, &host)| (id, Audience { rules: Vec::new(), hosts: vec![host] })).collect();
    let co_hosts = event_co_host::Entity::find()
        .filter(event_co_host::Column::EventId.is_in(events.keys().copied()))
        .filter(event_co_host::Column::Status.ne(CoHostStatus::Declined))
        .order_by_asc(event_co_host::Column::OrganisationId)
        .all(db)
        .await?;
    for row in co_hosts {
        if let Some(audience) = all.get_mut(&row.event_id) {
            audience.hosts.push(row.organisation_id);
        }
    }
    let rules = audience_rule::Entity::find()
        .filter(audience_rule::Column::EventId.is_in(events.keys().copied()))
        .order_by_asc(audience_rule::Column::Position)
        .all(db)
        .await?;
    for rule in rules {
        if let Some(audience) = all.get_mut(&rule.event_id) {
            audience.rules.push(rule);
        }
    }
    Ok(all)
}

async fn speakers(
    db: &impl ConnectionTrait,
    events: &HashMap<EventId, OrganisationId>,
) -> Result<HashMap<EventId, Vec<speaker::Model>>, DbErr> {
    let rows = speaker::Entity::find()
        .filter(speaker::Column::EventId.is_in(events.keys().copied()))
        .order_by_asc(speaker::Column::Position)
        .all(db)
        .await?;
    let mut all: HashMap<EventId, Vec<speaker::Model>> = HashMap::new();
    for row in rows {
        all.entry(row.event_id).or_default().push(row);
    }
    Ok(all)
}

async fn rosters(
    db: &impl ConnectionTrait,
    subject: &Subject,
    there: &[(session::Model, event::Model)],
) -> Result<HashMap<SessionId, Vec<Somebody>>, DbErr> {
    let others = there.iter().filter(|(session, event)| event.required && session.roster_frozen_at.is_some());
    let fixed: Vec<SessionId> = own_fixed(subject).chain(others.map(|(session, _)| session.id)).collect();
    let rows = roster_entry::Entity::find()
        .filter(roster_entry::Column::SessionId.is_in(fixed.iter().copied()))
        .order_by_asc(roster_entry::Column::PersonId)
        .all(db)
        .await?;
    let mut all: HashMap<SessionId, Vec<Somebody>> = fixed.into_iter().map(|id| (id, Vec::new())).collect();
    for row in rows {
        all.entry(row.session_id).or_default().push(Somebody { person: row.person_id, name: row.name });
    }
    Ok(all)
}

fn own_fixed(subject: &Subject) -> impl Iterator<Item = SessionId> {
    subject.sittings.iter().filter(|sitting| sitting.frozen).filter_map(|sitting| sitting.session)
}

/// Everybody whom the subject may want on any of its days: invited, speaking, or on a fixed roster.
async fn spells(
    db: &impl ConnectionTrait,
    subject: &Subject,
    own: &Audience,
    speakers: &HashMap<EventId, Vec<speaker::Model>>,
    tree: &OrgTree,
) -> Result<Vec<Spell>, DbErr> {
    let days = subject.sittings.iter().flat_map(|sitting| [sitting.span.day(), sitting.span.last_day()]);
    let (Some(first), Some(last)) = (days.clone().min(), days.max()) else { return Ok(Vec::new()) };
    let wanted = SelectWanted { subject, own, speakers };
    let column = |c| Expr::col((membership::Entity, c));
    // What another session lies over may have begun a day before: its roster goes by that day.
    let query = Query::select()
        .expr_as(membership::Column::Id.into_expr(), "membership_id")
        .column((membership::Entity, membership::Column::PersonId))
        .column((membership::Entity, membership::Column::OrganisationId))
        .column((membership::Entity, membership::Column::ActiveFrom))
        .column((membership::Entity, membership::Column::ActiveTo))
        .column((person::Entity, person::Column::Name))
        .from(membership::Entity)
        .inner_join(
            person::Entity,
            Expr::col((person::Entity, person::Column::Id)).equals((membership::Entity, membership::Column::PersonId)),
        )
        .cond_where(wanted.condition())
        .and_where(column(membership::Column::ActiveFrom).lte(last))
        .cond_where(
            Condition::any()
                .add(column(membership::Column::ActiveTo).is_null())
                .add(column(membership::Column::ActiveTo).gte(first - Days::new(31))),
        )
        .order_by((person::Entity, person::Column::StaffNo), Order::Asc)
        .to_owned();
    let rows = SpellRow::find_by_statement(db.get_database_backend().build(&query)).all(db).await?;
    let mut groups = groups(db, &wanted).await?;
    let spells = rows.into_iter().map(|row| Spell {
        from: row.active_from,
        to: row.active_to,
        name: row.name,
        standing: Standing {
            person_id: row.person_id,
            upwards: tree.upwards(row.organisation_id),
            groups: groups.remove(&row.membership_id).unwrap_or_default(),
        },
    });
    Ok(spells.collect())
}

/// Which memberships are of people whom the subject may want.
struct SelectWanted<'a> {
    subject: &'a Subject,
    own: &'a Audience,
    speakers: &'a HashMap<EventId, Vec<speaker::Model>>,
}

impl SelectWanted<'_> {
    /// A condition on `membership`.
    fn condition(&self) -> Condition {
        let of_person = || Expr::col((membership::Entity, membership::Column::PersonId));
        let speakers = self.subject.event.and_then(|id| self.speakers.get(&id)).into_iter().flatten();
        let mut all = Condition::any().add(of_person().is_in(speakers.filter_map(|row| row.person_id)));
        if let Some(invited) = self.invited() {
            all = all.add(of_person().in_subquery(invited));
        }
        if own_fixed(self.subject).next().is_some() {
            let fixed = Query::select()
                .column(roster_entry::Column::PersonId)
                .from(roster_entry::Entity)
                .and_where(roster_entry::Column::SessionId.is_in(own_fixed(self.subject)))
                .to_owned();
            all = all.add(of_person().in_subquery(fixed));
        }
        all
    }

    /// The ids of everybody whom a line of the audience includes, by whichever membership.
    fn invited(&self) -> Option<SelectStatement> {
        let included = self.own.any_of(AudienceSign::Include)?;
        Some(
            Query::select()
                .column((membership::Entity, membership::Column::PersonId))
                .from(membership::Entity)
                .inner_join(
                    person::Entity,
                    Expr::col((person::Entity, person::Column::Id))
                        .equals((membership::Entity, membership::Column::PersonId)),
                )
                .cond_where(included)
                .to_owned(),
        )
    }
}

async fn groups(
    db: &impl ConnectionTrait,
    wanted: &SelectWanted<'_>,
) -> Result<HashMap<MembershipId, HashSet<String>>, DbErr> {
    let memberships = Query::select()
        .column((membership::Entity, membership::Column::Id))
        .from(membership::Entity)
        .cond_where(wanted.condition())
        .to_owned();
    let rows = membership_group::Entity::find()
        .filter(Expr::col(membership_group::Column::MembershipId).in_subquery(memberships))
        .all(db)
        .await?;
    let mut all: HashMap<MembershipId, HashSet<String>> = HashMap::new();
    for row in rows {
        all.entry(row.membership_id).or_default().insert(row.name);
    }
    Ok(all)
}
