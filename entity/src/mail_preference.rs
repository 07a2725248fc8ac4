//! What somebody wants to be reminded of. Changes and cancellations go to everybody.

use crate::id::PersonId;
use crate::state::ReminderWish;
use sea_orm::entity::prelude::*;

/// What somebody wants to be reminded of. Changes and cancellations go to everybody.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_preference")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// One by one, in one mail each morning, or not at all.
    pub reminders: ReminderWish,
    /// Hours without reminders, local, `21:30-07:00`; empty is never, None is the house's.
    pub quiet: Option<String>,
    /// Of who gets one mail each morning: the last day for which that was decided.
    pub digest_day: Option<Date>,
    /// Up to when that told of reminders, at first when they chose it; None is since the wish.
    pub digest_until: Option<DateTimeUtc>,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
