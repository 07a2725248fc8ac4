//! The report as a reader sees it: figures with their links, grouped for the tables of the page.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::checks::{Check, Suspect};
use super::links::{self, To};
use super::rate::{NONE, Rate};
use super::{Figures, Kind, Plan};
use crate::locale::Lang;
use crate::scheduling::{Class, Kinds};
use crate::view::format;

/// A figure as shown, with the address of its rows; none where there is nothing to list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// As shown.
    pub text: String,
    /// Where its rows are.
    pub href: Option<String>,
}

/// One of the five figures at the top.
#[derive(Clone, Debug, Serialize)]
pub struct Stat {
    /// Its name's key.
    pub name: &'static str,
    /// As shown.
    pub figure: Shown,
    /// Its unit's key; empty for a percentage.
    pub unit: &'static str,
    /// What it is made of.
    pub of: String,
}

/// The kinds of one class.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// The key of its name.
    pub class: String,
    /// A row a kind: its name and the figures of [`COLUMNS`].
    pub rows: Vec<(String, Vec<Shown>)>,
}

/// The columns of the table by kind, in order.
pub const COLUMNS: [&str; 12] = [
    "sessions",
    "expected",
    "present",
    "late",
    "left_early",
    "excused",
    "made_up",
    "absent",
    "walk_ins",
    "people",
    "attendance_rate",
    "person_hours",
];

/// Turns figures into what is shown of them.
pub struct Showing<'a> {
    /// The figures.
    pub figures: &'a Figures,
    /// For the names of kinds.
    pub kinds: &'a Kinds,
    /// For the words.
    pub lang: Lang,
}

