//! Mailboxes: a real Dovecot of the test's own, and a server of a few lines that misbehaves as it is told.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::smtp::free_port;

/// Dovecot on free ports of this machine, with one user; gone when dropped.
pub struct Dovecot {
    folder: TempDir,
    process: Child,
    /// Where it offers STARTTLS.
    pub port: u16,
    /// Where it speaks TLS from the start.
    pub tls_port: u16,
}

impl Dovecot {
    /// Starts it, with a mailbox that holds at most `quota` mails.
    pub fn up(quota: u32) -> Self {
        let folder = tempfile::Builder::new().prefix("dovecot").tempdir_in("/tmp").unwrap();
        let at = folder.path().display().to_string();
        let (port, tls_port) = (free_port(), free_port());
        certify(folder.path());
        let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
        let (user, group) =
            (user.trim(), String::from_utf8(Command::new("id").arg("-gn").output().unwrap().stdout).unwrap());
        let group = group.trim();
        // Its sign-in refuses to run as root, and it opens no mail for root; as other users both must reach their files.
        let (login, owner, owners) =
            if user == "root" { ("dovenull", "nobody", "nogroup") } else { (user, user, group) };
        for name in ["", "mail", "home"] {
            open_to_all(&folder.path().join(name));
        }
        std::fs::write(folder.path().join("users"), "pufa:{PLAIN}secret word::::::\n").unwrap();
        let config = format!(
            "base_dir = {at}/run\nstate_dir = {at}/state\nlog_path = {at}/log\nprotocols = imap\nlisten = 127.0.0.1\n\
             default_internal_user = {user}\ndefault_login_user = {login}\ndefault_internal_group = {group}\n\
             first_valid_uid = 0\nfirst_valid_gid = 0\nmail_uid = {owner}\nmail_gid = {owners}\n\
             ssl = yes\nssl_cert = <{at}/cert.pem\nssl_key = <{at}/key.pem\ndisable_plaintext_auth = no\n\
             mail_location = maildir:{at}/mail/%u\nmail_plugins = quota\nprotocol imap {{\n  mail_plugins = quota imap_quota\n}}\n\
             plugin {{\n  quota = maildir:User quota\n  quota_rule = *:messages={quota}\n}}\n\
             passdb {{\n  driver = passwd-file\n  args = scheme=PLAIN {at}/users\n}}\n\
             userdb {{\n  driver = static\n  args = uid={owner} gid={owners} home={at}/home/%u\n}}\n\
             service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {port}\n  }}\n  inet_listener imaps {{\n    port = {tls_port}\n    ssl = yes\n  }}\n}}\n\
             service anvil {{\n  chroot =\n}}\nservice stats {{\n  chroot =\n}}\n"
        );
        std::fs::write(folder.path().join("dovecot.conf"), config).unwrap();
        let process = Command::new("/usr/sbin/dovecot")
            .args(["-F", "-c"])
            .arg(folder.path().join("dovecot.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("dovecot starts: use tests/run");
        let up = Self { folder, process, port, tls_port };
        let from = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", tls_port)).is_err() {
            let log = std::fs::read_to_string(up.folder.path().join("log")).unwrap_or_default();
            assert!(from.elapsed() < Duration::from_secs(20), "dovecot does not listen: {log}");
            std::thread::sleep(Duration::from_millis(50));
        }
        up
    }

    /// The authority that vouches for it.
    pub fn ca(&self) -> String {
        self.folder.path().join("ca.pem").display().to_string()
    }

    fn maildir(&self, folder: &str) -> PathBuf {
        let root = self.folder.path().join("mail/pufa");
        if folder == "INBOX" { root } else { root.join(format!(".{folder}")) }
    }

    /// Puts a mail into the inbox, as a mail server's delivery does.
    pub fn deliver(&self, raw: &[u8]) {
        for part in ["", "tmp", "new", "cur"] {
            open_to_all(&self.maildir("INBOX").join(part));
        }
        let name = format!("1.{}.test", uuid::Uuid::new_v4());
        let (tmp, new) = (self.maildir("INBOX").join("tmp").join(&name), self.maildir("INBOX").join("new").join(&name));
        std::fs::write(&tmp, raw).unwrap();
        std::fs::rename(tmp, new).unwrap();
    }

    /// The same, but somebody opened it already with another program.
    pub fn deliver_opened(&self, raw: &[u8]) {
        open_to_all(&self.maildir("INBOX").join("cur"));
        let name = format!("1.{}.test:2,S", uuid::Uuid::new_v4());
        std::fs::write(self.maildir("INBOX").join("cur").join(name), raw).unwrap();
    }

    /// How many mails lie in a folder, and how many of them are flagged as seen.
    pub fn held(&self, folder: &str) -> (usize, usize) {
        let files = |part: &str| -> Vec<String> {
            let Ok(list) = std::fs::read_dir(self.maildir(folder).join(part)) else { return Vec::new() };
            list.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
        };
        let (new, cur) = (files("new"), files("cur"));
        let seen = cur.iter().filter(|name| name.rsplit_once(":2,").is_some_and(|(_, flags)| flags.contains('S')));
        (new.len() + cur.len(), seen.count())
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // Asked to end, it takes its children along.
        drop(Command::new("kill").arg(self.process.id().to_string()).status());
        drop(self.process.wait());
    }
}

/// Makes a folder, if it is missing, in which another user may work too.
fn open_to_all(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
}

/// A certificate for 127.0.0.1 and an authority that vouches for it.
fn certify(folder: &Path) {
    let openssl = |args: &[&str]| {
        let done = Command::new("openssl").args(args).current_dir(folder).output().expect("openssl: use tests/run");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    std::fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n").unwrap();
    openssl(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=Test authority",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
    ]);
    openssl(&[
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=127.0.0.1",
        "-keyout",
        "key.pem",
        "-out",
        "request.pem",
    ]);
    openssl(&[
        "x509",
        "-req",
        "-in",
        "request.pem",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        "names",
        "-out",
        "cert.pem",
    ]);
}

/// How a [`Rogue`] treats what it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Kind,
    /// It takes connections and never says a word.
    Mute,
    /// It says nothing to a command that begins so.
    Hangs(&'static str),
    /// It hangs up at a command that begins so.
    Drops(&'static str),
    /// It says NO to a command that begins so.
    Refuses(&'static str, &'static str),
    /// It knows no command that begins so.
    Lacks(&'static str),
    /// It waits half a second before each answer.
    Slow,
}

/// A mail in a [`Rogue`]'s mailbox.
#[derive(Clone, Debug, Default)]
struct Lying {
    raw: Vec<u8>,
    seen: bool,
    taken: bool,
    deleted: bool,
}

/// A server of a few lines, and its mailbox.
#[derive(Clone)]
pub struct Rogue {
    pub port: u16,
    mood: Arc<Mutex<Mood>>,
    said: Arc<Mutex<Vec<String>>>,
    mails: Arc<Mutex<BTreeMap<u32, Lying>>>,
    keeps_keywords: Arc<Mutex<bool>>,
}

impl Rogue {
    /// Starts one that holds these mails, numbered from 7.
    pub async fn up(mails: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mails = (7..).zip(mails.into_iter().map(|raw| Lying { raw, ..Lying::default() })).collect();
        let rogue = Self {
            port: listener.local_addr().unwrap().port(),
            mood: Arc::new(Mutex::new(Mood::Kind)),
            said: Arc::default(),
            mails: Arc::new(Mutex::new(mails)),
            keeps_keywords: Arc::new(Mutex::new(true)),
        };
        let own = rogue.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move { own.serve(stream).await });
            }
        });
        rogue
    }

    /// Says how it behaves from now on.
    pub fn behave(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// From now on it keeps no flags but its own.
    pub fn keep_no_keywords(&self) {
        *self.keeps_keywords.lock().unwrap() = false;
    }

    /// Another program opened the mails.
    pub fn open_all(&self) {
        self.mails.lock().unwrap().values_mut().for_each(|mail| mail.seen = true);
    }

    /// The mails that lie in its inbox.
    pub fn held(&self) -> Vec<u32> {
        self.mails.lock().unwrap().keys().copied().collect()
    }

    /// The commands it was given, without their tags.
    pub fn said(&self) -> Vec<String> {
        std::mem::take(&mut *self.said.lock().unwrap())
    }

    async fn serve(&self, mut stream: tokio::net::TcpStream) {
        let (read, mut write) = stream.split();
        let mut lines = BufReader::new(read).lines();
        if *self.mood.lock().unwrap() == Mood::Mute {
            std::future::pending::<()>().await;
        }
        write.write_all(b"* OK ready\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
            self.said.lock().unwrap().push(command.to_owned());
            let mood = *self.mood.lock().unwrap();
            let answer = match mood {
                Mood::Hangs(word) if command.starts_with(word) => std::future::pending().await,
                Mood::Drops(word) if command.starts_with(word) => return,
                Mood::Refuses(word, why) if command.starts_with(word) => format!("{tag} NO {why}\r\n").into_bytes(),
                Mood::Lacks(word) if command.starts_with(word) => format!("{tag} BAD unknown\r\n").into_bytes(),
                _ => self.answer(tag, command),
            };
            if mood == Mood::Slow {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            if write.write_all(&answer).await.is_err() {
                return;
            }
        }
    }

    fn answer(&self, tag: &str, command: &str) -> Vec<u8> {
        let done = format!("{tag} OK done\r\n");
        let with = |text: String| format!("{text}{done}").into_bytes();
        let mut mails = self.mails.lock().unwrap();
        if command.starts_with("STARTTLS") {
            return format!("{tag} BAD unknown\r\n").into_bytes();
        }
        if command.starts_with("SELECT") {
            let flags = if *self.keeps_keywords.lock().unwrap() { "\\Seen \\Deleted \\*" } else { "\\Seen \\Deleted" };
            let count = mails.len();
            return with(format!(
                "* {count} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1] ok\r\n* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS ({flags})] ok\r\n"
            ));
        }
        if let Some(what) = command.strip_prefix("UID SEARCH ") {
            let meant = |mail: &Lying| match what {
                "UNSEEN" => !mail.seen,
                "UNKEYWORD pufa-taken" => !mail.taken,
                "KEYWORD pufa-taken UNDELETED" => mail.taken && !mail.deleted,
                other => panic!("search {other}"),
            };
            let found: String =
                mails.iter().filter(|(_, mail)| meant(mail)).map(|(uid, _)| format!(" {uid}")).collect();
            return with(format!("* SEARCH{found}\r\n"));
        }
        let mut words = command.split(' ');
        let uid = words.nth(2).and_then(|word| word.parse::<u32>().ok());
        let Some((uid, mail)) = uid.and_then(|uid| Some((uid, mails.get_mut(&uid)?))) else {
            let bye = if command.starts_with("LOGOUT") { "* BYE bye\r\n" } else { "" };
            return with(bye.to_owned());
        };
        match command.split(' ').nth(1).unwrap_or_default() {
            "FETCH" => {
                let range = command.split_once("BODY.PEEK[]<").unwrap().1.split('>').next().unwrap();
                let (from, length) = range.split_once('.').unwrap();
                let (from, length): (usize, usize) = (from.parse().unwrap(), length.parse().unwrap());
                let slice = mail.raw.get(from..mail.raw.len().min(from + length)).unwrap_or_default();
                let head = format!(
                    "* 1 FETCH (UID {uid} RFC822.SIZE {} BODY[]<{from}> {{{}}}\r\n",
                    mail.raw.len(),
                    slice.len()
                );
                return [head.as_bytes(), slice, b")\r\n", done.as_bytes()].concat();
            }
            "STORE" => {
                mail.seen |= command.contains("\\Seen");
                mail.taken |= command.contains("pufa-taken") && *self.keeps_keywords.lock().unwrap();
                mail.deleted |= command.contains("\\Deleted");
            }
            "MOVE" => drop(mails.remove(&uid)),
            "EXPUNGE" if mail.deleted => drop(mails.remove(&uid)),
            _ => {}
        }
        done.into_bytes()
    }
}
