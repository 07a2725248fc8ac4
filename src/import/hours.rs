//! hours.csv: hours of study that are no session (counting rule 12).

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use entity::id::PersonId;
use entity::study_hours;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::run::{CHUNK, Count, Ground, Import};
use super::sheet::{RowReader, Sheet};
use super::{Known, Reason, known, value};
use crate::db::insert_all;
use crate::error::Result;

struct HoursRow {
    key: (PersonId, String, NaiveDate, String),
    hours: f64,
}

/// Takes the file in.
pub async fn take<C: ConnectionTrait>(import: &mut Import<'_, C>, sheet: &Sheet) -> Result<Count> {
    let (mut rows, mut seen) = (Vec::new(), HashSet::new());
    for row in sheet.rows() {
        let mut cells = sheet.reader(row, &mut import.problems);
        let read = read_row(&import.known, import.ground, &mut cells);
        if read.as_ref().is_some_and(|read| !seen.insert(read.key.clone())) {
            cells.bad("date", Reason::KeyTwice);
        }
        if let (Some(read), true) = (read, cells.done()) {
            rows.push(read);
        }
    }
    let persons: BTreeSet<PersonId> = rows.iter().map(|row| row.key.0).collect();
    let persons: Vec<PersonId> = persons.into_iter().collect();
    let mut present = HashMap::new();
    for chunk in persons.chunks(CHUNK) {
        let mine = study_hours::Column::PersonId.is_in(chunk.iter().copied());
        for row in study_hours::Entity::find().filter(mine).all(import.db).await? {
            present.insert((row.person_id, row.kind, row.date, row.source), row.hours);
        }
    }
    let (mut count, mut models) = (Count::default(), Vec::new());
    for row in rows {
        match present.get(&row.key) {
            Some(old) if old.to_bits() == row.hours.to_bits() => {
                count.unchanged += 1;
                continue;
            }
            Some(_) => count.changed += 1,
            None => count.added += 1,
        }
        let (person, kind, date, source) = row.key;
        models.push(study_hours::ActiveModel {
            person_id: Set(person),
            kind: Set(kind),
            date: Set(date),
            source: Set(source),
            hours: Set(row.hours),
            ..Default::default()
        });
    }
    let replace = OnConflict::columns([
        study_hours::Column::PersonId,
        study_hours::Column::Kind,
        study_hours::Column::Date,
        study_hours::Column::Source,
    ])
    .update_columns([study_hours::Column::Hours])
    .to_owned();
    insert_all(import.db, models, Some(&replace)).await?;
    Ok(count)
}

fn read_row(known: &Known, ground: &Ground<'_>, cells: &mut RowReader<'_>) -> Option<HoursRow> {
    let person = known::person_of(known, cells);
    let kind = cells.parsed("kind", |text| ground.kinds.get(text).map(|_| text.to_owned()).ok_or(Reason::UnknownKind));
    let date = cells.parsed("date", value::date);
    if let (Some(person), Some(date)) = (person, date) {
        let place = known.place(person, date).or_else(|| known.latest(person).map(|row| row.organisation_id));
        if !known.is_all_ours() && place.is_none_or(|place| !known.is_ours(place)) {
            cells.bad("staff_no", Reason::NotYours);
        }
    }
    let source = cells.filled("source").to_owned();
    let hours = cells.parsed("hours", value::not_negative);
    Some(HoursRow { key: (person?, kind?, date?, source), hours: hours? })
}
