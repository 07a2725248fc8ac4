//! One of the staff putting their own name down, and taking it off, with one tap.

pub mod pages;
