//! The rows of a month, or those that lie over a session, by the database alone: one prepared statement by the index on
//! the start, every column read.

use std::path::Path;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};
use rusqlite::types::Value;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Connection, Executor, Row, SqlSafeStr, Statement};

const COLUMNS: &str = "s.id, s.event_id, s.starts_at, s.ends_at, s.all_day, s.time_zone, s.day, s.status, s.title, \
                       s.location, e.status, e.title, e.location, e.kind, e.host_id";
const HOSTED: &str = "e.host_id in (select descendant_id from organisation_closure where ancestor_id = $3)";

/// A connection with nothing between, and one statement.
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

/// What begins between two instants and is hosted below an organisation.
pub fn month() -> String {
    format!(
        "select {COLUMNS} from session s join event e on e.id = s.event_id \
         where s.starts_at >= $1 and s.starts_at < $2 and {HOSTED} order by s.starts_at"
    )
}

/// What lies over a time and began after a bound, of other events: published ones, and drafts of one host.
pub const OVER: &str = "select s.*, e.* from session s join event e on e.id = s.event_id \
                        where s.starts_at > $1 and s.starts_at < $2 and s.ends_at > $3 and s.event_id <> $4 \
                        and s.status <> 'cancelled' \
                        and (e.status = 'scheduled' or (e.status = 'draft' and e.host_id = $5))";

/// What a session asks of [`OVER`].
pub struct Wish {
    /// Begun after this.
    pub after: DateTime<Utc>,
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
    pub event: i64,
    pub host: i64,
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

impl Bare {
    /// On that file.
    pub fn sqlite(file: &Path, sql: &str) -> Self {
        // It lasts as long as this program, and its statement with it.
        let db = Box::leak(Box::new(rusqlite::Connection::open(file).expect("the database opens")));
        db.execute_batch("pragma cache_size = -16000; pragma query_only = on").expect("the pragmas");
        Self::Sqlite(db.prepare(sql).expect("the statement"))
    }

    /// On that server.
    pub async fn postgres(url: &str, sql: &str) -> Self {
        let mut db = PgConnection::connect(url).await.expect("PostgreSQL answers");
        let statement = db.prepare(sqlx::AssertSqlSafe(sql.to_owned()).into_sql_str()).await.expect("the statement");
        Self::Postgres(Box::new(db), statement)
    }

    /// Reads the sittings of these days that an organisation or one below it hosts; gives how many there are.
    pub async fn rows(&mut self, from: NaiveDate, to: NaiveDate, organisation: i64) -> usize {
        let (from, to) = instants(from, to);
        match self {
            Self::Sqlite(statement) => {
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

    /// Reads every column of the sessions that lie over one, and of their events; gives how many there are.
    pub async fn over(&mut self, wish: &Wish) -> usize {
        match self {
            Self::Sqlite(statement) => {
                let columns = statement.column_count();
                let read = |row: &rusqlite::Row<'_>| {
                    (0..columns).map(|n| row.get::<_, Value>(n)).collect::<Result<Vec<_>, _>>()
                };
                let asked = (text(wish.after), text(wish.end), text(wish.start), wish.event, wish.host);
                let rows = statement.query_map(asked, read).expect("the rows");
                rows.map(|row| row.expect("a row")).collect::<Vec<_>>().len()
            }
            Self::Postgres(db, statement) => {
                let query = statement.query().bind(wish.after).bind(wish.end).bind(wish.start);
                let rows = query.bind(wish.event).bind(wish.host).fetch_all(&mut **db).await.expect("the rows");
                let copy = |row: &PgRow, n| {
                    let value = row.try_get_raw(n).expect("a column");
                    value.as_bytes().map(<[u8]>::to_vec).unwrap_or_default()
                };
                rows.iter()
                    .map(|row| (0..row.len()).map(|n| copy(row, n)).collect::<Vec<_>>())
                    .collect::<Vec<_>>()
                    .len()
            }
        }
    }
}
