//! Calendars as other programs read them: iCalendar text (RFC 5545, 7986), invitations (RFC 5546) and subscriptions.
//!
//! A UID never changes; nothing in a text changes unless something of its rows did, DTSTAMP included.

mod entry;
pub mod feed;
mod ics;
mod itip;
pub mod pages;
pub mod reply;
pub mod subscription;
mod timezone;

pub use entry::{About, Entry, Setting, entry};
pub use ics::{Head, Status, render};
pub use itip::{Attendance, Method, Party, message};
