//! What month, week, agenda, planner and list share: their head with the filters, and how they show a sitting.
//!
//! Each asks the database once for each kind of thing that it shows.

mod entry;
mod mark;
pub mod pages;

pub use entry::{Entry, Show, look};
pub use mark::{DayMark, mark, year_without_notice};
