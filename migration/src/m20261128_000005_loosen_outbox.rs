//! What makes a message of the outbox cheap to write and to change: many thousands are, within seconds.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::column::index;

/// Room for changed rows, and no line in an index for what most messages do not have.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// PostgreSQL writes a row anew at each change, and its line in every index too unless the new one fits into the same
/// page: so a claim, which changes nothing that is indexed, stays as small as it is. SQLite changes rows in place.
async fn fill(m: &SchemaManager<'_>, percent: u8) -> Result<(), DbErr> {
    match m.get_database_backend() {
        DbBackend::Postgres => {
            let text = format!("alter table outbox set (fillfactor = {percent})");
            m.get_connection().execute_unprepared(&text).await.map(drop)
        }
        _ => Ok(()),
    }
}

fn by_series() -> IndexCreateStatement {
    index("outbox", &["series_id", "person_id"])
}

async fn replace(m: &SchemaManager<'_>, by_series: IndexCreateStatement) -> Result<(), DbErr> {
    m.drop_index(Index::drop().table("outbox").name("ix_outbox_series_id_person_id").to_owned()).await?;
    m.create_index(by_series).await
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        fill(m, 50).await?;
        // Few messages are of a series as a whole.
        let of_series = Expr::col("series_id").is_not_null();
        replace(m, by_series().and_where(of_series).to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        replace(m, by_series()).await?;
        fill(m, 100).await
    }
}
