//! plan.csv: targets of a year, in the order of the file.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::id::OrganisationId;
use entity::plan_item;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};

use super::run::{Count, Ground, Import};
use super::sheet::{RowReader, Sheet};
use super::{Known, Reason, value};
use crate::db::insert_all;
use crate::error::Result;

struct PlanRow {
    key: (i32, OrganisationId, String),
    target: i64,
    due: Option<NaiveDate>,
}

/// Takes the file in.
pub async fn take<C: ConnectionTrait>(import: &mut Import<'_, C>, sheet: &Sheet) -> Result<Count> {
    let (mut rows, mut seen) = (Vec::new(), HashSet::new());
    for row in sheet.rows() {
        let mut cells = sheet.reader(row, &mut import.problems);
        let read = read_row(&import.known, import.ground, &mut cells);
        if read.as_ref().is_some_and(|read| !seen.insert(read.key.clone())) {
            cells.bad("year", Reason::KeyTwice);
        }
        if let (Some(read), true) = (read, cells.done()) {
            rows.push(read);
        }
    }
    let present: HashMap<_, _> = plan_item::Entity::find()
        .all(import.db)
        .await?
        .into_iter()
        .map(|row| ((row.year, row.organisation_id, row.item), (row.target, row.due)))
        .collect();
    let (mut count, mut models) = (Count::default(), Vec::new());
    for row in rows {
        match present.get(&row.key) {
            Some(old) if *old == (row.target, row.due) => {
                count.unchanged += 1;
                continue;
            }
            Some(_) => count.changed += 1,
            None => count.added += 1,
        }
        let (year, organisation, item) = row.key;
        models.push(plan_item::ActiveModel {
            year: Set(year),
            organisation_id: Set(organisation),
            item: Set(item),
            target: Set(row.target),
            due: Set(row.due),
            ..Default::default()
        });
    }
    let replace =
        OnConflict::columns([plan_item::Column::Year, plan_item::Column::OrganisationId, plan_item::Column::Item])
            .update_columns([plan_item::Column::Target, plan_item::Column::Due])
            .to_owned();
    insert_all(import.db, models, Some(&replace)).await?;
    Ok(count)
}

fn read_row(known: &Known, ground: &Ground<'_>, cells: &mut RowReader<'_>) -> Option<PlanRow> {
    let year = cells.parsed("year", |text| match value::whole(text)? {
        year @ 1900..=2199 => i32::try_from(year).map_err(|_| Reason::BadNumber),
        _ => Err(Reason::BadNumber),
    });
    let organisation = cells.parsed("org_code", |code| known.own_org(code));
    let item = cells.parsed("item", |text| {
        let known = ground.kinds.get(text).is_some() || value::is_metric(text);
        if known { Ok(text.to_owned()) } else { Err(Reason::UnknownItem) }
    });
    let target = cells.parsed("target", |text| match value::whole(text)? {
        target if target < 0 => Err(Reason::Negative),
        target => Ok(target),
    });
    let due = cells.if_any("due", value::date);
    Some(PlanRow { key: (year?, organisation?, item?), target: target?, due })
}
