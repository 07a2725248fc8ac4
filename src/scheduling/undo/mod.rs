//! Taking back the last deed on an event: publishing it, cancelling it or a session, moving a session, marking it held.
//!
//! Possible as long as nothing came after it and no session has begun or ended in between. What was told and not yet
//! tried is withdrawn; who may have it already gets what takes it back. SEQUENCE only grows.

pub mod api;
pub mod pages;
mod restore;
mod step;
mod told;

pub use restore::undo;
pub(super) use step::{Before, remember};
pub use step::{Possible, latest};
