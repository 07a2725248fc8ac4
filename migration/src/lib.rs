//! The schema, step by step, from the same statements on SQLite and PostgreSQL.
//!
//! A step never reads `entity`: what it meant when it was released is what it means for good.

#![allow(clippy::wildcard_imports, reason = "the words of the schema language, imported as its own documentation does")]

use sea_orm_migration::prelude::*;

pub use sea_orm_migration::MigratorTrait;

mod column;
mod m20261123_000001_create_people;
mod m20261123_000002_create_scheduling;
mod m20261123_000003_create_attendance;
mod m20261123_000004_create_access;
mod m20261123_000005_extend_scheduling;
mod m20261123_000006_create_content;
mod m20261124_000007_extend_mail;
mod m20261124_000008_extend_templates;
mod m20261128_000002_create_feed_version;
mod m20261128_000003_mark_moot_mail;
mod m20261128_000005_loosen_outbox;

/// Every step, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_create_people::Migration),
            Box::new(m20261123_000002_create_scheduling::Migration),
            Box::new(m20261123_000003_create_attendance::Migration),
            Box::new(m20261123_000004_create_access::Migration),
            Box::new(m20261123_000005_extend_scheduling::Migration),
            Box::new(m20261123_000006_create_content::Migration),
            Box::new(m20261124_000007_extend_mail::Migration),
            Box::new(m20261124_000008_extend_templates::Migration),
            Box::new(m20261128_000002_create_feed_version::Migration),
            Box::new(m20261128_000003_mark_moot_mail::Migration),
            Box::new(m20261128_000005_loosen_outbox::Migration),
        ]
    }
}
