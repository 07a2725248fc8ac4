//! The same figures as CSV for spreadsheets: sections one below the other, UTF-8 with a byte order mark, CRLF.
//!
//! Percentages carry their sign, a rate without a denominator is `—`, and no text can become a formula.

use std::fmt::Display;

use super::rate::Rate;
use super::{Attendance, Figures, Kind};
use crate::locale::Lang;
use crate::scheduling::Kinds;

const ATTENDANCE: [&str; 14] = [
    "expected",
    "present",
    "late",
    "left_early",
    "excused",
    "made_up",
    "absent",
    "walk_ins",
    "person_times",
    "people",
    "person_hours",
    "attendance_rate",
    "net_attendance_rate",
    "coverage_rate",
];

/// The figures as the bytes of a CSV file; kinds are named in `lang`. The first column says which section a line is of.
#[must_use]
pub fn write(figures: &Figures, kinds: &Kinds, lang: Lang) -> Vec<u8> {
    let mut sheet = Sheet(String::from("\u{feff}"));
    sheet.line(["section", "year", "org", "name", "taken_at"]);
    sheet.line([
        "report",
        &figures.year.to_string(),
        &text(&figures.org),
        &text(&figures.name),
        &text(&figures.taken_at),
    ]);
    sheet.gap();
    kinds_section(&mut sheet, figures, kinds, lang);
    let exam = &figures.exam;
    sheet.gap();
    sheet.line(["section", "eligible", "exempt", "sat", "passed", "participation_rate", "pass_rate"]);
    sheet.line(
        ["exam".to_owned()]
            .into_iter()
            .chain([exam.eligible, exam.exempt, exam.sat, exam.passed].map(|n| n.to_string()))
            .chain([exam.participation_rate, exam.pass_rate].map(Rate::percent)),
    );
    sheet.gap();
    sheet.line(["section", "metric", "amount"]);
    for (metric, amount) in &figures.outreach {
        sheet.line(["outreach", &text(metric), &amount.to_string()]);
    }
    sheet.gap();
    sheet.line(["section", "kind", "name", "people", "hours"]);
    for (kind, hours) in &figures.hours {
        let name = kinds.name(kind, lang);
        sheet.line(["hours", &text(kind), &text(name), &hours.people.to_string(), &hours.hours.to_string()]);
    }
    sheet.gap();
    sheet.line(["section", "org_code", "item", "name", "target", "done", "completion", "due"]);
    for item in &figures.plan {
        sheet.line([
            "plan",
            &text(&item.org_code),
            &text(&item.item),
            &text(kinds.name(&item.item, lang)),
            &item.target.to_string(),
            &item.done.to_string(),
            &item.completion.percent(),
            &item.due.map(|due| due.to_string()).unwrap_or_default(),
        ]);
    }
    sheet.gap();
    sheet.line(["section", "month", "sessions", "person_times"]);
    for month in &figures.months {
        sheet.line(["months", &month.month.to_string(), &month.sessions.to_string(), &month.person_times.to_string()]);
    }
    sheet.0.into_bytes()
}

fn kinds_section(sheet: &mut Sheet, figures: &Figures, kinds: &Kinds, lang: Lang) {
    sheet.line(["section", "kind", "name", "class", "events", "sessions"].into_iter().chain(ATTENDANCE));
    for (key, kind) in &figures.kinds {
        let class = kinds.get(key).map_or("", |known| known.class.as_str());
        let named = ["kinds".to_owned(), text(key), text(kinds.name(key, lang)), class.to_owned()];
        sheet.line(named.into_iter().chain(cells(kind)));
    }
    let named = ["total", "", "", ""].map(str::to_owned);
    sheet.line(named.into_iter().chain(cells(&figures.total)));
}

fn cells(kind: &Kind) -> impl Iterator<Item = String> {
    let attendance = kind.attendance.as_ref().map_or_else(|| vec![String::new(); ATTENDANCE.len()], attendance);
    [kind.events.to_string(), kind.sessions.to_string()].into_iter().chain(attendance)
}

