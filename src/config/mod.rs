//! Settings: embedded defaults, then a file, then environment variables; wrong means no start.

mod mail;

use std::path::Path;

use config::{Environment, File, FileFormat};
use serde::Deserialize;

use crate::dates::{Observances, Zone};
use crate::scheduling::{Kinds, WorkHours};

pub use mail::{DomainPace, Mail, Mailbox, TlsPolicy};

const DEFAULT: &str = include_str!("../../config/default.toml");
const KINDS: &str = include_str!("../../config/kinds.toml");
const OBSERVANCES: &str = include_str!("../../config/observances.toml");

/// All settings; config/default.toml says what each is for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where and how to listen.
    pub server: Server,
    /// Where the data is.
    pub database: Database,
    /// How mail goes out.
    pub mail: Mail,
    /// What comes back by mail.
    pub mailbox: Mailbox,
    /// What subscriptions hold.
    pub calendar: Calendar,
    /// When people are at work.
    pub scheduling: Scheduling,
    /// How long sign-ins last.
    pub access: Access,
    /// Putting names down for events.
    pub registration: Registration,
    /// Languages.
    pub locale: Locale,
    /// What is logged.
    pub log: Log,
    /// A site's own event kinds, in the form of config/kinds.toml.
    #[serde(default)]
    pub kinds: toml::Table,
    /// A site's own observances, in the form of config/observances.toml.
    #[serde(default)]
    pub observances: toml::Table,
}

/// `[server]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port.
    pub listen: String,
    /// How people reach the service; empty: by the listening address.
    pub public_url: String,
    /// Largest body, in bytes.
    pub body_limit: usize,
    /// Largest import, in bytes.
    pub import_limit: usize,
    /// Largest file that is handed in with an event, in bytes.
    pub upload_limit: usize,
    /// Seconds that a request may take.
    pub request_timeout: u64,
    /// Whether the client's address is the last of X-Forwarded-For, which a proxy in front writes.
    pub behind_proxy: bool,
}

/// `[database]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite://FILE` or `postgres://…`.
    pub url: String,
    /// Connections that read at once.
    pub max_connections: u32,
}

/// `[calendar]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// Months before today that a feed holds.
    pub months_back: u32,
    /// Months after today that a feed holds.
    pub months_ahead: u32,
    /// IANA zone of events that name none.
    pub time_zone: String,
    /// Megabytes of subscriptions kept in memory.
    pub cache_mb: u32,
}

/// `[scheduling]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheduling {
    /// `08:00-18:00`.
    pub work_hours: String,
}

/// `[access]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Minutes for which a link works.
    pub link_minutes: u32,
    /// Days for which a browser stays signed in.
    pub session_days: u32,
}

/// `[registration]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// Days after an event's last session for which names and addresses of the public are kept.
    pub keep_days: u32,
    /// Registrations that one client address may send for one event in an hour.
    pub per_hour: u32,
}

/// `[locale]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locale {
    /// Language of who has not chosen one.
    pub default: crate::locale::Lang,
}

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// A tracing filter.
    pub filter: String,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file or variable does not parse, or names an unknown key.
    #[error("configuration: {0}")]
    Read(#[from] config::ConfigError),
    /// A key's value makes no sense.
    #[error("configuration: {key}: {why}")]
    Value {
        /// The key, by path.
        key: &'static str,
        /// What is wrong, and what it takes.
        why: String,
    },
}

