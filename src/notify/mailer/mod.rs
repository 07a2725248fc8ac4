//! Sending by SMTP, or into a folder. The only place that knows lettre.

mod breaker;
mod connection;
mod exchange;
mod folder;
mod handshake;
mod look;
mod mime;
mod pool;
mod target;
mod verdict;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::TimeDelta;
use lettre::Message;
use lettre::message::Mailbox;
use tokio::sync::Semaphore;

use super::mail::{Mail, Party};
use crate::config;
use crate::outbox::Outcome;
pub use breaker::Breaker;
pub use handshake::{Flaw, SOON, Tls};
pub use look::{Cause, Look, Trouble};
use pool::Pool;
use target::Target;
use verdict::{is_a_matter_of_settings, is_of_mail, one_line, outcome};

/// Where mail goes, and in whose name; cheap to clone.
#[derive(Clone)]
pub struct Mailer(Arc<Parts>);

struct Parts {
    way: Way,
    sender: Party,
    domain: String,
    // The pool's own limit counts parked connections only.
    permits: Semaphore,
    connections: usize,
    breaker: Breaker,
    worker: String,
}

/// How it goes.
enum Way {
    Smtp(Box<Pool>),
    Folder(PathBuf),
}

impl Mailer {
    /// Reads where mail goes and who sends it; the error says which setting is wrong.
    pub fn new(settings: &config::Mail) -> Result<Self, String> {
        Self::with(settings, Target::parse(settings)?)
    }

    /// The same, but keeps mail in a folder whatever the settings say: the one they name, or one of its own.
    pub fn demo(settings: &config::Mail) -> Result<Self, String> {
        let target = match Target::parse(settings)? {
            Target::Folder(folder) => Target::Folder(folder),
            Target::Smtp(_) => Target::Folder(std::env::temp_dir().join("pufa-demo-mail")),
        };
        Self::with(settings, target)
    }

    fn with(settings: &config::Mail, target: Target) -> Result<Self, String> {
        let from: Mailbox =
            settings.from.parse().map_err(|e| format!("mail.from: {e}: takes NAME <user@example.org>"))?;
        let connections = usize::try_from(settings.connections).unwrap_or(1);
        Ok(Self(Arc::new(Parts {
            way: match target {
                Target::Smtp(server) => Way::Smtp(Box::new(Pool::new(*server, connections))),
                Target::Folder(folder) => Way::Folder(folder),
            },
            sender: Party { name: from.name.unwrap_or_default(), address: from.email.to_string() },
            domain: from.email.domain().to_owned(),
            // One more for links to sign in.
            permits: Semaphore::new(connections + 1),
            connections,
            breaker: Breaker::new(TimeDelta::seconds(settings.retry_after.clamp(1, 60).into())),
            worker: uuid::Uuid::new_v4().to_string(),
        })))
    }

    /// In whose name mail goes out.
    #[must_use]
    pub fn sender(&self) -> &Party {
        &self.0.sender
    }

    /// How many mails go out at once.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.connections
    }

    /// The name under which this process holds messages of the outbox.
    #[must_use]
    pub fn worker(&self) -> &str {
        &self.0.worker
    }

    /// Whether the server is away.
    #[must_use]
    pub fn breaker(&self) -> &Breaker {
        &self.0.breaker
    }

    /// The folder in which mail is kept, if it is not sent.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match &self.0.way {
            Way::Folder(folder) => Some(folder),
            Way::Smtp(_) => None,
        }
    }

    /// Sends one mail; says what became of it. Waits while as many as the settings allow are under way.
    pub async fn send(&self, mail: &Mail) -> Outcome {
        let parts = &self.0;
        let Ok(_permit) = parts.permits.acquire().await else { return Outcome::Failed("stopping".into()) };
        let message = match mime::message(mail, &parts.domain) {
            Ok(message) => message,
            Err(why) => return Outcome::Dead(why),
        };
        match &parts.way {
            Way::Folder(folder) => keep(folder, mail, &message).await,
            Way::Smtp(pool) => match pool.send(message.envelope(), &message.formatted()).await {
                Ok(response) => {
                    let said = response.message().collect::<Vec<_>>().join(" ");
                    Outcome::Sent(one_line(&format!("{} {said}", response.code())))
                }
                Err(broken) => {
                    if is_a_matter_of_settings(&broken) {
                        parts.breaker.expect_no_better();
                    }
                    let outcome = outcome(&broken);
                    if is_of_mail(&broken) && !matches!(outcome, Outcome::Away(_)) {
                        parts.breaker.answered();
                    }
                    outcome
                }
            },
        }
    }

    /// Closes the connections that nobody uses.
    pub async fn rest(&self) {
        if let Way::Smtp(pool) = &self.0.way {
            pool.close_idle().await;
        }
    }
}

async fn keep(folder: &Path, mail: &Mail, message: &Message) -> Outcome {
    match folder::write(folder, mail, &message.formatted()).await {
        Ok(name) => Outcome::Sent(name),
        Err(error) => Outcome::Away(one_line(&format!("{}: {error}", folder.display()))),
    }
}
