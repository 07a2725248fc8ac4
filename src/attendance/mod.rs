//! What became of people in sessions: check-in, the organiser's word, and every earlier state.
//!
//! One row by session and person says what stands; what it said before is kept beside it. An organiser's word stands
//! above check-ins; of several arrivals the earliest stands; leave gives way to somebody who came.

pub mod api;
mod batch;
pub mod board;
pub mod bodies;
mod body;
mod check_in;
mod door;
mod history;
mod merge;
mod own;
pub mod pages;
mod record;
mod roll;
mod set;
mod settle;
mod turnout;
mod window;

pub use check_in::CheckInWriter;
pub use history::{Past, Story, history};
pub use merge::{Arrival, Merged, State, merge};
pub use own::{Eyes, own_word};
pub use record::{Arrived, CheckIn, Guest, Nonce, Place, Record, Recorded, Who, offset_text};
pub use roll::{Counts, RollRow, roll};
pub use set::set;
pub use turnout::turnout;
pub use window::{InFuture, Moment, arrival, judge};
