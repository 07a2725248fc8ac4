//! Templates to begin with (config/templates.toml): data, copied into an organisation when it takes one.

use std::sync::LazyLock;

use entity::state::{ChecklistKind, OnDayOff};
use serde::Deserialize;

use super::wish::{DAY, NewTemplate};
use crate::locale::Lang;
use crate::scheduling::{Name, Task};

static STARTERS: LazyLock<Vec<Starter>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../../../config/templates.toml"))
        .expect("config/templates.toml is part of the program and read by its tests");
    file.template
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    template: Vec<Starter>,
}

/// A template to begin with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Starter {
    /// Its name among these.
    pub key: String,
    /// A key of the event kinds.
    pub kind: String,
    /// What it is called.
    pub name: Name,
    title: Name,
    #[serde(default)]
    starts_at: String,
    #[serde(default)]
    minutes: i32,
    #[serde(default)]
    days: i32,
    required: bool,
    walk_ins: bool,
    audience: Vec<String>,
    rrule: Option<String>,
    on_day_off: Option<OnDayOff>,
    tasks: Texts,
    take: Texts,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    zh: Vec<String>,
    en: Vec<String>,
}

impl Texts {
    fn of(&self, lang: Lang) -> &[String] {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// All of them, in the order of the file.
#[must_use]
pub fn starters() -> &'static [Starter] {
    &STARTERS
}

impl Starter {
    /// The template that it becomes in the organisation of that code.
    #[must_use]
    pub fn template(&self, org_code: &str, lang: Lang) -> NewTemplate {
        let tasks = |kind, texts: &Texts| -> Vec<Task> {
            texts.of(lang).iter().map(|text| Task { kind, text: text.clone() }).collect()
        };
        NewTemplate {
            name: self.name.of(lang).to_owned(),
            org_code: org_code.to_owned(),
            kind: self.kind.clone(),
            title_pattern: self.title.of(lang).to_owned(),
            starts_at: self.starts_at.clone(),
            length_minutes: if self.days > 0 { self.days.saturating_mul(DAY) } else { self.minutes },
            all_day: self.days > 0,
            required: self.required,
            walk_ins: self.walk_ins,
            audience: self.audience.clone(),
            rrule: self.rrule.clone(),
            on_day_off: self.on_day_off.unwrap_or(OnDayOff::Keep),
            checklist: [tasks(ChecklistKind::Task, &self.tasks), tasks(ChecklistKind::Take, &self.take)].concat(),
            ..NewTemplate::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_of_a_kind_that_there_is_and_speaks_both_languages() {
        let kinds = crate::config::Config::defaults().unwrap().event_kinds().unwrap();
        assert_eq!(starters().len(), 7);
        for starter in starters() {
            assert!(kinds.get(&starter.kind).is_some(), "{}", starter.key);
            assert_eq!(starter.tasks.zh.len(), starter.tasks.en.len(), "{}", starter.key);
            assert_eq!(starter.take.zh.len(), starter.take.en.len(), "{}", starter.key);
            let mut wrong = Vec::new();
            for lang in Lang::ALL {
                super::super::pattern::check("title", &starter.template("X", lang).title_pattern, &mut wrong);
            }
            assert!(wrong.is_empty() && (starter.days > 0) != (starter.minutes > 0), "{}", starter.key);
        }
    }
}
