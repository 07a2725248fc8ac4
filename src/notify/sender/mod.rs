//! In whose name an organisation's mail goes out. What is set for one holds for all below it that have none of their own.

pub mod pages;
mod write;

pub use write::{NewSender, put_sender, remove_sender};

use std::collections::HashMap;

use entity::id::OrganisationId;
use entity::mail_sender;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryOrder};

use super::mail::Party;
use crate::people::OrgTree;

/// What is set, by organisation.
#[derive(Clone, Debug, Default)]
pub struct Senders(HashMap<OrganisationId, mail_sender::Model>);

impl Senders {
    /// Reads all of them: they are few.
    pub async fn load(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let rows = mail_sender::Entity::find().order_by_asc(mail_sender::Column::OrganisationId).all(db).await?;
        Ok(Self(rows.into_iter().map(|row| (row.organisation_id, row)).collect()))
    }

    /// What is set for that organisation itself.
    #[must_use]
    pub fn own(&self, organisation: OrganisationId) -> Option<&mail_sender::Model> {
        self.0.get(&organisation)
    }

    /// What holds for an organisation: its own, else that of the nearest above it.
    #[must_use]
    pub fn of(&self, tree: &OrgTree, organisation: OrganisationId) -> Option<&mail_sender::Model> {
        tree.upwards(organisation).into_iter().find_map(|id| self.0.get(&id))
    }

    /// Whether none is set at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The senders of these hosts; those in whose name the site itself sends are missing.
pub async fn senders_of(
    db: &impl ConnectionTrait,
    hosts: impl IntoIterator<Item = OrganisationId>,
) -> Result<HashMap<OrganisationId, Party>, DbErr> {
    let senders = Senders::load(db).await?;
    if senders.is_empty() {
        return Ok(HashMap::new());
    }
    let tree = OrgTree::load(db).await?;
    let party = |row: &mail_sender::Model| Party { name: row.name.clone(), address: row.address.clone() };
    Ok(hosts.into_iter().filter_map(|host| Some((host, party(senders.of(&tree, host)?)))).collect())
}
