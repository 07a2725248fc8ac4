//! One line of an event's audience, in the order given; a line that excludes takes out wherever it stands.

use crate::id::{EventId, OrganisationId, PersonId};
use crate::state::{AudienceSign, AudienceTarget};
use sea_orm::entity::prelude::*;

/// One line of an event's audience, in the order given; a line that excludes takes out wherever it stands.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audience_rule")]
pub struct Model {
    /// Of which event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: EventId,
    /// Order within the event; the host's lines from 0, those of co-hosts from 10000.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// Sign.
    pub sign: AudienceSign,
    /// Target.
    pub target: AudienceTarget,
    /// Of `org`.
    pub organisation_id: Option<OrganisationId>,
    /// Of `group`.
    pub group_name: Option<String>,
    /// Of `staff`.
    pub person_id: Option<PersonId>,
    /// The co-host that added the line for its own part; None is the host's.
    pub co_host_id: Option<OrganisationId>,
}

impl ActiveModelBehavior for ActiveModel {}
