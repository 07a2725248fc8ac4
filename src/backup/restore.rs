//! Bringing a copy back, into an empty database.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use sea_orm::sea_query::{Alias, Query, SimpleExpr};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde::Deserialize;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::cell::Kind;
use super::{BackupError, FORMAT, table};
use crate::db::Db;

/// Values that go into one statement: SQLite takes 32,766, PostgreSQL 65,535.
const VALUES: usize = 20_000;

#[derive(Deserialize)]
struct Header {
    format: String,
    schema: Vec<String>,
}

#[derive(Deserialize)]
struct Heading {
    table: String,
    columns: Vec<(String, Kind)>,
}

#[derive(Deserialize)]
struct End {
    #[serde(rename = "end")]
    format: String,
    lines: u64,
    sha256: String,
}

/// Brings the copy at `path` back and the schema up to date; gives the number of rows. Nothing is written unless the
/// file is whole and the database empty.
pub async fn restore(db: &Db, path: &Path) -> Result<u64, BackupError> {
    let header = verify(path)?;
    let known = Db::known_migrations();
    if let Some(step) = header.schema.iter().find(|step| !known.contains(step)) {
        return Err(BackupError::Newer(step.clone()));
    }
    if header.schema != known[..header.schema.len().min(known.len())] {
        return Err(BackupError::Broken("its steps of the schema are out of order".to_owned()));
    }
    db.migrate().await?;
    for table in table::all().iter().filter(|table| table.name != "revision") {
        if !table::is_empty(db.read(), table.name).await? {
            return Err(BackupError::NotEmpty(table.name));
        }
    }
    // Rows of an older version go under their own schema; what later steps do to rows, they do to these.
    db.migrate_back(known.len() - header.schema.len()).await?;
    let tx = db.begin().await?;
    let rows = fill(&tx, path).await?;
    tx.commit().await?;
    db.migrate().await?;
    Ok(rows)
}

fn open(path: &Path) -> Result<BufReader<File>, BackupError> {
    let file = File::open(path).map_err(|error| BackupError::Io(path.display().to_string(), error))?;
    Ok(BufReader::new(file))
}

/// Reads the whole file once and holds it against its last line.
fn verify(path: &Path) -> Result<Header, BackupError> {
    let broken = |why: &str| BackupError::Broken(why.to_owned());
    let (mut reader, mut hash, mut count) = (open(path)?, Sha256::new(), 0_u64);
    let (mut header, mut line) = (None, Vec::new());
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line);
        if read.map_err(|error| BackupError::Io(path.display().to_string(), error))? == 0 {
            return Err(broken("it ends too early"));
        }
        if header.is_none() {
            let first: Header = serde_json::from_slice(&line).map_err(|_| broken("it does not begin as one"))?;
            if first.format != FORMAT {
                return Err(broken(&format!("its form is {}, not {FORMAT}", first.format)));
            }
            header = Some(first);
        } else if line.starts_with(b"{\"end\"") {
            break;
        }
        hash.update(&line);
        count += 1;
    }
    let end: End = serde_json::from_slice(&line).map_err(|_| broken("its last line is not whole"))?;
    if !line.ends_with(b"\n") || !reader.fill_buf().is_ok_and(<[u8]>::is_empty) {
        return Err(broken("it does not end with its last line"));
    }
    if end.format != FORMAT || end.lines != count || end.sha256 != hex::encode(hash.finalize()) {
        return Err(broken("its checksum does not fit"));
    }
    header.ok_or_else(|| broken("it is empty"))
}

async fn fill(db: &DatabaseTransaction, path: &Path) -> Result<u64, BackupError> {
    // The step that makes this table puts a row into it.
    db.execute(&Query::delete().from_table(Alias::new("revision")).to_owned()).await?;
    let (mut heading, mut rows, mut count) = (None::<Heading>, Vec::new(), 0_u64);
    for line in open(path)?.lines().skip(1) {
        let line = line.map_err(|error| BackupError::Io(path.display().to_string(), error))?;
        if line.starts_with('[') {
            let Some(table) = &heading else { return Err(BackupError::Broken("a row without its table".to_owned())) };
            rows.push(row(table, &line)?);
            count += 1;
            if rows.len() >= (VALUES / table.columns.len().max(1)).min(1_000) {
                insert(db, table, std::mem::take(&mut rows)).await?;
            }
            continue;
        }
        if let Some(table) = heading.take() {
            insert(db, &table, std::mem::take(&mut rows)).await?;
            if table.columns.iter().any(|(name, _)| name == "id") {
                crate::db::continue_ids(db, &table.table).await?;
            }
        }
        heading = serde_json::from_str(&line).ok();
    }
    Ok(count)
}

fn row(table: &Heading, line: &str) -> Result<Vec<SimpleExpr>, BackupError> {
    let broken = || BackupError::Broken(format!("a row of {} does not fit its columns", table.table));
    let cells: Vec<Json> = serde_json::from_str(line).map_err(|_| broken())?;
    if cells.len() != table.columns.len() {
        return Err(broken());
    }
    let values = cells.into_iter().zip(&table.columns).map(|(cell, (_, kind))| kind.read(cell).map(SimpleExpr::Value));
    values.collect::<Option<_>>().ok_or_else(broken)
}

async fn insert(db: &DatabaseTransaction, table: &Heading, rows: Vec<Vec<SimpleExpr>>) -> Result<(), BackupError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut insert = Query::insert();
    insert.into_table(Alias::new(&table.table)).columns(table.columns.iter().map(|(name, _)| Alias::new(name)));
    for row in rows {
        insert.values(row).map_err(|error| BackupError::Broken(error.to_string()))?;
    }
    db.execute(&insert).await?;
    Ok(())
}
