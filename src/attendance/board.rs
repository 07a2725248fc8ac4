//! A session's roll as people look at it: the missing first, then who is on leave, then who came. Pure.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::PersonId;
use entity::state::{AnswerStatus, AttendanceStatus};
use serde::Serialize;

use super::{Counts, RollRow};
use crate::dates::Zone;
use crate::locale::Lang;
use crate::view::format;

/// The heading under which somebody stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// On the roster, not there.
    Missing,
    /// On leave, made up, or exempt.
    Away,
    /// Came, of the roster.
    Came,
    /// Came besides.
    WalkIn,
}

/// One line of the board.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Under which heading.
    pub group: Group,
    /// Staff number.
    pub staff_no: String,
    /// Name.
    pub name: String,
    /// Organisation on the session's day.
    pub org: String,
    /// The status, `missing` before anything is known.
    pub status: &'static str,
    /// When they came, as a clock shows it; empty when unknown.
    pub time: String,
    /// How that was learned, and the note.
    pub remark: String,
    /// Whether they put their name down.
    pub registered: bool,
    /// What they answered to the invitation; `none` before they did.
    pub answer: &'static str,
}

/// Counts as pages show them, with the parts of the bar in percent of its width.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// On the roster, less exempt.
    pub expected: u32,
    /// Came, of the roster; includes late.
    pub attended: u32,
    /// Came late.
    pub late: u32,
    /// On leave.
    pub excused: u32,
    /// Made up later.
    pub made_up: u32,
    /// Not there, or absent.
    pub missing: u32,
    /// Came besides.
    pub walk_ins: u32,
    /// Parts of the bar: tone, start, width.
    pub bar: Vec<(&'static str, String, String)>,
}

impl From<Counts> for Figures {
    fn from(counts: Counts) -> Self {
        let whole = f64::from(counts.expected.max(1));
        let mut at = 0.0;
        let parts = [
            ("is-good", counts.attended - counts.late),
            ("is-warn", counts.late),
            ("is-leave", counts.excused),
            ("is-info", counts.made_up),
        ];
        let mut bar = Vec::new();
        for (tone, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
            let width = f64::from(count) * 100.0 / whole;
            bar.push((tone, format!("{at:.2}%"), format!("{:.2}%", (width - 0.25).max(0.25))));
            at += width;
        }
        Self {
            expected: counts.expected,
            attended: counts.attended,
            late: counts.late,
            excused: counts.excused,
            made_up: counts.made_up,
            missing: counts.missing + counts.absent,
            walk_ins: counts.walk_ins,
            bar,
        }
    }
}

/// The heading of a row.
#[must_use]
pub const fn group(row: &RollRow) -> Group {
    use AttendanceStatus as S;
    match row.status {
        _ if row.walk_in => Group::WalkIn,
        None | Some(S::Absent) => Group::Missing,
        Some(S::Excused | S::MadeUp | S::Exempt) => Group::Away,
        Some(S::Present | S::Late | S::LeftEarly) => Group::Came,
    }
}

/// The answers to a session's invitation that stand.
pub type Answers = HashMap<PersonId, AnswerStatus>;

/// An answer in the keys of texts; `none` when there is none.
#[must_use]
pub fn said(answers: &Answers, id: PersonId) -> &'static str {
    answers.get(&id).map_or("none", |status| status.as_str())
}

/// The board of a roll: by heading, then by staff number; who came, latest first.
#[must_use]
pub fn lines(rows: &[RollRow], answers: &Answers, lang: Lang, zone: Zone) -> Vec<Line> {
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_by(|a, b| {
        let came = |row: &RollRow| (group(row) >= Group::Came).then_some(row.checked_in_at).flatten();
        group(a).cmp(&group(b)).then_with(|| came(b).cmp(&came(a))).then_with(|| a.staff_no.cmp(&b.staff_no))
    });
    rows.into_iter().map(|row| Line { answer: said(answers, row.person_id), ..line(row, lang, zone) }).collect()
}

fn line(row: &RollRow, lang: Lang, zone: Zone) -> Line {
    let method = row.method.as_deref().map(|method| {
        let key = format!("page-method-{method}");
        if lang.has(&key) { lang.text(&key) } else { method.to_owned() }
    });
    let note = row.note.clone().filter(|note| !note.is_empty());
    Line {
        group: group(row),
        staff_no: row.staff_no.clone(),
        name: row.name.clone(),
        org: row.org_name.clone().unwrap_or_default(),
        status: row.status.map_or("missing", AttendanceStatus::as_str),
        time: row.checked_in_at.map_or_else(String::new, |at| clock(zone, at)),
        remark: method.into_iter().chain(note).collect::<Vec<_>>().join(lang.text("page-list-comma").as_str()),
        registered: false,
        answer: "none",
    }
}

fn clock(zone: Zone, at: DateTime<Utc>) -> String {
    format::clock(zone, at)
}

/// Whether a line is of somebody whose name or number has that in it, in any case of letters.
#[must_use]
pub fn matches(name: &str, staff_no: &str, wanted: &str) -> bool {
    let wanted = wanted.trim().to_lowercase();
    wanted.is_empty() || name.to_lowercase().contains(&wanted) || staff_no.to_lowercase().contains(&wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(staff_no: &str, status: Option<AttendanceStatus>, walk_in: bool) -> RollRow {
        RollRow {
            person_id: PersonId(1),
            staff_no: staff_no.to_owned(),
            name: format!("干部{staff_no}"),
            organisation_id: None,
            org_code: None,
            org_name: None,
            title: String::new(),
            status,
            checked_in_at: None,
            method: None,
            note: None,
            walk_in,
        }
    }

    #[test]
    fn the_missing_come_first_and_the_bar_adds_up() {
        use AttendanceStatus as S;
        let rows = [
            row("A", Some(S::Present), false),
            row("B", None, false),
            row("C", Some(S::Excused), false),
            row("D", Some(S::Late), false),
            row("E", Some(S::Present), true),
        ];
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let board = lines(&rows, &Answers::new(), Lang::Zh, zone);
        let order: String = board.iter().map(|line| line.staff_no.as_str()).collect();
        assert_eq!(order, "BCADE");
        assert!(board.iter().all(|line| line.answer == "none"));
        let declined = Answers::from([(PersonId(1), AnswerStatus::Declined)]);
        assert!(lines(&rows, &declined, Lang::Zh, zone).iter().all(|line| line.answer == "declined"));
        let figures = Figures::from(Counts::of(&rows));
        assert_eq!((figures.expected, figures.attended, figures.missing, figures.walk_ins), (4, 2, 1, 1));
        let starts: Vec<_> = figures.bar.iter().map(|(tone, start, _)| (*tone, start.as_str())).collect();
        assert_eq!(starts, [("is-good", "0.00%"), ("is-warn", "25.00%"), ("is-leave", "50.00%")]);
        assert!(matches("干部KJ01", "KJ001", " kj0") && !matches("干部KJ01", "KJ001", "ZB"));
    }
}
