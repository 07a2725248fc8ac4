//! Places as records: what room a location's text means, how many fit in, and who may use it.
//!
//! An event's location stays a text, for many events are in the open. Where it is the name of a place of the host, or
//! of an organisation above the host, that place is meant.

mod resolve;

pub use resolve::{Places, resolve};
