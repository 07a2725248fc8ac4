//! Changing one sitting, and with it all later ones or all that have not begun. Each keeps its date: dates are the
//! rule's business.

use chrono::{DateTime, NaiveTime, Utc};
use entity::id::SessionId;
use entity::state::{EventStatus, SessionStatus};
use entity::{event, series, session};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::apply::{Applied, apply, attended, counts, save, sittings};
use super::change::ByHand;
use super::lay_out::LaidOut;
use super::matching::Hold;
use super::pattern::{Length, Pattern, stamp_date};
use super::plan::{Plan, Standing, at};
use crate::access::{Actor, audit};
use crate::dates::Zone;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::scheduling::change::demand_revision;
use crate::scheduling::change_session::{new_span, new_text};
use crate::scheduling::publish::touch_event;
use crate::scheduling::whole::session_to_manage;
use crate::scheduling::{SessionChange, change_session, roster};

/// Which sittings a change of one is meant for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Apply {
    /// Only that one.
    #[default]
    This,
    /// That one and all later ones of its series.
    Later,
    /// All of its series that have not begun.
    All,
}

/// A sitting of a series, held until the transaction ends, with its series.
pub(super) struct Found {
    pub event: event::Model,
    pub session: session::Model,
    pub series: series::Model,
}

/// The sitting of that id and its series; `apply` is a wrong field where it is of none.
pub(super) async fn of_series(db: &impl ConnectionTrait, actor: &Actor, id: SessionId) -> Result<Found> {
    let (event, session) = session_to_manage(db, actor, id).await?;
    let Some(series) = session.series_id else { return Err(Error::field("apply", "no-series")) };
    let series = series::Entity::find_by_id(series).one(db).await?;
    Ok(Found { event, session, series: series.ok_or_else(|| Error::new(Code::NotFound))? })
}

