//! The rows that a batch of messages speaks of, each table read once.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use entity::id::{EventId, OrganisationId, PersonId, RegistrationId, SeriesId, SessionId};
use entity::state::{CoHostStatus, MessageKind};
use entity::{
    event, event_co_host, event_topic, mail_trouble, material, organisation, outbox, person, registration, session,
    speaker,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::answered::{Answers, answers};
use super::digest::Agenda;
use super::due::{Standing, may_wait};
use super::mail::Party;
use super::overtaken::Later;
use super::sender::senders_of;
use super::texts::{Held, Words, of_messages};
use super::thread::{CALENDAR_KINDS, Subject, earlier, subject};
use crate::calendar::heads;
use crate::calendar::recurring::Head;
use crate::db::among;
use crate::locale::Lang;
use crate::outbox::trouble;
use crate::scheduling::content::{speakers_of, spoken_by};

/// What a batch of messages speaks of.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    events: HashMap<EventId, event::Model>,
    sessions: HashMap<SessionId, session::Model>,
    hosts: HashMap<OrganisationId, String>,
    senders: HashMap<OrganisationId, Party>,
    names: HashMap<PersonId, String>,
    topics: HashMap<EventId, Vec<String>>,
    speakers: HashMap<EventId, Vec<speaker::Model>>,
    earlier: HashMap<(Subject, String), String>,
    sittings: HashMap<EventId, Vec<session::Model>>,
    series: HashMap<SeriesId, Head>,
    co_hosts: HashMap<(EventId, OrganisationId), CoHostStatus>,
    registrations: HashMap<RegistrationId, registration::Model>,
    agenda: Agenda,
    materials: HashMap<EventId, Vec<material::Model>>,
    words: Held,
    /// How those stand who are reminded.
    pub standing: Standing,
    troubles: HashMap<String, mail_trouble::Model>,
    /// Where online sessions may be joined.
    pub(super) links: HashMap<EventId, Vec<material::Model>>,
    /// What was told since.
    pub(super) later: Later,
    /// What the invited answered.
    pub(super) answers: Answers,
}

impl Facts {
    /// Reads what these messages speak of.
    pub async fn load(db: &impl ConnectionTrait, rows: &[outbox::Model]) -> Result<Self, DbErr> {
        let sessions = session::Entity::find().filter(session::Column::Id.is_in(ids(rows, |r| r.session_id)));
        let waits: Vec<_> = rows.iter().filter(|row| may_wait(row.kind)).cloned().collect();
        let mut concerned = ids(&waits, |r| r.session_id);
        concerned.extend(waits.iter().flat_map(super::digest::named));
        let events = event::Entity::find().filter(event::Column::Id.is_in(ids(rows, |r| r.event_id)));
        let events: HashMap<_, _> = events.all(db).await?.into_iter().map(|row| (row.id, row)).collect();
        let bodies = events.values().map(|e| e.host_id).chain(rows.iter().filter_map(asked));
        let hosts = organisation::Entity::find().filter(organisation::Column::Id.is_in(bodies.collect::<HashSet<_>>()));
        let names = person::Entity::find()
            .select_only()
            .columns([person::Column::Id, person::Column::Name])
            .filter(among(person::Column::Id, ids(rows, |r| r.person_id)));
        let sessions: HashMap<_, _> = sessions.all(db).await?.into_iter().map(|row| (row.id, row)).collect();
        let mut topics: HashMap<EventId, Vec<String>> = HashMap::new();
        let lines = event_topic::Entity::find()
            .filter(event_topic::Column::EventId.is_in(events.keys().copied()))
            .order_by_asc(event_topic::Column::EventId)
            .order_by_asc(event_topic::Column::Position);
        for line in lines.all(db).await? {
            topics.entry(line.event_id).or_default().push(line.name);
        }
        let mut speakers: HashMap<EventId, Vec<speaker::Model>> = HashMap::new();
        for row in speakers_of(db, events.keys().copied()).await? {
            speakers.entry(row.event_id).or_default().push(row);
        }
        let sittings = sittings(db, rows, &sessions).await?;
        Ok(Self {
            speakers,
            senders: senders_of(db, events.values().map(|event| event.host_id)).await?,
            hosts: hosts.all(db).await?.into_iter().map(|row| (row.id, row.name)).collect(),
            names: names.into_tuple().all(db).await?.into_iter().collect(),
            topics,
            earlier: earlier(db, rows, &sessions).await?,
            later: Later::load(db, rows, &sessions, &sittings).await?,
            answers: answers(db, rows, &sittings).await?,
            links: super::joined::links(db, rows).await?,
            sittings,
            series: heads(db, of_series(rows, &sessions)).await?,
            co_hosts: co_hosts(db, rows).await?,
            registrations: registrations(db, rows).await?,
            troubles: trouble::of_addresses(db, rows.iter().map(|row| row.address.as_str())).await?,
            sessions,
            standing: Standing::load(db, &concerned, &ids(&waits, |r| r.person_id)).await?,
            agenda: super::digest::agenda(db, rows).await?,
            materials: super::after::materials(db, rows).await?,
            words: of_messages(db, rows, events.values().map(|event| event.host_id)).await?,
            events,
        })
    }

