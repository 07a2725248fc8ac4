//! Taking messages out of the outbox: claimed by a lease, settled by what became of them.
//!
//! A lease says that a worker is at it. A worker that is alive renews it; of one that was killed it runs out, and
//! another takes the row over.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::OutboxId;
use entity::outbox::{self, Column};
use entity::state::{MessageKind, MessageState};
use sea_orm::sea_query::{Expr, LockBehavior, LockType, Query, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, Order, QueryFilter};

/// For how long a claim holds unless it is renewed. With the ticks before and after, what a killed server had claimed
/// goes on within 30 seconds.
pub const LEASE: TimeDelta = TimeDelta::seconds(25);

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server took it, and said this.
    Sent(String),
    /// It did not go out, and may at another time.
    Failed(String),
    /// It will never go out.
    Dead(String),
}

/// When a failed delivery is tried again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Before the second attempt.
    pub retry_after: TimeDelta,
    /// Attempts before a message is dead.
    pub max_attempts: i32,
}

impl Patience {
    /// The longest wait between two attempts.
    const LONGEST: TimeDelta = TimeDelta::days(1);

    /// How long to wait after `attempts` failed ones: `retry_after`, doubling, at most a day; `jitter` from 0 to 1
    /// adds up to a tenth, so that what failed together does not come back together.
    #[must_use]
    pub fn wait(&self, attempts: i32, jitter: f64) -> TimeDelta {
        let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 20)).unwrap_or(0);
        let plain = self.retry_after.checked_mul(1 << doublings).unwrap_or(Self::LONGEST).min(Self::LONGEST);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "at most a day in milliseconds"
        )]
        let extra = (plain.num_milliseconds() as f64 * 0.1 * jitter.clamp(0.0, 1.0)) as i64;
        (plain + TimeDelta::milliseconds(extra)).min(Self::LONGEST)
    }
}

/// Takes up to `limit` messages that are due and that nobody holds, oldest first, for `worker` until [`LEASE`] runs
/// out. Two workers never get the same one.
pub async fn claim(
    db: &impl ConnectionTrait,
    worker: &str,
    limit: u64,
    now: DateTime<Utc>,
) -> Result<Vec<outbox::Model>, DbErr> {
    let due = Query::select()
        .column(Column::Id)
        .from(outbox::Entity)
        .cond_where(
            Condition::all()
                .add(Column::State.is_in([MessageState::Queued, MessageState::Failed]))
                .add(Column::NextAt.lte(now))
                .add(Condition::any().add(Column::LeaseUntil.is_null()).add(Column::LeaseUntil.lte(now))),
        )
        .order_by(Column::NextAt, Order::Asc)
        .order_by(Column::Id, Order::Asc)
        .limit(limit)
        // Left out on SQLite, where one writer at a time is lock enough.
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .to_owned();
    let mut rows = outbox::Entity::update_many()
        .col_expr(Column::LeaseUntil, Expr::value(now + LEASE))
        .col_expr(Column::LeasedBy, Expr::value(worker))
        .filter(Expr::col(Column::Id).in_subquery(due))
        .exec_with_returning(db)
        .await?;
    rows.sort_by_key(|row| (row.next_at, row.id));
    Ok(rows)
}

/// Whether anything is due that nobody holds: a look without writing.
pub async fn has_due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let found = outbox::Entity::find()
        .filter(Column::State.is_in([MessageState::Queued, MessageState::Failed]))
        .filter(Column::NextAt.lte(now))
        .filter(Condition::any().add(Column::LeaseUntil.is_null()).add(Column::LeaseUntil.lte(now)))
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// Holds on to everything that `worker` has claimed and not settled.
pub async fn renew(db: &impl ConnectionTrait, worker: &str, now: DateTime<Utc>) -> Result<(), DbErr> {
    outbox::Entity::update_many()
        .col_expr(Column::LeaseUntil, Expr::value(now + LEASE))
        .filter(Column::LeasedBy.eq(worker))
        .exec(db)
        .await
        .map(drop)
}

/// Writes down what became of a claimed message and lets go of it. False when the lease had run out and somebody else
/// holds it now: then their word stands. Secrets are removed once a message needs them no more.
pub async fn settle(
    db: &impl ConnectionTrait,
    row: &outbox::Model,
    worker: &str,
    outcome: Outcome,
    patience: Patience,
    jitter: f64,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let attempts = row.attempts + 1;
    let given_up = attempts >= patience.max_attempts;
    let (state, answer) = match outcome {
        Outcome::Sent(answer) => (MessageState::Sent, answer),
        Outcome::Failed(answer) if given_up => (MessageState::Dead, answer),
        Outcome::Failed(answer) => (MessageState::Failed, answer),
        Outcome::Dead(answer) => (MessageState::Dead, answer),
    };
    let nothing = || SimpleExpr::from(Expr::value(None::<String>));
    let mut update = outbox::Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::Attempts, Expr::value(attempts))
        .col_expr(Column::Answer, Expr::value(answer))
        .col_expr(Column::LeasedBy, nothing())
        .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>));
    update = match state {
        MessageState::Sent => update.col_expr(Column::SentAt, Expr::value(now)),
        _ => update.col_expr(Column::NextAt, Expr::value(now + patience.wait(attempts, jitter))),
    };
    if row.kind == MessageKind::SignIn && state != MessageState::Failed {
        update = update.col_expr(Column::Detail, Expr::value(None::<serde_json::Value>));
    }
    let done = update.filter(Column::Id.eq(row.id)).filter(Column::LeasedBy.eq(worker)).exec(db).await?;
    Ok(done.rows_affected == 1)
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
        .col_expr(Column::LeasedBy, Expr::value(None::<String>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::Id.eq(row.id))
        .filter(Column::LeasedBy.eq(worker))
        .exec(db)
        .await
        .map(drop)
}

/// Lets go of messages that were claimed and not tried: the server stops.
pub async fn release(db: &impl ConnectionTrait, worker: &str, ids: &[OutboxId]) -> Result<(), DbErr> {
    outbox::Entity::update_many()
        .col_expr(Column::LeasedBy, Expr::value(None::<String>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::LeasedBy.eq(worker))
        .exec(db)
        .await
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_day() {
        let patience = Patience { retry_after: TimeDelta::seconds(60), max_attempts: 12 };
        let minutes: Vec<_> = (1..=5).map(|n| patience.wait(n, 0.0).num_minutes()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16]);
        assert_eq!(patience.wait(1, 1.0), TimeDelta::seconds(66));
        assert_eq!(patience.wait(40, 1.0), TimeDelta::days(1));
    }
}
