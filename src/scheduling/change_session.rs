//! Changing a session: moving it, naming it, marking it held.

use chrono::{DateTime, Datelike, Utc};
use entity::id::SessionId;
use entity::state::{EventStatus, MessageKind, SessionStatus};
use entity::{attendance, event, roster_entry, session};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::Deserialize;
use utoipa::ToSchema;

use super::change::{demand_revision, given};
use super::draft::{Times, own};
use super::publish::touch_event;
use super::tell::{News, is_ahead, tell_all};
use super::whole::session_to_manage;
use super::{answer, roster, session as shown, undo, undo::Before, wording};
use crate::access::{Actor, audit};
use crate::dates::Span;
use crate::error::{Code, Error, FieldProblem, Result};

/// What of a session is to change; None stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SessionChange {
    /// Local in the event's zone, or with an offset; of an all-day session the first day.
    pub starts_at: Option<String>,
    /// The same; of an all-day session the last day, included.
    pub ends_at: Option<String>,
    /// Whether it is whole days; then both dates, or both times, are needed.
    pub all_day: Option<bool>,
    /// Its own; null is the event's.
    #[serde(deserialize_with = "given")]
    pub title: Option<Option<String>>,
    /// Its own; null is the event's.
    #[serde(deserialize_with = "given")]
    pub location: Option<Option<String>>,
    /// `held`, of a published session.
    #[schema(value_type = Option<String>, example = "held")]
    pub status: Option<SessionStatus>,
}

