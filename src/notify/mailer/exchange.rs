//! What is said to a server for one mail: who sends it to whom, all at once where the server takes that (RFC 2920), then
//! its text.

use std::time::Instant;

use lettre::address::Envelope;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;

use super::connection::{Broken, Connection, Step, Why, within};

impl Connection {
    /// Sends a mail; gives the server's word. After an error the conversation can go on if [`Self::reset`] says so.
    pub async fn send(&mut self, envelope: &Envelope, mail: &[u8]) -> Result<Response, Broken> {
        let eight = !mail.is_ascii() && self.inner.server_info().supports_feature(Extension::EightBitMime);
        let mut options = if eight { vec![MailParameter::Body(MailBodyParameter::EightBitMime)] } else { Vec::new() };
        if envelope.to().iter().chain(envelope.from()).any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
            // RFC 6531 section 3.4.
            if !self.inner.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Broken { step: Step::Mail, why: Why::NoUtf8 });
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        let from = Mail::new(envelope.from().cloned(), options);
        let to = envelope.to().iter().map(|to| Rcpt::new(to.clone(), Vec::new()));
        if self.takes_at_once {
            self.ask_at_once(from, to).await?;
        } else {
            self.ask(Step::Mail, from).await?;
            for to in to {
                self.ask(Step::Recipient, to).await?;
            }
            self.ask(Step::Data, Data).await?;
        }
        // A relay may look through the whole mail before it answers (RFC 5321 section 4.5.3.2.6).
        let answer = match std::str::from_utf8(mail) {
            // In one write, so that it goes out in as few packets as it fills.
            Ok(text) => within(Step::End, self.answer, self.inner.command(wire(text))).await?,
            Err(_) => within(Step::End, self.answer, self.inner.message(mail)).await?,
        };
        (self.used, self.worn) = (Instant::now(), true);
        Ok(answer)
    }

    /// Who sends it to whom, and that a text follows: there and back once instead of once for each. A refusal is the
    /// first that was said; while answers are still owed, nothing more can be said on this connection.
    async fn ask_at_once(&mut self, from: Mail, to: impl Iterator<Item = Rcpt>) -> Result<(), Broken> {
        let (mut group, mut steps) = (from.to_string(), vec![Step::Mail]);
        for to in to {
            group.push_str(&to.to_string());
            steps.push(Step::Recipient);
        }
        group.push_str(&Data.to_string());
        steps.push(Step::Data);
        let (mut refused, mut waits_for_text) = (None, false);
        self.out_of_step = true;
        for step in steps {
            let answer = match step {
                Step::Mail => within(step, self.step, self.inner.command(&group)).await,
                _ => within(step, self.step, self.inner.read_response()).await,
            };
            match answer {
                Ok(_) => waits_for_text = step == Step::Data,
                Err(broken) if broken.is_answer() => refused = refused.or(Some(broken)),
                Err(broken) => return Err(refused.unwrap_or(broken)),
            }
        }
        let Some(refused) = refused else {
            self.out_of_step = false;
            return Ok(());
        };
        // A dot alone ends the text that nobody is to get (RFC 2920 section 3.1); whatever the server says to it.
        if waits_for_text {
            drop(self.ask(Step::End, ".\r\n").await);
        }
        self.out_of_step = false;
        Err(refused)
    }
}

