//! Exams: who sat, in which attempt, with which score. What they come to is worked out by the report.

pub mod api;
mod results;

pub use results::{NewResult, Scored, list, write};
