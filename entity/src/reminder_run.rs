//! How far the mails of one moment of a session were written into the outbox.

use crate::id::{ReminderRunId, SessionId};
use sea_orm::entity::prelude::*;

/// How far the mails of one moment of a session were written into the outbox.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reminder_run")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: ReminderRunId,
    /// Of which session.
    pub session_id: SessionId,
    /// Its start as it was: one that moved is reminded of anew.
    pub starts_at: DateTimeUtc,
    /// What is said: `PT1H` before the start, `after:thanks`.
    pub what: String,
    /// The highest person id that was written for; 0 at first.
    pub reached: i64,
    /// When the first were written.
    pub begun_at: DateTimeUtc,
    /// When the last were written.
    pub done_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
