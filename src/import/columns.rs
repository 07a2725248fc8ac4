//! The one description of what each file holds (contract.md, "Files"): its columns, which of them are its key, which
//! may be missing, and how long a cell may be.

/// One of the nine files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum File {
    /// Organisations.
    Orgs,
    /// Persons and their memberships.
    People,
    /// Events and their audience.
    Events,
    /// Sittings of events.
    Sessions,
    /// What became of people in sessions.
    Attendance,
    /// Attempts at exams.
    ExamResults,
    /// Counted outreach quantities.
    Outreach,
    /// Targets of a year.
    Plan,
    /// Hours that are no session.
    Hours,
}

/// Whether a column must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// There, with something in every row: part of what a row is known by.
    Key,
    /// There; a cell may be empty where its meaning allows.
    Column,
    /// May be missing: then what a row said before stays.
    Optional,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its heading.
    pub name: &'static str,
    /// Whether it must be there.
    pub need: Need,
    /// The most characters that a cell may have.
    pub longest: usize,
}

const fn key(name: &'static str) -> Column {
    Column { name, need: Need::Key, longest: 100 }
}

const fn column(name: &'static str, longest: usize) -> Column {
    Column { name, need: Need::Column, longest }
}

const fn optional(name: &'static str, longest: usize) -> Column {
    Column { name, need: Need::Optional, longest }
}

const ORGS: &[Column] = &[key("code"), column("name", 200), column("parent_code", 100), column("level", 100)];
const PEOPLE: &[Column] = &[
    key("staff_no"),
    key("active_from"),
    column("name", 200),
    column("email", 254),
    column("org_code", 100),
    column("title", 200),
    column("groups", 1_000),
    column("active_to", 40),
];
const EVENTS: &[Column] = &[
    key("event_key"),
    column("kind", 100),
    column("title", 500),
    column("org_code", 100),
    column("co_host_codes", 4_000),
    column("location", 500),
    column("audience", 20_000),
    column("required", 10),
    column("status", 20),
    optional("also_kinds", 1_000),
    optional("topics", 4_000),
    optional("form", 500),
];
const SESSIONS: &[Column] = &[
    key("session_key"),
    column("event_key", 100),
    column("starts_at", 40),
    column("ends_at", 40),
    column("all_day", 10),
    column("status", 20),
];
const ATTENDANCE: &[Column] =
    &[key("session_key"), key("staff_no"), column("status", 20), column("checked_in_at", 40), column("note", 2_000)];
const EXAM_RESULTS: &[Column] =
    &[key("event_key"), key("staff_no"), key("attempt"), column("score", 20), column("pass_mark", 20)];
const OUTREACH: &[Column] =
    &[key("event_key"), key("metric"), column("amount", 20), column("note", 2_000), optional("subject", 500)];
const PLAN: &[Column] = &[key("year"), key("org_code"), key("item"), column("target", 20), column("due", 40)];
const HOURS: &[Column] = &[key("staff_no"), key("kind"), key("date"), key("source"), column("hours", 20)];

impl File {
    /// All of them, in the order in which they are read: a row may refer to rows of earlier files.
    pub const ALL: [Self; 9] = [
        Self::Orgs,
        Self::People,
        Self::Events,
        Self::Sessions,
        Self::Attendance,
        Self::ExamResults,
        Self::Outreach,
        Self::Plan,
        Self::Hours,
    ];

    /// Its name without ending; also the name of its sheet in a workbook.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orgs => "orgs",
            Self::People => "people",
            Self::Events => "events",
            Self::Sessions => "sessions",
            Self::Attendance => "attendance",
            Self::ExamResults => "exam_results",
            Self::Outreach => "outreach",
            Self::Plan => "plan",
            Self::Hours => "hours",
        }
    }

    /// The file of that name, in any case of letters.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.name().eq_ignore_ascii_case(name.trim()))
    }

    /// Its columns, the key first.
    #[must_use]
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Orgs => ORGS,
            Self::People => PEOPLE,
            Self::Events => EVENTS,
            Self::Sessions => SESSIONS,
            Self::Attendance => ATTENDANCE,
            Self::ExamResults => EXAM_RESULTS,
            Self::Outreach => OUTREACH,
            Self::Plan => PLAN,
            Self::Hours => HOURS,
        }
    }

    /// Whether two rows may have one key: outreach rows add up.
    #[must_use]
    pub const fn adds_up(self) -> bool {
        matches!(self, Self::Outreach)
    }
}
