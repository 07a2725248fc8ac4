//! outreach.csv: counted quantities. Rows of an event and metric add up, and replace those imported before; what was
//! entered by hand stays. A total below zero is judged at the file's end (counting rule 7).

use std::collections::BTreeMap;

use entity::id::{EventId, TallyId};
use entity::state::Origin;
use entity::tally;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::run::{CHUNK, Count, Import};
use super::sheet::{RowReader, Sheet};
use super::{Known, Reason, known, value};
use crate::db::insert_all;
use crate::error::Result;

#[derive(Clone)]
struct TallyRow {
    line: u64,
    amount: i64,
    note: String,
    subject: Option<String>,
}

type Groups = BTreeMap<(EventId, String), Vec<TallyRow>>;

/// Takes the file in.
pub async fn take<C: ConnectionTrait>(import: &mut Import<'_, C>, sheet: &Sheet) -> Result<Count> {
    let mut groups = Groups::new();
    for row in sheet.rows() {
        let mut cells = sheet.reader(row, &mut import.problems);
        let read = read_row(&import.known, &mut cells);
        if let (Some((key, row)), true) = (read, cells.done()) {
            groups.entry(key).or_default().push(row);
        }
    }
    let mut events: Vec<EventId> = groups.keys().map(|(event, _)| *event).collect();
    events.dedup();
    let mut present: BTreeMap<(EventId, String), Vec<tally::Model>> = BTreeMap::new();
    for chunk in events.chunks(CHUNK) {
        let mine = tally::Column::EventId.is_in(chunk.iter().copied());
        for row in tally::Entity::find().filter(mine).all(import.db).await? {
            present.entry((row.event_id, row.metric.clone())).or_default().push(row);
        }
    }
    let (mut count, mut gone, mut fresh) = (Count::default(), Vec::new(), Vec::new());
    for (key, mut rows) in groups {
        let (imported, entered): (Vec<_>, Vec<_>) =
            present.remove(&key).unwrap_or_default().into_iter().partition(|row| row.origin == Origin::Import);
        let by_hand: i64 = entered.iter().map(|row| row.amount).sum();
        for row in drop_below_zero(&mut rows, by_hand) {
            import
                .problems
                .push(sheet.problem(row.line, "amount", &row.amount.to_string(), Reason::BelowZero).about(&key.1));
        }
        if !rows.is_empty() {
            replace(&key, rows, imported, &mut count, &mut gone, &mut fresh);
        }
    }
    write(import, &gone, fresh).await?;
    Ok(count)
}

fn read_row(known: &Known, cells: &mut RowReader<'_>) -> Option<((EventId, String), TallyRow)> {
    let event = known::event_of(known, cells);
    let metric = cells
        .parsed("metric", |text| if value::is_metric(text) { Ok(text.to_owned()) } else { Err(Reason::UnknownWord) });
    let amount = cells.parsed("amount", value::whole);
    let subject = cells.text("subject");
    let row = TallyRow {
        line: cells.line(),
        amount: amount?,
        note: cells.text("note").to_owned(),
        subject: (!subject.is_empty()).then(|| subject.to_owned()),
    };
    Some(((event?.id, metric?), row))
}

/// Takes out the rows that would carry a total below zero: corrections, the last first; all of them if that is not
/// enough because less is imported now than was corrected by hand.
fn drop_below_zero(rows: &mut Vec<TallyRow>, by_hand: i64) -> Vec<TallyRow> {
    let mut dropped = Vec::new();
    while by_hand + rows.iter().map(|row| row.amount).sum::<i64>() < 0 {
        let Some(at) = rows.iter().rposition(|row| row.amount < 0) else {
            dropped.append(rows);
            break;
        };
        dropped.push(rows.remove(at));
    }
    dropped
}

/// Works out which tallies go and which come, so that a group which says the same as before is not touched.
fn replace(
    key: &(EventId, String),
    rows: Vec<TallyRow>,
    mut imported: Vec<tally::Model>,
    count: &mut Count,
    gone: &mut Vec<TallyId>,
    fresh: &mut Vec<((EventId, String), TallyRow)>,
) {
    let mut new = Vec::new();
    for row in rows {
        let same = |old: &tally::Model| old.amount == row.amount && old.note == row.note && old.subject == row.subject;
        if let Some(at) = imported.iter().position(same) {
            imported.remove(at);
            count.unchanged += 1;
        } else {
            new.push(row);
        }
    }
    let changed = new.len().min(imported.len());
    count.changed += changed;
    count.added += new.len() - changed;
    gone.extend(imported.iter().map(|old| old.id));
    fresh.extend(new.into_iter().map(|row| (key.clone(), row)));
}

async fn write<C: ConnectionTrait>(
    import: &Import<'_, C>,
    gone: &[TallyId],
    fresh: Vec<((EventId, String), TallyRow)>,
) -> Result<()> {
    for chunk in gone.chunks(CHUNK) {
        tally::Entity::delete_many().filter(tally::Column::Id.is_in(chunk.iter().copied())).exec(import.db).await?;
    }
    let models: Vec<_> = fresh
        .into_iter()
        .map(|((event, metric), row)| tally::ActiveModel {
            event_id: Set(event),
            metric: Set(metric),
            amount: Set(row.amount),
            note: Set(row.note),
            subject: Set(row.subject),
            origin: Set(Origin::Import),
            recorded_at: Set(import.ground.now),
            recorded_by: Set(import.ground.by.to_owned()),
            ..Default::default()
        })
        .collect();
    insert_all(import.db, models, None).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(amounts: &[i64]) -> Vec<TallyRow> {
        (2..)
            .zip(amounts)
            .map(|(line, &amount)| TallyRow { line, amount, note: String::new(), subject: None })
            .collect()
    }

    fn kept(amounts: &[i64], by_hand: i64) -> (Vec<i64>, Vec<u64>) {
        let mut rows = rows(amounts);
        let dropped = drop_below_zero(&mut rows, by_hand);
        (rows.iter().map(|row| row.amount).collect(), dropped.iter().map(|row| row.line).collect())
    }

    #[test]
    fn a_total_is_judged_at_the_end() {
        assert_eq!(kept(&[-50, 100], 0), (vec![-50, 100], vec![]));
        assert_eq!(kept(&[100, -60, -60], 0), (vec![100, -60], vec![4]));
        assert_eq!(kept(&[-1], 1), (vec![-1], vec![]));
        assert_eq!(kept(&[50, -10], -60), (vec![], vec![3, 2]));
    }
}
