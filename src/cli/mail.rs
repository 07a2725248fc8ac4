//! `pufa mail test`: one mail, and what the server says to it.

use chrono::{DateTime, Utc};
use clap::Subcommand;

use super::doctor::{hide, secrets};
use crate::config::Config;
use crate::doctor::Finding;
use crate::doctor::mail::{mail_settings, never, not_now, of_look, of_trouble};
use crate::error::{Error, Result};
use crate::notify::sender::senders_of;
use crate::notify::{Mail, Mailer, Party};
use crate::outbox::Outcome;
use crate::people;

#[derive(Subcommand)]
pub(super) enum MailCommand {
    /// Send one mail and show the server's answer.
    Test {
        /// Where it goes.
        address: String,
        /// Send it as mail of this organisation's events goes: in the name of its own sender, or of one above it.
        #[arg(long, value_name = "CODE")]
        org: Option<String>,
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
        MailCommand::Test { address, org } => test(config, address, org.as_deref(), now).await,
        MailCommand::Receive => super::receive::run(config, now).await,
    }
}

async fn test(config: &Config, address: String, org: Option<&str>, now: DateTime<Utc>) -> Result<()> {
    if !people::is_email(&address) {
        return Err(Error::field("address", "bad-email"));
    }
    let (terminal, secrets) = (super::terminal_language(), secrets(config));
    let failed = |finding: &Finding| Error::internal(hide(finding.text(terminal), &secrets));
    let mailer = Mailer::new(&config.mail).map_err(|why| failed(&mail_settings(&why)))?;
    let sender = sender(config, &mailer, org).await?;
    println!("{}", terminal.text_with("doctor-mail-from", [("from", shown(&sender))]));
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
        from: sender,
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

/// In whose name mail of an organisation goes out; of none: the site's.
async fn sender(config: &Config, mailer: &Mailer, org: Option<&str>) -> Result<Party> {
    let Some(code) = org else { return Ok(mailer.sender().clone()) };
    let db = super::open(config).await?;
    let id = people::by_code(db.read(), code).await?.id;
    let own = senders_of(db.read(), [id]).await?.remove(&id);
    Ok(own.unwrap_or_else(|| mailer.sender().clone()))
}

fn shown(sender: &Party) -> String {
    format!("{} <{}>", sender.name, sender.address).trim_start().to_owned()
}
