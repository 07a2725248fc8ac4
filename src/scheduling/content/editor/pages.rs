//! Editing an agenda with its minutes, and an event's speakers: errors beside their fields, what was typed kept, and
//! nothing overwritten unseen.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use entity::id::{EventId, SessionId};
use entity::state::EventStatus;
use entity::{event, session};
use minijinja::{Value, context, value::Serde};
use sea_orm::ConnectionTrait;

use super::form::{TypedAgenda, TypedSpeakers, places};
use crate::access::Actor;
use crate::error::{Code, Error, Result};
use crate::people;
use crate::scheduling::content::fingerprint::fingerprint;
use crate::scheduling::content::{Agenda, AgendaLine, NewSpeaker, agenda_of, replace_agenda, replace_speakers};
use crate::scheduling::whole::{event_to_manage, session_to_manage};
use crate::scheduling::{Class, Whole, event_for, load_whole, session as sitting, session_for};
use crate::view::format;
use crate::web::{Desk, Page, Signed, ToManage};

/// How a form came back to its writer.
#[derive(Default)]
struct Again {
    status: StatusCode,
    wrong: BTreeMap<String, String>,
    /// What says otherwise now: label, now, typed.
    meanwhile: Vec<Value>,
}

impl Again {
    fn wrong(wrong: BTreeMap<String, String>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, wrong, meanwhile: Vec::new() }
    }

    fn changed(page: &Page, parts: Vec<(&str, String, String)>) -> Self {
        let differ = parts.into_iter().filter(|(_, now, typed)| now != typed);
        let row = |(key, now, typed): (&str, String, String)| context! { label => page.lang.text(key), now, typed };
        Self { status: StatusCode::PRECONDITION_FAILED, meanwhile: differ.map(row).collect(), ..Self::default() }
    }
}

async fn may_edit(db: &impl ConnectionTrait, actor: &Actor, event: &event::Model) -> Result<()> {
    if !people::is_below(db, event.host_id, actor.organisation).await? {
        return Err(Error::new(Code::Forbidden));
    }
    if event.status == EventStatus::Cancelled {
        return Err(Error::new(Code::WrongState));
    }
    Ok(())
}

async fn agenda_now(db: &impl ConnectionTrait, session: &session::Model) -> Result<Agenda> {
    let items = agenda_of(db, [session.id]).await?.iter().map(AgendaLine::from).collect();
    Ok(Agenda { items, minutes: Some(session.minutes.clone()) })
}

/// `GET /sessions/{id}/agenda`
pub async fn ask_agenda(Desk { page, actor, .. }: Desk<ToManage>, Path(id): Path<i64>) -> Result<Response> {
    let db = page.app.db.read();
    let (event, session) = session_for(db, &actor, SessionId(id)).await?;
    may_edit(db, &actor, &event).await?;
    let present = agenda_now(db, &session).await?;
    let typed = TypedAgenda::of(&present, fingerprint(&present));
    show_agenda(&page, (&event, &session), typed, Again::default()).await
}

/// `POST /sessions/{id}/agenda`
pub async fn save_agenda(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(mut typed): Signed<TypedAgenda>,
) -> Result<Response> {
    let db = page.app.db.read();
    let (event, session) = session_for(db, &actor, SessionId(id)).await?;
    may_edit(db, &actor, &event).await?;
    if typed.act != "save" {
        typed.press();
        return show_agenda(&page, (&event, &session), typed, Again::default()).await;
    }
    let (new, rows) = typed.agenda();
    let tx = page.app.db.begin().await?;
    // Held from here on, so that nobody writes between the look and the change.
    let (_, held) = session_to_manage(&tx, &actor, session.id).await?;
    let present = agenda_now(&tx, &held).await?;
    if fingerprint(&present) != typed.seen {
        tx.rollback().await?;
        typed.seen = fingerprint(&present);
        let text =
            |agenda: &Agenda| agenda.items.iter().map(|line| one_line(&page, line)).collect::<Vec<_>>().join("\n");
        let minutes = present.minutes.clone().unwrap_or_default();
        let parts = vec![
            ("content-agenda", text(&present), text(&new)),
            ("content-minutes", minutes, typed.minutes.replace("\r\n", "\n")),
        ];
        return show_agenda(&page, (&event, &session), typed, Again::changed(&page, parts)).await;
    }
    match replace_agenda(&tx, &page.app.kinds, &actor, session.id, &new, None, page.app.now()).await {
        Ok(_) => {
            tx.commit().await?;
            let to = format!("/events/{}/content?session={id}&done=agenda#agenda", event.id);
            Ok(Redirect::to(&to).into_response())
        }
        Err(Error::Problem(problem)) if problem.code == Code::Invalid => {
            tx.rollback().await?;
            let wrong = places(&problem.fields, "a", &rows, page.lang);
            show_agenda(&page, (&event, &session), typed, Again::wrong(wrong)).await
        }
        Err(error) => Err(error),
    }
}

