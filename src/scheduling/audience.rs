//! Whom an event's audience names on a day: the invited.
//!
//! One set of rules, asked two ways: [`invited`] of all people at once by a query, [`Audience::names`] of one person
//! by values. A test holds the two against each other.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use entity::id::{EventId, OrganisationId, PersonId};
use entity::state::{AudienceSign, AudienceTarget};
use entity::{audience_rule, event, event_co_host, membership, membership_group, person};
use sea_orm::sea_query::{Condition, Expr, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
};

pub use super::audience_line::{parse, text};
use super::scope::stands;
use crate::people::{Member, each_member_on, members_after, members_by_day, members_on, select_below};

/// The audience of one event, with the organisations that its groups are looked for in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// Its lines, in order.
    pub rules: Vec<audience_rule::Model>,
    /// The host, then the co-hosts.
    pub hosts: Vec<OrganisationId>,
}

/// A person's membership on a day, as the rules see it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Who.
    pub person_id: PersonId,
    /// Whom they are under: the organisation, then each above it.
    pub upwards: Vec<OrganisationId>,
    /// The labels of the membership.
    pub groups: HashSet<String>,
}

impl Audience {
    /// Reads the audience of an event.
    pub async fn load(db: &impl ConnectionTrait, event: &event::Model) -> Result<Self, DbErr> {
        let rules = audience_rule::Entity::find()
            .filter(audience_rule::Column::EventId.eq(event.id))
            .order_by_asc(audience_rule::Column::Position)
            .all(db)
            .await?;
        Ok(Self { rules, hosts: hosts(db, event).await? })
    }

    /// Whether the rules name a person of that standing: some line includes them and none takes them out.
    #[must_use]
    pub fn names(&self, standing: &Standing) -> bool {
        let hit = |sign| self.rules.iter().any(|rule| rule.sign == sign && self.hits(rule, standing));
        hit(AudienceSign::Include) && !hit(AudienceSign::Exclude)
    }

    /// Whether a line says anything of a person under `upwards`: a co-host's own only of its own people, and only while
    /// it is one.
    fn reaches(&self, rule: &audience_rule::Model, upwards: &[OrganisationId]) -> bool {
        rule.co_host_id.is_none_or(|own| self.hosts.contains(&own) && upwards.contains(&own))
    }

    fn hits(&self, rule: &audience_rule::Model, standing: &Standing) -> bool {
        if !self.reaches(rule, &standing.upwards) {
            return false;
        }
        match rule.target {
            AudienceTarget::Public => false,
            AudienceTarget::Staff => rule.person_id == Some(standing.person_id),
            AudienceTarget::Org => rule.organisation_id.is_some_and(|org| standing.upwards.contains(&org)),
            AudienceTarget::Group => {
                rule.group_name.as_ref().is_some_and(|name| standing.groups.contains(name))
                    && self.hosts.iter().any(|host| standing.upwards.contains(host))
            }
        }
    }

    fn condition(&self, rule: &audience_rule::Model) -> Option<Condition> {
        match rule.co_host_id {
            None => self.target(rule),
            Some(own) if self.hosts.contains(&own) => {
                self.target(rule).map(|target| Condition::all().add(target).add(in_org(own)))
            }
            Some(_) => None,
        }
    }

    fn target(&self, rule: &audience_rule::Model) -> Option<Condition> {
        match rule.target {
            AudienceTarget::Public => None,
            AudienceTarget::Staff => rule.person_id.map(|id| Condition::all().add(person::Column::Id.eq(id))),
            AudienceTarget::Org => rule.organisation_id.map(|org| Condition::all().add(in_org(org))),
            AudienceTarget::Group => rule.group_name.as_ref().map(|name| {
                let labelled = Query::select()
                    .column(membership_group::Column::MembershipId)
                    .from(membership_group::Entity)
                    .and_where(membership_group::Column::Name.eq(name.as_str()))
                    .to_owned();
                let hosts = self.hosts.iter().fold(Condition::any(), |any, &host| any.add(in_org(host)));
                Condition::all()
                    .add(Expr::col((membership::Entity, membership::Column::Id)).in_subquery(labelled))
                    .add(hosts)
            }),
        }
    }

    /// A condition on person and membership; None when it names nobody.
    fn which(&self) -> Option<Condition> {
        let included = self.any_of(AudienceSign::Include)?;
        let all = Condition::all().add(included);
        Some(match self.any_of(AudienceSign::Exclude) {
            Some(excluded) => all.add(excluded.not()),
            None => all,
        })
    }

    /// A condition on `membership` joined with `person`: that some line of that sign hits.
    pub(super) fn any_of(&self, sign: AudienceSign) -> Option<Condition> {
        let conditions: Vec<_> =
            self.rules.iter().filter(|rule| rule.sign == sign).filter_map(|rule| self.condition(rule)).collect();
        (!conditions.is_empty()).then(|| conditions.into_iter().fold(Condition::any(), Condition::add))
    }
}

