//! The same rows into the same table by SQLite itself: its C interface, a prepared statement, no server.

use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, params};

/// Inserts `people` attendances of a session, `batch` in a transaction; gives rows a second.
pub fn sqlite(file: &Path, session: i64, batch: usize, people: u32) -> f64 {
    let db = Connection::open(file).expect("the database opens");
    db.execute_batch(
        "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma cache_size = -16000; \
         pragma busy_timeout = 10000;",
    )
    .or_else(|error| if matches!(error, rusqlite::Error::ExecuteReturnedResults) { Ok(()) } else { Err(error) })
    .expect("the pragmas");
    let full: i64 = db.query_row("pragma synchronous", [], |row| row.get(0)).expect("a pragma");
    let keys: i64 = db.query_row("pragma foreign_keys", [], |row| row.get(0)).expect("a pragma");
    assert_eq!((full, keys), (2, 1), "synchronous is FULL and foreign keys are on");
    let mut insert = db
        .prepare(
            "insert into attendance (session_id, person_id, organisation_id, status, word, checked_in_at, method, \
             recorded_at, recorded_by) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .expect("the statement");
    let began = Instant::now();
    let indexes: Vec<_> = (0..people).collect();
    for chunk in indexes.chunks(batch) {
        if batch > 1 {
            db.execute_batch("begin immediate").expect("a transaction");
        }
        for &n in chunk {
            let at = "2024-03-12 00:45:00.123456 +00:00";
            let org = i64::from(n % 40 + 2);
            insert
                .execute(params![session, i64::from(n) + 1, org, "present", "check_in", at, "token", at, "token:1"])
                .expect("a row");
        }
        if batch > 1 {
            db.execute_batch("commit").expect("a commit");
        }
    }
    f64::from(people) / began.elapsed().as_secs_f64()
}
