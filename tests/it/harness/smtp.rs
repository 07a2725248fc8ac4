//! A real SMTP server in a process of its own: tests/smtp/server.py says how it may behave.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::Deserialize;
use tempfile::TempDir;

/// An SMTP server; gone when dropped, with what it kept.
pub struct Smtp {
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

/// A mail that was offered to the server, and what it said.
#[derive(Clone, Debug, Deserialize)]
pub struct Offered {
    /// `accepted` (also when the connection was closed without saying so), `451`, `550`, `drop` or `hang`.
    pub outcome: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// Whether the client asked for SMTPUTF8.
    pub utf8: bool,
    /// As in the header.
    pub message_id: Option<String>,
    /// Decoded.
    pub subject: Option<String>,
    /// Where it was kept, if it was accepted.
    file: Option<PathBuf>,
}

impl Smtp {
    /// A server that is down, on a free port.
    pub fn down() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), port: free_port(), process: None }
    }

    /// A server that accepts all mail.
    pub fn up() -> Self {
        let mut smtp = Self::down();
        smtp.start();
        smtp
    }

    /// What pufa's `mail.url` must be.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Starts it, and waits until it listens.
    pub fn start(&mut self) {
        let python = std::env::var("PUFA_TEST_PYTHON").expect("PUFA_TEST_PYTHON is not set: use tests/run");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtp/server.py");
        let mut process = Command::new(python)
            .arg(script)
            .arg(self.port.to_string())
            .arg(self.folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the SMTP server starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "ready", "the SMTP server listens");
        self.process = Some(process);
    }

    /// Ends it; what it kept stays.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Says how it treats mail from now on: `accept`, `slow 0.2`, `hang`, `hang rcpt`, `451`, `550`, `drop`,
    /// `keep-drop`, `greylist 3`, `sender a@example.test`, `most 2`, `ascii`.
    pub fn behave(&self, how: &str) {
        std::fs::write(self.folder.path().join("behaviour"), how).unwrap();
    }

    /// Says how it treats the first, second, … mail to each of these addresses; what is not said here goes by
    /// [`Self::behave`].
    pub fn script(&self, script: &serde_json::Value) {
        std::fs::write(self.folder.path().join("script"), script.to_string()).unwrap();
    }

    /// Every mail offered so far, in order.
    pub fn offered(&self) -> Vec<Offered> {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        // The last line may be only half written.
        log.split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
            .map(|line| serde_json::from_str(line).expect("a line of the server's log"))
            .collect()
    }

    /// The mails accepted so far.
    pub fn accepted(&self) -> Vec<Offered> {
        self.offered().into_iter().filter(|mail| mail.outcome == "accepted").collect()
    }

    /// How many that were, without reading each.
    pub fn taken(&self) -> usize {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        log.matches("\"outcome\": \"accepted\"").count()
    }

    /// An accepted mail as it came.
    pub fn raw(&self, mail: &Offered) -> Vec<u8> {
        std::fs::read(self.folder.path().join(mail.file.as_ref().expect("an accepted mail"))).unwrap()
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A port on which nothing listens now.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
