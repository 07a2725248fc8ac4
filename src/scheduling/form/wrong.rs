//! What is wrong, sorted to the places of a form. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::FieldProblem;
use crate::locale::Lang;

/// What is wrong, by the field's place in the form: `title`, `s_end_2`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Wrong(pub BTreeMap<String, String>);

impl Wrong {
    /// Sorts problems to their fields; `rows` says the row of each sitting that the domain numbered.
    #[must_use]
    pub fn of(problems: &[FieldProblem], rows: &[usize], lang: Lang) -> Self {
        let mut wrong = BTreeMap::new();
        for problem in problems {
            wrong.entry(place(&problem.field, rows)).or_insert_with(|| problem.text(lang));
        }
        Self(wrong)
    }
}

fn place(field: &str, rows: &[usize]) -> String {
    let Some((list, rest)) = field.split_once('[') else {
        return match field {
            "sessions" | "series" => "s_day_0",
            "series.starts_at" => "s_start_0",
            "series.ends_at" => "s_end_0",
            "series.rrule" | "series.key" => "r_repeat",
            "series.on_day_off" => "r_off",
            "series.from" => "r_from",
            other => other,
        }
        .to_owned();
    };
    if list != "sessions" {
        return list.to_owned();
    }
    let (index, name) = rest.split_once(']').unwrap_or((rest, ""));
    let row = index.parse::<usize>().ok().and_then(|index| rows.get(index).copied()).unwrap_or(0);
    match name {
        ".starts_at" => format!("s_start_{row}"),
        ".ends_at" => format!("s_end_{row}"),
        _ => format!("s_day_{row}"),
    }
}
