//! Somebody who asks: under what name it is written down, for which organisation, with what rights.

use entity::id::OrganisationId;
use entity::state::{Role, Scope};

use crate::error::{Code, Error, Result};

/// What an actor may do within its organisation and below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Look up sessions and check people in.
    CheckIn,
    /// Read everything.
    Read,
    /// Both, and what an organiser may.
    Manage,
}

impl From<Scope> for Rights {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::CheckIn => Self::CheckIn,
            Scope::Read => Self::Read,
            Scope::Manage => Self::Manage,
        }
    }
}

impl From<Role> for Rights {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin | Role::Organizer => Self::Manage,
            Role::Checker => Self::CheckIn,
            Role::Viewer => Self::Read,
        }
    }
}

/// Somebody who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// As in `audit.actor`: `account:3`, `token:2`, `person:5`, `command`.
    pub name: String,
    /// Its organisation; everything below is its own too.
    pub organisation: OrganisationId,
    /// What it may do there.
    pub rights: Rights,
}

impl Actor {
    /// Refuses with `forbidden` unless its rights include `needed`.
    pub fn demand(&self, needed: Rights) -> Result<()> {
        if self.rights == Rights::Manage || self.rights == needed {
            return Ok(());
        }
        Err(Error::new(Code::Forbidden))
    }

    /// Whether it may do what an organiser may.
    #[must_use]
    pub const fn may_manage(&self) -> bool {
        matches!(self.rights, Rights::Manage)
    }
}
