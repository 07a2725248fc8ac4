//! Journeys through the real router over a real database made for each test, on SQLite and on PostgreSQL.
//!
//! `tests/run` installs what they need and runs them; `tests/with-postgres cargo nextest run` runs them alone.

#[macro_use]
mod harness;
mod foundation;
mod pages;
