//! Addresses from which mail came back. To one that takes no mail nothing more is sent, until somebody says that it does
//! again; a person whose address changes has a new one, about which nothing is known.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::EventId;
use entity::mail_trouble::{self, Column};
use entity::outbox;
use entity::state::{MessageKind, MessageState};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

/// What is known of these addresses, by address in lower case.
pub async fn of_addresses(
    db: &impl ConnectionTrait,
    addresses: impl IntoIterator<Item = &str>,
) -> Result<HashMap<String, mail_trouble::Model>, DbErr> {
    let mut wanted: Vec<String> = addresses.into_iter().map(str::to_lowercase).collect();
    wanted.sort();
    wanted.dedup();
    let mut found = HashMap::new();
    for some in wanted.chunks(1_000) {
        let rows = mail_trouble::Entity::find().filter(Column::Address.is_in(some)).all(db).await?;
        found.extend(rows.into_iter().map(|row| (row.address.clone(), row)));
    }
    Ok(found)
}

/// Why a message is not sent at all: its address takes no mail. A link to sign in, which somebody asked for just now,
/// is always tried.
#[must_use]
#[expect(clippy::implicit_hasher, reason = "one kind of hasher is used in this program")]
pub fn hinders<'a>(
    known: &'a HashMap<String, mail_trouble::Model>,
    row: &outbox::Model,
) -> Option<&'a mail_trouble::Model> {
    let known = known.get(&row.address.to_lowercase())?;
    (known.permanent && row.kind != MessageKind::SignIn).then_some(known)
}

/// What a mail server said of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Whether it will never take mail.
    pub permanent: bool,
    /// `5.1.1`.
    pub status: String,
    /// In its own words.
    pub reason: String,
}

/// Writes down that mail to an address came back. What was said for good stays so. Gives since when that address is
/// marked.
pub async fn mark(
    db: &impl ConnectionTrait,
    address: &str,
    word: &Word,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, DbErr> {
    let address = address.to_lowercase();
    let Some(there) = mail_trouble::Entity::find_by_id(address.clone()).one(db).await? else {
        let row = mail_trouble::ActiveModel {
            address: Set(address),
            permanent: Set(word.permanent),
            status: Set(word.status.clone()),
            reason: Set(word.reason.clone()),
            times: Set(1),
            first_at: Set(now),
            last_at: Set(now),
        };
        return mail_trouble::Entity::insert(row).exec_without_returning(db).await.map(|_| now);
    };
    let since = there.first_at;
    let (times, stays) = (there.times.saturating_add(1), there.permanent && !word.permanent);
    let mut row = there.into_active_model();
    row.times = Set(times);
    row.last_at = Set(now);
    if !stays {
        row.permanent = Set(word.permanent);
        row.status = Set(word.status.clone());
        row.reason = Set(word.reason.clone());
    }
    row.update(db).await.map(|_| since)
}

/// Says that an address takes mail again; whether anything was known against it.
pub async fn clear(db: &impl ConnectionTrait, address: &str) -> Result<bool, DbErr> {
    let done = mail_trouble::Entity::delete_by_id(address.to_lowercase()).exec(db).await?;
    Ok(done.rows_affected > 0)
}

/// The same of many at once.
pub async fn clear_all(db: &impl ConnectionTrait, addresses: impl IntoIterator<Item = &str>) -> Result<(), DbErr> {
    let mut lower: Vec<String> = addresses.into_iter().map(str::to_lowercase).collect();
    lower.sort();
    lower.dedup();
    for some in lower.chunks(1_000) {
        mail_trouble::Entity::delete_many().filter(Column::Address.is_in(some)).exec(db).await?;
    }
    Ok(())
}

/// The addresses to which mail of an event went, or was to go, and from which mail came back.
pub async fn of_event(db: &impl ConnectionTrait, event: EventId) -> Result<Vec<mail_trouble::Model>, DbErr> {
    let lower = sea_orm::sea_query::Func::lower(Expr::col(outbox::Column::Address));
    let mailed =
        Query::select().expr(lower).from(outbox::Entity).and_where(outbox::Column::EventId.eq(event)).to_owned();
    mail_trouble::Entity::find()
        .filter(Column::Address.in_subquery(mailed))
        .order_by_desc(Column::Permanent)
        .order_by_asc(Column::Address)
        .all(db)
        .await
}

/// The messages of these Message-IDs' left parts that were handed to a mail server.
pub async fn sent_as(
    db: &impl ConnectionTrait,
    message_ids: impl IntoIterator<Item = &str>,
) -> Result<Vec<outbox::Model>, DbErr> {
    outbox::Entity::find()
        .filter(outbox::Column::MessageId.is_in(message_ids))
        .filter(outbox::Column::Attempts.gt(0))
        .all(db)
        .await
}

/// A message that was sent came back: it never arrived.
pub async fn returned(db: &impl ConnectionTrait, row: &outbox::Model, reason: &str) -> Result<(), DbErr> {
    outbox::Entity::update_many()
        .col_expr(outbox::Column::State, Expr::value(MessageState::Dead.as_str()))
        .col_expr(outbox::Column::Answer, Expr::value(reason))
        .filter(outbox::Column::Id.eq(row.id))
        .exec(db)
        .await
        .map(drop)
}
