//! Next year from this year on a page: every proposal for review, and drafts of those that are taken.

use std::collections::{BTreeMap, HashMap, HashSet};

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Datelike, NaiveDate};
use entity::id::{EventId, OrganisationId, SessionId};
use entity::plan_item;
use minijinja::{Value, context};
use serde::Deserialize;

use super::make::{Chosen, Refused, present};
use super::{Ground, Laid, Proposed, make, propose, read, shown, source_of};
use crate::dates::{Workdays, parse_date};
use crate::error::{Code, Error, Result};
use crate::people::OrgTree;
use crate::planning::{items, items_below};
use crate::scheduling::{Whole, holidays};
use crate::view::format;
use crate::web::{Desk, Page, Signed, ToManage};

/// Years that can be copied.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2198;

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    org: String,
    from: String,
    done: String,
    made: String,
    there: String,
    items: String,
    items_there: String,
}

/// What a browser sends. `s_id` and `s_day` run side by side.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    act: String,
    org: String,
    from: String,
    take: Vec<i64>,
    item: Vec<i64>,
    s_id: Vec<i64>,
    s_day: Vec<String>,
}

/// What a year held and what becomes of it.
struct Review {
    org: OrganisationId,
    from: i32,
    wholes: Vec<Whole>,
    proposed: Vec<Proposed>,
    there: HashMap<String, EventId>,
    items: Vec<plan_item::Model>,
    items_there: HashSet<(OrganisationId, String)>,
    workdays: Workdays,
}

impl Review {
    async fn load(page: &Page, org: OrganisationId, from: i32) -> Result<Self> {
        let db = page.app.db.read();
        let workdays = holidays::load(db).await?;
        let wholes = read(db, org, from).await?;
        let sources: Vec<_> = wholes.iter().map(|whole| source_of(whole, from, page.app.now())).collect();
        let ground = Ground { from, to: from + 1, workdays: &workdays, observances: &page.app.observances };
        let proposed = propose(&sources, &ground);
        let there = present(db, proposed.iter().map(|one| one.key.as_str())).await?;
        let items = items_below(db, org, from).await?;
        let new = items_below(db, org, from + 1).await?;
        let items_there = new.into_iter().map(|row| (row.organisation_id, row.item)).collect();
        Ok(Self { org, from, wholes, proposed, there, items, items_there, workdays })
    }

    fn is_there(&self, one: &Proposed) -> bool {
        self.there.contains_key(&one.key)
    }

    /// Puts the days that somebody chose in the place of those proposed; what is wrong with them, by sitting.
    fn edit(&mut self, typed: &HashMap<i64, &str>, page: &Page) -> BTreeMap<i64, String> {
        let mut wrong = BTreeMap::new();
        for laid in self.proposed.iter_mut().flat_map(|one| &mut one.sittings) {
            let Some(text) = typed.get(&laid.id.0) else { continue };
            match parse_date(text) {
                Ok(day) if day.year() == self.from + 1 => *laid = laid.on(day),
                Ok(_) => {
                    let year = (self.from + 1).to_string();
                    wrong.insert(laid.id.0, page.lang.text_with("field-other-year", [("year", year)]));
                }
                Err(error) => {
                    wrong.insert(laid.id.0, page.lang.text(&format!("field-{}", error.code())));
                }
            }
        }
        wrong
    }
}

/// What the form said, when it comes back.
#[derive(Default)]
struct Again<'a> {
    status: StatusCode,
    typed: Option<&'a Typed>,
    days: BTreeMap<i64, String>,
    refused: Option<(EventId, String)>,
    year: bool,
}

/// The organisation of that code, the actor's own when none is named; `not-found` unless it is its own or below.
pub(in crate::planning) fn whose(tree: &OrgTree, own: OrganisationId, code: &str) -> Result<OrganisationId> {
    if code.is_empty() {
        return Ok(own);
    }
    let found = tree.by_code(code).filter(|org| tree.is_below(org.id, own));
    found.map(|org| org.id).ok_or_else(|| Error::new(Code::NotFound))
}

