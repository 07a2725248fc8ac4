//! What the month, week, agenda, planner and list are asked for, as an address carries it and as their form shows it.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::{Class, Kinds, Phase, Wanted};
use crate::locale::Lang;
use crate::people::OrgTree;
use entity::id::OrganisationId;

mod way;

pub use way::View;
use way::{address, at};

/// Characters of a text to look for; the rest is left out.
const LONGEST: usize = 100;
/// Pages that a list may have; nobody turns more.
const MOST_PAGES: u64 = 1_000_000;

/// What an address asks for. Each is as it was typed; what makes no sense is named by [`Filters::doubts`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Filters {
    /// Year.
    pub year: String,
    /// Month, 1 to 12.
    pub month: String,
    /// A day: the week's, or that from which the agenda begins.
    pub date: String,
    /// An organisation's code.
    pub org: String,
    /// A kind's key, or `class-study`.
    pub kind: String,
    /// Part of a place.
    pub place: String,
    /// A law or subject, as events name it.
    pub topic: String,
    /// A [`Phase`].
    pub status: String,
    /// `me`: only what waits for the reader.
    pub needs: String,
    /// Part of a title, place, law or subject.
    pub q: String,
    /// Page of a list, from 1.
    pub page: String,
    /// Of the agenda: what follows that sitting.
    pub after: String,
    /// Of the agenda: what leads up to that sitting.
    pub before: String,
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

/// Something asked for that makes no sense here, and what was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Doubt {
    /// The key of its text without `views-doubt-`.
    pub what: &'static str,
    /// As given, cut to what fits a line.
    pub value: String,
}

/// Every class, in the order in which pages show them.
pub const CLASSES: [Class; 4] = [Class::Study, Class::Meeting, Class::Exam, Class::Outreach];

