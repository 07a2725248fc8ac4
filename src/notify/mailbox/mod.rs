//! The mailbox to which answers and returned mail come, read over IMAP (RFC 9051).
//!
//! A mail is taken in first, then flagged, then moved aside. Whatever breaks in between, it stays where it is and
//! comes again, and one that comes again counts once. One that fails lets all others go before it.

mod aside;
mod command;
mod connect;
mod contact;
mod examine;
mod fetch;
pub mod pages;
mod round;
mod target;

pub use contact::Contact;
pub use examine::examine;
pub use round::look;
pub use target::Target;
