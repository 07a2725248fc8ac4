//! A mail server that takes everything, counts it and throws it away; on a thread of its own.

use std::io;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

/// What ends a mail's text (RFC 5321 section 4.1.1.4).
const END: &[u8] = b"\r\n.\r\n";

/// A mail server that listens until the program ends.
pub struct Sink {
    /// Where.
    pub port: u16,
    tally: Arc<Tally>,
}

/// What came since it was last asked to forget.
#[derive(Default)]
struct Tally {
    mails: AtomicU64,
    bytes: AtomicU64,
    /// The most connections at once.
    open: AtomicU32,
    most: AtomicU32,
    span: Mutex<Option<(Instant, Instant)>>,
    /// How many came for the recipient of each number.
    copies: Mutex<Vec<u16>>,
}

/// What came.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Mails.
    pub mails: u64,
    /// Of one mail, on the average.
    pub bytes: u64,
    /// From the first to the last, in seconds.
    pub seconds: f64,
    /// The most connections at once.
    pub connections: u32,
    /// Recipients who got one.
    pub people: usize,
}

impl Taken {
    /// Mails a second.
    pub fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 mails")]
        let mails = self.mails as f64;
        mails / self.seconds
    }
}

impl Sink {
    /// Starts one.
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket need not block");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let tally = Arc::new(Tally::default());
        let shared = tally.clone();
        std::thread::spawn(move || serve(listener, &shared));
        Self { port, tally }
    }

    /// Forgets what came.
    pub fn forget(&self) {
        self.tally.mails.store(0, Ordering::SeqCst);
        self.tally.bytes.store(0, Ordering::SeqCst);
        self.tally.most.store(self.tally.open.load(Ordering::SeqCst), Ordering::SeqCst);
        *self.tally.span.lock().expect("nobody panicked") = None;
        self.tally.copies.lock().expect("nobody panicked").clear();
    }

    /// What came since.
    pub fn taken(&self) -> Taken {
        let mails = self.tally.mails.load(Ordering::SeqCst);
        let span = *self.tally.span.lock().expect("nobody panicked");
        Taken {
            mails,
            bytes: self.tally.bytes.load(Ordering::SeqCst) / mails.max(1),
            seconds: span.map_or(0.0, |(first, last)| (last - first).as_secs_f64()),
            connections: self.tally.most.load(Ordering::SeqCst),
            people: self.tally.copies.lock().expect("nobody panicked").iter().filter(|copies| **copies > 0).count(),
        }
    }

    /// Waits until so many mails came; fails when none comes for two minutes.
    pub async fn wait(&self, mails: u64) -> Taken {
        const PATIENCE: Duration = Duration::from_mins(2);
        let (mut last, mut since) = (0, Instant::now());
        loop {
            let now = self.tally.mails.load(Ordering::SeqCst);
            if now >= mails {
                return self.taken();
            }
            if now > last {
                (last, since) = (now, Instant::now());
            }
            assert!(since.elapsed() < PATIENCE, "{now} of {mails} mails came, and no more");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn serve(listener: std::net::TcpListener, tally: &Arc<Tally>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::from_std(listener).expect("a socket");
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let tally = tally.clone();
            tokio::task::spawn_local(async move {
                let open = tally.open.fetch_add(1, Ordering::SeqCst) + 1;
                tally.most.fetch_max(open, Ordering::SeqCst);
                // A client that goes away is none of its business.
                drop(Talk { tally: tally.clone(), mail: Mail::None, recipient: None }.run(stream).await);
                tally.open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
}

/// Where a conversation is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mail {
    /// Between commands.
    None,
    /// In a mail's text.
    Text,
}

struct Talk {
    tally: Arc<Tally>,
    mail: Mail,
    recipient: Option<usize>,
}

impl Talk {
    async fn run(mut self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.write_all(b"220 sink ESMTP\r\n").await?;
        let (mut buffer, mut answers) = (Vec::with_capacity(64 * 1024), Vec::new());
        loop {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            // A client that leaves Nagle's algorithm on, as a bare pool does, waits for this before a mail's last line.
            stream.set_quickack(true)?;
            let used = self.take(&buffer, &mut answers);
            buffer.drain(..used);
            if !answers.is_empty() {
                stream.write_all(&answers).await?;
                answers.clear();
            }
        }
    }

    /// Answers every command and mail that is whole; gives how many bytes those were.
    fn take(&mut self, buffer: &[u8], answers: &mut Vec<u8>) -> usize {
        let mut used = 0;
        loop {
            let rest = &buffer[used..];
            let length = match self.mail {
                Mail::Text => end_of_text(rest),
                Mail::None => rest.iter().position(|byte| *byte == b'\n').map(|at| at + 1),
            };
            let Some(length) = length else { return used };
            let part = &rest[..length];
            used += length;
            if self.mail == Mail::Text {
                self.count(length);
                self.mail = Mail::None;
                answers.extend(b"250 2.0.0 taken\r\n");
            } else {
                answers.extend(self.command(part));
            }
        }
    }

    fn command(&mut self, line: &[u8]) -> &'static [u8] {
        match line.get(..4).map(<[u8]>::to_ascii_uppercase).as_deref() {
            Some(b"EHLO") => b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            Some(b"DATA") => {
                self.mail = Mail::Text;
                b"354 go on\r\n"
            }
            Some(b"RCPT") => {
                self.recipient = number(line);
                b"250 2.1.5 ok\r\n"
            }
            Some(b"QUIT") => b"221 2.0.0 bye\r\n",
            Some(b"HELO" | b"MAIL" | b"RSET" | b"NOOP") => b"250 2.0.0 ok\r\n",
            _ => b"500 5.5.1 no such command\r\n",
        }
    }

    fn count(&mut self, bytes: usize) {
        let now = Instant::now();
        if let Some(number) = self.recipient.take() {
            let mut copies = self.tally.copies.lock().expect("nobody panicked");
            if copies.len() <= number {
                copies.resize(number + 1, 0);
            }
            copies[number] += 1;
        }
        let mut span = self.tally.span.lock().expect("nobody panicked");
        *span = Some(span.map_or((now, now), |(first, _)| (first, now)));
        self.tally.bytes.fetch_add(u64::try_from(bytes).expect("a mail's size"), Ordering::SeqCst);
        self.tally.mails.fetch_add(1, Ordering::SeqCst);
    }
}

/// The length of a text with its end, if that is there.
fn end_of_text(text: &[u8]) -> Option<usize> {
    text.windows(END.len()).position(|w| w == END).map(|at| at + END.len())
}

/// The digits before the `@`.
fn number(line: &[u8]) -> Option<usize> {
    let at = line.iter().position(|byte| *byte == b'@')?;
    let from = line[..at].iter().rposition(|byte| !byte.is_ascii_digit())? + 1;
    std::str::from_utf8(&line[from..at]).ok()?.parse().ok()
}
