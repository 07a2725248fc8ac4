//! The filters above the month and the year, as an address carries them and as the form shows them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Class, Kinds, Phase, Wanted};
use crate::locale::Lang;
use crate::people::OrgTree;
use entity::id::OrganisationId;

/// The query of a month or a year; whatever makes no sense counts as not given.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Filters {
    /// Year.
    pub year: String,
    /// Month, 1 to 12.
    pub month: String,
    /// An organisation's code.
    pub org: String,
    /// A kind's key, or `class-study`.
    pub kind: String,
    /// A [`Phase`].
    pub status: String,
    /// Part of a title or place.
    pub q: String,
    /// A law or subject.
    pub topic: String,
    /// Page of a list, from 1.
    pub page: String,
}

/// One choice of a select.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What the reader sees.
    pub text: String,
    /// Whether it is the present one.
    pub chosen: bool,
}

/// The kinds of one class.
#[derive(Clone, Debug, Serialize)]
pub struct ClassChoices {
    /// The class as a whole.
    pub whole: Choice,
    /// The key of its name among the texts.
    pub key: String,
    /// Its kinds.
    pub kinds: Vec<Choice>,
}

/// Every class, in the order in which pages show them.
pub const CLASSES: [Class; 4] = [Class::Study, Class::Meeting, Class::Exam, Class::Outreach];

impl Filters {
    /// The year, that of `today` when none is given.
    #[must_use]
    pub fn year(&self, today: NaiveDate) -> i32 {
        use chrono::Datelike;
        self.year.parse().ok().filter(|year| (1990..=2199).contains(year)).unwrap_or_else(|| today.year())
    }

    /// The first day of the month, that of `today` when none is given.
    #[must_use]
    pub fn month(&self, today: NaiveDate) -> NaiveDate {
        use chrono::Datelike;
        let month = self.month.parse().ok().filter(|month| (1..=12).contains(month)).unwrap_or_else(|| today.month());
        NaiveDate::from_ymd_opt(self.year(today), month, 1).unwrap_or(today)
    }

    /// The page of a list.
    #[must_use]
    pub fn page(&self) -> u64 {
        self.page.parse().ok().filter(|page| *page > 0).unwrap_or(1)
    }

    /// The phase asked for.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        Phase::parse(&self.status)
    }

    /// What to look for.
    #[must_use]
    pub fn wanted(&self, seen_by: OrganisationId, tree: &OrgTree, kinds: &Kinds) -> Wanted {
        let org = tree.by_code(&self.org).map(|row| row.id).filter(|&id| tree.is_below(id, seen_by));
        let class = self.kind.strip_prefix("class-");
        let chosen: Vec<String> = kinds
            .iter()
            .filter(|(key, kind)| class.map_or(*key == self.kind, |class| kind.class.as_str() == class))
            .map(|(key, _)| key.to_owned())
            .collect();
        let kinds = (!self.kind.is_empty() && !chosen.is_empty()).then_some(chosen);
        Wanted {
            seen_by,
            org,
            kinds,
            text: self.q.chars().take(100).collect(),
            topic: Some(self.topic.clone()).filter(|topic| !topic.is_empty()),
        }
    }

    /// The organisations to choose from: the reader's own and those below, without the own one, which is all.
    #[must_use]
    pub fn orgs(&self, seen_by: OrganisationId, tree: &OrgTree) -> Vec<Choice> {
        tree.iter()
            .filter(|row| row.id != seen_by && tree.is_below(row.id, seen_by))
            .map(|row| Choice { value: row.code.clone(), text: row.name.clone(), chosen: row.code == self.org })
            .collect()
    }

    /// The kinds to choose from, by class.
    #[must_use]
    pub fn kinds(&self, kinds: &Kinds, lang: Lang) -> Vec<ClassChoices> {
        kind_choices(kinds, &self.kind, lang)
    }

    /// The same with another phase, as the query of an address.
    #[must_use]
    pub fn with_status(&self, status: &str) -> String {
        Self { status: status.to_owned(), page: String::new(), ..self.clone() }.query()
    }

    /// The same on another page.
    #[must_use]
    pub fn with_page(&self, page: u64) -> String {
        Self { page: page.to_string(), ..self.clone() }.query()
    }

    /// The same in another month.
    #[must_use]
    pub fn with_month(&self, year: i32, month: u32) -> String {
        Self { year: year.to_string(), month: month.to_string(), page: String::new(), ..self.clone() }.query()
    }

    /// The same of another year as a whole.
    #[must_use]
    pub fn with_year(&self, year: i32) -> String {
        Self { year: year.to_string(), month: String::new(), page: String::new(), ..self.clone() }.query()
    }

    fn query(&self) -> String {
        let pairs = [
            ("year", &self.year),
            ("month", &self.month),
            ("org", &self.org),
            ("kind", &self.kind),
            ("status", &self.status),
            ("q", &self.q),
            ("topic", &self.topic),
            ("page", &self.page),
        ];
        let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| format!("{name}={}", crate::view::encode(value))).collect::<Vec<_>>().join("&")
    }
}

/// The kinds by class, the one of that key chosen.
#[must_use]
pub fn kind_choices(kinds: &Kinds, chosen: &str, lang: Lang) -> Vec<ClassChoices> {
    let of = |class: Class| {
        let value = format!("class-{}", class.as_str());
        let key = format!("page-class-{}", class.as_str());
        let choice = |(key, kind): (&str, &super::Kind)| Choice {
            value: key.to_owned(),
            text: kind.name(lang).to_owned(),
            chosen: key == chosen,
        };
        ClassChoices {
            whole: Choice { chosen: value == chosen, text: lang.text(&key), value },
            key,
            kinds: kinds.iter().filter(|(_, kind)| kind.class == class).map(choice).collect(),
        }
    };
    CLASSES.into_iter().map(of).collect()
}
