//! What stands in a subscription: the sessions to which a person is invited, and any sessions as entries.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Months, Utc};
use entity::id::{EventId, MembershipId, PersonId, SeriesId};
use entity::state::AudienceSign;
use entity::{audience_rule, event, event_topic, membership, membership_group, session};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder};

use super::entry::{About, Entry, Extra, Setting, entry, public_entry};
use super::feeds::{Window, shown};
use super::recurring::{self, Of, Show};
use super::series::heads;
use crate::config;
use crate::dates::Zone;
use crate::error::Result;
use crate::people::OrgTree;
use crate::scheduling::audience::{self, Standing};
use crate::scheduling::content::{speakers_of, spoken_by};

/// Makes a new address for a person: gives the token at its end, of which only the hash is kept. Earlier ones stay.
pub async fn create(db: &impl ConnectionTrait, person: PersonId, now: DateTime<Utc>) -> Result<String> {
    super::feeds::address::create_own(db, person, now).await
}

/// From when to when a subscription reaches: whole days around today, as the settings say.
#[must_use]
pub fn window(settings: &config::Calendar, zone: Zone, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let today = zone.day(now);
    let first = today.checked_sub_months(Months::new(settings.months_back)).unwrap_or(today);
    let last = today.checked_add_months(Months::new(settings.months_ahead)).unwrap_or(today);
    (zone.midnight(first), zone.midnight(last))
}

/// Who reads a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Staff.
    Staff,
    /// Anybody.
    Public,
}

/// What a subscription holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries {
    /// As its calendar says it: what is of one series in one place.
    pub shown: Vec<Entry>,
    /// Each session by itself, in the order in which they were found.
    pub each: Vec<Entry>,
}

/// What a subscription holds of the sessions found for it, in their order; `extra` says what a calendar may be told
/// besides of one of them, or of its series.
pub async fn entries(
    db: &impl ConnectionTrait,
    setting: Setting<'_>,
    tree: &OrgTree,
    readers: Readers,
    found: &[(event::Model, session::Model)],
    extra: impl Fn(&event::Model, &session::Model, Of) -> Extra,
) -> Result<Entries> {
    let events: HashSet<EventId> = found.iter().map(|(event, _)| event.id).collect();
    let mut topics: HashMap<EventId, Vec<String>> = HashMap::new();
    let rows = event_topic::Entity::find()
        .filter(event_topic::Column::EventId.is_in(events.iter().copied()))
        .order_by_asc(event_topic::Column::EventId)
        .order_by_asc(event_topic::Column::Position)
        .all(db)
        .await?;
    for row in rows {
        topics.entry(row.event_id).or_default().push(row.name);
    }
    let speakers = speakers_of(db, events).await?;
    let made = |event: &event::Model, session: &session::Model, of: Of| {
        let topics = topics.get(&event.id).map(Vec::as_slice).unwrap_or_default();
        let rows = speakers.iter().filter(|row| row.event_id == event.id);
        let rows = rows.filter(|row| of == Of::Sitting || row.session_id.is_none());
        let speakers = spoken_by(rows, event.id, session.id);
        let about = About { host: tree.name(event.host_id), topics, speakers: &speakers };
        let made = match readers {
            Readers::Staff => entry(setting, event, session, about),
            Readers::Public => public_entry(setting, event, session, about),
        };
        Entry { extra: extra(event, session, of), ..made }
    };
    let each = found.iter().map(|(event, session)| made(event, session, Of::Sitting)).collect();
    Ok(Entries { shown: by_uid(db, found, made).await?, each })
}

