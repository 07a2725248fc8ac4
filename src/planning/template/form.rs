//! The form of a template: what a browser sends, and the way between it and a template. Pure.

use entity::state::{ChecklistKind, OnDayOff};
use serde::{Deserialize, Serialize};

use super::wish::{DAY, NewTemplate};
use crate::scheduling::Task;

pub use crate::scheduling::form::REMINDERS;

/// What a browser sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    /// Of a template that is there: the state that the form was made from.
    pub version: String,
    pub name: String,
    pub org_code: String,
    pub kind: String,
    pub title_pattern: String,
    /// `yes` for whole days.
    pub all_day: String,
    pub starts_at: String,
    /// Minutes.
    pub length: String,
    /// Whole days.
    pub days: String,
    pub location: String,
    pub form: String,
    /// `yes` or `no`.
    pub required: String,
    /// `yes` or `no`.
    pub walk_ins: String,
    /// Lines.
    pub audience: String,
    /// Apart by 、 or ;.
    pub topics: String,
    pub also_kinds: Vec<String>,
    /// `own` where the template has reminders of its own, else the kind's go out.
    pub reminding: String,
    pub reminders: Vec<String>,
    /// Which of the invited are reminded; empty is as the kind says.
    pub remind_whom: String,
    /// `own` where the template says itself what is mailed afterwards, else its kind does.
    pub aftering: String,
    pub after: Vec<String>,
    pub rrule: String,
    pub on_day_off: String,
    /// Lines.
    pub tasks: String,
    /// Lines.
    pub take: String,
}

impl Typed {
    /// The form of a template.
    pub fn of(template: &NewTemplate) -> Self {
        let yes_no = |yes| if yes { "yes" } else { "no" }.to_owned();
        let lines = |kind| {
            let of_kind = template.checklist.iter().filter(|task| task.kind == kind);
            of_kind.map(|task| task.text.as_str()).collect::<Vec<_>>().join("\n")
        };
        let number = |n: i32| if n > 0 { n.to_string() } else { String::new() };
        Self {
            version: String::new(),
            name: template.name.clone(),
            org_code: template.org_code.clone(),
            kind: template.kind.clone(),
            title_pattern: template.title_pattern.clone(),
            all_day: yes_no(template.all_day),
            starts_at: template.starts_at.clone(),
            length: if template.all_day { String::new() } else { number(template.length_minutes) },
            days: if template.all_day { number(template.length_minutes / DAY) } else { String::new() },
            location: template.location.clone(),
            form: template.form.clone(),
            required: yes_no(template.required),
            walk_ins: yes_no(template.walk_ins),
            audience: template.audience.join("\n"),
            topics: template.topics.join("、"),
            also_kinds: template.also_kinds.clone(),
            reminding: if template.reminders.is_some() { "own" } else { "kind" }.to_owned(),
            reminders: template.reminders.clone().unwrap_or_default(),
            remind_whom: template.remind_whom.map(|whom| whom.to_string()).unwrap_or_default(),
            aftering: if template.after.is_some() { "own" } else { "kind" }.to_owned(),
            after: template.after.clone().unwrap_or_default(),
            rrule: template.rrule.clone().unwrap_or_default(),
            on_day_off: template.on_day_off.to_string(),
            tasks: lines(ChecklistKind::Task),
            take: lines(ChecklistKind::Take),
        }
    }

    /// The template that it describes; a length that is no number is 0, which no template may have.
    pub fn template(&self) -> NewTemplate {
        let all_day = self.all_day == "yes";
        let number = |text: &str| text.trim().parse::<i32>().unwrap_or(0);
        let length_minutes = if all_day { number(&self.days).saturating_mul(DAY) } else { number(&self.length) };
        let tasks = |kind, text: &str| split(text, &['\n']).map(|text| Task { kind, text }).collect::<Vec<_>>();
        NewTemplate {
            name: self.name.clone(),
            org_code: self.org_code.clone(),
            kind: self.kind.clone(),
            title_pattern: self.title_pattern.clone(),
            starts_at: self.starts_at.clone(),
            length_minutes,
            all_day,
            location: self.location.clone(),
            form: self.form.clone(),
            required: self.required == "yes",
            walk_ins: self.walk_ins != "no",
            audience: split(&self.audience, &['\n', ';', '；']).collect(),
            topics: split(&self.topics, &['、', ';', '；']).collect(),
            also_kinds: self.also_kinds.clone(),
            reminders: (self.reminding == "own").then(|| self.reminders.clone()),
            remind_whom: self.remind_whom.parse().ok(),
            after: (self.aftering == "own").then(|| self.after.clone()),
            rrule: Some(self.rrule.trim().to_owned()).filter(|rule| !rule.is_empty()),
            on_day_off: self.on_day_off.parse().unwrap_or(OnDayOff::Keep),
            checklist: [tasks(ChecklistKind::Task, &self.tasks), tasks(ChecklistKind::Take, &self.take)].concat(),
        }
    }

    /// The reminders to choose from: those offered, and others that the template has.
    pub fn reminder_choices(&self) -> Vec<String> {
        let others = self.reminders.iter().map(String::as_str).filter(|own| !REMINDERS.contains(own));
        REMINDERS.into_iter().chain(others).map(str::to_owned).collect()
    }
}

fn split(text: &str, at: &'static [char]) -> impl Iterator<Item = String> {
    text.split(at).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned)
}

/// The place of a problem's field in the form.
pub fn place(field: &str, typed: &Typed) -> String {
    match field.split(['[', '.']).next().unwrap_or(field) {
        "length_minutes" if typed.all_day == "yes" => "days",
        "length_minutes" => "length",
        "checklist" => "tasks",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use entity::state::RemindWhom;

    use super::*;

    #[test]
    fn a_template_comes_back_from_its_form_as_it_was() {
        let template = NewTemplate {
            name: "讲座".to_owned(),
            starts_at: "09:00".to_owned(),
            length_minutes: 90,
            audience: vec!["org:{org}".to_owned(), "-staff:KJ001".to_owned()],
            topics: vec!["宪法".to_owned(), "民法典".to_owned()],
            reminders: Some(vec!["PT45M".to_owned()]),
            remind_whom: Some(RemindWhom::Unanswered),
            after: Some(vec!["thanks".to_owned()]),
            rrule: Some("FREQ=MONTHLY;COUNT=3".to_owned()),
            on_day_off: OnDayOff::After,
            checklist: vec![Task::to_do("请人"), Task { kind: ChecklistKind::Take, text: "签到表".to_owned() }],
            ..NewTemplate::default()
        };
        let typed = Typed::of(&template);
        assert_eq!(typed.template(), template);
        assert!(typed.reminder_choices().contains(&"PT45M".to_owned()));
        let days =
            NewTemplate { all_day: true, starts_at: String::new(), length_minutes: 3 * DAY, after: None, ..template };
        assert_eq!(Typed::of(&days).template(), days);
    }
}