    /// The UID that a message is about.
    pub(super) fn subject(&self, row: &outbox::Model) -> Option<Subject> {
        subject(row, &self.sessions)
    }

    /// The event and session of a message that has both.
    #[must_use]
    pub fn session(&self, row: &outbox::Model) -> Option<(&event::Model, &session::Model)> {
        self.events.get(&row.event_id?).zip(self.sessions.get(&row.session_id?))
    }

    /// What a mail server said for good of the address that a message goes to.
    #[must_use]
    pub fn trouble(&self, row: &outbox::Model) -> Option<&mail_trouble::Model> {
        trouble::hinders(&self.troubles, row)
    }

    /// The registration that a message goes to; None when it goes to somebody invited, or is kept no more.
    #[must_use]
    pub fn registration(&self, row: &outbox::Model) -> Option<&registration::Model> {
        registered(row).and_then(|id| self.registrations.get(&id))
    }

    /// The words that an event's host has of its own for a kind of mail.
    pub(super) fn words(&self, event: &event::Model, kind: MessageKind, lang: Lang) -> Option<&Words> {
        self.words.get(&(event.host_id, kind, lang)).map(|(_, words)| words)
    }

    /// Makes the facts speak of one session with some words: what a mail would say if it were sent.
    pub(super) fn show(
        &mut self,
        event: event::Model,
        session: session::Model,
        by: &organisation::Model,
        (kind, lang, words): (MessageKind, Lang, Words),
    ) {
        self.standing = Standing::default();
        self.later = Later::default();
        self.hosts.entry(event.host_id).or_insert_with(|| by.name.clone());
        self.words.insert((event.host_id, kind, lang), (by.id, words));
        self.sessions.insert(session.id, session);
        self.events.insert(event.id, event);
    }

    /// A session that a digest speaks of, with its event.
    pub(super) fn agenda(&self, session: SessionId) -> Option<&(event::Model, session::Model)> {
        self.agenda.get(&session)
    }

    /// The materials of an event whose session is over.
    pub(super) fn materials(&self, event: EventId) -> &[material::Model] {
        self.materials.get(&event).map(Vec::as_slice).unwrap_or_default()
    }

    /// The event of a message.
    #[must_use]
    pub fn event(&self, row: &outbox::Model) -> Option<&event::Model> {
        self.events.get(&row.event_id?)
    }

    /// The sittings of the event of a message that speaks of no single one, by start.
    #[must_use]
    pub fn sittings(&self, event: &event::Model) -> &[session::Model] {
        self.sittings.get(&event.id).map(Vec::as_slice).unwrap_or_default()
    }

    /// The series of a message about one, or about a sitting of one, with all its sittings by start.
    #[must_use]
    pub fn series(&self, row: &outbox::Model) -> Option<(&event::Model, &Head, Vec<&session::Model>)> {
        let Subject::Series(id) = subject(row, &self.sessions)? else { return None };
        let event = self.event(row)?;
        let sittings = self.sittings(event).iter().filter(|sitting| sitting.series_id == Some(id)).collect();
        Some((event, self.series.get(&id)?, sittings))
    }

    /// Who speaks in every session of an event.
    #[must_use]
    pub fn common_speakers(&self, event: &event::Model) -> Vec<String> {
        let rows = self.speakers.get(&event.id).into_iter().flatten().filter(|row| row.session_id.is_none());
        spoken_by(rows, event.id, SessionId(0))
    }

    /// The name of the organisation that a message about a co-host speaks of, and what that says now; None when it is
    /// no co-host at all.
    #[must_use]
    pub fn co_host(&self, row: &outbox::Model) -> (&str, Option<CoHostStatus>) {
        let Some(organisation) = asked(row) else { return ("", None) };
        let name = self.hosts.get(&organisation).map_or("", String::as_str);
        (name, row.event_id.and_then(|event| self.co_hosts.get(&(event, organisation)).copied()))
    }

    /// The name of an event's host.
    #[must_use]
    pub fn host(&self, event: &event::Model) -> &str {
        self.hosts.get(&event.host_id).map_or("", String::as_str)
    }

