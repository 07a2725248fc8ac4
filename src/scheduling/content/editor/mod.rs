//! The forms of an agenda and of an event's speakers.

mod form;
pub mod pages;

pub use form::{TypedAgenda, TypedSpeakers};