/// An item in one line, to compare by eye.
fn one_line(page: &Page, line: &AgendaLine) -> String {
    let parts = [
        line.title.trim().to_owned(),
        line.kind.as_ref().map(|key| page.app.kinds.name(key, page.lang).to_owned()).unwrap_or_default(),
        line.reporter.trim().to_owned(),
        line.minutes.map(|minutes| minutes.to_string()).unwrap_or_default(),
        line.note.replace("\r\n", "\n").trim().to_owned(),
    ];
    parts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" / ")
}

async fn show_agenda(
    page: &Page,
    (event, session): (&event::Model, &session::Model),
    typed: TypedAgenda,
    again: Again,
) -> Result<Response> {
    let kinds = page.app.kinds.iter().filter(|(_, kind)| kind.class == Class::Study);
    let kinds: Vec<_> =
        kinds.map(|(key, kind)| context! { key => key.to_owned(), name => kind.name(page.lang).to_owned() }).collect();
    let whole = load_whole(page.app.db.read(), event.clone()).await?;
    let context = context! {
        event => head(page, event), kinds, rows => Serde(typed.rows()),
        session => session.id.0, when => format::span(page.lang, &sitting::span(session), page.app.now()),
        several => whole.sessions.len() > 1,
        status => again.status.as_u16(), wrong => Serde(again.wrong), meanwhile => again.meanwhile,
        form => Serde(typed),
    };
    page.render_as(again.status, "scheduling/content/editor/agenda.html", "events", context).await
}

fn head(page: &Page, event: &event::Model) -> Value {
    let title = if event.title.is_empty() { page.app.kinds.name(&event.kind, page.lang) } else { &event.title };
    context! { id => event.id.0, title }
}

fn speakers_now(whole: &Whole) -> Vec<NewSpeaker> {
    whole.speakers.iter().map(NewSpeaker::from).collect()
}

/// `GET /events/{id}/speakers`
pub async fn ask_speakers(Desk { page, actor, .. }: Desk<ToManage>, Path(id): Path<i64>) -> Result<Response> {
    let db = page.app.db.read();
    let whole = load_whole(db, event_for(db, &actor, EventId(id)).await?).await?;
    may_edit(db, &actor, &whole.event).await?;
    let present = speakers_now(&whole);
    let typed = TypedSpeakers::of(&present, fingerprint(&present));
    show_speakers(&page, &whole, typed, Again::default()).await
}

/// `POST /events/{id}/speakers`
pub async fn save_speakers(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(mut typed): Signed<TypedSpeakers>,
) -> Result<Response> {
    let db = page.app.db.read();
    let whole = load_whole(db, event_for(db, &actor, EventId(id)).await?).await?;
    may_edit(db, &actor, &whole.event).await?;
    if typed.act != "save" {
        typed.press();
        return show_speakers(&page, &whole, typed, Again::default()).await;
    }
    let (new, rows) = typed.speakers();
    let tx = page.app.db.begin().await?;
    let held = event_to_manage(&tx, &actor, whole.event.id).await?;
    let present = speakers_now(&load_whole(&tx, held).await?);
    if fingerprint(&present) != typed.seen {
        tx.rollback().await?;
        typed.seen = fingerprint(&present);
        let named = |one: &NewSpeaker| {
            let parts = [one.name.trim(), one.title.trim(), one.staff_no.as_deref().unwrap_or_default()];
            parts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" / ")
        };
        let text = |list: &[NewSpeaker]| list.iter().map(named).collect::<Vec<_>>().join("\n");
        let parts = vec![("content-speakers", text(&present), text(&new))];
        return show_speakers(&page, &whole, typed, Again::changed(&page, parts)).await;
    }
    match replace_speakers(&tx, &actor, whole.event.id, &new, None, page.app.now()).await {
        Ok(_) => {
            tx.commit().await?;
            Ok(Redirect::to(&format!("/events/{id}/content?done=speakers#speakers")).into_response())
        }
        Err(Error::Problem(problem)) if problem.code == Code::Invalid => {
            tx.rollback().await?;
            let wrong = places(&problem.fields, "p", &rows, page.lang);
            show_speakers(&page, &whole, typed, Again::wrong(wrong)).await
        }
        Err(error) => Err(error),
    }
}

async fn show_speakers(page: &Page, whole: &Whole, typed: TypedSpeakers, again: Again) -> Result<Response> {
    let now = page.app.now();
    let sitting = |row: &session::Model| {
        context! { id => row.id.to_string(), when => format::span(page.lang, &sitting::span(row), now) }
    };
    let context = context! {
        event => head(page, &whole.event), rows => Serde(typed.rows()),
        sessions => whole.sessions.iter().map(sitting).collect::<Vec<_>>(),
        status => again.status.as_u16(), wrong => Serde(again.wrong), meanwhile => again.meanwhile,
        form => Serde(typed),
    };
    page.render_as(again.status, "scheduling/content/editor/speakers.html", "events", context).await
}
