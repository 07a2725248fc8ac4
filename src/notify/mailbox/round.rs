//! One look at a mailbox: what nobody has seen is taken in, flagged and moved aside.

use async_imap::error::Error as ImapError;
use async_imap::types::{Fetch, Uid};
use futures_util::TryStreamExt;
use tokio_util::sync::CancellationToken;

use super::connect::{Broken, Open, in_time, open, still_there, within};
use super::contact::Contact;
use super::target::Target;
use crate::clock::Clock;
use crate::db::Db;
use crate::notify::reply::{Intake, receive};

/// Mails of one look.
const MOST: usize = 500;
/// Mails that may fail to be taken in before a look is given up.
const FAILURES: usize = 3;

/// What a look brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Taken in, whatever it changed.
    pub taken: usize,
    /// Left where it was: too large, or it could not be moved.
    pub left: usize,
}

/// Looks at a mailbox once, when it is time to; every trouble ends up in the log and in `contact`.
pub async fn look(
    db: &Db,
    clock: &dyn Clock,
    target: &Target,
    (contact, every): (&Contact, u32),
    stop: &CancellationToken,
) -> Brought {
    let mut brought = Brought::default();
    let went = round(db, clock, target, &mut brought, stop).await;
    let outcome = if went.is_ok() { "good" } else { "bad" };
    metrics::counter!("pufa_mailbox_looks_total", "outcome" => outcome).increment(1);
    metrics::gauge!("pufa_mailbox_reachable").set(if went.is_ok() { 1.0 } else { 0.0 });
    if let Err(Broken(why)) = &went {
        tracing::warn!(mailbox = ?target, %why, "the mailbox could not be read; it is tried again later");
    }
    contact.went(went.err().map(|Broken(why)| why), every, clock.now());
    brought
}

async fn round(
    db: &Db,
    clock: &dyn Clock,
    target: &Target,
    brought: &mut Brought,
    stop: &CancellationToken,
) -> Result<(), Broken> {
    let mut session = open(target).await?;
    within(target, "open the folder", session.select(&target.folder)).await?;
    still_there(target, "open the folder", &mut session).await?;
    let unseen = within(target, "search", session.uid_search("UNSEEN")).await?;
    let mut uids: Vec<Uid> = unseen.into_iter().collect();
    uids.sort_unstable();
    uids.truncate(MOST);
    let mut aside = Aside::Untried;
    let mut failures = 0;
    let mut trouble = None;
    for (uid, size) in sizes(target, &mut session, &uids).await? {
        if stop.is_cancelled() || failures >= FAILURES {
            break;
        }
        if size > target.limit {
            tracing::warn!(uid, size, "a mail is too large to be read; it is left, flagged as seen");
            metrics::counter!("pufa_mail_received_total", "verdict" => "too-large").increment(1);
            brought.left += 1;
            flag(target, &mut session, uid).await?;
            continue;
        }
        let Some(raw) = fetch(target, &mut session, uid).await? else { continue };
        match receive(db, Intake::of(raw, target.limit), clock.now()).await {
            Ok(_) => brought.taken += 1,
            Err(error) => {
                tracing::error!(uid, %error, "a mail could not be taken in; it is left and comes again");
                trouble = Some(Broken::at("take in", "the database did not take it"));
                failures += 1;
                continue;
            }
        }
        flag(target, &mut session, uid).await?;
        if let Err(why) = aside.put(target, &mut session, uid).await? {
            tracing::warn!(uid, folder = target.done, %why, "a mail was taken in, and could not be moved aside");
            trouble = Some(Broken::at(&format!("move to {}", target.done), why));
            brought.left += 1;
        }
    }
    // The server may hang up first; all that mattered is done.
    drop(within(target, "sign out", session.logout()).await);
    trouble.map_or(Ok(()), Err)
}

/// The sizes of mails, in the order of `uids`.
async fn sizes(target: &Target, session: &mut Open, uids: &[Uid]) -> Result<Vec<(Uid, usize)>, Broken> {
    if uids.is_empty() {
        return Ok(Vec::new());
    }
    let set = uids.iter().map(Uid::to_string).collect::<Vec<_>>().join(",");
    let asked = async { session.uid_fetch(set, "(UID RFC822.SIZE)").await?.try_collect::<Vec<Fetch>>().await };
    let found = within(target, "ask for sizes", asked).await?;
    if found.len() < uids.len() {
        still_there(target, "ask for sizes", session).await?;
    }
    let size = |uid: &Uid| {
        let row = found.iter().find(|row| row.uid == Some(*uid))?;
        Some((*uid, usize::try_from(row.size?).unwrap_or(usize::MAX)))
    };
    Ok(uids.iter().filter_map(size).collect())
}

/// A mail as it is; None when somebody else took it away meanwhile. It stays unseen.
async fn fetch(target: &Target, session: &mut Open, uid: Uid) -> Result<Option<Vec<u8>>, Broken> {
    let asked =
        async { session.uid_fetch(uid.to_string(), "(UID BODY.PEEK[])").await?.try_collect::<Vec<Fetch>>().await };
    let found = within(target, "fetch a mail", asked).await?;
    if found.is_empty() {
        still_there(target, "fetch a mail", session).await?;
    }
    Ok(found.iter().find(|row| row.uid == Some(uid)).and_then(Fetch::body).map(<[u8]>::to_vec))
}

async fn flag(target: &Target, session: &mut Open, uid: Uid) -> Result<(), Broken> {
    let asked = async {
        let answers = session.uid_store(uid.to_string(), "+FLAGS.SILENT (\\Seen)").await?;
        answers.try_collect::<Vec<Fetch>>().await
    };
    within(target, "flag a mail", asked).await.map(drop)
}

/// How mails are moved aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aside {
    Untried,
    Move,
    Copy,
}

impl Aside {
    /// Moves a mail aside. The inner error is one that leaves the connection as it is: a folder that is full or closed.
    async fn put(&mut self, target: &Target, session: &mut Open, uid: Uid) -> Result<Result<(), String>, Broken> {
        let step = format!("move to {}", target.done);
        if *self == Self::Untried {
            *self = Self::Move;
            // It is there already, mostly; what cannot be made shows when it is moved to.
            drop(within(target, &step, session.create(&target.done)).await);
        }
        if *self == Self::Move {
            match in_time(target, &step, session.uid_mv(uid.to_string(), &target.done)).await? {
                Ok(()) => return Ok(Ok(())),
                Err(ImapError::No(why)) => return Ok(Err(why)),
                // A server without MOVE (RFC 6851).
                Err(ImapError::Bad(_)) => *self = Self::Copy,
                Err(why) => return Err(Broken::at(&step, why)),
            }
        }
        match in_time(target, &step, session.uid_copy(uid.to_string(), &target.done)).await? {
            Ok(()) => {}
            Err(ImapError::No(why) | ImapError::Bad(why)) => return Ok(Err(why)),
            Err(why) => return Err(Broken::at(&step, why)),
        }
        let removed = async {
            let gone = session.uid_store(uid.to_string(), "+FLAGS.SILENT (\\Deleted)").await?;
            gone.try_collect::<Vec<Fetch>>().await?;
            session.uid_expunge(uid.to_string()).await?.try_collect::<Vec<_>>().await
        };
        // Without UIDPLUS it stays, flagged as deleted.
        match in_time(target, &step, removed).await? {
            Ok(_) | Err(ImapError::Bad(_) | ImapError::No(_)) => Ok(Ok(())),
            Err(why) => Err(Broken::at(&step, why)),
        }
    }
}
