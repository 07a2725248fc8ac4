//! `pufa doctor`: what keeps the site from working, and what to do about it.

use chrono::{DateTime, Utc};
use url::Url;

use crate::config::{Config, ConfigError};
use crate::doctor::{Fonts, Grade, Report, examine};
use crate::error::{Error, Result};
use crate::locale::Lang;

/// Looks at everything, and says what it found.
pub(super) async fn run(config: &Config, now: DateTime<Utc>) -> Result<()> {
    let fonts = tokio::task::spawn_blocking(Fonts::of_machine).await.map_err(Error::internal)?;
    let report = examine(config, &fonts, now).await;
    say(&report, &secrets(config), super::terminal_language())
}

/// The settings cannot be read.
pub(super) fn unreadable(error: &ConfigError) -> Result<()> {
    let why = error.to_string();
    say(&Report::unreadable(why.trim_start_matches("configuration: ")), &[], super::terminal_language())
}

fn say(report: &Report, secrets: &[String], lang: Lang) -> Result<()> {
    let findings = report.findings.iter().map(|finding| finding.line(lang));
    let records = report.records.iter().flat_map(|records| [vec![String::new()], records.lines(lang)].concat());
    for line in findings.chain(records) {
        println!("{}", hide(line, secrets));
    }
    match report.count(Grade::Fail) {
        0 => Ok(()),
        failures => Err(Error::internal(lang.text_with("doctor-failed", [("n", failures.to_string())]))),
    }
}

/// The passwords of the settings, as they are written there and as they are meant.
pub(super) fn secrets(config: &Config) -> Vec<String> {
    let urls = [&config.database.url, &config.mail.url, &config.mailbox.url];
    let mut found = Vec::new();
    for url in urls {
        let written = Url::parse(url).ok().and_then(|url| url.password().map(str::to_owned)).unwrap_or_default();
        let meant = percent_encoding::percent_decode_str(&written).decode_utf8_lossy().into_owned();
        found.extend([written, meant].into_iter().filter(|secret| !secret.is_empty()));
    }
    // The longest first: one may be a part of another.
    found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    found
}

/// The line without passwords, whoever put them there: a server may repeat what it was told.
pub(super) fn hide(line: String, secrets: &[String]) -> String {
    secrets.iter().fold(line, |line, secret| line.replace(secret.as_str(), "***"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden_however_they_are_written() {
        let mut config = Config::defaults().unwrap();
        config.mail.url = "smtp://u:p%40ss-word@mail.example.test".to_owned();
        config.database.url = "postgres://u:very-secret@db.example.test/x".to_owned();
        let secrets = secrets(&config);
        let line = "535 p@ss-word p%40ss-word very-secret no".to_owned();
        assert_eq!(hide(line, &secrets), "535 *** *** *** no");
    }
}
