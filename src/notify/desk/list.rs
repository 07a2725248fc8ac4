//! Looking for messages.

use chrono::{DateTime, Utc};
use entity::id::EventId;
use entity::outbox::{self, Column};
use entity::state::{MessageKind, MessageState};
use entity::{event, person};
use sea_orm::sea_query::{Expr, Func, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, Order, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::Reach;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Of whom.
    pub reach: Reach,
    /// In that state.
    pub state: Option<MessageState>,
    /// Of that kind.
    pub kind: Option<MessageKind>,
    /// With that in the address, or in the name of whom it goes to.
    pub text: String,
}

impl Wanted {
    fn condition(&self) -> Condition {
        let mut all = Condition::all()
            .add(self.reach.condition())
            .add_option(self.state.map(|state| Column::State.eq(state)))
            .add_option(self.kind.map(|kind| Column::Kind.eq(kind)));
        let text = self.text.trim().replace('\0', "").to_lowercase();
        if !text.is_empty() {
            let like = format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_"));
            let like = sea_orm::sea_query::LikeExpr::new(like).escape('!');
            let named = Query::select()
                .column(person::Column::Id)
                .from(person::Entity)
                .and_where(Expr::expr(Func::lower(Expr::col(person::Column::Name))).like(like.clone()))
                .to_owned();
            all = all.add(
                Condition::any()
                    .add(Expr::expr(Func::lower(Expr::col(Column::Address))).like(like))
                    .add(Expr::col(Column::PersonId).in_subquery(named)),
            );
        }
        all
    }
}

/// A page of messages.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The newest first.
    pub rows: Vec<(outbox::Model, Option<event::Model>)>,
    /// How many there are in all.
    pub total: u64,
}

/// The messages of page `at`, from 1, of `size` each.
pub async fn find(db: &impl ConnectionTrait, wanted: &Wanted, at: u64, size: u64) -> Result<Found, DbErr> {
    let ids = || outbox::Entity::find().filter(wanted.condition());
    let total = ids().count(db).await?;
    let rows =
        ids().order_by_desc(Column::Id).limit(size).offset(at.saturating_sub(1).saturating_mul(size)).all(db).await?;
    let events: Vec<EventId> = rows.iter().filter_map(|row| row.event_id).collect();
    let events = event::Entity::find().filter(event::Column::Id.is_in(events)).all(db).await?;
    let of = |row: &outbox::Model| events.iter().find(|event| Some(event.id) == row.event_id).cloned();
    Ok(Found { rows: rows.into_iter().map(|row| (of(&row), row)).map(|(event, row)| (row, event)).collect(), total })
}

/// An event with messages that were given up.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct Dead {
    /// Which.
    pub event_id: EventId,
    /// How many.
    pub count: i64,
    /// When the newest was written.
    pub newest: DateTime<Utc>,
}

/// The events of `reach` with messages that were given up and can be sent again, at most `most`, those with the newest
/// first.
pub async fn with_dead(db: &impl ConnectionTrait, reach: Reach, most: u64) -> Result<Vec<Dead>, DbErr> {
    outbox::Entity::find()
        .select_only()
        .column(Column::EventId)
        .column_as(Column::Id.count(), "count")
        .column_as(Column::CreatedAt.max(), "newest")
        .filter(reach.condition())
        .filter(Column::EventId.is_not_null())
        .filter(Column::State.eq(MessageState::Dead))
        .group_by(Column::EventId)
        .order_by(Column::CreatedAt.max(), Order::Desc)
        .limit(most)
        .into_model()
        .all(db)
        .await
}
