//! The database: connections per back end, write transactions, and constraints by name.
//!
//! SQLite has one connection that writes and some that only read; PostgreSQL has one pool for both.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::sea_query::OnConflict;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    AccessMode, ActiveModelTrait, ColumnTrait, Condition, ConnectOptions, ConnectionTrait, Database,
    DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, EntityTrait, IsolationLevel, SqlErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
};

/// A database that is open.
#[derive(Clone, Debug)]
pub struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
}

impl Db {
    /// Opens `url`; makes an SQLite file and its folder when missing. Does not migrate.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self, DbErr> {
        if url.starts_with("sqlite:") {
            return Self::connect_sqlite(url, max_connections).await;
        }
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(max_connections.saturating_add(2))
            .min_connections(1)
            // To ask at each use whether it is still there would double the ways of every single statement.
            .test_before_acquire_if_idle_for(Duration::from_secs(1))
            .sqlx_logging(false);
        let pool = Database::connect(options).await?;
        Ok(Self { read: pool.clone(), write: pool })
    }

    async fn connect_sqlite(url: &str, max_connections: u32) -> Result<Self, DbErr> {
        let path = sqlite_path(url).unwrap_or_default();
        if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|e| DbErr::Custom(format!("cannot make the folder {}: {e}", folder.display())))?;
        }
        let url = format!("sqlite://{path}?mode=rwc");
        let mut write = sqlite_options(&url);
        write.max_connections(1).min_connections(1);
        let write = Database::connect(write).await?;
        let mut read = sqlite_options(&url);
        read.max_connections(max_connections).min_connections(1);
        read.map_sqlx_sqlite_opts(|o| {
            // Each keeps what it prepared, and they take turns: of long lists of values that is a lot of memory.
            sqlite_pragmas(o).pragma("query_only", "ON").pragma("cache_size", "-2000").statement_cache_capacity(32)
        });
        Ok(Self { read: Database::connect(read).await?, write })
    }

    /// Where to read. On SQLite a write through it fails.
    #[must_use]
    pub const fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// Where a single statement may write without a transaction of its own. On SQLite this is the one writing
    /// connection: never await it while holding a transaction of [`Db::begin`].
    #[must_use]
    pub const fn write(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Begins a transaction that may write. On SQLite it is the only one until it ends; dropped without commit, it is
    /// rolled back.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        self.write
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..Default::default()
            })
            .await
    }

    /// A transaction that only reads, and sees one moment from its first query on, whatever is written meanwhile.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        match self.backend() {
            DbBackend::Postgres => {
                let (level, access) = (Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly));
                self.read.begin_with_config(level, access).await
            }
            // In WAL mode any SQLite transaction does.
            _ => self.read.begin().await,
        }
    }

    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        Migrator::up(&self.write, None).await
    }

    /// Names of the schema's steps that this program knows, in order.
    #[must_use]
    pub fn known_migrations() -> Vec<String> {
        Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
    }

    /// Names of the schema's steps that the database has, in order.
    pub async fn applied_migrations(&self) -> Result<Vec<String>, DbErr> {
        let applied = Migrator::get_applied_migrations(&self.write).await?;
        Ok(applied.iter().map(|step| step.name().to_owned()).collect())
    }

    /// Names of the schema's steps that the database has, those of a later program too; makes nothing. An error when
    /// it was never migrated.
    pub async fn recorded_migrations(&self) -> Result<Vec<String>, DbErr> {
        let rows = sea_orm_migration::seaql_migrations::Entity::find().all(&self.read).await?;
        Ok(rows.into_iter().map(|row| row.version).collect())
    }

    /// Takes the last steps of the schema back. Only for a database without rows.
    pub async fn migrate_back(&self, steps: usize) -> Result<(), DbErr> {
        match u32::try_from(steps) {
            Ok(0) => Ok(()),
            steps => Migrator::down(&self.write, steps.ok()).await,
        }
    }

    /// How many steps of the schema are missing.
    pub async fn pending_migrations(&self) -> Result<usize, DbErr> {
        Ok(Migrator::get_pending_migrations(&self.write).await?.len())
    }

    /// Tells every statement's SQL, from now on, as it is done; for tests that count them.
    pub fn watch(&mut self, told: impl Fn(&str) + Send + Sync + Clone + 'static) {
        for connection in [&mut self.read, &mut self.write] {
            let told = told.clone();
            connection.set_metric_callback(move |info| told(&info.statement.sql));
        }
    }

    /// Which back end it is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.read.get_database_backend()
    }
}

