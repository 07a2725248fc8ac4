//! Changing one sitting by a form, and with it later ones or all of its series; bringing back one that was called off.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use entity::id::SessionId;
use entity::state::{EventStatus, SessionStatus};
use entity::{event, session};
use minijinja::{Value, context, value::Serde};
use serde::{Deserialize, Serialize};

use super::super::change::ByHand;
use super::super::rest::{Apply, change_rest};
use super::super::{Applied, bring_back};
use crate::access::Actor;
use crate::error::{Code, Error, Result};
use crate::people::OrgTree;
use crate::scheduling::detail::pages::event_view;
use crate::scheduling::form::Row;
use crate::scheduling::{load_whole, session as sitting, session_for};
use crate::view::format;
use crate::web::{Desk, Page, Signed, ToManage};

/// What a browser sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    revision: String,
    day: String,
    start: String,
    end: String,
    last: String,
    all_day: String,
    title: String,
    place: String,
    apply: String,
    by_hand: String,
}

impl Typed {
    fn of(row: &session::Model) -> Self {
        let shown = Row::of(row);
        Self {
            revision: row.revision.to_string(),
            day: shown.day,
            start: shown.start,
            end: shown.end,
            last: shown.last,
            all_day: if shown.all_day { "yes".to_owned() } else { String::new() },
            title: shown.title,
            place: shown.place,
            apply: "this".to_owned(),
            by_hand: String::new(),
        }
    }

    fn row(&self) -> Row {
        Row {
            id: String::new(),
            day: self.day.clone(),
            start: self.start.clone(),
            end: self.end.clone(),
            last: self.last.clone(),
            all_day: self.all_day == "yes",
            title: self.title.clone(),
            place: self.place.clone(),
        }
    }

    fn reach(&self) -> (Apply, ByHand) {
        let apply = match self.apply.as_str() {
            "later" => Apply::Later,
            "all" => Apply::All,
            _ => Apply::This,
        };
        (apply, if self.by_hand == "take" { ByHand::Take } else { ByHand::Keep })
    }

    /// What is to change: a field that reads as before is not touched, on no other sitting either.
    fn change(&self, before: &session::Model) -> crate::scheduling::SessionChange {
        let (was, row) = (Row::of(before), self.row());
        let mut change = row.change();
        let time = |row: &Row| (row.times(), row.all_day);
        if time(&was) == time(&row) {
            (change.starts_at, change.ends_at, change.all_day) = (None, None, None);
        }
        if was.title == row.title {
            change.title = None;
        }
        if was.place == row.place {
            change.location = None;
        }
        change
    }
}

#[derive(Default)]
struct Again {
    status: StatusCode,
    wrong: BTreeMap<String, String>,
    problem: Option<String>,
    present: Option<Typed>,
}

/// `GET /sessions/{id}/edit`
pub async fn ask(Desk { page, actor, .. }: Desk<ToManage>, Path(id): Path<i64>) -> Result<Response> {
    let (_, session) = to_change(&page, &actor, SessionId(id)).await?;
    let typed = Typed::of(&session);
    show(&page, &actor, SessionId(id), typed, Again::default()).await
}

async fn to_change(page: &Page, actor: &Actor, id: SessionId) -> Result<(event::Model, session::Model)> {
    let db = page.app.db.read();
    let (event, session) = session_for(db, actor, id).await?;
    if !OrgTree::load(db).await?.is_below(event.host_id, actor.organisation) {
        return Err(Error::new(Code::Forbidden));
    }
    if event.status == EventStatus::Cancelled || session.status == SessionStatus::Cancelled {
        return Err(Error::new(Code::WrongState));
    }
    Ok((event, session))
}

/// `POST /sessions/{id}/edit`
pub async fn edit(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(mut typed): Signed<Typed>,
) -> Result<Response> {
    let id = SessionId(id);
    let (event, before) = to_change(&page, &actor, id).await?;
    match save(&page, &actor, &before, &typed).await {
        Ok(_) if before.series_id.is_some() => {
            Ok(Redirect::to(&format!("/events/{}/series?done=saved", event.id)).into_response())
        }
        Ok(_) => Ok(Redirect::to(&format!("/events/{}?session={id}&done=saved", event.id)).into_response()),
        Err(Error::Problem(problem)) if problem.code == Code::Invalid => {
            let wrong = problem.fields.iter().map(|one| (one.field.clone(), one.text(page.lang))).collect();
            let again = Again { status: StatusCode::UNPROCESSABLE_ENTITY, wrong, ..Again::default() };
            show(&page, &actor, id, typed, again).await
        }
        Err(error) if error.code() == Code::ChangedMeanwhile => {
            let present = Typed::of(&before);
            typed.revision.clone_from(&present.revision);
            let again = Again { status: StatusCode::PRECONDITION_FAILED, present: Some(present), ..Again::default() };
            show(&page, &actor, id, typed, again).await
        }
        Err(Error::Problem(problem)) if problem.code == Code::WrongState => {
            let problem = Some(problem.text(page.lang));
            show(&page, &actor, id, typed, Again { status: StatusCode::CONFLICT, problem, ..Again::default() }).await
        }
        Err(error) => Err(error),
    }
}

async fn save(page: &Page, actor: &Actor, before: &session::Model, typed: &Typed) -> Result<Applied> {
    let expected: i64 = typed.revision.parse().map_err(|_| Error::new(Code::Malformed))?;
    let (id, change) = (before.id, typed.change(before));
    let tx = page.app.db.begin().await?;
    let (_, _, done) = change_rest(&tx, actor, id, change, typed.reach(), Some(expected), page.app.now()).await?;
    tx.commit().await?;
    Ok(done)
}

async fn show(page: &Page, actor: &Actor, id: SessionId, typed: Typed, again: Again) -> Result<Response> {
    let (db, now) = (page.app.db.read(), page.app.now());
    let (event, session) = session_for(db, actor, id).await?;
    let whole = load_whole(db, event).await?;
    let context = context! {
        event => event_view(page, &whole, now), in_series => session.series_id.is_some(),
        when => format::span(page.lang, &sitting::span(&session), now),
        meanwhile => again.present.map(|present| differences(page, &typed, &present)),
        wrong => Serde(again.wrong), problem => again.problem, form => Serde(typed),
    };
    page.render_as(again.status, "scheduling/series/sitting/sitting.html", "events", context).await
}

fn differences(page: &Page, typed: &Typed, present: &Typed) -> Vec<Value> {
    let time = |form: &Typed| {
        let parts = [&form.day, &form.start, &form.last, &form.end];
        parts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let all = [
        ("page-time", time(present), time(typed)),
        ("page-title", present.title.clone(), typed.title.clone()),
        ("page-place", present.place.clone(), typed.place.clone()),
    ];
    all.into_iter()
        .filter(|(_, now, typed)| now != typed)
        .map(|(key, now, typed)| context! { label => page.lang.text(key), now, typed })
        .collect()
}

/// A form without fields of its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Nothing {}

/// `POST /sessions/{id}/restore`
pub async fn restore(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(_): Signed<Nothing>,
) -> Result<Response> {
    let tx = page.app.db.begin().await?;
    let (event, _) = bring_back(&tx, &actor, SessionId(id), page.app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/events/{}/series?done=returned", event.id)).into_response())
}
