//! Calendars as other programs read them: iCalendar text (RFC 5545, 7986), invitations (RFC 5546) and subscriptions.
//!
//! A UID never changes; nothing in a text changes unless something of its rows did, DTSTAMP included.

mod alarm;
pub mod conference;
mod entry;
pub mod feed;
pub mod feeds;
pub mod help;
mod ics;
mod itip;
pub mod pages;
pub mod recurring;
pub mod reply;
mod series;
pub mod subscription;
mod timezone;
pub mod why;

pub use entry::{About, Class, Entry, Extra, Setting, entry};
pub use ics::{Head, Status, Title, render};
pub use itip::{Attendance, Method, Party, message};
pub use recurring::{Of, Recurrence, Show};
pub use series::heads;
