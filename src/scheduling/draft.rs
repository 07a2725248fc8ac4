//! What somebody wants an event to be, as they wrote it, and the same once every field is understood.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::id::OrganisationId;
use entity::state::RemindWhom;
use entity::{audience_rule, organisation};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::kind::Kinds;
use super::series::{Fresh, NewSeries, check_new};
use super::work_hours::WorkHours;
use super::{afterwards, audience_line, wording};
use crate::access::{Actor, Rights};
use crate::dates::{Span, Zone, parse_date, parse_duration, parse_moment};
use crate::error::{Error, FieldProblem, Result};
use crate::people;

/// What events stand on: the kinds that there are, the zone of those that name none, and the hours of work.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The event kinds.
    pub kinds: &'a Kinds,
    /// The zone of events that name none.
    pub zone: Zone,
    /// When people are at work.
    pub hours: WorkHours,
}

/// An event as somebody writes it; the names are those of the files' columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewEvent {
    /// The name that other programs know it by; unique.
    pub key: String,
    /// A key of the event kinds.
    pub kind: String,
    /// As shown.
    pub title: String,
    /// The host's code.
    pub org_code: String,
    /// Codes of those who host it together with the host.
    pub co_host_codes: Vec<String>,
    /// Where it is; may be empty.
    pub location: String,
    /// Laws and subjects.
    pub topics: Vec<String>,
    /// Further kinds in which its sessions count.
    pub also_kinds: Vec<String>,
    /// Form of publicity.
    pub form: String,
    /// Whom it invites: `org:CODE`, `group:NAME`, `staff:NO`, `public`; a leading `-` takes out.
    pub audience: Vec<String>,
    /// Whether the invited must attend.
    pub required: bool,
    /// Whether others may check in.
    pub walk_ins: bool,
    /// ISO 8601 durations before the start; None is the kind's.
    pub reminders: Option<Vec<String>>,
    /// Which of the invited are reminded: `all`, `unanswered` or `not_checked_in`; None is the kind's.
    #[schema(value_type = Option<String>, example = "unanswered")]
    pub remind_whom: Option<RemindWhom>,
    /// What is mailed afterwards: `make_up`, `thanks`, `materials`; None is the kind's.
    pub after: Option<Vec<String>>,
    /// IANA name; None is the setting's.
    pub time_zone: Option<String>,
    /// Its sittings.
    pub sessions: Vec<NewSession>,
    /// Or the rule by which they recur.
    pub series: Option<NewSeries>,
    /// How many may take part; None is as many as come.
    pub capacity: Option<i32>,
    /// Whom to ask; may be empty.
    pub contact: String,
}

/// A sitting as somebody writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewSession {
    /// The name that other programs know it by; unique.
    pub key: String,
    /// Local in the event's zone, or with an offset; of an all-day session the first day.
    pub starts_at: String,
    /// The same; of an all-day session the last day, included.
    pub ends_at: String,
    /// Whether it is whole days.
    pub all_day: bool,
    /// Its own; None is the event's.
    pub title: Option<String>,
    /// Its own; None is the event's.
    pub location: Option<String>,
}

/// An event of which every field is understood.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub key: String,
    pub kind: String,
    pub title: String,
    pub host: OrganisationId,
    pub co_hosts: Vec<OrganisationId>,
    pub location: String,
    pub topics: Vec<String>,
    pub also_kinds: Vec<String>,
    pub form: String,
    pub rules: Vec<audience_rule::Model>,
    pub required: bool,
    pub walk_ins: bool,
    pub reminders: Option<Vec<String>>,
    pub remind_whom: RemindWhom,
    pub after: Option<Vec<String>>,
    pub zone: Zone,
    pub sessions: Vec<Sitting>,
    pub series: Option<Fresh>,
    pub capacity: Option<i32>,
    pub contact: String,
}

/// A sitting of which every field is understood.
#[derive(Clone, Debug)]
pub(super) struct Sitting {
    pub key: String,
    pub span: Span,
    pub title: Option<String>,
    pub location: Option<String>,
    /// Of a sitting of a series: the slot that the rule gives it.
    pub slot: Option<String>,
}

const MOST_PEOPLE: i32 = 1_000_000;
const MOST_SESSIONS: usize = 400;

