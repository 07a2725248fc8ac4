//! What keeps a site from working, and what to do about it: configuration, database, mail, clock, fonts.
//!
//! Nothing is changed and nothing is sent; it needs no server, and disturbs none that runs. Each finding is one line.
//! Stands beside the command line, above all rooms.

mod clock;
mod configuration;
mod database;
mod fonts;
pub mod mail;
mod mailbox;
mod outbox;
mod records;

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::db::Db;
use crate::locale::Lang;

pub use fonts::Fonts;
pub use records::Records;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// As it should be.
    Ok,
    /// It works, and somebody should look at it.
    Warn,
    /// It does not work.
    Fail,
}

impl Grade {
    /// As it stands at the beginning of a line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub grade: Grade,
    /// The text's key without `doctor-`; what to do is the same with `-do` at its end.
    pub key: &'static str,
    /// Arguments of both texts.
    pub args: Vec<(&'static str, String)>,
}

impl Finding {
    const fn new(grade: Grade, key: &'static str) -> Self {
        Self { grade, key, args: Vec::new() }
    }

    const fn ok(key: &'static str) -> Self {
        Self::new(Grade::Ok, key)
    }

    const fn warn(key: &'static str) -> Self {
        Self::new(Grade::Warn, key)
    }

    const fn fail(key: &'static str) -> Self {
        Self::new(Grade::Fail, key)
    }

    /// The same with an argument of its texts.
    #[expect(clippy::needless_pass_by_value, reason = "callers pass numbers and texts alike, without a reference")]
    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// What was found and, unless all is well, what to do.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let text = |key: &str| lang.text_with(key, self.args.iter().map(|(name, value)| (*name, value.as_str())));
        let what = text(&format!("doctor-{}", self.key));
        match self.grade {
            Grade::Ok => what,
            Grade::Warn | Grade::Fail => format!("{what} — {}", text(&format!("doctor-{}-do", self.key))),
        }
    }

    /// The whole line: `warn  what  — what to do`.
    #[must_use]
    pub fn line(&self, lang: Lang) -> String {
        let one_line = self.text(lang).split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{:<4}  {one_line}", self.grade.as_str())
    }
}

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In the order in which things depend on each other.
    pub findings: Vec<Finding>,
    /// What to set at the relay and in the DNS, by domain that mail comes from.
    pub records: Vec<Records>,
}

impl Report {
    /// The settings themselves cannot be read; nothing else can be looked at then.
    #[must_use]
    pub fn unreadable(why: &str) -> Self {
        Self { findings: vec![Finding::fail("config-unreadable").with("why", why)], records: Vec::new() }
    }

    /// How many findings are that bad.
    #[must_use]
    pub fn count(&self, grade: Grade) -> usize {
        self.findings.iter().filter(|finding| finding.grade == grade).count()
    }
}

/// Looks at everything. `fonts` is what the machine says of its fonts.
pub async fn examine(config: &Config, fonts: &Fonts, now: DateTime<Utc>) -> Report {
    let mut findings = configuration::check(config);
    let (of_database, db) = database::check(&config.database).await;
    findings.extend(of_database);
    let mut senders = vec![config.mail.domain().to_owned()];
    findings.extend(mail::check(&config.mail, now).await);
    findings.push(mailbox::check(&config.mailbox).await);
    findings.push(clock::of_zone(config.zone(), now));
    if let Some(db) = &db {
        match of_rows(db, now).await {
            Ok((more, domains)) => {
                findings.extend(more);
                senders.extend(domains);
            }
            Err(error) => findings.push(Finding::fail("database-query").with("why", error)),
        }
    }
    findings.push(fonts.check());
    Report { findings, records: records::of_domains(&config.mail.url, senders) }
}

/// What the database's rows say, and the domains of the senders that are kept there.
async fn of_rows(db: &Db, now: DateTime<Utc>) -> Result<(Vec<Finding>, Vec<String>), sea_orm::DbErr> {
    let mut findings = outbox::check(db.read(), now).await?;
    findings.extend(clock::of_rows(db.read(), now).await?);
    let (found, domains) = mail::of_senders(db.read()).await?;
    findings.extend(found);
    Ok((findings, domains))
}
