//! A real SMTP server that encrypts and asks who is there, with certificates made for each test by openssl.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use pufa::clock::{Clock, SystemClock};
use serde::Deserialize;
use tempfile::TempDir;

use super::smtp::free_port;

/// An authority of a site's own.
pub struct Authority {
    folder: TempDir,
}

/// A certificate that the authority signs.
#[derive(Clone, Copy)]
pub enum Certificate {
    /// For this machine, good for a year.
    Good,
    /// For this machine, good for a few days more.
    Ending,
    /// For this machine, over since yesterday.
    Expired,
    /// For this machine, from tomorrow on.
    Early,
    /// For another one.
    OtherName,
}

impl Certificate {
    const fn subject(self) -> &'static str {
        match self {
            Self::OtherName => "DNS:other.example.test",
            _ => "IP:127.0.0.1,DNS:localhost",
        }
    }

    /// Days from now of its beginning and end.
    const fn days(self) -> (i64, i64) {
        match self {
            Self::Good | Self::OtherName => (-2, 365),
            Self::Ending => (-300, 5),
            Self::Expired => (-30, -1),
            Self::Early => (1, 30),
        }
    }
}

impl Authority {
    /// A new one.
    pub fn new() -> Self {
        let authority = Self { folder: tempfile::tempdir().unwrap() };
        authority.openssl(&[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
            "-days",
            "3650",
            "-subj",
            "/CN=a site's own authority",
            "-addext",
            "basicConstraints=critical,CA:TRUE",
            "-addext",
            "keyUsage=critical,keyCertSign",
        ]);
        std::fs::write(authority.path("index.txt"), "").unwrap();
        let settings = "[ca]\ndefault_ca=a\n[a]\ndatabase=index.txt\nnew_certs_dir=.\nserial=serial\ndefault_md=sha256\n\
                        policy=p\ncopy_extensions=copy\nunique_subject=no\n[p]\ncommonName=supplied\n";
        std::fs::write(authority.path("ca.cnf"), settings).unwrap();
        authority
    }

    /// The file with its own certificate.
    pub fn file(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// A certificate and its key.
    pub fn sign(&self, certificate: Certificate) -> (PathBuf, PathBuf) {
        let subject = format!("subjectAltName={}", certificate.subject());
        self.openssl(&[
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            "server.key",
            "-out",
            "server.csr",
            "-subj",
            "/CN=test",
            "-addext",
            &subject,
        ]);
        // The server and the program that it meets go by the machine's clock.
        let now = SystemClock.now();
        let day = |days: i64| (now + chrono::TimeDelta::days(days)).format("%Y%m%d%H%M%SZ").to_string();
        let (from, to) = certificate.days();
        self.openssl(&[
            "ca",
            "-batch",
            "-config",
            "ca.cnf",
            "-cert",
            "ca.pem",
            "-keyfile",
            "ca.key",
            "-in",
            "server.csr",
            "-out",
            "server.pem",
            "-startdate",
            &day(from),
            "-enddate",
            &day(to),
            "-rand_serial",
            "-notext",
        ]);
        (self.path("server.pem"), self.path("server.key"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) {
        let done = Command::new("openssl").args(arguments).current_dir(self.folder.path()).output();
        let done = done.expect("openssl is there: tests/run installs it");
        assert!(done.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

/// A server; gone when dropped.
pub struct SecureSmtp {
    port: u16,
    process: Child,
}

/// A mail that the server took.
#[derive(Debug, Deserialize)]
pub struct Taken {
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// The envelope's sender.
    pub from: String,
    /// `TLSv1.3`, or none.
    pub tls: Option<String>,
    /// Who had signed in.
    pub user: Option<String>,
}

impl SecureSmtp {
    /// Starts one: `plain`, `starttls`, `smtps` or `silent`; with that user and password, unless nobody has to sign in.
    pub fn start(mode: &str, certificate: Option<(PathBuf, PathBuf)>, user: Option<(&str, &str)>) -> Self {
        let python = std::env::var("PUFA_TEST_PYTHON").expect("PUFA_TEST_PYTHON is not set: use tests/run");
        let (certificate, key) = certificate.unwrap_or_default();
        let (user, password) = user.unwrap_or(("-", "-"));
        let port = free_port();
        let mut process = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtp/secure.py"))
            .args([&port.to_string(), mode])
            .args([certificate, key])
            .args([user, password])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the SMTP server starts");
        // A byte at a time: what follows is read at the end.
        let mut line = Vec::new();
        let stdout = process.stdout.as_mut().unwrap();
        while line.last() != Some(&b'\n') {
            let mut byte = [0];
            stdout.read_exact(&mut byte).expect("the SMTP server listens");
            line.push(byte[0]);
        }
        assert_eq!(line, b"ready\n");
        Self { port, process }
    }

    /// What pufa's `mail.url` must be; `user` is percent-encoded, with its password.
    pub fn url(&self, scheme: &str, user: &str, host: &str) -> String {
        format!("{scheme}://{user}{}{host}:{}", if user.is_empty() { "" } else { "@" }, self.port)
    }

    /// Ends it; every mail that it took.
    pub fn taken(mut self) -> Vec<Taken> {
        self.process.kill().unwrap();
        let lines = BufReader::new(self.process.stdout.take().unwrap()).lines();
        lines.map(|line| serde_json::from_str(&line.unwrap()).expect("a line of JSON")).collect()
    }
}

impl Drop for SecureSmtp {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        self.process.wait().unwrap();
    }
}
