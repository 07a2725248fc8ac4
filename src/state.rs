//! What handlers may reach.

use std::ops::Deref;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::OnceCell;

use crate::access::SigningKey;
use crate::access::token::Tokens;
use crate::attendance::CheckInWriter;
use crate::calendar::feeds::Feeds;
use crate::clock::Clock;
use crate::config::Config;
use crate::dates::Observances;
use crate::db::Db;
use crate::error::Result;
use crate::notify::Mailer;
use crate::notify::mailbox::Contact;
use crate::scheduling::{Ground, Kinds};
use crate::traffic::Traffic;
use crate::view::Views;
use crate::web::Throttle;

/// The running program; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] holds.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The settings.
    pub config: Config,
    /// The event kinds.
    pub kinds: Kinds,
    /// The yearly observances.
    pub observances: Observances,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where mail goes.
    pub mailer: Mailer,
    /// The templates.
    pub views: Views,
    /// What puts all waiting check-ins into one transaction.
    pub check_ins: CheckInWriter,
    /// How this server gets on with its mailbox.
    pub mailbox: Contact,
    /// Tokens that were looked up just now.
    pub tokens: Tokens,
    /// How often clients put names down lately.
    pub registrations: Throttle,
    /// The requests that are being answered.
    pub traffic: Traffic,
    /// Subscriptions as they are handed out.
    pub feeds: Feeds,
    /// With what links are signed, once it was asked for.
    pub signing_key: OnceCell<SigningKey>,
    /// Whether this is a demonstration, which shows its mail on a page.
    pub mode: Mode,
}

/// How the service was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// For real work.
    Normal,
    /// With a worked year, and mail kept in a folder.
    Demo,
}

impl App {
    /// Wraps the parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// What events stand on here.
    #[must_use]
    pub fn ground(&self) -> Ground<'_> {
        Ground { kinds: &self.kinds, zone: self.config.zone(), hours: self.config.work_hours() }
    }

    /// With what links are signed.
    pub async fn signing_key(&self) -> Result<&SigningKey> {
        self.signing_key.get_or_try_init(|| SigningKey::load(self.db.write(), self.now())).await
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
