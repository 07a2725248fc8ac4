//! How many messages stand where, and the mass mails that are going out.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::EventId;
use entity::outbox::{self, Column};
use entity::state::{MessageKind, MessageState};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Order, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::Reach;

/// How many messages stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heaps {
    /// Due, and waiting for nothing but their turn.
    pub due: u64,
    /// Waiting for the slot that the pace of their domain gave them.
    pub paced: u64,
    /// Not to go before some later moment: reminders ahead, quiet hours.
    pub later: u64,
    /// Failed, to be tried again.
    pub failed: u64,
    /// Given up.
    pub dead: u64,
    /// Sent since the moment that was asked for.
    pub sent: u64,
    /// Since when the oldest one that is due has waited.
    pub oldest: Option<DateTime<Utc>>,
}

/// Counts the messages of `reach`; those sent only since `since`.
pub async fn heaps(
    db: &impl ConnectionTrait,
    reach: Reach,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Heaps, DbErr> {
    let all = || outbox::Entity::find().filter(reach.condition());
    let in_state = |state: MessageState| all().filter(Column::State.eq(state));
    let queued = || in_state(MessageState::Queued);
    let oldest: Option<Option<DateTime<Utc>>> = queued()
        .select_only()
        .column_as(Column::NextAt.min(), "oldest")
        .filter(Column::NextAt.lte(now))
        // A link to sign in lies ahead of all others by its time.
        .filter(Column::Kind.ne(MessageKind::SignIn))
        .into_tuple()
        .one(db)
        .await?;
    let ahead = || queued().filter(Column::NextAt.gt(now));
    Ok(Heaps {
        due: queued().filter(Column::NextAt.lte(now)).count(db).await?,
        paced: ahead().filter(Column::PacedAt.is_not_null()).count(db).await?,
        later: ahead().filter(Column::PacedAt.is_null()).count(db).await?,
        failed: in_state(MessageState::Failed).count(db).await?,
        dead: in_state(MessageState::Dead).count(db).await?,
        sent: in_state(MessageState::Sent).filter(Column::SentAt.gte(since)).count(db).await?,
        oldest: oldest.flatten(),
    })
}

/// A mass mail that is going out: what was written of one kind for one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Of which event.
    pub event: EventId,
    /// What it says.
    pub kind: MessageKind,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Mails that it has.
    pub total: i64,
    /// Taken by the mail server.
    pub sent: i64,
    /// To be tried again.
    pub failed: i64,
    /// Given up.
    pub dead: i64,
}

/// Mass mails at once on a page.
const MOST: u64 = 10;
/// Rows that were written within this belong to one mass mail: a large one is written in parts.
const PARTS: TimeDelta = TimeDelta::minutes(30);

#[derive(FromQueryResult)]
struct Begun {
    event_id: EventId,
    kind: MessageKind,
    first: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct Heap {
    event_id: EventId,
    kind: MessageKind,
    state: MessageState,
    count: i64,
}

/// The mass mails of `reach` that are not through, the largest rest first.
pub async fn runs(db: &impl ConnectionTrait, reach: Reach, now: DateTime<Utc>) -> Result<Vec<Run>, DbErr> {
    let going = Condition::all()
        .add(Column::State.eq(MessageState::Queued))
        .add(Condition::any().add(Column::NextAt.lte(now)).add(Column::PacedAt.is_not_null()));
    let open = Condition::any().add(going).add(Column::State.eq(MessageState::Failed));
    let begun: Vec<Begun> = outbox::Entity::find()
        .select_only()
        .columns([Column::EventId, Column::Kind])
        .column_as(Column::CreatedAt.min(), "first")
        .filter(reach.condition())
        .filter(Column::EventId.is_not_null())
        .filter(open)
        .group_by(Column::EventId)
        .group_by(Column::Kind)
        .order_by(Column::Id.count(), Order::Desc)
        .limit(MOST)
        .into_model()
        .all(db)
        .await?;
    if begun.is_empty() {
        return Ok(Vec::new());
    }
    let of = |one: &Begun| {
        Condition::all()
            .add(Column::EventId.eq(one.event_id))
            .add(Column::Kind.eq(one.kind))
            .add(Column::CreatedAt.gte(one.first - PARTS))
            // What is to go at a later time is no part of it yet.
            .add(
                Condition::any()
                    .add(Column::State.ne(MessageState::Queued))
                    .add(Column::NextAt.lte(now))
                    .add(Column::PacedAt.is_not_null()),
            )
    };
    let any = begun.iter().map(of).fold(Condition::any(), Condition::add);
    let heaps: Vec<Heap> = outbox::Entity::find()
        .select_only()
        .columns([Column::EventId, Column::Kind, Column::State])
        .column_as(Column::Id.count(), "count")
        .filter(any)
        .group_by(Column::EventId)
        .group_by(Column::Kind)
        .group_by(Column::State)
        .into_model()
        .all(db)
        .await?;
    Ok(count(&begun, &heaps))
}

fn count(begun: &[Begun], heaps: &[Heap]) -> Vec<Run> {
    let mut found: BTreeMap<(EventId, &str), [i64; 4]> = BTreeMap::new();
    for heap in heaps {
        let counts = found.entry((heap.event_id, heap.kind.as_str())).or_default();
        let place = match heap.state {
            MessageState::Queued => 0,
            MessageState::Sent => 1,
            MessageState::Failed => 2,
            MessageState::Dead => 3,
        };
        counts[place] += heap.count;
    }
    let run = |one: &Begun| {
        let [queued, sent, failed, dead] = found.get(&(one.event_id, one.kind.as_str())).copied().unwrap_or_default();
        let total = queued + sent + failed + dead;
        Run { event: one.event_id, kind: one.kind, since: one.first, total, sent, failed, dead }
    };
    begun.iter().map(run).collect()
}
