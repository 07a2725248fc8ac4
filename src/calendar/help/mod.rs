//! How to put a subscription into the calendars that people use.

pub mod pages;
