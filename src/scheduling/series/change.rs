//! Changing the rule of a series for every sitting that has not begun, or from a date on; giving an event its series.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::EventId;
use entity::state::{EventStatus, OnDayOff};
use entity::{event, series};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::apply::{apply, attended, counts, save, sittings};
use super::lay_out::{LaidOut, Planned, lay_out};
use super::pattern::{Length, NewSeries, Pattern, Written, rule};
use super::plan::{Plan, Standing};
use crate::access::{Actor, audit};
use crate::dates::{Zone, parse_date};
use crate::error::{Code, Error, FieldProblem, Result};
use crate::scheduling::draft::Sitting;
use crate::scheduling::publish::touch_event;
use crate::scheduling::whole::event_to_manage;
use crate::scheduling::{Whole, holidays, load_whole, roster};

/// What becomes of sittings whose time somebody set by hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ByHand {
    /// They keep it.
    #[default]
    Keep,
    /// They follow the series again.
    Take,
}

/// What of a series is to change; None stays as it is. Without anything it is laid out again, by the days off as they
/// are known now. Of an event without a series: a series, of which key, times and rule are then needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SeriesChange {
    /// The beginning of its sittings' keys; never changes.
    pub key: Option<String>,
    /// The first slot.
    pub starts_at: Option<String>,
    /// Its end; left out, sittings last as long as before.
    pub ends_at: Option<String>,
    /// By which it recurs.
    pub rrule: Option<String>,
    /// IANA name; the event's.
    pub time_zone: Option<String>,
    /// What becomes of a sitting on a day off.
    #[schema(value_type = Option<String>, example = "after")]
    pub on_day_off: Option<OnDayOff>,
    /// A date: sittings whose slot is earlier stay as they are; left out, all that have not begun follow.
    #[schema(example = "2026-07-01")]
    pub from: Option<String>,
    /// `keep` (default) or `take` along those whose time was set by hand.
    #[schema(value_type = Option<String>, example = "keep")]
    pub by_hand: Option<ByHand>,
}

/// A series that is not there yet.
#[derive(Clone, Debug)]
pub(in crate::scheduling) struct Fresh {
    pub key: String,
    pub pattern: Pattern,
    pub laid: LaidOut,
}

impl Fresh {
    /// Its sittings, by slot.
    pub(in crate::scheduling) fn sittings(&self) -> Vec<Sitting> {
        let sitting = |planned: &Planned| {
            let key = format!("{}-{}", self.key, planned.slot.format("%Y%m%d"));
            let slot = Some(self.pattern.stamp(planned.slot));
            Some(Sitting { key, span: self.pattern.span(planned.day)?, title: None, location: None, slot })
        };
        self.laid.planned.iter().filter_map(sitting).collect()
    }

