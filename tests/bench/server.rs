//! Servers as processes of their own, killed when dropped.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server that listens.
pub struct Running {
    child: Child,
    /// Where.
    pub port: u16,
}

impl Running {
    /// The real program, with its default settings but for the database, and its log in a file.
    pub async fn pufa(url: &str, folder: &Path) -> Self {
        Self::pufa_with(url, folder, &[]).await
    }

    /// The same with further settings.
    pub async fn pufa_with(url: &str, folder: &Path, settings: &[(&str, String)]) -> Self {
        let port = free_port();
        let log = File::create(folder.join("pufa.log")).expect("a log file");
        let child = Command::new(env!("CARGO_BIN_EXE_pufa"))
            .arg("serve")
            .env("PUFA__DATABASE__URL", url)
            .env("PUFA__SERVER__LISTEN", format!("127.0.0.1:{port}"))
            .env("PUFA__MAIL__URL", format!("file://{}/mail", folder.display()))
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stderr(log)
            .spawn()
            .expect("pufa starts");
        Self { child, port }.listening().await
    }

    /// The empty handler: this program again.
    pub async fn empty() -> Self {
        let port = free_port();
        let program = std::env::current_exe().expect("this program has a path");
        let child = Command::new(program)
            .args(["--empty", &port.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .expect("the empty server starts");
        Self { child, port }.listening().await
    }

    /// The most memory that it ever held, in MB; from Linux's own count.
    pub fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux counts it");
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kilobytes * 1024.0 / 1_000_000.0
    }

    async fn listening(self) -> Self {
        for _ in 0..600 {
            if tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return self;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server does not listen");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself: then there is nothing to stop.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("a bound socket has an address").port()
}
