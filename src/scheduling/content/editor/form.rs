//! What a browser sends of an agenda or of speakers, and the way between it and the domain's own words. Pure.
//!
//! Lists run side by side, one entry a row. Blank rows mean nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::FieldProblem;
use crate::locale::Lang;
use crate::scheduling::content::{Agenda, AgendaLine, NewSpeaker};

/// Rows of a form at most.
const MOST: usize = 120;

/// The form of an agenda with short minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct TypedAgenda {
    /// Which button: `save`, `more`, or `up-2`, `down-2`, `remove-2`.
    pub act: String,
    /// The fingerprint of what the form was made from.
    pub seen: String,
    /// Titles.
    pub a_title: Vec<String>,
    /// Kinds; empty for none.
    pub a_kind: Vec<String>,
    /// Who reports.
    pub a_reporter: Vec<String>,
    /// Lengths.
    pub a_minutes: Vec<String>,
    /// What was said.
    pub a_note: Vec<String>,
    /// Short minutes.
    pub minutes: String,
}

/// One row of an agenda.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Title.
    pub title: String,
    /// Kind; empty for none.
    pub kind: String,
    /// Who reports.
    pub reporter: String,
    /// Length.
    pub minutes: String,
    /// What was said.
    pub note: String,
}

impl Row {
    fn is_blank(&self) -> bool {
        [&self.title, &self.kind, &self.reporter, &self.minutes, &self.note].iter().all(|text| text.trim().is_empty())
    }

    fn line(&self) -> AgendaLine {
        let minutes = self.minutes.trim();
        AgendaLine {
            title: self.title.clone(),
            kind: Some(self.kind.clone()).filter(|key| !key.is_empty()),
            reporter: self.reporter.clone(),
            // What is no number is as wrong as a negative one.
            minutes: (!minutes.is_empty()).then(|| minutes.parse().unwrap_or(-1)),
            note: self.note.clone(),
        }
    }
}

fn at(list: &[String], i: usize) -> String {
    list.get(i).cloned().unwrap_or_default()
}

/// Moves, removes or adds a row as a button says.
fn press<T: Default>(act: &str, rows: &mut Vec<T>) {
    if act == "more" && rows.len() < MOST {
        rows.push(T::default());
        return;
    }
    let Some((verb, row)) = act.split_once('-').and_then(|(verb, row)| Some((verb, row.parse::<usize>().ok()?))) else {
        return;
    };
    match verb {
        "up" if row > 0 && row < rows.len() => rows.swap(row, row - 1),
        "down" if row + 1 < rows.len() => rows.swap(row, row + 1),
        "remove" if row < rows.len() => drop(rows.remove(row)),
        _ => {}
    }
}

impl TypedAgenda {
    /// The form of an agenda that is there, with a blank row to write in.
    #[must_use]
    pub fn of(agenda: &Agenda, seen: String) -> Self {
        let row = |line: &AgendaLine| Row {
            title: line.title.clone(),
            kind: line.kind.clone().unwrap_or_default(),
            reporter: line.reporter.clone(),
            minutes: line.minutes.map(|minutes| minutes.to_string()).unwrap_or_default(),
            note: line.note.clone(),
        };
        let mut rows: Vec<_> = agenda.items.iter().map(row).collect();
        rows.push(Row::default());
        let mut typed = Self { seen, minutes: agenda.minutes.clone().unwrap_or_default(), ..Self::default() };
        typed.set_rows(&rows);
        typed
    }

    fn set_rows(&mut self, rows: &[Row]) {
        let column = |of: fn(&Row) -> &String| rows.iter().map(|row| of(row).clone()).collect();
        self.a_title = column(|row| &row.title);
        self.a_kind = column(|row| &row.kind);
        self.a_reporter = column(|row| &row.reporter);
        self.a_minutes = column(|row| &row.minutes);
        self.a_note = column(|row| &row.note);
    }

    /// The rows as typed, blank ones too.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let row = |i| Row {
            title: at(&self.a_title, i),
            kind: at(&self.a_kind, i),
            reporter: at(&self.a_reporter, i),
            minutes: at(&self.a_minutes, i),
            note: at(&self.a_note, i),
        };
        (0..self.a_title.len().min(MOST)).map(row).collect()
    }

    /// Does what a button for rows asks.
    pub fn press(&mut self) {
        let mut rows = self.rows();
        press(&self.act, &mut rows);
        self.set_rows(&rows);
    }

    /// The agenda that it describes, and the row of each item.
    #[must_use]
    pub fn agenda(&self) -> (Agenda, Vec<usize>) {
        let rows = self.rows().into_iter().enumerate().filter(|(_, row)| !row.is_blank());
        let (items, rows) = rows.map(|(i, row)| (row.line(), i)).unzip();
        (Agenda { items, minutes: Some(self.minutes.clone()) }, rows)
    }
}

