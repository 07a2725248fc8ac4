//! Changing an event: what is given, and nothing else. Only a new place is told, for it moves people.

use chrono::{DateTime, Datelike, Utc};
use entity::id::{EventId, OrganisationId};
use entity::state::{CoHostStatus, EventStatus, MessageKind, RegistrationMode, RemindWhom, SessionStatus};
use entity::{event, exam_result, session};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::draft::{self, Ground};
use super::kind::Class;
use super::publish::{sessions, touch_event, touch_sessions};
use super::registration::Terms;
use super::series::{SeriesChange, change_series};
use super::tell::{Invited, News, is_ahead, join, tell_all, written_so_far};
use super::whole::event_to_manage;
use super::{
    Whole, afterwards, answer, audience_line, create, joint, load_whole, registration, roster, undo, undo::Before,
    wording,
};
use crate::access::{Actor, audit};
use crate::dates::Zone;
use crate::error::{Code, Error, FieldProblem, Result};

/// What of an event is to change; None stays as it is. Names as in [`super::NewEvent`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EventChange {
    /// Its kind.
    pub kind: Option<String>,
    /// As shown.
    pub title: Option<String>,
    /// The host's code.
    pub org_code: Option<String>,
    /// Codes of those who host it too.
    pub co_host_codes: Option<Vec<String>>,
    /// Where it is; a session with a place of its own keeps that.
    pub location: Option<String>,
    /// Laws and subjects.
    pub topics: Option<Vec<String>>,
    /// Further kinds.
    pub also_kinds: Option<Vec<String>>,
    /// Form of publicity.
    pub form: Option<String>,
    /// Whom it invites.
    pub audience: Option<Vec<String>>,
    /// Whether the invited must attend; what has started keeps its roster.
    pub required: Option<bool>,
    /// Whether others may check in.
    pub walk_ins: Option<bool>,
    /// Reminders before the start; null is the kind's.
    #[serde(deserialize_with = "given")]
    pub reminders: Option<Option<Vec<String>>>,
    /// Which of the invited are reminded: `all`, `unanswered` or `not_checked_in`.
    #[schema(value_type = Option<String>, example = "unanswered")]
    pub remind_whom: Option<RemindWhom>,
    /// What is mailed afterwards: `make_up`, `thanks`, `materials`; null is the kind's.
    #[serde(deserialize_with = "given")]
    pub after: Option<Option<Vec<String>>>,
    /// IANA name; of a draft only.
    pub time_zone: Option<String>,
    /// How many may take part; null is as many as come.
    #[serde(deserialize_with = "given")]
    pub capacity: Option<Option<i32>>,
    /// Whom to ask.
    pub contact: Option<String>,
    /// Its series: changes the rule for all sittings that have not begun.
    pub series: Option<SeriesChange>,
    /// Whether people put their names down themselves: `open` or `closed`.
    #[schema(value_type = Option<String>, example = "open")]
    pub registration: Option<RegistrationMode>,
    /// Until when they may: local in the event's zone, or with an offset; null is until the first session starts.
    #[serde(deserialize_with = "given")]
    pub registration_closes_at: Option<Option<String>>,
}

/// Tells `null` from what is not there.
#[expect(clippy::option_option, reason = "not given, given as null and given are three things")]
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Refuses with `changed-meanwhile` unless `expected` is None or the present revision.
pub(super) fn demand_revision(expected: Option<i64>, present: i64) -> Result<()> {
    match expected {
        Some(expected) if expected != present => Err(Error::new(Code::ChangedMeanwhile)),
        _ => Ok(()),
    }
}

