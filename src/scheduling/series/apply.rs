//! Doing what a plan says, in the caller's transaction, and telling the invited of all of it at once.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, NaiveDateTime, Utc};
use entity::id::SessionId;
use entity::state::{EventStatus, MessageKind, SessionStatus};
use entity::{event, leave, outbox, series, session};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use super::plan::{Plan, Step};
use crate::error::{Error, FieldProblem, Result};
use crate::scheduling::answer;
use crate::scheduling::content::filled;
use crate::scheduling::create::insert_sessions;
use crate::scheduling::draft::Sitting;
use crate::scheduling::publish::sessions;
use crate::scheduling::tell::{Extent, News, is_ahead, tell_as};
use crate::scheduling::{roster, session as shown};

/// What was done to a series; sittings by their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Those that changed.
    pub changed: Vec<String>,
    /// Those that are new, or came back.
    pub added: Vec<String>,
    /// Those that were called off.
    pub cancelled: Vec<String>,
    /// Those of a draft that are gone.
    pub removed: Vec<String>,
    /// Those that kept the time that somebody set by hand.
    pub by_hand: Vec<String>,
    /// Local times that do not exist: those sittings stayed as they were.
    pub left: Vec<NaiveDateTime>,
}

impl Applied {
    /// Whether nothing was done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.added.is_empty() && self.cancelled.is_empty() && self.removed.is_empty()
    }
}

/// Does what a plan says. The event is held by the caller, who says afterwards that it changed.
pub(super) async fn apply(
    db: &impl ConnectionTrait,
    event: &event::Model,
    series: &series::Model,
    plan: &Plan,
    now: DateTime<Utc>,
) -> Result<Applied> {
    let mut done = Applied {
        by_hand: plan.by_hand.iter().map(|row| row.key.clone()).collect(),
        left: plan.left.clone(),
        ..Applied::default()
    };
    let bound = bound(db, event, series, plan).await?;
    let mut news = Vec::new();
    let mut new = Vec::new();
    // At another time or place, or back: what was answered before was to something else.
    let mut anew = Vec::new();
    for step in &plan.steps {
        match step {
            Step::Change { before, after } => {
                let row = write(db, event, before, after, now).await?;
                match (before.status, row.status) {
                    (SessionStatus::Cancelled, SessionStatus::Scheduled) => done.added.push(row.key.clone()),
                    // A slot alone is the rule's business and nobody else's.
                    _ if row.revision == before.revision => {}
                    _ => done.changed.push(row.key.clone()),
                }
                let told = changed(event, before, row, now);
                anew.extend(told.iter().map(|news| news.session.id));
                news.extend(told);
            }
            Step::Lapse(before) if event.status == EventStatus::Draft && !bound.contains(&before.id) => {
                session::Entity::delete_by_id(before.id).exec(db).await?;
                done.removed.push(before.key.clone());
            }
            Step::Lapse(before) => {
                let after = session::Model { status: SessionStatus::Cancelled, slot: None, ..(**before).clone() };
                let row = write(db, event, before, &after, now).await?;
                done.cancelled.push(row.key.clone());
                news.extend(called_off(event, before, row, now));
            }
            Step::Add { planned, span } => {
                let key = format!("{}-{}", series.key, planned.slot.format("%Y%m%d"));
                let slot = Some(plan.pattern.stamp(planned.slot));
                new.push(Sitting { key, span: *span, title: None, location: None, slot });
            }
        }
    }
    if !new.is_empty() {
        insert_sessions(db, event, &new, Some(series.id), now).await.map_err(of_series)?;
        let keys: HashSet<&str> = new.iter().map(|sitting| sitting.key.as_str()).collect();
        for row in sessions(db, event.id).await?.into_iter().filter(|row| keys.contains(row.key.as_str())) {
            // An answer that was on its way was to the series without it.
            anew.extend(Some(row.id).filter(|_| event.status == EventStatus::Scheduled));
            if event.mails && is_ahead(event, &row, now) {
                news.push(News::invitation(row));
            }
        }
        done.added.extend(new.into_iter().map(|sitting| sitting.key));
    }
    answer::clear(db, &anew, now).await?;
    // By another rule sittings may be known by other starts.
    tell_as(db, event, news, Extent::Whole, now).await?;
    // What was moved into the past has its roster fixed with this change.
    roster::freeze_due(db, now).await?;
    Ok(done)
}

