//! How somebody wants to be reminded: each time, in one mail a morning, or not at all, and when they are left alone.
//!
//! Invitations, changes and cancellations go to everybody, whatever they wish.

pub mod pages;

use chrono::{DateTime, Utc};
use entity::id::PersonId;
use entity::state::ReminderWish;
use entity::{mail_preference, outbox};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait};

use super::due::Quiet;
use super::message::Stationery;

/// For what the links of mails are signed.
pub(super) const PURPOSE: &str = "reminders";

/// What somebody wishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// How they are reminded.
    pub reminders: ReminderWish,
    /// Their own quiet hours; None is the house's.
    pub quiet: Option<Quiet>,
}

/// What somebody wishes; who never said is reminded each time, in the house's hours.
pub async fn of(db: &impl ConnectionTrait, person: PersonId) -> Result<Wish, DbErr> {
    let row = mail_preference::Entity::find_by_id(person).one(db).await?;
    Ok(row.map_or(Wish { reminders: ReminderWish::Each, quiet: None }, |row| Wish {
        reminders: row.reminders,
        quiet: row.quiet.as_deref().and_then(Quiet::parse),
    }))
}

/// Keeps what somebody wishes from now on.
pub async fn save(db: &impl ConnectionTrait, person: PersonId, wish: &Wish, now: DateTime<Utc>) -> Result<(), DbErr> {
    use mail_preference::Column;
    let before = of(db, person).await?.reminders;
    let since = (wish.reminders == ReminderWish::Digest && before != ReminderWish::Digest).then_some(now);
    let row = mail_preference::ActiveModel {
        person_id: Set(person),
        reminders: Set(wish.reminders),
        quiet: Set(wish.quiet.map(|quiet| quiet.to_string())),
        digest_until: Set(since),
        updated_at: Set(now),
        ..Default::default()
    };
    // What digests have told stays told; who had single reminders meanwhile is told of what follows.
    let mut columns = vec![Column::Reminders, Column::Quiet, Column::UpdatedAt];
    if since.is_some() {
        columns.push(Column::DigestUntil);
    }
    let over = OnConflict::column(Column::PersonId).update_columns(columns).to_owned();
    mail_preference::Entity::insert(row).on_conflict(over).exec_without_returning(db).await.map(drop)
}

/// What the foot of a mail to one of the staff says of stopping such mails, and where.
pub(super) fn stop(stationery: &Stationery<'_>, row: &outbox::Model) -> Option<(String, String)> {
    let token = stationery.key.sign(PURPOSE, &[row.person_id?.0]);
    Some((stationery.lang.text("mail-stop"), format!("{}/reminders/{token}", stationery.public_url)))
}