fn in_org(org: OrganisationId) -> sea_orm::sea_query::SimpleExpr {
    Expr::col((membership::Entity, membership::Column::OrganisationId)).in_subquery(select_below(org))
}

/// The audiences of several events, in two queries, by event.
pub async fn load_all<'a>(
    db: &impl ConnectionTrait,
    events: impl Iterator<Item = &'a event::Model>,
) -> Result<HashMap<EventId, Audience>, DbErr> {
    let mut found: HashMap<EventId, Audience> =
        events.map(|event| (event.id, Audience { rules: Vec::new(), hosts: vec![event.host_id] })).collect();
    let ids: Vec<EventId> = found.keys().copied().collect();
    let rules = audience_rule::Entity::find()
        .filter(audience_rule::Column::EventId.is_in(ids.iter().copied()))
        .order_by_asc(audience_rule::Column::EventId)
        .order_by_asc(audience_rule::Column::Position)
        .all(db)
        .await?;
    for rule in rules {
        if let Some(audience) = found.get_mut(&rule.event_id) {
            audience.rules.push(rule);
        }
    }
    let co_hosts = event_co_host::Entity::find()
        .filter(event_co_host::Column::EventId.is_in(ids))
        .filter(stands())
        .all(db)
        .await?;
    for row in co_hosts {
        if let Some(audience) = found.get_mut(&row.event_id) {
            audience.hosts.push(row.organisation_id);
        }
    }
    Ok(found)
}

/// The host of an event, then its co-hosts, without those that declined.
pub async fn hosts(db: &impl ConnectionTrait, event: &event::Model) -> Result<Vec<OrganisationId>, DbErr> {
    let co_hosts = event_co_host::Entity::find()
        .filter(event_co_host::Column::EventId.eq(event.id))
        .filter(stands())
        .order_by_asc(event_co_host::Column::OrganisationId)
        .all(db)
        .await?;
    Ok(std::iter::once(event.host_id).chain(co_hosts.into_iter().map(|row| row.organisation_id)).collect())
}

/// Everyone whom the audience names on `day`, by staff number.
pub async fn invited(db: &impl ConnectionTrait, audience: &Audience, day: NaiveDate) -> Result<Vec<Member>, DbErr> {
    match audience.which() {
        Some(which) => members_on(db, day, which).await,
        None => Ok(Vec::new()),
    }
}

/// Hands each of them to `each`, in no order.
pub async fn each_invited(
    db: &DatabaseTransaction,
    audience: &Audience,
    day: NaiveDate,
    each: impl FnMut(Member),
) -> Result<(), DbErr> {
    match audience.which() {
        Some(which) => each_member_on(db, day, which, each).await,
        None => Ok(()),
    }
}

/// Those of them beyond `after` by person id, and no more than `limit`; with those whom `besides`, a condition on `person`,
/// lets through.
pub async fn invited_after(
    db: &impl ConnectionTrait,
    audience: &Audience,
    day: NaiveDate,
    besides: Option<Condition>,
    (after, limit): (PersonId, u64),
) -> Result<Vec<Member>, DbErr> {
    let either = [audience.which(), besides].into_iter().flatten().reduce(|a, b| Condition::any().add(a).add(b));
    match either {
        Some(which) => members_after(db, day, which, after, limit).await,
        None => Ok(Vec::new()),
    }
}

/// Those of `people` whom the audience names on `day`.
pub async fn invited_among(
    db: &impl ConnectionTrait,
    audience: &Audience,
    day: NaiveDate,
    people: impl IntoIterator<Item = PersonId>,
) -> Result<Vec<Member>, DbErr> {
    match audience.which() {
        Some(which) => members_on(db, day, which.add(person::Column::Id.is_in(people))).await,
        None => Ok(Vec::new()),
    }
}

/// Those of `people` whom the audience names on each of these days, by one query.
pub async fn invited_among_by_day(
    db: &impl ConnectionTrait,
    audience: &Audience,
    days: &BTreeSet<NaiveDate>,
    people: impl IntoIterator<Item = PersonId>,
) -> Result<HashMap<NaiveDate, Vec<Member>>, DbErr> {
    match audience.which() {
        Some(which) => members_by_day(db, days, which.add(person::Column::Id.is_in(people))).await,
        None => Ok(HashMap::new()),
    }
}

/// Everybody whom it names on each of many days, by one query.
pub async fn invited_by_day(
    db: &impl ConnectionTrait,
    audience: &Audience,
    days: &BTreeSet<NaiveDate>,
) -> Result<HashMap<NaiveDate, Vec<Member>>, DbErr> {
    match audience.which() {
        Some(which) => members_by_day(db, days, which).await,
        None => Ok(HashMap::new()),
    }
}
