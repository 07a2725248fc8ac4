//! Reading `mail.url` and what belongs to it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::config::{self, TlsPolicy};

/// Where mail goes.
pub enum Target {
    /// To a server.
    Smtp(Box<Server>),
    /// Into a folder, as .eml files.
    Folder(PathBuf),
}

/// A server, and how it is spoken to.
#[derive(Clone)]
pub struct Server {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What is demanded of the connection.
    pub security: Security,
    /// As whom to sign in.
    pub user: Option<String>,
    /// With what to sign in.
    pub credentials: Option<Credentials>,
    /// The certificates of a site's own authority, PEM.
    pub ca: Option<Vec<u8>>,
    /// How long one step of the conversation may take.
    pub step: Duration,
    /// How long the answer to a whole mail may take.
    pub answer: Duration,
}

/// What is demanded of a connection.
#[derive(Clone)]
pub enum Security {
    /// Nothing is encrypted.
    Plain,
    /// STARTTLS where the server offers it, whatever its certificate says (RFC 7435).
    Opportunistic(TlsParameters),
    /// STARTTLS and a certificate that somebody vouches for.
    Required(TlsParameters),
    /// TLS from the first byte, the certificate too (RFC 8314).
    Wrapped(TlsParameters),
}

impl Security {
    /// As it is shown.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Plain => "none",
            Self::Opportunistic(_) => "opportunistic",
            Self::Required(_) => "required",
            Self::Wrapped(_) => "wrapped",
        }
    }
}

impl Target {
    /// Reads `smtp://`, `smtps://` or `file:///`; user and password are percent-decoded. The error says what is wrong,
    /// without repeating a password.
    pub fn parse(settings: &config::Mail) -> Result<Self, String> {
        let wrong = |why: &str| {
            format!("mail.url: {why}: takes smtp://HOST:25, smtp://USER:PASSWORD@HOST:587, smtps://… or file:///FOLDER")
        };
        let url = Url::parse(&settings.url).map_err(|e| wrong(&e.to_string()))?;
        match url.scheme() {
            "file" => {
                let path = decode(url.path()).map_err(|e| wrong(&e))?;
                if url.host_str().is_some_and(|host| !host.is_empty()) || path == "/" {
                    return Err(wrong("a folder begins with three slashes, file:///FOLDER"));
                }
                Ok(Self::Folder(PathBuf::from(path)))
            }
            "smtp" | "smtps" => {
                let (host, credentials) = address(&url).map_err(|e| wrong(&e))?;
                server(&url, host, credentials, settings).map(|server| Self::Smtp(Box::new(server)))
            }
            other => Err(wrong(&format!("{other} is no way to send mail"))),
        }
    }
}

fn address(url: &Url) -> Result<(String, Option<Credentials>), String> {
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("no host")?;
    let host = decode(host)?.trim_matches(['[', ']']).to_owned();
    let user = decode(url.username())?;
    let password = url.password().map(decode).transpose()?;
    if !matches!(url.path(), "" | "/") || url.query().is_some() {
        return Err("nothing may follow the host and port".into());
    }
    if user.is_empty() {
        return Ok((host, None));
    }
    Ok((host, Some(Credentials::new(user, password.ok_or("a user needs a password")?))))
}

