//! Putting mails aside that were taken in, so that the folder holds what is still to come.

use async_imap::types::Uid;

use super::command::{Refused, ask};
use super::connect::{Broken, Open, within};
use super::target::Target;

/// How mails are moved aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aside {
    /// Not known yet.
    Untried,
    /// By MOVE (RFC 6851).
    Move,
    /// By COPY, for the server knows no MOVE.
    Copy,
}

/// What became of moving a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Moved {
    /// It is aside.
    Yes,
    /// The folder is full, closed, or none.
    Refused(String),
    /// The server knows no MOVE.
    Unable,
}

impl Aside {
    /// Moves a mail aside, by whatever way the server knows. The inner error is one that leaves the connection as it is.
    pub(super) async fn put(
        &mut self,
        target: &Target,
        session: &mut Open,
        uid: Uid,
    ) -> Result<Result<(), String>, Broken> {
        match self.shift(target, session, uid).await? {
            Moved::Yes => Ok(Ok(())),
            Moved::Refused(why) => Ok(Err(why)),
            Moved::Unable => copy(target, session, uid).await,
        }
    }

    /// Moves a mail aside in one step. A copy that is removed afterwards is none: tried again and again it would fill the
    /// folder with copies of what cannot be removed.
    pub(super) async fn shift(&mut self, target: &Target, session: &mut Open, uid: Uid) -> Result<Moved, Broken> {
        let step = step(target);
        if *self == Self::Untried {
            *self = Self::Move;
            // It is there already, mostly; what cannot be made shows when it is moved to.
            drop(within(target, &step, session.create(&target.done)).await);
        }
        if *self == Self::Copy {
            return Ok(Moved::Unable);
        }
        let command = format!("UID MOVE {uid} {}", quoted(&target.done));
        match ask(target, &step, session, &command, |_| {}).await? {
            Ok(()) => Ok(Moved::Yes),
            Err(Refused::No(why)) => Ok(Moved::Refused(why)),
            Err(Refused::Bad(_)) => {
                *self = Self::Copy;
                Ok(Moved::Unable)
            }
        }
    }
}

async fn copy(target: &Target, session: &mut Open, uid: Uid) -> Result<Result<(), String>, Broken> {
    let step = step(target);
    for command in
        [format!("UID COPY {uid} {}", quoted(&target.done)), format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)")]
    {
        if let Err(refused) = ask(target, &step, session, &command, |_| {}).await? {
            return Ok(Err(refused.to_string()));
        }
    }
    match ask(target, &step, session, &format!("UID EXPUNGE {uid}"), |_| {}).await? {
        // Without UIDPLUS it stays, flagged as deleted.
        Ok(()) | Err(Refused::Bad(_)) => Ok(Ok(())),
        Err(refused) => Ok(Err(refused.to_string())),
    }
}

/// How the step is called.
pub(super) fn step(target: &Target) -> String {
    format!("move to {}", target.done)
}

/// A folder's name as IMAP writes it; the setting allows no control characters.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}