/// The form of an event's speakers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct TypedSpeakers {
    /// Which button, as in [`TypedAgenda::act`].
    pub act: String,
    /// The fingerprint of what the form was made from.
    pub seen: String,
    /// Staff numbers; empty for somebody from elsewhere.
    pub p_staff_no: Vec<String>,
    /// Names.
    pub p_name: Vec<String>,
    /// Posts and bodies.
    pub p_title: Vec<String>,
    /// Sittings; empty for all.
    pub p_session: Vec<String>,
}

impl TypedSpeakers {
    /// The form of speakers that are there, with a blank row to write in.
    #[must_use]
    pub fn of(speakers: &[NewSpeaker], seen: String) -> Self {
        let mut typed = Self { seen, ..Self::default() };
        let mut rows = speakers.to_vec();
        rows.push(NewSpeaker::default());
        typed.set_rows(&rows);
        typed
    }

    fn set_rows(&mut self, rows: &[NewSpeaker]) {
        self.p_staff_no = rows.iter().map(|row| row.staff_no.clone().unwrap_or_default()).collect();
        self.p_name = rows.iter().map(|row| row.name.clone()).collect();
        self.p_title = rows.iter().map(|row| row.title.clone()).collect();
        self.p_session = rows.iter().map(|row| row.session_id.clone().unwrap_or_default()).collect();
    }

    /// The rows as typed, blank ones too.
    #[must_use]
    pub fn rows(&self) -> Vec<NewSpeaker> {
        let given = |text: String| Some(text).filter(|text| !text.trim().is_empty());
        let row = |i| NewSpeaker {
            staff_no: given(at(&self.p_staff_no, i)),
            name: at(&self.p_name, i),
            title: at(&self.p_title, i),
            session_id: given(at(&self.p_session, i)),
        };
        (0..self.p_name.len().min(MOST)).map(row).collect()
    }

    /// Does what a button for rows asks.
    pub fn press(&mut self) {
        let mut rows = self.rows();
        press(&self.act, &mut rows);
        self.set_rows(&rows);
    }

    /// The speakers that it describes, and the row of each.
    #[must_use]
    pub fn speakers(&self) -> (Vec<NewSpeaker>, Vec<usize>) {
        let blank =
            |row: &NewSpeaker| row.staff_no.is_none() && row.name.trim().is_empty() && row.title.trim().is_empty();
        let rows = self.rows().into_iter().enumerate().filter(|(_, row)| !blank(row));
        rows.map(|(i, row)| (row, i)).unzip()
    }
}

/// What is wrong, by the field's place in a form: `items[0].title` of row 2 is `PREFIX_title_2`.
#[must_use]
pub fn places(problems: &[FieldProblem], prefix: &str, rows: &[usize], lang: Lang) -> BTreeMap<String, String> {
    let place = |field: &str| {
        let (index, name) = field.split_once('[')?.1.split_once("].")?;
        let row = rows.get(index.parse::<usize>().ok()?)?;
        Some(format!("{prefix}_{}_{row}", name.trim_end_matches("_id")))
    };
    let mut wrong = BTreeMap::new();
    for problem in problems {
        let field = place(&problem.field).unwrap_or_else(|| problem.field.clone());
        wrong.entry(field).or_insert_with(|| problem.text(lang));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    fn typed() -> TypedAgenda {
        TypedAgenda {
            a_title: texts(&["传达学习", "", "休息"]),
            a_kind: texts(&["first_topic", "", ""]),
            a_minutes: texts(&["20", "", "十"]),
            ..TypedAgenda::default()
        }
    }

    #[test]
    fn blank_rows_mean_nothing_and_problems_find_their_row() {
        let (agenda, rows) = typed().agenda();
        assert_eq!(rows, [0, 2]);
        assert_eq!(agenda.items[0].minutes, Some(20));
        assert_eq!(agenda.items[1].minutes, Some(-1), "no number is refused, not dropped");
        let problems = [FieldProblem::new("items[1].minutes", "bad-minutes"), FieldProblem::new("minutes", "required")];
        let wrong = places(&problems, "a", &rows, Lang::Zh);
        assert_eq!(wrong.keys().collect::<Vec<_>>(), ["a_minutes_2", "minutes"]);
    }

    #[test]
    fn rows_are_moved_and_removed_and_nothing_else_is() {
        let order = |act: &str| {
            let mut form = TypedAgenda { act: act.to_owned(), ..typed() };
            form.press();
            form.a_title.join("|")
        };
        assert_eq!(order("up-2"), "传达学习|休息|");
        assert_eq!(order("down-0"), "|传达学习|休息");
        assert_eq!(order("remove-0"), "|休息");
        assert_eq!(order("more"), "传达学习||休息|");
        for act in ["up-0", "down-2", "remove-9", "up-x", "up", "", "remove--1"] {
            assert_eq!(order(act), "传达学习||休息", "{act}");
        }
    }
}
