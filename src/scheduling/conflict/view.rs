//! A conflict as JSON shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{About, Conflict, Other, Weight, words};
use crate::locale::Lang;
use crate::scheduling::Kinds;

/// One thing that is in the way of one session.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConflictView {
    /// `place`, `speaker`, `person`, `capacity`, `day_off` or `working_hours`.
    #[schema(example = "place")]
    kind: &'static str,
    /// Whether it keeps the event from being published without a reason; else it is worth knowing.
    blocks: bool,
    /// Of which session; null for one that is not saved yet.
    session_id: Option<String>,
    /// Its key.
    session_key: String,
    /// When that is.
    starts_at: String,
    /// When that ends.
    ends_at: String,
    /// The session with which it cannot be together.
    other: Option<OtherView>,
    /// The place, of `place` and `capacity`.
    place: Option<String>,
    /// Names, of `speaker`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    speakers: Vec<String>,
    /// Who, of `person`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    people: Vec<PersonView>,
    /// How many must come, of `capacity`.
    expected: Option<usize>,
    /// How many fit in, of `capacity`.
    capacity: Option<i32>,
    /// The day off, of `day_off`.
    day: Option<String>,
    /// The holiday that a notice names it for.
    holiday: Option<String>,
    /// The same in words, by language.
    words: WordsView,
}

/// The session with which another cannot be together. Of another body's that the caller may not see, only the time.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct OtherView {
    /// Its event; null when the caller may not see it.
    event_id: Option<String>,
    /// Itself.
    session_id: Option<String>,
    /// Its title, or its event's.
    title: Option<String>,
    /// Its host's code.
    org_code: Option<String>,
    /// Its host's name.
    org_name: Option<String>,
    /// When it is.
    starts_at: String,
    /// When it ends.
    ends_at: String,
    /// Whether it is of a draft.
    draft: bool,
}

/// Somebody who is wanted twice.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct PersonView {
    /// Opaque.
    person_id: String,
    /// Their name.
    name: String,
}

/// One sentence in each language.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct WordsView {
    /// Chinese.
    #[serde(rename = "zh-CN")]
    zh: String,
    /// English.
    en: String,
}

impl ConflictView {
    /// What is shown of a conflict.
    #[must_use]
    pub fn of(conflict: &Conflict, kinds: &Kinds, now: DateTime<Utc>) -> Self {
        let say = |lang| words(conflict, kinds, lang, now);
        let mut view = Self {
            kind: conflict.sort.as_str(),
            blocks: conflict.weight == Weight::Blocks,
            session_id: conflict.own.session.map(|id| id.to_string()),
            session_key: conflict.own.key.clone(),
            starts_at: conflict.own.span.start_text(),
            ends_at: conflict.own.span.end_text(),
            other: conflict.other.as_ref().map(|other| OtherView::of(other, kinds)),
            place: None,
            speakers: Vec::new(),
            people: Vec::new(),
            expected: None,
            capacity: None,
            day: None,
            holiday: None,
            words: WordsView { zh: say(Lang::Zh), en: say(Lang::En) },
        };
        match &conflict.about {
            About::Place(place) => view.place = Some(place.clone()),
            About::Speakers(names) => view.speakers.clone_from(names),
            About::People(people) => {
                let somebody =
                    |one: &super::Somebody| PersonView { person_id: one.person.to_string(), name: one.name.clone() };
                view.people = people.iter().map(somebody).collect();
            }
            About::DayOff(day, holiday) => {
                view.day = Some(day.to_string());
                view.holiday.clone_from(holiday);
            }
            About::Room(expected, capacity, place) => {
                (view.expected, view.capacity) = (Some(*expected), Some(*capacity));
                view.place.clone_from(place);
            }
            About::NoNotice(_) | About::Hours(_) => {}
        }
        view
    }
}

impl OtherView {
    fn of(other: &Other, kinds: &Kinds) -> Self {
        let known = other.known.as_ref();
        let title = known.map(|known| {
            if known.title.is_empty() { kinds.name(&known.kind, Lang::Zh).to_owned() } else { known.title.clone() }
        });
        Self {
            event_id: known.map(|known| known.event.to_string()),
            session_id: known.and_then(|known| known.session).map(|id| id.to_string()),
            title,
            org_code: known.map(|known| known.host_code.clone()),
            org_name: known.map(|known| known.host_name.clone()),
            starts_at: other.span.start_text(),
            ends_at: other.span.end_text(),
            draft: other.draft,
        }
    }
}
