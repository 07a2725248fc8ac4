//! The real program as a process: started, killed without warning, started again.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

use super::smtp::free_port;

/// `pufa serve` on a free port; killed when dropped.
pub struct Server {
    folder: TempDir,
    port: u16,
    settings: Vec<(String, String)>,
    process: Arc<Mutex<Option<Child>>>,
    client: Client,
}

/// Kills one server's process, from any thread.
#[derive(Clone)]
pub struct Killer(Arc<Mutex<Option<Child>>>);

impl Killer {
    /// SIGKILL: the process gets no chance to say goodbye. Gives whether it was still running.
    pub fn kill(&self) -> bool {
        let Some(mut process) = self.0.lock().unwrap().take() else { return false };
        process.kill().unwrap();
        process.wait().unwrap();
        true
    }
}

impl Server {
    /// A server on `database`, with further settings (`PUFA__MAIL__URL`, …), not yet started.
    pub fn new(database: &str, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut all = vec![
            ("PUFA__DATABASE__URL".to_owned(), database.to_owned()),
            ("PUFA__MAIL__URL".to_owned(), format!("file://{}", folder.path().join("mail").display())),
        ];
        for (name, value) in settings {
            all.retain(|(known, _)| known != name);
            all.push(((*name).to_owned(), (*value).to_owned()));
        }
        Self { folder, port: free_port(), settings: all, process: Arc::default(), client: Client::new() }
    }

    /// Starts it and waits until it is ready.
    pub async fn start(&self) {
        let log = File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_pufa"))
            .arg("serve")
            .current_dir(self.folder.path())
            .env("PUFA__SERVER__LISTEN", format!("127.0.0.1:{}", self.port))
            .envs(self.settings.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("pufa starts");
        *self.process.lock().unwrap() = Some(process);
        let from = Instant::now();
        while !self.is_ready().await {
            let ended = self.process.lock().unwrap().as_mut().is_some_and(|p| p.try_wait().unwrap().is_some());
            assert!(!ended && from.elapsed() < Duration::from_secs(30), "pufa is not ready:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn is_ready(&self) -> bool {
        self.client.get(self.url("/readyz")).send().await.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    /// What kills it.
    pub fn killer(&self) -> Killer {
        Killer(self.process.clone())
    }

    /// The address of a path there.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What it has said so far, over all its lives.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// `GET` that must succeed.
    pub async fn get(&self, path: &str, token: &str) -> Value {
        Self::json(path, self.client.get(self.url(path)).bearer_auth(token)).await
    }

    /// `POST` that must succeed.
    pub async fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        Self::json(path, self.client.post(self.url(path)).bearer_auth(token).json(body)).await
    }

    async fn json(path: &str, request: reqwest::RequestBuilder) -> Value {
        let answer = request.send().await.unwrap_or_else(|e| panic!("{path}: {e}"));
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}: {text}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.killer().kill();
    }
}
