//! One event with everything about it.

pub mod pages;
