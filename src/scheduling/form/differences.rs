//! What somebody else changed while a form was open.

use minijinja::{Value, context};

use super::{Row, Typed};
use crate::people::OrgTree;
use crate::web::Page;

/// What reads otherwise now than in the form: the field, what it says now, what was typed.
pub(super) fn differences(page: &Page, tree: &OrgTree, typed: &Typed, present: &Typed) -> Vec<Value> {
    let names = |codes: &[String]| {
        codes
            .iter()
            .map(|code| tree.by_code(code).map_or(code.as_str(), |org| &org.name))
            .collect::<Vec<_>>()
            .join("、")
    };
    let kinds =
        |keys: &[String]| keys.iter().map(|key| page.app.kinds.name(key, page.lang)).collect::<Vec<_>>().join("、");
    let yes = |text: &str| page.lang.text(if text == "no" { "page-no" } else { "page-yes" });
    let whom = |word: &str| {
        let word = if word.is_empty() { "all" } else { word };
        page.lang.text(&format!("remind-whom-{}", word.replace('_', "-")))
    };
    let both = |of: &dyn Fn(&Typed) -> String| (of(present), of(typed));
    let rows = |form: &Typed| {
        let row = |row: &Row| format!("{} {} {} {} {} {}", row.day, row.start, row.last, row.end, row.title, row.place);
        let rows: Vec<_> = form.rows().iter().filter(|row| !row.is_blank()).map(row).collect();
        rows.join("; ").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let all = [
        ("title", "page-title", both(&|form| form.title.clone())),
        ("kind", "page-kind", both(&|form| kinds(std::slice::from_ref(&form.kind)))),
        ("org_code", "page-host", both(&|form| names(std::slice::from_ref(&form.org_code)))),
        ("co_host_codes", "page-co-hosts", both(&|form| names(&form.co_host_codes))),
        ("location", "page-place", both(&|form| form.location.clone())),
        ("audience", "page-audience", both(&|form| form.audience_lines().join("; "))),
        ("required", "page-required-label", both(&|form| yes(&form.required))),
        ("walk_ins", "page-walk-ins-label", both(&|form| yes(&form.walk_ins))),
        ("topics", "page-topics", both(&|form| form.topics().join("、"))),
        ("form", "page-form", both(&|form| form.form.clone())),
        ("also_kinds", "page-also-kinds", both(&|form| kinds(&form.also_kinds))),
        ("contact", "series-contact", both(&|form| form.contact.clone())),
        ("capacity", "series-capacity", both(&|form| form.capacity.trim().to_owned())),
        (
            "reminders",
            "series-reminders",
            both(&|form| if form.reminding == "own" { form.reminders.join("、") } else { String::new() }),
        ),
        ("remind_whom", "remind-whom", both(&|form| whom(&form.remind_whom))),
        (
            "after",
            "after-mails",
            both(&|form| if form.aftering == "own" { form.after.join("、") } else { String::new() }),
        ),
        ("s_day_0", "page-sessions", both(&rows)),
    ];
    let differ = all.into_iter().filter(|(_, _, (now, typed))| now != typed);
    differ.map(|(id, key, (now, typed))| context! { id, label => page.lang.text(key), now, typed }).collect()
}
