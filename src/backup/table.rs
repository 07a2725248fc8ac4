//! Every table, parents before what refers to them, and how its rows are read.

use std::io::Write;

use entity::{
    account, agenda_item, answer, answered_nonce, api_token, assistant, attendance, attendance_change, audience_rule,
    audit, checklist_item, event, event_also_kind, event_co_host, event_template, event_topic, exam_result, feed,
    feed_fetch, feed_version, holiday_day, holiday_notice, leave, mail_pace, mail_preference, mail_sender, mail_text,
    mail_trouble, material, membership, membership_group, organisation, organisation_closure, outbox, person,
    person_alias, place, plan_item, received_mail, registration, reminder_run, revision, roster_entry, series, session,
    sign_in_link, signing_key, speaker, stored_file, study_hours, tally, undo_step, web_session,
};
use futures_util::StreamExt;
use sea_orm::sea_query::{Alias, Expr, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IdenStatic, Iterable, ModelTrait,
    PrimaryKeyToColumn, QueryOrder,
};
use serde_json::Value as Json;

use super::BackupError;
use super::cell::Kind;
use super::save::Lines;
use crate::people::OrgTree;

/// One table.
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, in order.
    pub columns: Vec<(&'static str, Kind)>,
}

fn describe<E: EntityTrait>() -> Table {
    let columns = E::Column::iter().map(|column| {
        let kind = Kind::of(column.def().get_column_type()).expect("a test writes and reads every table");
        (column.as_str(), kind)
    });
    Table { name: E::default().table_name(), columns: columns.collect() }
}

/// Whether a table has no row.
pub async fn is_empty(db: &impl ConnectionTrait, name: &'static str) -> Result<bool, BackupError> {
    let query = Query::select().expr(Expr::val(1)).from(Alias::new(name)).limit(1).to_owned();
    Ok(db.query_one(&query).await?.is_none())
}

/// Writes the heading and the rows of a table, by primary key.
async fn put<E: EntityTrait, W: Write>(db: &DatabaseTransaction, lines: &mut Lines<W>) -> Result<(), BackupError> {
    let table = describe::<E>();
    lines.heading(&table)?;
    let mut query = E::find();
    for key in E::PrimaryKey::iter() {
        query = query.order_by_asc(key.into_column());
    }
    let mut rows = query.stream(db).await?;
    while let Some(row) = rows.next().await {
        put_row::<E, W>(&table, &row?, lines)?;
    }
    Ok(())
}

fn put_row<E: EntityTrait, W: Write>(table: &Table, row: &E::Model, lines: &mut Lines<W>) -> Result<(), BackupError> {
    let mut cells = Vec::with_capacity(table.columns.len());
    for (column, (name, kind)) in E::Column::iter().zip(&table.columns) {
        let value = kind.write(row.get(column));
        cells.push(value.ok_or_else(|| BackupError::Broken(format!("{}.{name} is of another type", table.name)))?);
    }
    lines.put(&Json::Array(cells))
}

/// Organisations, those above before those below, as the foreign key wants them back.
async fn put_organisations<W: Write>(db: &DatabaseTransaction, lines: &mut Lines<W>) -> Result<(), BackupError> {
    let table = describe::<organisation::Entity>();
    lines.heading(&table)?;
    let tree = OrgTree::load(db).await?;
    let mut rows: Vec<_> = tree.iter().collect();
    rows.sort_by_key(|row| (tree.upwards(row.id).len(), row.id));
    for row in rows {
        put_row::<organisation::Entity, W>(&table, row, lines)?;
    }
    Ok(())
}

macro_rules! tables {
    ($($table:ident),+ $(,)?) => {
        /// Every table, parents first.
        pub fn all() -> Vec<Table> {
            vec![describe::<organisation::Entity>(), $(describe::<$table::Entity>()),+]
        }

        /// Writes every table.
        pub async fn put_all<W: Write>(db: &DatabaseTransaction, lines: &mut Lines<W>) -> Result<(), BackupError> {
            put_organisations(db, lines).await?;
            $(put::<$table::Entity, W>(db, lines).await?;)+
            Ok(())
        }
    };
}

tables! {
    organisation_closure, person, person_alias, membership, membership_group, revision,
    event, event_co_host, event_also_kind, event_topic, audience_rule, series, session, roster_entry,
    holiday_notice, holiday_day, place, event_template, undo_step,
    speaker, stored_file, material, agenda_item, checklist_item, registration,
    attendance, attendance_change, answered_nonce, leave, exam_result, tally, plan_item, study_hours,
    account, sign_in_link, web_session, api_token, feed, feed_fetch, feed_version, outbox, audit,
    answer, assistant, received_mail, mail_trouble, mail_preference, mail_text, mail_sender, mail_pace, reminder_run,
    signing_key,
}
