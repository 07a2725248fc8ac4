//! What events of one sort have in common.

use crate::id::{EventTemplateId, OrganisationId};
use crate::state::{OnDayOff, RemindWhom};
use sea_orm::entity::prelude::*;

/// What events of one sort have in common.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_template")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: EventTemplateId,
    /// Whose it is; those below may use it too.
    pub organisation_id: OrganisationId,
    /// Unique within its organisation.
    pub name: String,
    /// A key of config/kinds.toml.
    pub kind: String,
    /// With `{year}`, `{quarter}`, `{month}`, `{day}`.
    pub title_pattern: String,
    /// Time of day, `14:30`; empty when all day.
    pub starts_at: String,
    /// Of a sitting; of whole days, days times 1440.
    pub length_minutes: i32,
    /// Whether its sittings are whole days.
    pub all_day: bool,
    /// Where; may be empty.
    pub location: String,
    /// Form of publicity; may be empty.
    pub form: String,
    /// Whether the invited must attend.
    pub required: bool,
    /// Whether others may check in.
    pub walk_ins: bool,
    /// Lines, as a list of texts.
    pub audience: Json,
    /// A list of texts.
    pub topics: Json,
    /// A list of keys.
    pub also_kinds: Json,
    /// A list of ISO 8601 durations; None is the kind's.
    pub reminders: Option<Json>,
    /// Which of the invited are reminded.
    pub remind_whom: RemindWhom,
    /// What is mailed afterwards, a list of texts; None is the kind's.
    pub after: Option<Json>,
    /// How it recurs; None is once.
    pub rrule: Option<String>,
    /// What becomes of a sitting on a day off.
    pub on_day_off: OnDayOff,
    /// A list of `{"kind", "text"}`.
    pub checklist: Json,
    /// When the row was written.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
