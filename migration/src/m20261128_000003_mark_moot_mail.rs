//! Which mails were not sent because there was nothing to say any more.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{add_columns, drop_columns};

/// Which mails were not sent because there was nothing to say any more.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add_columns(m, "outbox", [boolean("moot").default(false).take()]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(m, "outbox", &["moot"]).await
    }
}