/// Changes what is given of an event that is not cancelled, in the caller's transaction. `expected` is the revision
/// that the caller saw. A new place tells those invited to published sessions that are not over and have no place of
/// their own; a changed audience those whom it takes off or brings. Nothing else tells anybody. What a change of its
/// series tells: see [`change_series`]. Of all that, everybody gets one message a UID.
pub async fn change_event(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    actor: &Actor,
    id: EventId,
    mut change: EventChange,
    expected: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Whole> {
    let so_far = written_so_far(db).await?;
    let series = change.series.take();
    let whole = change_fields(db, ground, actor, id, change, expected, now).await?;
    let whole = if let Some(series) = series { change_series(db, actor, id, series, now).await? } else { whole };
    join(db, id, so_far).await?;
    Ok(whole)
}

async fn change_fields(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    actor: &Actor,
    id: EventId,
    change: EventChange,
    expected: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Whole> {
    let event = event_to_manage(db, actor, id).await?;
    demand_revision(expected, event.revision)?;
    if event.status == EventStatus::Cancelled {
        return Err(Error::new(Code::WrongState));
    }
    // Whoever was to attend what has begun stays as it was, whatever the audience becomes.
    roster::freeze_due(db, now).await?;
    let before = load_whole(db, event).await?;
    let Understood { row, parts } = understand(db, ground, actor, &before, &change, now).await?;
    if !row.is_changed() && parts.is_empty() {
        return Ok(before);
    }
    let (moves, zone) = (row.location.is_set(), row.time_zone.is_set());
    // Groups are looked for in the bodies that host.
    let concerns = parts.rules.is_some() || parts.co_hosts.is_some() || row.host_id.is_set();
    let invited =
        if concerns { Some(Invited::load(db, &before.event, before.sessions.clone(), now).await?) } else { None };
    if row.is_changed() {
        row.update(db).await?;
    }
    let asked: Vec<_> = before.asked.iter().map(|row| row.organisation_id).collect();
    let new = parts.co_hosts.iter().flatten().copied().filter(|org| !asked.contains(org)).collect::<Vec<_>>();
    let changed = parts.write(db, id).await?;
    let event = touch_event(db, id, now).await?;
    joint::ask(db, &event, &new, now).await?;
    touch_sessions(db, id, now).await?;
    if let Some(invited) = invited {
        invited.tell(db, &event, None, now).await?;
    }
    afterwards::spare_the_past(db, ground.kinds, &before.event, &event, now).await?;
    if zone {
        follow_zone(db, &event).await?;
    }
    registration::fill(db, &event, now).await?;
    if moves {
        move_sessions(db, &before.event, &event, now).await?;
    }
    let deed = audit::Deed {
        actor: &actor.name,
        action: "event.change",
        subject: format!("event:{id}"),
        event_id: Some(id),
        detail: serde_json::json!({ "parts": changed, "revision": event.revision }),
    };
    audit::record(db, deed, now).await?;
    if moves {
        undo::remember(db, actor, "event.change", id, Before::of(&before.event, &before.sessions), now).await?;
    }
    load_whole(db, event).await
}

/// A change whose every field is understood, holding only what differs from what is there.
struct Understood {
    row: event::ActiveModel,
    parts: Changed,
}

/// The lists that belong to an event, where they change.
#[derive(Default)]
struct Changed {
    co_hosts: Option<Vec<OrganisationId>>,
    topics: Option<Vec<String>>,
    also_kinds: Option<Vec<String>>,
    rules: Option<Vec<entity::audience_rule::Model>>,
}

impl Changed {
    const fn is_empty(&self) -> bool {
        self.co_hosts.is_none() && self.topics.is_none() && self.also_kinds.is_none() && self.rules.is_none()
    }

    /// Writes the lists; gives their names.
    async fn write(self, db: &impl ConnectionTrait, id: EventId) -> Result<Vec<&'static str>> {
        let mut names = Vec::new();
        if let Some(list) = self.co_hosts {
            create::replace_co_hosts(db, id, &list).await?;
            names.push("co_host_codes");
        }
        if let Some(list) = self.topics {
            create::replace_topics(db, id, &list).await?;
            names.push("topics");
        }
        if let Some(list) = self.also_kinds {
            create::replace_also_kinds(db, id, &list).await?;
            names.push("also_kinds");
        }
        if let Some(list) = self.rules {
            create::replace_rules(db, id, &list).await?;
            names.push("audience");
        }
        Ok(names)
    }
}

async fn understand(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    actor: &Actor,
    before: &Whole,
    change: &EventChange,
    now: DateTime<Utc>,
) -> Result<Understood> {
    let mut wrong = Vec::new();
    let mut row = before.event.clone().into_active_model();
    plain_fields(&mut row, &before.event, change, &mut wrong);
    let closes_at = change.registration_closes_at.as_ref().map(Option::as_deref);
    let terms = Terms { registration: change.registration, closes_at };
    registration::understand(&mut row, &before.event, &terms, now, &mut wrong);
    if let Some(name) = &change.time_zone {
        new_zone(&mut row, &before.event, name, &mut wrong)?;
        // The slots by which its sittings are known are local times.
        if before.series.is_some() && row.time_zone.is_set() {
            wrong.push(FieldProblem::new("time_zone", "zone-of-series"));
        }
    }
    if let Some(key) = &change.kind {
        let kind = draft::kind(ground, "kind", key, &mut wrong);
        keep_exam(db, ground, &before.event, &kind).await?;
        set(&mut row.kind, &before.event.kind, kind);
    }
    let mut host = before.event.host_id;
    if let Some(code) = change.org_code.as_ref().filter(|code| **code != before.host.code) {
        host = draft::host(db, actor, code, &mut wrong).await?;
        set(&mut row.host_id, &before.event.host_id, host);
    }
    let parts = lists(db, ground, before, change, host, &mut wrong).await?;
    if wrong.is_empty() { Ok(Understood { row, parts }) } else { Err(Error::invalid(wrong)) }
}

fn set<T: Clone + PartialEq + Into<sea_orm::Value>>(field: &mut sea_orm::ActiveValue<T>, before: &T, after: T) {
    if *before != after {
        *field = Set(after);
    }
}

fn plain_fields(
    row: &mut event::ActiveModel,
    before: &event::Model,
    change: &EventChange,
    wrong: &mut Vec<FieldProblem>,
) {
    if let Some(text) = &change.title {
        set(&mut row.title, &before.title, wording::needed("title", text, 200, wrong));
    }
    if let Some(text) = &change.location {
        set(&mut row.location, &before.location, wording::line("location", text, 200, wrong));
    }
    if let Some(text) = &change.form {
        set(&mut row.form, &before.form, wording::line("form", text, 100, wrong));
    }
    if let Some(required) = change.required {
        set(&mut row.required, &before.required, required);
    }
    if let Some(walk_ins) = change.walk_ins {
        set(&mut row.walk_ins, &before.walk_ins, walk_ins);
    }
    if let Some(text) = &change.contact {
        set(&mut row.contact, &before.contact, wording::line("contact", text, 100, wrong));
    }
    if let Some(capacity) = change.capacity {
        set(&mut row.capacity, &before.capacity, draft::capacity(capacity, wrong));
    }
    if let Some(list) = &change.reminders {
        let list = list.as_ref().map(|list| draft::reminders(list, wrong).into());
        set(&mut row.reminders, &before.reminders, list);
    }
    if let Some(whom) = change.remind_whom {
        set(&mut row.remind_whom, &before.remind_whom, whom);
    }
    if let Some(list) = &change.after {
        let list = list.as_ref().map(|list| afterwards::read(list, wrong).into());
        set(&mut row.after, &before.after, list);
    }
}

fn new_zone(
    row: &mut event::ActiveModel,
    before: &event::Model,
    name: &str,
    wrong: &mut Vec<FieldProblem>,
) -> Result<()> {
    match Zone::parse(name) {
        Ok(zone) if zone.name() == before.time_zone => {}
        // A session's day and year, and so its figures, hang on the zone.
        Ok(_) if before.status != EventStatus::Draft => return Err(Error::new(Code::WrongState)),
        Ok(zone) => row.time_zone = Set(zone.name().to_owned()),
        Err(_) => wrong.push(FieldProblem::new("time_zone", "unknown-zone")),
    }
    Ok(())
}

/// An event with exam results stays an exam: the results would count nowhere, and nobody would see why.
async fn keep_exam(db: &impl ConnectionTrait, ground: &Ground<'_>, event: &event::Model, kind: &str) -> Result<()> {
    let is_exam = |key: &str| ground.kinds.get(key).is_some_and(|kind| kind.class == Class::Exam);
    if !is_exam(&event.kind) || is_exam(kind) {
        return Ok(());
    }
    let results = exam_result::Entity::find().filter(exam_result::Column::EventId.eq(event.id)).one(db).await?;
    if results.is_some() { Err(Error::new(Code::WrongState)) } else { Ok(()) }
}

async fn lists(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    before: &Whole,
    change: &EventChange,
    host: OrganisationId,
    wrong: &mut Vec<FieldProblem>,
) -> Result<Changed> {
    let mut changed = Changed::default();
    let were: Vec<OrganisationId> = before.asked.iter().map(|row| row.organisation_id).collect();
    let mut co_hosts = match &change.co_host_codes {
        Some(codes) => draft::co_hosts(db, codes, wrong).await?,
        None => were.clone(),
    };
    // Who declined is not shown among the co-hosts, so not naming it says nothing.
    let declined = before.asked.iter().filter(|row| row.status == CoHostStatus::Declined);
    co_hosts.extend(declined.map(|row| row.organisation_id));
    co_hosts.sort();
    co_hosts.dedup();
    co_hosts.retain(|other| *other != host);
    changed.co_hosts = Some(co_hosts).filter(|list| *list != were);
    if let Some(list) = &change.topics {
        changed.topics = Some(wording::lines("topics", list, 100, wrong)).filter(|list| *list != before.topics);
    }
    let own = change.kind.as_ref().unwrap_or(&before.event.kind);
    let keys = change.also_kinds.as_ref().unwrap_or(&before.also_kinds);
    changed.also_kinds = Some(draft::also_kinds(ground, own, keys, wrong)).filter(|list| *list != before.also_kinds);
    if let Some(lines) = &change.audience {
        let rules = audience_line::read(db, lines, wrong).await?;
        changed.rules = (audience_line::text(db, &rules).await? != before.audience).then_some(rules);
    }
    Ok(changed)
}

/// A draft's sessions keep their instants, or their dates, in its new zone.
async fn follow_zone(db: &impl ConnectionTrait, event: &event::Model) -> Result<()> {
    let zone = Zone::parse(&event.time_zone).map_err(Error::internal)?;
    for row in sessions(db, event.id).await? {
        let mut span = super::session::span(&row);
        if span.all_day {
            (span.start, span.end) = zone.whole_days(span.day(), span.last_day());
        }
        span.zone = zone;
        let mut row = row.into_active_model();
        row.time_zone = Set(event.time_zone.clone());
        row.starts_at = Set(span.start);
        row.ends_at = Set(span.end);
        row.day = Set(span.day());
        row.year = Set(span.day().year());
        row.update(db).await?;
    }
    Ok(())
}

/// The sessions without a place of their own moved with their event.
async fn move_sessions(
    db: &impl ConnectionTrait,
    before: &event::Model,
    event: &event::Model,
    now: DateTime<Utc>,
) -> Result<()> {
    session::Entity::update_many()
        .col_expr(session::Column::Sequence, Expr::col(session::Column::Sequence).add(1))
        .filter(session::Column::EventId.eq(event.id))
        .filter(session::Column::Location.is_null())
        .filter(session::Column::Status.ne(SessionStatus::Cancelled))
        .exec(db)
        .await?;
    let detail = serde_json::json!({ "before": { "location": before.location } });
    let mut moved = sessions(db, event.id).await?;
    moved.retain(|session| session.location.is_none() && is_ahead(event, session, now));
    answer::clear(db, &moved.iter().map(|session| session.id).collect::<Vec<_>>(), now).await?;
    let news = |session| News { kind: MessageKind::Update, session, detail: Some(detail.clone()), gone_from: None };
    tell_all(db, event, moved.into_iter().map(news).collect(), now).await
}
