//! Reading `mail.url`.

use std::path::PathBuf;

use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use percent_encoding::percent_decode_str;
use url::Url;

use super::STEP;

/// Where mail goes.
pub enum Target {
    /// To a server.
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    /// Into a folder, as .eml files.
    Folder(PathBuf),
}

impl Target {
    /// Reads `smtp://`, `smtps://` or `file:///`; user and password are percent-decoded. The error says what is wrong,
    /// without repeating a password.
    pub fn parse(text: &str, connections: u32) -> Result<Self, String> {
        let wrong = |why: &str| {
            format!("mail.url: {why}: takes smtp://HOST:25, smtp://USER:PASSWORD@HOST:587, smtps://… or file:///FOLDER")
        };
        let url = Url::parse(text).map_err(|e| wrong(&e.to_string()))?;
        match url.scheme() {
            "file" => {
                let path = decode(url.path()).map_err(|e| wrong(&e))?;
                if url.host_str().is_some_and(|host| !host.is_empty()) || path == "/" {
                    return Err(wrong("a folder begins with three slashes, file:///FOLDER"));
                }
                Ok(Self::Folder(PathBuf::from(path)))
            }
            "smtp" | "smtps" => server(&url, connections).map(Self::Smtp).map_err(|e| wrong(&e)),
            other => Err(wrong(&format!("{other} is no way to send mail"))),
        }
    }
}

fn server(url: &Url, connections: u32) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("no host")?;
    let host = decode(host)?.trim_matches(['[', ']']).to_owned();
    let user = decode(url.username())?;
    let password = url.password().map(decode).transpose()?;
    if !matches!(url.path(), "" | "/") || url.query().is_some() {
        return Err("nothing may follow the host and port".into());
    }
    let (tls, port) = match (url.scheme(), user.is_empty()) {
        ("smtps", _) => (Tls::Wrapper(strict(&host)?), 465),
        // A password never goes out in the clear.
        (_, false) => (Tls::Required(strict(&host)?), 587),
        (_, true) => (Tls::Opportunistic(lenient(&host)?), 25),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .port(url.port().unwrap_or(port))
        .tls(tls)
        .timeout(Some(STEP))
        .pool_config(PoolConfig::new().max_size(connections));
    if !user.is_empty() {
        builder = builder.credentials(Credentials::new(user, password.ok_or("a user needs a password")?));
    }
    Ok(builder.build())
}

fn strict(host: &str) -> Result<TlsParameters, String> {
    TlsParameters::new(host.to_owned()).map_err(|e| e.to_string())
}

/// Where plain text would do, a certificate that nobody vouches for is no worse (RFC 7435).
fn lenient(host: &str) -> Result<TlsParameters, String> {
    TlsParameters::builder(host.to_owned())
        .dangerous_accept_invalid_certs(true)
        .dangerous_accept_invalid_hostnames(true)
        .build()
        .map_err(|e| e.to_string())
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

    #[tokio::test]
    async fn urls_are_read_or_refused_with_a_reason() {
        for good in [
            "smtp://localhost:2525",
            "smtp://mail.example.test",
            "smtp://[::1]:25",
            "smtp://pufa%40example.test:p%40ss%3Aword@mail.example.test:587",
            "smtps://u:p@mail.example.test",
        ] {
            assert!(matches!(Target::parse(good, 4), Ok(Target::Smtp(_))), "{good}");
        }
        for bad in
            ["", "localhost:25", "smtp://", "http://x", "smtp://u@host", "file://folder", "file:///", "smtp://h/x"]
        {
            let why = Target::parse(bad, 4).err().unwrap_or_else(|| panic!("{bad} was taken"));
            assert!(why.starts_with("mail.url: "), "{why}");
        }
        let Ok(Target::Folder(folder)) = Target::parse("file:///tmp/a%20b", 4) else { panic!("no folder") };
        assert_eq!(folder, PathBuf::from("/tmp/a b"));
    }
}
