//! What every step shares: making and dropping its tables, and foreign keys and indexes with names made from their
//! columns.

use sea_orm_migration::prelude::*;

/// Makes tables, then indexes.
pub async fn create(
    m: &SchemaManager<'_>,
    tables: impl IntoIterator<Item = TableCreateStatement>,
    indexes: impl IntoIterator<Item = IndexCreateStatement>,
) -> Result<(), DbErr> {
    for table in tables {
        m.create_table(table).await?;
    }
    for index in indexes {
        m.create_index(index).await?;
    }
    Ok(())
}

/// Drops tables in the order given: those that refer to others first.
pub async fn drop_tables(m: &SchemaManager<'_>, names: &[&'static str]) -> Result<(), DbErr> {
    for name in names {
        m.drop_table(Table::drop().table(*name).to_owned()).await?;
    }
    Ok(())
}

/// Adds columns to a table that has rows: each takes NULL or has a default. One statement each, as SQLite wants it.
pub async fn add_columns<const C: usize>(
    m: &SchemaManager<'_>,
    table: &'static str,
    columns: [ColumnDef; C],
) -> Result<(), DbErr> {
    for column in columns {
        m.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
    }
    Ok(())
}

/// Takes columns away again.
pub async fn drop_columns(m: &SchemaManager<'_>, table: &'static str, names: &[&'static str]) -> Result<(), DbErr> {
    for name in names {
        m.alter_table(Table::alter().table(table).drop_column(*name).to_owned()).await?;
    }
    Ok(())
}

/// A foreign key `fk_{table}_{column}` to the id of `target`.
pub fn references(table: &str, column: &str, target: &str, on_delete: ForeignKeyAction) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk_{table}_{column}"))
        .from(Alias::new(table), Alias::new(column))
        .to(Alias::new(target), "id")
        .on_delete(on_delete)
        .to_owned()
}

/// A plain index `ix_{table}_{columns}`.
pub fn index(table: &str, columns: &[&str]) -> IndexCreateStatement {
    named("ix", table, columns)
}

/// A unique index `uq_{table}_{columns}`: the guard that a domain error is made from.
pub fn unique(table: &str, columns: &[&str]) -> IndexCreateStatement {
    named("uq", table, columns).unique().to_owned()
}

fn named(prefix: &str, table: &str, columns: &[&str]) -> IndexCreateStatement {
    let mut statement = Index::create();
    statement.name(format!("{prefix}_{table}_{}", columns.join("_"))).table(Alias::new(table));
    for column in columns {
        statement.col(Alias::new(*column));
    }
    statement
}
