//! Templates in use: an event from a template and a date, and a template from an event.

pub mod pages;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use entity::id::EventTemplateId;
use entity::{checklist_item, event_template};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::store::for_use;
use super::wish::{DAY, NewTemplate};
use super::{HOST, pattern};
use crate::access::Actor;
use crate::dates::parse_date;
use crate::error::{Code, Error, Result};
use crate::people::OrgTree;
use crate::scheduling::form::Typed;
use crate::scheduling::{Ground, Made, Task, Whole, create, put_checklist, session as sitting};

/// What a template is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Using<'a> {
    /// The event's key: asked for twice, it is made once.
    pub key: &'a str,
    /// The day of the event, or of the first of its series.
    pub date: &'a str,
    /// The host's code.
    pub org_code: &'a str,
}

/// Makes a draft with its checklist, in the caller's transaction. What is wrong is named `date`, or by the event's own
/// field where the template no longer fits: a kind that is gone, a person who left.
pub async fn use_template(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    tree: &OrgTree,
    actor: &Actor,
    (row, using): (&event_template::Model, Using<'_>),
    now: DateTime<Utc>,
) -> Result<Made> {
    let template = NewTemplate::of(row, tree.code(row.organisation_id));
    let day = day(using.date)?;
    let made = create(db, ground, actor, template.event(using.key, day, using.org_code), now).await?;
    if let Made::New(whole) = &made {
        put_checklist(db, whole.event.id, &template.checklist).await?;
    }
    Ok(made)
}

/// Reads the date that a template is used for.
pub fn day(text: &str) -> Result<NaiveDate> {
    if text.trim().is_empty() {
        return Err(Error::field("date", "required"));
    }
    parse_date(text).map_err(|error| Error::field("date", error.code()))
}

/// The form of a new event, filled in by a template for `day`; without one the times stand there and the date is left
/// to be chosen, `today` serving the title.
#[must_use]
pub fn prefill(template: &NewTemplate, key: &str, day: Option<NaiveDate>, today: NaiveDate, org_code: &str) -> Typed {
    // The form's own rows hold the first sitting; a rule is used by one tap.
    let once = NewTemplate { rrule: None, ..template.clone() };
    let event = once.event(key, day.unwrap_or(today), org_code);
    let mut typed = Typed::of_new(&event);
    if day.is_none() {
        typed.s_day.fill(String::new());
        typed.s_last.fill(String::new());
    }
    typed
}

/// The template that an event could have come from: its first sitting gives time and length, its checklist is taken
/// along unticked.
pub async fn of_event(db: &impl ConnectionTrait, whole: &Whole) -> Result<NewTemplate> {
    let event = &whole.event;
    let checklist = checklist_item::Entity::find()
        .filter(checklist_item::Column::EventId.eq(event.id))
        .order_by_asc(checklist_item::Column::Position)
        .all(db)
        .await?;
    let own = format!("org:{}", whole.host.code);
    let mut template = NewTemplate {
        name: event.title.clone(),
        org_code: whole.host.code.clone(),
        kind: event.kind.clone(),
        title_pattern: event.title.clone(),
        location: event.location.clone(),
        form: event.form.clone(),
        required: event.required,
        walk_ins: event.walk_ins,
        audience: whole
            .audience
            .iter()
            .map(|line| if *line == own { format!("org:{HOST}") } else { line.clone() })
            .collect(),
        topics: whole.topics.clone(),
        also_kinds: whole.also_kinds.clone(),
        reminders: event.reminders.clone().and_then(|list| serde_json::from_value(list).ok()),
        remind_whom: Some(event.remind_whom),
        after: event.after.clone().and_then(|list| serde_json::from_value(list).ok()),
        checklist: checklist.into_iter().map(|row| Task { kind: row.kind, text: row.text }).collect(),
        ..NewTemplate::default()
    };
    if let Some(series) = &whole.series {
        template.rrule = Some(series.row.rrule.clone());
        template.on_day_off = series.row.on_day_off;
    }
    if let Some(first) = whole.sessions.first() {
        let span = sitting::span(first);
        let days = (span.last_day() - span.day()).num_days() + 1;
        template.all_day = span.all_day;
        template.title_pattern = pattern::guess(&event.title, span.day());
        template.name = ["{year}年", "{year}", "第{quarter}季度"]
            .iter()
            .fold(template.title_pattern.clone(), |name, part| name.replace(part, ""))
            .trim()
            .to_owned();
        if span.all_day {
            template.length_minutes = i32::try_from(days).unwrap_or(1).saturating_mul(DAY);
        } else {
            template.starts_at = span.zone.local(span.start).format("%H:%M").to_string();
            template.length_minutes = i32::try_from((span.end - span.start).num_minutes()).unwrap_or(0);
        }
    }
    Ok(template)
}

/// The template that filled in the form that comes back; None where there was none, or where it is gone since.
pub async fn of_form(
    db: &impl ConnectionTrait,
    tree: &OrgTree,
    actor: &Actor,
    id: &str,
) -> Result<Option<NewTemplate>> {
    let Ok(id) = id.parse() else { return Ok(None) };
    match for_use(db, tree, actor, EventTemplateId(id)).await {
        Ok(row) => Ok(Some(NewTemplate::of(&row, tree.code(row.organisation_id)))),
        Err(error) if error.code() == Code::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a draft for that day would be of the past: allowed, and worth a word.
#[must_use]
pub fn is_past(day: NaiveDate, today: NaiveDate) -> bool {
    day < today && day.year() <= today.year()
}
