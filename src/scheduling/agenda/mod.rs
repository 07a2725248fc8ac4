//! Sittings from a day on, in order, a part at a time.

pub mod pages;
