//! Somebody who put their name down for an event; first come, first served, by id.

use crate::id::{EventId, PersonId, RegistrationId};
use crate::state::RegistrationStatus;
use sea_orm::entity::prelude::*;

/// Somebody who put their name down for an event; first come, first served, by id.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registration")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: RegistrationId,
    /// Of which event.
    pub event_id: EventId,
    /// Who, if one of the staff.
    pub person_id: Option<PersonId>,
    /// Who.
    pub name: String,
    /// Where mail reaches them.
    pub email: String,
    /// From where; may be empty.
    pub body: String,
    /// Where it stands.
    pub status: RegistrationStatus,
    /// The secret in the link by which it is called off. Kept itself, not its hash, for every mail bears it again; it
    /// opens this registration and nothing else.
    #[sea_orm(unique)]
    pub secret: String,
    /// When the row was written.
    pub created_at: DateTimeUtc,
    /// When its status last changed.
    pub updated_at: DateTimeUtc,
    /// Its event.
    #[sea_orm(belongs_to, from = "event_id", to = "id")]
    pub event: BelongsTo<super::event::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
