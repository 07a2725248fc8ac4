//! A database for one test: an SQLite file in a folder of its own, or a PostgreSQL database made from a template.

use pufa::db::Db;
use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file of its own.
    Sqlite,
    /// A database of its own in the cluster that PUFA_TEST_POSTGRES_URL names.
    Postgres,
}

/// The URL of a new, migrated database.
pub async fn make(backend: Backend, folder: &TempDir) -> String {
    match backend {
        Backend::Sqlite => format!("sqlite://{}/pufa.db", folder.path().display()),
        Backend::Postgres => make_postgres().await,
    }
}

async fn make_postgres() -> String {
    let admin_url = std::env::var("PUFA_TEST_POSTGRES_URL").expect(
        "PUFA_TEST_POSTGRES_URL is not set: run the tests by tests/run, or by tests/with-postgres cargo nextest run",
    );
    let base = admin_url.rsplit_once('/').expect("the URL names a database").0.to_owned();
    let admin = Database::connect(&admin_url).await.expect("PostgreSQL answers");
    // Tests run as processes side by side: one makes the template, the others wait for it.
    admin.execute_unprepared("select pg_advisory_lock(20261123)").await.unwrap();
    let exists = admin
        .query_one_raw(sea_orm::Statement::from_string(
            sea_orm::DbBackend::Postgres,
            "select 1 from pg_database where datname = 'pufa_template'",
        ))
        .await
        .unwrap()
        .is_some();
    if !exists {
        admin.execute_unprepared("create database pufa_template_new").await.unwrap();
        let db = Db::connect(&format!("{base}/pufa_template_new"), 1).await.unwrap();
        db.migrate().await.unwrap();
        db.read().clone().close().await.unwrap();
        admin.execute_unprepared("alter database pufa_template_new rename to pufa_template").await.unwrap();
    }
    let name = format!("t_{}", uuid::Uuid::new_v4().simple());
    admin.execute_unprepared(&format!("create database {name} template pufa_template")).await.unwrap();
    admin.execute_unprepared("select pg_advisory_unlock(20261123)").await.unwrap();
    admin.close().await.unwrap();
    format!("{base}/{name}")
}
