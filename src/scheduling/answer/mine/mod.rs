//! One's own answers, those given for others, and who may answer for oneself: on one's own page.

pub mod pages;