impl Config {
    /// Reads defaults, then `file`, then the environment, and checks every value.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut builder = config::Config::builder().add_source(File::from_str(DEFAULT, FileFormat::Toml));
        if let Some(file) = file {
            builder = builder.add_source(File::from(file));
        }
        let environment = Environment::with_prefix("PUFA").prefix_separator("__").separator("__").try_parsing(true);
        let loaded: Self = builder.add_source(environment).build()?.try_deserialize()?;
        loaded.check()?;
        Ok(loaded)
    }

    /// The embedded defaults alone.
    pub fn defaults() -> Result<Self, ConfigError> {
        Ok(config::Config::builder()
            .add_source(File::from_str(DEFAULT, FileFormat::Toml))
            .build()?
            .try_deserialize()?)
    }

    /// How people reach the service, without a slash at the end.
    #[must_use]
    pub fn public_url(&self) -> String {
        if self.server.public_url.is_empty() {
            return format!("http://{}", self.server.listen);
        }
        self.server.public_url.trim_end_matches('/').to_owned()
    }

    /// Whether people reach the service by https, so that cookies may demand it.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.server.public_url.starts_with("https://")
    }

    /// The event kinds: those of config/kinds.toml, with a site's own on top.
    pub fn event_kinds(&self) -> Result<Kinds, ConfigError> {
        let wrong = |why: String| ConfigError::Value { key: "kinds", why };
        let mut table: toml::Table = KINDS.parse().map_err(|e: toml::de::Error| wrong(e.to_string()))?;
        table.extend(self.kinds.clone());
        Kinds::parse(table).map_err(wrong)
    }

    /// The observances: those of config/observances.toml, with a site's own on top; the kind of each is there.
    pub fn yearly_observances(&self) -> Result<Observances, ConfigError> {
        let wrong = |why: String| ConfigError::Value { key: "observances", why };
        let mut table: toml::Table = OBSERVANCES.parse().map_err(|e: toml::de::Error| wrong(e.to_string()))?;
        table.extend(self.observances.clone());
        let observances = Observances::parse(table).map_err(wrong)?;
        let kinds = self.event_kinds()?;
        if let Some((key, kind)) = observances.kinds().find(|(_, kind)| kinds.get(kind).is_none()) {
            return Err(wrong(format!("{key}: there is no kind {kind}")));
        }
        Ok(observances)
    }

    /// The zone of events that name none.
    #[must_use]
    pub fn zone(&self) -> Zone {
        Zone::parse(&self.calendar.time_zone).unwrap_or(Zone(chrono_tz::Asia::Shanghai))
    }

    /// When people are at work, in an event's own zone.
    #[must_use]
    pub fn work_hours(&self) -> WorkHours {
        WorkHours::parse(&self.scheduling.work_hours).unwrap_or_default()
    }

    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key, why: &str| Err(ConfigError::Value { key, why: why.to_owned() });
        if self.server.listen.parse::<std::net::SocketAddr>().is_err() {
            return wrong("server.listen", "takes an address and a port, such as 127.0.0.1:8080");
        }
        let url = &self.server.public_url;
        if !url.is_empty() && !url.starts_with("http://") && !url.starts_with("https://") {
            return wrong("server.public_url", "begins with http:// or https://");
        }
        if !self.database.url.starts_with("sqlite:") && !self.database.url.starts_with("postgres") {
            return wrong("database.url", "takes sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE");
        }
        if Zone::parse(&self.calendar.time_zone).is_err() {
            return wrong("calendar.time_zone", "takes an IANA name, such as Asia/Shanghai");
        }
        if WorkHours::parse(&self.scheduling.work_hours).is_none() {
            return wrong("scheduling.work_hours", "takes two times in order, such as 08:00-18:00");
        }
        if self.database.max_connections == 0 {
            return wrong("database.max_connections", "must be at least 1");
        }
        self.mail.check()?;
        self.mailbox.check()?;
        self.yearly_observances().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_whole_and_right() {
        let config = Config::defaults().unwrap();
        config.check().unwrap();
        assert_eq!(config.public_url(), "http://127.0.0.1:8080");
        assert!(config.event_kinds().unwrap().get("first_topic").is_some());
    }

    #[test]
    fn mail_that_would_be_tried_without_end_or_never_waited_for_is_refused() {
        let refused = |change: fn(&mut Mail)| {
            let mut config = Config::defaults().unwrap();
            change(&mut config.mail);
            config.check().unwrap_err().to_string()
        };
        assert!(refused(|mail| mail.retry_after = 0).contains("mail.retry_after"));
        assert!(refused(|mail| mail.answer_timeout = 0).contains("mail.answer_timeout"));
    }
}
