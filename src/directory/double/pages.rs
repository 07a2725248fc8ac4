//! Likely doubles, two people side by side, and merging them.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use entity::event;
use entity::id::{EventId, PersonId};
use minijinja::{Value, context, value::Serde};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};

use super::{Clash, Pair, Why, clashes, held, merge, pairs};
use crate::access::Actor;
use crate::directory::card::{Wrong, shown};
use crate::directory::person::person_for;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::{OrgTree, by_numbers};
use crate::scheduling::wording;
use crate::web::{Desk, Page, Signed, ToManage};

/// Two staff numbers, and whose row stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Asked {
    one: String,
    other: String,
    stays: String,
}

/// `GET /people/doubles`
pub async fn show(Desk { page, actor, .. }: Desk<ToManage>) -> Result<Response> {
    let rows: Vec<_> = pairs(page.app.db.read(), actor.organisation)
        .await?
        .into_iter()
        .map(|Pair { one, other, why }| {
            let person = |row: &entity::person::Model| {
                context! { id => row.id.0, name => row.name.as_str(), staff_no => row.staff_no.as_str(), email => row.email.as_deref() }
            };
            let why = why.iter().map(|why| match why {
                Why::Name => "doubles-why-name",
                Why::Email => "doubles-why-email",
            });
            context! { one => person(&one), other => person(&other), why => why.collect::<Vec<_>>() }
        })
        .collect();
    page.render("directory/double/doubles.html", "people", context! { rows }).await
}

/// `GET /people/merge?one=&other=`
pub async fn ask(Desk { page, actor, .. }: Desk<ToManage>, Query(mut asked): Query<Asked>) -> Result<Response> {
    if asked.stays.is_empty() {
        asked.stays.clone_from(&asked.one);
    }
    compare(&page, &actor, asked, Wrong::default()).await
}

/// `POST /people/merge`
pub async fn act(Desk { page, actor, .. }: Desk<ToManage>, Signed(asked): Signed<Asked>) -> Result<Response> {
    let made = async {
        let (one, other) = two(&page, &asked).await?;
        let (stays, goes) = if asked.stays == asked.other { (other, one) } else { (one, other) };
        let tx = page.app.db.begin().await?;
        let done = merge(&tx, &actor, stays, goes, page.app.now()).await?;
        tx.commit().await?;
        Ok(format!("/people/{stays}?done=merged&sessions={}", done.sessions))
    };
    match made.await {
        Ok(location) => Ok(Redirect::to(&location).into_response()),
        Err(Error::Problem(problem)) if problem.code == Code::Invalid => {
            let wrong = Wrong::of(&problem.fields, page.lang);
            compare(&page, &actor, asked, wrong).await
        }
        Err(other) => Err(other),
    }
}

async fn two(page: &Page, asked: &Asked) -> Result<(PersonId, PersonId)> {
    let numbers = [asked.one.trim(), asked.other.trim()];
    let found = by_numbers(page.app.db.read(), numbers).await?;
    let mut wrong = Vec::new();
    for (field, number) in ["one", "other"].into_iter().zip(numbers) {
        if !found.contains_key(number) {
            wrong.push(FieldProblem::new(field, "unknown-staff").with("value", wording::short(number)));
        }
    }
    match (found.get(numbers[0]), found.get(numbers[1])) {
        (Some(one), Some(other)) if one.id != other.id => Ok((one.id, other.id)),
        (Some(_), Some(_)) => Err(Error::field("other", "same-person")),
        _ => Err(Error::invalid(wrong)),
    }
}

async fn compare(page: &Page, actor: &Actor, asked: Asked, mut wrong: Wrong) -> Result<Response> {
    let db = page.app.db.read();
    let today = page.app.config.zone().day(page.app.now());
    let (mut sides, mut clash) = (Vec::new(), Vec::new());
    match two(page, &asked).await {
        Ok((one, other)) => {
            let tree = OrgTree::load(db).await?;
            for id in [one, other] {
                let (row, stays) = person_for(db, actor, &tree, id).await?;
                sides.push(context! {
                    id => row.id.0, name => row.name.as_str(), staff_no => row.staff_no.as_str(), email => row.email.as_deref(),
                    stays => shown::stays(page, &tree, &stays, today), held => Serde(held(db, id).await?),
                });
            }
            clash = said(page, clashes(db, one, other).await?).await?;
        }
        Err(Error::Problem(problem)) if problem.code == Code::Invalid => {
            wrong.0.extend(Wrong::of(&problem.fields, page.lang).0);
        }
        Err(other) => return Err(other),
    }
    let status = if wrong.0.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let context = context! { sides, clash, asked => Serde(asked), wrong => Serde(wrong) };
    page.render_as(status, "directory/double/merge.html", "people", context).await
}

/// What contradicts, for people.
async fn said(page: &Page, clashes: Vec<Clash>) -> Result<Vec<Value>> {
    let ids: Vec<EventId> = clashes
        .iter()
        .filter_map(|clash| match clash {
            Clash::Result(event, ..) => Some(*event),
            Clash::Hours(..) => None,
        })
        .collect();
    let events = event::Entity::find().filter(event::Column::Id.is_in(ids)).all(page.app.db.read()).await?;
    let line = |clash: Clash| match clash {
        Clash::Result(id, attempt, one, other) => {
            let title = events.iter().find(|event| event.id == id).map_or("", |event| event.title.as_str());
            let args = [
                ("event", title.to_owned()),
                ("attempt", attempt.to_string()),
                ("one", one.to_string()),
                ("other", other.to_string()),
            ];
            page.lang.text_with("doubles-clash-result", args)
        }
        Clash::Hours(kind, date, one, other) => {
            let kind = page.app.kinds.name(&kind, page.lang).to_owned();
            let args =
                [("kind", kind), ("date", date.to_string()), ("one", one.to_string()), ("other", other.to_string())];
            page.lang.text_with("doubles-clash-hours", args)
        }
    };
    Ok(clashes.into_iter().map(line).map(Value::from).collect())
}
