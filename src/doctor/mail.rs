//! Whether mail can go out: the server is asked, and nothing is sent.

use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};
use entity::mail_sender;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryOrder};

use super::Finding;
use crate::config;
use crate::notify::{Cause, Flaw, Look, Mailer, Tls, Trouble};
use crate::people;

/// Asks the mail server, or looks at the folder that stands for one.
pub(super) async fn check(settings: &config::Mail, now: DateTime<Utc>) -> Vec<Finding> {
    let mailer = match Mailer::new(settings) {
        Ok(mailer) => mailer,
        Err(why) => return vec![mail_settings(&why)],
    };
    if let Some(folder) = mailer.folder() {
        return vec![of_folder(folder)];
    }
    match mailer.look(now).await {
        None => Vec::new(),
        Some(Ok(look)) => of_look(&look),
        Some(Err(trouble)) => vec![of_trouble(&trouble)],
    }
}

fn of_folder(folder: &Path) -> Finding {
    let there = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(folder);
    match try_to_write(there) {
        Ok(()) => Finding::warn("mail-folder").with("folder", folder.display()),
        Err(error) => Finding::fail("mail-folder-closed").with("folder", folder.display()).with("why", error),
    }
}

/// What a look at the server showed, a line each.
#[must_use]
pub fn of_look(look: &Look) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("mail").with("server", &look.server).with("name", &look.name)];
    findings.push(match &look.tls {
        None if look.policy == "none" => Finding::warn("mail-plain-wanted"),
        None => Finding::warn("mail-plain"),
        Some(Err(why)) => Finding::warn("mail-tls-unseen").with("why", why),
        Some(Ok(tls)) => of_tls(tls),
    });
    findings.push(match &look.user {
        Some(user) => Finding::ok("mail-user").with("user", user),
        None => Finding::ok("mail-no-user"),
    });
    findings
}

fn of_tls(tls: &Tls) -> Finding {
    let finding = match &tls.certificate {
        None if tls.ends_soon => Finding::warn("mail-tls-ends").with("days", crate::notify::SOON),
        None => Finding::ok("mail-tls"),
        Some(flaw) => Finding::warn(match flaw {
            Flaw::Expired => "mail-tls-expired",
            Flaw::NotYetValid => "mail-tls-early",
            Flaw::OtherName => "mail-tls-name",
            Flaw::UnknownIssuer => "mail-tls-issuer",
            Flaw::Authority => "mail-tls-authority",
            Flaw::Other(_) => "mail-tls-other",
        })
        .with("why", if let Flaw::Other(why) = flaw { why } else { "" }),
    };
    finding.with("version", &tls.version).with("cipher", &tls.cipher)
}

/// What keeps the server from being used, and what to do about it.
#[must_use]
pub fn of_trouble(trouble: &Trouble) -> Finding {
    Finding::fail(match &trouble.cause {
        Cause::Unknown => "mail-unknown",
        Cause::Unreachable => "mail-unreachable",
        Cause::NoTls => "mail-no-tls",
        Cause::Certificate(Flaw::Expired) => "mail-expired",
        Cause::Certificate(Flaw::NotYetValid) => "mail-early",
        Cause::Certificate(Flaw::OtherName) => "mail-name",
        Cause::Certificate(Flaw::UnknownIssuer) => "mail-issuer",
        Cause::Certificate(Flaw::Authority) => "mail-authority",
        Cause::Certificate(Flaw::Other(_)) => "mail-certificate",
        Cause::Handshake => "mail-handshake",
        Cause::Password => "mail-password",
        Cause::NoSignIn => "mail-no-sign-in",
        Cause::Refused => "mail-refused",
    })
    .with("server", &trouble.server)
    .with("said", &trouble.said)
}

/// The settings of mail make no sense.
#[must_use]
pub fn mail_settings(why: &str) -> Finding {
    Finding::fail("mail-settings").with("why", why)
}

/// A mail was not taken this time.
#[must_use]
pub fn not_now(answer: &str) -> Finding {
    Finding::fail("mail-not-now").with("answer", answer)
}

/// A mail will never be taken as it is.
#[must_use]
pub fn never(answer: &str) -> Finding {
    Finding::fail("mail-never").with("answer", answer)
}

/// The senders that organisations have of their own: what is wrong with their addresses, and their domains.
pub(super) async fn of_senders(db: &impl ConnectionTrait) -> Result<(Vec<Finding>, Vec<String>), DbErr> {
    let rows = mail_sender::Entity::find().order_by_asc(mail_sender::Column::OrganisationId).all(db).await?;
    let wrong = rows.iter().filter(|row| !people::is_email(&row.address));
    let findings = wrong.map(|row| Finding::fail("mail-sender").with("address", &row.address)).collect();
    let domains = rows.iter().filter_map(|row| row.address.rsplit_once('@').map(|(_, domain)| domain.to_owned()));
    Ok((findings, domains.collect()))
}

/// Writes a file into a folder, and takes it away again.
pub(super) fn try_to_write(folder: &Path) -> io::Result<()> {
    let file = folder.join(format!(".pufa-doctor-{}", uuid::Uuid::new_v4()));
    let written = std::fs::write(&file, b"pufa doctor\n");
    // A full disk leaves an empty file behind.
    if file.exists() {
        std::fs::remove_file(&file)?;
    }
    written
}
