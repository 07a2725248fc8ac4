//! Event kinds: what config/kinds.toml says of each.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use entity::state::RemindWhom;
use serde::{Deserialize, Serialize};

use super::afterwards::Afterwards;
use crate::dates::parse_duration;
use crate::locale::Lang;

/// What sort of thing a kind is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// 学法: study.
    Study,
    /// 会议: a working meeting.
    Meeting,
    /// 考法: an exam, whose figures go by people.
    Exam,
    /// 普法: out to the public.
    Outreach,
}

impl Class {
    /// Its name in JSON and in the keys of texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Study => "study",
            Self::Meeting => "meeting",
            Self::Exam => "exam",
            Self::Outreach => "outreach",
        }
    }
}

/// What a year's count of a kind adds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Counts {
    /// Events with a session that counts.
    Events,
    /// Sessions that count.
    #[default]
    Sessions,
}

/// A name in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Name {
    /// The name in a language.
    #[must_use]
    pub fn of(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// One kind of event.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// As shown.
    pub name: Name,
    /// What sort of thing it is.
    pub class: Class,
    /// What its yearly count adds up.
    #[serde(default)]
    pub counts: Counts,
    /// Minutes after the start from which a check-in is late.
    #[serde(default = "ten")]
    pub late_after: u32,
    /// Reminders before the start, ISO 8601.
    #[serde(default = "three_days_and_an_hour")]
    pub reminders: Vec<String>,
    /// Which of the invited are reminded, unless an event says it.
    #[serde(default = "everybody")]
    pub remind_whom: RemindWhom,
    /// What is mailed after a session; left out: of a study what must be made up, to those who had to come.
    #[serde(default)]
    pub after: Option<Vec<Afterwards>>,
    /// What a calendar day of an all-day session counts, in hours.
    #[serde(default = "eight")]
    pub all_day_hours: f64,
}

const fn ten() -> u32 {
    10
}

const fn eight() -> f64 {
    8.0
}

fn three_days_and_an_hour() -> Vec<String> {
    vec!["P3D".into(), "PT1H".into()]
}

const fn everybody() -> RemindWhom {
    RemindWhom::All
}

impl Kind {
    /// Its name in a language.
    #[must_use]
    pub fn name(&self, lang: Lang) -> &str {
        self.name.of(lang)
    }

    /// What is mailed after a session of an event that says nothing of it.
    #[must_use]
    pub fn after(&self) -> Vec<Afterwards> {
        let of_class = || if self.class == Class::Study { vec![Afterwards::MakeUp] } else { Vec::new() };
        self.after.clone().unwrap_or_else(of_class)
    }

    /// The time after the start from which a check-in is late.
    #[must_use]
    pub fn late_after(&self) -> TimeDelta {
        TimeDelta::minutes(self.late_after.into())
    }
}

/// All kinds, by key, in the order of the file's names.
#[derive(Clone, Debug)]
pub struct Kinds(BTreeMap<String, Kind>);

impl Kinds {
    /// Reads the tables of kinds.toml and checks each; the error says which and why.
    pub fn parse(table: toml::Table) -> Result<Self, String> {
        let mut kinds = BTreeMap::new();
        for (key, value) in table {
            let kind: Kind = value.try_into().map_err(|e| format!("{key}: {e}"))?;
            if let Some(wrong) = kind.reminders.iter().find(|text| parse_duration(text).is_none()) {
                return Err(format!("{key}: {wrong} is no ISO 8601 duration such as P3D or PT1H"));
            }
            if key.is_empty() || !key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
                return Err(format!("{key}: a key has only a-z, 0-9 and _"));
            }
            kinds.insert(key, kind);
        }
        Ok(Self(kinds))
    }

    /// The kind of that key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Kind> {
        self.0.get(key)
    }

    /// Every key and kind, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Kind)> {
        self.0.iter().map(|(key, kind)| (key.as_str(), kind))
    }

    /// Which of the invited are reminded of an event of that kind that says nothing of it.
    #[must_use]
    pub fn remind_whom(&self, key: &str) -> RemindWhom {
        self.get(key).map_or(RemindWhom::All, |kind| kind.remind_whom)
    }

    /// The name of a kind in a language; the key of one that the site no longer has.
    #[must_use]
    pub fn name<'a>(&'a self, key: &'a str, lang: Lang) -> &'a str {
        self.get(key).map_or(key, |kind| kind.name(lang))
    }
}
