//! A consistent copy of everything, and back: one form for SQLite and PostgreSQL, so that a site can also move from one
//! to the other.
//!
//! The file is text, a JSON value a line: what it is and which steps the schema had; then each table with its columns
//! and their types, and its rows; at last the number of lines before it and their SHA-256. A file that was cut off or
//! altered is refused before anything is written. A copy from an older version is brought back under its own schema
//! and then brought up to date.

mod cell;
mod restore;
mod save;
mod table;

pub use restore::restore;
pub use save::{lines, save};

/// What goes wrong with a copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file cannot be read or written.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// A copy is never written over a file.
    #[error("{0} exists already; name a file that does not")]
    Exists(String),
    /// It is none of ours, was cut off, or was altered.
    #[error("not a whole and unaltered backup: {0}")]
    Broken(String),
    /// It has steps of the schema that this program does not know.
    #[error("the backup was made by a newer version (schema step {0})")]
    Newer(String),
    /// There is something in the database.
    #[error("the database is not empty (table {0}); restore into a new one, named by PUFA__DATABASE__URL")]
    NotEmpty(&'static str),
    /// The database did not do it.
    #[error("database: {0}")]
    Db(#[from] sea_orm::DbErr),
}

/// The first word of every copy.
const FORMAT: &str = "pufa-backup-1";
