//! What somebody was told of a UID after a message about it. One that goes out late must neither bring back what they
//! were taken off since, nor take away what they were invited to again: clients go by SEQUENCE and DTSTAMP, and what a
//! mail says is worked out when it is sent. Pure, but for what it reads beforehand.

use std::collections::{HashMap, HashSet};

use entity::id::{EventId, OutboxId, PersonId, SeriesId, SessionId};
use entity::outbox::{self, Column};
use entity::session;
use entity::state::{EventStatus, MessageKind, SessionStatus};
use sea_orm::prelude::Json;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, DerivePartialModel, EntityTrait, QueryFilter};

use super::facts::Facts;
use super::thread::{Subject, recipients, subject};
use crate::calendar::Method;

/// Kinds of messages of which calendars may hear.
pub(super) const KINDS: [MessageKind; 4] =
    [MessageKind::Invitation, MessageKind::Update, MessageKind::Registration, MessageKind::Cancellation];

/// What is needed of a message that may be later than another.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "outbox::Entity")]
struct Told {
    id: OutboxId,
    kind: MessageKind,
    session_id: Option<SessionId>,
    series_id: Option<SeriesId>,
    person_id: Option<PersonId>,
    address: String,
    detail: Option<Json>,
}

/// Whom a message goes to: staff stay the same whatever their address becomes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Whom {
    Person(PersonId),
    Address(String),
}

impl Whom {
    fn of(person: Option<PersonId>, address: &str) -> Self {
        person.map_or_else(|| Self::Address(address.to_owned()), Self::Person)
    }
}

/// The messages about the UIDs of a batch that are later than its first, by UID and by whom they go to; by id.
#[derive(Clone, Debug, Default)]
pub(super) struct Later(HashMap<(Subject, Whom), Vec<Told>>);

impl Later {
    /// Reads them; nothing where calendars hear of nothing. It asks by what the outbox is indexed by.
    pub(super) async fn load(
        db: &impl ConnectionTrait,
        rows: &[outbox::Model],
        sessions: &HashMap<SessionId, session::Model>,
        sittings: &HashMap<EventId, Vec<session::Model>>,
    ) -> Result<Self, DbErr> {
        let heard = || rows.iter().filter(|row| KINDS.contains(&row.kind));
        let Some(first) = heard().map(|row| row.id).min() else { return Ok(Self::default()) };
        let (mut series, mut about) = (HashSet::new(), HashSet::new());
        for one in heard().filter_map(|row| subject(row, sessions)) {
            match one {
                Subject::Series(id) => drop(series.insert(id)),
                Subject::Session(id) => drop(about.insert(id)),
            }
        }
        let of_series = sittings.values().flatten().filter_map(|row| Some((row.id, row.series_id?)));
        let of_series: HashMap<SessionId, SeriesId> = of_series.filter(|(_, id)| series.contains(id)).collect();
        about.extend(of_series.keys().copied());
        let about = [
            Condition::all().add_option((!series.is_empty()).then(|| Column::SeriesId.is_in(series))),
            Condition::all().add_option((!about.is_empty()).then(|| Column::SessionId.is_in(about))),
        ];
        let mut found: HashMap<(Subject, Whom), Vec<Told>> = HashMap::new();
        for about in about.into_iter().filter(|about| !about.is_empty()) {
            for whom in recipients(rows) {
                let query = outbox::Entity::find().filter(about.clone()).filter(whom).filter(Column::Id.gt(first));
                let told = query.filter(Column::Kind.is_in(KINDS)).into_partial_model::<Told>().all(db).await?;
                for one in told {
                    let series = one.series_id.or_else(|| of_series.get(&one.session_id?).copied());
                    let Some(subject) = Subject::of(one.session_id, series) else { continue };
                    found.entry((subject, Whom::of(one.person_id, &one.address))).or_default().push(one);
                }
            }
        }
        for told in found.values_mut() {
            told.sort_by_key(|one| one.id);
        }
        Ok(Self(found))
    }
}

impl Told {
    /// What it asks calendars to do, by its row alone; None of what was taken back, or is nothing to them.
    fn method(&self) -> Option<Method> {
        let detail = |name: &str| self.detail.as_ref().map_or(&Json::Null, |detail| &detail[name]);
        if detail("withdrawn") == true {
            return None;
        }
        match (self.kind, detail("said").as_str()) {
            (MessageKind::Registration, Some("waiting" | "not_waiting")) => None,
            // Who is invited all the same keeps it.
            (MessageKind::Registration, Some("called_off")) if detail("stays") == true => None,
            (MessageKind::Registration, Some("called_off")) => Some(Method::Cancel),
            (MessageKind::Cancellation, _) if detail("keeps") != true => Some(Method::Cancel),
            _ => Some(Method::Request),
        }
    }
}

/// The sittings that a message about a whole series leaves out: they are not of whom it goes to.
fn left_out(detail: Option<&Json>) -> HashSet<SessionId> {
    let except = detail.and_then(|detail| detail["except"].as_array());
    except.into_iter().flatten().filter_map(Json::as_i64).map(SessionId).collect()
}

/// Whether something told since is the contrary of a message that asks calendars for `method`.
pub(super) fn is_overtaken(facts: &Facts, row: &outbox::Model, method: Option<Method>) -> bool {
    let Some(method) = method else { return false };
    let mut later = since(facts, row).filter_map(|told| Some((told, told.method()?)));
    later.any(|(told, asked)| match (row.session_id, told.session_id, asked) {
        (own, its, asked) if own == its => asked != method,
        (Some(_), None, Method::Cancel) => method == Method::Request,
        // The whole as it is now: with this sitting, or without it. That it is off must still be said.
        (Some(own), None, Method::Request) => {
            let gone = left_out(told.detail.as_ref()).contains(&own);
            match method {
                Method::Request => gone,
                Method::Cancel => !gone && takes_place(facts, row),
            }
        }
        _ => false,
    })
}

fn takes_place(facts: &Facts, row: &outbox::Model) -> bool {
    facts.session(row).is_some_and(|(event, session)| {
        event.status == EventStatus::Scheduled && session.status != SessionStatus::Cancelled
    })
}

/// The sittings that are not of whom a message about a whole series goes to, by what they were told last.
pub(super) fn not_theirs(facts: &Facts, row: &outbox::Model) -> HashSet<SessionId> {
    let mut out = left_out(row.detail.as_ref());
    for told in since(facts, row) {
        match (told.session_id, told.method()) {
            (None, Some(Method::Request)) => out = left_out(told.detail.as_ref()),
            (Some(session), Some(Method::Cancel)) => drop(out.insert(session)),
            (Some(session), Some(Method::Request)) => drop(out.remove(&session)),
            _ => {}
        }
    }
    out
}

/// What was told since to the same of the same UID.
fn since<'a>(facts: &'a Facts, row: &'a outbox::Model) -> impl Iterator<Item = &'a Told> {
    let about = facts.subject(row).map(|subject| (subject, Whom::of(row.person_id, &row.address)));
    let told = about.and_then(|about| facts.later.0.get(&about));
    told.into_iter().flatten().filter(|told| told.id > row.id)
}
