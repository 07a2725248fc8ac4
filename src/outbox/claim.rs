//! Taking messages out of the outbox by a lease.
//!
//! A lease says that a worker is at it. A worker that is alive renews it; of one that was killed it runs out, and
//! another takes the row over.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::OutboxId;
use entity::outbox::{self, Column};
use entity::state::{MessageKind, MessageState};
use sea_orm::sea_query::{Expr, LockBehavior, LockType, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, Order, QueryFilter};

use super::queue::AHEAD;

/// For how long a claim holds unless it is renewed. With the ticks before and after, what a killed server had claimed
/// goes on within 30 seconds.
pub const LEASE: TimeDelta = TimeDelta::seconds(25);

/// Takes up to `limit` messages that are due and that nobody holds, oldest first, for `worker` until [`LEASE`] runs
/// out. Two workers never get the same one. What failed before gets half of the places, so that neither a flood of
/// new messages nor one of failing ones keeps the others waiting.
pub async fn claim(
    db: &impl ConnectionTrait,
    worker: &str,
    limit: u64,
    now: DateTime<Utc>,
) -> Result<Vec<outbox::Model>, DbErr> {
    let mut rows = take(db, worker, MessageState::Failed, limit.div_ceil(2), now).await?;
    let left = limit.saturating_sub(u64::try_from(rows.len()).unwrap_or(u64::MAX));
    rows.extend(take(db, worker, MessageState::Queued, left, now).await?);
    rows.sort_by_key(|row| (row.next_at, row.id));
    Ok(rows)
}

/// The same of links to sign in, for which somebody waits; what else is due stays. They lie so far ahead of the rest that
/// the look is a short one however much is due.
pub async fn claim_links(
    db: &impl ConnectionTrait,
    worker: &str,
    limit: u64,
    now: DateTime<Utc>,
) -> Result<Vec<outbox::Model>, DbErr> {
    let query = links(now).column(Column::Id).limit(limit).to_owned();
    hold(db, worker, query, now).await
}

/// Whether any of those is due: a look without writing.
pub async fn has_links(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let query = links(now).expr(Expr::val(1)).limit(1).to_owned();
    Ok(db.query_one(&query).await?.is_some())
}

fn links(now: DateTime<Utc>) -> SelectStatement {
    due(MessageState::Queued, now)
        .and_where(Column::NextAt.lte(now - AHEAD))
        .and_where(Column::Kind.eq(MessageKind::SignIn))
        .to_owned()
}

/// One state at a time: then the index gives the rows in their order, however many are due.
async fn take(
    db: &impl ConnectionTrait,
    worker: &str,
    state: MessageState,
    limit: u64,
    now: DateTime<Utc>,
) -> Result<Vec<outbox::Model>, DbErr> {
    let due = due(state, now).column(Column::Id).order_by(Column::NextAt, Order::Asc).limit(limit).to_owned();
    hold(db, worker, due, now).await
}

async fn hold(
    db: &impl ConnectionTrait,
    worker: &str,
    mut due: SelectStatement,
    now: DateTime<Utc>,
) -> Result<Vec<outbox::Model>, DbErr> {
    // Left out on SQLite, where one writer at a time is lock enough.
    due.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    outbox::Entity::update_many()
        .col_expr(Column::LeaseUntil, Expr::value(now + LEASE))
        .col_expr(Column::LeasedBy, Expr::value(worker))
        .filter(Expr::col(Column::Id).in_subquery(due))
        .exec_with_returning(db)
        .await
}

fn due(state: MessageState, now: DateTime<Utc>) -> SelectStatement {
    let free = Condition::any().add(Column::LeaseUntil.is_null()).add(Column::LeaseUntil.lte(now));
    Query::select()
        .from(outbox::Entity)
        .and_where(Column::State.eq(state))
        .and_where(Column::NextAt.lte(now))
        .cond_where(free)
        .to_owned()
}

/// Whether anything is due that nobody holds: a look without writing.
pub async fn has_due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, DbErr> {
    for state in [MessageState::Queued, MessageState::Failed] {
        let query = due(state, now).expr(Expr::val(1)).limit(1).to_owned();
        if db.query_one(&query).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Holds on to those of these messages that `worker` still has. One that is being settled at this moment is passed over:
/// waiting for it could make both wait for each other.
pub async fn renew(db: &impl ConnectionTrait, worker: &str, ids: &[OutboxId], now: DateTime<Utc>) -> Result<(), DbErr> {
    for ids in ids.chunks(1_000) {
        let held = Query::select()
            .column(Column::Id)
            .from(outbox::Entity)
            .and_where(Column::Id.is_in(ids.iter().copied()))
            .and_where(Column::LeasedBy.eq(worker))
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .to_owned();
        outbox::Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::value(now + LEASE))
            .filter(Expr::col(Column::Id).in_subquery(held))
            .exec(db)
            .await?;
    }
    Ok(())
}

/// Lets go of messages that were claimed and not tried: the worker stops, or the mail server is away.
pub async fn release(db: &impl ConnectionTrait, worker: &str, ids: &[OutboxId]) -> Result<(), DbErr> {
    for ids in ids.chunks(1_000) {
        outbox::Entity::update_many()
            .col_expr(Column::LeasedBy, Expr::value(None::<String>))
            .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
            .filter(Column::Id.is_in(ids.iter().copied()))
            .filter(Column::LeasedBy.eq(worker))
            .exec(db)
            .await?;
    }
    Ok(())
}

/// Lets go of a message that was claimed and is not to go before `until`; that counts as no attempt.
pub async fn put_off(
    db: &impl ConnectionTrait,
    row: &outbox::Model,
    worker: &str,
    until: DateTime<Utc>,
) -> Result<(), DbErr> {
    outbox::Entity::update_many()
        .col_expr(Column::NextAt, Expr::value(until))
        .col_expr(Column::PacedAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::LeasedBy, Expr::value(None::<String>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::Id.eq(row.id))
        .filter(Column::LeasedBy.eq(worker))
        .exec(db)
        .await
        .map(drop)
}
