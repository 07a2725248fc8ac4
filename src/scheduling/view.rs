//! Events and sessions as JSON shows them.

use entity::state::{EventStatus, RegistrationMode, RemindWhom, SessionStatus};
use entity::{event, session};
use serde::Serialize;
use utoipa::ToSchema;

use super::conflict::ConflictView;
use super::content::NewSpeaker;
use super::series::SeriesView;
use super::{Whole, session as shown};

/// An event with its sessions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EventView {
    /// Opaque.
    pub id: String,
    /// The name that other programs know it by.
    pub key: String,
    /// A key of the event kinds.
    pub kind: String,
    /// As shown.
    pub title: String,
    /// The host's code.
    pub org_code: String,
    /// Codes of those who host it too, without those that declined.
    pub co_host_codes: Vec<String>,
    /// Whether people put their names down themselves: `closed` or `open`.
    #[schema(value_type = String, example = "closed")]
    pub registration: RegistrationMode,
    /// Until when they may; null is until the first session starts.
    pub registration_closes_at: Option<String>,
    /// Where it is; may be empty.
    pub location: String,
    /// Whom it invites.
    pub audience: Vec<String>,
    /// Whether the invited must attend.
    pub required: bool,
    /// Whether others may check in.
    pub walk_ins: bool,
    /// `draft`, `scheduled` (published) or `cancelled`.
    #[schema(value_type = String, example = "scheduled")]
    pub status: EventStatus,
    /// Further kinds in which its sessions count.
    pub also_kinds: Vec<String>,
    /// Laws and subjects.
    pub topics: Vec<String>,
    /// Form of publicity.
    pub form: String,
    /// Reminders before the start; null is the kind's.
    pub reminders: Option<Vec<String>>,
    /// Which of the invited are reminded: `all`, `unanswered` or `not_checked_in`.
    #[schema(value_type = String, example = "all")]
    pub remind_whom: RemindWhom,
    /// What is mailed afterwards: `make_up`, `thanks`, `materials`; null is the kind's.
    pub after: Option<Vec<String>>,
    /// IANA name.
    pub time_zone: String,
    /// How many may take part; null is as many as come.
    pub capacity: Option<i32>,
    /// Whom to ask; may be empty.
    pub contact: String,
    /// Its sittings, by start.
    pub sessions: Vec<SessionView>,
    /// After a change of a published event: what is in the way of it now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<ConflictView>,
    /// The rule by which its sittings recur; null when they follow none.
    pub series: Option<SeriesView>,
    /// Who speaks, in order; one without `session_id` in all sessions.
    pub speakers: Vec<NewSpeaker>,
}

/// A session.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// Opaque.
    pub id: String,
    /// The name that other programs know it by.
    pub key: String,
    /// Its event.
    pub event_id: String,
    /// Its event's key.
    pub event_key: String,
    /// RFC 3339 with offset; of an all-day session the first day.
    #[schema(example = "2024-03-12T09:00:00+08:00")]
    pub starts_at: String,
    /// RFC 3339 with offset; of an all-day session the last day, included.
    #[schema(example = "2024-03-12T11:00:00+08:00")]
    pub ends_at: String,
    /// Whether it is whole days.
    pub all_day: bool,
    /// `scheduled`, `held` or `cancelled`.
    #[schema(value_type = String, example = "scheduled")]
    pub status: SessionStatus,
    /// Where its event stands: of a draft nobody was told.
    #[schema(value_type = String, example = "scheduled")]
    pub event_status: EventStatus,
    /// Its own, else its event's.
    pub title: String,
    /// Its own, else its event's.
    pub location: String,
    /// Its event's kind.
    pub kind: String,
    /// IANA name.
    pub time_zone: String,
    /// The series that it is a sitting of: opaque; null outside one.
    pub series: Option<String>,
    /// The local slot that the rule gave it, `20260108T143000` or `20260108`: by it, it stays the same sitting wherever
    /// it is moved (RFC 5545 section 3.8.4.4). Null outside a series.
    pub recurrence_id: Option<String>,
    /// Whether somebody set its time by hand, so that it does not follow its series.
    pub by_hand: bool,
}

impl SessionView {
    /// What is shown of a session.
    #[must_use]
    pub fn of(event: &event::Model, session: &session::Model) -> Self {
        let span = shown::span(session);
        Self {
            id: session.id.to_string(),
            key: session.key.clone(),
            event_id: event.id.to_string(),
            event_key: event.key.clone(),
            starts_at: span.start_text(),
            ends_at: span.end_text(),
            all_day: session.all_day,
            status: session.status,
            event_status: event.status,
            title: shown::title(event, session).to_owned(),
            location: shown::location(event, session).to_owned(),
            kind: event.kind.clone(),
            time_zone: session.time_zone.clone(),
            series: session.series_id.map(|id| id.to_string()),
            recurrence_id: session.recurrence_id.clone(),
            by_hand: session.by_hand,
        }
    }
}

impl EventView {
    /// What is shown of an event.
    #[must_use]
    pub fn of(whole: &Whole) -> Self {
        let event = &whole.event;
        Self {
            id: event.id.to_string(),
            key: event.key.clone(),
            kind: event.kind.clone(),
            title: event.title.clone(),
            org_code: whole.host.code.clone(),
            co_host_codes: whole.co_hosts.iter().map(|row| row.code.clone()).collect(),
            registration: event.registration,
            registration_closes_at: event.registration_closes_at.map(|at| super::registration::moment(event, at)),
            location: event.location.clone(),
            audience: whole.audience.clone(),
            required: event.required,
            walk_ins: event.walk_ins,
            status: event.status,
            also_kinds: whole.also_kinds.clone(),
            topics: whole.topics.clone(),
            form: event.form.clone(),
            reminders: event.reminders.clone().and_then(|list| serde_json::from_value(list).ok()),
            remind_whom: event.remind_whom,
            after: event.after.clone().and_then(|list| serde_json::from_value(list).ok()),
            time_zone: event.time_zone.clone(),
            capacity: event.capacity,
            contact: event.contact.clone(),
            series: whole.series.as_ref().map(SeriesView::of),
            sessions: whole.sessions.iter().map(|session| SessionView::of(event, session)).collect(),
            speakers: whole.speakers.iter().map(NewSpeaker::from).collect(),
            conflicts: Vec::new(),
        }
    }
}
