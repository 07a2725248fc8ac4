//! Events, their sessions, whom they invite and who must come.
//!
//! A draft tells nobody anything; publishing, moving and cancelling write what must be told in the same transaction.
//! A roster follows memberships until its session starts and never changes after.

pub mod audience;
pub mod filters;
mod kind;
pub mod month;
pub mod pages;
mod phase;
pub mod roster;
mod scope;
pub mod session;
pub mod wanted;
pub mod year;

pub use filters::CLASSES;
pub use kind::{Class, Counts, Kind, Kinds, Name};
pub use phase::Phase;
pub use scope::hosted_below;
pub use wanted::Wanted;
