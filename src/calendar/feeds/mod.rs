//! Subscriptions: secret addresses under which calendar programs fetch sessions again and again.
//!
//! A person's holds what they are invited to, an organisation's what it and everything below it hosts, a kind's the
//! events of one kind, the public's what anybody may come to. Of an address only its hash is kept; a kept body is handed
//! out for as long as nothing in it changed.

pub mod address;
mod cache;
pub mod client;
pub mod conditional;
mod fetches;
mod holding;
pub mod pages;
pub mod qr;
mod revision;
mod scope;

pub use address::{Terms, What};
pub use cache::{Feeds, Kept};
pub use fetches::{Fetch, Fetches, Version, of_feeds, versions};
pub use holding::{Ground, Held, holder};
pub use scope::{Window, rows, shown};
