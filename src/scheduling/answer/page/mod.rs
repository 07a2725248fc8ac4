//! The page on which an invitation is answered, by the link in its mail and without signing in.

pub mod pages;
