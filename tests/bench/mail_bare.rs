//! What the same mail server takes from a raw client, and from a bare pool of lettre's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lettre::address::Envelope;
use lettre::transport::smtp::PoolConfig;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Mails to send.
#[derive(Clone, Copy)]
pub struct Load {
    /// Where.
    pub port: u16,
    /// How many.
    pub mails: u64,
    /// Of how many bytes each.
    pub bytes: u64,
    /// Over how many connections.
    pub connections: usize,
}

impl Load {
    /// A mail of about that size, as base64 looks in a mail.
    fn mail(&self) -> Arc<[u8]> {
        let head = "From: pufa <pufa@example.test>\r\nTo: bk@example.test\r\nSubject: fixed\r\nMIME-Version: 1.0\r\n\
                    Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
        let line = format!("{}\r\n", "5pmu5rOV".repeat(9));
        let mut text = head.to_owned();
        while u64::try_from(text.len()).expect("a mail's size") < self.bytes {
            text.push_str(&line);
        }
        text.into_bytes().into()
    }

    /// Sends them all by lettre's own pool, as many at once as it has connections.
    pub async fn by_lettre(self) {
        let pool = PoolConfig::new().max_size(u32::try_from(self.connections).expect("a few connections"));
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
            .port(self.port)
            .pool_config(pool)
            .build();
        let mail = self.mail();
        let address = |text: &str| text.parse().expect("an address");
        let envelope = Envelope::new(Some(address("pufa@example.test")), vec![address("bk@example.test")]);
        let envelope = Arc::new(envelope.expect("an envelope"));
        self.at_once(|next| {
            let (transport, mail, envelope) = (transport.clone(), mail.clone(), envelope.clone());
            async move {
                while next.fetch_add(1, Ordering::Relaxed) < self.mails {
                    transport.send_raw(&envelope, &mail).await.expect("the server takes it");
                }
            }
        })
        .await;
    }

    /// Sends them all without any library, pipelined (RFC 2920): the server's own limit.
    pub async fn raw(self) {
        let mut text = self.mail().to_vec();
        text.extend(b"\r\n.\r\n");
        let text: Arc<[u8]> = text.into();
        self.at_once(|next| {
            let text = text.clone();
            async move {
                let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("the server listens");
                stream.set_nodelay(true).expect("a socket takes TCP_NODELAY");
                answers(&mut stream, 1).await;
                stream.write_all(b"EHLO raw\r\n").await.expect("the server reads");
                answers(&mut stream, 4).await;
                while next.fetch_add(1, Ordering::Relaxed) < self.mails {
                    let ask = b"MAIL FROM:<pufa@example.test>\r\nRCPT TO:<bk@example.test>\r\nDATA\r\n";
                    stream.write_all(ask).await.expect("the server reads");
                    answers(&mut stream, 3).await;
                    stream.write_all(&text).await.expect("the server reads");
                    answers(&mut stream, 1).await;
                }
            }
        })
        .await;
    }

    async fn at_once<F: Future<Output = ()> + Send + 'static>(self, one: impl Fn(Arc<AtomicU64>) -> F) {
        let next = Arc::new(AtomicU64::new(0));
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..self.connections {
            tasks.spawn(one(next.clone()));
        }
        tasks.join_all().await;
    }
}

/// Waits for so many lines, none of which says no.
async fn answers(stream: &mut TcpStream, lines: usize) {
    let (mut buffer, mut filled) = ([0; 1024], 0);
    loop {
        let read = stream.read(&mut buffer[filled..]).await.expect("the server answers");
        assert!(read > 0, "the server closed a connection");
        filled += read;
        if buffer[..filled].split(|byte| *byte == b'\n').count() > lines {
            break;
        }
    }
    let said = String::from_utf8_lossy(&buffer[..filled]);
    assert!(said.lines().all(|line| line.starts_with(['2', '3'])), "{said}");
}
