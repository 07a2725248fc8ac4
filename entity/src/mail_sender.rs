//! In whose name an organisation's mail goes out; those below it use it too.

use crate::id::OrganisationId;
use sea_orm::entity::prelude::*;

/// In whose name an organisation's mail goes out; those below it use it too.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_sender")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organisation_id: OrganisationId,
    /// As shown.
    pub name: String,
    /// The sending address, and ORGANIZER of its invitations.
    pub address: String,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
    /// Who changed it.
    pub updated_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
