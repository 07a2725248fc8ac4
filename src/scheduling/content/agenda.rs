//! The agenda of a session, with who reports on what, and its short minutes.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{AgendaItemId, SessionId};
use entity::state::EventStatus;
use entity::{agenda_item, event, session};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{Actor, audit};
use crate::dates::Span;
use crate::db::insert_all;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::scheduling::change::demand_revision;
use crate::scheduling::publish::touch_event;
use crate::scheduling::whole::session_to_manage;
use crate::scheduling::{Class, Kinds, wording};

/// Items of one agenda.
const MOST: usize = 100;
/// Characters of short minutes.
pub(super) const MINUTES: usize = 10_000;

/// One item as somebody writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgendaLine {
    /// What it is about.
    #[schema(required = true)]
    pub title: String,
    /// A study kind: the event then counts in that kind too. Null or left out: none.
    pub kind: Option<String>,
    /// Who reports; may be empty.
    pub reporter: String,
    /// Planned length in minutes; null or left out: not said.
    pub minutes: Option<i32>,
    /// What was said and decided, shortly; may be empty.
    pub note: String,
}

impl From<&agenda_item::Model> for AgendaLine {
    fn from(row: &agenda_item::Model) -> Self {
        Self {
            title: row.title.clone(),
            kind: row.kind.clone(),
            reporter: row.reporter.clone(),
            minutes: row.minutes,
            note: row.note.clone(),
        }
    }
}

/// An agenda and the short minutes as somebody writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Agenda {
    /// Its items, in order.
    pub items: Vec<AgendaLine>,
    /// Short minutes of the session, up to 10,000 characters in several lines; null or left out: as they are.
    pub minutes: Option<String>,
}

/// The items of these sessions, by session and in their order there.
pub async fn agenda_of(
    db: &impl ConnectionTrait,
    sessions: impl IntoIterator<Item = SessionId>,
) -> Result<Vec<agenda_item::Model>, DbErr> {
    agenda_item::Entity::find()
        .filter(agenda_item::Column::SessionId.is_in(sessions))
        .order_by_asc(agenda_item::Column::SessionId)
        .order_by_asc(agenda_item::Column::Position)
        .all(db)
        .await
}

/// When each item of a session begins: one after the other from its start. None of whole days, and after an item whose
/// length is not said.
#[must_use]
pub fn starts(span: &Span, lengths: impl IntoIterator<Item = Option<i32>>) -> Vec<Option<DateTime<Utc>>> {
    let mut next = (!span.all_day).then_some(span.start);
    let mut take = |length: Option<i32>| {
        let here = next;
        next = next.zip(length).map(|(at, length)| at + TimeDelta::minutes(length.into()));
        here
    };
    lengths.into_iter().map(&mut take).collect()
}

/// Replaces a session's agenda, and its short minutes where they are given, in the caller's transaction. `expected` is
/// the session's revision that the caller saw. The event's further kinds follow. Nobody is told.
pub async fn replace_agenda(
    db: &impl ConnectionTrait,
    kinds: &Kinds,
    actor: &Actor,
    id: SessionId,
    new: &Agenda,
    expected: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(event::Model, session::Model)> {
    let (event, session) = session_to_manage(db, actor, id).await?;
    demand_revision(expected, session.revision)?;
    if event.status == EventStatus::Cancelled {
        return Err(Error::new(Code::WrongState));
    }
    let Understood { rows, minutes } = understand(kinds, &session, new)?;
    let before: Vec<AgendaLine> = agenda_of(db, [id]).await?.iter().map(AgendaLine::from).collect();
    let items_change = before != rows.iter().map(AgendaLine::from).collect::<Vec<_>>();
    let minutes_change = minutes != session.minutes;
    if !items_change && !minutes_change {
        return Ok((event, session));
    }
    let count = rows.len();
    if items_change {
        agenda_item::Entity::delete_many().filter(agenda_item::Column::SessionId.eq(id)).exec(db).await?;
        insert_all(db, rows.into_iter().map(active).collect(), None).await?;
    }
    // No calendar shows it, so DTSTAMP stays.
    session::Entity::update_many()
        .col_expr(session::Column::Minutes, Expr::value(minutes))
        .col_expr(session::Column::Revision, Expr::col(session::Column::Revision).add(1))
        .filter(session::Column::Id.eq(id))
        .exec(db)
        .await?;
    let event = touch_event(db, event.id, now).await?;
    let deed = audit::Deed {
        actor: &actor.name,
        action: if items_change { "session.agenda" } else { "session.minutes" },
        subject: format!("session:{id}"),
        event_id: Some(event.id),
        detail: serde_json::json!({ "items": count }),
    };
    audit::record(db, deed, now).await?;
    let session = session::Entity::find_by_id(id).one(db).await?.ok_or_else(|| Error::new(Code::NotFound))?;
    Ok((event, session))
}

struct Understood {
    rows: Vec<agenda_item::Model>,
    minutes: String,
}

fn understand(kinds: &Kinds, session: &session::Model, new: &Agenda) -> Result<Understood> {
    if new.items.len() > MOST {
        return Err(Error::invalid(vec![FieldProblem::new("items", "too-many").with("limit", MOST)]));
    }
    let mut wrong = Vec::new();
    let mut rows = Vec::new();
    for (position, line) in (0_i32..).zip(&new.items) {
        let at = |name: &str| format!("items[{position}].{name}");
        let kind = line.kind.clone().filter(|key| !key.is_empty());
        if let Some(key) = &kind {
            match kinds.get(key) {
                Some(kind) if kind.class == Class::Study => {}
                Some(_) => wrong.push(FieldProblem::new(at("kind"), "not-study-kind")),
                None => {
                    wrong.push(FieldProblem::new(at("kind"), "unknown-kind").with("value", wording::short(key)));
                }
            }
        }
        if line.minutes.is_some_and(|minutes| !(1..=1_440).contains(&minutes)) {
            wrong.push(FieldProblem::new(at("minutes"), "bad-minutes"));
        }
        rows.push(agenda_item::Model {
            id: AgendaItemId(0),
            session_id: session.id,
            position,
            title: wording::needed(&at("title"), &line.title, 200, &mut wrong),
            kind,
            reporter: wording::line(&at("reporter"), &line.reporter, 100, &mut wrong),
            minutes: line.minutes,
            note: wording::passage(&at("note"), &line.note, 2_000, &mut wrong),
        });
    }
    let minutes = match &new.minutes {
        Some(text) => wording::passage("minutes", text, MINUTES, &mut wrong),
        None => session.minutes.clone(),
    };
    if wrong.is_empty() { Ok(Understood { rows, minutes }) } else { Err(Error::invalid(wrong)) }
}

fn active(row: agenda_item::Model) -> agenda_item::ActiveModel {
    agenda_item::ActiveModel {
        session_id: Set(row.session_id),
        position: Set(row.position),
        title: Set(row.title),
        kind: Set(row.kind),
        reporter: Set(row.reporter),
        minutes: Set(row.minutes),
        note: Set(row.note),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dates::Zone;

    #[test]
    fn items_begin_one_after_the_other_until_a_length_is_missing() {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let start: DateTime<Utc> = "2024-03-12T01:00:00Z".parse().unwrap();
        let span = Span { start, end: start + TimeDelta::hours(2), all_day: false, zone };
        let at = |minutes| Some(start + TimeDelta::minutes(minutes));
        assert_eq!(starts(&span, [Some(20), Some(10), None, Some(30)]), [at(0), at(20), at(30), None]);
        let whole = Span { all_day: true, ..span };
        assert_eq!(starts(&whole, [Some(20), Some(10)]), [None, None]);
    }
}
