//! Journeys through the real router over a real database made for each test, on SQLite and on PostgreSQL.
//!
//! `tests/run` installs what they need and runs them; `tests/with-postgres cargo nextest run` runs them alone.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]
#![allow(clippy::pedantic, reason = "tests are read one at a time; what matters is that they are plain")]

#[macro_use]
mod harness;

mod answers;
mod api;
mod attendance;
mod audience;
mod backup;
mod bounces;
mod conflict;
mod content;
mod crash;
mod dates;
mod demo;
mod directory;
mod doctor;
mod feed;
mod feed_pages;
mod foundation;
mod holidays;
mod import;
mod itip;
mod joint;
mod late;
mod letters;
mod mail;
mod mail_page;
mod mailbox;
mod marks;
mod next_year;
mod observances;
mod pages;
mod places;
mod registration;
mod reminders;
mod replies;
mod report;
mod scheduling;
mod sending;
mod series;
mod subscribe;
mod telling;
mod templates;
mod undo;
mod views;
