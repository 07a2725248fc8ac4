//! Events and sessions behind a figure.

use entity::id::EventId;
use entity::{event, organisation, session};
use sea_orm::sea_query::{Condition, Order, Query};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use super::{Part, Row, col};
use crate::report::grouped::all;
use crate::report::source::Scope;
use crate::scheduling::{Kinds, session as held};

pub(super) async fn events(
    db: &impl ConnectionTrait,
    scope: &Scope,
    which: Condition,
    part: Part,
) -> Result<Vec<Row>, DbErr> {
    let held = scope.sessions().cond_where(which).column((session::Entity, session::Column::EventId)).to_owned();
    let own = |column| (event::Entity, column);
    let query = Query::select()
        .from(event::Entity)
        .inner_join(
            organisation::Entity,
            col((organisation::Entity, organisation::Column::Id)).equals(own(event::Column::HostId)),
        )
        .expr_as(col(own(event::Column::Id)), "event_id")
        .expr_as(col(own(event::Column::Key)), "event_key")
        .columns([own(event::Column::Kind), own(event::Column::Title), own(event::Column::Status)])
        .expr_as(col((organisation::Entity, organisation::Column::Code)), "org_code")
        .and_where(col(own(event::Column::Id)).in_subquery(held))
        .order_by(own(event::Column::Key), Order::Asc)
        .offset(part.offset)
        .limit(part.limit)
        .to_owned();
    let row = |of: OfEvent| Row {
        event_key: Some(of.event_key),
        kind: Some(of.kind),
        title: Some(of.title),
        org_code: Some(of.org_code),
        status: Some(of.status),
        event_id: Some(of.event_id),
        ..Row::default()
    };
    Ok(all::<OfEvent>(db, &query).await?.into_iter().map(row).collect())
}

pub(super) async fn sessions(
    db: &impl ConnectionTrait,
    kinds: &Kinds,
    scope: &Scope,
    which: Condition,
    part: Part,
) -> Result<Vec<Row>, DbErr> {
    let ids = scope.sessions().cond_where(which).column((session::Entity, session::Column::Id)).to_owned();
    let found = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(col((session::Entity, session::Column::Id)).in_subquery(ids))
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .offset(part.offset)
        .limit(part.limit)
        .all(db)
        .await?;
    let row = |(session, event): (session::Model, Option<event::Model>)| {
        let event = event?;
        let span = held::span(&session);
        Some(Row {
            title: Some(held::title(&event, &session).to_owned()),
            starts_at: Some(span.start_text()),
            ends_at: Some(span.end_text()),
            hours: Some(crate::report::length(kinds, &event.kind, &session)),
            status: Some(session.status.to_string()),
            session_key: Some(session.key),
            event_key: Some(event.key),
            kind: Some(event.kind),
            event_id: Some(event.id),
            ..Row::default()
        })
    };
    Ok(found.into_iter().filter_map(row).collect())
}

#[derive(FromQueryResult)]
struct OfEvent {
    event_id: EventId,
    event_key: String,
    kind: String,
    title: String,
    status: String,
    org_code: String,
}
