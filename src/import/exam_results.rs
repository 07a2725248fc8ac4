//! exam_results.csv: attempts at exams. Results of people off the roster are kept (counting rule 6).

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::exam_result;
use entity::id::{EventId, PersonId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::run::{CHUNK, Count, Ground, Import};
use super::sheet::{RowReader, Sheet};
use super::{Known, Reason, known, value};
use crate::db::insert_all;
use crate::error::Result;
use crate::scheduling::Class;

struct ResultRow {
    key: (EventId, PersonId, i32),
    score: f64,
    pass_mark: f64,
}

/// Takes the file in.
pub async fn take<C: ConnectionTrait>(import: &mut Import<'_, C>, sheet: &Sheet) -> Result<Count> {
    let (mut rows, mut seen) = (Vec::new(), HashSet::new());
    for row in sheet.rows() {
        let mut cells = sheet.reader(row, &mut import.problems);
        let read = read_row(&import.known, import.ground, &mut cells);
        if read.as_ref().is_some_and(|read| !seen.insert(read.key)) {
            cells.bad("attempt", Reason::KeyTwice);
        }
        if let (Some(read), true) = (read, cells.done()) {
            rows.push(read);
        }
    }
    let events: BTreeSet<EventId> = rows.iter().map(|row| row.key.0).collect();
    let events: Vec<EventId> = events.into_iter().collect();
    let mut present = HashMap::new();
    for chunk in events.chunks(CHUNK) {
        let mine = exam_result::Column::EventId.is_in(chunk.iter().copied());
        for row in exam_result::Entity::find().filter(mine).all(import.db).await? {
            present.insert((row.event_id, row.person_id, row.attempt), (row.score, row.pass_mark));
        }
    }
    let (mut count, mut models) = (Count::default(), Vec::new());
    for row in rows {
        match present.get(&row.key) {
            Some(old) if same(*old, (row.score, row.pass_mark)) => {
                count.unchanged += 1;
                continue;
            }
            Some(_) => count.changed += 1,
            None => count.added += 1,
        }
        let (event, person, attempt) = row.key;
        models.push(exam_result::ActiveModel {
            event_id: Set(event),
            person_id: Set(person),
            attempt: Set(attempt),
            score: Set(row.score),
            pass_mark: Set(row.pass_mark),
            ..Default::default()
        });
    }
    let replace = OnConflict::columns([
        exam_result::Column::EventId,
        exam_result::Column::PersonId,
        exam_result::Column::Attempt,
    ])
    .update_columns([exam_result::Column::Score, exam_result::Column::PassMark])
    .to_owned();
    insert_all(import.db, models, Some(&replace)).await?;
    Ok(count)
}

/// Whether two pairs of numbers are the same to the bit, as both databases keep them.
fn same(a: (f64, f64), b: (f64, f64)) -> bool {
    a.0.to_bits() == b.0.to_bits() && a.1.to_bits() == b.1.to_bits()
}

fn read_row(known: &Known, ground: &Ground<'_>, cells: &mut RowReader<'_>) -> Option<ResultRow> {
    let event = known::event_of(known, cells);
    let is_exam = |kind: &str| ground.kinds.get(kind).is_some_and(|kind| kind.class == Class::Exam);
    if event.as_ref().is_some_and(|event| !is_exam(&event.kind)) {
        cells.bad("event_key", Reason::NotExam);
    }
    let person = known::person_of(known, cells);
    let attempt = cells.parsed("attempt", |text| match value::whole(text)? {
        n @ 1..=99 => i32::try_from(n).map_err(|_| Reason::BadNumber),
        _ => Err(Reason::BadNumber),
    });
    let (score, pass_mark) =
        (cells.parsed("score", value::not_negative), cells.parsed("pass_mark", value::not_negative));
    Some(ResultRow { key: (event?.id, person?, attempt?), score: score?, pass_mark: pass_mark? })
}
