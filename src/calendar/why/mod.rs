//! “Why is it not in my calendar?”: what was mailed to somebody of a session, and what their calendars fetched.

mod look;
pub mod pages;
mod verdict;

pub use look::{Asking, Story, stories};
pub use verdict::{ByFeed, Facts, Fetched, by_feed};
