//! What is wrong with a row, and what is only worth saying of it.

use serde::Serialize;

use crate::locale::Lang;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $slug:literal;)+) => {
        /// Why a row is bad, or what is noted of it; its text is `row-CODE` of the locale files.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[$doc])* $name),+ }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug),+ }
            }
        }
    };
}

reasons! {
    /// Not a CSV in UTF-8 or GB18030, or not a workbook.
    Unreadable = "unreadable";
    /// The same file is there twice, as CSV and as a sheet.
    FileTwice = "file-twice";
    /// A column that must be there is not.
    MissingColumn = "missing-column";
    /// Two columns have one heading.
    ColumnTwice = "column-twice";
    /// A heading that the file does not know (a note).
    UnknownColumn = "unknown-column";
    /// More or fewer cells than headings.
    CellCount = "cell-count";
    /// A quotation mark that is never closed.
    OpenQuote = "open-quote";
    /// Nothing there.
    Empty = "empty";
    /// Too many characters.
    TooLong = "too-long";
    /// A character that no text holds.
    ControlCharacter = "control-character";
    /// An error value of a spreadsheet.
    CellError = "cell-error";
    /// The key stood in an earlier line.
    KeyTwice = "key-twice";
    /// Neither here nor in the database.
    UnknownOrg = "unknown-org";
    /// Neither here nor in the database.
    UnknownPerson = "unknown-person";
    /// Neither here nor in the database.
    UnknownEvent = "unknown-event";
    /// Neither here nor in the database.
    UnknownSession = "unknown-session";
    /// Its own row is bad.
    RefersToBad = "refers-to-bad";
    /// Belongs to somebody else.
    NotYours = "not-yours";
    /// Not a key of kinds.toml.
    UnknownKind = "unknown-kind";
    /// Neither a kind nor formed as a metric.
    UnknownItem = "unknown-item";
    /// None of the words that the column takes.
    UnknownWord = "unknown-word";
    /// Neither yes nor no.
    NotYesNo = "not-yes-no";
    /// No date.
    BadDate = "bad-date";
    /// No time.
    BadTime = "bad-time";
    /// An all-day session takes dates.
    DateWanted = "date-wanted";
    /// That local time does not exist.
    NoSuchTime = "no-such-time";
    /// Not after its start.
    EndBeforeStart = "end-before-start";
    /// No number, or not in the range.
    BadNumber = "bad-number";
    /// Below zero.
    Negative = "negative";
    /// No whole number.
    NotWhole = "not-whole";
    /// No e-mail address.
    BadEmail = "bad-email";
    /// Not `org:`, `group:`, `staff:` or `public`.
    BadAudience = "bad-audience";
    /// An organisation above itself.
    Cycle = "cycle";
    /// Two memberships of one person on one day.
    Overlap = "overlap";
    /// Only who came can be recorded off the roster.
    OffRoster = "off-roster";
    /// Results belong to exams.
    NotExam = "not-exam";
    /// An event with results stays an exam.
    HasResults = "has-results";
    /// A total would fall below zero.
    BelowZero = "below-zero";
    /// An organiser's word or a check-in stands (a note).
    WordStands = "word-stands";
    /// Somebody's word was given, so the roster stays (a note).
    RosterStands = "roster-stands";
    /// The number was merged into another person: the row is left aside (a note).
    MergedNumber = "merged-number";
    /// A membership of an organisation that is no more.
    OrgRetired = "org-retired";
    /// Marked held before its time (a note).
    HeldInFuture = "held-in-future";
}

/// Something about one cell, row or file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// Name of the file; of a workbook with `/` and its sheet.
    pub file: String,
    /// Line, from 1; the headings stand in line 1. 0 when it concerns the whole file.
    pub line: u64,
    /// Heading; empty when it concerns the whole row.
    pub column: String,
    /// What stood there, shortened.
    pub value: String,
    /// Why.
    pub reason: Reason,
    /// What its text names besides the value.
    pub about: String,
}

/// The most characters of a value that a report repeats.
const SHOWN: usize = 80;

impl RowProblem {
    /// A problem of a cell.
    #[must_use]
    pub fn new(file: &str, line: u64, column: &str, value: &str, reason: Reason) -> Self {
        let mut value: String =
            value.chars().take(SHOWN + 1).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        if value.chars().count() > SHOWN {
            value = value.chars().take(SHOWN - 1).chain(['…']).collect();
        }
        Self { file: file.to_owned(), line, column: column.to_owned(), value, reason, about: String::new() }
    }

    /// The same with what its text names.
    #[must_use]
    pub fn about(mut self, about: &(impl ToString + ?Sized)) -> Self {
        self.about = about.to_string();
        self
    }

    /// The reason in words.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let args = [("value", self.value.as_str()), ("about", self.about.as_str())];
        lang.text_with(&format!("row-{}", self.reason.slug()), args)
    }

    /// As one line of a report: file, line, column, value, reason.
    #[must_use]
    pub fn line(&self, lang: Lang) -> String {
        format!("{}:{}: {}: \"{}\": {}", self.file, self.line, self.column, self.value, self.text(lang))
    }

    /// As JSON shows it.
    #[must_use]
    pub fn shown(&self, lang: Lang) -> Shown {
        Shown {
            file: self.file.clone(),
            line: self.line,
            column: self.column.clone(),
            value: self.value.clone(),
            code: self.reason.slug(),
            reason: self.text(lang),
        }
    }
}

/// A problem as JSON has it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Shown {
    /// Name of the file.
    pub file: String,
    /// Line, from 1; 0 for the whole file.
    pub line: u64,
    /// Heading; empty for the whole row.
    pub column: String,
    /// What stood there, shortened.
    pub value: String,
    /// Stable code.
    pub code: &'static str,
    /// The same in words.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_text_in_both_languages() {
        for reason in Reason::ALL {
            for lang in Lang::ALL {
                assert!(lang.has(&format!("row-{}", reason.slug())), "{} {}", lang.tag(), reason.slug());
            }
        }
    }

    #[test]
    fn a_long_or_broken_value_is_shown_short_and_clean() {
        let problem = RowProblem::new("orgs.csv", 2, "code", &format!("a\u{7}{}", "长".repeat(500)), Reason::TooLong);
        assert_eq!(problem.value.chars().count(), 80);
        assert!(problem.value.starts_with("a\u{fffd}长") && problem.value.ends_with('…'));
    }
}
