//! What the versions of subscriptions held that clients have.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{create, drop_tables, references, unique};

/// What the versions of subscriptions held that clients have.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(m, [feed_version()], [unique("feed_version", &["feed_id", "etag"])]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(m, &["feed_version"]).await
    }
}

fn feed_version() -> TableCreateStatement {
    Table::create()
        .table("feed_version")
        .col(big_pk_auto("id"))
        .col(big_integer("feed_id"))
        .col(text("etag"))
        .col(json_binary("sessions"))
        .foreign_key(&mut references("feed_version", "feed_id", "calendar_feed", ForeignKeyAction::Cascade))
        .to_owned()
}
