//! A calendar subscription. Only its token's hash is kept.

use crate::id::{FeedId, OrganisationId, PersonId};
use crate::state::{FeedDetail, FeedScope};
use sea_orm::entity::prelude::*;

/// A calendar subscription. Only its token's hash is kept.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_feed")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: FeedId,
    /// What it holds.
    pub scope: FeedScope,
    /// Whose sessions, of a person's.
    pub person_id: Option<PersonId>,
    /// Whose events, with all below it; of a kind's and the public's too, None being everybody's.
    pub organisation_id: Option<OrganisationId>,
    /// Events of which kind, of a kind's.
    pub kind: Option<String>,
    /// How much it tells.
    pub detail: FeedDetail,
    /// Minutes before the start at which the calendar is to ring, as a list; None is not at all.
    pub alarms: Option<Json>,
    /// What its owner calls it; may be empty.
    pub name: String,
    /// Token hash.
    #[sea_orm(unique)]
    pub token_hash: String,
    /// Who made it; empty for a person's own.
    pub created_by: String,
    /// When the row was written.
    pub created_at: DateTimeUtc,
    /// Revoked at.
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
