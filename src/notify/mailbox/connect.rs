//! Reaching a mailbox: connection, TLS, signing in; each step within its time.

use std::future::Future;
use std::sync::Arc;

use async_imap::{Client, Session};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::target::{Privacy, Target};

/// What bytes go over.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug> Wire for T {}

/// A session in a mailbox.
pub(super) type Open = Session<Box<dyn Wire>>;

/// What went wrong, at which step, in words for an administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken(pub String);

impl Broken {
    pub(super) fn at(step: &str, why: impl std::fmt::Display) -> Self {
        Self(format!("{step}: {why}"))
    }
}

/// Does one step, and gives up when it takes too long; what it says is for the caller to judge.
pub(super) async fn in_time<T>(target: &Target, step: &str, work: impl Future<Output = T>) -> Result<T, Broken> {
    let done = tokio::time::timeout(target.timeout, work).await;
    done.map_err(|_| Broken::at(step, format!("no answer within {} s", target.timeout.as_secs())))
}

/// Does one step that must go well, and gives up when it takes too long.
pub(super) async fn within<T, E: std::fmt::Display>(
    target: &Target,
    step: &str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Broken> {
    in_time(target, step, work).await?.map_err(|why| Broken::at(step, why))
}

/// Makes sure that the server is still there: the client takes a hang-up in the middle of a list for the list's end.
pub(super) async fn still_there(target: &Target, step: &str, session: &mut Open) -> Result<(), Broken> {
    within(target, step, session.noop()).await
}

/// Signs in.
pub(super) async fn open(target: &Target) -> Result<Open, Broken> {
    let tcp = within(target, "connect", TcpStream::connect((target.host.as_str(), target.port))).await?;
    let client = match target.privacy {
        Privacy::Tls => greeted(target, encrypt(target, tcp).await?).await?,
        Privacy::StartTls => start_tls(target, tcp).await?,
    };
    let login = async { client.login(quoted(&target.user)?, quoted(&target.password)?).await.map_err(|(why, _)| why) };
    within(target, "sign in", login).await
}

/// The client quotes what it is given; a line break would be a second command.
fn quoted(text: &str) -> Result<&str, async_imap::error::Error> {
    match text.find(['\r', '\n', '\0']) {
        None => Ok(text),
        Some(_) => Err(async_imap::error::Error::Bad("a line break in user or password".to_owned())),
    }
}

async fn greeted(target: &Target, wire: Box<dyn Wire>) -> Result<Client<Box<dyn Wire>>, Broken> {
    let mut client = Client::new(wire);
    let greeting = within(target, "greeting", client.read_response()).await?;
    greeting.ok_or_else(|| Broken::at("greeting", "the server hung up")).map(|_| client)
}

/// TLS where the server offers it; without it the password goes only where that is allowed.
async fn start_tls(target: &Target, tcp: TcpStream) -> Result<Client<Box<dyn Wire>>, Broken> {
    let mut client = Client::new(tcp);
    let greeting = within(target, "greeting", client.read_response()).await?;
    greeting.ok_or_else(|| Broken::at("greeting", "the server hung up"))?;
    match in_time(target, "STARTTLS", client.run_command_and_check_ok("STARTTLS", None)).await? {
        Ok(()) => Ok(Client::new(encrypt(target, client.into_inner()).await?)),
        Err(async_imap::error::Error::Bad(_) | async_imap::error::Error::No(_)) if target.may_be_plain => {
            Ok(Client::new(Box::new(client.into_inner()) as Box<dyn Wire>))
        }
        Err(async_imap::error::Error::Bad(_) | async_imap::error::Error::No(_)) => Err(Broken::at(
            "STARTTLS",
            "the server offers none; use imaps://, or set mailbox.insecure to send the password in the clear",
        )),
        Err(why) => Err(Broken::at("STARTTLS", why)),
    }
}

async fn encrypt(target: &Target, tcp: TcpStream) -> Result<Box<dyn Wire>, Broken> {
    let name = ServerName::try_from(target.host.clone()).map_err(|why| Broken::at("TLS", why))?;
    let connector = TlsConnector::from(Arc::new(tls(&target.ca)?));
    let stream = within(target, "TLS", connector.connect(name, tcp)).await?;
    Ok(Box::new(stream))
}

fn tls(ca: &str) -> Result<ClientConfig, Broken> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if !ca.is_empty() {
        let wrong = |why: &dyn std::fmt::Display| Broken::at("mailbox.ca", format!("{ca}: {why}"));
        for certificate in CertificateDer::pem_file_iter(ca).map_err(|why| wrong(&why))? {
            roots.add(certificate.map_err(|why| wrong(&why))?).map_err(|why| wrong(&why))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().map_err(|why| Broken::at("TLS", why))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
