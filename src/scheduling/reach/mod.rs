//! Whom an audience invites on a day, with names: looked at before it is published.

pub mod api;
mod shown;

use std::collections::{BTreeSet, HashSet};

use chrono::NaiveDate;
use entity::id::{OrganisationId, PersonId};
use entity::state::AudienceSign;
use entity::{audience_rule, membership, person};
use sea_orm::sea_query::{Condition, Expr, Func, LikeExpr};
use sea_orm::{ConnectionTrait, DbErr, ExprTrait};

use super::audience::{Audience, invited};
use crate::people::{Member, OrgTree, members_on, select_below};

pub use shown::{Typed, shown, typed};

/// People that a search shows.
const FOUND: usize = 20;

/// Whom an audience invites on a day.
#[derive(Clone, Debug)]
pub struct Reach {
    /// On which day.
    pub day: NaiveDate,
    /// By staff number.
    pub people: Vec<Member>,
    /// Whom one line names and another takes out.
    pub excluded: Vec<Member>,
    /// Of a joint event: how many are under the host, then under each co-host; people may be under several.
    pub parts: Vec<(OrganisationId, usize)>,
}

/// Works out whom an audience invites on a day; at most two queries.
pub async fn reach(
    db: &impl ConnectionTrait,
    tree: &OrgTree,
    audience: &Audience,
    day: NaiveDate,
) -> Result<Reach, DbErr> {
    let people = invited(db, audience, day).await?;
    let included: Vec<audience_rule::Model> =
        audience.rules.iter().filter(|rule| rule.sign == AudienceSign::Include).cloned().collect();
    let excluded = if included.len() < audience.rules.len() {
        let all = invited(db, &Audience { rules: included, hosts: audience.hosts.clone() }, day).await?;
        let kept: HashSet<PersonId> = people.iter().map(|member| member.person_id).collect();
        all.into_iter().filter(|member| !kept.contains(&member.person_id)).collect()
    } else {
        Vec::new()
    };
    let under = |host: OrganisationId| people.iter().filter(|m| tree.is_below(m.organisation_id, host)).count();
    let parts =
        if audience.hosts.len() > 1 { audience.hosts.iter().map(|&h| (h, under(h))).collect() } else { Vec::new() };
    Ok(Reach { day, people, excluded, parts })
}

impl Reach {
    /// Those without an address.
    pub fn without_address(&self) -> impl Iterator<Item = &Member> {
        self.people.iter().filter(|member| member.email.is_none())
    }

    /// Who is invited here and not there.
    #[must_use]
    pub fn beyond<'a>(&'a self, other: &Self) -> Vec<&'a Member> {
        let there: BTreeSet<PersonId> = other.people.iter().map(|member| member.person_id).collect();
        self.people.iter().filter(|member| !there.contains(&member.person_id)).collect()
    }
}

/// The first people of these organisations and of all below them, on a day, with this in their name or number, in any
/// case of letters; by number.
pub async fn look_up(
    db: &impl ConnectionTrait,
    text: &str,
    orgs: &[OrganisationId],
    day: NaiveDate,
) -> Result<Vec<Member>, DbErr> {
    let text = text.trim().to_lowercase();
    if text.is_empty() || text.contains('\0') {
        return Ok(Vec::new());
    }
    let pattern = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let within = |column: person::Column| {
        Expr::expr(Func::lower(Expr::col((person::Entity, column)))).like(LikeExpr::new(pattern.clone()).escape('\\'))
    };
    let there = orgs.iter().fold(Condition::any(), |any, &org| {
        any.add(Expr::col((membership::Entity, membership::Column::OrganisationId)).in_subquery(select_below(org)))
    });
    let named = Condition::any().add(within(person::Column::Name)).add(within(person::Column::StaffNo));
    let mut found = members_on(db, day, Condition::all().add(there).add(named)).await?;
    found.truncate(FOUND);
    Ok(found)
}
