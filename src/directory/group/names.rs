//! Renaming a group wherever the actor's organisations use it.

use chrono::{DateTime, Utc};
use entity::id::{EventId, MembershipId};
use entity::state::{AudienceTarget, EventStatus};
use entity::{audience_rule, event, event_co_host, event_template, membership, membership_group, session};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};
use serde_json::json;

use crate::access::{Actor, Rights, audit};
use crate::db::insert_all;
use crate::directory::change::fix_the_past;
use crate::directory::typed;
use crate::error::{Error, FieldProblem, Result};
use crate::people::{self, select_below};
use crate::scheduling::wording;

/// Values of one statement.
const CHUNK: usize = 1_000;

/// Renames a group in the actor's organisations, in the caller's transaction.
pub async fn rename(db: &impl ConnectionTrait, actor: &Actor, old: &str, new: &str, now: DateTime<Utc>) -> Result<()> {
    actor.demand(Rights::Manage)?;
    let mut wrong = Vec::new();
    let new = wording::needed("new_name", new, typed::NAME, &mut wrong);
    if wrong.is_empty() && new.contains([';', '；', '、', ',', '，']) {
        wrong.push(FieldProblem::new("new_name", "bad-group"));
    }
    if wrong.is_empty() && new == old {
        wrong.push(FieldProblem::new("new_name", "nothing-changes"));
    }
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    if !labelled(db, actor, &new).await?.is_empty() {
        return Err(Error::field("new_name", "group-taken"));
    }
    demand_whole(db, actor, old, now).await?;
    fix_the_past(db, now).await?;
    let memberships = labelled(db, actor, old).await?;
    for chunk in memberships.chunks(CHUNK) {
        let rows = chunk
            .iter()
            .map(|id| membership_group::ActiveModel { membership_id: Set(*id), name: Set(new.clone()) })
            .collect();
        insert_all(db, rows, None).await?;
        membership_group::Entity::delete_many()
            .filter(membership_group::Column::MembershipId.is_in(chunk.iter().copied()))
            .filter(membership_group::Column::Name.eq(old))
            .exec(db)
            .await?;
    }
    let events = rename_audiences(db, actor, old, &new, now).await?;
    rename_templates(db, actor, old, &new, now).await?;
    people::touch(db).await?;
    let detail = json!({ "before": old, "after": new, "memberships": memberships.len(), "events": events });
    let subject = format!("organisation:{}", actor.organisation);
    let deed = audit::Deed { actor: &actor.name, action: "group.rename", subject, event_id: None, detail };
    Ok(audit::record(db, deed, now).await?)
}

/// The actor's memberships with that label.
async fn labelled(db: &impl ConnectionTrait, actor: &Actor, name: &str) -> Result<Vec<MembershipId>> {
    let ours = Query::select()
        .column(membership::Column::Id)
        .from(membership::Entity)
        .and_where(Expr::col(membership::Column::OrganisationId).in_subquery(select_below(actor.organisation)))
        .to_owned();
    let rows = membership_group::Entity::find()
        .filter(membership_group::Column::Name.eq(name))
        .filter(Expr::col(membership_group::Column::MembershipId).in_subquery(ours))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.membership_id).collect())
}

