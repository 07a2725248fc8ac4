//! `pufa mail test`: one mail, and what the server says to it.

use chrono::{DateTime, Utc};
use clap::Subcommand;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::notify::{Mail, Mailer, Party};
use crate::outbox::Outcome;
use crate::people;

#[derive(Subcommand)]
pub(super) enum MailCommand {
    /// Send one mail and show the server's answer.
    Test {
        /// Where it goes.
        address: String,
    },
    /// Take one mail in, on standard input: an answer to an invitation, or a mail that came back.
    Receive,
}

pub(super) async fn run(config: &Config, command: MailCommand, now: DateTime<Utc>) -> Result<()> {
    match command {
        MailCommand::Test { address } => test(config, address, now).await,
        MailCommand::Receive => super::receive::run(config, now).await,
    }
}

async fn test(config: &Config, address: String, now: DateTime<Utc>) -> Result<()> {
    if !people::is_email(&address) {
        return Err(Error::field("address", "bad-email"));
    }
    let mailer = Mailer::new(&config.mail).map_err(|why| Error::internal(format!("configuration: {why}")))?;
    let lang = config.locale.default;
    let text = lang.text("mail-test-text");
    let mail = Mail {
        from: mailer.sender().clone(),
        to: Party { name: String::new(), address },
        subject: lang.text("mail-test-subject"),
        html: format!("<!doctype html><html lang=\"{}\"><p>{text}</p></html>", lang.tag()),
        text,
        calendar: None,
        unsubscribe: None,
        message_id: uuid::Uuid::new_v4().to_string(),
        answers: None,
        date: now,
    };
    match mailer.send(&mail).await {
        Outcome::Sent(answer) => {
            println!("{answer}");
            Ok(())
        }
        Outcome::Failed(answer) | Outcome::Away(answer) | Outcome::Dead(answer) => Err(Error::internal(answer)),
    }
}
