//! A look at the server without sending anything: whether it answers, how it encrypts, whether it lets us in.

use std::error::Error as _;
use std::io;

use chrono::{DateTime, Utc};
use lettre::transport::smtp::Error as SmtpError;

use super::connection::{Broken, Connection, Why};
use super::handshake::{self, Flaw, Tls};
use super::target::Server;
use super::verdict::{one_line, outcome};
use super::{Mailer, Way};
use crate::outbox::Outcome;

/// What a server showed of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Its name or address, and port, as the settings have it.
    pub server: String,
    /// What it calls itself.
    pub name: String,
    /// What is demanded of the connection: `none`, `opportunistic`, `required`, `wrapped`.
    pub policy: &'static str,
    /// Whether the connection that mail goes over is encrypted.
    pub is_encrypted: bool,
    /// How; the error says why that could not be seen. None when it is not.
    pub tls: Option<Result<Tls, String>>,
    /// As whom it let us in; None when no user is given.
    pub user: Option<String>,
}

/// Why a server could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Which: its name or address, and port.
    pub server: String,
    /// What it, or the network, said; never a password.
    pub said: String,
    /// What that comes from.
    pub cause: Cause,
}

/// What a trouble comes from: what to do follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// No such name.
    Unknown,
    /// Nothing listens there, or nothing answers.
    Unreachable,
    /// TLS is demanded and not offered.
    NoTls,
    /// Its certificate is not to be trusted.
    Certificate(Flaw),
    /// TLS and plain text do not meet, or no version is common to both.
    Handshake,
    /// User or password are wrong.
    Password,
    /// It offers no way to sign in that is known here.
    NoSignIn,
    /// It does not want us.
    Refused,
}

impl Mailer {
    /// Looks at the server: connects, encrypts and signs in as for a mail, and says goodbye. None when mail is kept in
    /// a folder.
    pub async fn look(&self, now: DateTime<Utc>) -> Option<Result<Look, Trouble>> {
        match &self.0.way {
            Way::Folder(_) => None,
            Way::Smtp(pool) => Some(look(&pool.server, now).await),
        }
    }
}

async fn look(server: &Server, now: DateTime<Utc>) -> Result<Look, Trouble> {
    let at = format!("{}:{}", server.host, server.port);
    let connection = match Connection::open(server).await {
        Ok(connection) => connection,
        Err(broken) => return Err(Trouble { server: at, said: said(&broken), cause: cause(&broken) }),
    };
    let (name, is_encrypted) = (one_line(connection.name()), connection.is_encrypted());
    connection.close().await;
    Ok(Look {
        server: at,
        name,
        policy: server.security.as_str(),
        is_encrypted,
        tls: if is_encrypted { Some(handshake::look(server, now).await) } else { None },
        user: server.user.clone(),
    })
}

fn said(broken: &Broken) -> String {
    match outcome(broken) {
        Outcome::Sent(text)
        | Outcome::Failed(text)
        | Outcome::Away(text)
        | Outcome::Dead(text)
        | Outcome::Moot(text) => text,
    }
}

fn cause(broken: &Broken) -> Cause {
    match &broken.why {
        Why::Silence(_) => Cause::Unreachable,
        Why::Unreached(error) => of_io(error),
        Why::Refused(_) => Cause::NoTls,
        // Nothing is sent here.
        Why::NoUtf8 => Cause::Refused,
        Why::Smtp(error) => of_smtp(error),
    }
}

fn of_smtp(error: &SmtpError) -> Cause {
    if let Some(code) = error.status() {
        let code = code.to_string();
        let is_password = ["454", "530", "534", "535", "538"].contains(&code.as_str());
        return if is_password { Cause::Password } else { Cause::Refused };
    }
    if error.is_client() {
        return Cause::NoSignIn;
    }
    let mut next = error.source();
    while let Some(at) = next {
        if let Some(error) = at.downcast_ref::<io::Error>() {
            return of_io(error);
        }
        next = at.source();
    }
    if error.is_response() { Cause::Handshake } else { Cause::Unreachable }
}

fn of_io(error: &io::Error) -> Cause {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    if let Some(error) = inner {
        return Flaw::of(error).map_or(Cause::Handshake, Cause::Certificate);
    }
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Cause::Handshake,
        // The resolver's own errors have no kind and no number.
        _ if error.raw_os_error().is_none() && error.to_string().contains("lookup address") => Cause::Unknown,
        _ => Cause::Unreachable,
    }
}