    /// In whose name mail of an event goes out, where its host, or one above it, has a sender of its own.
    #[must_use]
    pub fn sender(&self, event: &event::Model) -> Option<&Party> {
        self.senders.get(&event.host_id)
    }

    /// The name of the one whom a message goes to; empty for an account.
    #[must_use]
    pub fn name(&self, row: &outbox::Model) -> &str {
        let person = row.person_id.and_then(|id| self.names.get(&id)).map(String::as_str);
        person.or_else(|| self.registration(row).map(|row| row.name.as_str())).unwrap_or_default()
    }

    /// The laws and subjects of an event.
    #[must_use]
    pub fn topics(&self, event: &event::Model) -> &[String] {
        self.topics.get(&event.id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Who speaks in a session.
    #[must_use]
    pub fn speakers(&self, session: &session::Model) -> Vec<String> {
        let rows = self.speakers.get(&session.event_id);
        rows.map(|rows| spoken_by(rows, session.event_id, session.id)).unwrap_or_default()
    }

    /// The Message-ID of the first mail to the same address about the same UID, if it went out and is not this message
    /// itself: by it, mail programs keep together what belongs together (RFC 5322 section 3.6.4).
    #[must_use]
    pub fn earlier(&self, row: &outbox::Model) -> Option<&str> {
        let id = self.earlier.get(&(subject(row, &self.sessions)?, row.address.clone()))?;
        (*id != row.message_id).then_some(id)
    }
}

/// The registration that a message speaks of.
pub(super) fn registered(row: &outbox::Model) -> Option<RegistrationId> {
    row.detail.as_ref()?["registration"].as_i64().map(RegistrationId)
}

async fn registrations(
    db: &impl ConnectionTrait,
    rows: &[outbox::Model],
) -> Result<HashMap<RegistrationId, registration::Model>, DbErr> {
    let wanted = ids(rows, registered);
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = registration::Entity::find().filter(registration::Column::Id.is_in(wanted)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The organisation that a message about a co-host speaks of.
fn asked(row: &outbox::Model) -> Option<OrganisationId> {
    let detail = row.detail.as_ref().filter(|_| row.kind == MessageKind::CoHost)?;
    detail["organisation"].as_i64().map(OrganisationId)
}

fn about_co_hosts(rows: &[outbox::Model]) -> HashSet<EventId> {
    rows.iter().filter(|row| row.kind == MessageKind::CoHost).filter_map(|row| row.event_id).collect()
}

fn of_series(rows: &[outbox::Model], sessions: &HashMap<SessionId, session::Model>) -> HashSet<SeriesId> {
    let goes = |row: &&outbox::Model| CALENDAR_KINDS.contains(&row.kind) || row.kind == MessageKind::Cancellation;
    let series = |row| if let Some(Subject::Series(id)) = subject(row, sessions) { Some(id) } else { None };
    rows.iter().filter(goes).filter_map(series).collect()
}

async fn sittings(
    db: &impl ConnectionTrait,
    rows: &[outbox::Model],
    sessions: &HashMap<SessionId, session::Model>,
) -> Result<HashMap<EventId, Vec<session::Model>>, DbErr> {
    let mut events = about_co_hosts(rows);
    let several = |row: &&outbox::Model| {
        row.detail.as_ref().is_some_and(|detail| detail["sessions"].is_array())
            || !of_series(std::slice::from_ref(*row), sessions).is_empty()
    };
    events.extend(rows.iter().filter(several).filter_map(|row| row.event_id));
    let mut found: HashMap<EventId, Vec<session::Model>> = HashMap::new();
    if events.is_empty() {
        return Ok(found);
    }
    let rows = session::Entity::find()
        .filter(session::Column::EventId.is_in(events))
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(db)
        .await?;
    for row in rows {
        found.entry(row.event_id).or_default().push(row);
    }
    Ok(found)
}

async fn co_hosts(
    db: &impl ConnectionTrait,
    rows: &[outbox::Model],
) -> Result<HashMap<(EventId, OrganisationId), CoHostStatus>, DbErr> {
    let events = about_co_hosts(rows);
    if events.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = event_co_host::Entity::find().filter(event_co_host::Column::EventId.is_in(events)).all(db).await?;
    Ok(rows.into_iter().map(|row| ((row.event_id, row.organisation_id), row.status)).collect())
}

pub(super) fn ids<T: Eq + Hash>(rows: &[outbox::Model], id: impl Fn(&outbox::Model) -> Option<T>) -> HashSet<T> {
    rows.iter().filter_map(id).collect()
}