/// Refuses when an event that is not over names the group and is hosted on both sides of the actor's border: there the
/// new name would miss people.
async fn demand_whole(db: &impl ConnectionTrait, actor: &Actor, name: &str, now: DateTime<Utc>) -> Result<()> {
    let using = Query::select()
        .column(audience_rule::Column::EventId)
        .from(audience_rule::Entity)
        .and_where(audience_rule::Column::Target.eq(AudienceTarget::Group))
        .and_where(audience_rule::Column::GroupName.eq(name))
        .to_owned();
    let ahead = Query::select()
        .column(session::Column::EventId)
        .from(session::Entity)
        .and_where(session::Column::StartsAt.gt(now))
        .to_owned();
    let events = event::Entity::find()
        .filter(event::Column::Status.ne(EventStatus::Cancelled))
        .filter(Expr::col(event::Column::Id).in_subquery(using))
        .filter(Expr::col(event::Column::Id).in_subquery(ahead))
        .all(db)
        .await?;
    let co_hosts = event_co_host::Entity::find()
        .filter(event_co_host::Column::EventId.is_in(events.iter().map(|event| event.id)))
        .all(db)
        .await?;
    let ours = people::below(db, actor.organisation).await?;
    let above: Vec<_> = entity::organisation_closure::Entity::find()
        .filter(entity::organisation_closure::Column::DescendantId.eq(actor.organisation))
        .filter(entity::organisation_closure::Column::AncestorId.ne(actor.organisation))
        .all(db)
        .await?
        .into_iter()
        .map(|row| row.ancestor_id)
        .collect();
    let crossing: Vec<_> = events
        .iter()
        .filter(|event| {
            let co = co_hosts.iter().filter(|row| row.event_id == event.id).map(|row| row.organisation_id);
            let hosts: Vec<_> = std::iter::once(event.host_id).chain(co).collect();
            let inside = hosts.iter().any(|host| ours.contains(host));
            let outside = hosts.iter().any(|host| !ours.contains(host));
            // A host above looks for the group among ours too.
            inside && outside || hosts.iter().any(|host| above.contains(host))
        })
        .map(|event| event.title.clone())
        .collect();
    if crossing.is_empty() {
        return Ok(());
    }
    let list = crossing.into_iter().take(5).collect::<Vec<_>>().join("、");
    Err(Error::invalid(vec![FieldProblem::new("new_name", "group-shared").with("events", list)]))
}

/// Renames it in the audiences of the events that the actor's organisations host; gives how many.
async fn rename_audiences(
    db: &impl ConnectionTrait,
    actor: &Actor,
    old: &str,
    new: &str,
    now: DateTime<Utc>,
) -> Result<usize> {
    let hosted = Query::select()
        .column(event::Column::Id)
        .from(event::Entity)
        .and_where(Expr::col(event::Column::HostId).in_subquery(select_below(actor.organisation)))
        .to_owned();
    let mut events: Vec<EventId> = audience_rule::Entity::find()
        .select_only()
        .column(audience_rule::Column::EventId)
        .distinct()
        .filter(audience_rule::Column::Target.eq(AudienceTarget::Group))
        .filter(audience_rule::Column::GroupName.eq(old))
        .filter(Expr::col(audience_rule::Column::EventId).in_subquery(hosted))
        .into_tuple()
        .all(db)
        .await?;
    events.sort_unstable();
    for chunk in events.chunks(CHUNK) {
        audience_rule::Entity::update_many()
            .col_expr(audience_rule::Column::GroupName, Expr::value(new))
            .filter(audience_rule::Column::EventId.is_in(chunk.iter().copied()))
            .filter(audience_rule::Column::Target.eq(AudienceTarget::Group))
            .filter(audience_rule::Column::GroupName.eq(old))
            .exec(db)
            .await?;
        event::Entity::update_many()
            .col_expr(event::Column::Revision, Expr::col(event::Column::Revision).add(1))
            .col_expr(event::Column::UpdatedAt, Expr::value(now))
            .filter(event::Column::Id.is_in(chunk.iter().copied()))
            .exec(db)
            .await?;
    }
    Ok(events.len())
}

/// Renames it in the audiences of the actor's templates.
async fn rename_templates(
    db: &impl ConnectionTrait,
    actor: &Actor,
    old: &str,
    new: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let mine = Expr::col(event_template::Column::OrganisationId).in_subquery(select_below(actor.organisation));
    for row in event_template::Entity::find().filter(mine).all(db).await? {
        let Ok(lines) = serde_json::from_value::<Vec<String>>(row.audience.clone()) else { continue };
        let (plain, minus) = (format!("group:{old}"), format!("-group:{old}"));
        if !lines.iter().any(|line| *line == plain || *line == minus) {
            continue;
        }
        let renamed: Vec<String> = lines
            .into_iter()
            .map(|line| match line {
                line if line == plain => format!("group:{new}"),
                line if line == minus => format!("-group:{new}"),
                line => line,
            })
            .collect();
        let change = event_template::ActiveModel {
            id: Set(row.id),
            audience: Set(json!(renamed)),
            updated_at: Set(now),
            ..Default::default()
        };
        event_template::Entity::update(change).exec(db).await?;
    }
    Ok(())
}
