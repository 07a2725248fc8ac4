//! The mail desk of an organiser: what waits, what is going out, what did not get through, and sending that again.

mod again;
mod heaps;
mod list;
pub mod pages;
mod scope;

pub use again::{again, again_all};
pub use heaps::{Heaps, Run, heaps, runs};
pub use list::{Found, Wanted, find, with_dead};
pub use scope::Reach;
