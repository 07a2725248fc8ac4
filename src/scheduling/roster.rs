//! Who must attend a session: the invited of a required event until it starts, then fixed for good.

use chrono::{DateTime, Utc};
use entity::id::SessionId;
use entity::state::{EventStatus, SessionStatus};
use entity::{attendance, event, roster_entry, session};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::audience::{Audience, invited};
use crate::db::insert_all;
use crate::people::{Member, member_on};

/// Fixes the roster of every published session that has started, in the caller's transaction. Called before anything
/// that changes people, and by the tick; gives how many were fixed.
pub async fn freeze_due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<usize, DbErr> {
    let due = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(is_due(now))
        .order_by_asc(session::Column::Id)
        .limit(10_000)
        .all(db)
        .await?;
    let mut frozen = 0;
    for (session, event) in due {
        if let Some(event) = event {
            freeze(db, &event, &session, now).await?;
            frozen += 1;
        }
    }
    Ok(frozen)
}

/// A condition on `session` joined with `event`: published, begun or held, and its roster not fixed yet.
fn is_due(now: DateTime<Utc>) -> Condition {
    let begun =
        Condition::any().add(session::Column::StartsAt.lte(now)).add(session::Column::Status.eq(SessionStatus::Held));
    Condition::all()
        .add(session::Column::RosterFrozenAt.is_null())
        .add(session::Column::Status.ne(SessionStatus::Cancelled))
        .add(event::Column::Status.eq(EventStatus::Scheduled))
        .add(begun)
}

/// Whether [`freeze_due`] would find anything: a cheap look before a write transaction is begun.
pub async fn has_due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let found = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .inner_join(event::Entity)
        .filter(is_due(now))
        .into_tuple::<SessionId>()
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// Fixes one session's roster as the memberships of its day say, whatever stood there before, and with it whom each
/// person with an attendance was under.
pub async fn freeze(
    db: &impl ConnectionTrait,
    event: &event::Model,
    session: &session::Model,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    roster_entry::Entity::delete_many().filter(roster_entry::Column::SessionId.eq(session.id)).exec(db).await?;
    let people = if event.required { invited_to(db, event, session).await? } else { Vec::new() };
    let rows: Vec<_> = people.iter().map(|member| entry(session.id, member)).collect();
    insert_all(db, rows, None).await?;
    let placed: std::collections::HashMap<_, _> = people.iter().map(|m| (m.person_id, m.organisation_id)).collect();
    let attended = attendance::Entity::find().filter(attendance::Column::SessionId.eq(session.id)).all(db).await?;
    for row in attended {
        let organisation = match placed.get(&row.person_id) {
            Some(&organisation) => Some(organisation),
            None => member_on(db, session.day, row.person_id).await?.map(|member| member.organisation_id),
        };
        if organisation != row.organisation_id {
            attendance::Entity::update_many()
                .col_expr(attendance::Column::OrganisationId, Expr::value(organisation))
                .filter(attendance::Column::Id.eq(row.id))
                .exec(db)
                .await?;
        }
    }
    session::Entity::update_many()
        .col_expr(session::Column::RosterFrozenAt, Expr::value(now))
        .col_expr(session::Column::Revision, Expr::col(session::Column::Revision).add(1))
        .filter(session::Column::Id.eq(session.id))
        .exec(db)
        .await?;
    Ok(())
}

/// Everyone invited to a session, by the memberships of its day.
pub async fn invited_to(
    db: &impl ConnectionTrait,
    event: &event::Model,
    session: &session::Model,
) -> Result<Vec<Member>, DbErr> {
    invited(db, &Audience::load(db, event).await?, session.day).await
}

/// The roster as it stands: fixed, or still following memberships. Empty for an event that nobody must attend.
pub async fn of(
    db: &impl ConnectionTrait,
    event: &event::Model,
    session: &session::Model,
) -> Result<Vec<roster_entry::Model>, DbErr> {
    if session.roster_frozen_at.is_some() {
        return roster_entry::Entity::find().filter(roster_entry::Column::SessionId.eq(session.id)).all(db).await;
    }
    if !event.required {
        return Ok(Vec::new());
    }
    let people = invited_to(db, event, session).await?;
    Ok(people
        .into_iter()
        .map(|member| roster_entry::Model {
            session_id: session.id,
            person_id: member.person_id,
            organisation_id: member.organisation_id,
            name: member.name,
            title: member.title,
        })
        .collect())
}

fn entry(session: SessionId, member: &Member) -> roster_entry::ActiveModel {
    roster_entry::ActiveModel {
        session_id: Set(session),
        person_id: Set(member.person_id),
        organisation_id: Set(member.organisation_id),
        name: Set(member.name.clone()),
        title: Set(member.title.clone()),
    }
}
