//! One conversation with a server: opened as the settings demand, then a mail at a time.
//!
//! Each step has its time, so that a server that hangs anywhere is noticed there.

use std::fmt::Display;
use std::future::Future;
use std::time::{Duration, Instant};

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Ehlo, Noop, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use tokio::net::TcpStream;

use super::target::{Security, Server};

/// An open conversation.
pub struct Connection {
    pub(super) inner: AsyncSmtpConnection,
    pub(super) step: Duration,
    pub(super) answer: Duration,
    pub(super) used: Instant,
    /// Whether it takes commands at once (RFC 2920).
    pub(super) takes_at_once: bool,
    /// Whether answers may come that were not waited for.
    pub(super) out_of_step: bool,
    /// Whether it carried a mail before: then the server may have closed it meanwhile.
    pub worn: bool,
}

/// Where a conversation ended, and how.
pub struct Broken {
    /// What was asked.
    pub step: Step,
    /// What came of it.
    pub why: Why,
}

impl Broken {
    /// Whether the server said no, and did not vanish.
    pub fn is_answer(&self) -> bool {
        match &self.why {
            Why::Smtp(error) => error.status().is_some_and(|code| code.to_string() != "421"),
            Why::NoUtf8 => true,
            Why::Unreached(_) | Why::Refused(_) | Why::Silence(_) => false,
        }
    }
}

/// What was asked of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A connection, greeting, encryption, sign-in.
    Open,
    /// To take a mail of this sender.
    Mail,
    /// To take one for this recipient.
    Recipient,
    /// To take the text.
    Data,
    /// To say that it has it.
    End,
}

impl Step {
    /// As people who run mail servers call it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "connect",
            Self::Mail => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
            Self::End => "end of data",
        }
    }
}

/// What came of a step.
pub enum Why {
    /// The server, or the network, said so.
    Smtp(SmtpError),
    /// There is no way to it.
    Unreached(std::io::Error),
    /// It does not offer what the settings demand.
    Refused(String),
    /// It takes no address with other letters than those of ASCII before the @.
    NoUtf8,
    /// Nothing came in that many seconds.
    Silence(u64),
}

impl Connection {
    /// Connects, encrypts and signs in, as the settings demand.
    pub async fn open(server: &Server) -> Result<Self, Broken> {
        let opened = tokio::time::timeout(server.step, open(server)).await;
        let (inner, takes_at_once) = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err(why)) => return Err(Broken { step: Step::Open, why }),
            Err(_) => return Err(Broken { step: Step::Open, why: Why::Silence(server.step.as_secs()) }),
        };
        let used = Instant::now();
        Ok(Self {
            inner,
            step: server.step,
            answer: server.answer,
            used,
            takes_at_once,
            out_of_step: false,
            worn: false,
        })
    }

    /// Whether the server is still there. One that was used a moment ago is not asked.
    pub async fn is_alive(&mut self) -> bool {
        const MOMENT: Duration = Duration::from_secs(5);
        self.used.elapsed() < MOMENT
            || tokio::time::timeout(self.step, self.inner.command(Noop)).await.is_ok_and(|answer| answer.is_ok())
    }

    /// Forgets a mail that was refused halfway; false when the conversation is over.
    pub async fn reset(&mut self) -> bool {
        self.used = Instant::now();
        !self.out_of_step
            && tokio::time::timeout(self.step, self.inner.command(Rset)).await.is_ok_and(|answer| answer.is_ok())
    }

    /// Says goodbye, if the server listens.
    pub async fn close(mut self) {
        const POLITE: Duration = Duration::from_secs(2);
        // Whatever it answers: nothing is owed any more.
        drop(tokio::time::timeout(POLITE, self.inner.abort()).await);
    }

    /// What the server called itself.
    #[must_use]
    pub fn name(&self) -> &str {
        self.inner.server_info().name()
    }

    /// Whether nobody on the way can read along.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.inner.is_encrypted()
    }

    pub(super) async fn ask(&mut self, step: Step, command: impl Display) -> Result<Response, Broken> {
        within(step, self.step, self.inner.command(command)).await
    }
}

/// Waits for an answer for as long as `limit`.
pub(super) async fn within(
    step: Step,
    limit: Duration,
    answer: impl Future<Output = Result<Response, SmtpError>>,
) -> Result<Response, Broken> {
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(Broken { step, why: Why::Smtp(error) }),
        Err(_) => Err(Broken { step, why: Why::Silence(limit.as_secs()) }),
    }
}

/// An open conversation, and whether the server takes commands at once.
async fn open(server: &Server) -> Result<(AsyncSmtpConnection, bool), Why> {
    let name = ClientId::default();
    let at = (server.host.as_str(), server.port);
    let mut connection = if let Security::Wrapped(tls) = &server.security {
        AsyncSmtpConnection::connect_tokio1(at, Some(server.step), &name, Some(tls.clone()), None).await?
    } else {
        let stream = TcpStream::connect(at).await.map_err(Why::Unreached)?;
        // A mail goes out in two writes; without this the second waits for the answer to the first.
        stream.set_nodelay(true).map_err(Why::Unreached)?;
        AsyncSmtpConnection::connect_with_transport(Box::new(stream), &name).await?
    };
    match &server.security {
        Security::Required(_) if !connection.can_starttls() => {
            connection.abort().await;
            return Err(Why::Refused("the server offers no STARTTLS, and mail.tls demands it".to_owned()));
        }
        Security::Required(tls) => connection.starttls(tls.clone(), &name).await?,
        Security::Opportunistic(tls) if connection.can_starttls() => connection.starttls(tls.clone(), &name).await?,
        _ => {}
    }
    if let Some(credentials) = &server.credentials {
        connection.auth(DEFAULT_MECHANISMS, credentials).await?;
    }
    // What it offers is asked once more: lettre keeps nothing of this, and it may differ once the line is encrypted.
    let offers = connection.command(Ehlo::new(name)).await?;
    let takes_at_once = offers.message().any(|line| line.trim().eq_ignore_ascii_case("PIPELINING"));
    Ok((connection, takes_at_once))
}

impl From<SmtpError> for Why {
    fn from(error: SmtpError) -> Self {
        Self::Smtp(error)
    }
}
