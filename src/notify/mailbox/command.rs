//! One command to a mailbox, and all that its server says to it.
//!
//! The client has commands of its own, but takes a NO for an empty answer, and a hang-up in the middle of a list for the
//! list's end.

use async_imap::imap_proto::{Outcome, Response, Status};

use super::connect::{Broken, Open, within};
use super::target::Target;

/// How many lines one answer may have.
const LINES: usize = 10_000;

/// What a server says that does not do what it is told; the connection is as good as before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It will not.
    No(String),
    /// It does not know how to.
    Bad(String),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::No(why) => write!(f, "no: {why}"),
            Self::Bad(why) => write!(f, "bad: {why}"),
        }
    }
}

/// Gives a command, and hands each line of the answer to `each`. Every line has its own time: a long answer may take
/// long, a server that falls silent may not.
pub(super) async fn ask(
    target: &Target,
    step: &str,
    session: &mut Open,
    command: &str,
    mut each: impl FnMut(&Response<'_>) + Send,
) -> Result<Result<(), Refused>, Broken> {
    let own = within(target, step, session.run_command(command)).await?;
    for _ in 0..LINES {
        let line = within(target, step, session.read_response()).await?;
        let line = line.ok_or_else(|| Broken::at(step, "the server hung up"))?;
        match line.parsed() {
            Response::Done { tag, status, outcome } if *tag == own => {
                return Ok(match status {
                    Status::Ok => Ok(()),
                    Status::No => Err(Refused::No(said(outcome))),
                    _ => Err(Refused::Bad(said(outcome))),
                });
            }
            other => each(other),
        }
    }
    Err(Broken::at(step, "the server's answer has no end"))
}

/// The same of a command that must go well.
pub(super) async fn demand(
    target: &Target,
    step: &str,
    session: &mut Open,
    command: &str,
    each: impl FnMut(&Response<'_>) + Send,
) -> Result<(), Broken> {
    ask(target, step, session, command, each).await?.map_err(|refused| Broken::at(step, refused))
}

fn said(outcome: &Outcome<'_>) -> String {
    let code = outcome.code.as_ref().map(|code| format!("[{code:?}]"));
    let words = outcome.information.as_ref().map(ToString::to_string);
    [code, words].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
