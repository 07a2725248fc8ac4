//! Reads a workbook: each sheet as rows of text, as the same cells would stand in a CSV. Pure.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use chrono::{SubsecRound, TimeDelta};

use super::csv_text::Record;

/// What begins the text of a cell that holds an error value such as `#REF!`.
pub const ERROR_MARK: char = '\u{1}';

/// Every sheet of a workbook: its name and its rows with their line, empty ones left out. None when it is no workbook.
#[must_use]
pub fn sheets(bytes: &[u8]) -> Option<Vec<(String, Vec<Record>)>> {
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).ok()?;
    let mut sheets = Vec::new();
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name).ok()?;
        let (first, left) = range.start().unwrap_or_default();
        let mut records = Vec::new();
        for (offset, row) in (0_u64..).zip(range.rows()) {
            let mut cells = vec![String::new(); usize::try_from(left).unwrap_or(0)];
            cells.extend(row.iter().map(text));
            if cells.iter().any(|cell| !cell.is_empty()) {
                records.push((u64::from(first) + offset + 1, cells));
            }
        }
        sheets.push((name, records));
    }
    Some(sheets)
}

fn text(cell: &Data) -> String {
    match cell {
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.trim().to_owned(),
        Data::Int(number) => number.to_string(),
        // Staff numbers and amounts are numbers here: 12, never 12.0.
        Data::Float(number) => number.to_string(),
        Data::Bool(true) => "yes".to_owned(),
        Data::Bool(false) => "no".to_owned(),
        // A date cell is a fraction of a day: the nearest second is what was typed.
        Data::DateTime(at) => at.as_datetime().map_or_else(String::new, |at| {
            (at + TimeDelta::milliseconds(500)).trunc_subsecs(0).format("%Y-%m-%dT%H:%M:%S").to_string()
        }),
        Data::Error(error) => format!("{ERROR_MARK}{error}"),
        Data::Empty => String::new(),
    }
}
