//! Draft sentences of the report's text: figures in words, each number a link to its rows. Pure.

use serde::Serialize;

use super::Figures;
use super::links::{self, To};
use super::rate::{Rate, roughly};
use crate::locale::Lang;
use crate::scheduling::{Class, Counts, Kinds};
use crate::view::format;

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// As shown.
    pub text: String,
    /// Where its rows are; None of words.
    pub href: Option<String>,
}

struct Draft<'a> {
    figures: &'a Figures,
    kinds: &'a Kinds,
    lang: Lang,
}

/// The paragraphs that can be written of these figures: study and exam, then outreach and online study. One without
/// anything to say is left out.
#[must_use]
pub fn paragraphs(figures: &Figures, kinds: &Kinds, lang: Lang) -> Vec<Vec<Part>> {
    let draft = Draft { figures, kinds, lang };
    [draft.study(), draft.outreach()].into_iter().filter(|paragraph| !paragraph.is_empty()).collect()
}

impl Draft<'_> {
    fn study(&self) -> Vec<Part> {
        let of_class = |key: &str| self.kinds.get(key).map_or(Class::Study, |kind| kind.class);
        let mut clauses = Vec::new();
        for (key, kind) in &self.figures.kinds {
            let Some(sum) = &kind.attendance else { continue };
            if of_class(key) == Class::Outreach {
                continue;
            }
            let (count, what) = match self.kinds.get(key).map(|kind| kind.counts) {
                Some(Counts::Events) => (kind.events, "events"),
                _ => (kind.sessions, "sessions"),
            };
            let text = if sum.expected > 0 { "report-draft-kind" } else { "report-draft-kind-open" };
            let text = if what == "events" { format!("{text}-events") } else { text.to_owned() };
            let figures = [
                ("count", format::number(count), format!("kinds.{key}.{what}")),
                ("rate", self.rate(sum.attendance_rate), format!("kinds.{key}.attendance_rate")),
                ("times", format::number(sum.person_times), format!("kinds.{key}.person_times")),
            ];
            clauses.push(self.clause(&text, self.kinds.name(key, self.lang), &figures));
        }
        let mut paragraph = self.sentence("report-draft-held", clauses);
        let exam = &self.figures.exam;
        if exam.eligible > 0 {
            let figures = [
                ("participation", self.rate(exam.participation_rate), "exam.eligible".to_owned()),
                ("pass", self.rate(exam.pass_rate), "exam.sat".to_owned()),
            ];
            paragraph.extend(self.clause("report-draft-exam", "", &figures));
        }
        paragraph
    }

    fn outreach(&self) -> Vec<Part> {
        let is_outreach = |key: &str| self.kinds.get(key).is_some_and(|kind| kind.class == Class::Outreach);
        let names: Vec<_> = self
            .figures
            .kinds
            .keys()
            .filter(|key| is_outreach(key))
            .map(|key| self.kinds.name(key, self.lang))
            .collect();
        let mut clauses = Vec::new();
        if !names.is_empty() {
            clauses.push(self.clause("report-draft-outreach", &names.join(&self.lang.text("report-draft-and")), &[]));
        }
        for metric in ["materials", "consultations"] {
            if let Some(&amount) = self.figures.outreach.get(metric).filter(|amount| **amount > 0) {
                let shown = match self.lang {
                    Lang::Zh => roughly(amount),
                    Lang::En => format::number(amount),
                };
                let shown = self.lang.text_with(&format!("report-amount-{metric}"), [("amount", shown)]);
                let figure = [("amount", shown, format!("outreach.{metric}"))];
                clauses.push(self.clause(&format!("report-draft-{metric}"), "", &figure));
            }
        }
        for (key, hours) in &self.figures.hours {
            let figures = [
                ("people", format::number(hours.people), format!("hours.{key}.people")),
                ("hours", hours.hours.to_string(), format!("hours.{key}.hours")),
            ];
            clauses.push(self.clause("report-draft-hours", self.kinds.name(key, self.lang), &figures));
        }
        self.sentence("", clauses)
    }

    /// A rate with its numerator and denominator.
    fn rate(&self, rate: Rate) -> String {
        let args = [
            ("percent", rate.percent()),
            ("numerator", format::number(rate.numerator)),
            ("denominator", format::number(rate.denominator)),
        ];
        self.lang.text_with("report-rate", args)
    }

    /// A text in which figures are links: they go in as marks and come out as parts.
    fn clause(&self, key: &str, name: &str, figures: &[(&'static str, String, String)]) -> Vec<Part> {
        let mark = |n: usize| char::from_u32(0xE000 + u32::try_from(n).unwrap_or(0)).unwrap_or_default();
        let args = figures.iter().enumerate().map(|(n, (arg, ..))| (*arg, mark(n).to_string()));
        let text = self.lang.text_with(key, args.chain([("name", name.to_owned())]));
        let mut parts = vec![Part { text: String::new(), href: None }];
        for letter in text.chars() {
            if let Some((_, (_, shown, figure))) = figures.iter().enumerate().find(|(n, _)| mark(*n) == letter) {
                let href = links::rows(To::Page, self.figures.year, &self.figures.org, figure);
                parts.push(Part { text: shown.clone(), href: Some(href) });
                parts.push(Part { text: String::new(), href: None });
            } else if let Some(last) = parts.last_mut() {
                last.text.push(letter);
            }
        }
        parts.retain(|part| !part.text.is_empty());
        parts
    }

    /// Clauses one after the other, between an opening and a full stop; nothing of no clauses.
    fn sentence(&self, opening: &str, clauses: Vec<Vec<Part>>) -> Vec<Part> {
        let word = |key: &str| Part { text: self.lang.text(key), href: None };
        let mut parts = Vec::new();
        for (n, clause) in clauses.into_iter().enumerate() {
            if n > 0 {
                parts.push(word("report-draft-then"));
            } else if !opening.is_empty() {
                parts.push(word(opening));
            }
            parts.extend(clause);
        }
        if !parts.is_empty() {
            parts.push(word("report-draft-stop"));
        }
        parts
    }
}
