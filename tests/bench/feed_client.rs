//! The load generator: connections kept open, one request after the other on each, every answer looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// How long a round takes.
const ROUND: Duration = Duration::from_secs(3);

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Whether it changed.
    Unchanged,
    /// All of it.
    Plain,
    /// All of it, packed.
    Packed,
}

/// A version of a calendar.
#[derive(Clone, Debug)]
pub struct Version {
    /// The tag of the plain body.
    pub tag: String,
    /// As it is.
    pub plain: Vec<u8>,
    /// As gzip.
    pub packed: Vec<u8>,
}

/// Requests to send.
#[derive(Clone)]
pub struct Load {
    /// Where.
    pub port: u16,
    /// Of which calendar.
    pub path: String,
    /// For what.
    pub wish: Wish,
    /// What is answered.
    pub version: Version,
}

impl Load {
    /// Asks over so many connections for three seconds; gives how many were answered a second.
    pub async fn run(&self, connections: usize) -> f64 {
        let answered = Arc::new(AtomicU32::new(0));
        let local = LocalSet::new();
        let mut open = Vec::new();
        for _ in 0..connections {
            let stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("the server listens");
            stream.set_nodelay(true).expect("a socket takes TCP_NODELAY");
            open.push(stream);
        }
        let began = Instant::now();
        let mut tasks = Vec::new();
        for stream in open {
            let (load, answered) = (self.clone(), answered.clone());
            tasks.push(local.spawn_local(async move { load.ask(stream, began, &answered).await }));
        }
        local.await;
        for task in tasks {
            task.await.expect("every request is answered as it should");
        }
        f64::from(answered.load(Ordering::Relaxed)) / began.elapsed().as_secs_f64()
    }

    async fn ask(&self, mut stream: TcpStream, began: Instant, answered: &AtomicU32) {
        let wish = match self.wish {
            Wish::Unchanged => format!("if-none-match: {}\r\n", self.version.tag),
            Wish::Plain => String::new(),
            Wish::Packed => "accept-encoding: gzip\r\n".to_owned(),
        };
        let request = format!("GET {} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: bench/1\r\n{wish}\r\n", self.path);
        let (status, body) = match self.wish {
            Wish::Unchanged => ("HTTP/1.1 304", 0),
            Wish::Plain => ("HTTP/1.1 200", self.version.plain.len()),
            Wish::Packed => ("HTTP/1.1 200", self.version.packed.len()),
        };
        let mut answer = vec![0; body + 4_096];
        while began.elapsed() < ROUND {
            let (head, whole) = send(&mut stream, &request, &mut answer).await;
            assert!(answer.starts_with(status.as_bytes()), "{}", String::from_utf8_lossy(&answer[..head]));
            assert_eq!(whole - head, body, "the body that was expected");
            answered.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Sends a request and reads its answer; gives the lengths of its head and of all of it.
async fn send(stream: &mut TcpStream, request: &str, answer: &mut Vec<u8>) -> (usize, usize) {
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut filled = 0;
    loop {
        if filled == answer.len() {
            answer.resize(2 * filled, 0);
        }
        let read = stream.read(&mut answer[filled..]).await.expect("the server answers");
        assert!(read > 0, "the server closed a connection");
        filled += read;
        let Some(end) = answer[..filled].windows(4).take(4_096).position(|w| w == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&answer[..end]).expect("a head in ASCII");
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(Ok(0), str::parse);
        let length: usize = length.expect("a length is a number");
        let length = if text.starts_with("HTTP/1.1 304") { 0 } else { length };
        if filled >= end + 4 + length {
            return (end + 4, end + 4 + length);
        }
    }
}

/// What stands at a path of a server now.
pub async fn version(port: u16, path: &str) -> Version {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the server listens");
    let mut get = async |wish: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{wish}\r\n");
        let mut answer = vec![0; 65_536];
        let (head, whole) = send(&mut stream, &request, &mut answer).await;
        let text = String::from_utf8_lossy(&answer[..head]).into_owned();
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        (text, answer[head..whole].to_vec())
    };
    let (head, plain) = get("").await;
    let (_, packed) = get("accept-encoding: gzip\r\n").await;
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag").to_owned();
    Version { tag, plain, packed }
}
