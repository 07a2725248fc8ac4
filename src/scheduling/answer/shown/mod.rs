//! What an event's page shows of answers, and of addresses from which mail came back.

pub mod pages;