    /// Writes its row.
    pub(in crate::scheduling) async fn insert(
        &self,
        db: &impl ConnectionTrait,
        event: EventId,
        now: DateTime<Utc>,
    ) -> Result<series::Model> {
        let row = series::ActiveModel {
            event_id: Set(event),
            key: Set(self.key.clone()),
            uid: Set(uuid::Uuid::new_v4().to_string()),
            rrule: Set(self.pattern.rule.text()),
            starts_at: Set(self.pattern.starts_text()),
            ends_at: Set(self.pattern.ends_text()),
            all_day: Set(self.pattern.all_day()),
            on_day_off: Set(self.pattern.on_day_off),
            applies_from: Set(None),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        Ok(series::Entity::insert(row).exec_with_returning(db).await?)
    }

    /// Whether a row says the same.
    pub(in crate::scheduling) fn same(&self, row: &series::Model) -> bool {
        row.key == self.key
            && row.rrule == self.pattern.rule.text()
            && row.starts_at == self.pattern.starts_text()
            && row.ends_at == self.pattern.ends_text()
            && row.on_day_off == self.pattern.on_day_off
    }
}

/// Understands a new series and lays it out; what is wrong goes to `wrong`.
pub(in crate::scheduling) async fn check_new(
    db: &impl ConnectionTrait,
    new: &NewSeries,
    zone: Zone,
    wrong: &mut Vec<FieldProblem>,
) -> Result<Option<Fresh>> {
    let Some((key, pattern)) = new.read(zone, wrong) else { return Ok(None) };
    let laid = lay_out(&pattern, &holidays::load(db).await?);
    Ok(laid.map_err(|problem| wrong.push(problem)).ok().map(|laid| Fresh { key, pattern, laid }))
}

/// Changes the series of an event that is not cancelled, in the caller's transaction, and tells the invited of every
/// sitting that moves, comes or goes. What began, was held or has attendance stays as it is.
pub async fn change_series(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    change: SeriesChange,
    now: DateTime<Utc>,
) -> Result<Whole> {
    event_to_manage(db, actor, id).await?;
    roster::freeze_due(db, now).await?;
    let event = event_to_manage(db, actor, id).await?;
    if event.status == EventStatus::Cancelled {
        return Err(Error::new(Code::WrongState));
    }
    let (row, plan) = prepare(db, &event, &change, now).await?;
    let (before, row) = match row {
        Ready::There(row) => (Some(row.clone()), row),
        Ready::Fresh(fresh) => (None, fresh.insert(db, id, now).await?),
    };
    let after = save(db, &row, &plan, now).await?;
    let done = apply(db, &event, &after, &plan, now).await?;
    // A slot alone shows too: calendars know sittings by it.
    if before.as_ref() != Some(&after) || !plan.steps.is_empty() {
        let event = touch_event(db, id, now).await?;
        let said = |row: &series::Model| serde_json::json!({"rrule": row.rrule, "starts_at": row.starts_at, "ends_at": row.ends_at, "on_day_off": row.on_day_off});
        let deed = audit::Deed {
            actor: &actor.name,
            action: "series.change",
            subject: format!("event:{id}"),
            event_id: Some(id),
            detail: serde_json::json!({
                "before": before.as_ref().map(said), "after": said(&after), "sittings": counts(&done), "revision": event.revision,
            }),
        };
        audit::record(db, deed, now).await?;
    }
    let event = event::Entity::find_by_id(id).one(db).await?.ok_or_else(|| Error::new(Code::NotFound))?;
    let mut whole = load_whole(db, event).await?;
    if let Some(series) = &mut whole.series {
        series.applied = Some(done);
    }
    Ok(whole)
}

/// What a new series would come to; nothing is written.
pub async fn look(db: &impl ConnectionTrait, new: &NewSeries, zone: Zone) -> Result<(Pattern, LaidOut)> {
    let mut wrong = Vec::new();
    match check_new(db, new, zone, &mut wrong).await? {
        Some(fresh) => Ok((fresh.pattern, fresh.laid)),
        None => Err(Error::invalid(wrong)),
    }
}

/// What a change would come to; nothing is written.
pub async fn preview(
    db: &impl ConnectionTrait,
    event: &event::Model,
    change: &SeriesChange,
    now: DateTime<Utc>,
) -> Result<Plan> {
    Ok(prepare(db, event, change, now).await?.1)
}

/// The series as it stands, or as it is to be made.
enum Ready {
    There(series::Model),
    Fresh(Fresh),
}

/// The series of an event.
pub(super) async fn series_of(db: &impl ConnectionTrait, event: EventId) -> Result<Option<series::Model>> {
    Ok(series::Entity::find().filter(series::Column::EventId.eq(event)).one(db).await?)
}

async fn prepare(
    db: &impl ConnectionTrait,
    event: &event::Model,
    change: &SeriesChange,
    now: DateTime<Utc>,
) -> Result<(Ready, Plan)> {
    let zone = Zone::parse(&event.time_zone).map_err(Error::internal)?;
    let mut wrong = Vec::new();
    let from = from(change, &mut wrong);
    let by_hand = change.by_hand.unwrap_or_default();
    let Some(row) = series_of(db, event.id).await? else {
        let fresh = check_new(db, &change.as_new(), zone, &mut wrong).await?;
        let Some(fresh) = fresh.filter(|_| wrong.is_empty()) else { return Err(Error::invalid(wrong)) };
        let standing = Standing { event, sittings: &[], attended: &HashSet::new(), by_hand, now };
        let plan = standing.plan(fresh.pattern.clone(), from, fresh.laid.clone());
        return Ok((Ready::Fresh(fresh), plan));
    };
    let present = Pattern::of(&row, zone)?;
    let pattern = change.onto(&row, &present, &mut wrong);
    let Some(pattern) = pattern.filter(|_| wrong.is_empty()) else { return Err(Error::invalid(wrong)) };
    let laid = lay_out(&pattern, &holidays::load(db).await?).map_err(|problem| Error::invalid(vec![problem]))?;
    let applies_from = match from {
        Some(from) => Some(from),
        None if pattern == present => row.applies_from,
        None => None,
    };
    let sittings = sittings(db, &row).await?;
    let attended = attended(db, &sittings).await?;
    let standing = Standing { event, sittings: &sittings, attended: &attended, by_hand, now };
    let plan = standing.plan(pattern, applies_from, laid);
    Ok((Ready::There(row), plan))
}

fn from(change: &SeriesChange, wrong: &mut Vec<FieldProblem>) -> Option<NaiveDate> {
    let text = change.from.as_deref().filter(|text| !text.trim().is_empty())?;
    parse_date(text).map_err(|error| wrong.push(FieldProblem::new("series.from", error.code()))).ok()
}

impl SeriesChange {
    fn as_new(&self) -> NewSeries {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        NewSeries {
            key: text(&self.key),
            starts_at: text(&self.starts_at),
            ends_at: text(&self.ends_at),
            rrule: text(&self.rrule),
            time_zone: self.time_zone.clone(),
            on_day_off: self.on_day_off,
        }
    }

