//! How a server encrypts: looked at beside the conversations that carry mail, so that a certificate can be told about
//! even where it is taken as it is, or not at all.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::target::{Security, Server};

/// Days before its end from which a certificate is worth a word.
pub const SOON: u64 = 14;

/// How a connection is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// `TLS 1.3`.
    pub version: String,
    /// As IANA names it.
    pub cipher: String,
    /// What is wrong with the server's certificate, if anything is.
    pub certificate: Option<Flaw>,
    /// Whether it ends within [`SOON`] days.
    pub ends_soon: bool,
}

/// What can be wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Its time is over.
    Expired,
    /// Its time has not come; or the clock here is wrong.
    NotYetValid,
    /// It is for another name.
    OtherName,
    /// Nobody who is trusted here vouches for it.
    UnknownIssuer,
    /// An authority's own certificate, used as a server's.
    Authority,
    /// Anything else.
    Other(String),
}

impl Flaw {
    /// Reads it from what the TLS library says.
    #[must_use]
    pub fn of(error: &rustls::Error) -> Option<Self> {
        let rustls::Error::InvalidCertificate(why) = error else { return None };
        Some(match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::OtherName,
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            other if format!("{other:?}").contains("CaUsedAsEndEntity") => Self::Authority,
            other => Self::Other(other.to_string()),
        })
    }
}

/// Shakes hands with the server and says goodbye; the error is in words for an administrator.
pub async fn look(server: &Server, now: DateTime<Utc>) -> Result<Tls, String> {
    tokio::time::timeout(server.step, shake(server, now))
        .await
        .map_err(|_| format!("no answer within {} seconds", server.step.as_secs()))?
}

async fn shake(server: &Server, now: DateTime<Utc>) -> Result<Tls, String> {
    let mut tcp = TcpStream::connect((server.host.as_str(), server.port)).await.map_err(|e| e.to_string())?;
    if !matches!(server.security, Security::Wrapped(_)) {
        tcp = ask_for_tls(tcp).await?;
    }
    let witness = Arc::new(Witness::new(server.ca.as_deref(), now)?);
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(witness.clone())
        .with_no_client_auth();
    let name = ServerName::try_from(server.host.clone()).map_err(|e| e.to_string())?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.map_err(|e| e.to_string())?;
    let (_, connection) = stream.get_ref();
    let version = connection.protocol_version().map(|version| format!("{version:?}").replace("TLSv1_", "TLS 1."));
    let cipher = connection.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
    let seen = witness.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(Tls {
        version: version.unwrap_or_default(),
        cipher: cipher.unwrap_or_default(),
        certificate: seen.flaw,
        ends_soon: seen.ends_soon,
    })
}

/// RFC 3207: says EHLO, then STARTTLS.
async fn ask_for_tls(tcp: TcpStream) -> Result<TcpStream, String> {
    let mut stream = BufReader::new(tcp);
    for command in ["", "EHLO localhost\r\n", "STARTTLS\r\n"] {
        stream.write_all(command.as_bytes()).await.map_err(|e| e.to_string())?;
        let said = answer(&mut stream).await?;
        if !said.starts_with('2') {
            return Err(said);
        }
    }
    Ok(stream.into_inner())
}

/// The last line of one answer. A server that never ends it is not listened to for longer than the caller's time.
async fn answer(stream: &mut BufReader<TcpStream>) -> Result<String, String> {
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.map_err(|e| e.to_string())? == 0 {
            return Err("the server hung up".to_owned());
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(line.trim_end().to_owned());
        }
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[derive(Clone, Debug, Default)]
struct Seen {
    flaw: Option<Flaw>,
    ends_soon: bool,
}

/// Takes every certificate, and remembers what one who is strict would say of it.
#[derive(Debug)]
struct Witness {
    strict: Arc<WebPkiServerVerifier>,
    now: UnixTime,
    seen: Mutex<Seen>,
}

impl Witness {
    fn new(ca: Option<&[u8]>, now: DateTime<Utc>) -> Result<Self, String> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for certificate in CertificateDer::pem_slice_iter(ca.unwrap_or_default()) {
            roots.add(certificate.map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
        }
        let strict = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        Ok(Self {
            strict: strict.build().map_err(|e| e.to_string())?,
            now: UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            seen: Mutex::default(),
        })
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let check = |at| self.strict.verify_server_cert(certificate, between, name, ocsp, at).err();
        let soon = Duration::from_secs(self.now.as_secs() + SOON * 24 * 3_600);
        let later = check(UnixTime::since_unix_epoch(soon)).and_then(|error| Flaw::of(&error));
        let flaw = check(self.now).map(|error| Flaw::of(&error).unwrap_or_else(|| Flaw::Other(error.to_string())));
        let ends_soon = flaw.is_none() && later == Some(Flaw::Expired);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen { flaw, ends_soon };
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.strict.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.strict.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.strict.supported_verify_schemes()
    }
}
