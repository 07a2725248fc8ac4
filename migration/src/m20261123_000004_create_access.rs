//! Who may do what, what must be told, and what was done.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{create, drop_tables, index, references};

/// Who may do what, what must be told, and what was done.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(m, tables(), indexes()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(m, &["audit", "outbox", "feed", "api_token", "web_session", "sign_in_link", "account"]).await
    }
}

fn tables() -> [TableCreateStatement; 7] {
    [account(), sign_in_link(), web_session(), api_token(), feed(), outbox(), audit()]
}

fn indexes() -> [IndexCreateStatement; 7] {
    [
        index("web_session", &["expires_at"]),
        index("feed", &["person_id"]),
        index("outbox", &["state", "next_at"]),
        index("outbox", &["event_id"]),
        index("outbox", &["session_id", "person_id"]),
        index("audit", &["event_id", "id"]),
        index("audit", &["at"]),
    ]
}

fn account() -> TableCreateStatement {
    Table::create()
        .table("account")
        .col(big_pk_auto("id"))
        .col(text_uniq("email"))
        .col(big_integer("organisation_id"))
        .col(text("role"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("disabled_at"))
        .foreign_key(&mut references("account", "organisation_id", "organisation", ForeignKeyAction::Restrict))
        .to_owned()
}

fn sign_in_link() -> TableCreateStatement {
    Table::create()
        .table("sign_in_link")
        .col(big_pk_auto("id"))
        .col(text_uniq("token_hash"))
        .col(big_integer_null("account_id"))
        .col(big_integer_null("person_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .foreign_key(&mut references("sign_in_link", "account_id", "account", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("sign_in_link", "person_id", "person", ForeignKeyAction::Restrict))
        .to_owned()
}

fn web_session() -> TableCreateStatement {
    Table::create()
        .table("web_session")
        .col(big_pk_auto("id"))
        .col(text_uniq("token_hash"))
        .col(text("csrf"))
        .col(big_integer_null("account_id"))
        .col(big_integer_null("person_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .foreign_key(&mut references("web_session", "account_id", "account", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("web_session", "person_id", "person", ForeignKeyAction::Restrict))
        .to_owned()
}

fn api_token() -> TableCreateStatement {
    Table::create()
        .table("api_token")
        .col(big_pk_auto("id"))
        .col(text("name"))
        .col(text_uniq("token_hash"))
        .col(big_integer("organisation_id"))
        .col(text("scope"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .foreign_key(&mut references("api_token", "organisation_id", "organisation", ForeignKeyAction::Restrict))
        .to_owned()
}

fn feed() -> TableCreateStatement {
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

fn outbox() -> TableCreateStatement {
    Table::create()
        .table("outbox")
        .col(big_pk_auto("id"))
        .col(text_uniq("key"))
        .col(text("kind"))
        .col(big_integer_null("event_id"))
        .col(big_integer_null("session_id"))
        .col(big_integer_null("person_id"))
        .col(big_integer_null("account_id"))
        .col(text("address"))
        .col(json_binary_null("detail"))
        .col(text("state"))
        .col(integer("attempts"))
        .col(timestamp_with_time_zone("next_at"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(text_null("leased_by"))
        .col(text("message_id"))
        .col(text_null("answer"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("sent_at"))
        .foreign_key(&mut references("outbox", "event_id", "event", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("outbox", "session_id", "session", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("outbox", "person_id", "person", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("outbox", "account_id", "account", ForeignKeyAction::Restrict))
        .to_owned()
}

fn audit() -> TableCreateStatement {
    Table::create()
        .table("audit")
        .col(big_pk_auto("id"))
        .col(timestamp_with_time_zone("at"))
        .col(text("actor"))
        .col(text("action"))
        .col(text("subject"))
        .col(big_integer_null("event_id"))
        .col(json_binary("detail"))
        .foreign_key(&mut references("audit", "event_id", "event", ForeignKeyAction::Restrict))
        .to_owned()
}
