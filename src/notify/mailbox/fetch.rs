//! Reading one mail from a mailbox, a slice at a time: no more of it is in memory than is read, whatever the server says
//! its size is, and a slow server is judged by whether it goes on.

use async_imap::imap_proto::{AttributeValue, Response};
use async_imap::types::Uid;

use super::command::{Refused, ask};
use super::connect::{Broken, Open};
use super::target::Target;
use crate::notify::reply::Intake;

/// Bytes of one slice.
const SLICE: usize = 64 * 1024;

/// What a server said of a mail.
#[derive(Debug, Default)]
struct Slice {
    bytes: Vec<u8>,
    /// Whether more may follow.
    more: bool,
    size: usize,
}

/// A mail as it is, or the beginning of one that is too large; None when somebody else took it away meanwhile. It stays
/// unseen.
pub(super) async fn fetch(
    target: &Target,
    session: &mut Open,
    uid: Uid,
) -> Result<Result<Option<Intake>, Refused>, Broken> {
    let mut raw: Vec<u8> = Vec::new();
    loop {
        let command = format!("UID FETCH {uid} (UID RFC822.SIZE BODY.PEEK[]<{}.{SLICE}>)", raw.len());
        let mut found = None;
        let read = |line: &Response<'_>| {
            if let Response::Fetch(_, attributes) = line {
                found = slice(uid, attributes).or(found.take());
            }
        };
        if let Err(refused) = ask(target, "fetch a mail", session, &command, read).await? {
            return Ok(Err(refused));
        }
        let Some(slice) = found else { return Ok(Ok(None)) };
        raw.extend_from_slice(&slice.bytes);
        if slice.size > target.limit || raw.len() > target.limit {
            raw.truncate(SLICE);
            return Ok(Ok(Some(Intake::beginning(raw, slice.size))));
        }
        if !slice.more {
            return Ok(Ok(Some(Intake::of(raw, target.limit))));
        }
    }
}

/// The slice that a line of the answer holds, if it is of that mail.
fn slice(uid: Uid, attributes: &[AttributeValue<'_>]) -> Option<Slice> {
    if !attributes.contains(&AttributeValue::Uid(uid)) {
        return None;
    }
    let mut found = None;
    let mut size = 0;
    for attribute in attributes {
        match attribute {
            AttributeValue::BodySection { section: None, index, data } => {
                let bytes = data.as_deref().unwrap_or_default().to_vec();
                // Without an index it is the whole.
                let more = index.is_some() && bytes.len() >= SLICE;
                found = Some(Slice { bytes, more, size: 0 });
            }
            AttributeValue::Rfc822Size(octets) => size = usize::try_from(*octets).unwrap_or(usize::MAX),
            _ => {}
        }
    }
    found.map(|found| Slice { size, ..found })
}
