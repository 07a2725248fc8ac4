//! `pufa mail test`: one mail, and what the server says to it.

use chrono::{DateTime, Utc};
use clap::Subcommand;

use super::doctor::{hide, secrets};
use crate::config::Config;
use crate::doctor::Finding;
use crate::doctor::mail::{mail_settings, never, not_now, of_look, of_trouble};
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
    ///
    /// Ends with 0 whatever the mail changes, and says so; with 1 when it could not be taken in and should come again.
    /// Mail servers take 1 for a refusal, and 75 for "later": give a pipe of Postfix the line
    /// `pufa mail receive || exit 75`, and a pipe transport `sh -c 'pufa mail receive || exit 75'`.
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
    let (terminal, secrets) = (super::terminal_language(), secrets(config));
    let failed = |finding: &Finding| Error::internal(hide(finding.text(terminal), &secrets));
    let mailer = Mailer::new(&config.mail).map_err(|why| failed(&mail_settings(&why)))?;
    println!("{}", terminal.text_with("doctor-mail-from", [("from", shown(mailer.sender()))]));
    match mailer.look(now).await {
        None => {}
        Some(Ok(look)) => {
            for finding in of_look(&look) {
                println!("{}", hide(finding.text(terminal), &secrets));
            }
        }
        Some(Err(trouble)) => return Err(failed(&of_trouble(&trouble))),
    }
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
            println!("{}", terminal.text_with("doctor-mail-answer", [("answer", answer)]));
            Ok(())
        }
        Outcome::Failed(answer) | Outcome::Away(answer) => Err(failed(&not_now(&answer))),
        Outcome::Dead(answer) | Outcome::Moot(answer) => Err(failed(&never(&answer))),
    }
}

fn shown(sender: &Party) -> String {
    format!("{} <{}>", sender.name, sender.address).trim_start().to_owned()
}
