//! What the settings say of mail that goes out, and of what comes back.

use std::collections::BTreeMap;

use chrono::{NaiveTime, TimeDelta};
use serde::Deserialize;

use super::{Config, ConfigError};
use crate::dates::parse_duration;
use crate::notify::Quiet;
use crate::outbox::{Limits, Paces};

/// `[mail]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// `smtp://`, `smtps://` or `file:///`.
    pub url: String,
    /// The sender.
    pub from: String,
    /// Seconds before the second try.
    pub retry_after: u32,
    /// Attempts before it is given up.
    pub max_attempts: u32,
    /// Mails sent at once.
    pub connections: u32,
    /// Seconds between looks at the outbox.
    pub tick: u32,
    /// Hours without reminders, `21:30-07:00`; empty: none.
    pub quiet: String,
    /// When morning digests go, `07:30`.
    pub digest_at: String,
    /// How long after a session its mails go, ISO 8601.
    pub after: String,
    /// Days in which what was missed is to be made up.
    pub make_up_days: u32,
    /// What is demanded of the connection to the server.
    pub tls: TlsPolicy,
    /// Certificates of a site's own authority, PEM; empty: the public ones alone.
    pub ca_file: String,
    /// Seconds that one step of the conversation with the server may take.
    pub timeout: u32,
    /// Seconds that the answer to a whole mail may take.
    pub answer_timeout: u32,
    /// Mails a second to one domain; 0: as many as there are.
    pub domain_per_second: f64,
    /// Mails a day to one domain; 0: as many as there are.
    pub domain_per_day: u32,
    /// Domains that take more or less.
    #[serde(default)]
    pub domains: BTreeMap<String, DomainPace>,
}

/// What is demanded of the connection to the mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsPolicy {
    /// Never encrypted.
    None,
    /// Encrypted when the server offers it; demanded with a password, except to this machine.
    Opportunistic,
    /// Encrypted, with a certificate that somebody vouches for.
    Required,
}

/// `[mail.domains."example.org"]`
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainPace {
    /// Mails a second; missing: as for any domain.
    pub per_second: Option<f64>,
    /// Mails a day; missing: as for any domain.
    pub per_day: Option<u32>,
}

impl Mail {
    /// How fast mail may go to each domain.
    #[must_use]
    pub fn paces(&self) -> Paces {
        let others = Limits { per_second: self.domain_per_second, per_day: self.domain_per_day };
        let named = self.domains.iter().map(|(domain, pace)| {
            let limits = Limits {
                per_second: pace.per_second.unwrap_or(others.per_second),
                per_day: pace.per_day.unwrap_or(others.per_day),
            };
            (domain.to_lowercase(), limits)
        });
        Paces { others, named: named.collect() }
    }

    /// The sender's domain: the right part of every Message-ID.
    #[must_use]
    pub fn domain(&self) -> &str {
        let address =
            self.from.rsplit_once('<').map_or(self.from.as_str(), |(_, rest)| rest.trim_end_matches([' ', '>']));
        address.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key, why: &str| Err(ConfigError::Value { key, why: why.to_owned() });
        if self.connections == 0 || self.max_attempts == 0 {
            return wrong("mail.connections, mail.max_attempts", "must be at least 1");
        }
        if !(1..=86_400).contains(&self.retry_after) {
            return wrong("mail.retry_after", "takes 1 to 86400 seconds");
        }
        if !(1..=59).contains(&self.tick) {
            return wrong("mail.tick", "takes 1 to 59 seconds");
        }
        if Quiet::parse(&self.quiet).is_none() {
            return wrong("mail.quiet", "takes two times, such as 21:30-07:00, or nothing");
        }
        if clock_time(&self.digest_at).is_none() {
            return wrong("mail.digest_at", "takes a time, such as 07:30");
        }
        if after(&self.after).is_none() {
            return wrong("mail.after", "takes an ISO 8601 duration of at most P5D, such as P1D or PT2H");
        }
        if !(1..=366).contains(&self.make_up_days) {
            return wrong("mail.make_up_days", "takes 1 to 366 days");
        }
        if !(1..=600).contains(&self.timeout) {
            return wrong("mail.timeout", "takes 1 to 600 seconds");
        }
        if !(1..=3_600).contains(&self.answer_timeout) {
            return wrong("mail.answer_timeout", "takes 1 to 3600 seconds");
        }
        let paces = self.paces();
        // Slower than that is a daily limit.
        if paces.named.values().chain([&paces.others]).any(|limits| !is_rate(limits.per_second)) {
            return wrong(
                "mail.domain_per_second, mail.domains",
                "takes 0 (no limit), or from 0.001 to 100000 mails a second",
            );
        }
        Ok(())
    }
}

impl Config {
    /// The hours in which those who chose none are not reminded.
    #[must_use]
    pub fn quiet(&self) -> Quiet {
        Quiet::parse(&self.mail.quiet).unwrap_or(Quiet::NEVER)
    }

    /// When morning digests go, local.
    #[must_use]
    pub fn digest_at(&self) -> NaiveTime {
        clock_time(&self.mail.digest_at).unwrap_or(NaiveTime::MIN)
    }

    /// How long after a session its mails go.
    #[must_use]
    pub fn after(&self) -> TimeDelta {
        after(&self.mail.after).unwrap_or(TimeDelta::days(1))
    }
}

/// `[mailbox]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mailbox {
    /// `imaps://USER:PASSWORD@HOST/FOLDER` or `imap://…`; empty: no mailbox is read.
    pub url: String,
    /// Seconds between looks.
    pub every: u32,
    /// The folder for what was taken in.
    pub done: String,
    /// The largest mail that is read, in bytes.
    pub limit: usize,
    /// Seconds that the server has for one step.
    pub timeout: u64,
    /// A PEM file of certificates to trust beside the public ones; empty: none.
    pub ca: String,
    /// Whether a password may go to another machine in the clear.
    pub insecure: bool,
    /// Days for which it is known what came in.
    pub keep_days: u32,
}

impl Mailbox {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.keep_days < 30 {
            return Err(ConfigError::Value { key: "mailbox.keep_days", why: "must be at least 30".to_owned() });
        }
        Ok(())
    }
}

fn clock_time(text: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(text.trim(), "%H:%M").ok()
}

fn after(text: &str) -> Option<TimeDelta> {
    parse_duration(text).filter(|length| *length <= TimeDelta::days(5))
}

fn is_rate(per_second: f64) -> bool {
    per_second == 0.0 || (0.001..=100_000.0).contains(&per_second)
}
