//! pufa: event scheduling and attendance for training and outreach.
//!
//! # The map
//!
//! One way in: `main → cli → app → {pages, api, feed, jobs} → state → domain → entity`. Nothing points back. A domain
//! room reads only rooms before it: dates, people; outbox; access; scheduling; attendance, exam, outreach; planning;
//! calendar; notify; report; import; directory, which keeps people and moves what hangs on them. `pages.rs`, `api.rs`
//! and `feed.rs` stand above all rooms, are thin, and alone know HTTP. [`doctor`] looks at all from beside the command
//! line.
//!
//! What is kept true:
//! - Time is an argument. Only [`clock`] reads the clock.
//! - A domain function takes a connection and `now`, never the [`state::App`]. What changes is written in the caller's
//!   transaction, with the outbox rows and the audit that belong to it.
//! - Instants are UTC with the zone beside them; local time is worked out in [`dates`] and at the edges.
//! - One dialect: the query builder. SQLite and PostgreSQL run the same code and the same tests.
//! - A roster never changes after its session began. An attendance never loses an earlier state.
//! - What was told once is not told again, and what must be told survives a crash: [`outbox`].
//! - What can wait makes room for people who ask: [`traffic`].
//! - Every shown figure comes from one struct: [`report`].

pub mod access;
pub mod app;
pub mod attendance;
pub mod backup;
pub mod calendar;
pub mod cli;
pub mod clock;
pub mod config;
pub mod dates;
pub mod db;
pub mod demo;
pub mod directory;
pub mod doctor;
pub mod error;
pub mod exam;
pub mod import;
pub mod jobs;
pub mod locale;
pub mod notify;
pub mod outbox;
pub mod outreach;
pub mod paging;
pub mod people;
pub mod planning;
pub mod report;
pub mod scheduling;
pub mod state;
pub mod traffic;
pub mod view;
pub mod web;
