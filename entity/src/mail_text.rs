//! An organisation's own words in a kind of mail; those below it use them too.

use crate::id::{MailTextId, OrganisationId};
use crate::state::MessageKind;
use sea_orm::entity::prelude::*;

/// An organisation's own words in a kind of mail; those below it use them too.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_text")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: MailTextId,
    /// Whose.
    pub organisation_id: OrganisationId,
    /// In which mail.
    pub kind: MessageKind,
    /// In which language: `zh-CN`, `en`.
    pub language: String,
    /// The subject, with `{placeholders}`; empty is the house's.
    pub subject: String,
    /// The opening; empty is the house's.
    pub lead: String,
    /// A note at the end; may be empty.
    pub note: String,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
    /// Who changed it.
    pub updated_by: String,
}

impl ActiveModelBehavior for ActiveModel {}
