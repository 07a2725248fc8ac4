//! The year's plan on one page: targets against what was done, and the ways to templates, observances, days off and
//! next year.

pub mod pages;
