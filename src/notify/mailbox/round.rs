//! One look at a mailbox: what was not taken in yet is taken in, flagged and moved aside.

use async_imap::imap_proto::{MailboxDatum, Response};
use async_imap::types::{Flag, Mailbox, Uid};
use tokio_util::sync::CancellationToken;

use super::aside::{Aside, Moved, step};
use super::command::{ask, demand};
use super::connect::{Broken, Open, open, still_there, within};
use super::contact::{Contact, Went};
use super::fetch::fetch;
use super::target::Target;
use crate::clock::Clock;
use crate::db::Db;
use crate::notify::reply::receive;

/// Mails of one look.
const MOST: usize = 500;
/// Mails that may fail before a look, or the tidying after it, is given up.
const FAILURES: usize = 3;
/// The keyword of mails that were taken in: other programs that read the mailbox flag mails as seen, too.
const TAKEN: &str = "pufa-taken";

/// What a look brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Taken in, whatever it changed.
    pub taken: usize,
    /// Left where it was: it could not be moved.
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
    let round = Round { db, clock, target, contact, stop };
    let went = round.look(&mut brought).await.unwrap_or_else(|Broken(why)| Went::Wrong(why));
    let outcome = if went == Went::Well { "good" } else { "bad" };
    metrics::counter!("pufa_mailbox_looks_total", "outcome" => outcome).increment(1);
    metrics::gauge!("pufa_mailbox_reachable").set(if matches!(went, Went::Wrong(_)) { 0.0 } else { 1.0 });
    if let Some(why) = went.problem() {
        tracing::warn!(mailbox = ?target, %why, "not all went well at the mailbox; it is tried again later");
    }
    contact.went(&went, every, clock.now());
    brought
}

/// How it is known which mails were taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marks {
    /// By a keyword of our own.
    Keyword,
    /// By their being seen, where the server keeps no keywords.
    Seen,
}

impl Marks {
    /// What the folder allows (RFC 9051 section 7.1, PERMANENTFLAGS).
    fn of(folder: &Mailbox) -> Self {
        let keeps = |flag: &Flag<'_>| match flag {
            Flag::MayCreate => true,
            Flag::Custom(name) => name.eq_ignore_ascii_case(TAKEN),
            _ => false,
        };
        if folder.permanent_flags.iter().any(keeps) { Self::Keyword } else { Self::Seen }
    }

    fn flags(self) -> String {
        match self {
            Self::Keyword => format!("\\Seen {TAKEN}"),
            Self::Seen => "\\Seen".to_owned(),
        }
    }
}

/// What a look works with.
struct Round<'a> {
    db: &'a Db,
    clock: &'a dyn Clock,
    target: &'a Target,
    contact: &'a Contact,
    stop: &'a CancellationToken,
}

impl Round<'_> {
    async fn look(&self, brought: &mut Brought) -> Result<Went, Broken> {
        let target = self.target;
        let mut session = open(target).await?;
        let folder = within(target, "open the folder", session.select(&target.folder)).await?;
        still_there(target, "open the folder", &mut session).await?;
        let marks = Marks::of(&folder);
        // What was taken in, and then the line broke or the folder was full.
        let (new, taken) = match marks {
            Marks::Keyword => {
                let new = search(target, &mut session, &format!("UNKEYWORD {TAKEN}")).await?;
                (new, search(target, &mut session, &format!("KEYWORD {TAKEN} UNDELETED")).await?)
            }
            Marks::Seen => (search(target, &mut session, "UNSEEN").await?, Vec::new()),
        };
        let mut uids = self.contact.order(folder.uid_validity, new);
        uids.truncate(MOST);
        let mut aside = Aside::Untried;
        let went = self.take_in(&mut session, &uids, marks, &mut aside, brought).await?;
        let tidied = self.tidy(&mut session, &taken, &mut aside, brought).await?;
        // The server may hang up first; all that mattered is done.
        drop(within(target, "sign out", session.logout()).await);
        Ok(went.and(tidied))
    }

    /// Takes these mails in, one after the other.
    async fn take_in(
        &self,
        session: &mut Open,
        uids: &[Uid],
        marks: Marks,
        aside: &mut Aside,
        brought: &mut Brought,
    ) -> Result<Went, Broken> {
        let (mut went, mut failures) = (Went::Well, 0);
        for &uid in uids {
            if self.stop.is_cancelled() || failures >= FAILURES {
                break;
            }
            let trouble = match fetch(self.target, session, uid).await {
                Ok(Ok(None)) => continue,
                Ok(Ok(Some(intake))) => match receive(self.db, intake, self.clock.now()).await {
                    Ok(_) => None,
                    Err(error) => {
                        tracing::error!(uid, %error, "a mail could not be taken in; it is left and comes again");
                        Some("take in: the database did not take it".to_owned())
                    }
                },
                Ok(Err(refused)) => Some(format!("fetch a mail: {refused}")),
                // The connection is of no use any more.
                Err(Broken(why)) => return Ok(went.and(self.contact.failed(uid, why))),
            };
            if let Some(why) = trouble {
                went = went.and(self.contact.failed(uid, why));
                failures += 1;
                continue;
            }
            brought.taken += 1;
            let flag = format!("UID STORE {uid} +FLAGS.SILENT ({})", marks.flags());
            if let Err(refused) = ask(self.target, "flag a mail", session, &flag, |_| {}).await? {
                went = went.and(Went::Wrong(format!("flag a mail: {refused}")));
            }
            if let Err(why) = aside.put(self.target, session, uid).await? {
                tracing::warn!(uid, folder = self.target.done, %why, "a mail was taken in, and could not be moved aside");
                went = went.and(Went::Partly(format!("{}: {why}", step(self.target))));
                brought.left += 1;
            }
        }
        Ok(went)
    }

    /// Puts aside what was taken in by an earlier look and still lies there.
    async fn tidy(
        &self,
        session: &mut Open,
        taken: &[Uid],
        aside: &mut Aside,
        brought: &mut Brought,
    ) -> Result<Went, Broken> {
        let (mut went, mut failures) = (Went::Well, 0);
        for &uid in taken.iter().take(MOST) {
            if self.stop.is_cancelled() || failures >= FAILURES {
                break;
            }
            match aside.shift(self.target, session, uid).await? {
                Moved::Yes => {}
                Moved::Unable => break,
                Moved::Refused(why) => {
                    went = went.and(Went::Partly(format!("{}: {why}", step(self.target))));
                    brought.left += 1;
                    failures += 1;
                }
            }
        }
        Ok(went)
    }
}

/// The mails that a search finds, in the order in which they came.
async fn search(target: &Target, session: &mut Open, what: &str) -> Result<Vec<Uid>, Broken> {
    let mut found = Vec::new();
    let read = |line: &Response<'_>| {
        if let Response::MailboxData(MailboxDatum::Search(uids)) = line {
            found.extend_from_slice(uids);
        }
    };
    demand(target, "search", session, &format!("UID SEARCH {what}"), read).await?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_is_used_where_the_folder_keeps_it() {
        let of = |flags: &[&'static str]| {
            Marks::of(&Mailbox {
                permanent_flags: flags.iter().map(|flag| Flag::from(*flag)).collect(),
                ..Mailbox::default()
            })
        };
        assert_eq!(of(&["\\Seen", "\\*"]), Marks::Keyword);
        assert_eq!(of(&["\\Seen", "PUFA-taken"]), Marks::Keyword);
        assert_eq!([of(&["\\Seen", "other"]), of(&[])], [Marks::Seen, Marks::Seen]);
    }
}
