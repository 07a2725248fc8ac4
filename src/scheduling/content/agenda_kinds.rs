//! Study inside another meeting: kinds that an event has because an item of an agenda is of that kind (counting
//! rule 11).

use std::collections::{BTreeSet, HashMap};

use entity::id::EventId;
use entity::state::SessionStatus;
use entity::{agenda_item, event, event_also_kind, session};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect,
};

use crate::db::insert_all;

type Kinds = BTreeSet<(EventId, String)>;

/// Makes the further kinds of these events follow their agendas, in the caller's transaction: a kind of an item of a
/// session that is not cancelled is added, and one that was added so goes with its last item. Kinds set on an event
/// itself, and its own kind, are left alone. Gives the events that changed.
pub async fn follow_agendas(db: &impl ConnectionTrait, events: &[EventId]) -> Result<BTreeSet<EventId>, DbErr> {
    let mut changed = BTreeSet::new();
    for events in events.chunks(1_000) {
        let own: HashMap<EventId, String> = event::Entity::find()
            .select_only()
            .columns([event::Column::Id, event::Column::Kind])
            .filter(event::Column::Id.is_in(events.iter().copied()))
            .into_tuple()
            .all(db)
            .await?
            .into_iter()
            .collect();
        let mut wanted = of_agendas(db, events).await?;
        wanted.retain(|(event, kind)| own.get(event).is_some_and(|own| own != kind));
        let rows = event_also_kind::Entity::find()
            .filter(event_also_kind::Column::EventId.is_in(events.iter().copied()))
            .all(db)
            .await?;
        let there: Kinds = rows.iter().map(|row| (row.event_id, row.kind.clone())).collect();
        let by_agenda: Kinds =
            rows.into_iter().filter(|row| row.by_agenda).map(|row| (row.event_id, row.kind)).collect();
        let gone: Vec<_> = by_agenda.difference(&wanted).cloned().collect();
        let new: Vec<_> = wanted.difference(&there).cloned().collect();
        changed.extend(gone.iter().chain(&new).map(|(event, _)| *event));
        take_out(db, &gone).await?;
        let add = |(event, kind)| event_also_kind::ActiveModel {
            event_id: Set(event),
            kind: Set(kind),
            by_agenda: Set(true),
        };
        insert_all(db, new.into_iter().map(add).collect(), None).await?;
    }
    Ok(changed)
}

async fn of_agendas(db: &impl ConnectionTrait, events: &[EventId]) -> Result<Kinds, DbErr> {
    let sittings = Query::select()
        .column(session::Column::Id)
        .from(session::Entity)
        .and_where(session::Column::EventId.is_in(events.iter().copied()))
        .and_where(session::Column::Status.ne(SessionStatus::Cancelled))
        .to_owned();
    let rows: Vec<(EventId, String)> = agenda_item::Entity::find()
        .select_only()
        .column_as(Expr::col((session::Entity, session::Column::EventId)), "event_id")
        .column(agenda_item::Column::Kind)
        .distinct()
        .join(
            sea_orm::JoinType::InnerJoin,
            agenda_item::Entity::belongs_to(session::Entity)
                .from(agenda_item::Column::SessionId)
                .to(session::Column::Id)
                .into(),
        )
        .filter(Expr::col(agenda_item::Column::SessionId).in_subquery(sittings))
        .filter(agenda_item::Column::Kind.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

async fn take_out(db: &impl ConnectionTrait, gone: &[(EventId, String)]) -> Result<(), DbErr> {
    if gone.is_empty() {
        return Ok(());
    }
    let one = |(event, kind): &(EventId, String)| {
        Condition::all().add(event_also_kind::Column::EventId.eq(*event)).add(event_also_kind::Column::Kind.eq(kind))
    };
    let all = gone.iter().fold(Condition::any(), |all, pair| all.add(one(pair)));
    event_also_kind::Entity::delete_many().filter(all).exec(db).await.map(drop)
}
