//! Events, their audience, sessions and rosters.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{create, drop_tables, index, references};

/// Events, their audience, sessions and rosters.
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
            &["roster_entry", "session", "audience_rule", "event_topic", "event_also_kind", "event_co_host", "event"],
        )
        .await
    }
}

fn tables() -> [TableCreateStatement; 7] {
    [event(), event_co_host(), event_also_kind(), event_topic(), audience_rule(), session(), roster_entry()]
}

fn indexes() -> [IndexCreateStatement; 10] {
    [
        index("event", &["host_id"]),
        index("event", &["kind"]),
        index("event_co_host", &["organisation_id"]),
        index("audience_rule", &["organisation_id"]),
        index("audience_rule", &["person_id"]),
        index("audience_rule", &["group_name"]),
        index("session", &["event_id"]),
        index("session", &["starts_at"]),
        index("session", &["year"]),
        index("roster_entry", &["person_id"]),
    ]
}

fn event() -> TableCreateStatement {
    Table::create()
        .table("event")
        .col(big_pk_auto("id"))
        .col(text_uniq("key"))
        .col(text("kind"))
        .col(text("title"))
        .col(big_integer("host_id"))
        .col(text("location"))
        .col(boolean("required"))
        .col(boolean("walk_ins"))
        .col(text("status"))
        .col(text("time_zone"))
        .col(text("form"))
        .col(json_binary_null("reminders"))
        .col(boolean("mails"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(timestamp_with_time_zone_null("published_at"))
        .foreign_key(&mut references("event", "host_id", "organisation", ForeignKeyAction::Restrict))
        .to_owned()
}

fn event_co_host() -> TableCreateStatement {
    Table::create()
        .table("event_co_host")
        .col(big_integer("event_id"))
        .col(big_integer("organisation_id"))
        .primary_key(Index::create().col("event_id").col("organisation_id"))
        .foreign_key(&mut references("event_co_host", "event_id", "event", ForeignKeyAction::Cascade))
        .foreign_key(&mut references("event_co_host", "organisation_id", "organisation", ForeignKeyAction::Restrict))
        .to_owned()
}

fn event_also_kind() -> TableCreateStatement {
    Table::create()
        .table("event_also_kind")
        .col(big_integer("event_id"))
        .col(text("kind"))
        .primary_key(Index::create().col("event_id").col("kind"))
        .foreign_key(&mut references("event_also_kind", "event_id", "event", ForeignKeyAction::Cascade))
        .to_owned()
}

fn event_topic() -> TableCreateStatement {
    Table::create()
        .table("event_topic")
        .col(big_integer("event_id"))
        .col(integer("position"))
        .col(text("name"))
        .primary_key(Index::create().col("event_id").col("position"))
        .foreign_key(&mut references("event_topic", "event_id", "event", ForeignKeyAction::Cascade))
        .to_owned()
}

fn audience_rule() -> TableCreateStatement {
    Table::create()
        .table("audience_rule")
        .col(big_integer("event_id"))
        .col(integer("position"))
        .col(text("sign"))
        .col(text("target"))
        .col(big_integer_null("organisation_id"))
        .col(text_null("group_name"))
        .col(big_integer_null("person_id"))
        .primary_key(Index::create().col("event_id").col("position"))
        .foreign_key(&mut references("audience_rule", "event_id", "event", ForeignKeyAction::Cascade))
        .foreign_key(&mut references("audience_rule", "organisation_id", "organisation", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("audience_rule", "person_id", "person", ForeignKeyAction::Restrict))
        .to_owned()
}

fn session() -> TableCreateStatement {
    Table::create()
        .table("session")
        .col(big_pk_auto("id"))
        .col(text_uniq("key"))
        .col(big_integer("event_id"))
        .col(text_uniq("uid"))
        .col(timestamp_with_time_zone("starts_at"))
        .col(timestamp_with_time_zone("ends_at"))
        .col(boolean("all_day"))
        .col(text("time_zone"))
        .col(date("day"))
        .col(integer("year"))
        .col(text("status"))
        .col(text_null("title"))
        .col(text_null("location"))
        .col(integer("sequence"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone_null("told_at"))
        .col(timestamp_with_time_zone_null("roster_frozen_at"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(&mut references("session", "event_id", "event", ForeignKeyAction::Restrict))
        .check(Expr::col("ends_at").gt(Expr::col("starts_at")))
        .to_owned()
}

fn roster_entry() -> TableCreateStatement {
    Table::create()
        .table("roster_entry")
        .col(big_integer("session_id"))
        .col(big_integer("person_id"))
        .col(big_integer("organisation_id"))
        .col(text("name"))
        .col(text("title"))
        .primary_key(Index::create().col("session_id").col("person_id"))
        .foreign_key(&mut references("roster_entry", "session_id", "session", ForeignKeyAction::Cascade))
        .foreign_key(&mut references("roster_entry", "person_id", "person", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("roster_entry", "organisation_id", "organisation", ForeignKeyAction::Restrict))
        .to_owned()
}
