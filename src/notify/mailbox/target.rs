//! Which mailbox on which server, as the setting says. Pure.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::config;

/// How the connection is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Privacy {
    /// TLS from the start.
    Tls,
    /// TLS once both have said hello; in the clear only where that is allowed.
    StartTls,
}

/// A mailbox.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) privacy: Privacy,
    /// Whether a password may go there in the clear.
    pub(super) may_be_plain: bool,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) folder: String,
    pub(super) done: String,
    pub(super) ca: String,
    pub(super) timeout: std::time::Duration,
    pub(super) limit: usize,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Never the password.
        write!(f, "{}@{}:{}/{}", self.user, self.host, self.port, self.folder)
    }
}

impl Target {
    /// Reads the settings: None when no mailbox is to be read; else why they make no sense, and what they take.
    pub fn of(settings: &config::Mailbox) -> Result<Option<Self>, String> {
        if settings.url.is_empty() {
            return Ok(None);
        }
        let wrong = |why: &str| Err(format!("mailbox.url: {why}"));
        let Ok(url) = Url::parse(&settings.url) else {
            return wrong("takes imaps://USER:PASSWORD@HOST/FOLDER, signs in USER and PASSWORD percent-encoded");
        };
        let (privacy, usual) = match url.scheme() {
            "imaps" => (Privacy::Tls, 993),
            "imap" => (Privacy::StartTls, 143),
            _ => return wrong("begins with imaps:// or imap://"),
        };
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else { return wrong("names no host") };
        let decode = |text: &str| percent_decode_str(text).decode_utf8().map(std::borrow::Cow::into_owned).ok();
        let (Some(user), Some(password), Some(folder)) = (
            decode(url.username()),
            decode(url.password().unwrap_or_default()),
            decode(url.path().trim_start_matches('/')),
        ) else {
            return wrong("holds signs that are not UTF-8");
        };
        if user.is_empty() || password.is_empty() {
            return wrong("names a user and a password");
        }
        let folder = if folder.is_empty() { "INBOX".to_owned() } else { folder };
        for (key, name) in [("mailbox.url", &folder), ("mailbox.done", &settings.done)] {
            if name.is_empty() || !name.is_ascii() || name.chars().any(char::is_control) {
                return Err(format!("{key}: a folder's name takes plain ASCII letters"));
            }
        }
        if folder.eq_ignore_ascii_case(&settings.done) {
            return Err("mailbox.done: must be another folder than the one that is read".to_owned());
        }
        if settings.every == 0 || settings.timeout == 0 || settings.limit == 0 {
            return Err("mailbox.every, mailbox.timeout, mailbox.limit: must be at least 1".to_owned());
        }
        let bare = host.trim_matches(['[', ']']);
        let here = bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        Ok(Some(Self {
            host: bare.to_owned(),
            port: url.port().unwrap_or(usual),
            privacy,
            may_be_plain: here || settings.insecure,
            user,
            password,
            folder,
            done: settings.done.clone(),
            ca: settings.ca.clone(),
            timeout: std::time::Duration::from_secs(settings.timeout),
            limit: settings.limit,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Result<Option<Target>, String> {
        let settings = config::Config::defaults().unwrap().mailbox;
        Target::of(&config::Mailbox { url: url.to_owned(), ..settings })
    }

    #[test]
    fn a_url_says_where_and_who_and_never_shows_the_password() {
        let found = of("imaps://pufa%40example.test:p%3A%2F@mail.example.test/Answers").unwrap().unwrap();
        assert_eq!((found.user.as_str(), found.password.as_str(), found.port), ("pufa@example.test", "p:/", 993));
        assert_eq!((found.folder.as_str(), found.privacy, found.may_be_plain), ("Answers", Privacy::Tls, false));
        assert!(!format!("{found:?}").contains("p:/"));
        let here = of("imap://a:b@127.0.0.1:1143").unwrap().unwrap();
        assert_eq!((here.folder.as_str(), here.port, here.may_be_plain), ("INBOX", 1143, true));
        assert_eq!(of(""), Ok(None));
        for wrong in
            ["pop3://a:b@x", "imap://x/", "imap://a@x", "imap:x", "imaps://a:b@x/收件", "imap://a:b@x/pufa-done"]
        {
            assert!(of(wrong).is_err_and(|why| why.starts_with("mailbox.")), "{wrong}");
        }
    }
}