/// The text of a mail as it goes over the wire, with its end: a line that begins with a dot gets another (RFC 5321
/// section 4.5.2).
fn wire(text: &str) -> String {
    const END: &str = "\r\n.\r\n";
    let mut wire = String::with_capacity(text.len() + text.len() / 64 + END.len());
    let mut rest = text;
    if text.starts_with('.') {
        wire.push('.');
    }
    while let Some((before, after)) = rest.split_once("\r\n.") {
        wire.push_str(before);
        wire.push_str("\r\n..");
        rest = after;
    }
    wire.push_str(rest);
    wire.push_str(if rest.ends_with("\r\n") { &END[2..] } else { END });
    wire
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lettre::address::Envelope;
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    use super::super::connection::{Broken, Connection, Step};
    use super::super::target::{Security, Server};
    use super::super::verdict::outcome;
    use super::wire;
    use crate::outbox::Outcome;

    #[test]
    fn lines_that_begin_with_a_dot_get_another() {
        let table = [
            ("a\r\n", "a\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            ("", "\r\n.\r\n"),
            (".\r\n", "..\r\n.\r\n"),
            (".a\r\n.\r\n..b\r\n", "..a\r\n..\r\n...b\r\n.\r\n"),
            ("a.b\r\n\r\n.c", "a.b\r\n\r\n..c\r\n.\r\n"),
            ("a\r\n.", "a\r\n..\r\n.\r\n"),
            ("\r\n.\r\n", "\r\n..\r\n.\r\n"),
        ];
        for (text, on_the_wire) in table {
            assert_eq!(wire(text), on_the_wire, "{text:?}");
        }
    }

    /// What a server says to MAIL, RCPT, DATA and the end of a text; nothing for an empty word, which closes.
    type Words = [&'static str; 4];

    /// A server of a few lines, whose words for the second mail are friendly; gives what it heard.
    async fn serve(listener: TcpListener, words: Words, offer: &'static str) -> Vec<String> {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let (mut heard, mut text, mut mails) = (Vec::new(), false, 0);
        stream.write_all(b"220 here\r\n").await.unwrap();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return heard;
            }
            let of_mail = |n: usize| if mails > 1 { ["250 ok", "250 ok", "354 go", "250 taken"][n] } else { words[n] };
            let line = line.trim_end();
            let answer = match line.split([' ', ':']).next().unwrap_or_default() {
                "." if text => {
                    text = false;
                    of_mail(3).to_owned()
                }
                _ if text => continue,
                "EHLO" => format!("250-here\r\n250 {offer}"),
                "MAIL" => {
                    mails += 1;
                    if mails > 1 { "250 ok".to_owned() } else { words[0].to_owned() }
                }
                "RCPT" => of_mail(1).to_owned(),
                "DATA" => {
                    text = of_mail(2).starts_with('3');
                    of_mail(2).to_owned()
                }
                _ => "250 ok".to_owned(),
            };
            heard.push(line.to_owned());
            if answer.is_empty() {
                return heard;
            }
            stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
        }
    }

    async fn connection(words: Words, offer: &'static str) -> (Connection, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = tokio::spawn(serve(listener, words, offer));
        let server = Server {
            host: "127.0.0.1".to_owned(),
            port,
            security: Security::Plain,
            user: None,
            credentials: None,
            ca: None,
            step: Duration::from_secs(5),
            answer: Duration::from_secs(5),
        };
        (Connection::open(&server).await.unwrap_or_else(|_| panic!("it listens")), heard)
    }

    async fn send(connection: &mut Connection) -> Result<String, Broken> {
        let address = |text: &str| text.parse().unwrap();
        let envelope = Envelope::new(Some(address("pufa@example.test")), vec![address("kj001@example.test")]).unwrap();
        let answer = connection.send(&envelope, b"Subject: x\r\n\r\n.\r\n").await?;
        Ok(answer.code().to_string())
    }

    #[tokio::test]
    async fn a_refusal_is_the_first_word_and_the_next_mail_goes_over_the_same_connection() {
        let table: [(Words, Step, Outcome); 6] = [
            // The server that is told everything at once says no to what follows a refusal too,
            (["250 ok", "550 nobody", "503 no recipient", ""], Step::Recipient, Outcome::Dead("550 nobody".into())),
            (["250 ok", "451 later", "554 none", ""], Step::Recipient, Outcome::Failed("451 later".into())),
            (["451 busy", "503 who", "503 what", ""], Step::Mail, Outcome::Failed("451 busy".into())),
            // or waits for a text that goes to nobody.
            (["250 ok", "550 nobody", "354 go", "554 none"], Step::Recipient, Outcome::Dead("550 nobody".into())),
            (["250 ok", "550 nobody", "354 go", "250 taken"], Step::Recipient, Outcome::Dead("550 nobody".into())),
            (["250 ok", "250 ok", "452 full", ""], Step::Data, Outcome::Away("452 full".into())),
        ];
        for (words, step, became) in table {
            let (mut connection, _heard) = connection(words, "PIPELINING").await;
            let Err(broken) = send(&mut connection).await else { panic!("{words:?} refuse it") };
            assert_eq!((broken.step, outcome(&broken)), (step, became), "{words:?}");
            assert!(connection.reset().await, "{words:?}");
            let Ok(code) = send(&mut connection).await else { panic!("after {words:?} the next goes") };
            assert_eq!(code, "250");
        }
    }

    #[tokio::test]
    async fn a_connection_that_owes_answers_is_not_used_again() {
        let (mut connection, _heard) = connection(["250 ok", "", "", ""], "PIPELINING").await;
        assert!(send(&mut connection).await.is_err_and(|broken| !broken.is_answer()));
        assert!(!connection.reset().await);
    }

    #[tokio::test]
    async fn commands_go_one_by_one_where_the_server_does_not_offer_more() {
        for (offer, refused) in [("PIPELINING", true), ("8BITMIME", false)] {
            let (mut connection, heard) = connection(["250 ok", "550 nobody", "503 none", ""], offer).await;
            assert!(send(&mut connection).await.is_err());
            connection.close().await;
            let heard = heard.await.unwrap();
            // Who asks one by one stops at the refusal.
            assert_eq!(heard.iter().any(|line| line == "DATA"), refused, "{heard:?}");
        }
    }
}
