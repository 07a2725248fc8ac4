//! Laws and subjects by name.

use entity::id::OrganisationId;
use entity::{event, event_topic};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, LikeExpr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::scheduling::hosted_below;

/// Names offered to choose from.
const MOST: u64 = 500;

/// The laws and subjects of events that an organisation may see, each once, by name: to choose from.
pub async fn known_topics(db: &impl ConnectionTrait, seen_by: OrganisationId) -> Result<Vec<String>, DbErr> {
    let seen = Query::select()
        .column((event::Entity, event::Column::Id))
        .from(event::Entity)
        .cond_where(hosted_below(seen_by))
        .to_owned();
    event_topic::Entity::find()
        .select_only()
        .column(event_topic::Column::Name)
        .distinct()
        .filter(Expr::col(event_topic::Column::EventId).in_subquery(seen))
        .order_by_asc(event_topic::Column::Name)
        .limit(MOST)
        .into_tuple()
        .all(db)
        .await
}

/// A condition on `event`: it has a law or subject of that name.
#[must_use]
pub fn with_topic(name: &str) -> Condition {
    having(event_topic::Column::Name.eq(name))
}

/// A condition on `event`: it has a law or subject whose name, in lower case, matches that pattern.
#[must_use]
pub fn with_topic_like(pattern: LikeExpr) -> Condition {
    having(Expr::expr(Func::lower(Expr::col(event_topic::Column::Name))).like(pattern))
}

fn having(which: Expr) -> Condition {
    let events = Query::select()
        .column((event_topic::Entity, event_topic::Column::EventId))
        .from(event_topic::Entity)
        .and_where(which)
        .to_owned();
    Condition::all().add(Expr::col((event::Entity, event::Column::Id)).in_subquery(events))
}
