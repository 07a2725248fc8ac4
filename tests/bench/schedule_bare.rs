//! The rows of a month by the database alone: one prepared statement by the index on the start, every column read.

use std::path::Path;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};
use rusqlite::types::Value;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor, Row, SqlSafeStr, Statement};

const COLUMNS: &str = "s.id, s.event_id, s.starts_at, s.ends_at, s.all_day, s.time_zone, s.day, s.status, s.title, \
                       s.location, e.status, e.title, e.location, e.kind, e.host_id";
const HOSTED: &str = "e.host_id in (select descendant_id from organisation_closure where ancestor_id = $3)";

/// A connection with nothing between.
pub enum Bare {
    /// SQLite's C interface.
    Sqlite(rusqlite::Statement<'static>),
    /// One connection to PostgreSQL, and the statement.
    Postgres(Box<PgConnection>, sqlx::postgres::PgStatement),
}

/// The instants of the first and the end of the last of these days, in Shanghai.
pub fn instants(from: NaiveDate, to: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc() - TimeDelta::hours(8);
    (midnight(from), midnight(to + Days::new(1)))
}

fn sql() -> String {
    format!(
        "select {COLUMNS} from session s join event e on e.id = s.event_id \
         where s.starts_at >= $1 and s.starts_at < $2 and {HOSTED} order by s.starts_at"
    )
}

impl Bare {
    /// On that file.
    pub fn sqlite(file: &Path) -> Self {
        // It lasts as long as this program, and its statement with it.
        let db = Box::leak(Box::new(rusqlite::Connection::open(file).expect("the database opens")));
        db.execute_batch("pragma cache_size = -16000; pragma query_only = on").expect("the pragmas");
        Self::Sqlite(db.prepare(&sql()).expect("the statement"))
    }

    /// On that server.
    pub async fn postgres(url: &str) -> Self {
        let mut db = PgConnection::connect(url).await.expect("PostgreSQL answers");
        let statement = db.prepare(sqlx::AssertSqlSafe(sql()).into_sql_str()).await.expect("the statement");
        Self::Postgres(Box::new(db), statement)
    }

    /// Reads the sittings of these days that an organisation or one below it hosts; gives how many there are.
    pub async fn rows(&mut self, from: NaiveDate, to: NaiveDate, organisation: i64) -> usize {
        let (from, to) = instants(from, to);
        match self {
            Self::Sqlite(statement) => {
                let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, false);
                let read =
                    |row: &rusqlite::Row<'_>| (0..15).map(|n| row.get::<_, Value>(n)).collect::<Result<Vec<_>, _>>();
                let rows = statement.query_map((text(from), text(to), organisation), read).expect("the rows");
                rows.map(|row| row.expect("a row")).collect::<Vec<_>>().len()
            }
            Self::Postgres(db, statement) => {
                let query = statement.query().bind(from).bind(to).bind(organisation);
                let rows = query.fetch_all(&mut **db).await.expect("the rows");
                // Reading a value checks its type and copies it.
                rows.iter()
                    .map(|row| (row.get::<i64, _>(0), row.get::<DateTime<Utc>, _>(2), row.get::<String, _>(11)))
                    .collect::<Vec<_>>()
                    .len()
            }
        }
    }
}
