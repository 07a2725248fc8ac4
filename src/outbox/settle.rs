//! Writing down what became of messages: many in one statement, for a mass mail settles thousands in a second.

use chrono::{DateTime, Utc};
use entity::id::OutboxId;
use entity::outbox::{self, Column, Model as Row};
use entity::state::{MessageKind, MessageState};
use sea_orm::sea_query::{Expr, IntoIden, IntoValueTuple, LockType, Query, TableRef};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait, Order, QueryFilter};

use super::outcome::{Outcome, Patience};

/// The most rows of one statement, as a power of two. Each has four values: fewer than either database allows.
const GROUP_BITS: u32 = 9;

/// A claimed message that was tried.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Which.
    pub id: OutboxId,
    kind: MessageKind,
    /// Before this one.
    before: i32,
    created_at: DateTime<Utc>,
    outcome: Outcome,
    /// From 0 to 1, for the wait before the next attempt.
    jitter: f64,
    /// When it came to that.
    at: DateTime<Utc>,
}

impl Settled {
    /// Of the row as it was claimed.
    #[must_use]
    pub fn new(row: &Row, outcome: Outcome, jitter: f64, at: DateTime<Utc>) -> Self {
        Self { id: row.id, kind: row.kind, before: row.attempts, created_at: row.created_at, outcome, jitter, at }
    }

    /// The attempts that count, with this one.
    fn attempts(&self, patience: Patience) -> i32 {
        match self.outcome {
            Outcome::Away(_) => patience.count_away(self.before),
            _ => self.before + 1,
        }
    }

    fn state(&self, patience: Patience) -> MessageState {
        let attempts = self.attempts(patience);
        let is_over = match self.outcome {
            Outcome::Sent(_) => return MessageState::Sent,
            Outcome::Dead(_) | Outcome::Moot(_) => true,
            Outcome::Failed(_) => patience.is_over(attempts),
            Outcome::Away(_) => patience.is_away_for_good(attempts, self.at - self.created_at),
        };
        if is_over { MessageState::Dead } else { MessageState::Failed }
    }

    fn is_moot(&self) -> bool {
        matches!(self.outcome, Outcome::Moot(_))
    }

    fn answer(&self) -> &str {
        match &self.outcome {
            Outcome::Sent(text)
            | Outcome::Failed(text)
            | Outcome::Away(text)
            | Outcome::Dead(text)
            | Outcome::Moot(text) => text,
        }
    }
}

/// Writes down what became of claimed messages and lets go of them; gives how many of them `worker` still held. Where
/// a lease had run out and somebody else holds the row, their word stands. Secrets are removed once a message needs
/// them no more.
pub async fn settle(
    db: &impl ConnectionTrait,
    worker: &str,
    settled: &[Settled],
    patience: Patience,
) -> Result<u64, DbErr> {
    let mut held = 0;
    lock(db, settled).await?;
    for state in [MessageState::Sent, MessageState::Failed, MessageState::Dead] {
        for more in [1, 0] {
            let is_of = |one: &&Settled| one.state(patience) == state && one.attempts(patience) - one.before == more;
            let those: Vec<_> = settled.iter().filter(is_of).collect();
            let mut rest = those.as_slice();
            while let Some(bits) = rest.len().checked_ilog2() {
                // By powers of two few statements are prepared and kept, however many come at a time.
                let (group, others) = rest.split_at(1 << Ord::min(bits, GROUP_BITS));
                held += settle_group(db, worker, group, (state, more), patience).await?;
                rest = others;
            }
        }
    }
    Ok(held)
}

/// Locks all of them in the order of their ids, as whoever takes a mass mail back does: two that take the same rows in
/// different orders wait for each other. Not on SQLite, where one writer at a time is lock enough.
async fn lock(db: &impl ConnectionTrait, settled: &[Settled]) -> Result<(), DbErr> {
    let mut ids: Vec<_> = settled.iter().map(|one| one.id).collect();
    ids.sort_unstable();
    let (Some(&first), Some(&last)) = (ids.first(), ids.last()) else { return Ok(()) };
    if db.get_database_backend() != DbBackend::Postgres || first == last {
        return Ok(());
    }
    // The last one more than once, for the same few statements.
    ids.resize(ids.len().next_power_of_two(), last);
    let query = Query::select()
        .column(Column::Id)
        .from(outbox::Entity)
        .and_where(Column::Id.between(first, last))
        .and_where(Column::Id.is_in(ids))
        .order_by(Column::Id, Order::Asc)
        .lock(LockType::Update)
        .to_owned();
    db.query_all(&query).await.map(drop)
}

async fn settle_group(
    db: &impl ConnectionTrait,
    worker: &str,
    group: &[&Settled],
    (state, more): (MessageState, i32),
    patience: Patience,
) -> Result<u64, DbErr> {
    let word = |column: &'static str| Expr::col(("word", column));
    let rows = group.iter().map(|one| {
        let at = match state {
            MessageState::Sent => one.at,
            _ => one.at + patience.wait(one.attempts(patience), one.jitter),
        };
        (one.id, one.answer(), at, one.is_moot()).into_value_tuple()
    });
    let update = Query::update()
        .table(outbox::Entity)
        .from(TableRef::ValuesList(rows.collect(), "word".into_iden()))
        .value(Column::State, state)
        .value(Column::Attempts, Expr::col((outbox::Entity, Column::Attempts)).add(more))
        .value(Column::Answer, word("column2"))
        .value(if state == MessageState::Sent { Column::SentAt } else { Column::NextAt }, word("column3"))
        .value(Column::Moot, word("column4"))
        .value(Column::PacedAt, None::<DateTime<Utc>>)
        .value(Column::LeasedBy, None::<String>)
        .value(Column::LeaseUntil, None::<DateTime<Utc>>)
        .and_where(Expr::col((outbox::Entity, Column::Id)).eq(word("column1")))
        .and_where(Expr::col((outbox::Entity, Column::LeasedBy)).eq(worker))
        .to_owned();
    let done = db.execute(&update).await?;
    let secrets: Vec<_> = group.iter().filter(|one| one.kind == MessageKind::SignIn).map(|one| one.id).collect();
    if state != MessageState::Failed && !secrets.is_empty() {
        outbox::Entity::update_many()
            .col_expr(Column::Detail, Expr::value(None::<serde_json::Value>))
            .filter(Column::Id.is_in(secrets))
            .filter(Column::State.is_in([MessageState::Sent, MessageState::Dead]))
            .exec(db)
            .await?;
    }
    Ok(done.rows_affected())
}
