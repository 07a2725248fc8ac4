//! Writing down what became of messages: many in one statement, for a mass mail settles thousands in a second.

use chrono::{DateTime, Utc};
use entity::id::OutboxId;
use entity::outbox::{self, Column, Model as Row};
use entity::state::{MessageKind, MessageState};
use sea_orm::sea_query::{Expr, IntoIden, IntoValueTuple, Query, TableRef};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter};

use super::outcome::{Outcome, Patience};

/// The most rows of one statement, as a power of two. Each has four values: fewer than either database allows.
const GROUP_BITS: u32 = 9;

/// A claimed message that was tried.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Which.
    pub id: OutboxId,
    kind: MessageKind,
    /// With this one.
    attempts: i32,
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
        Self { id: row.id, kind: row.kind, attempts: row.attempts + 1, outcome, jitter, at }
    }

    fn state(&self, patience: Patience) -> MessageState {
        match self.outcome {
            Outcome::Sent(_) => MessageState::Sent,
            Outcome::Dead(_) | Outcome::Moot(_) => MessageState::Dead,
            Outcome::Failed(_) | Outcome::Away(_) if self.attempts >= patience.max_attempts => MessageState::Dead,
            Outcome::Failed(_) | Outcome::Away(_) => MessageState::Failed,
        }
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
    for state in [MessageState::Sent, MessageState::Failed, MessageState::Dead] {
        let those: Vec<_> = settled.iter().filter(|one| one.state(patience) == state).collect();
        let mut rest = those.as_slice();
        while let Some(bits) = rest.len().checked_ilog2() {
            // By powers of two few statements are prepared and kept, however many come at a time.
            let (group, more) = rest.split_at(1 << Ord::min(bits, GROUP_BITS));
            held += settle_group(db, worker, group, state, patience).await?;
            rest = more;
        }
    }
    Ok(held)
}

async fn settle_group(
    db: &impl ConnectionTrait,
    worker: &str,
    group: &[&Settled],
    state: MessageState,
    patience: Patience,
) -> Result<u64, DbErr> {
    let word = |column: &'static str| Expr::col(("word", column));
    let rows = group.iter().map(|one| {
        let at = match state {
            MessageState::Sent => one.at,
            _ => one.at + patience.wait(one.attempts, one.jitter),
        };
        (one.id, one.answer(), at, one.is_moot()).into_value_tuple()
    });
    let update = Query::update()
        .table(outbox::Entity)
        .from(TableRef::ValuesList(rows.collect(), "word".into_iden()))
        .value(Column::State, state)
        .value(Column::Attempts, Expr::col((outbox::Entity, Column::Attempts)).add(1))
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
