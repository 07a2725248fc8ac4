//! Whether the database answers, is up to date, can be written and is well kept.

use std::path::Path;
use std::time::Duration;

use sea_orm::sea_query::{Alias, Expr, Func, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExprTrait};

use super::Finding;
use crate::config;
use crate::db::{self, Db};

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Free bytes below which nothing can be trusted to be kept.
const LEAST: u64 = 100 << 20;
/// Free bytes below which somebody should look.
const LITTLE: u64 = 1 << 30;

/// Looks at the database, and gives it if its rows can be asked.
pub(super) async fn check(settings: &config::Database) -> (Vec<Finding>, Option<Db>) {
    if let Some(path) = db::sqlite_path(&settings.url).filter(|path| !Path::new(path).exists()) {
        return (vec![missing(Path::new(path))], None);
    }
    let opened = tokio::time::timeout(PATIENCE, Db::connect(&settings.url, 1)).await;
    let db = match opened {
        Ok(Ok(db)) => db,
        Ok(Err(error)) => return (vec![Finding::fail("database").with("why", error)], None),
        Err(_) => return (vec![Finding::fail("database").with("why", format!("{} s", PATIENCE.as_secs()))], None),
    };
    let mut findings = Vec::new();
    let of_kind = match db.backend() {
        DbBackend::Postgres => postgres(db.read(), &settings.url).await,
        _ => sqlite(&db, &settings.url).await,
    };
    match of_kind {
        Ok(more) => findings.extend(more),
        Err(error) => {
            findings.push(Finding::fail("database").with("why", error));
            return (findings, None);
        }
    }
    let (found, usable) = schema(&db).await;
    findings.push(found);
    if usable {
        findings.push(match write(&db).await {
            Ok(()) => Finding::ok("database-writable"),
            Err(error) => Finding::fail("database-read-only").with("why", error),
        });
    }
    (findings, usable.then_some(db))
}

/// The file is not there yet: then its folder matters.
fn missing(path: &Path) -> Finding {
    let folder = path.ancestors().skip(1).find(|folder| folder.as_os_str().is_empty() || folder.is_dir());
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    match super::mail::try_to_write(folder) {
        Ok(()) => Finding::warn("database-missing").with("file", path.display()),
        Err(error) => Finding::fail("database-folder").with("folder", folder.display()).with("why", error),
    }
}

/// Whether the schema is the one that this program knows; the other value says whether its tables can be asked.
async fn schema(db: &Db) -> (Finding, bool) {
    let known = Db::known_migrations();
    // No list of steps: it was never migrated.
    let Ok(applied) = db.recorded_migrations().await else { return (Finding::warn("database-empty"), false) };
    let foreign = applied.iter().find(|name| !known.contains(name));
    match (foreign, known.iter().filter(|name| !applied.contains(name)).count()) {
        (Some(name), _) => (Finding::fail("database-newer").with("name", name), false),
        (None, 0) => (Finding::ok("database-schema").with("n", known.len()), true),
        (None, pending) if pending == known.len() => (Finding::warn("database-empty"), false),
        (None, pending) => (Finding::warn("database-pending").with("n", pending), false),
    }
}

/// Writes, and takes it back.
async fn write(db: &Db) -> Result<(), DbErr> {
    let transaction = db.begin().await?;
    db::bump(&transaction, "doctor").await?;
    transaction.rollback().await
}

async fn sqlite(db: &Db, url: &str) -> Result<Vec<Finding>, DbErr> {
    let version = Query::select().expr(Func::cust("sqlite_version")).to_owned();
    let version: String = value(db.read(), &version).await?;
    let file = db::sqlite_path(url).unwrap_or_default();
    let mut findings = vec![Finding::ok("database-sqlite").with("version", version).with("file", file)];
    let intact: String = value(db.read(), &pragma("quick_check")).await?;
    findings.push(match intact.as_str() {
        "ok" => Finding::ok("database-intact"),
        _ => Finding::fail("database-damaged").with("why", intact),
    });
    // As the writing connection has it: that is what every commit goes by.
    let journal: String = value(db.write(), &pragma("journal_mode")).await?;
    let synchronous: i32 = value(db.write(), &pragma("synchronous")).await?;
    findings.push(match (journal.as_str(), synchronous) {
        ("wal", 2..) => Finding::ok("database-durable"),
        _ => Finding::fail("database-careless").with("journal", journal).with("synchronous", synchronous),
    });
    findings.extend(room(Path::new(file)));
    Ok(findings)
}

