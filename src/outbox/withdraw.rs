//! Taking messages back before they go out.

use chrono::{DateTime, Utc};
use entity::id::{EventId, OutboxId, SeriesId, SessionId};
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

/// Whose messages a deed wrote.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// Sessions that it told of, or their reminders.
    pub sessions: Vec<SessionId>,
    /// Series that it told of as a whole.
    pub series: Vec<SeriesId>,
    /// What stands in the keys between kind and person: `{session}:{sequence}`, `series:{series}:{sequence}`.
    pub keys: Vec<String>,
}

/// Takes back what one deed told, and what was to remind of its sessions since. In the caller's transaction, which holds the rows: what a worker has claimed counts as told.
/// What was tried and failed is not tried again.
pub async fn withdraw(
    db: &impl ConnectionTrait,
    event: EventId,
    written: &Written,
    since: DateTime<Utc>,
) -> Result<Withdrawn, DbErr> {
    let told = Condition::any()
        .add(Column::SessionId.is_in(written.sessions.iter().copied()))
        .add(Column::SeriesId.is_in(written.series.iter().copied()));
    let of_session = Condition::all().add(told).add(Column::Kind.is_in([
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
    for row in rows.into_iter().filter(|row| is_of(row, &written.keys)) {
        match (row.state, row.leased_by.is_some()) {
            (MessageState::Queued, false) if row.attempts == 0 => untried.push(row.id),
            // Nobody has it, and nobody should once it is sent again.
            (MessageState::Dead, _) => given_up.push(row.id),
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
fn is_of(row: &outbox::Model, keys: &[String]) -> bool {
    if matches!(row.kind, MessageKind::Reminder | MessageKind::CoHost) {
        return true;
    }
    keys.iter().any(|key| row.key.starts_with(&format!("{}:{key}:", row.kind)))
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
