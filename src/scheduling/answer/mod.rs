//! What the invited say to their invitations: one answer a person and session, the latest that counts.
//!
//! An answer is to a time and a place. When either changes it stands no more, and an answer to what was told before
//! comes too late, by whatever way it comes.

pub mod api;
mod assistant;
mod give;
mod link;
pub mod mine;
pub mod page;
mod read;
pub mod shown;

pub use assistant::{assists, end, for_whom, name_assistant, of_person};
pub use give::{Given, Taken, clear, give};
pub use link::{Link, Question, Scope, State, question, question_held};
pub use read::{Tally, of_one, of_people, of_session, of_sessions, tallies};