fn pragma(name: &str) -> SelectStatement {
    Query::select().column(Alias::new(name)).from(Alias::new(format!("pragma_{name}"))).to_owned()
}

/// Whether the disk has room.
fn room(file: &Path) -> Option<Finding> {
    let disk = rustix::fs::statvfs(file).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    // A copy by `pufa backup` takes as much again.
    let size = file.metadata().map_or(0, |data| data.len());
    Some(of_room(free, size))
}

fn of_room(free: u64, size: u64) -> Finding {
    let finding = match free {
        _ if free < LEAST => Finding::fail("disk"),
        _ if free < LITTLE || free < size => Finding::warn("disk"),
        _ => Finding::ok("disk"),
    };
    finding.with("mb", free >> 20).with("size", size >> 20)
}

async fn postgres(db: &DatabaseConnection, url: &str) -> Result<Vec<Finding>, DbErr> {
    let setting = |name: &str| Query::select().expr(Func::cust("current_setting").arg(name)).to_owned();
    let version: String = value(db, &setting("server_version")).await?;
    let number: String = value(db, &setting("server_version_num")).await?;
    let is_old = number.parse::<u32>().is_ok_and(|number| number < 140_000);
    let mut findings = vec![
        if is_old { Finding::warn("database-postgres-old") } else { Finding::ok("database-postgres") }
            .with("version", version),
    ];
    let own = Query::select()
        .column(Alias::new("ssl"))
        .from(Alias::new("pg_stat_ssl"))
        .and_where(Expr::col(Alias::new("pid")).eq(Func::cust("pg_backend_pid")))
        .to_owned();
    let encrypted: bool = value(db, &own).await?;
    if encrypted {
        findings.push(Finding::ok("database-encrypted"));
    } else if !is_near(url) {
        findings.push(Finding::warn("database-plain"));
    }
    let durable: String = value(db, &setting("fsync")).await?;
    let commits: String = value(db, &setting("synchronous_commit")).await?;
    findings.push(if durable == "on" && commits != "off" {
        Finding::ok("database-durable")
    } else {
        Finding::warn("database-postgres-careless").with("fsync", durable).with("commit", commits)
    });
    let ahead = Query::select().expr(Func::cust("pg_is_in_recovery")).to_owned();
    if value(db, &ahead).await? {
        findings.push(Finding::fail("database-standby"));
    }
    Ok(findings)
}

/// Whether the server is on this machine, so that nobody can listen on the way.
fn is_near(url: &str) -> bool {
    let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    host.is_empty()
        || host == "localhost"
        || host.starts_with("%2F")
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The first value of the first row.
async fn value<T: sea_orm::TryGetable>(db: &DatabaseConnection, query: &SelectStatement) -> Result<T, DbErr> {
    let row = db.query_one(query).await?.ok_or_else(|| DbErr::RecordNotFound("no answer".to_owned()))?;
    row.try_get_by_index(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Grade;

    #[test]
    fn little_room_is_told_before_there_is_none() {
        let grade = |free_mb: u64, size_mb: u64| of_room(free_mb << 20, size_mb << 20).grade;
        assert_eq!(
            [grade(2_000, 10), grade(900, 10), grade(2_000, 3_000), grade(99, 1)],
            [Grade::Ok, Grade::Warn, Grade::Warn, Grade::Fail]
        );
    }

    #[test]
    fn a_server_on_this_machine_needs_no_tls() {
        for near in
            ["postgres://a:b@localhost/x", "postgres://a@127.0.0.1:1/x", "postgres://a@[::1]/x", "postgres:///x"]
        {
            assert!(is_near(near), "{near}");
        }
        assert!(!is_near("postgres://a:b@db.example.test/x"));
    }
}
