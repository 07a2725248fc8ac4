//! Series, working days, places, and what else belongs to an event that is planned.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{add_columns, create, drop_columns, drop_tables, index, references, unique};

/// Series, working days, places, and what else belongs to an event that is planned.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add_columns(m, "event", event()).await?;
        add_columns(m, "session", session()).await?;
        add_columns(m, "event_co_host", event_co_host()).await?;
        add_columns(m, "event_also_kind", [boolean("by_agenda").default(false).take()]).await?;
        // A foreign key cannot be added to a table that is there on SQLite; the host's own lines have none here.
        add_columns(m, "audience_rule", [big_integer_null("co_host_id")]).await?;
        add_columns(m, "organisation", [date_null("active_to")]).await?;
        // What lies over a time is found by both ends; the one on the start alone would only stand beside that.
        m.drop_index(Index::drop().table("session").name("ix_session_starts_at").to_owned()).await?;
        create(m, tables(), indexes()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // SQLite drops no column that an index stands on.
        for name in [
            "uq_session_series_id_recurrence_id",
            "ix_session_starts_at_ends_at",
            "ix_session_ends_at_starts_at",
            "ix_session_day_starts_at_ends_at",
        ] {
            m.drop_index(Index::drop().table("session").name(name).to_owned()).await?;
        }
        m.create_index(index("session", &["starts_at"])).await?;
        drop_tables(m, &["undo_step", "event_template", "holiday_day", "holiday_notice", "place", "series"]).await?;
        drop_columns(m, "organisation", &["active_to"]).await?;
        drop_columns(m, "audience_rule", &["co_host_id"]).await?;
        drop_columns(m, "event_also_kind", &["by_agenda"]).await?;
        drop_columns(m, "event_co_host", &["status", "decided_at", "decided_by", "contact"]).await?;
        drop_columns(m, "session", &["series_id", "recurrence_id", "slot", "by_hand", "minutes"]).await?;
        let event = ["capacity", "registration", "registration_closes_at", "observance", "contact"];
        drop_columns(m, "event", &event).await
    }
}

fn event() -> [ColumnDef; 5] {
    [
        integer_null("capacity"),
        text("registration").default("closed").take(),
        timestamp_with_time_zone_null("registration_closes_at"),
        text_null("observance"),
        text("contact").default("").take(),
    ]
}

fn session() -> [ColumnDef; 5] {
    [
        big_integer_null("series_id"),
        text_null("recurrence_id"),
        text_null("slot"),
        boolean("by_hand").default(false).take(),
        text("minutes").default("").take(),
    ]
}

fn event_co_host() -> [ColumnDef; 4] {
    [
        text("status").default("asked").take(),
        timestamp_with_time_zone_null("decided_at"),
        text_null("decided_by"),
        text("contact").default("").take(),
    ]
}

fn tables() -> [TableCreateStatement; 6] {
    [series(), holiday_notice(), holiday_day(), place(), event_template(), undo_step()]
}

fn indexes() -> [IndexCreateStatement; 8] {
    [
        unique("session", &["series_id", "recurrence_id"]),
        // What lies over a time is found by both ends.
        index("session", &["starts_at", "ends_at"]),
        index("session", &["ends_at", "starts_at"]),
        // The calendar's pages go by local days; with both ends in it, nothing else is read of what does not reach them.
        index("session", &["day", "starts_at", "ends_at"]),
        index("holiday_day", &["day"]),
        unique("place", &["organisation_id", "name"]),
        unique("event_template", &["organisation_id", "name"]),
        index("undo_step", &["event_id"]),
    ]
}

fn series() -> TableCreateStatement {
    Table::create()
        .table("series")
        .col(big_pk_auto("id"))
        .col(big_integer("event_id").unique_key())
        .col(text("key"))
        .col(text_uniq("uid"))
        .col(text("rrule"))
        .col(text("starts_at"))
        .col(text("ends_at"))
        .col(boolean("all_day"))
        .col(text("on_day_off"))
        .col(date_null("applies_from"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(&mut references("series", "event_id", "event", ForeignKeyAction::Cascade))
        .to_owned()
}

fn holiday_notice() -> TableCreateStatement {
    Table::create()
        .table("holiday_notice")
        .col(integer("year").primary_key())
        .col(text("source"))
        .col(date_null("published"))
        .col(timestamp_with_time_zone("imported_at"))
        .to_owned()
}

fn holiday_day() -> TableCreateStatement {
    let mut notice = ForeignKey::create();
    notice
        .name("fk_holiday_day_year")
        .from("holiday_day", "year")
        .to("holiday_notice", "year")
        .on_delete(ForeignKeyAction::Cascade);
    Table::create()
        .table("holiday_day")
        .col(integer("year"))
        .col(date("day"))
        .col(text("name"))
        .col(boolean("off"))
        .primary_key(Index::create().col("year").col("day"))
        .foreign_key(&mut notice)
        .to_owned()
}

fn place() -> TableCreateStatement {
    Table::create()
        .table("place")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(text("name"))
        .col(text("address"))
        .col(integer_null("capacity"))
        .col(timestamp_with_time_zone_null("retired_at"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(&mut references("place", "organisation_id", "organisation", ForeignKeyAction::Restrict))
        .to_owned()
}

fn event_template() -> TableCreateStatement {
    Table::create()
        .table("event_template")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(text("name"))
        .col(text("kind"))
        .col(text("title_pattern"))
        .col(text("starts_at"))
        .col(integer("length_minutes"))
        .col(boolean("all_day"))
        .col(text("location"))
        .col(text("form"))
        .col(boolean("required"))
        .col(boolean("walk_ins"))
        .col(json_binary("audience"))
        .col(json_binary("topics"))
        .col(json_binary("also_kinds"))
        .col(json_binary_null("reminders"))
        .col(text_null("rrule"))
        .col(text("on_day_off"))
        .col(json_binary("checklist"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(&mut references("event_template", "organisation_id", "organisation", ForeignKeyAction::Restrict))
        .to_owned()
}

fn undo_step() -> TableCreateStatement {
    Table::create()
        .table("undo_step")
        .col(big_pk_auto("id"))
        .col(big_integer("event_id"))
        .col(text("action"))
        .col(text("actor"))
        .col(big_integer("revision"))
        .col(json_binary("before"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("undone_at"))
        .foreign_key(&mut references("undo_step", "event_id", "event", ForeignKeyAction::Cascade))
        .to_owned()
}
