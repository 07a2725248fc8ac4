//! Taking messages back before they go out.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::id::{EventId, OutboxId, PersonId, SeriesId, SessionId};
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

/// What was written from `since` on about calendars, of these sessions and of these series as a whole, and the co-hosts
/// that were asked at that moment; by id. In the caller's transaction, which holds the rows from now on.
pub async fn written_since(
    db: &impl ConnectionTrait,
    event: EventId,
    (sessions, series): (&[SessionId], &[SeriesId]),
    since: DateTime<Utc>,
) -> Result<Vec<outbox::Model>, DbErr> {
    let about = Condition::any()
        .add(Column::SessionId.is_in(sessions.iter().copied()))
        .add(Column::SeriesId.is_in(series.iter().copied()));
    // Whether a reminder still fits is looked at when it goes out.
    let told = Condition::all().add(about).add(Column::Kind.is_in([
        MessageKind::Invitation,
        MessageKind::Update,
        MessageKind::Cancellation,
    ]));
    let asked = Condition::all().add(Column::Kind.eq(MessageKind::CoHost)).add(Column::CreatedAt.eq(since));
    outbox::Entity::find()
        .filter(Column::EventId.eq(event))
        .filter(Column::CreatedAt.gte(since))
        .filter(Condition::any().add(told).add(asked))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(db)
        .await
}

/// Takes messages back, in the caller's transaction, which holds the rows: what a worker has claimed counts as told.
/// What was tried and failed is not tried again.
pub async fn withdraw(db: &impl ConnectionTrait, rows: Vec<outbox::Model>) -> Result<Withdrawn, DbErr> {
    let (mut untried, mut given_up, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
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

/// Takes the reminders back that wait for the morning, or for another try: of sessions that are none of these people's
/// any more.
pub async fn unremind(db: &impl ConnectionTrait, whom: &[(SessionId, PersonId)]) -> Result<(), DbErr> {
    let mut of: BTreeMap<SessionId, Vec<PersonId>> = BTreeMap::new();
    for (session, person) in whom {
        of.entry(*session).or_default().push(*person);
    }
    for (session, people) in of {
        for people in people.chunks(1_000) {
            let rows = outbox::Entity::find()
                .filter(Column::SessionId.eq(session))
                .filter(Column::PersonId.is_in(people.iter().copied()))
                .filter(Column::Kind.eq(MessageKind::Reminder))
                .filter(Column::State.is_in([MessageState::Queued, MessageState::Failed]))
                .filter(Column::LeasedBy.is_null())
                .lock_exclusive()
                .all(db)
                .await?;
            withdraw(db, rows).await?;
        }
    }
    Ok(())
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