/// In the order of [`ATTENDANCE`].
fn attendance(sum: &Attendance) -> Vec<String> {
    let counts = [
        sum.expected,
        sum.present,
        sum.late,
        sum.left_early,
        sum.excused,
        sum.made_up,
        sum.absent,
        sum.walk_ins,
        sum.person_times,
        sum.people,
    ];
    let rates = [sum.attendance_rate, sum.net_attendance_rate, sum.coverage_rate];
    let counts = counts.iter().map(ToString::to_string);
    counts.chain([sum.person_hours.to_string()]).chain(rates.map(Rate::percent)).collect()
}

/// A text that a spreadsheet takes as text: one that begins like a formula gets an apostrophe in front.
fn text(given: &str) -> String {
    if given.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{given}") } else { given.to_owned() }
}

/// Lines as RFC 4180 has them; the csv crate writes no empty ones, which part the sections here.
struct Sheet(String);

impl Sheet {
    fn line(&mut self, cells: impl IntoIterator<Item = impl Display>) {
        for (at, cell) in cells.into_iter().enumerate() {
            if at > 0 {
                self.0.push(',');
            }
            let cell = cell.to_string();
            if cell.contains([',', '"', '\r', '\n']) {
                self.0.push('"');
                self.0.push_str(&cell.replace('"', "\"\""));
                self.0.push('"');
            } else {
                self.0.push_str(&cell);
            }
        }
        self.gap();
    }

    fn gap(&mut self) {
        self.0.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rate::NONE;
    use crate::report::{Exam, Plan};

    fn figures() -> Figures {
        let mut sum = Attendance { expected: 0, ..Attendance::default() };
        sum.add_roster(Some(entity::state::AttendanceStatus::Present), 35, 2.0);
        sum.add_roster(None, 1, 2.0);
        sum.finish();
        let kind = Kind { events: 4, sessions: 4, attendance: Some(sum) };
        Figures {
            year: 2024,
            org: "GQ-KJ".into(),
            name: "=HYPERLINK(\"x\"),科".into(),
            taken_at: "2025-01-10T09:30:00+08:00".into(),
            total: kind.clone(),
            kinds: [("lecture".into(), kind), ("exam".into(), Kind { events: 1, sessions: 2, attendance: None })]
                .into(),
            exam: Exam::default(),
            outreach: [("materials".into(), 1043), ("-1+1".into(), -5)].into(),
            hours: std::collections::BTreeMap::new(),
            plan: vec![Plan {
                org_code: "GQ-KJ".into(),
                item: "materials".into(),
                target: 1000,
                done: 1043,
                completion: Rate::new(1043, 1000),
                due: None,
                figure: "outreach.materials".into(),
            }],
            months: Vec::new(),
        }
    }

    #[test]
    fn a_spreadsheet_reads_every_line_and_runs_no_formula() {
        let kinds = crate::config::Config::defaults().unwrap().event_kinds().unwrap();
        let bytes = write(&figures(), &kinds, Lang::Zh);
        assert_eq!(bytes[..3], [0xef, 0xbb, 0xbf]);
        let text = String::from_utf8(bytes[3..].to_vec()).unwrap();
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let lines: Vec<Vec<String>> =
            reader.records().map(|line| line.unwrap().iter().map(str::to_owned).collect()).collect();
        let of = |section: &str| lines.iter().filter(|l| l[0] == section).cloned().collect::<Vec<_>>();
        assert_eq!(of("report")[0][3], "'=HYPERLINK(\"x\"),科");
        assert_eq!(of("outreach"), [["outreach", "'-1+1", "-5"], ["outreach", "materials", "1043"]]);
        assert_eq!(of("kinds")[0][..7], ["kinds", "exam", "学法考法", "exam", "1", "2", ""]);
        let lecture = &of("kinds")[1];
        assert_eq!(lecture[6..8], ["36", "35"]);
        assert_eq!(lecture[16..], ["70", "97.2%", "97.2%", "97.2%"]);
        assert_eq!(of("exam")[0][5..], [NONE, NONE]);
        assert_eq!(of("plan")[0][6..], ["104.3%", ""]);
    }
}