/// Those that other rows name, or for which something is written down, and that therefore cannot go.
async fn bound(
    db: &impl ConnectionTrait,
    event: &event::Model,
    series: &series::Model,
    plan: &Plan,
) -> Result<HashSet<SessionId>> {
    let ids: Vec<SessionId> =
        plan.steps.iter().filter_map(|step| if let Step::Lapse(row) = step { Some(row.id) } else { None }).collect();
    if ids.is_empty() || event.status != EventStatus::Draft {
        return Ok(HashSet::new());
    }
    let filled = filled(db, &ids).await?;
    let told: Vec<Option<SessionId>> = outbox::Entity::find()
        .select_only()
        .column(outbox::Column::SessionId)
        .filter(outbox::Column::SessionId.is_in(ids.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    // Told of as a whole: SEQUENCE, the sum over its sittings, may not fall.
    let told_whole = outbox::Entity::find().filter(outbox::Column::SeriesId.eq(series.id)).one(db).await?.is_some();
    if told_whole {
        return Ok(ids.into_iter().collect());
    }
    let asked: Vec<SessionId> = leave::Entity::find()
        .select_only()
        .column(leave::Column::SessionId)
        .filter(leave::Column::SessionId.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(told.into_iter().flatten().chain(asked).chain(filled).collect())
}

/// A key that another event has is the series' key that does not fit.
pub(crate) fn of_series(error: Error) -> Error {
    match error {
        Error::Problem(mut problem) => {
            for field in &mut problem.fields {
                if field.code == "key-taken" {
                    *field = FieldProblem { field: "series.key".to_owned(), ..field.clone() };
                }
            }
            Error::Problem(problem)
        }
        other => other,
    }
}

/// Writes a row: its SEQUENCE grows with time, place and status, its revision with anything that shows.
pub(super) async fn write(
    db: &impl ConnectionTrait,
    event: &event::Model,
    before: &session::Model,
    after: &session::Model,
    now: DateTime<Utc>,
) -> Result<session::Model> {
    let time = |row: &session::Model| (row.starts_at, row.ends_at, row.all_day, row.status);
    let moved = time(before) != time(after) || shown::location(event, before) != shown::location(event, after);
    let shows = moved || before.title != after.title || before.location != after.location;
    let mut row = after.clone();
    if moved {
        row.sequence += 1;
    }
    if shows {
        row.revision += 1;
        row.updated_at = now;
    }
    Ok(row.into_active_model().reset_all().update(db).await?)
}

/// What a changed row has to tell.
pub(super) fn changed(
    event: &event::Model,
    before: &session::Model,
    row: session::Model,
    now: DateTime<Utc>,
) -> Option<News> {
    let (was_ahead, ahead) = (is_ahead(event, before, now), is_ahead(event, &row, now));
    if row.sequence == before.sequence || row.status != SessionStatus::Scheduled || !(was_ahead || ahead) {
        return None;
    }
    if before.status == SessionStatus::Cancelled {
        return Some(News::invitation(row));
    }
    let was = shown::span(before);
    let detail = serde_json::json!({ "before": {
        "starts_at": was.start_text(),
        "ends_at": was.end_text(),
        "location": shown::location(event, before),
    } });
    let gone_from = (was_ahead && before.day != row.day).then_some(before.day);
    Some(News { kind: MessageKind::Update, session: row, detail: Some(detail), gone_from })
}

/// What a row that was called off has to tell.
pub(super) fn called_off(
    event: &event::Model,
    before: &session::Model,
    row: session::Model,
    now: DateTime<Utc>,
) -> Option<News> {
    if !is_ahead(event, before, now) {
        return None;
    }
    Some(News { kind: MessageKind::Cancellation, session: row, detail: None, gone_from: None })
}

/// The sittings of a series that have attendance.
pub(super) async fn attended(db: &impl ConnectionTrait, sittings: &[session::Model]) -> Result<HashSet<SessionId>> {
    let ids: Vec<SessionId> = sittings.iter().map(|row| row.id).collect();
    let found: Vec<SessionId> = entity::attendance::Entity::find()
        .select_only()
        .column(entity::attendance::Column::SessionId)
        .distinct()
        .filter(entity::attendance::Column::SessionId.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.into_iter().collect())
}

/// The sittings of a series, by start.
pub(super) async fn sittings(db: &impl ConnectionTrait, series: &series::Model) -> Result<Vec<session::Model>> {
    let rows = sessions(db, series.event_id).await?;
    Ok(rows.into_iter().filter(|row| row.series_id == Some(series.id)).collect())
}

/// Writes what a series is now.
pub(super) async fn save(
    db: &impl ConnectionTrait,
    row: &series::Model,
    plan: &Plan,
    now: DateTime<Utc>,
) -> Result<series::Model> {
    let wanted = series::Model {
        rrule: plan.pattern.rule.text(),
        starts_at: plan.pattern.starts_text(),
        ends_at: plan.pattern.ends_text(),
        all_day: plan.pattern.all_day(),
        on_day_off: plan.pattern.on_day_off,
        applies_from: plan.applies_from,
        ..row.clone()
    };
    if wanted == *row {
        return Ok(wanted);
    }
    Ok(series::Model { updated_at: now, ..wanted }.into_active_model().reset_all().update(db).await?)
}

/// How many of each; for the audit.
pub(super) fn counts(done: &Applied) -> BTreeMap<&'static str, usize> {
    let all = [
        ("changed", &done.changed),
        ("added", &done.added),
        ("cancelled", &done.cancelled),
        ("removed", &done.removed),
        ("by_hand", &done.by_hand),
    ];
    all.into_iter().map(|(name, list)| (name, list.len())).collect()
}
