//! Forgetting what came in: addresses of strangers are not kept longer than anybody looks back.

use chrono::{DateTime, Days, Utc};
use entity::received_mail;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::error::Result;

/// Deletes what is known of mails that came in more than `days` ago, and gives how many. What stops a mail from counting
/// twice goes with it: an old answer that came once more would lose against what was said since, or say the same.
pub async fn forget(db: &impl ConnectionTrait, days: u32, now: DateTime<Utc>) -> Result<u64> {
    let old = received_mail::Column::ReceivedAt.lt(now - Days::new(days.into()));
    Ok(received_mail::Entity::delete_many().filter(old).exec(db).await?.rows_affected)
}

/// Whether [`forget`] would find anything: a look at the oldest, without writing.
pub async fn is_due(db: &impl ConnectionTrait, days: u32, now: DateTime<Utc>) -> Result<bool> {
    let oldest = received_mail::Entity::find().order_by_asc(received_mail::Column::Id).one(db).await?;
    Ok(oldest.is_some_and(|row| row.received_at < now - Days::new(days.into())))
}
