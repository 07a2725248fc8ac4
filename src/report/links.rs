//! Where the rows behind a figure are found: each figure carries an address of its own.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::Figures;

/// Who follows a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// A program.
    Api,
    /// A reader.
    Page,
}

/// The address of the rows behind `figure` in a year's report of `org`.
#[must_use]
pub fn rows(to: To, year: i32, org: &str, figure: &str) -> String {
    let base = match to {
        To::Api => "/api/v1",
        To::Page => "",
    };
    let escape = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    // What is usual in a figure's name reads better as it is.
    let figure = escape(figure).to_string().replace("%2E", ".").replace("%5F", "_");
    let org = escape(org).to_string().replace("%2D", "-");
    format!("{base}/reports/{year}/rows?org={org}&figure={figure}")
}

/// The same tree as the report's figures, with the address of its rows in place of each.
#[must_use]
pub fn tree(to: To, figures: &Figures) -> Value {
    let own = |figure: &str| Value::from(rows(to, figures.year, &figures.org, figure));
    let mut tree = Map::new();
    let whole = serde_json::to_value(figures).unwrap_or_default();
    for section in ["kinds", "total", "exam", "outreach", "hours"] {
        tree.insert(section.to_owned(), replaced(&whole[section], section, &own));
    }
    let plan = figures.plan.iter().map(|item| rows(to, figures.year, &item.org_code, &item.figure));
    tree.insert("plan".to_owned(), plan.collect());
    let months = figures.months.iter().map(|month| {
        let of = |name: &str| (name.to_owned(), own(&format!("months.{}.{name}", month.month)));
        Value::Object([of("sessions"), of("person_times")].into_iter().collect())
    });
    tree.insert("months".to_owned(), months.collect());
    Value::Object(tree)
}

fn replaced(value: &Value, path: &str, link: &impl Fn(&str) -> Value) -> Value {
    match value {
        Value::Object(members) => {
            let inside =
                |(key, value): (&String, &Value)| (key.clone(), replaced(value, &format!("{path}.{key}"), link));
            Value::Object(members.iter().map(inside).collect())
        }
        _ => link(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_any_name() {
        assert_eq!(
            rows(To::Api, 2024, "GQ-KJ", "kinds.first_topic.sessions"),
            "/api/v1/reports/2024/rows?org=GQ-KJ&figure=kinds.first_topic.sessions"
        );
        assert_eq!(
            rows(To::Page, 2024, "A&B", "outreach.标语 1"),
            "/reports/2024/rows?org=A%26B&figure=outreach.%E6%A0%87%E8%AF%AD%201"
        );
    }
}
