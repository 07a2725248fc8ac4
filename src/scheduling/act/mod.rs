//! Publishing and calling off, each with a page that says what it will do.

pub mod pages;
