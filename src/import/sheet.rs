//! A file as rows, before anything is made of them; and the reader of one row, which reports what is wrong in it.

use std::collections::HashMap;
use std::str::FromStr;

use super::columns::{File, Need};
use super::csv_text::Record;
use super::value;
use super::xlsx_cells::ERROR_MARK;
use super::{Reason, RowProblem};

/// One of the nine files, read.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Which.
    pub file: File,
    /// Its name as reports show it.
    pub source: String,
    columns: HashMap<&'static str, usize>,
    rows: Vec<Row>,
    bad_keys: Vec<String>,
}

/// One row that is whole: as many cells as headings, nothing too long, a key that no earlier row has.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its line, from 1.
    pub line: u64,
    cells: Vec<String>,
}

impl Sheet {
    /// Makes a sheet of records, the first of which holds the headings. What is wrong with headings or the form of rows
    /// goes to `problems`, and what is only unusual to `notes`; a sheet without a column that it needs has no rows.
    #[must_use]
    pub fn new(
        file: File,
        source: &str,
        records: Vec<Record>,
        problems: &mut Vec<RowProblem>,
        notes: &mut Vec<RowProblem>,
    ) -> Self {
        let mut records = records.into_iter();
        let (line, headings) = records.next().unwrap_or((1, Vec::new()));
        let (mut columns, before) = (HashMap::new(), problems.len());
        for (at, heading) in headings.iter().enumerate().filter(|(_, heading)| !heading.is_empty()) {
            let say = |reason| RowProblem::new(source, line, heading, heading, reason);
            match file.columns().iter().find(|column| column.name.eq_ignore_ascii_case(heading)) {
                None => notes.push(say(Reason::UnknownColumn)),
                Some(column) => {
                    if columns.insert(column.name, at).is_some() {
                        problems.push(say(Reason::ColumnTwice));
                    }
                }
            }
        }
        for column in file.columns() {
            if column.need != Need::Optional && !columns.contains_key(column.name) {
                problems.push(RowProblem::new(source, line, column.name, "", Reason::MissingColumn));
            }
        }
        let mut sheet = Self { file, source: source.to_owned(), columns, rows: Vec::new(), bad_keys: Vec::new() };
        if problems.len() == before {
            sheet.take(records, headings.len(), problems);
        }
        sheet
    }

    /// Keeps the rows that are whole.
    fn take(&mut self, records: impl Iterator<Item = Record>, width: usize, problems: &mut Vec<RowProblem>) {
        let mut seen: HashMap<Vec<String>, u64> = HashMap::new();
        for (line, mut cells) in records {
            while cells.len() > width && cells.last().is_some_and(String::is_empty) {
                cells.pop();
            }
            // A workbook has no empty cells at the end of a row, and some programs write none into a CSV.
            if cells.len() > width {
                let count = cells.len().to_string();
                problems.push(RowProblem::new(&self.source, line, "", &count, Reason::CellCount).about(&width));
                continue;
            }
            cells.resize(width, String::new());
            let row = Row { line, cells };
            let before = problems.len();
            self.check_cells(&row, problems);
            let key: Vec<String> = self.key(&row).map(ToOwned::to_owned).collect();
            if !self.file.adds_up() && !key.iter().any(String::is_empty) {
                if let Some(first) = seen.get(&key) {
                    let heading = self.file.columns()[0].name;
                    let value = key.join(", ");
                    problems.push(RowProblem::new(&self.source, line, heading, &value, Reason::KeyTwice).about(&first));
                } else {
                    seen.insert(key, line);
                }
            }
            if problems.len() == before {
                self.rows.push(row);
            } else {
                let first = self.key(&row).next().unwrap_or_default().to_owned();
                self.bad_keys.push(first);
            }
        }
    }

