//! The public's pages: open events, putting a name down, taking it off again.

pub mod pages;
