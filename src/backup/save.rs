//! Writing a copy.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::table::{self, Table};
use super::{BackupError, FORMAT};
use crate::db::Db;

/// Lines of a copy on their way into a file, counted and hashed.
pub struct Lines<W> {
    out: W,
    hash: Sha256,
    count: u64,
}

impl<W: Write> Lines<W> {
    fn new(out: W) -> Self {
        Self { out, hash: Sha256::new(), count: 0 }
    }

    /// Writes a line.
    pub fn put(&mut self, line: &Json) -> Result<(), BackupError> {
        let mut text = line.to_string();
        text.push('\n');
        self.hash.update(text.as_bytes());
        self.count += 1;
        self.out.write_all(text.as_bytes()).map_err(|error| BackupError::Io("backup".to_owned(), error))
    }

    /// Writes the line that begins a table.
    pub fn heading(&mut self, table: &Table) -> Result<(), BackupError> {
        self.put(&json!({ "table": table.name, "columns": table.columns }))
    }

    fn end(mut self) -> Result<W, BackupError> {
        let (lines, hash) = (self.count, hex::encode(self.hash.clone().finalize()));
        self.put(&json!({ "end": FORMAT, "lines": lines, "sha256": hash }))?;
        Ok(self.out)
    }
}

/// Writes a copy of everything as it stands at one moment, while others go on reading and writing.
pub async fn lines<W: Write + Send>(db: &Db, out: W, now: DateTime<Utc>) -> Result<W, BackupError> {
    let steps = db.applied_migrations().await?;
    let mut lines = Lines::new(out);
    lines.put(&json!({ "format": FORMAT, "version": env!("CARGO_PKG_VERSION"), "at": now, "schema": steps }))?;
    let moment = db.snapshot().await?;
    table::put_all(&moment, &mut lines).await?;
    moment.rollback().await?;
    lines.end()
}

/// Writes a copy to `path`, which must not be there yet; it appears whole or not at all, readable by its owner alone.
pub async fn save(db: &Db, path: &Path, now: DateTime<Utc>) -> Result<(), BackupError> {
    let name = path.display().to_string();
    let wrong = |error| BackupError::Io(name.clone(), error);
    if path.exists() {
        return Err(BackupError::Exists(name));
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".{}.part", std::process::id()));
    let partial = Path::new(&partial);
    let written = write_file(db, partial, now).await.and_then(|()| {
        // A link, unlike a rename, never takes the place of a file that came meanwhile.
        std::fs::hard_link(partial, path).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => BackupError::Exists(name.clone()),
            _ => BackupError::Io(name.clone(), error),
        })
    });
    let cleared = std::fs::remove_file(partial);
    written?;
    cleared.map_err(wrong)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(wrong)
}

async fn write_file(db: &Db, path: &Path, now: DateTime<Utc>) -> Result<(), BackupError> {
    use std::os::unix::fs::OpenOptionsExt;
    let wrong = |error| BackupError::Io(path.display().to_string(), error);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(wrong)?;
    let file = lines(db, BufWriter::new(file), now).await?;
    file.into_inner().map_err(std::io::IntoInnerError::into_error).and_then(|file| file.sync_all()).map_err(wrong)
}