impl Filters {
    /// Reads the query of an address. Of a name given twice the last counts; control characters and the overlong end of
    /// a text are left out.
    #[must_use]
    pub fn read(query: Option<&str>) -> Self {
        let mut filters = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let Some(field) = filters.field(&name) else { continue };
            *field = value.chars().filter(|c| !c.is_control()).take(LONGEST).collect::<String>().trim().to_owned();
        }
        filters
    }

    fn field(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "year" => &mut self.year,
            "month" => &mut self.month,
            "date" => &mut self.date,
            "org" => &mut self.org,
            "kind" => &mut self.kind,
            "place" => &mut self.place,
            "topic" => &mut self.topic,
            "status" => &mut self.status,
            "needs" => &mut self.needs,
            "q" => &mut self.q,
            "page" => &mut self.page,
            "after" => &mut self.after,
            "before" => &mut self.before,
            _ => return None,
        })
    }

    fn given_year(&self) -> Option<i32> {
        self.year.parse().ok().filter(|year| (1990..=2199).contains(year))
    }

    fn given_date(&self) -> Option<NaiveDate> {
        self.date.parse().ok().filter(|day: &NaiveDate| (1990..=2199).contains(&day.year()))
    }

    fn given_month(&self) -> Option<u32> {
        self.month.parse().ok().filter(|month| (1..=12).contains(month))
    }

    /// The year: as given, else that of the day, else that of `today`.
    #[must_use]
    pub fn year(&self, today: NaiveDate) -> i32 {
        self.given_year().or_else(|| Some(self.given_date()?.year())).unwrap_or_else(|| today.year())
    }

    /// The first day of the month; of a year without a month, this month's where it is this year, else January.
    #[must_use]
    pub fn month(&self, today: NaiveDate) -> NaiveDate {
        let day = self.day(today);
        day.with_day(1).unwrap_or(day)
    }

    /// The day: as given, else today where it lies in the month or year given, else the first of that.
    #[must_use]
    pub fn day(&self, today: NaiveDate) -> NaiveDate {
        if let Some(day) = self.given_date() {
            return day;
        }
        let year = self.given_year().unwrap_or_else(|| today.year());
        let fallback = if year == today.year() || self.given_year().is_none() { today.month() } else { 1 };
        let month = self.given_month().unwrap_or(fallback);
        if (year, month) == (today.year(), today.month()) {
            return today;
        }
        NaiveDate::from_ymd_opt(year, month, 1).unwrap_or(today)
    }

    fn given_page(&self) -> Option<u64> {
        self.page.parse().ok().filter(|page| (1..=MOST_PAGES).contains(page))
    }

    /// The page of a list.
    #[must_use]
    pub fn page(&self) -> u64 {
        self.given_page().unwrap_or(1)
    }

    /// The phase asked for.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        Phase::parse(&self.status)
    }

    /// Whether only what waits for the reader is asked for.
    #[must_use]
    pub fn needs_me(&self) -> bool {
        self.needs == "me"
    }

    /// Whether anything beside the time is asked for.
    #[must_use]
    pub fn narrow(&self) -> bool {
        self.kept().iter().any(|(_, value)| !value.is_empty())
    }

    /// The organisation asked for, if the reader may see it.
    fn chosen_org(&self, seen_by: OrganisationId, tree: &OrgTree) -> Option<OrganisationId> {
        tree.by_code(&self.org).map(|row| row.id).filter(|&id| tree.is_below(id, seen_by))
    }

    fn chosen_kinds(&self, kinds: &Kinds) -> Vec<String> {
        let class = self.kind.strip_prefix("class-");
        kinds
            .iter()
            .filter(|(key, kind)| class.map_or(*key == self.kind, |class| kind.class.as_str() == class))
            .map(|(key, _)| key.to_owned())
            .collect()
    }

    /// What to look for.
    #[must_use]
    pub fn wanted(&self, seen_by: OrganisationId, tree: &OrgTree, kinds: &Kinds) -> Wanted {
        let chosen = self.chosen_kinds(kinds);
        Wanted {
            seen_by,
            org: self.chosen_org(seen_by, tree),
            kinds: (!chosen.is_empty()).then_some(chosen),
            place: self.place.clone(),
            topic: self.topic.clone(),
            text: self.q.clone(),
            only: None,
        }
    }

    /// What was asked for and makes no sense here; it does not narrow anything.
    #[must_use]
    pub fn doubts(&self, seen_by: OrganisationId, tree: &OrgTree, kinds: &Kinds) -> Vec<Doubt> {
        [
            ("year", &self.year, self.given_year().is_some()),
            ("month", &self.month, self.given_month().is_some()),
            ("date", &self.date, self.given_date().is_some()),
            ("org", &self.org, self.chosen_org(seen_by, tree).is_some()),
            ("kind", &self.kind, !self.chosen_kinds(kinds).is_empty()),
            ("status", &self.status, self.phase().is_some()),
            ("needs", &self.needs, self.needs_me()),
            ("page", &self.page, self.given_page().is_some()),
        ]
        .into_iter()
        .filter(|(_, value, good)| !value.is_empty() && !good)
        .map(|(what, value, _)| Doubt { what, value: value.chars().take(40).collect() })
        .chain((self.q.chars().count() == LONGEST).then(|| Doubt { what: "q", value: LONGEST.to_string() }))
        .collect()
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

    /// What stays when the view or the time changes.
    fn kept(&self) -> [(&'static str, &str); 7] {
        [
            ("org", &self.org),
            ("kind", &self.kind),
            ("place", &self.place),
            ("topic", &self.topic),
            ("status", &self.status),
            ("needs", &self.needs),
            ("q", &self.q),
        ]
    }

    /// The address of a view at a day, with everything else that is asked for.
    #[must_use]
    pub fn to(&self, view: View, day: NaiveDate) -> String {
        address(view, &at(view, day), &self.kept())
    }

    /// The same without what narrows it.
    #[must_use]
    pub fn off(view: View, day: NaiveDate) -> String {
        address(view, &at(view, day), &[])
    }

    /// The same with one thing else: a name that stays and its value, or a place in a list.
    #[must_use]
    pub fn with(&self, view: View, day: NaiveDate, name: &'static str, value: &str) -> String {
        let mut kept: Vec<_> = self.kept().into_iter().filter(|(kept, _)| *kept != name).collect();
        kept.push((name, value));
        address(view, &at(view, day), &kept)
    }

    /// The same of that day in the agenda from one sitting on, or back from it.
    #[must_use]
    pub fn cursor(&self, day: NaiveDate, name: &'static str, value: &str) -> String {
        self.with(View::Agenda, day, name, value)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn filters_stay_while_view_and_time_change() {
        let filters = Filters::read(Some("year=2024&month=5&kind=class-study&q=%E6%B3%95%26%25&page=3&unknown=1"));
        let today = day("2024-11-02");
        assert_eq!(filters.day(today), day("2024-05-01"));
        assert_eq!(
            filters.to(View::Week, day("2024-05-06")),
            "/week?date=2024-05-06&kind=class-study&q=%E6%B3%95%26%25"
        );
        assert_eq!(
            filters.with(View::List, today, "status", "held"),
            "/events?year=2024&kind=class-study&q=%E6%B3%95%26%25&status=held"
        );
        assert_eq!(Filters::off(View::Month, today), "/calendar?year=2024&month=11");
    }

    #[test]
    fn a_day_is_todays_where_nothing_else_is_said() {
        let today = day("2024-11-17");
        for (query, expected) in [
            ("", "2024-11-17"),
            ("year=2024", "2024-11-17"),
            ("year=2024&month=11", "2024-11-17"),
            ("year=2023", "2023-01-01"),
            ("year=99999", "2024-11-17"),
            ("month=13", "2024-11-17"),
            ("month=2", "2024-02-01"),
            ("date=2021-02-28&year=2020", "2021-02-28"),
            ("date=2021-02-29", "2024-11-17"),
            ("date=+99999-01-01", "2024-11-17"),
        ] {
            assert_eq!(Filters::read(Some(query)).day(today), day(expected), "{query}");
        }
    }

    #[test]
    fn what_is_read_is_cut_and_has_no_control_characters() {
        let filters = Filters::read(Some(&format!("q=a%00%0D%0Ab&place={}&org=A&org=B", "x".repeat(5_000))));
        assert_eq!((filters.q.as_str(), filters.place.len(), filters.org.as_str()), ("ab", LONGEST, "B"));
    }
}