/// `GET /planning/next-year`
pub async fn ask(Desk { page, actor, .. }: Desk<ToManage>, Query(asked): Query<Asked>) -> Result<Response> {
    let tree = page.tree().await?;
    let org = whose(tree, actor.organisation, &asked.org)?;
    let this_year = page.app.config.zone().day(page.app.now()).year();
    let year = asked.from.trim().parse().ok().filter(|year| YEARS.contains(year));
    let bad_year = year.is_none() && !asked.from.trim().is_empty();
    let review = Review::load(&page, org, year.unwrap_or(this_year)).await?;
    let status = if bad_year { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let again = Again { status, year: bad_year, ..Again::default() };
    show(&page, actor.organisation, &review, again, toast(&page, &asked)).await
}

fn toast(page: &Page, asked: &Asked) -> Option<String> {
    let n = |text: &str| text.parse::<i64>().unwrap_or(0);
    (asked.done == "made").then(|| {
        let args = [
            ("made", &asked.made),
            ("there", &asked.there),
            ("items", &asked.items),
            ("items_there", &asked.items_there),
        ];
        page.lang.text_with("plan-next-done", args.map(|(name, text)| (name, n(text))))
    })
}

/// `POST /planning/next-year`
pub async fn take(Desk { page, actor, .. }: Desk<ToManage>, Signed(typed): Signed<Typed>) -> Result<Response> {
    let tree = page.tree().await?;
    let org = whose(tree, actor.organisation, &typed.org)?;
    let from =
        typed.from.parse().ok().filter(|year| YEARS.contains(year)).ok_or_else(|| Error::new(Code::Malformed))?;
    let mut review = Review::load(&page, org, from).await?;
    let days: HashMap<i64, &str> = typed.s_id.iter().copied().zip(typed.s_day.iter().map(String::as_str)).collect();
    let wrong = review.edit(&days, &page);
    let taken: HashSet<i64> = typed.take.iter().copied().collect();
    let about: HashSet<i64> = review
        .proposed
        .iter()
        .filter(|one| taken.contains(&one.id.0))
        .flat_map(|one| one.sittings.iter().map(|laid| laid.id.0))
        .collect();
    if typed.act == "look" || wrong.keys().any(|id| about.contains(id)) {
        let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let again = Again { status, typed: Some(&typed), days: wrong, ..Again::default() };
        return show(&page, actor.organisation, &review, again, None).await;
    }
    let chosen: Vec<_> = review
        .proposed
        .iter()
        .filter(|one| taken.contains(&one.id.0))
        .filter_map(|proposed| {
            let whole = review.wholes.iter().find(|whole| whole.event.id == proposed.id)?;
            Some(Chosen { whole, proposed })
        })
        .collect();
    let wanted: Vec<_> = review.items.iter().filter(|row| typed.item.contains(&row.id.0)).cloned().collect();
    let tx = page.app.db.begin().await?;
    let made = make(&tx, &page.app.ground(), &actor, &chosen, ((from, from + 1), page.lang), page.app.now()).await;
    let outcome = match made {
        Ok(outcome) => outcome,
        Err(Refused { event: Some(event), problem: Error::Problem(problem) }) if problem.code == Code::Invalid => {
            tx.rollback().await?;
            let texts: Vec<_> = problem.fields.iter().map(|field| field.text(page.lang)).collect();
            let refused = Some((event, texts.join(" ")));
            let again =
                Again { status: StatusCode::UNPROCESSABLE_ENTITY, typed: Some(&typed), refused, ..Again::default() };
            return show(&page, actor.organisation, &review, again, None).await;
        }
        Err(Refused { problem, .. }) => return Err(problem),
    };
    let copied = items::copy(&tx, &wanted, from + 1).await?;
    tx.commit().await?;
    let items_there = wanted.len() as u64 - copied.min(wanted.len() as u64);
    Ok(Redirect::to(&format!(
        "/planning/next-year?org={}&from={from}&done=made&made={}&there={}&items={copied}&items_there={items_there}",
        crate::view::encode(tree.code(org)),
        outcome.made.len(),
        outcome.there,
    ))
    .into_response())
}

async fn show(
    page: &Page,
    own: OrganisationId,
    review: &Review,
    again: Again<'_>,
    toast: Option<String>,
) -> Result<Response> {
    let tree = page.tree().await?;
    let today = page.app.config.zone().day(page.app.now());
    let to = review.from + 1;
    let orgs: Vec<_> = tree
        .iter()
        .filter(|org| tree.is_below(org.id, own))
        .map(|org| context! { code => org.code.as_str(), name => org.name.as_str(), chosen => org.id == review.org })
        .collect();
    let rows: Vec<_> = review.proposed.iter().filter_map(|one| row(page, review, one, &again, today)).collect();
    let items: Vec<_> = review
        .items
        .iter()
        .map(|item| {
            let there = review.items_there.contains(&(item.organisation_id, item.item.clone()));
            context! {
                id => item.id.0, name => item_name(page, &item.item), org => tree.name(item.organisation_id),
                target => item.target, there,
                due => item.due.map(|due| format::date(page.lang, items::in_year(due, due.year() + 1), today)),
                taken => again.typed.map_or(!there, |typed| typed.item.contains(&item.id.0)),
            }
        })
        .collect();
    let open = review.proposed.iter().filter(|one| !review.is_there(one)).count()
        + review
            .items
            .iter()
            .filter(|item| !review.items_there.contains(&(item.organisation_id, item.item.clone())))
            .count();
    let context = context! {
        orgs, rows, items, open, toast, from => review.from, to,
        org_code => tree.code(review.org), years => (review.from - 1, review.from + 1),
        known => review.workdays.is_known(to), begun => to <= today.year(), bad_year => again.year,
        refused => again.refused.as_ref().map(|(_, text)| text.clone()),
        wrong_days => again.days.len(),
    };
    page.render_as(again.status, "planning/next_year/review.html", "planning", context).await
}

/// What a plan item is called: its kind, or its metric.
pub(in crate::planning) fn item_name(page: &Page, item: &str) -> String {
    if page.app.kinds.get(item).is_some() {
        return page.app.kinds.name(item, page.lang).to_owned();
    }
    let key = format!("report-metric-{}", item.replace('_', "-"));
    if page.lang.has(&key) { page.lang.text(&key) } else { item.to_owned() }
}

fn row(page: &Page, review: &Review, one: &Proposed, again: &Again<'_>, today: NaiveDate) -> Option<Value> {
    let whole = review.wholes.iter().find(|whole| whole.event.id == one.id)?;
    let there = review.there.get(&one.key);
    let taken = match again.typed {
        Some(typed) => typed.take.contains(&one.id.0),
        None => !one.warnings.iter().any(|one| matches!(one, super::Warning::LeftAsDraft | super::Warning::GoesOn)),
    };
    let sittings: Vec<_> = one.sittings.iter().map(|laid| sitting(page, review, one, laid, again, today)).collect();
    let warnings: Vec<_> = one
        .warnings
        .iter()
        .filter(|warning| **warning != super::Warning::NoNotice)
        .map(|warning| page.lang.text(shown::warning(*warning)))
        .collect();
    let series = one.series.as_ref().map(|series| {
        let days: Vec<_> = series
            .laid
            .planned
            .iter()
            .map(|planned| {
                context! { day => format::date(page.lang, planned.day, today), moved => planned.is_moved(), from => format::date(page.lang, planned.slot.date(), today) }
            })
            .collect();
        context! { rule => series.new.rrule.as_str(), days, left_out => series.laid.skipped.len() + series.laid.dropped.len() }
    });
    Some(context! {
        series, id => one.id.0, title => one.title.as_str(), kind => page.app.kinds.name(&whole.event.kind, page.lang),
        host => whole.host.name.as_str(), old_title => whole.event.title.as_str(),
        there => there.map(|id| id.0), taken, sittings, warnings,
        refused => again.refused.as_ref().filter(|(id, _)| *id == one.id).map(|(_, text)| text.clone()),
    })
}

fn sitting(page: &Page, review: &Review, one: &Proposed, laid: &Laid, again: &Again<'_>, today: NaiveDate) -> Value {
    let SessionId(id) = laid.id;
    let typed = again.typed.and_then(|typed| {
        let at = typed.s_id.iter().position(|one| *one == id)?;
        typed.s_day.get(at).cloned()
    });
    let off = [laid.new.first, laid.new.last].into_iter().find(|day| review.workdays.is_off(*day));
    context! {
        id, old => shown::days(page.lang, (laid.old_first, laid.old_last), today),
        new => shown::days(page.lang, (laid.new.first, laid.new.last), today),
        day => typed.unwrap_or_else(|| laid.new.first.to_string()),
        reasons => shown::reasons(page.lang, &laid.new, one.tie.as_ref(), today),
        moved => laid.new.moved.is_some(),
        off => off.map(|day| format::date(page.lang, day, today)),
        wrong => again.days.get(&id).cloned(),
    }
}
