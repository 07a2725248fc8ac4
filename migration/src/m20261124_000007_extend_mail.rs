//! What comes back from invitations, what people want to be told, and whose calendars are fetched.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{add_columns, create, drop_columns, drop_tables, index, references, unique};

/// What comes back from invitations, what people want to be told, and whose calendars are fetched.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        add_columns(m, "event", [text("remind_whom").default("all").take(), json_binary_null("after")]).await?;
        add_columns(m, "session", [integer("answers_from").default(0).take()]).await?;
        // Foreign keys cannot be added to a table that is there on SQLite.
        let outbox = [
            big_integer_null("series_id"),
            text("domain").default("").take(),
            timestamp_with_time_zone_null("paced_at"),
        ];
        add_columns(m, "outbox", outbox).await?;
        create(m, tables(), indexes()).await?;
        // A subscription need not be a person's any more; what was NOT NULL cannot be loosened on SQLite.
        m.execute(copy_feeds("feed", "calendar_feed")).await?;
        drop_tables(m, &["feed"]).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(m, [old_feed()], [index("feed", &["person_id"])]).await?;
        m.execute(copy_feeds("calendar_feed", "feed")).await?;
        drop_tables(
            m,
            &[
                "feed_fetch",
                "calendar_feed",
                "signing_key",
                "reminder_run",
                "mail_pace",
                "mail_sender",
                "mail_text",
                "mail_preference",
                "mail_trouble",
                "received_mail",
                "assistant",
                "answer",
            ],
        )
        .await?;
        m.drop_index(Index::drop().table("outbox").name("ix_outbox_series_id_person_id").to_owned()).await?;
        m.drop_index(Index::drop().table("outbox").name("ix_outbox_message_id").to_owned()).await?;
        drop_columns(m, "outbox", &["series_id", "domain", "paced_at"]).await?;
        drop_columns(m, "session", &["answers_from"]).await?;
        drop_columns(m, "event", &["remind_whom", "after"]).await
    }
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        answer(),
        assistant(),
        received_mail(),
        mail_trouble(),
        mail_preference(),
        mail_text(),
        mail_sender(),
        mail_pace(),
        reminder_run(),
        signing_key(),
        calendar_feed(),
        feed_fetch(),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("answer", &["session_id", "person_id"]),
        index("answer", &["person_id"]),
        unique("assistant", &["person_id", "assistant_id"]),
        index("assistant", &["assistant_id"]),
        index("received_mail", &["event_id"]),
        unique("mail_text", &["organisation_id", "kind", "language"]),
        unique("reminder_run", &["session_id", "starts_at", "what"]),
        index("calendar_feed", &["person_id"]),
        index("calendar_feed", &["organisation_id"]),
        unique("feed_fetch", &["feed_id", "client"]),
        index("outbox", &["series_id", "person_id"]),
        index("outbox", &["message_id"]),
    ]
}

/// The subscriptions that are a person's.
fn copy_feeds(from: &'static str, to: &'static str) -> InsertStatement {
    let columns = ["person_id", "token_hash", "created_at", "revoked_at"];
    let select = Query::select()
        .columns(columns)
        .from(from)
        .and_where(Expr::col("person_id").is_not_null())
        .order_by("id", Order::Asc)
        .to_owned();
    let mut insert = Query::insert();
    insert.into_table(to).columns(columns);
    insert.select_from(select).expect("as many columns on either side");
    insert
}

