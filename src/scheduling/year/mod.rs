//! A year's events as a list.

pub mod pages;
