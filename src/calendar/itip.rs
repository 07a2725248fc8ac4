//! Invitations as iTIP messages (RFC 5546): one person, one UID, one message. Pure.

use super::entry::Entry;
use super::ics::{Head, Status, render};
use crate::dates::Zone;

/// What a message asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Come, or it is at another time or place.
    Request,
    /// It does not take place.
    Cancel,
}

impl Method {
    /// As METHOD and the content type spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
        }
    }
}

/// Somebody with an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// As shown; may be empty.
    pub name: String,
    /// Where mail goes.
    pub address: String,
}

/// Who invites whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// The sender; answers go there.
    pub organizer: Party,
    /// The one who is invited.
    pub attendee: Party,
    /// Whether they must come.
    pub required: bool,
    /// What is asked.
    pub method: Method,
}

impl Attendance {
    /// Whether an answer is asked for.
    pub(super) const fn rsvp(&self) -> &'static str {
        match self.method {
            Method::Request => "TRUE",
            Method::Cancel => "FALSE",
        }
    }
}

/// The text of a message about one UID: its VEVENTs. One that cancels has STATUS:CANCELLED whatever the entries say, for
/// somebody may be taken off a session that takes place.
#[must_use]
pub fn message(mut entries: Vec<Entry>, attendance: &Attendance) -> String {
    let method = attendance.method;
    for entry in &mut entries {
        if method == Method::Cancel {
            entry.status = Status::Cancelled;
        }
        entry.attendance = Some(attendance.clone());
    }
    let zone = entries.first().map_or(Zone(chrono_tz::Asia::Shanghai), |entry| entry.span.zone);
    render(&Head { method: Some(method.as_str()), name: None, zone }, &entries)
}
