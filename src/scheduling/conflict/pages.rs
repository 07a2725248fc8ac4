//! Conflicts as pages show them: in words, with ways out of each.

use std::collections::BTreeMap;

use minijinja::{Value, context};

use super::{Conflict, Free, Sort, Subject, Weight, words};
use crate::access::Actor;
use crate::error::Result;
use crate::view::format;
use crate::web::Page;

/// Sessions for which ways out are looked for, and free places and times shown of each.
const WITH_WAYS: usize = 3;
const WAYS: usize = 3;
/// Sessions whose conflicts are written out.
const WRITTEN: usize = 20;

/// What `scheduling/conflict/notice.html` shows: the conflicts by session, each with free times and places; hints
/// apart. None where there is neither.
pub async fn notice(page: &Page, actor: &Actor, subject: &Subject, found: &[Conflict]) -> Result<Option<Value>> {
    if found.is_empty() {
        return Ok(None);
    }
    let now = page.app.now();
    let line = |conflict: &Conflict| {
        let known = conflict.other.as_ref().and_then(|other| other.known.as_ref());
        // A session of the same event is on the page already.
        let open = known.filter(|known| Some(known.event) != subject.event).map(|known| known.event.0);
        context! { text => words(conflict, &page.app.kinds, page.lang, now), open }
    };
    let mut sessions: Vec<Value> = Vec::new();
    let blocking = || found.iter().filter(|conflict| conflict.weight == Weight::Blocks);
    let asked: Vec<_> =
        subject.asked().filter(|sitting| blocking().any(|c| c.own.session == sitting.session)).collect();
    for (i, sitting) in asked.iter().take(WRITTEN).enumerate() {
        let own: Vec<&Conflict> = blocking().filter(|conflict| conflict.own.session == sitting.session).collect();
        let (mut slots, mut places, mut looked) = (Vec::new(), Vec::new(), false);
        if i < WITH_WAYS {
            let free = Free::load(page.app.db.read(), &page.app.ground(), actor, subject, sitting, now).await?;
            looked = true;
            slots = free.slots(WAYS + 1).into_iter().filter(|slot| *slot != sitting.span).take(WAYS).map(|slot| {
                context! { starts_at => slot.start_text(), ends_at => slot.end_text(), text => format::span(page.lang, &slot, now) }
            }).collect();
            if own.iter().any(|conflict| matches!(conflict.sort, Sort::Place | Sort::Capacity)) {
                places = free
                    .places(WAYS)
                    .into_iter()
                    .map(|place| {
                        let size = place.capacity.map(|n| {
                            page.lang
                                .text_with("conflict-place-size", [("name", place.name.clone()), ("n", n.to_string())])
                        });
                        context! { name => place.name.clone(), text => size.unwrap_or_else(|| place.name.clone()) }
                    })
                    .collect();
            }
        }
        sessions.push(context! {
            id => sitting.session.map(|id| id.0), looked, slots, places,
            lines => own.iter().map(|conflict| line(conflict)).collect::<Vec<_>>(),
        });
    }
    let hints: Vec<Value> =
        found.iter().filter(|conflict| conflict.weight == Weight::Hint).take(WRITTEN).map(line).collect();
    Ok(Some(context! { n => blocking().count(), more => asked.len().saturating_sub(WRITTEN), sessions, hints }))
}

/// What an audit keeps of overridden conflicts, as one line: `场所 1 处、人员 2 处`; empty where it keeps none.
#[must_use]
pub fn overridden(page: &Page, detail: &serde_json::Value) -> String {
    let kept = detail["conflicts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut counts: BTreeMap<Sort, usize> = BTreeMap::new();
    for sort in kept.iter().filter_map(|row| Sort::ALL.into_iter().find(|sort| row["kind"] == sort.as_str())) {
        *counts.entry(sort).or_default() += 1;
    }
    let name = |sort: Sort| page.lang.text(&format!("conflict-sort-{}", sort.as_str().replace('_', "-")));
    let parts: Vec<String> = counts
        .into_iter()
        .map(|(sort, n)| page.lang.text_with("conflict-count", [("sort", name(sort)), ("n", n.to_string())]))
        .collect();
    if parts.is_empty() {
        return String::new();
    }
    page.lang.text_with("conflict-overridden", [("list", parts.join(&page.lang.text("page-list-comma")))])
}