fn server(
    url: &Url,
    host: String,
    credentials: Option<Credentials>,
    settings: &config::Mail,
) -> Result<Server, String> {
    let ca = match settings.ca_file.as_str() {
        "" => None,
        file => Some(std::fs::read(file).map_err(|e| format!("mail.ca_file: cannot read {file}: {e}"))?),
    };
    // A password never goes out in the clear, but to this machine itself.
    let secret = credentials.is_some() && !is_loopback(&host);
    let (security, port) = match (url.scheme(), settings.tls) {
        ("smtps", TlsPolicy::None) => return Err("mail.tls: none: smtps:// is TLS; use smtp:// or leave it out".into()),
        ("smtps", _) => (Security::Wrapped(strict(&host, ca.as_deref())?), 465),
        (_, TlsPolicy::None) if secret => {
            return Err("mail.tls: none: a password would go out in the clear; takes required or opportunistic".into());
        }
        (_, TlsPolicy::None) => (Security::Plain, 25),
        (_, TlsPolicy::Opportunistic) if !secret => (Security::Opportunistic(lenient(&host)?), 25),
        (_, TlsPolicy::Opportunistic | TlsPolicy::Required) => {
            (Security::Required(strict(&host, ca.as_deref())?), if credentials.is_some() { 587 } else { 25 })
        }
    };
    let step = Duration::from_secs(settings.timeout.into());
    let answer = Duration::from_secs(settings.answer_timeout.into());
    let user = match url.username() {
        "" => None,
        user => Some(decode(user).map_err(|e| format!("mail.url: {e}"))?),
    };
    Ok(Server { user, host, port: url.port().unwrap_or(port), security, credentials, ca, step, answer })
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn strict(host: &str, ca: Option<&[u8]>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(pem) = ca {
        let wrong = |e: lettre::transport::smtp::Error| format!("mail.ca_file: takes certificates in PEM: {e}");
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(wrong)?);
    }
    builder.build().map_err(|e| format!("mail.url: {e}"))
}

/// Where plain text would do, a certificate that nobody vouches for is no worse (RFC 7435).
fn lenient(host: &str) -> Result<TlsParameters, String> {
    TlsParameters::builder(host.to_owned())
        .dangerous_accept_invalid_certs(true)
        .dangerous_accept_invalid_hostnames(true)
        .build()
        .map_err(|e| format!("mail.url: {e}"))
}

fn decode(text: &str) -> Result<String, String> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| "what is percent-encoded is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn parse(url: &str, tls: TlsPolicy) -> Result<Target, String> {
        let mut mail = Config::defaults().unwrap().mail;
        (mail.url, mail.tls) = (url.to_owned(), tls);
        Target::parse(&mail)
    }

    fn security(url: &str, tls: TlsPolicy) -> (&'static str, u16) {
        match parse(url, tls) {
            Ok(Target::Smtp(server)) => (server.security.as_str(), server.port),
            Ok(Target::Folder(_)) => panic!("{url} is a folder"),
            Err(why) => panic!("{url}: {why}"),
        }
    }

    #[test]
    fn urls_are_read_or_refused_with_a_reason() {
        for good in [
            "smtp://localhost:2525",
            "smtp://mail.example.test",
            "smtp://[::1]:25",
            "smtp://pufa%40example.test:p%40ss%3Aword@mail.example.test:587",
            "smtps://u:p@mail.example.test",
        ] {
            assert!(matches!(parse(good, TlsPolicy::Opportunistic), Ok(Target::Smtp(_))), "{good}");
        }
        for bad in
            ["", "localhost:25", "smtp://", "http://x", "smtp://u@host", "file://folder", "file:///", "smtp://h/x"]
        {
            let why = parse(bad, TlsPolicy::Opportunistic).err().unwrap_or_else(|| panic!("{bad} was taken"));
            assert!(why.starts_with("mail.url: "), "{why}");
        }
        let Ok(Target::Folder(folder)) = parse("file:///tmp/a%20b", TlsPolicy::Required) else { panic!("no folder") };
        assert_eq!(folder, PathBuf::from("/tmp/a b"));
    }

    #[test]
    fn a_password_never_goes_out_in_the_clear_but_to_this_machine() {
        use TlsPolicy::{None, Opportunistic, Required};
        assert_eq!(security("smtp://mail.example.test", Opportunistic), ("opportunistic", 25));
        assert_eq!(security("smtp://mail.example.test", Required), ("required", 25));
        assert_eq!(security("smtp://mail.example.test", None), ("none", 25));
        assert_eq!(security("smtp://u:p@mail.example.test", Opportunistic), ("required", 587));
        assert_eq!(security("smtp://u:p@127.0.0.1:2525", Opportunistic), ("opportunistic", 2525));
        assert_eq!(security("smtp://u:p@[::1]:2525", None), ("none", 2525));
        assert_eq!(security("smtps://u:p@mail.example.test", Opportunistic), ("wrapped", 465));
        for url in ["smtp://u:p@mail.example.test", "smtps://mail.example.test"] {
            let why = parse(url, None).err().expect("refused");
            assert!(why.starts_with("mail.tls: "), "{why}");
        }
    }
}
