//! The bar of states above an event.

use chrono::{DateTime, Utc};
use entity::{audit, session};
use minijinja::{Value, context};

use super::brought;
use crate::access::deeds;
use crate::error::Result;
use crate::scheduling::{Phase, Whole, session as sitting};
use crate::view::format;
use crate::web::Page;

/// What `scheduling/states/steps.html` shows of the chosen session, or of an event without one: each state that was
/// reached, with who brought it there and when. A cancelled one ends with that.
pub async fn steps(
    page: &Page,
    whole: &Whole,
    chosen: Option<&session::Model>,
    now: DateTime<Utc>,
) -> Result<Vec<Value>> {
    let db = page.app.db.read();
    let brought = brought(db, whole.event.id).await?;
    let phase = match chosen {
        Some(session) => Phase::of_session(&whole.event, session, now),
        None => Phase::of_event(&whole.event, &whole.sessions, now),
    };
    let subject = chosen.map(|session| format!("session:{}", session.id)).unwrap_or_default();
    let held =
        brought.held.get(&subject).filter(|_| chosen.is_some_and(|s| s.status == entity::state::SessionStatus::Held));
    let cancelled = brought.cancelled.as_ref().or_else(|| brought.sessions_cancelled.get(&subject));
    let all = [&brought.created, &brought.published].into_iter().flatten().chain(held).chain(cancelled);
    let names = deeds::names(db, all.map(|row| row.actor.as_str())).await?;
    let zone = page.app.config.zone();
    let said = |row: Option<&audit::Model>| {
        row.map(|row| {
            let who = names.get(&row.actor).cloned().unwrap_or_else(|| match row.actor.as_str() {
                "command" => page.lang.text("page-actor-command"),
                other => other.to_owned(),
            });
            format!("{} · {who}", format::moment(page.lang, zone, row.at, now))
        })
        .unwrap_or_default()
    };
    let by_itself = || {
        // Over without anybody's word: held since its end.
        let end = chosen.map(|session| format::moment(page.lang, sitting::span(session).zone, session.ends_at, now));
        end.map(|end| page.lang.text_with("state-by-itself", [("when", end)])).unwrap_or_default()
    };
    let published = whole.event.published_at.map(|at| format::moment(page.lang, zone, at, now)).unwrap_or_default();
    let published = if brought.published.is_some() { said(brought.published.as_ref()) } else { published };
    let step = |at: usize, here: usize, key: &str, note: String| {
        context! { key, note, reached => at < here, here => at == here }
    };
    if phase == Phase::Cancelled {
        let was_published = whole.event.published_at.is_some();
        let mut steps = vec![step(0, 3, "draft", said(brought.created.as_ref()))];
        if was_published {
            steps.push(step(1, 3, "ahead", published));
        }
        steps.push(step(3, 3, "cancelled", said(cancelled)));
        return Ok(steps);
    }
    let here = match phase {
        Phase::Draft => 0,
        Phase::Ahead => 1,
        Phase::Running => 2,
        Phase::Held | Phase::Cancelled => 3,
    };
    let done = match (here, held) {
        (3, Some(row)) => said(Some(row)),
        (3, None) => by_itself(),
        _ => String::new(),
    };
    let clock = if here == 2 { format::clock(zone, now) } else { String::new() };
    Ok(vec![
        step(0, here, "draft", said(brought.created.as_ref())),
        step(1, here, "ahead", if here >= 1 { published } else { String::new() }),
        step(2, here, "running", clock),
        step(3, here, "held", done),
    ])
}
