//! Next year from this year: events and plan items of one year laid out anew in another, for review.
//!
//! [`propose`] is pure: what the year held, the working days and the observances go in, one [`Proposed`] an event comes
//! out, each sitting with its new days and why. Nothing is written before somebody takes a proposal, nothing that is
//! written is published, and taking one twice makes one draft: its key comes from the old event's and the year.
//! A day that no notice has set is never taken as set: it is said on the page and in each draft's checklist.

mod make;
pub mod pages;
mod place;
mod propose;
mod series;
mod shown;
mod source;
mod tie;

pub use make::{Chosen, Outcome, Refused, make};
pub use place::{Moved, Placed, Why};
pub use propose::{Laid, Proposed, Warning, key_of, propose};
pub use series::Renewed;
pub use source::{Old, Source, read, source_of};
pub use tie::Tie;

use crate::dates::{Observances, Workdays};

/// From which year to which, and what is known of their days.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The year that is copied.
    pub from: i32,
    /// The year that it becomes.
    pub to: i32,
    /// Working days of both.
    pub workdays: &'a Workdays,
    /// Observances of both.
    pub observances: &'a Observances,
}
