//! Taking messages back before they go out.

use chrono::{DateTime, Utc};
use entity::id::{EventId, OutboxId, SessionId};
use entity::outbox::{self, Column};
use entity::state::{MessageKind, MessageState};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// What a deed told, and what became of it.
#[derive(Clone, Debug, Default)]
pub struct Withdrawn {
    /// How many messages nobody had tried to send, and are gone.
    pub untried: usize,
    /// Those that somebody has, or may have: sent, being sent, or tried without a clear end.
    pub told: Vec<outbox::Model>,
}

/// Takes back what one deed told of these sessions, each with the SEQUENCE that the deed gave it, and what was to
/// remind of them since. In the caller's transaction, which holds the rows: what a worker has claimed counts as told.
/// What was tried and failed is not tried again.
pub async fn withdraw(
    db: &impl ConnectionTrait,
    event: EventId,
    sessions: &[(SessionId, i32)],
    since: DateTime<Utc>,
) -> Result<Withdrawn, DbErr> {
    let of_session =
        Condition::all().add(Column::SessionId.is_in(sessions.iter().map(|(id, _)| *id))).add(Column::Kind.is_in([
            MessageKind::Invitation,
            MessageKind::Update,
            MessageKind::Cancellation,
            MessageKind::Reminder,
        ]));
    let asked = Condition::all().add(Column::Kind.eq(MessageKind::CoHost)).add(Column::CreatedAt.eq(since));
    let rows = outbox::Entity::find()
        .filter(Column::EventId.eq(event))
        .filter(Column::CreatedAt.gte(since))
        .filter(Condition::any().add(of_session).add(asked))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(db)
        .await?;
    let (mut untried, mut given_up, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows.into_iter().filter(|row| is_of(row, sessions)) {
        match (row.state, row.leased_by.is_some()) {
            (MessageState::Queued, false) if row.attempts == 0 => untried.push(row.id),
            (MessageState::Dead, _) => {}
            (state, leased) => {
                if !leased && state != MessageState::Sent {
                    given_up.push(row.id);
                }
                told.push(row);
            }
        }
    }
    // Of reminders and of what co-hosts were asked nobody needs to hear the contrary.
    told.retain(|row| !matches!(row.kind, MessageKind::Reminder | MessageKind::CoHost));
    for ids in untried.chunks(1_000) {
        outbox::Entity::delete_many().filter(Column::Id.is_in(ids.iter().copied())).exec(db).await?;
    }
    give_up(db, &given_up).await?;
    Ok(Withdrawn { untried: untried.len(), told })
}

/// Whether a message is of that deed: it bears the SEQUENCE; a reminder and a co-host's question bear none.
fn is_of(row: &outbox::Model, sessions: &[(SessionId, i32)]) -> bool {
    if matches!(row.kind, MessageKind::Reminder | MessageKind::CoHost) {
        return true;
    }
    sessions.iter().any(|(id, sequence)| row.key.starts_with(&format!("{}:{id}:{sequence}:", row.kind)))
}

async fn give_up(db: &impl ConnectionTrait, ids: &[OutboxId]) -> Result<(), DbErr> {
    for ids in ids.chunks(1_000) {
        outbox::Entity::update_many()
            .col_expr(Column::Detail, Expr::value(serde_json::json!({ "withdrawn": true })))
            .filter(Column::Id.is_in(ids.iter().copied()))
            .exec(db)
            .await?;
    }
    Ok(())
}
