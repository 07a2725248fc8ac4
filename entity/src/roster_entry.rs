//! A person who must attend a session, as they were when it began.

use crate::id::{OrganisationId, PersonId, SessionId};
use sea_orm::entity::prelude::*;

/// A person who must attend a session, as they were when it began.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "roster_entry")]
pub struct Model {
    /// Of which session.
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: SessionId,
    /// Of whom.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// Whom they were under on the session's day.
    pub organisation_id: OrganisationId,
    /// As shown.
    pub name: String,
    /// As shown; may be empty.
    pub title: String,
}

impl ActiveModelBehavior for ActiveModel {}
