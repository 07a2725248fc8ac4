//! Import: the nine files of contract.md, in any of their forms, into the tables.
//!
//! Sheets are read whole, then taken in file by file in the caller's one transaction, each row checked against what the
//! database and the files before it hold. All that is wrong is reported, not only the first. What says the same as
//! before touches no row, so that importing twice changes nothing.
//!
//! [`columns`] describes each file once; a file of the folder reads its rows, holds them against what is there, and
//! writes what differs in statements of many rows.

pub mod api;
mod attendance;
pub mod columns;
mod csv_text;
mod event_row;
mod events;
mod exam_results;
mod hours;
mod known;
mod orgs;
mod outreach;
mod people;
mod plan;
mod problem;
mod read;
mod rosters;
mod run;
mod sessions;
mod sheet;
mod tell;
mod value;
mod xlsx_cells;

use known::Known;
pub use known::Within;
pub use problem::{Reason, RowProblem, Shown};
pub use read::{ReadError, Sheets, Upload, from_path, from_uploads};
pub use run::{BadRows, FileOutcome, Ground, Notify, Outcome, run};
