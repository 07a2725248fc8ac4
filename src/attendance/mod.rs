//! What became of people in sessions: check-in, the organiser's word, and every earlier state.

mod check_in;

pub use check_in::CheckInWriter;