/// Changes what is given of a sitting, or of it and others of its series, in the caller's transaction: see
/// [`change_session`] for one. For several, each keeps its date and takes the time of day, the length, title and place;
/// what began, was held or has attendance never changes, what was called off stays so, and what somebody moved by hand
/// keeps its time unless `by_hand` takes it along. The invited are told of each at once.
pub async fn change_rest(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: SessionId,
    change: SessionChange,
    (reach, by_hand): (Apply, ByHand),
    expected: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(event::Model, session::Model, Applied)> {
    if reach == Apply::This {
        let (event, session) = change_session(db, actor, id, change, expected, now).await?;
        return Ok((event, session, Applied::default()));
    }
    of_series(db, actor, id).await?;
    roster::freeze_due(db, now).await?;
    let found = of_series(db, actor, id).await?;
    demand_revision(expected, found.session.revision)?;
    if found.event.status == EventStatus::Cancelled || found.session.status == SessionStatus::Cancelled {
        return Err(Error::new(Code::WrongState));
    }
    let rows = sittings(db, &found.series).await?;
    let attended = attended(db, &rows).await?;
    let standing = Standing { event: &found.event, sittings: &rows, attended: &attended, by_hand, now };
    let plan = plan(&found, &standing, &change, reach)?;
    let series = save(db, &found.series, &plan, now).await?;
    let done = apply(db, &found.event, &series, &plan, now).await?;
    if !plan.steps.is_empty() || series != found.series {
        touch_event(db, found.event.id, now).await?;
        record(db, actor, &found, &plan, &done, reach, now).await?;
    }
    let (event, session) = session_to_manage(db, actor, id).await?;
    Ok((event, session, done))
}

/// What the sittings are to take over.
#[expect(clippy::option_option, reason = "not given, given as none of its own and given are three things")]
struct Wanted {
    time: Option<(NaiveTime, Length)>,
    title: Option<Option<String>>,
    location: Option<Option<String>>,
}

fn understand(found: &Found, change: &SessionChange) -> Result<Wanted> {
    let mut wrong = Vec::new();
    let before = &found.session;
    if change.status.is_some_and(|status| status != before.status) {
        wrong.push(FieldProblem::new("status", "only-this"));
    }
    let span = new_span(before, change, &mut wrong);
    let time = span.map(|span| {
        if span.day() != before.day {
            wrong.push(FieldProblem::new("starts_at", "series-keeps-dates"));
        }
        let (start, end) = (span.zone.local(span.start), span.zone.local(span.end));
        let length = if span.all_day {
            Length::Days((span.last_day() - span.day()).num_days() + 1)
        } else {
            Length::Time(end - start)
        };
        (if span.all_day { NaiveTime::MIN } else { start.time() }, length)
    });
    let title = new_text("title", change.title.as_ref(), &mut wrong);
    let location = new_text("location", change.location.as_ref(), &mut wrong);
    if wrong.is_empty() { Ok(Wanted { time, title, location }) } else { Err(Error::invalid(wrong)) }
}

fn plan(found: &Found, standing: &Standing<'_>, change: &SessionChange, reach: Apply) -> Result<Plan> {
    let wanted = understand(found, change)?;
    let zone = Zone::parse(&found.event.time_zone).map_err(Error::internal)?;
    let present = Pattern::of(&found.series, zone)?;
    let this = &found.session;
    let meant = |row: &session::Model| reach == Apply::All || (row.starts_at, row.id) >= (this.starts_at, this.id);
    let open = |row: &&session::Model| matches!(standing.hold(row), Hold::Open | Hold::ByHand);
    let mut plan = Plan {
        pattern: match wanted.time {
            Some((time, length)) => present.at_time(time, length),
            None => present,
        },
        applies_from: found.series.applies_from,
        laid: LaidOut::default(),
        steps: Vec::new(),
        by_hand: Vec::new(),
        left: Vec::new(),
    };
    // Earlier sittings that are still ahead keep what they have, whenever the series is laid out again.
    if wanted.time.is_some() && standing.sittings.iter().filter(open).any(|row| !meant(row)) {
        let slot = this.slot.as_deref().and_then(stamp_date).unwrap_or(this.day);
        plan.applies_from = plan.applies_from.max(Some(slot));
    }
    for row in standing.sittings.iter().filter(open).filter(|row| meant(row)) {
        let mut after = row.clone();
        if let Some(title) = &wanted.title {
            after.title.clone_from(title);
        }
        if let Some(location) = &wanted.location {
            after.location.clone_from(location);
        }
        if let Some((time, length)) = wanted.time {
            let keeps = standing.hold(row) == Hold::ByHand && row.id != this.id;
            match length.span(row.day.and_time(time), zone) {
                _ if keeps => plan.by_hand.push(row.clone()),
                None => plan.left.push(row.day.and_time(time)),
                Some(span) => after = with_time(&after, &span, &plan.pattern),
            }
        }
        plan.change(row, after);
    }
    Ok(plan)
}

/// The row at its new time of day. It follows the series from then on, unless somebody also set its date.
fn with_time(row: &session::Model, span: &crate::dates::Span, pattern: &Pattern) -> session::Model {
    let date = row.slot.as_deref().and_then(stamp_date);
    let slot = date.map(|date| pattern.stamp(date.and_time(pattern.first.time())));
    session::Model { by_hand: row.by_hand && date != Some(row.day), slot, ..at(row, span) }
}

async fn record(
    db: &impl ConnectionTrait,
    actor: &Actor,
    found: &Found,
    plan: &Plan,
    done: &Applied,
    reach: Apply,
    now: DateTime<Utc>,
) -> Result<()> {
    let deed = audit::Deed {
        actor: &actor.name,
        action: "series.change",
        subject: format!("session:{}", found.session.id),
        event_id: Some(found.event.id),
        detail: serde_json::json!({
            "apply": reach, "sittings": counts(done),
            "before": {"starts_at": found.series.starts_at, "ends_at": found.series.ends_at},
            "after": {"starts_at": plan.pattern.starts_text(), "ends_at": plan.pattern.ends_text()},
        }),
    };
    Ok(audit::record(db, deed, now).await?)
}
