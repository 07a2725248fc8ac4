//! Reading config/observances.toml and what a site puts on top of it.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;

use super::{Days, Entry, Observances, Source, Words};
use crate::dates::parse_date;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: Words,
    kind: String,
    /// The first year of which it is known, and the last.
    first_year: i32,
    last_year: Option<i32>,
    fixed: Option<Fixed>,
    #[serde(default)]
    notice: Vec<YearNotice>,
    expected: Option<Expected>,
    #[serde(default)]
    tasks: Vec<Words>,
    #[serde(default)]
    take_along: Vec<Words>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixed {
    from: String,
    to: String,
    source: Source,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct YearNotice {
    year: i32,
    from: String,
    to: String,
    source: Source,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Expected {
    Between { from: String, to: String },
    FromWeekday { month: u32, nth: u8, weekday: Weekday, days: u64 },
}

impl Observances {
    /// Reads the tables of observances.toml and checks each; the error says which and why.
    pub fn parse(table: toml::Table) -> Result<Self, String> {
        let mut all = BTreeMap::new();
        for (key, value) in table {
            if key.is_empty() || !key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
                return Err(format!("{key}: a key has only a-z, 0-9 and _"));
            }
            let table: Table = value.try_into().map_err(|e| format!("{key}: {e}"))?;
            let entry = table.read().map_err(|why| format!("{key}: {why}"))?;
            all.insert(key, entry);
        }
        Ok(Self(all))
    }
}

impl Table {
    fn read(self) -> Result<Entry, String> {
        let fixed =
            self.fixed.map(|fixed| Ok::<_, String>((between(&fixed.from, &fixed.to)?, fixed.source))).transpose()?;
        let expected = self.expected.map(Expected::read).transpose()?;
        let mut notices = BTreeMap::new();
        for one in self.notice {
            let (from, to) = (day(&one.from)?, day(&one.to)?);
            if from.year() != one.year || to < from {
                return Err(format!("the notice of {} names {from} to {to}", one.year));
            }
            if notices.insert(one.year, (from, to, one.source)).is_some() {
                return Err(format!("two notices of {}", one.year));
            }
        }
        if fixed.is_none() && expected.is_none() && notices.is_empty() {
            return Err("has no dates: it takes fixed, notice or expected".to_owned());
        }
        Ok(Entry {
            name: self.name,
            kind: self.kind,
            first_year: self.first_year,
            last_year: self.last_year,
            fixed,
            notices,
            expected,
            tasks: self.tasks,
            take_along: self.take_along,
        })
    }
}

impl Expected {
    fn read(self) -> Result<Days, String> {
        match self {
            Self::Between { from, to } => between(&from, &to),
            Self::FromWeekday { month, nth, weekday, days } => {
                // The k-th weekday must be there every year, and the days near it.
                if !(1..=12).contains(&month) || !(1..=4).contains(&nth) || !(1..=62).contains(&days) {
                    return Err("expected takes a month, the 1st to 4th weekday of it, and 1 to 62 days".to_owned());
                }
                Ok(Days::FromWeekday { month, nth, weekday, days })
            }
        }
    }
}

fn day(text: &str) -> Result<NaiveDate, String> {
    parse_date(text).map_err(|error| format!("{text} {error}"))
}

/// Two days of every year, `05-01` to `05-31`; the last of February is no day of every year.
fn between(from: &str, to: &str) -> Result<Days, String> {
    let read = |text: &str| {
        day(&format!("2001-{text}"))
            .map(|day| (day.month(), day.day()))
            .map_err(|_| format!("{text} is no day such as 05-01"))
    };
    let (from, to) = (read(from)?, read(to)?);
    if to < from { Err("ends before it begins".to_owned()) } else { Ok(Days::Between { from, to }) }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::dates::{Observances, Standing};
    use crate::locale::Lang;

    fn shipped() -> Observances {
        Config::defaults().unwrap().yearly_observances().unwrap()
    }

    fn days(key: &str, year: i32) -> String {
        let one = shipped().get(key, year).unwrap();
        format!("{}/{} {}", one.from, one.to, if one.is_set() { "set" } else { "expected" })
    }

    #[test]
    fn the_days_of_known_years_are_those_of_their_notices() {
        for (key, year, expected) in [
            ("constitution_day", 2026, "2026-12-04/2026-12-04 set"),
            ("constitution_week", 2022, "2022-12-04/2022-12-10 set"),
            ("constitution_week", 2025, "2025-12-01/2025-12-07 set"),
            ("national_security_day", 2027, "2027-04-15/2027-04-15 set"),
            ("civil_code_month", 2025, "2025-05-01/2025-05-31 set"),
            ("science_week", 2019, "2019-05-19/2019-05-26 set"),
            ("science_week", 2024, "2024-05-25/2024-06-01 set"),
            ("science_week", 2025, "2025-05-24/2025-05-31 set"),
            ("science_day", 2023, "2023-09-17/2023-09-23 set"),
            ("science_month", 2025, "2025-09-01/2025-09-30 set"),
        ] {
            assert_eq!(days(key, year), expected, "{key} {year}");
        }
    }

    #[test]
    fn a_year_without_a_notice_is_expected_and_never_set() {
        assert_eq!(days("science_week", 2027), "2027-05-22/2027-05-29 expected");
        assert_eq!(days("constitution_week", 2027), "2027-12-01/2027-12-07 expected");
        assert_eq!(days("civil_code_month", 2027), "2027-05-01/2027-05-31 expected");
        assert_eq!(days("science_day", 2022), "2022-09-18/2022-09-24 expected");
    }

    #[test]
    fn a_year_has_only_what_was_kept_then_in_the_order_of_its_days() {
        let keys = |year| shipped().of_year(year).into_iter().map(|one| one.key).collect::<Vec<_>>();
        assert_eq!(
            keys(2026),
            [
                "national_security_day",
                "civil_code_month",
                "science_week",
                "science_month",
                "constitution_week",
                "constitution_day"
            ],
        );
        assert!(keys(2024).contains(&"science_day".to_owned()) && !keys(2024).contains(&"science_month".to_owned()));
        assert_eq!(keys(2003), ["science_week"]);
        assert!(keys(1990).is_empty());
    }

    #[test]
    fn each_says_in_both_languages_what_is_to_be_done_and_taken_along_and_who_set_it() {
        for one in [2019, 2022, 2024, 2026].into_iter().flat_map(|year| shipped().of_year(year)) {
            assert!(one.tasks.len() >= 3 && one.take_along.len() >= 2, "{}", one.key);
            for lang in Lang::ALL {
                assert!(!one.name(lang).is_empty());
                assert!(one.tasks.iter().chain(&one.take_along).all(|words| !words.text(lang).trim().is_empty()));
            }
            if let Standing::Set(source) = &one.standing {
                assert!(!source.title.is_empty() && !source.body.is_empty(), "{}", one.key);
            }
        }
    }

    #[test]
    fn a_site_may_change_one_and_add_its_own_and_a_wrong_one_is_named() {
        let site = |text: &str| {
            let mut config = Config::defaults().unwrap();
            config.observances = text.parse().unwrap();
            config.yearly_observances()
        };
        let own = site(
            r#"
            [grassroots_day]
            name = { zh = "基层工作日", en = "Grass-roots day" }
            kind = "grassroots_day"
            first_year = 2020
            expected = { month = 3, nth = 1, weekday = "Fri", days = 1 }
            "#,
        )
        .unwrap();
        assert_eq!(own.get("grassroots_day", 2026).unwrap().from.to_string(), "2026-03-06");
        assert!(own.get("constitution_day", 2026).is_some());
        for (text, why) in [
            ("[a-b]", "a key has only"),
            (
                "[day]\nname = { zh = 'x', en = 'x' }\nkind = 'none'\nfirst_year = 2020\nexpected = { from = '05-01', to = '05-02' }",
                "no kind none",
            ),
            ("[day]\nname = { zh = 'x', en = 'x' }\nkind = 'community'\nfirst_year = 2020", "has no dates"),
            (
                "[day]\nname = { zh = 'x', en = 'x' }\nkind = 'community'\nfirst_year = 2020\nexpected = { from = '05-03', to = '05-02' }",
                "ends before",
            ),
            (
                "[day]\nname = { zh = 'x', en = 'x' }\nkind = 'community'\nfirst_year = 2020\nexpected = { from = '02-29', to = '03-02' }",
                "no day such as",
            ),
            (
                "[day]\nname = { zh = 'x', en = 'x' }\nkind = 'community'\nfirst_year = 2020\nexpected = { month = 5, nth = 5, weekday = 'Sat', days = 8 }",
                "1st to 4th",
            ),
            ("[day]\nname = { zh = 'x', en = 'x' }\nkind = 'community'\nfirst_year = 2020\nwhen = 1", "unknown field"),
        ] {
            let error = site(text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