impl Showing<'_> {
    fn link(&self, figure: &str) -> String {
        links::rows(To::Page, self.figures.year, &self.figures.org, figure)
    }

    /// A whole number; zero leads nowhere.
    #[must_use]
    pub fn number(&self, value: i64, figure: &str) -> Shown {
        Shown { text: format::number(value), href: (value != 0).then(|| self.link(figure)) }
    }

    fn rate(&self, rate: Rate, figure: &str) -> Shown {
        Shown { text: rate.percent(), href: (rate.denominator > 0).then(|| self.link(figure)) }
    }

    fn hours(&self, hours: f64, figure: &str) -> Shown {
        Shown { text: format!("{hours:.1}"), href: (hours > 0.0).then(|| self.link(figure)) }
    }

    /// The five figures at the top, each with what it is made of.
    #[must_use]
    pub fn stats(&self) -> Vec<Stat> {
        let total = self.figures.total.attendance.clone().unwrap_or_default();
        let metric = |name: &str| self.figures.outreach.get(name).copied().unwrap_or(0);
        let say = |key: &str, args: &[(&'static str, i64)]| {
            self.lang.text_with(key, args.iter().map(|(name, n)| (*name, format::number(*n))))
        };
        let parts = |rate: Rate| [("numerator", rate.numerator), ("denominator", rate.denominator)];
        let exam = self.figures.exam.pass_rate;
        vec![
            Stat {
                name: "report-stat-attendance",
                figure: self.rate(total.attendance_rate, "total.attendance_rate"),
                unit: "",
                of: say("report-stat-attendance-of", &parts(total.attendance_rate)),
            },
            Stat {
                name: "report-stat-events",
                figure: self.number(self.figures.total.events, "total.events"),
                unit: "report-unit-events",
                of: say("report-stat-events-of", &[("n", self.figures.total.sessions)]),
            },
            Stat {
                name: "report-stat-exam",
                figure: self.rate(exam, "exam.pass_rate"),
                unit: "",
                of: say("report-stat-exam-of", &parts(exam)),
            },
            Stat {
                name: "report-stat-materials",
                figure: self.number(metric("materials"), "outreach.materials"),
                unit: "report-unit-materials",
                of: say("report-stat-materials-of", &[]),
            },
            Stat {
                name: "report-stat-consultations",
                figure: self.number(metric("consultations"), "outreach.consultations"),
                unit: "report-unit-consultations",
                of: say("report-stat-consultations-of", &[("n", metric("audience"))]),
            },
        ]
    }

    /// The kinds by class; those that the site no longer has last.
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        let classes = [Some(Class::Study), Some(Class::Meeting), Some(Class::Outreach), Some(Class::Exam), None];
        let of = |class: Option<Class>| {
            let rows = self
                .figures
                .kinds
                .iter()
                .filter(|(key, _)| self.kinds.get(key).map(|kind| kind.class) == class)
                .map(|(key, kind)| {
                    (self.kinds.name(key, self.lang).to_owned(), self.cells(kind, &format!("kinds.{key}")))
                })
                .collect();
            Group { class: format!("report-class-{}", class.map_or("other", Class::as_str)), rows }
        };
        classes.into_iter().map(of).filter(|group: &Group| !group.rows.is_empty()).collect()
    }

    /// The figures of [`COLUMNS`] for one kind, or the total.
    #[must_use]
    pub fn cells(&self, kind: &Kind, path: &str) -> Vec<Shown> {
        let Some(sum) = &kind.attendance else {
            let nothing = Shown { text: String::new(), href: None };
            let mut cells = vec![self.number(kind.sessions, &format!("{path}.sessions"))];
            cells.resize(COLUMNS.len(), nothing);
            return cells;
        };
        let cell = |column: &&str| {
            let figure = format!("{path}.{column}");
            let value = match *column {
                "sessions" => kind.sessions,
                "expected" => sum.expected,
                "present" => sum.present,
                "late" => sum.late,
                "left_early" => sum.left_early,
                "excused" => sum.excused,
                "made_up" => sum.made_up,
                "absent" => sum.absent,
                "walk_ins" => sum.walk_ins,
                "people" => sum.people,
                "attendance_rate" => return self.rate(sum.attendance_rate, &figure),
                _ => return self.hours(sum.person_hours, &figure),
            };
            self.number(value, &figure)
        };
        COLUMNS.iter().map(cell).collect()
    }

    /// Name and value of each figure of the exams.
    #[must_use]
    pub fn exam(&self) -> Vec<(&'static str, Shown)> {
        let exam = &self.figures.exam;
        let count = |name, value| (name, self.number(value, &format!("exam.{name}")));
        let rate = |name, value| (name, self.rate(value, &format!("exam.{name}")));
        vec![
            count("eligible", exam.eligible),
            count("exempt", exam.exempt),
            count("sat", exam.sat),
            count("passed", exam.passed),
            rate("participation_rate", exam.participation_rate),
            rate("pass_rate", exam.pass_rate),
        ]
    }

    /// The name of a metric; its key where there is no text of it.
    #[must_use]
    pub fn metric(&self, metric: &str) -> String {
        let key = format!("report-metric-{metric}");
        if self.lang.has(&key) { self.lang.text(&key) } else { metric.to_owned() }
    }

    /// Name and total of each metric.
    #[must_use]
    pub fn outreach(&self) -> Vec<(String, Shown)> {
        let shown = |(metric, amount): (&String, &i64)| {
            (self.metric(metric), self.number(*amount, &format!("outreach.{metric}")))
        };
        self.figures.outreach.iter().map(shown).collect()
    }

    /// Name, people and hours of each kind of hours.
    #[must_use]
    pub fn online(&self) -> Vec<(String, Shown, Shown)> {
        let shown = |(kind, sum): (&String, &super::Hours)| {
            let name = self.kinds.name(kind, self.lang).to_owned();
            let hours = self.hours(sum.hours, &format!("hours.{kind}.hours"));
            (name, self.number(sum.people, &format!("hours.{kind}.people")), hours)
        };
        self.figures.hours.iter().map(shown).collect()
    }

    /// The plan as shown on `today`.
    #[must_use]
    pub fn plan(&self, today: NaiveDate) -> Vec<PlanRow> {
        let row = |item: &Plan| {
            let reached = item.done >= item.target;
            let state = match item.due {
                _ if reached => "reached",
                Some(due) if due < today => "overdue",
                None if chrono::Datelike::year(&today) > self.figures.year => "missed",
                _ => "open",
            };
            // The bed is a tenth longer than the plan or what was done, whichever is more.
            let whole = item.target.max(item.done).max(1) * 11;
            let width = |value: i64| tenths_of_percent(value * 10, whole);
            PlanRow {
                name: self.item(&item.item),
                org_code: item.org_code.clone(),
                target: format::number(item.target),
                done: Shown {
                    text: format::number(item.done),
                    href: (item.done != 0)
                        .then(|| links::rows(To::Page, self.figures.year, &item.org_code, &item.figure)),
                },
                completion: item.completion.percent(),
                due: item.due.map_or_else(|| NONE.to_owned(), |due| format::date(self.lang, due, today)),
                state,
                real: width(item.done.max(0)),
                want: width(item.target),
            }
        };
        self.figures.plan.iter().map(row).collect()
    }

    fn item(&self, item: &str) -> String {
        if self.kinds.get(item).is_some() { self.kinds.name(item, self.lang).to_owned() } else { self.metric(item) }
    }
}

