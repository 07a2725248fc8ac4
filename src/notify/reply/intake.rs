//! Taking in one mail: read it, see what it changes, write down that it came.

use std::io::Read;

use chrono::{DateTime, Utc};
use entity::received_mail;
use entity::state::ReceivedKind;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::mime::{Head, Unreadable, head, parse};
use super::read::{Content, Mail, read};
use super::take::Outcome;
use super::{returned, take};
use crate::db::Db;
use crate::error::{Error, Result};

/// How much of a mail that is too large is looked at.
const GLANCE: usize = 64 * 1024;

/// A mail as it came in.
#[derive(Clone, Debug)]
pub struct Intake {
    digest: String,
    bytes: Vec<u8>,
    limit: usize,
}

impl Intake {
    /// A mail that is here as a whole; one larger than `limit` bytes is refused when it is taken in.
    #[must_use]
    pub fn of(bytes: Vec<u8>, limit: usize) -> Self {
        let mut digest = Sha256::new();
        hash(&mut digest, &bytes);
        Self { digest: hex::encode(digest.finalize()), bytes, limit }
    }

    /// A mail of which only the beginning is here, for at `size` bytes it is too large to be read.
    #[must_use]
    pub fn beginning(bytes: Vec<u8>, size: usize) -> Self {
        let mut digest = Sha256::new();
        hash(&mut digest, &bytes);
        digest.update(size.to_be_bytes());
        Self { digest: hex::encode(digest.finalize()), bytes, limit: 0 }
    }

    /// Reads a mail to its end. Of one larger than `limit` bytes only the beginning is kept.
    pub fn read(mut from: impl Read, limit: usize) -> std::io::Result<Self> {
        let (mut digest, mut bytes, mut size) = (Sha256::new(), Vec::new(), 0_usize);
        let mut chunk = vec![0_u8; GLANCE];
        loop {
            let n = match from.read(&mut chunk) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            hash(&mut digest, &chunk[..n]);
            size += n;
            if bytes.len() <= limit {
                bytes.extend_from_slice(&chunk[..n]);
            }
        }
        if size > limit {
            bytes.truncate(limit + 1);
        }
        Ok(Self { digest: hex::encode(digest.finalize()), bytes, limit })
    }
}

/// Line ends count as nothing: the same mail comes with other ones by another way.
fn hash(digest: &mut Sha256, bytes: &[u8]) {
    for line in bytes.split(|&b| b == b'\r') {
        digest.update(line);
    }
}

/// Takes a mail in, and gives what became of it: `taken`, `twice` for one that came before, or why it changed nothing.
/// An error means that it was not taken in and should come again.
pub async fn receive(db: &Db, intake: Intake, now: DateTime<Utc>) -> Result<&'static str> {
    let Intake { digest, bytes, limit } = intake;
    if known(db.read(), &digest).await? {
        tracing::info!(%digest, "a mail came again");
        return Ok("twice");
    }
    // Reading is done aside: what strangers send takes its time, and may bring out what no test did.
    let mail = tokio::task::spawn_blocking(move || understand(&bytes, limit)).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a mail broke its reader");
        Mail { head: Head::default(), content: Content::Nothing("unreadable") }
    });
    let tx = db.begin().await?;
    let (kind, outcomes) = match &mail.content {
        Content::Answers(answers) => {
            (ReceivedKind::Reply, take::take(&tx, &mail.head.from, answers, mail.said_at(), now).await?)
        }
        Content::Returned(report) => (ReceivedKind::Bounce, returned::take(&tx, report, now).await?),
        Content::Nothing(why) => (ReceivedKind::Other, vec![Outcome::of(why)]),
    };
    let shown = verdict(&outcomes);
    if !write(&tx, &digest, kind, &mail.head, &shown, &outcomes, now).await? {
        // Another server took the same mail in meanwhile.
        tx.rollback().await?;
        return Ok("twice");
    }
    tx.commit().await?;
    metrics::counter!("pufa_mail_received_total", "verdict" => shown.verdict).increment(1);
    tracing::info!(kind = kind.as_str(), verdict = shown.verdict, message = %shorten(mail.head.message_id.as_deref()), "a mail came in");
    Ok(shown.verdict)
}

fn understand(bytes: &[u8], limit: usize) -> Mail {
    match parse(bytes, limit) {
        Ok(parsed) => read(parsed),
        Err(why) => {
            let glance = &bytes[..bytes.len().min(GLANCE)];
            let head = if why == Unreadable::NoMail { None } else { head(glance) };
            Mail { head: head.unwrap_or_default(), content: Content::Nothing(why.as_str()) }
        }
    }
}

/// Of several answers in a mail the one that changed something, else the first.
fn verdict(outcomes: &[Outcome]) -> Outcome {
    let taken = outcomes.iter().find(|one| one.verdict == "taken");
    taken.or(outcomes.first()).cloned().unwrap_or_else(|| Outcome::of("no-answer"))
}

async fn known(db: &impl ConnectionTrait, digest: &str) -> Result<bool> {
    let row = received_mail::Entity::find().filter(received_mail::Column::Digest.eq(digest)).one(db).await?;
    Ok(row.is_some())
}

/// False when the mail is there already.
async fn write(
    db: &impl ConnectionTrait,
    digest: &str,
    kind: ReceivedKind,
    head: &Head,
    shown: &Outcome,
    outcomes: &[Outcome],
    now: DateTime<Utc>,
) -> Result<bool> {
    let several = outcomes.len() > 1;
    let row = received_mail::ActiveModel {
        digest: Set(digest.to_owned()),
        received_at: Set(now),
        kind: Set(kind),
        sender: Set(shorten(head.from.first().map(String::as_str))),
        message_id: Set(head.message_id.as_deref().map(|id| shorten(Some(id)))),
        verdict: Set(shown.verdict.to_owned()),
        detail: Set(several.then(|| json!({ "verdicts": outcomes.iter().map(|one| one.verdict).collect::<Vec<_>>() }))),
        event_id: Set(shown.event),
        session_id: Set(shown.session),
        person_id: Set(shown.person),
        ..Default::default()
    };
    let there = OnConflict::column(received_mail::Column::Digest).do_nothing().to_owned();
    let done = received_mail::Entity::insert(row).on_conflict(there).exec_without_returning(db).await;
    match done {
        Ok(rows) => Ok(rows > 0),
        Err(sea_orm::DbErr::RecordNotInserted) => Ok(false),
        Err(error) => Err(Error::from(error)),
    }
}

/// What strangers wrote, as one line of at most 300 characters.
fn shorten(text: Option<&str>) -> String {
    text.unwrap_or_default().chars().filter(|c| !c.is_control()).take(300).collect()
}
