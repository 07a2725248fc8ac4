//! Calling sittings of a series off, and bringing one back.

use chrono::{DateTime, Utc};
use entity::id::SessionId;
use entity::state::{EventStatus, SessionStatus};
use entity::{event, session};
use sea_orm::ConnectionTrait;

use super::apply::{Applied, attended, called_off, changed, sittings, write};
use super::change::ByHand;
use super::lay_out::lay_out;
use super::matching::Hold;
use super::pattern::{Pattern, stamp_date};
use super::plan::{Standing, at};
use super::rest::{Apply, of_series};
use crate::access::{Actor, audit};
use crate::dates::Zone;
use crate::error::{Code, Error, Result};
use crate::scheduling::publish::{reason, touch_event};
use crate::scheduling::tell::{News, tell_all};
use crate::scheduling::whole::session_to_manage;
use crate::scheduling::{answer, cancel_session, holidays, roster};

/// Calls a sitting off, or with it the later ones of its series or all that have not begun, and tells those invited.
/// Each keeps its slot empty: no change of the series brings it back.
pub async fn cancel_rest(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: SessionId,
    why: Option<String>,
    reach: Apply,
    now: DateTime<Utc>,
) -> Result<(event::Model, session::Model, Applied)> {
    if reach == Apply::This {
        let (event, session) = cancel_session(db, actor, id, why, now).await?;
        return Ok((event, session, Applied::default()));
    }
    let why = reason("reason", why)?;
    of_series(db, actor, id).await?;
    roster::freeze_due(db, now).await?;
    let found = of_series(db, actor, id).await?;
    if found.event.status == EventStatus::Cancelled {
        return Err(Error::new(Code::WrongState));
    }
    let (rows, this) = (sittings(db, &found.series).await?, &found.session);
    let attended = attended(db, &rows).await?;
    let standing = Standing { event: &found.event, sittings: &rows, attended: &attended, by_hand: ByHand::Take, now };
    let meant = |row: &session::Model| reach == Apply::All || (row.starts_at, row.id) >= (this.starts_at, this.id);
    let (mut done, mut news) = (Applied::default(), Vec::new());
    for row in rows.iter().filter(|row| meant(row) && standing.hold(row) == Hold::Open) {
        let after = session::Model { status: SessionStatus::Cancelled, ..row.clone() };
        let after = write(db, &found.event, row, &after, now).await?;
        done.cancelled.push(after.key.clone());
        let mut told = called_off(&found.event, row, after, now);
        if let (Some(news), Some(why)) = (&mut told, &why) {
            news.detail = Some(serde_json::json!({ "reason": why }));
        }
        news.extend(told);
    }
    tell_all(db, &found.event, news, now).await?;
    if !done.is_empty() {
        touch_event(db, found.event.id, now).await?;
        let detail = serde_json::json!({ "apply": reach, "reason": why, "sittings": done.cancelled.len() });
        record(db, actor, ("series.cancel", &found.event, id), detail, now).await?;
    }
    let (event, session) = session_to_manage(db, actor, id).await?;
    Ok((event, session, done))
}

/// Brings a sitting that was called off back, at the time that the series gives it now or that was set by hand, and
/// invites to it. `wrong-state` when it was not called off, or when its time has passed.
pub async fn bring_back(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: SessionId,
    now: DateTime<Utc>,
) -> Result<(event::Model, session::Model)> {
    let found = of_series(db, actor, id).await?;
    let before = &found.session;
    if found.event.status == EventStatus::Cancelled || before.status != SessionStatus::Cancelled {
        return Err(Error::new(Code::WrongState));
    }
    let zone = Zone::parse(&found.event.time_zone).map_err(Error::internal)?;
    let pattern = Pattern::of(&found.series, zone)?;
    let date = before.slot.as_deref().and_then(stamp_date);
    let applies = |date| found.series.applies_from.is_none_or(|from| date >= from);
    let span = match date.filter(|date| !before.by_hand && applies(*date)) {
        Some(date) => {
            let laid = lay_out(&pattern, &holidays::load(db).await?).ok();
            let planned = laid.and_then(|laid| laid.planned.into_iter().find(|one| one.slot.date() == date));
            planned.and_then(|planned| pattern.span(planned.day))
        }
        None => None,
    };
    let mut after = match span {
        Some(span) => at(before, &span),
        None => before.clone(),
    };
    after.status = SessionStatus::Scheduled;
    // What an earlier rule left over is now somebody's wish, not the rule's.
    if after.slot.is_none() {
        after.slot.clone_from(&before.recurrence_id);
        after.by_hand = true;
    }
    if found.event.status == EventStatus::Scheduled && after.starts_at <= now {
        return Err(Error::new(Code::WrongState));
    }
    let after = write(db, &found.event, before, &after, now).await?;
    let news: Vec<News> = changed(&found.event, before, after, now).into_iter().collect();
    // What was answered before it was called off was to something else.
    answer::clear(db, &news.iter().map(|one| one.session.id).collect::<Vec<_>>(), now).await?;
    tell_all(db, &found.event, news, now).await?;
    touch_event(db, found.event.id, now).await?;
    record(db, actor, ("session.restore", &found.event, id), serde_json::json!({}), now).await?;
    session_to_manage(db, actor, id).await
}

async fn record(
    db: &impl ConnectionTrait,
    actor: &Actor,
    (action, event, id): (&str, &event::Model, SessionId),
    detail: serde_json::Value,
    now: DateTime<Utc>,
) -> Result<()> {
    let subject = format!("session:{id}");
    let deed = audit::Deed { actor: &actor.name, action, subject, event_id: Some(event.id), detail };
    Ok(audit::record(db, deed, now).await?)
}