/// The file of an `sqlite:` URL.
#[must_use]
pub fn sqlite_path(url: &str) -> Option<&str> {
    url.strip_prefix("sqlite:").and_then(|rest| rest.trim_start_matches("//").split('?').next())
}

fn sqlite_options(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .acquire_timeout(Duration::from_secs(30))
        .map_sqlx_sqlite_opts(sqlite_pragmas);
    options
}

fn sqlite_pragmas(options: sea_orm::sqlx::sqlite::SqliteConnectOptions) -> sea_orm::sqlx::sqlite::SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        // KiB. Those that only read have less: there are several, and the system keeps the file in memory anyway.
        .pragma("cache_size", "-8000")
}

/// Rows of one statement: few trips, and fewer variables than either database allows.
const CHUNK: usize = 1_000;

/// Inserts rows in few statements, in the caller's transaction. `over` says what to do about a row whose key is there;
/// then no key may stand in `rows` twice: PostgreSQL refuses that.
pub async fn insert_all<A: ActiveModelTrait>(
    db: &impl ConnectionTrait,
    rows: Vec<A>,
    over: Option<&OnConflict>,
) -> Result<(), DbErr> {
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut insert = A::Entity::insert_many(rows.by_ref().take(CHUNK));
        if let Some(over) = over {
            insert = insert.on_conflict(over.clone());
        }
        insert.exec_without_returning(db).await?;
    }
    Ok(())
}

/// A condition that `column` is one of `ids`, and lies between the least and the greatest of them. The second half says
/// nothing new, but with it an index on `(something, column)` is read from the one to the other; without, PostgreSQL
/// reads all rows of `something` while it has no statistics about a table that just grew.
#[must_use]
pub fn among<C: ColumnTrait, V: Copy + Ord + Into<Value>>(column: C, ids: impl IntoIterator<Item = V>) -> Condition {
    let ids: BTreeSet<V> = ids.into_iter().collect();
    let ends = ids.first().zip(ids.last()).map(|(&least, &greatest)| column.between(least, greatest));
    Condition::all().add_option(ends).add(column.is_in(ids))
}

/// Whether `error` says that a row with the same key was there already.
#[must_use]
pub fn is_duplicate(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// Makes a table's next id follow the highest that is there, after rows came in with their ids. SQLite does so by
/// itself.
pub async fn continue_ids(db: &impl ConnectionTrait, table: &str) -> Result<(), DbErr> {
    if db.get_database_backend() == DbBackend::Postgres {
        let name = table.replace('"', "\"\"");
        let literal = table.replace('\'', "''");
        let next = format!(
            "select setval(pg_get_serial_sequence('\"{literal}\"', 'id'), coalesce(max(id), 0) + 1, false) from \"{name}\""
        );
        db.query_one_raw(Statement::from_string(DbBackend::Postgres, next)).await?;
    }
    Ok(())
}

/// Adds one to a counter of the `revision` table, in the caller's transaction; makes it where there is none yet.
pub async fn bump(db: &impl ConnectionTrait, name: &str) -> Result<(), DbErr> {
    use entity::revision;
    use sea_orm::{ActiveValue::Set, EntityTrait, ExprTrait, sea_query::Expr};
    let more = Expr::col((revision::Entity, revision::Column::Value)).add(1);
    let one = revision::ActiveModel { name: Set(name.to_owned()), value: Set(1) };
    revision::Entity::insert(one)
        .on_conflict(OnConflict::column(revision::Column::Name).value(revision::Column::Value, more).to_owned())
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// All counters of the `revision` table together: it grows whenever one of them does.
pub async fn revisions(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    use entity::revision;
    use sea_orm::{EntityTrait, QuerySelect};
    let all: Vec<i64> =
        revision::Entity::find().select_only().column(revision::Column::Value).into_tuple().all(db).await?;
    Ok(all.into_iter().sum())
}

/// The present value of a counter of the `revision` table.
pub async fn revision(db: &impl ConnectionTrait, name: &str) -> Result<i64, DbErr> {
    use sea_orm::EntityTrait;
    Ok(entity::revision::Entity::find_by_id(name.to_owned()).one(db).await?.map_or(0, |row| row.value))
}
