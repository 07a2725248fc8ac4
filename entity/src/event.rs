//! One thing that is organised: of one kind, hosted by one organisation.

use crate::id::{EventId, OrganisationId};
use crate::state::{EventStatus, RegistrationMode, RemindWhom};
use sea_orm::entity::prelude::*;

/// One thing that is organised: of one kind, hosted by one organisation.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: EventId,
    /// The name other programs know it by.
    #[sea_orm(unique)]
    pub key: String,
    /// A key of config/kinds.toml.
    pub kind: String,
    /// As shown; may be empty.
    pub title: String,
    /// Host id.
    pub host_id: OrganisationId,
    /// Location.
    pub location: String,
    /// Whether the invited form a roster.
    pub required: bool,
    /// Whether others may check in.
    pub walk_ins: bool,
    /// Where it stands.
    pub status: EventStatus,
    /// IANA name, such as `Asia/Shanghai`.
    pub time_zone: String,
    /// Form of publicity, free text.
    pub form: String,
    /// ISO 8601 durations before the start, as a list of texts; None is the kind's.
    pub reminders: Option<Json>,
    /// False for what an import brought without `--notify`: no invitation or reminder goes out by itself.
    pub mails: bool,
    /// Grows with anything that shows of it, its sessions or its audience.
    pub revision: i64,
    /// When the row was written.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
    /// Published at.
    pub published_at: Option<DateTimeUtc>,
    /// How many may take part; None is as many as come.
    pub capacity: Option<i32>,
    /// Whether people put their names down themselves.
    pub registration: RegistrationMode,
    /// Until when they may; None is until the first session starts.
    pub registration_closes_at: Option<DateTimeUtc>,
    /// The observance that it belongs to, a key of config/observances.toml.
    pub observance: Option<String>,
    /// Whom to ask: the organiser's name and number; may be empty.
    pub contact: String,
    /// Which of the invited are reminded.
    pub remind_whom: RemindWhom,
    /// What is mailed afterwards, as a list of `make_up`, `thanks`, `materials`; None is the kind's.
    pub after: Option<Json>,
}

impl ActiveModelBehavior for ActiveModel {}
