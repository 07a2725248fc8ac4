//! Writing many messages of one moment of a session, part by part, each person once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::SessionId;
use entity::reminder_run::{self, Column};
use entity::{event, session};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect,
};

use super::moment::stamp;
use crate::db::{Db, insert_all};
use crate::outbox::{Message, enqueue_for};

/// People of one transaction: on SQLite nobody else writes meanwhile.
pub const PART: u64 = 500;

/// One moment of a session of which mails are to be written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Occasion {
    /// Of which session.
    pub session: SessionId,
    /// Its start as it is now.
    pub starts_at: DateTime<Utc>,
    /// What is said to whom: `PT1H`, `PT1H registered`.
    pub what: String,
}

/// What a part holds.
#[derive(Debug, Default)]
pub struct Part {
    /// The messages, each with the moment before which it does not go.
    pub messages: Vec<(DateTime<Utc>, Message)>,
    /// The highest id that was looked at.
    pub reached: i64,
    /// Whether nobody follows.
    pub end: Ending,
}

/// Whether more follows a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// Perhaps.
    More,
    /// No.
    #[default]
    Done,
}

impl Ending {
    /// A page that is not full is the last.
    #[must_use]
    pub fn after(found: usize) -> Self {
        if u64::try_from(found).is_ok_and(|found| found < PART) { Self::Done } else { Self::More }
    }
}

/// Those of the occasions that are not done, each with its run; what nobody began is begun.
pub async fn open(
    db: &Db,
    occasions: &[Occasion],
    now: DateTime<Utc>,
) -> Result<HashMap<Occasion, reminder_run::Model>, DbErr> {
    let known = runs(db.read(), occasions).await?;
    let fresh: Vec<_> = occasions.iter().filter(|one| !known.contains_key(one)).collect();
    let mut all = known;
    if !fresh.is_empty() {
        let rows = fresh.iter().map(|one| reminder_run::ActiveModel {
            session_id: Set(one.session),
            starts_at: Set(one.starts_at),
            what: Set(one.what.clone()),
            reached: Set(0),
            begun_at: Set(now),
            done_at: Set(None),
            ..Default::default()
        });
        let begun = OnConflict::columns([Column::SessionId, Column::StartsAt, Column::What]).do_nothing().to_owned();
        insert_all(db.write(), rows.collect(), Some(&begun)).await?;
        all = runs(db.write(), occasions).await?;
    }
    all.retain(|_, run| run.done_at.is_none());
    Ok(all)
}

async fn runs(
    db: &impl ConnectionTrait,
    occasions: &[Occasion],
) -> Result<HashMap<Occasion, reminder_run::Model>, DbErr> {
    let mut found = HashMap::new();
    for some in occasions.chunks(1_000) {
        let rows = reminder_run::Entity::find()
            .filter(Column::SessionId.is_in(some.iter().map(|one| one.session)))
            .all(db)
            .await?;
        let of = |row: &reminder_run::Model| Occasion {
            session: row.session_id,
            starts_at: row.starts_at,
            what: row.what.clone(),
        };
        found.extend(rows.into_iter().map(|row| (of(&row), row)));
    }
    found.retain(|one, _| occasions.contains(one));
    Ok(found)
}

/// What was read before a part was put together: written only while it is still so.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The event.
    pub event: event::Model,
    /// The session.
    pub session: session::Model,
}

impl Seen {
    /// Reads a session anew with its event; None when either is gone.
    pub async fn load(db: &impl ConnectionTrait, session: SessionId) -> Result<Option<Self>, DbErr> {
        let row = session::Entity::find_by_id(session).find_also_related(event::Entity).one(db).await?;
        Ok(row.and_then(|(session, event)| Some(Self { event: event?, session })))
    }

    async fn stands(&self, db: &impl ConnectionTrait) -> Result<bool, DbErr> {
        let found = session::Entity::find()
            .select_only()
            .column(session::Column::Id)
            .inner_join(event::Entity)
            .filter(
                Condition::all()
                    .add(session::Column::Id.eq(self.session.id))
                    .add(session::Column::Revision.eq(self.session.revision))
                    .add(session::Column::Status.eq(self.session.status))
                    .add(session::Column::StartsAt.eq(self.session.starts_at))
                    .add(event::Column::Revision.eq(self.event.revision))
                    .add(event::Column::Status.eq(self.event.status)),
            )
            .into_tuple::<SessionId>()
            .one(db)
            .await?;
        Ok(found.is_some())
    }
}

/// Writes a part, and how far it came, in one transaction. False when another server was faster, or when what it was
/// put together from has changed: the next tick looks again.
pub async fn write(
    db: &Db,
    run: &mut reminder_run::Model,
    seen: &Seen,
    part: Part,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = (part.end == Ending::Done).then_some(now);
    let tx = db.begin().await?;
    let moved = reminder_run::Entity::update_many()
        .col_expr(Column::Reached, Expr::value(part.reached))
        .col_expr(Column::DoneAt, Expr::value(done))
        .filter(Column::Id.eq(run.id))
        .filter(Column::Reached.eq(run.reached))
        .filter(Column::DoneAt.is_null())
        .exec(&tx)
        .await?;
    if moved.rows_affected != 1 || !seen.stands(&tx).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    let count = part.messages.len();
    enqueue_for(&tx, part.messages, now).await?;
    tx.commit().await?;
    tracing::debug!(session = %run.session_id, start = stamp(run.starts_at), what = run.what, count, "mails written down");
    run.reached = part.reached;
    run.done_at = done;
    Ok(true)
}
