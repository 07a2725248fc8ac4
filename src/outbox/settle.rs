//! Writing down what became of messages: many in one statement, for a mass mail settles thousands in a second.

use chrono::{DateTime, Utc};
use entity::id::OutboxId;
use entity::outbox::{self, Column, Model as Row};
use entity::state::{MessageKind, MessageState};
use sea_orm::sea_query::{CaseStatement, Expr, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter};

use super::outcome::{Outcome, Patience};

/// Rows of one statement: each is a case in it.
const GROUP: usize = 200;

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
            Outcome::Dead(_) => MessageState::Dead,
            Outcome::Failed(_) | Outcome::Away(_) if self.attempts >= patience.max_attempts => MessageState::Dead,
            Outcome::Failed(_) | Outcome::Away(_) => MessageState::Failed,
        }
    }

    fn answer(&self) -> &str {
        match &self.outcome {
            Outcome::Sent(text) | Outcome::Failed(text) | Outcome::Away(text) | Outcome::Dead(text) => text,
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
        for group in those.chunks(GROUP) {
            held += settle_group(db, worker, group, state, patience).await?;
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
    let mut update = outbox::Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .col_expr(Column::Answer, by_id(group, |one| Expr::value(one.answer())))
        .col_expr(Column::PacedAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::LeasedBy, Expr::value(None::<String>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>));
    update = match state {
        MessageState::Sent => update.col_expr(Column::SentAt, by_id(group, |one| Expr::value(one.at))),
        _ => update.col_expr(
            Column::NextAt,
            by_id(group, |one| Expr::value(one.at + patience.wait(one.attempts, one.jitter))),
        ),
    };
    let ids = group.iter().map(|one| one.id);
    let done = update.filter(Column::Id.is_in(ids)).filter(Column::LeasedBy.eq(worker)).exec(db).await?;
    let secrets: Vec<_> = group.iter().filter(|one| one.kind == MessageKind::SignIn).map(|one| one.id).collect();
    if state != MessageState::Failed && !secrets.is_empty() {
        outbox::Entity::update_many()
            .col_expr(Column::Detail, Expr::value(None::<serde_json::Value>))
            .filter(Column::Id.is_in(secrets))
            .filter(Column::State.is_in([MessageState::Sent, MessageState::Dead]))
            .exec(db)
            .await?;
    }
    Ok(done.rows_affected)
}

/// Of each row its own value; one value that all share stands by itself.
fn by_id(group: &[&Settled], value: impl Fn(&Settled) -> SimpleExpr) -> SimpleExpr {
    let mut values = group.iter().map(|one| value(one));
    let first = values.next().unwrap_or_else(|| Expr::value(None::<String>));
    if values.all(|other| other == first) {
        return first;
    }
    let case =
        group.iter().fold(CaseStatement::new(), |case, one| case.case(Expr::col(Column::Id).eq(one.id), value(one)));
    // Every row has its case; PostgreSQL takes the type of the last.
    case.finally(first).into()
}
