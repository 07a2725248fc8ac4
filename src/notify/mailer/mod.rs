//! Sending by SMTP, or into a folder. The only place that knows lettre.

mod folder;
mod mime;
mod target;

use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::Error as SmtpError;
use lettre::{AsyncTransport, Message};
use tokio::sync::Semaphore;

use super::mail::{Mail, Party};
use crate::config;
use crate::outbox::Outcome;
use target::Target;

/// How long one step of a conversation with a server may take.
const STEP: Duration = Duration::from_secs(30);
/// How long a whole delivery may take.
const WHOLE: Duration = Duration::from_secs(90);

/// Where mail goes, and in whose name.
pub struct Mailer {
    target: Target,
    sender: Party,
    domain: String,
    // The pool's own limit counts parked connections only.
    permits: Semaphore,
    connections: usize,
    /// The name under which this process holds messages of the outbox.
    pub worker: String,
}

impl Mailer {
    /// Reads where mail goes and who sends it; the error says which setting is wrong. Needs a tokio runtime.
    pub fn new(settings: &config::Mail) -> Result<Self, String> {
        Self::with(settings, Target::parse(&settings.url, settings.connections)?)
    }

    /// The same, but keeps mail in a folder whatever the settings say: the one they name, or one of its own.
    pub fn demo(settings: &config::Mail) -> Result<Self, String> {
        let target = match Target::parse(&settings.url, settings.connections)? {
            Target::Folder(folder) => Target::Folder(folder),
            Target::Smtp(_) => Target::Folder(std::env::temp_dir().join("pufa-demo-mail")),
        };
        Self::with(settings, target)
    }

    fn with(settings: &config::Mail, target: Target) -> Result<Self, String> {
        let from: Mailbox =
            settings.from.parse().map_err(|e| format!("mail.from: {e}: takes NAME <user@example.org>"))?;
        let connections = usize::try_from(settings.connections).unwrap_or(1);
        Ok(Self {
            target,
            sender: Party { name: from.name.unwrap_or_default(), address: from.email.to_string() },
            domain: from.email.domain().to_owned(),
            permits: Semaphore::new(connections),
            connections,
            worker: uuid::Uuid::new_v4().to_string(),
        })
    }

    /// In whose name mail goes out.
    #[must_use]
    pub const fn sender(&self) -> &Party {
        &self.sender
    }

    /// How many mails go out at once.
    #[must_use]
    pub const fn connections(&self) -> usize {
        self.connections
    }

    /// The folder in which mail is kept, if it is not sent.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match &self.target {
            Target::Folder(folder) => Some(folder),
            Target::Smtp(_) => None,
        }
    }

    /// Sends one mail; says what became of it. Waits while as many as the settings allow are under way.
    pub async fn send(&self, mail: &Mail) -> Outcome {
        let Ok(_permit) = self.permits.acquire().await else { return Outcome::Failed("stopping".into()) };
        let message = match mime::message(mail, &self.domain) {
            Ok(message) => message,
            Err(why) => return Outcome::Dead(why),
        };
        match &self.target {
            Target::Folder(folder) => keep(folder.clone(), mail, &message).await,
            Target::Smtp(transport) => match tokio::time::timeout(WHOLE, transport.send(message)).await {
                Ok(Ok(response)) => Outcome::Sent(answer(&format!(
                    "{} {}",
                    response.code(),
                    response.message().collect::<Vec<_>>().join(" ")
                ))),
                Ok(Err(error)) => refused(&error),
                Err(_) => Outcome::Failed(format!("no answer within {} seconds", WHOLE.as_secs())),
            },
        }
    }
}

async fn keep(folder: PathBuf, mail: &Mail, message: &Message) -> Outcome {
    match folder::write(&folder, mail, &message.formatted()).await {
        Ok(name) => Outcome::Sent(name),
        Err(error) => Outcome::Failed(answer(&format!("{}: {error}", folder.display()))),
    }
}

/// Only what the server refuses for good is dead. An account that it does not take is a matter of the settings
/// (RFC 4954 section 6), not of this mail; what broke off may have been anything.
fn refused(error: &SmtpError) -> Outcome {
    let code = error.status().map(|code| code.to_string()).unwrap_or_default();
    let mut text = error.to_string();
    if let Some((_, said)) = text.split_once("): ").filter(|_| !code.is_empty()) {
        text = format!("{code} {said}");
    }
    let about_us = ["530", "534", "535", "538"].contains(&code.as_str());
    if error.is_permanent() && !about_us { Outcome::Dead(answer(&text)) } else { Outcome::Failed(answer(&text)) }
}

/// What a server said, as it is kept: one line, not too long.
fn answer(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(500).collect()
}
