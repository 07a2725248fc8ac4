//! Who comes, who does not, who has not said; and taking the mark off an address that takes mail again.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use entity::id::EventId;
use entity::state::AnswerStatus;
use entity::{person, session};
use minijinja::{Value, context};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Deserialize;

use crate::access::{Actor, audit};
use crate::error::{Code, Error, Result};
use crate::outbox::trouble;
use crate::people::OrgTree;
use crate::scheduling::answer::{of_session, tallies};
use crate::scheduling::{Whole, event_to_manage, roster};
use crate::view::format;
use crate::web::{Desk, Page, Signed, ToManage};

/// The answers to the session that an event's page shows: how many said what, and who. What somebody added is for
/// who may manage the event.
pub async fn summary(
    page: &Page,
    actor: &Actor,
    whole: &Whole,
    chosen: Option<&session::Model>,
) -> Result<Option<Value>> {
    let Some(session) = chosen.filter(|_| whole.event.published_at.is_some()) else { return Ok(None) };
    let db = page.app.db.read();
    let tree = OrgTree::load(db).await?;
    let manages = actor.may_manage() && tree.is_below(whole.event.host_id, actor.organisation);
    let said = of_session(db, session.id).await?;
    let by = person::Entity::find().filter(person::Column::Id.is_in(said.values().filter_map(|row| row.by_person_id)));
    let by = by.all(db).await?;
    let members = roster::invited_to(db, &whole.event, session).await?;
    let (now, zone) = (page.app.now(), page.app.config.zone());
    let heap = |wanted: Option<AnswerStatus>| {
        let of = members.iter().filter(|member| said.get(&member.person_id).map(|row| row.status) == wanted);
        let of = of.map(|member| {
            let own = said.get(&member.person_id);
            let name = own.and_then(|row| by.iter().find(|person| Some(person.id) == row.by_person_id));
            context! {
                name => member.name.as_str(), staff_no => member.staff_no.as_str(),
                comment => own.map_or("", |row| row.comment.as_str()),
                by => name.map(|person| person.name.as_str()),
                when => own.map(|row| format::moment(page.lang, zone, row.answered_at, now)),
                via => own.map(|row| row.via.as_str()),
            }
        });
        let people: Vec<Value> = of.collect();
        context! { word => wanted.map_or("none", AnswerStatus::as_str), count => people.len(), people }
    };
    let heaps: Vec<_> = AnswerStatus::ALL.iter().copied().map(Some).chain([None]).map(heap).collect();
    Ok(Some(context! { heaps, invited => members.len(), manages }))
}

/// How the answers to each session of an event stand, as one line by session.
pub async fn lines(page: &Page, whole: &Whole) -> Result<std::collections::HashMap<i64, String>> {
    let ids: Vec<_> = whole.sessions.iter().map(|session| session.id).collect();
    let found = tallies(page.app.db.read(), &ids).await?;
    Ok(found
        .into_iter()
        .map(|(id, tally)| {
            let args = [("yes", tally.accepted), ("maybe", tally.tentative), ("no", tally.declined)];
            (
                id.0,
                page.lang.text_with("answer-line", args.map(|(name, n)| (name, i64::try_from(n).unwrap_or(i64::MAX)))),
            )
        })
        .collect())
}

/// The addresses of an event's mail from which mail came back.
pub async fn troubles(page: &Page, whole: &Whole) -> Result<Vec<Value>> {
    let (now, zone) = (page.app.now(), page.app.config.zone());
    let rows = trouble::of_event(page.app.db.read(), whole.event.id).await?;
    let view = |row: entity::mail_trouble::Model| {
        context! {
            address => row.address, permanent => row.permanent, reason => row.reason, status => row.status,
            times => row.times, when => format::moment(page.lang, zone, row.last_at, now),
        }
    };
    Ok(rows.into_iter().map(view).collect())
}

/// The mark of which address is to go.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Marked {
    address: String,
}

/// `POST /events/{id}/mail/trouble`: an address takes mail again, says who manages the event.
pub async fn clear(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(marked): Signed<Marked>,
) -> Result<Response> {
    let tx = page.app.db.begin().await?;
    let event = event_to_manage(&tx, &actor, EventId(id)).await?;
    let known = trouble::of_event(&tx, event.id).await?;
    if !known.iter().any(|row| row.address == marked.address.to_lowercase()) {
        return Err(Error::new(Code::NotFound));
    }
    trouble::clear(&tx, &marked.address).await?;
    let deed = audit::Deed {
        actor: &actor.name,
        action: "mail.trouble_clear",
        subject: format!("event:{id}"),
        event_id: Some(event.id),
        detail: serde_json::json!({}),
    };
    audit::record(&tx, deed, page.app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/events/{id}?done=trouble-cleared#mail")).into_response())
}