    /// The pattern that the change makes of what is there.
    fn onto(&self, row: &series::Model, present: &Pattern, wrong: &mut Vec<FieldProblem>) -> Option<Pattern> {
        if self.key.as_ref().is_some_and(|key| *key != row.key) {
            wrong.push(FieldProblem::new("series.key", "series-key-stays").with("key", &row.key));
        }
        if self.time_zone.as_deref().is_some_and(|name| name != present.zone.name()) {
            let problem = FieldProblem::new("series.time_zone", "zone-not-events");
            wrong.push(problem.with("zone", present.zone.name()));
        }
        let rule = match &self.rrule {
            Some(text) => rule(text, wrong),
            None => Some(present.rule.clone()),
        };
        let times = self.times(row, present, wrong);
        let (rule, (first, length)) = (rule?, times?);
        Some(Pattern {
            rule,
            first,
            length,
            on_day_off: self.on_day_off.unwrap_or(present.on_day_off),
            zone: present.zone,
        })
    }

    fn times(
        &self,
        row: &series::Model,
        present: &Pattern,
        wrong: &mut Vec<FieldProblem>,
    ) -> Option<(chrono::NaiveDateTime, Length)> {
        let zone = present.zone;
        match (&self.starts_at, &self.ends_at) {
            (None, None) => Some((present.first, present.length)),
            (start, Some(end)) => {
                let starts_at = start.as_deref().unwrap_or(&row.starts_at);
                Written { starts_at, ends_at: end, zone }.read(wrong)
            }
            (Some(start), None) => {
                // As long as before: the end of the first is only there to be read.
                let end = if present.all_day() { start.clone() } else { end_of_day(start) };
                let (first, _) = Written { starts_at: start, ends_at: &end, zone }.read(wrong)?;
                Some((first, present.length))
            }
        }
    }
}

/// Some moment after a start that is a time.
fn end_of_day(start: &str) -> String {
    format!("{}T23:59:59.999", start.trim().get(..10).unwrap_or_default())
}
