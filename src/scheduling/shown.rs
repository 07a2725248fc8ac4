//! Counters that grow when anything changes that a calendar may show, so that kept ones know when to look again.

use entity::id::EventId;
use sea_orm::{ConnectionTrait, DbErr};

/// Rows that share the counting: two changes of different events seldom wait for each other.
const COUNTERS: i64 = 8;

/// Says that something which calendars show of an event changed, in the transaction that changes it: after the event's
/// own rows, so that nobody who holds the counter waits for them.
pub async fn touch(db: &impl ConnectionTrait, event: EventId) -> Result<(), DbErr> {
    crate::db::bump(db, &format!("calendar-{}", event.0.rem_euclid(COUNTERS))).await
}

/// The same of what belongs to no single event: a subscription, or many events at once.
pub async fn touch_all(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    crate::db::bump(db, "calendar").await
}
