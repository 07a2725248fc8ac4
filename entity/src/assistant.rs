//! Who may answer invitations for whom.

use crate::id::{AssistantId, PersonId};
use sea_orm::entity::prelude::*;

/// Who may answer invitations for whom.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "assistant")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: AssistantId,
    /// Who is answered for.
    pub person_id: PersonId,
    /// Who answers.
    pub assistant_id: PersonId,
    /// When the row was written.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
