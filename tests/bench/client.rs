//! The load generator: connections kept open, one check-in after the other on each, every answer looked at.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::world::staff_no;

/// Check-ins to send.
#[derive(Clone)]
pub struct Load {
    /// Where.
    pub port: u16,
    /// To which session.
    pub session: i64,
    /// By whom.
    pub token: String,
    /// How many, each of another person.
    pub people: u32,
}

impl Load {
    /// Sends all of them over so many connections; gives how many were answered a second.
    pub async fn run(&self, connections: usize) -> f64 {
        let next = Arc::new(AtomicU32::new(0));
        let local = LocalSet::new();
        let mut tasks = Vec::new();
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(self.connect().await);
        }
        let began = Instant::now();
        for stream in open {
            let (load, next) = (self.clone(), next.clone());
            tasks.push(local.spawn_local(async move { load.send_all(stream, &next).await }));
        }
        local.await;
        for task in tasks {
            task.await.expect("every check-in is answered 201");
        }
        f64::from(self.people) / began.elapsed().as_secs_f64()
    }

    /// Checks in one person more.
    pub async fn check_in_one(&self, person: u32) {
        let mut stream = self.connect().await;
        let (mut request, mut answer) = (String::new(), vec![0; 4096]);
        self.send(&mut stream, person, &mut request, &mut answer).await;
    }

    async fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket takes TCP_NODELAY");
        stream
    }

    async fn send_all(&self, mut stream: TcpStream, next: &AtomicU32) {
        let (mut request, mut answer) = (String::new(), vec![0; 4096]);
        loop {
            let person = next.fetch_add(1, Ordering::Relaxed);
            if person >= self.people {
                return;
            }
            self.send(&mut stream, person, &mut request, &mut answer).await;
        }
    }

    async fn send(&self, stream: &mut TcpStream, person: u32, request: &mut String, answer: &mut [u8]) {
        let body = format!("{{\"staff_no\":\"{}\"}}", staff_no(person));
        request.clear();
        write!(
            request,
            "POST /api/v1/sessions/{}/check-ins HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.session,
            self.token,
            body.len()
        )
        .expect("a text takes more text");
        stream.write_all(request.as_bytes()).await.expect("the server reads");
        let mut filled = 0;
        loop {
            let read = stream.read(&mut answer[filled..]).await.expect("the server answers");
            assert!(read > 0, "the server closed a connection");
            filled += read;
            if is_whole(&answer[..filled]) {
                break;
            }
        }
        assert!(answer.starts_with(b"HTTP/1.1 201"), "{}", String::from_utf8_lossy(&answer[..filled]));
    }
}

/// Whether head and body are all there.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|w| w == b"\r\n\r\n") else { return false };
    let head = std::str::from_utf8(&answer[..end]).expect("a head in ASCII");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .and_then(|text| text.parse::<usize>().ok())
        .expect("an answer says its length");
    answer.len() >= end + 4 + length
}