/// The VEVENTs of sessions: those of a series in one place, where its first is.
async fn by_uid(
    db: &impl ConnectionTrait,
    found: &[(event::Model, session::Model)],
    made: impl Fn(&event::Model, &session::Model, Of) -> Entry,
) -> Result<Vec<Entry>> {
    let mut series: HashMap<SeriesId, Vec<&session::Model>> = HashMap::new();
    for (_, session) in found {
        if let Some(id) = session.series_id {
            series.entry(id).or_default().push(session);
        }
    }
    let heads = heads(db, series.keys().copied()).await?;
    let mut all = Vec::new();
    for (event, session) in found {
        match session.series_id {
            None => all.push(made(event, session, Of::Sitting)),
            Some(id) => {
                let (Some(sittings), Some(head)) = (series.remove(&id), heads.get(&id)) else { continue };
                let one = |session: &session::Model, of| made(event, session, of);
                all.extend(recurring::entries(event, head, &sittings, one, Show::Cancelled)?);
            }
        }
    }
    Ok(all)
}

/// The sessions between two instants to which a person is invited, by the memberships of each session's day, whatever
/// its roster says: of published events, cancelled ones too; by start.
pub async fn invited_to(
    db: &impl ConnectionTrait,
    tree: &OrgTree,
    person: PersonId,
    window: Window,
) -> Result<Vec<(event::Model, session::Model)>> {
    let standings = Standings::load(db, tree, person).await?;
    let rows = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(shown(window))
        .filter(Expr::col((event::Entity, event::Column::Id)).in_subquery(standings.candidates()))
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(db)
        .await?;
    let rows: Vec<_> = rows.into_iter().filter_map(|(session, event)| event.map(|event| (event, session))).collect();
    let audiences = audience::load_all(db, rows.iter().map(|(event, _)| event)).await?;
    Ok(rows
        .into_iter()
        .filter(|(event, session)| {
            let standing = standings.on(session.day);
            audiences.get(&event.id).zip(standing).is_some_and(|(audience, standing)| audience.names(standing))
        })
        .collect())
}

/// A person's memberships, each with what an audience asks of it.
pub(super) struct Standings {
    person: PersonId,
    held: Vec<(membership::Model, Standing)>,
}

impl Standings {
    pub(super) async fn load(db: &impl ConnectionTrait, tree: &OrgTree, person: PersonId) -> Result<Self> {
        let memberships = membership::Entity::find().filter(membership::Column::PersonId.eq(person)).all(db).await?;
        let ids: Vec<MembershipId> = memberships.iter().map(|row| row.id).collect();
        let mut groups: HashMap<MembershipId, HashSet<String>> = HashMap::new();
        let rows =
            membership_group::Entity::find().filter(membership_group::Column::MembershipId.is_in(ids)).all(db).await?;
        for row in rows {
            groups.entry(row.membership_id).or_default().insert(row.name);
        }
        let held = memberships
            .into_iter()
            .map(|row| {
                let standing = Standing {
                    person_id: person,
                    upwards: tree.upwards(row.organisation_id),
                    groups: groups.remove(&row.id).unwrap_or_default(),
                };
                (row, standing)
            })
            .collect();
        Ok(Self { person, held })
    }

    pub(super) fn on(&self, day: chrono::NaiveDate) -> Option<&Standing> {
        let holds = |row: &membership::Model| row.active_from <= day && row.active_to.is_none_or(|last| day <= last);
        self.held.iter().find(|(row, _)| holds(row)).map(|(_, standing)| standing)
    }

    /// Events with a line that may name the person on some day: no more than [`audience::Audience::names`] then decides on.
    pub(super) fn candidates(&self) -> sea_orm::sea_query::SelectStatement {
        let upwards: HashSet<_> = self.held.iter().flat_map(|(_, s)| s.upwards.iter().copied()).collect();
        let groups: HashSet<_> = self.held.iter().flat_map(|(_, s)| s.groups.iter().cloned()).collect();
        Query::select()
            .column(audience_rule::Column::EventId)
            .from(audience_rule::Entity)
            .cond_where(audience_rule::Column::Sign.eq(AudienceSign::Include))
            .cond_where(
                Condition::any()
                    .add(audience_rule::Column::PersonId.eq(self.person))
                    .add(audience_rule::Column::OrganisationId.is_in(upwards))
                    .add(audience_rule::Column::GroupName.is_in(groups)),
            )
            .to_owned()
    }
}
