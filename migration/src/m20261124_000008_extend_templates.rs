//! Which of the invited a template's events remind, and what they mail afterwards.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{add_columns, drop_columns};

/// Which of the invited a template's events remind, and what they mail afterwards.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add_columns(m, "event_template", [text("remind_whom").default("all").take(), json_binary_null("after")]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(m, "event_template", &["remind_whom", "after"]).await
    }
}
