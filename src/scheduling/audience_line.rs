//! Lines of an audience as people write them: `org:CODE`, `group:NAME`, `staff:NO`, `public`, a leading `-` taking out.

use std::collections::HashMap;

use entity::id::{EventId, OrganisationId, PersonId};
use entity::state::{AudienceSign, AudienceTarget};
use entity::{audience_rule, organisation, person};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::wording;
use crate::error::{Error, FieldProblem, Result};
use crate::people;

const MOST_LINES: usize = 500;

/// Reads the lines of an audience; what is wrong is named by line: `audience[2]`. The rules bear no event yet. A group
/// may be one that nobody is in so far.
pub async fn parse(db: &impl ConnectionTrait, lines: &[String]) -> Result<Vec<audience_rule::Model>> {
    let mut wrong = Vec::new();
    let rules = read(db, lines, &mut wrong).await?;
    if wrong.is_empty() { Ok(rules) } else { Err(Error::invalid(wrong)) }
}

/// The same, adding to what is wrong elsewhere.
pub(super) async fn read(
    db: &impl ConnectionTrait,
    lines: &[String],
    wrong: &mut Vec<FieldProblem>,
) -> Result<Vec<audience_rule::Model>, DbErr> {
    if lines.is_empty() {
        wrong.push(FieldProblem::new("audience", "required"));
    }
    if lines.len() > MOST_LINES {
        wrong.push(FieldProblem::new("audience", "too-many").with("limit", MOST_LINES));
        return Ok(Vec::new());
    }
    let known = Known::load(db, lines).await?;
    let mut rules: Vec<audience_rule::Model> = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        match known.rule(line) {
            Ok(rule) => {
                let position = i32::try_from(rules.len()).unwrap_or(i32::MAX);
                rules.push(audience_rule::Model { position, ..rule });
            }
            Err(code) => {
                let (_, name) = parts(line);
                let problem = FieldProblem::new(format!("audience[{i}]"), code);
                wrong.push(problem.with("value", wording::short(name.unwrap_or(line))));
            }
        }
    }
    Ok(rules)
}

/// Splits a line into its target with the sign, and the name behind the colon.
fn parts(line: &str) -> ((AudienceSign, &str), Option<&str>) {
    let line = line.trim();
    let (sign, rest) = match line.strip_prefix('-') {
        Some(rest) => (AudienceSign::Exclude, rest.trim_start()),
        None => (AudienceSign::Include, line),
    };
    match rest.split_once(':') {
        Some((target, name)) => ((sign, target.trim()), Some(name.trim())),
        None => ((sign, rest), None),
    }
}

struct Known {
    organisations: HashMap<String, organisation::Model>,
    persons: HashMap<String, PersonId>,
}

impl Known {
    async fn load(db: &impl ConnectionTrait, lines: &[String]) -> Result<Self, DbErr> {
        let named = |wanted: &'static str| {
            lines.iter().filter_map(move |line| match parts(line) {
                ((_, target), Some(name)) if target == wanted && !name.contains('\0') => Some(name),
                _ => None,
            })
        };
        let organisations = people::by_codes(db, named("org")).await?;
        let found = people::by_numbers(db, named("staff")).await?;
        let persons = found.into_iter().map(|(number, row)| (number, row.id)).collect();
        Ok(Self { organisations, persons })
    }

    fn rule(&self, line: &str) -> Result<audience_rule::Model, &'static str> {
        let ((sign, target), name) = parts(line);
        let mut rule = audience_rule::Model {
            event_id: EventId(0),
            position: 0,
            sign,
            target: target.parse().map_err(|_| "bad-audience")?,
            organisation_id: None,
            group_name: None,
            person_id: None,
            co_host_id: None,
        };
        match (rule.target, name) {
            (AudienceTarget::Public, None) if sign == AudienceSign::Include => {}
            (AudienceTarget::Org, Some(code)) if !code.is_empty() => {
                rule.organisation_id = Some(self.organisations.get(code).ok_or("unknown-org")?.id);
            }
            (AudienceTarget::Staff, Some(number)) if !number.is_empty() => {
                rule.person_id = Some(*self.persons.get(number).ok_or("unknown-staff")?);
            }
            (AudienceTarget::Group, Some(group)) if is_group(group) => rule.group_name = Some(group.to_owned()),
            _ => return Err("bad-audience"),
        }
        Ok(rule)
    }
}

fn is_group(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= 100 && !name.chars().any(|c| c.is_control() || c == ';')
}

/// The lines as they are written, in order.
pub async fn text(db: &impl ConnectionTrait, rules: &[audience_rule::Model]) -> Result<Vec<String>, DbErr> {
    let organisations: Vec<OrganisationId> = rules.iter().filter_map(|rule| rule.organisation_id).collect();
    let persons: Vec<PersonId> = rules.iter().filter_map(|rule| rule.person_id).collect();
    let mut codes: HashMap<OrganisationId, String> = HashMap::new();
    if !organisations.is_empty() {
        let found = organisation::Entity::find().filter(organisation::Column::Id.is_in(organisations)).all(db).await?;
        codes.extend(found.into_iter().map(|row| (row.id, row.code)));
    }
    let mut numbers: HashMap<PersonId, String> = HashMap::new();
    if !persons.is_empty() {
        let found = person::Entity::find().filter(person::Column::Id.is_in(persons)).all(db).await?;
        numbers.extend(found.into_iter().map(|row| (row.id, row.staff_no)));
    }
    let line = |rule: &audience_rule::Model| {
        let sign = if rule.sign == AudienceSign::Exclude { "-" } else { "" };
        let name = match rule.target {
            AudienceTarget::Public => return format!("{sign}public"),
            AudienceTarget::Org => rule.organisation_id.and_then(|id| codes.get(&id)).cloned(),
            AudienceTarget::Staff => rule.person_id.and_then(|id| numbers.get(&id)).cloned(),
            AudienceTarget::Group => rule.group_name.clone(),
        };
        format!("{sign}{}:{}", rule.target, name.unwrap_or_default())
    };
    Ok(rules.iter().map(line).collect())
}