    fn check_cells(&self, row: &Row, problems: &mut Vec<RowProblem>) {
        for column in self.file.columns() {
            let cell = self.cell(row, column.name);
            let reason = if cell.is_empty() {
                if column.need != Need::Key {
                    continue;
                }
                Reason::Empty
            } else if cell.starts_with(ERROR_MARK) {
                Reason::CellError
            } else if cell.chars().count() > column.longest {
                Reason::TooLong
            } else if cell.chars().any(|c| c.is_control() && !(column.name == "note" && "\r\n\t".contains(c))) {
                Reason::ControlCharacter
            } else {
                continue;
            };
            let shown = cell.trim_start_matches(ERROR_MARK);
            problems.push(RowProblem::new(&self.source, row.line, column.name, shown, reason).about(&column.longest));
        }
    }

    /// The text of a cell; empty where the file has no such column.
    #[must_use]
    pub fn cell<'a>(&self, row: &'a Row, name: &str) -> &'a str {
        self.columns.get(name).map_or("", |&at| row.cells[at].as_str())
    }

    fn key<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = &'a str> {
        self.file.columns().iter().filter(|c| c.need == Need::Key).map(|column| self.cell(row, column.name))
    }

    /// Whether it has that column.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    /// Its rows that are whole.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The first key cell of each row that is not whole.
    #[must_use]
    pub fn bad_keys(&self) -> &[String] {
        &self.bad_keys
    }

    /// Reads `row`; what is wrong goes to `problems`.
    pub fn reader<'a>(&'a self, row: &'a Row, problems: &'a mut Vec<RowProblem>) -> RowReader<'a> {
        RowReader { sheet: self, row, before: problems.len(), problems }
    }

    /// A problem of one of its rows.
    #[must_use]
    pub fn problem(&self, line: u64, column: &str, value: &str, reason: Reason) -> RowProblem {
        RowProblem::new(&self.source, line, column, value, reason)
    }
}

/// Reads one row cell by cell. A cell that is wrong is reported and stands as its type's default, so that all that is
/// wrong in a row is told at once; [`RowReader::done`] says whether the row can be used.
pub struct RowReader<'a> {
    sheet: &'a Sheet,
    row: &'a Row,
    before: usize,
    problems: &'a mut Vec<RowProblem>,
}

impl<'a> RowReader<'a> {
    /// The text of a cell; may be empty.
    #[must_use]
    pub fn text(&self, column: &str) -> &'a str {
        self.sheet.cell(self.row, column)
    }

    /// The text of a cell that must not be empty.
    pub fn filled(&mut self, column: &str) -> &'a str {
        let text = self.text(column);
        if text.is_empty() {
            self.bad(column, Reason::Empty);
        }
        text
    }

    /// What `read` makes of a cell that must not be empty.
    pub fn parsed<T>(&mut self, column: &str, read: impl FnOnce(&str) -> Result<T, Reason>) -> Option<T> {
        let text = self.filled(column);
        if text.is_empty() {
            return None;
        }
        read(text).map_err(|reason| self.bad(column, reason)).ok()
    }

    /// What `read` makes of a cell; None when it is empty.
    pub fn if_any<T>(&mut self, column: &str, read: impl FnOnce(&str) -> Result<T, Reason>) -> Option<T> {
        if self.text(column).is_empty() { None } else { self.parsed(column, read) }
    }

    /// One of the words that a column takes.
    pub fn word<T: FromStr>(&mut self, column: &str) -> Option<T> {
        self.parsed(column, |text| text.parse().map_err(|_| Reason::UnknownWord))
    }

    /// The parts of a list.
    #[must_use]
    pub fn list(&self, column: &str) -> Vec<&'a str> {
        value::list(self.text(column))
    }

    /// The text of a column that may be missing; None when it is.
    #[must_use]
    pub fn optional(&self, column: &str) -> Option<&'a str> {
        self.sheet.has(column).then(|| self.text(column))
    }

    /// Its line.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.row.line
    }

    /// Reports a cell.
    pub fn bad(&mut self, column: &str, reason: Reason) {
        self.bad_part(column, self.text(column), reason);
    }

    /// Reports a part of a cell.
    pub fn bad_part(&mut self, column: &str, part: &str, reason: Reason) {
        self.problems.push(self.sheet.problem(self.row.line, column, part, reason));
    }

    /// Whether nothing was wrong.
    #[must_use]
    pub fn done(self) -> bool {
        self.problems.len() == self.before
    }
}
