//! A co-host's own part of the audience: lines of its own, which reach its own people alone.

use chrono::{DateTime, NaiveDate, Utc};
use entity::audience_rule;
use entity::id::{EventId, OrganisationId};
use entity::state::{AudienceTarget, CoHostStatus};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::decide::settle;
use super::to_answer;
use crate::access::{Actor, audit};
use crate::db::insert_all;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::{OrgTree, member_on};
use crate::scheduling::publish::sessions;
use crate::scheduling::tell::Invited;
use crate::scheduling::{audience_line, roster};

/// Where the lines of co-hosts begin; the host has no more than 500.
const FIRST: i32 = 10_000;
const MOST_LINES: usize = 200;

/// The lines that a co-host added, as they are written.
pub async fn own_lines(
    db: &impl ConnectionTrait,
    event: EventId,
    organisation: OrganisationId,
) -> Result<Vec<String>, DbErr> {
    let rules = audience_rule::Entity::find()
        .filter(audience_rule::Column::EventId.eq(event))
        .filter(audience_rule::Column::CoHostId.eq(organisation))
        .order_by_asc(audience_rule::Column::Position)
        .all(db)
        .await?;
    audience_line::text(db, &rules).await
}

/// Makes these a co-host's own lines, in the caller's transaction: `org:CODE` and `staff:NO` of itself and below, a
/// leading `-` taking out. None at all is right too. Who is taken off or brought is told; rosters that are not fixed
/// follow at once.
pub async fn replace_own_lines(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    organisation: OrganisationId,
    lines: &[String],
    now: DateTime<Utc>,
) -> Result<()> {
    let (event, row) = to_answer(db, actor, id, organisation).await?;
    if row.status == CoHostStatus::Declined {
        return Err(Error::new(Code::WrongState));
    }
    roster::freeze_due(db, now).await?;
    let sittings = sessions(db, id).await?;
    let day = sittings.iter().find(|session| session.starts_at > now).map(|session| session.day);
    let rules = understood(db, organisation, lines, day.unwrap_or_else(|| now.date_naive())).await?;
    if audience_line::text(db, &rules).await? == own_lines(db, id, organisation).await? {
        return Ok(());
    }
    let before = Invited::load(db, &event, sittings, now).await?;
    write(db, id, organisation, rules).await?;
    settle(db, before, id, None, now).await?;
    let deed = audit::Deed {
        actor: &actor.name,
        action: "co_host.audience",
        subject: format!("event:{id}"),
        event_id: Some(id),
        detail: serde_json::json!({ "organisation_id": organisation, "lines": lines.len() }),
    };
    Ok(audit::record(db, deed, now).await?)
}

/// Reads the lines, and refuses what reaches beyond the co-host's own people.
async fn understood(
    db: &impl ConnectionTrait,
    organisation: OrganisationId,
    lines: &[String],
    day: NaiveDate,
) -> Result<Vec<audience_rule::Model>> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let mut wrong = Vec::new();
    if lines.len() > MOST_LINES {
        wrong.push(FieldProblem::new("audience", "too-many").with("limit", MOST_LINES));
        return Err(Error::invalid(wrong));
    }
    let rules = audience_line::read(db, lines, &mut wrong).await?;
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    let tree = OrgTree::load(db).await?;
    for (i, rule) in rules.iter().enumerate() {
        let field = format!("audience[{i}]");
        let under = match (rule.target, rule.organisation_id, rule.person_id) {
            (AudienceTarget::Org, Some(org), _) => Some(org),
            (AudienceTarget::Staff, _, Some(person)) => member_on(db, day, person).await?.map(|m| m.organisation_id),
            _ => {
                wrong.push(FieldProblem::new(field, "own-line").with("value", &lines[i]));
                continue;
            }
        };
        if !under.is_some_and(|org| tree.is_below(org, organisation)) {
            wrong.push(FieldProblem::new(field, "not-own").with("value", &lines[i]));
        }
    }
    if wrong.is_empty() { Ok(rules) } else { Err(Error::invalid(wrong)) }
}

async fn write(
    db: &impl ConnectionTrait,
    id: EventId,
    organisation: OrganisationId,
    rules: Vec<audience_rule::Model>,
) -> Result<()> {
    let of_event = audience_rule::Column::EventId.eq(id);
    audience_rule::Entity::delete_many()
        .filter(of_event.clone())
        .filter(audience_rule::Column::CoHostId.eq(organisation))
        .exec(db)
        .await?;
    let last = audience_rule::Entity::find()
        .filter(of_event)
        .filter(audience_rule::Column::CoHostId.is_not_null())
        .order_by_desc(audience_rule::Column::Position)
        .one(db)
        .await?;
    let first = last.map_or(FIRST, |row| row.position + 1);
    let rows = (first..).zip(rules).map(|(position, rule)| audience_rule::ActiveModel {
        event_id: Set(id),
        position: Set(position),
        sign: Set(rule.sign),
        target: Set(rule.target),
        organisation_id: Set(rule.organisation_id),
        group_name: Set(rule.group_name),
        person_id: Set(rule.person_id),
        co_host_id: Set(Some(organisation)),
    });
    Ok(insert_all(db, rows.collect(), None).await?)
}
