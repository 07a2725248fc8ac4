//! Organisations as a tree, persons and their memberships by date.

use sea_orm_migration::{prelude::*, schema::*};

use crate::column::{create, drop_tables, index, references, unique};

/// Organisations as a tree, persons and their memberships by date.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        create(m, tables(), indexes()).await?;
        let people = Query::insert()
            .into_table("revision")
            .columns(["name", "value"])
            .values_panic(["people".into(), 0.into()])
            .to_owned();
        m.execute(people).await?;
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            m,
            &["revision", "membership_group", "membership", "person", "organisation_closure", "organisation"],
        )
        .await
    }
}

fn tables() -> [TableCreateStatement; 6] {
    [organisation(), organisation_closure(), person(), membership(), membership_group(), revision()]
}

fn indexes() -> [IndexCreateStatement; 5] {
    [
        index("organisation_closure", &["descendant_id"]),
        index("person", &["email"]),
        index("membership", &["organisation_id"]),
        unique("membership", &["person_id", "active_from"]),
        index("membership_group", &["name"]),
    ]
}

fn organisation() -> TableCreateStatement {
    Table::create()
        .table("organisation")
        .col(big_pk_auto("id"))
        .col(text_uniq("code"))
        .col(text("name"))
        .col(big_integer_null("parent_id"))
        .col(text("level"))
        .foreign_key(&mut references("organisation", "parent_id", "organisation", ForeignKeyAction::Restrict))
        .to_owned()
}

fn organisation_closure() -> TableCreateStatement {
    Table::create()
        .table("organisation_closure")
        .col(big_integer("ancestor_id"))
        .col(big_integer("descendant_id"))
        .primary_key(Index::create().col("ancestor_id").col("descendant_id"))
        .foreign_key(&mut references("organisation_closure", "ancestor_id", "organisation", ForeignKeyAction::Cascade))
        .foreign_key(&mut references(
            "organisation_closure",
            "descendant_id",
            "organisation",
            ForeignKeyAction::Cascade,
        ))
        .to_owned()
}

fn person() -> TableCreateStatement {
    Table::create()
        .table("person")
        .col(big_pk_auto("id"))
        .col(text_uniq("staff_no"))
        .col(text("name"))
        .col(text_null("email"))
        .col(timestamp_with_time_zone("created_at"))
        .to_owned()
}

fn membership() -> TableCreateStatement {
    Table::create()
        .table("membership")
        .col(big_pk_auto("id"))
        .col(big_integer("person_id"))
        .col(big_integer("organisation_id"))
        .col(text("title"))
        .col(date("active_from"))
        .col(date_null("active_to"))
        .foreign_key(&mut references("membership", "person_id", "person", ForeignKeyAction::Restrict))
        .foreign_key(&mut references("membership", "organisation_id", "organisation", ForeignKeyAction::Restrict))
        .to_owned()
}

fn membership_group() -> TableCreateStatement {
    Table::create()
        .table("membership_group")
        .col(big_integer("membership_id"))
        .col(text("name"))
        .primary_key(Index::create().col("membership_id").col("name"))
        .foreign_key(&mut references("membership_group", "membership_id", "membership", ForeignKeyAction::Cascade))
        .to_owned()
}

fn revision() -> TableCreateStatement {
    Table::create()
        .table("revision")
        .col(text("name"))
        .col(big_integer("value"))
        .primary_key(Index::create().col("name"))
        .to_owned()
}