fn tenths_of_percent(part: i64, whole: i64) -> String {
    let tenths = (part * 1000 / whole).clamp(0, 1000);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// One item of the plan as shown.
#[derive(Clone, Debug, Serialize)]
pub struct PlanRow {
    name: String,
    org_code: String,
    target: String,
    done: Shown,
    completion: String,
    due: String,
    state: &'static str,
    real: String,
    want: String,
}

/// One thing that looks wrong as shown.
#[derive(Clone, Debug, Serialize)]
pub struct CheckRow {
    name: &'static str,
    of: String,
    suspects: Vec<Shown>,
    more: usize,
}

/// At most that many sessions or events are named of one check.
const NAMED: usize = 5;

/// The checks as shown on `today`.
#[must_use]
pub fn checks(found: &[Check], lang: Lang, today: NaiveDate) -> Vec<CheckRow> {
    let none = Vec::new();
    let row = |check: &Check| {
        let (name, suspects, n) = match check {
            Check::NothingRecorded(all) => ("report-check-nothing", all, count(all)),
            Check::HeldAhead(all) => ("report-check-ahead", all, count(all)),
            Check::MoreThanPeople(all) => ("report-check-more", all, count(all)),
            Check::NobodyMissing(n) => ("report-check-nobody", &none, *n),
            Check::EveryonePassed(n) => ("report-check-passed", &none, *n),
        };
        let shown = |suspect: &Suspect| {
            let day = suspect.day.map(|day| format::date(lang, day, today) + " ").unwrap_or_default();
            Shown { text: format!("{day}{}", suspect.title), href: Some(format!("/events/{}", suspect.event)) }
        };
        CheckRow {
            name,
            of: lang.text_with(&format!("{name}-of"), [("n", format::number(n))]),
            suspects: suspects.iter().take(NAMED).map(shown).collect(),
            more: suspects.len().saturating_sub(NAMED),
        }
    };
    found.iter().map(row).collect()
}

fn count(suspects: &[Suspect]) -> i64 {
    i64::try_from(suspects.len()).unwrap_or(i64::MAX)
}

/// The words of a row behind a figure, by column; columns that no row has are left out.
#[must_use]
pub fn listing(rows: &[super::rows::Row], kinds: &Kinds, lang: Lang) -> (Vec<&'static str>, Vec<Vec<Shown>>) {
    let values: Vec<BTreeMap<String, serde_json::Value>> =
        rows.iter().filter_map(|row| serde_json::from_value(serde_json::to_value(row).ok()?).ok()).collect();
    let columns: Vec<&'static str> =
        LISTED.into_iter().filter(|column| values.iter().any(|row| row.contains_key(*column))).collect();
    let cells = |(row, values): (&super::rows::Row, &BTreeMap<String, serde_json::Value>)| {
        let cell = |column: &&str| {
            let text = values.get(*column).map(|value| word(column, value, kinds, lang)).unwrap_or_default();
            let event = row.event_id.filter(|_| *column == "title");
            Shown { text, href: event.map(|id| format!("/events/{id}")) }
        };
        columns.iter().map(cell).collect()
    };
    let lines = rows.iter().zip(&values).map(cells).collect();
    (columns, lines)
}

const LISTED: [&str; 21] = [
    "title",
    "kind",
    "starts_at",
    "ends_at",
    "date",
    "staff_no",
    "name",
    "org_code",
    "status",
    "walk_in",
    "checked_in_at",
    "sessions",
    "hours",
    "attempts",
    "score",
    "passed",
    "amount",
    "subject",
    "source",
    "note",
    "session_key",
];

fn word(column: &str, value: &serde_json::Value, kinds: &Kinds, lang: Lang) -> String {
    match (column, value) {
        ("kind", serde_json::Value::String(key)) => kinds.name(key, lang).to_owned(),
        ("status", serde_json::Value::String(status)) => lang.text(&format!("report-status-{status}")),
        ("starts_at" | "ends_at" | "checked_in_at", serde_json::Value::String(at)) => {
            at.get(..16).unwrap_or(at).replace('T', " ")
        }
        (_, serde_json::Value::Bool(yes)) => lang.text(if *yes { "report-yes" } else { "report-no" }),
        (_, serde_json::Value::String(text)) => text.clone(),
        (_, other) => other.as_i64().map_or_else(|| other.to_string(), format::number),
    }
}
