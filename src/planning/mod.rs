//! What a year was planned to reach: items of an organisation, each a kind's yearly count or a tally's total.
//!
//! Items come in by file or by hand and keep the order in which they were entered. Templates say what events of one
//! sort have in common.

pub mod hub;
pub mod items;
pub mod next_year;
pub mod observance;
pub mod pages;
pub mod template;
pub mod words;

pub use items::items_below;