fn old_feed() -> TableCreateStatement {
    Table::create()
        .table("feed")
        .col(big_pk_auto("id"))
        .col(big_integer("person_id"))
        .col(text_uniq("token_hash"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .foreign_key(&mut references("feed", "person_id", "person", ForeignKeyAction::Restrict))
        .to_owned()
}

fn answer() -> TableCreateStatement {
    Table::create()
        .table("answer")
        .col(big_pk_auto("id"))
        .col(big_integer("session_id"))
        .col(big_integer("person_id"))
        .col(text("status"))
        .col(text("comment"))
        .col(integer("sequence"))
        .col(timestamp_with_time_zone("stamp"))
        .col(text("via"))
        .col(big_integer_null("by_person_id"))
        .col(timestamp_with_time_zone("answered_at"))
        .col(timestamp_with_time_zone_null("cleared_at"))
        .foreign_key(&mut references("answer", "session_id", "session", ForeignKeyAction::Cascade))
        .foreign_key(&mut references("answer", "person_id", "person", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("answer", "by_person_id", "person", ForeignKeyAction::Restrict))
        .to_owned()
}

fn assistant() -> TableCreateStatement {
    Table::create()
        .table("assistant")
        .col(big_pk_auto("id"))
        .col(big_integer("person_id"))
        .col(big_integer("assistant_id"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut references("assistant", "person_id", "person", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("assistant", "assistant_id", "person", ForeignKeyAction::Restrict))
        .to_owned()
}

fn received_mail() -> TableCreateStatement {
    Table::create()
        .table("received_mail")
        .col(big_pk_auto("id"))
        .col(text_uniq("digest"))
        .col(timestamp_with_time_zone("received_at"))
        .col(text("kind"))
        .col(text("sender"))
        .col(text_null("message_id"))
        .col(text("verdict"))
        .col(json_binary_null("detail"))
        .col(big_integer_null("event_id"))
        .col(big_integer_null("session_id"))
        .col(big_integer_null("person_id"))
        .foreign_key(&mut references("received_mail", "event_id", "event", ForeignKeyAction::Cascade))
        .foreign_key(&mut references("received_mail", "session_id", "session", ForeignKeyAction::Cascade))
        .foreign_key(&mut references("received_mail", "person_id", "person", ForeignKeyAction::Restrict))
        .to_owned()
}

fn mail_trouble() -> TableCreateStatement {
    Table::create()
        .table("mail_trouble")
        .col(text("address").primary_key())
        .col(boolean("permanent"))
        .col(text("status"))
        .col(text("reason"))
        .col(integer("times"))
        .col(timestamp_with_time_zone("first_at"))
        .col(timestamp_with_time_zone("last_at"))
        .to_owned()
}

fn mail_preference() -> TableCreateStatement {
    Table::create()
        .table("mail_preference")
        .col(big_integer("person_id").primary_key())
        .col(text("reminders"))
        .col(text_null("quiet"))
        .col(date_null("digest_day"))
        .col(timestamp_with_time_zone_null("digest_until"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(&mut references("mail_preference", "person_id", "person", ForeignKeyAction::Cascade))
        .to_owned()
}

fn mail_text() -> TableCreateStatement {
    Table::create()
        .table("mail_text")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(text("kind"))
        .col(text("language"))
        .col(text("subject"))
        .col(text("lead"))
        .col(text("note"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(text("updated_by"))
        .foreign_key(&mut references("mail_text", "organisation_id", "organisation", ForeignKeyAction::Cascade))
        .to_owned()
}

fn mail_sender() -> TableCreateStatement {
    Table::create()
        .table("mail_sender")
        .col(big_integer("organisation_id").primary_key())
        .col(text("name"))
        .col(text("address"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(text("updated_by"))
        .foreign_key(&mut references("mail_sender", "organisation_id", "organisation", ForeignKeyAction::Cascade))
        .to_owned()
}

fn mail_pace() -> TableCreateStatement {
    Table::create()
        .table("mail_pace")
        .col(text("domain").primary_key())
        .col(timestamp_with_time_zone("next_at"))
        .col(date("day"))
        .col(integer("sent"))
        .to_owned()
}

fn reminder_run() -> TableCreateStatement {
    Table::create()
        .table("reminder_run")
        .col(big_pk_auto("id"))
        .col(big_integer("session_id"))
        .col(timestamp_with_time_zone("starts_at"))
        .col(text("what"))
        .col(big_integer("reached"))
        .col(timestamp_with_time_zone("begun_at"))
        .col(timestamp_with_time_zone_null("done_at"))
        .foreign_key(&mut references("reminder_run", "session_id", "session", ForeignKeyAction::Cascade))
        .to_owned()
}

fn signing_key() -> TableCreateStatement {
    Table::create()
        .table("signing_key")
        .col(text("name").primary_key())
        .col(text("secret"))
        .col(timestamp_with_time_zone("created_at"))
        .to_owned()
}

fn calendar_feed() -> TableCreateStatement {
    Table::create()
        .table("calendar_feed")
        .col(big_pk_auto("id"))
        .col(text("scope").default("person"))
        .col(big_integer_null("person_id"))
        .col(big_integer_null("organisation_id"))
        .col(text_null("kind"))
        .col(text("detail").default("full"))
        .col(json_binary_null("alarms"))
        .col(text("name").default(""))
        .col(text_uniq("token_hash"))
        .col(text("created_by").default(""))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .foreign_key(&mut references("calendar_feed", "person_id", "person", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("calendar_feed", "organisation_id", "organisation", ForeignKeyAction::Restrict))
        .to_owned()
}

fn feed_fetch() -> TableCreateStatement {
    Table::create()
        .table("feed_fetch")
        .col(big_pk_auto("id"))
        .col(big_integer("feed_id"))
        .col(text("client"))
        .col(timestamp_with_time_zone("first_at"))
        .col(timestamp_with_time_zone("last_at"))
        .col(big_integer("times"))
        .col(integer("status"))
        .col(text("etag"))
        .col(integer("held"))
        .foreign_key(&mut references("feed_fetch", "feed_id", "calendar_feed", ForeignKeyAction::Cascade))
        .to_owned()
}
