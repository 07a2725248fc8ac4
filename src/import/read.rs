//! From a folder, a file or uploaded parts to sheets.

use std::path::{Path, PathBuf};

use super::columns::File;
use super::csv_text::{self, Record};
use super::sheet::Sheet;
use super::{Reason, RowProblem, xlsx_cells};

/// What was read, in the order in which it is taken in.
#[derive(Clone, Debug, Default)]
pub struct Sheets {
    /// The files that are there.
    pub sheets: Vec<Sheet>,
    /// What is wrong with them as files, headings or rows.
    pub problems: Vec<RowProblem>,
    /// What is only unusual.
    pub notes: Vec<RowProblem>,
}

/// One file as it came: its name and its bytes.
#[derive(Clone, Debug)]
pub struct Upload {
    /// `orgs.csv`, `people.xlsx`, or any name of a workbook with sheets of those names.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Why there is nothing to import.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The path cannot be read.
    #[error("cannot read {0}: {1}")]
    Io(PathBuf, std::io::Error),
    /// There is no file of the nine.
    #[error("{0}: none of the files that can be imported (orgs.csv, people.csv, … or .xlsx)")]
    Nothing(PathBuf),
}

/// Reads a folder's files, or one file.
pub fn from_path(path: &Path) -> Result<Sheets, ReadError> {
    let cannot = |at: &Path| {
        let at = at.to_path_buf();
        move |error| ReadError::Io(at, error)
    };
    let mut paths = vec![path.to_path_buf()];
    if std::fs::metadata(path).map_err(cannot(path))?.is_dir() {
        let entries = std::fs::read_dir(path).map_err(cannot(path))?;
        paths = entries.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>().map_err(cannot(path))?;
        paths.retain(|path| path.is_file() && is_ours(&name_of(path)));
        paths.sort();
    }
    let mut uploads = Vec::new();
    for path in &paths {
        uploads.push(Upload { name: name_of(path), bytes: std::fs::read(path).map_err(cannot(path))? });
    }
    let sheets = from_uploads(&uploads);
    if sheets.sheets.is_empty() && sheets.problems.is_empty() {
        return Err(ReadError::Nothing(path.to_path_buf()));
    }
    Ok(sheets)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn split(name: &str) -> (&str, String) {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    (stem, ending.to_lowercase())
}

/// Whether a file of a folder is one to read: expected.json beside the files is not, nor is what an open spreadsheet
/// leaves there (`~$orgs.xlsx`).
fn is_ours(name: &str) -> bool {
    let (stem, ending) = split(name);
    match ending.as_str() {
        "csv" => File::parse(stem).is_some(),
        "xlsx" => !name.starts_with(['~', '.']),
        _ => false,
    }
}

/// Reads files as they came.
#[must_use]
pub fn from_uploads(uploads: &[Upload]) -> Sheets {
    let mut read = Sheets::default();
    for upload in uploads {
        let (stem, ending) = split(&upload.name);
        match (ending.as_str(), File::parse(stem)) {
            ("xlsx", file) => read.workbook(upload, file),
            (_, Some(file)) => read.csv(upload, file),
            (_, None) => read.problems.push(RowProblem::new(&upload.name, 0, "", "", Reason::Unreadable)),
        }
    }
    read.sheets.sort_by_key(|sheet| sheet.file);
    read
}

impl Sheets {
    fn csv(&mut self, upload: &Upload, file: File) {
        let whole = |reason| RowProblem::new(&upload.name, 0, "", "", reason);
        match csv_text::decode(&upload.bytes) {
            Err(reason) => self.problems.push(whole(reason)),
            Ok(text) => match csv_text::records(&text) {
                Err(line) => self.problems.push(RowProblem::new(&upload.name, line, "", "\"", Reason::OpenQuote)),
                Ok(records) => self.add(file, &upload.name, records),
            },
        }
    }

    fn workbook(&mut self, upload: &Upload, file: Option<File>) {
        let Some(sheets) = xlsx_cells::sheets(&upload.bytes) else {
            self.problems.push(RowProblem::new(&upload.name, 0, "", "", Reason::Unreadable));
            return;
        };
        let mut sheets: Vec<_> = sheets.into_iter().map(|(name, rows)| (File::parse(&name), name, rows)).collect();
        if sheets.iter().any(|(file, ..)| file.is_some()) {
            for (file, name, rows) in sheets {
                if let Some(file) = file {
                    self.add(file, &format!("{}/{name}", upload.name), rows);
                }
            }
        } else if let (Some(file), false) = (file, sheets.is_empty()) {
            let (_, _, rows) = sheets.swap_remove(0);
            self.add(file, &upload.name, rows);
        }
    }

    fn add(&mut self, file: File, source: &str, records: Vec<Record>) {
        if let Some(other) = self.sheets.iter().find(|sheet| sheet.file == file) {
            let problem = RowProblem::new(source, 0, "", file.name(), Reason::FileTwice).about(&other.source);
            self.problems.push(problem);
            return;
        }
        let sheet = Sheet::new(file, source, records, &mut self.problems, &mut self.notes);
        self.sheets.push(sheet);
    }
}
