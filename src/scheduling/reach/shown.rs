//! The invited as pages show them: a number, names by organisation, who was taken out, who has no address.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::event;
use entity::id::OrganisationId;
use minijinja::{Value, context};
use sea_orm::ConnectionTrait;

use super::{Reach, look_up, reach};
use crate::error::{Error, Result};
use crate::locale::Lang;
use crate::people::{Member, OrgTree};
use crate::scheduling::audience::{self, Audience};
use crate::view::format;

/// Names on one page; more are counted.
const NAMED: usize = 2_000;

/// An audience as typed.
pub struct Typed<'a> {
    /// Its lines.
    pub lines: &'a [String],
    /// Codes of the host, then of the co-hosts.
    pub hosts: Vec<&'a str>,
    /// Whose people are looked for, beside those of the hosts.
    pub seen_by: OrganisationId,
    /// Part of a name or number of somebody who is looked for; may be empty.
    pub find: &'a str,
    /// The event that is there, if it is.
    pub event: Option<&'a event::Model>,
    /// On which day.
    pub day: NaiveDate,
}

/// Whom an audience as typed would invite, and who would join or leave by it; None where it cannot be read.
pub async fn typed(
    db: &impl ConnectionTrait,
    tree: &OrgTree,
    lang: Lang,
    typed: Typed<'_>,
    today: NaiveDate,
) -> Result<Option<Value>> {
    let mut rules = match audience::parse(db, typed.lines).await {
        Ok(rules) => rules,
        Err(Error::Problem(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let hosts: Vec<OrganisationId> =
        typed.hosts.into_iter().filter_map(|code| tree.by_code(code)).map(|org| org.id).collect();
    let mut searched = hosts.clone();
    searched.push(typed.seen_by);
    let mut before = None;
    if let Some(event) = typed.event {
        let present = Audience::load(db, event).await?;
        // What co-hosts added for their own people stays.
        rules.extend(present.rules.iter().filter(|rule| rule.co_host_id.is_some()).cloned());
        before = Some(reach(db, tree, &present, typed.day).await?);
    }
    let reach = reach(db, tree, &Audience { rules, hosts }, typed.day).await?;
    let names = |members: Vec<&Member>| members.iter().map(|member| member.name.clone()).collect::<Vec<_>>();
    let (joins, leaves) = match &before {
        Some(before) => (names(reach.beyond(before)), names(before.beyond(&reach))),
        None => (Vec::new(), Vec::new()),
    };
    let found: Vec<_> = look_up(db, typed.find, &searched, typed.day)
        .await?
        .into_iter()
        .map(|row| context! { staff_no => row.staff_no, name => row.name, org => tree.name(row.organisation_id) })
        .collect();
    let all = shown(tree, lang, &reach, today);
    Ok(Some(context! { joins, leaves, found, find => typed.find, ..all }))
}

/// Whom an audience invites.
#[must_use]
pub fn shown(tree: &OrgTree, lang: Lang, reach: &Reach, today: NaiveDate) -> Value {
    let name = |member: &Member| context! { name => member.name.as_str(), staff_no => member.staff_no.as_str() };
    let mut of: HashMap<OrganisationId, Vec<Value>> = HashMap::new();
    for member in reach.people.iter().take(NAMED) {
        of.entry(member.organisation_id).or_default().push(name(member));
    }
    let orgs: Vec<_> = tree
        .iter()
        .filter_map(|org| Some((org, of.remove(&org.id)?)))
        .map(|(org, people)| context! { org => org.name.as_str(), n => people.len(), people })
        .collect();
    let without: Vec<_> = reach.without_address().map(|member| member.name.clone()).collect();
    let excluded: Vec<_> = reach.excluded.iter().take(NAMED).map(name).collect();
    let parts: Vec<_> = reach.parts.iter().map(|(id, n)| context! { org => tree.name(*id), n }).collect();
    context! {
        people => reach.people.len(), more => reach.people.len().saturating_sub(NAMED), orgs,
        without => without.len(), names => without.into_iter().take(20).collect::<Vec<_>>(),
        excluded, parts, day => format::date(lang, reach.day, today),
    }
}
