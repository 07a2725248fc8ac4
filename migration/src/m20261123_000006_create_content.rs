//! What an event consists of: speakers, materials, agenda, checklist, and who put their names down.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{create, drop_tables, index, references};

/// What an event consists of: speakers, materials, agenda, checklist, and who put their names down.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(m, tables(), indexes()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            m,
            &["person_alias", "registration", "checklist_item", "agenda_item", "material", "stored_file", "speaker"],
        )
        .await
    }
}

fn tables() -> [TableCreateStatement; 7] {
    [speaker(), stored_file(), material(), agenda_item(), checklist_item(), registration(), person_alias()]
}

fn indexes() -> [IndexCreateStatement; 9] {
    [
        index("speaker", &["event_id"]),
        index("speaker", &["person_id"]),
        index("material", &["event_id"]),
        index("material", &["file_id"]),
        index("agenda_item", &["session_id"]),
        index("checklist_item", &["event_id"]),
        index("registration", &["event_id", "status"]),
        index("registration", &["person_id"]),
        index("person_alias", &["person_id"]),
    ]
}

fn speaker() -> TableCreateStatement {
    Table::create()
        .table("speaker")
        .col(big_pk_auto("id"))
        .col(big_integer("event_id"))
        .col(big_integer_null("session_id"))
        .col(integer("position"))
        .col(big_integer_null("person_id"))
        .col(text("name"))
        .col(text("title"))
        .foreign_key(&mut references("speaker", "event_id", "event", ForeignKeyAction::Cascade))
        .foreign_key(&mut references("speaker", "session_id", "session", ForeignKeyAction::Cascade))
        .foreign_key(&mut references("speaker", "person_id", "person", ForeignKeyAction::Restrict))
        .to_owned()
}

fn stored_file() -> TableCreateStatement {
    Table::create()
        .table("stored_file")
        .col(big_pk_auto("id"))
        .col(text_uniq("sha256"))
        .col(big_integer("size"))
        .col(blob("content"))
        .col(timestamp_with_time_zone("created_at"))
        .to_owned()
}

fn material() -> TableCreateStatement {
    Table::create()
        .table("material")
        .col(big_pk_auto("id"))
        .col(big_integer("event_id"))
        .col(big_integer_null("session_id"))
        .col(integer("position"))
        .col(text("title"))
        .col(text_null("url"))
        .col(big_integer_null("file_id"))
        .col(text_null("file_name"))
        .col(text_null("media_type"))
        .col(timestamp_with_time_zone("added_at"))
        .col(text("added_by"))
        .foreign_key(&mut references("material", "event_id", "event", ForeignKeyAction::Cascade))
        .foreign_key(&mut references("material", "session_id", "session", ForeignKeyAction::Cascade))
        .foreign_key(&mut references("material", "file_id", "stored_file", ForeignKeyAction::Restrict))
        .to_owned()
}

fn agenda_item() -> TableCreateStatement {
    Table::create()
        .table("agenda_item")
        .col(big_pk_auto("id"))
        .col(big_integer("session_id"))
        .col(integer("position"))
        .col(text("title"))
        .col(text_null("kind"))
        .col(text("reporter"))
        .col(integer_null("minutes"))
        .col(text("note"))
        .foreign_key(&mut references("agenda_item", "session_id", "session", ForeignKeyAction::Cascade))
        .to_owned()
}

fn checklist_item() -> TableCreateStatement {
    Table::create()
        .table("checklist_item")
        .col(big_pk_auto("id"))
        .col(big_integer("event_id"))
        .col(integer("position"))
        .col(text("kind"))
        .col(text("text"))
        .col(timestamp_with_time_zone_null("done_at"))
        .col(text_null("done_by"))
        .foreign_key(&mut references("checklist_item", "event_id", "event", ForeignKeyAction::Cascade))
        .to_owned()
}

fn registration() -> TableCreateStatement {
    Table::create()
        .table("registration")
        .col(big_pk_auto("id"))
        .col(big_integer("event_id"))
        .col(big_integer_null("person_id"))
        .col(text("name"))
        .col(text("email"))
        .col(text("body"))
        .col(text("status"))
        .col(text_uniq("secret"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(&mut references("registration", "event_id", "event", ForeignKeyAction::Cascade))
        .foreign_key(&mut references("registration", "person_id", "person", ForeignKeyAction::Restrict))
        .to_owned()
}

fn person_alias() -> TableCreateStatement {
    Table::create()
        .table("person_alias")
        .col(text("staff_no").primary_key())
        .col(big_integer("person_id"))
        .col(timestamp_with_time_zone("merged_at"))
        .foreign_key(&mut references("person_alias", "person_id", "person", ForeignKeyAction::Restrict))
        .to_owned()
}
