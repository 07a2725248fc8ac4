//! Events, their sessions, whom they invite and who must come.
//!
//! A draft tells nobody anything; publishing, moving and cancelling write what must be told in the same transaction.
//! A roster follows memberships until its session starts and never changes after.

pub mod audience;
mod kind;
pub mod roster;
mod scope;
pub mod session;

pub use kind::{Class, Counts, Kind, Kinds, Name};
pub use scope::hosted_below;