/// Changes what is given of a session, in the caller's transaction. `expected` is the session's revision that the
/// caller saw. A new time or place tells those invited, if it is published and not over (before or after the change);
/// nothing else tells anybody. A started session that people attended cannot be moved ahead of `now`; without
/// attendance its roster follows memberships again.
pub async fn change_session(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: SessionId,
    change: SessionChange,
    expected: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(event::Model, session::Model)> {
    session_to_manage(db, actor, id).await?;
    // Before anything is read that it changes.
    roster::freeze_due(db, now).await?;
    let (event, before) = session_to_manage(db, actor, id).await?;
    demand_revision(expected, before.revision)?;
    let mut row = understand(&event, &before, &change)?;
    if !row.is_changed() {
        return Ok((event, before));
    }
    if event.status == EventStatus::Cancelled || before.status == SessionStatus::Cancelled {
        return Err(Error::new(Code::WrongState));
    }
    let was = Before::of(&event, std::slice::from_ref(&before)).with_rosters(db).await?;
    let moved = row.starts_at.is_set() || row.ends_at.is_set() || row.all_day.is_set();
    let place = row.location.is_set()
        && change.location.as_ref().is_some_and(|new| {
            new.as_deref().filter(|text| !text.is_empty()).unwrap_or(&event.location)
                != shown::location(&event, &before)
        });
    if moved {
        thaw(db, &before, &mut row, now).await?;
        row.by_hand = Set(before.series_id.is_some());
    }
    if moved || place || row.status.is_set() {
        row.sequence = Set(before.sequence + 1);
    }
    row.revision = Set(before.revision + 1);
    row.updated_at = Set(now);
    let session = row.update(db).await?;
    let event = touch_event(db, event.id, now).await?;
    // What is held now, or was moved into the past, has its roster fixed with this change.
    roster::freeze_due(db, now).await?;
    if moved || place {
        tell_moved(db, &event, &before, &session, now).await?;
    }
    record(db, actor, &event, &before, &session, now).await?;
    undo::remember(db, actor, "session.change", event.id, was, now).await?;
    let session = session::Entity::find_by_id(id).one(db).await?.ok_or_else(|| Error::new(Code::NotFound))?;
    Ok((event, session))
}

/// The row with what differs set.
fn understand(event: &event::Model, before: &session::Model, change: &SessionChange) -> Result<session::ActiveModel> {
    let mut wrong = Vec::new();
    let mut row = before.clone().into_active_model();
    if let Some(span) = new_span(before, change, &mut wrong) {
        set_span(&mut row, before, &span);
    }
    let title = new_text("title", change.title.as_ref(), &mut wrong);
    if let Some(title) = title.filter(|title| *title != before.title) {
        row.title = Set(title);
    }
    let location = new_text("location", change.location.as_ref(), &mut wrong);
    if let Some(location) = location.filter(|location| *location != before.location) {
        row.location = Set(location);
    }
    if let Some(status) = change.status.filter(|status| *status != before.status) {
        // Cancelling has a call of its own, with a reason; nothing leads back.
        let may = status == SessionStatus::Held
            && before.status == SessionStatus::Scheduled
            && event.status == EventStatus::Scheduled;
        if !may {
            return Err(Error::new(Code::WrongState));
        }
        row.status = Set(status);
    }
    if wrong.is_empty() { Ok(row) } else { Err(Error::invalid(wrong)) }
}

/// A text of its own as it is to be: None when it is not given.
#[expect(clippy::option_option, reason = "not given, given as none of its own and given are three things")]
pub(super) fn new_text(
    name: &str,
    new: Option<&Option<String>>,
    wrong: &mut Vec<FieldProblem>,
) -> Option<Option<String>> {
    new.map(|text| own(text.as_ref().map(|text| wording::line(name, text, 200, wrong))))
}

pub(super) fn new_span(before: &session::Model, change: &SessionChange, wrong: &mut Vec<FieldProblem>) -> Option<Span> {
    if change.starts_at.is_none() && change.ends_at.is_none() && change.all_day.is_none() {
        return None;
    }
    let was = shown::span(before);
    let all_day = change.all_day.unwrap_or(was.all_day);
    // What stays is read back as it is shown; dates do not become times, nor times dates.
    let stays = |text: String| if all_day == was.all_day { text } else { String::new() };
    let start = change.starts_at.clone().unwrap_or_else(|| stays(was.start_text()));
    let end = change.ends_at.clone().unwrap_or_else(|| stays(was.end_text()));
    Times { start: &start, end: &end, all_day }.read(was.zone, "", wrong)
}

fn set_span(row: &mut session::ActiveModel, before: &session::Model, span: &Span) {
    if span.start != before.starts_at {
        row.starts_at = Set(span.start);
        row.day = Set(span.day());
        row.year = Set(span.day().year());
    }
    if span.end != before.ends_at {
        row.ends_at = Set(span.end);
    }
    if span.all_day != before.all_day {
        row.all_day = Set(span.all_day);
    }
}

/// A roster that was fixed follows memberships again when its session is moved ahead of `now`.
async fn thaw(
    db: &impl ConnectionTrait,
    before: &session::Model,
    row: &mut session::ActiveModel,
    now: DateTime<Utc>,
) -> Result<()> {
    let starts_at = row.starts_at.clone().take().unwrap_or(before.starts_at);
    if before.roster_frozen_at.is_none() || starts_at <= now || before.status != SessionStatus::Scheduled {
        return Ok(());
    }
    let attended = attendance::Entity::find().filter(attendance::Column::SessionId.eq(before.id)).one(db).await?;
    if attended.is_some() {
        return Err(Error::new(Code::WrongState));
    }
    roster_entry::Entity::delete_many().filter(roster_entry::Column::SessionId.eq(before.id)).exec(db).await?;
    row.roster_frozen_at = Set(None);
    Ok(())
}

/// Tells the invited; who was invited on its old day and is not on the new one is told that it is off.
async fn tell_moved(
    db: &impl ConnectionTrait,
    event: &event::Model,
    before: &session::Model,
    session: &session::Model,
    now: DateTime<Utc>,
) -> Result<()> {
    let was_ahead = is_ahead(event, before, now);
    if session.status != SessionStatus::Scheduled || !(was_ahead || is_ahead(event, session, now)) {
        return Ok(());
    }
    answer::clear(db, &[session.id], now).await?;
    let was = shown::span(before);
    let detail = serde_json::json!({ "before": {
        "starts_at": was.start_text(),
        "ends_at": was.end_text(),
        "location": shown::location(event, before),
    } });
    let gone_from = (was_ahead && before.day != session.day).then_some(before.day);
    let news = News { kind: MessageKind::Update, session: session.clone(), detail: Some(detail), gone_from };
    tell_all(db, event, vec![news], now).await
}

async fn record(
    db: &impl ConnectionTrait,
    actor: &Actor,
    event: &event::Model,
    before: &session::Model,
    after: &session::Model,
    now: DateTime<Utc>,
) -> Result<()> {
    let said = |row: &session::Model| {
        let span = shown::span(row);
        serde_json::json!({ "starts_at": span.start_text(), "ends_at": span.end_text(), "status": row.status })
    };
    let deed = audit::Deed {
        actor: &actor.name,
        action: "session.change",
        subject: format!("session:{}", after.id),
        event_id: Some(event.id),
        detail: serde_json::json!({ "before": said(before), "after": said(after) }),
    };
    Ok(audit::record(db, deed, now).await?)
}