/// Understands every field, or refuses with all that is wrong at once. The host must be the actor's organisation or
/// below it: what an actor may not see does not exist for it. Co-hosts and audience may be anybody: joint events reach
/// across organisations.
pub(super) async fn check(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    actor: &Actor,
    new: &NewEvent,
) -> Result<Draft> {
    actor.demand(Rights::Manage)?;
    let mut wrong = Vec::new();
    let zone = zone(ground, new.time_zone.as_deref(), &mut wrong);
    let hosts = hosts(db, actor, new, &mut wrong).await?;
    let rules = audience_line::read(db, &new.audience, &mut wrong).await?;
    let (series, sittings) = sittings(db, new, zone, &mut wrong).await?;
    let draft = Draft {
        key: wording::key("key", &new.key, &mut wrong),
        kind: kind(ground, "kind", &new.kind, &mut wrong),
        title: wording::needed("title", &new.title, 200, &mut wrong),
        host: hosts.0,
        co_hosts: hosts.1,
        location: wording::line("location", &new.location, 200, &mut wrong),
        topics: wording::lines("topics", &new.topics, 100, &mut wrong),
        also_kinds: also_kinds(ground, &new.kind, &new.also_kinds, &mut wrong),
        form: wording::line("form", &new.form, 100, &mut wrong),
        rules,
        required: new.required,
        walk_ins: new.walk_ins,
        reminders: new.reminders.as_ref().map(|list| reminders(list, &mut wrong)),
        remind_whom: new.remind_whom.unwrap_or_else(|| ground.kinds.remind_whom(&new.kind)),
        after: new.after.as_ref().map(|list| afterwards::read(list, &mut wrong)),
        zone,
        sessions: sittings,
        series,
        capacity: capacity(new.capacity, &mut wrong),
        contact: wording::line("contact", &new.contact, 100, &mut wrong),
    };
    if wrong.is_empty() { Ok(draft) } else { Err(Error::invalid(wrong)) }
}

/// Whether an event could be made of this, without making it; what is wrong is named by field.
pub async fn check_event(db: &impl ConnectionTrait, ground: &Ground<'_>, actor: &Actor, new: &NewEvent) -> Result<()> {
    check(db, ground, actor, new).await.map(drop)
}

/// The sittings of a new event: those that it names, or those of its series.
async fn sittings(
    db: &impl ConnectionTrait,
    new: &NewEvent,
    zone: Zone,
    wrong: &mut Vec<FieldProblem>,
) -> Result<(Option<Fresh>, Vec<Sitting>)> {
    let Some(series) = &new.series else { return Ok((None, sessions(&new.sessions, zone, wrong))) };
    if !new.sessions.is_empty() {
        wrong.push(FieldProblem::new("series", "sessions-or-series"));
    }
    let fresh = check_new(db, series, zone, wrong).await?;
    let sittings = fresh.as_ref().map(Fresh::sittings).unwrap_or_default();
    Ok((fresh, sittings))
}

/// As many as may take part, one at least.
pub(super) fn capacity(capacity: Option<i32>, wrong: &mut Vec<FieldProblem>) -> Option<i32> {
    if capacity.is_some_and(|n| !(1..=MOST_PEOPLE).contains(&n)) {
        wrong.push(FieldProblem::new("capacity", "bad-capacity").with("limit", MOST_PEOPLE));
    }
    capacity
}

pub(super) fn kind(ground: &Ground<'_>, field: &str, key: &str, wrong: &mut Vec<FieldProblem>) -> String {
    if key.is_empty() {
        wrong.push(FieldProblem::new(field, "required"));
    } else if ground.kinds.get(key).is_none() {
        wrong.push(FieldProblem::new(field, "unknown-kind").with("value", wording::short(key)));
    }
    key.to_owned()
}

pub(super) fn also_kinds(
    ground: &Ground<'_>,
    own: &str,
    keys: &[String],
    wrong: &mut Vec<FieldProblem>,
) -> Vec<String> {
    let mut found: Vec<_> = keys
        .iter()
        .enumerate()
        .map(|(i, key)| kind(ground, &format!("also_kinds[{i}]"), key, wrong))
        .filter(|key| key != own)
        .collect();
    found.sort();
    found.dedup();
    found
}

fn zone(ground: &Ground<'_>, name: Option<&str>, wrong: &mut Vec<FieldProblem>) -> Zone {
    match name.map(Zone::parse) {
        None => ground.zone,
        Some(Ok(zone)) => zone,
        Some(Err(_)) => {
            wrong.push(FieldProblem::new("time_zone", "unknown-zone"));
            ground.zone
        }
    }
}

async fn hosts(
    db: &impl ConnectionTrait,
    actor: &Actor,
    new: &NewEvent,
    wrong: &mut Vec<FieldProblem>,
) -> Result<(OrganisationId, Vec<OrganisationId>)> {
    let host = host(db, actor, &new.org_code, wrong).await?;
    let mut others = co_hosts(db, &new.co_host_codes, wrong).await?;
    others.retain(|other| *other != host);
    Ok((host, others))
}

