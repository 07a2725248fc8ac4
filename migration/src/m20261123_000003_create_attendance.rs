//! What became of people in sessions, exams and outreach.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{create, drop_tables, index, references, unique};

/// What became of people in sessions, exams and outreach.
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
            &[
                "study_hours",
                "plan_item",
                "tally",
                "exam_result",
                "leave",
                "answered_nonce",
                "attendance_change",
                "attendance",
            ],
        )
        .await
    }
}

fn tables() -> [TableCreateStatement; 8] {
    [attendance(), attendance_change(), answered_nonce(), leave(), exam_result(), tally(), plan_item(), study_hours()]
}

fn indexes() -> [IndexCreateStatement; 10] {
    [
        unique("attendance", &["session_id", "person_id"]),
        index("attendance", &["person_id"]),
        index("attendance_change", &["session_id", "person_id"]),
        index("answered_nonce", &["at"]),
        index("leave", &["session_id", "person_id"]),
        unique("exam_result", &["event_id", "person_id", "attempt"]),
        index("tally", &["event_id", "metric"]),
        unique("plan_item", &["year", "organisation_id", "item"]),
        unique("study_hours", &["person_id", "kind", "date", "source"]),
        index("study_hours", &["date"]),
    ]
}

fn attendance() -> TableCreateStatement {
    Table::create()
        .table("attendance")
        .col(big_pk_auto("id"))
        .col(big_integer("session_id"))
        .col(big_integer("person_id"))
        .col(big_integer_null("organisation_id"))
        .col(text("status"))
        .col(text("word"))
        .col(timestamp_with_time_zone_null("checked_in_at"))
        .col(text_null("method"))
        .col(text_null("note"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(text("recorded_by"))
        .foreign_key(&mut references("attendance", "session_id", "session", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("attendance", "person_id", "person", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("attendance", "organisation_id", "organisation", ForeignKeyAction::Restrict))
        .to_owned()
}

fn attendance_change() -> TableCreateStatement {
    Table::create()
        .table("attendance_change")
        .col(big_pk_auto("id"))
        .col(big_integer("session_id"))
        .col(big_integer("person_id"))
        .col(text("status"))
        .col(text("word"))
        .col(timestamp_with_time_zone_null("checked_in_at"))
        .col(text_null("method"))
        .col(text_null("note"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(text("recorded_by"))
        .foreign_key(&mut references("attendance_change", "session_id", "session", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("attendance_change", "person_id", "person", ForeignKeyAction::Restrict))
        .to_owned()
}

fn answered_nonce() -> TableCreateStatement {
    Table::create()
        .table("answered_nonce")
        .col(text("scope"))
        .col(text("nonce"))
        .col(text("body_hash"))
        .col(integer("status"))
        .col(json_binary("answer"))
        .col(timestamp_with_time_zone("at"))
        .primary_key(Index::create().col("scope").col("nonce"))
        .to_owned()
}

fn leave() -> TableCreateStatement {
    Table::create()
        .table("leave")
        .col(big_pk_auto("id"))
        .col(big_integer("session_id"))
        .col(big_integer("person_id"))
        .col(text("kind"))
        .col(text("reason"))
        .col(text("status"))
        .col(timestamp_with_time_zone("asked_at"))
        .col(timestamp_with_time_zone_null("decided_at"))
        .col(text_null("decided_by"))
        .foreign_key(&mut references("leave", "session_id", "session", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("leave", "person_id", "person", ForeignKeyAction::Restrict))
        .to_owned()
}

fn exam_result() -> TableCreateStatement {
    Table::create()
        .table("exam_result")
        .col(big_pk_auto("id"))
        .col(big_integer("event_id"))
        .col(big_integer("person_id"))
        .col(integer("attempt"))
        .col(double("score"))
        .col(double("pass_mark"))
        .foreign_key(&mut references("exam_result", "event_id", "event", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("exam_result", "person_id", "person", ForeignKeyAction::Restrict))
        .to_owned()
}

fn tally() -> TableCreateStatement {
    Table::create()
        .table("tally")
        .col(big_pk_auto("id"))
        .col(big_integer("event_id"))
        .col(text("metric"))
        .col(big_integer("amount"))
        .col(text("note"))
        .col(text_null("subject"))
        .col(text("origin"))
        .col(timestamp_with_time_zone("recorded_at"))
        .col(text("recorded_by"))
        .foreign_key(&mut references("tally", "event_id", "event", ForeignKeyAction::Restrict))
        .to_owned()
}

fn plan_item() -> TableCreateStatement {
    Table::create()
        .table("plan_item")
        .col(big_pk_auto("id"))
        .col(integer("year"))
        .col(big_integer("organisation_id"))
        .col(text("item"))
        .col(big_integer("target"))
        .col(date_null("due"))
        .foreign_key(&mut references("plan_item", "organisation_id", "organisation", ForeignKeyAction::Restrict))
        .to_owned()
}

fn study_hours() -> TableCreateStatement {
    Table::create()
        .table("study_hours")
        .col(big_pk_auto("id"))
        .col(big_integer("person_id"))
        .col(text("kind"))
        .col(date("date"))
        .col(text("source"))
        .col(double("hours"))
        .foreign_key(&mut references("study_hours", "person_id", "person", ForeignKeyAction::Restrict))
        .to_owned()
}
