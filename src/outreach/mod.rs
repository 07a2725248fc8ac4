//! What was counted of outreach: tallies of an event, added up as they were recorded; a correction is negative.

pub mod api;
mod tally;

pub use tally::{NewTally, Recorded, list, record, totals};