/// The host of that code, if the actor may make it host. After a problem the id names nothing.
pub(super) async fn host(
    db: &impl ConnectionTrait,
    actor: &Actor,
    code: &str,
    wrong: &mut Vec<FieldProblem>,
) -> Result<OrganisationId> {
    if code.is_empty() {
        wrong.push(FieldProblem::new("org_code", "required"));
        return Ok(OrganisationId(0));
    }
    let found = organisation::Entity::find().filter(organisation::Column::Code.eq(code)).one(db).await?;
    if let Some(host) = found
        && people::is_below(db, host.id, actor.organisation).await?
    {
        return Ok(host.id);
    }
    wrong.push(FieldProblem::new("org_code", "unknown-org").with("value", wording::short(code)));
    Ok(OrganisationId(0))
}

/// The ids of those codes, each once, by id.
pub(super) async fn co_hosts(
    db: &impl ConnectionTrait,
    codes: &[String],
    wrong: &mut Vec<FieldProblem>,
) -> Result<Vec<OrganisationId>> {
    if codes.len() > 100 {
        wrong.push(FieldProblem::new("co_host_codes", "too-many").with("limit", 100));
        return Ok(Vec::new());
    }
    let known = people::by_codes(db, codes.iter().map(String::as_str)).await?;
    let mut found = Vec::new();
    for (i, code) in codes.iter().enumerate() {
        match known.get(code) {
            Some(row) => found.push(row.id),
            None => wrong.push(
                FieldProblem::new(format!("co_host_codes[{i}]"), "unknown-org").with("value", wording::short(code)),
            ),
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

pub(super) fn reminders(list: &[String], wrong: &mut Vec<FieldProblem>) -> Vec<String> {
    if list.len() > 10 {
        wrong.push(FieldProblem::new("reminders", "too-many").with("limit", 10));
        return Vec::new();
    }
    let mut found = Vec::new();
    for (i, text) in list.iter().enumerate() {
        match parse_duration(text.trim()) {
            Some(before) if before.num_days() <= 366 => found.push(text.trim().to_owned()),
            _ => wrong.push(FieldProblem::new(format!("reminders[{i}]"), "bad-duration")),
        }
    }
    found.dedup();
    found
}

pub(super) fn sessions(list: &[NewSession], zone: Zone, wrong: &mut Vec<FieldProblem>) -> Vec<Sitting> {
    if list.is_empty() {
        wrong.push(FieldProblem::new("sessions", "required"));
    }
    if list.len() > MOST_SESSIONS {
        wrong.push(FieldProblem::new("sessions", "too-many").with("limit", MOST_SESSIONS));
        return Vec::new();
    }
    let mut keys = HashSet::new();
    let mut found = Vec::new();
    for (i, new) in list.iter().enumerate() {
        let at = |field: &str| format!("sessions[{i}].{field}");
        let key = wording::key(&at("key"), &new.key, wrong);
        if !key.is_empty() && !keys.insert(key.clone()) {
            wrong.push(FieldProblem::new(at("key"), "key-twice"));
        }
        let title = new.title.as_deref().map(|text| wording::line(&at("title"), text, 200, wrong));
        let location = new.location.as_deref().map(|text| wording::line(&at("location"), text, 200, wrong));
        let times = Times { start: &new.starts_at, end: &new.ends_at, all_day: new.all_day };
        if let Some(span) = times.read(zone, &format!("sessions[{i}]."), wrong) {
            found.push(Sitting { key, span, title: own(title), location: own(location), slot: None });
        }
    }
    found
}

/// An empty text is none of its own.
pub(super) fn own(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// Start and end as they are written.
pub(super) struct Times<'a> {
    pub start: &'a str,
    pub end: &'a str,
    pub all_day: bool,
}

impl Times<'_> {
    /// Reads both; `at` goes before the names of the fields.
    pub(super) fn read(&self, zone: Zone, at: &str, wrong: &mut Vec<FieldProblem>) -> Option<Span> {
        let mut read = |name: &str, text: &str, all_day: bool| -> Option<DateTime<Utc>> {
            let field = format!("{at}{name}");
            if text.trim().is_empty() {
                wrong.push(FieldProblem::new(field, "required"));
                return None;
            }
            let read = if all_day { parse_date(text).map(|day| zone.midnight(day)) } else { parse_moment(text, zone) };
            read.map_err(|error| wrong.push(FieldProblem::new(field, error.code()))).ok()
        };
        let (start, mut end) = (read("starts_at", self.start, self.all_day), read("ends_at", self.end, self.all_day));
        if self.all_day
            && let Some(last) = end
        {
            end = Some(zone.whole_days(zone.day(last), zone.day(last)).1);
        }
        let (start, end) = (start?, end?);
        if end <= start {
            wrong.push(FieldProblem::new(format!("{at}ends_at"), "end-before-start"));
            return None;
        }
        Some(Span { start, end, all_day: self.all_day, zone })
    }
}
