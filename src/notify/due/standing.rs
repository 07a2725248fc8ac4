//! What people said and did that decides whether they are reminded: asked when a reminder is written, and again when it
//! is sent.

use std::collections::{HashMap, HashSet};

use entity::id::{PersonId, SessionId};
use entity::state::{AnswerStatus, AttendanceStatus, RemindWhom, ReminderWish};
use entity::{answer, attendance, event, mail_preference, session};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::{House, Quiet, digest};
use crate::db::among;

/// The wishes of some people, and how they stand to some sessions.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    wishes: HashMap<PersonId, mail_preference::Model>,
    answers: HashMap<(SessionId, PersonId), AnswerStatus>,
    records: HashMap<(SessionId, PersonId), AttendanceStatus>,
}

impl Standing {
    /// Reads them.
    pub async fn load(
        db: &impl ConnectionTrait,
        sessions: &HashSet<SessionId>,
        people: &HashSet<PersonId>,
    ) -> Result<Self, DbErr> {
        let mut found = Self::default();
        if people.is_empty() {
            return Ok(found);
        }
        let (sessions, people) = (|| sessions.iter().copied(), || people.iter().copied());
        let wishes = mail_preference::Entity::find().filter(mail_preference::Column::PersonId.is_in(people()));
        found.wishes = wishes.all(db).await?.into_iter().map(|row| (row.person_id, row)).collect();
        let answers = answer::Entity::find()
            .filter(answer::Column::SessionId.is_in(sessions()))
            .filter(among(answer::Column::PersonId, people()))
            .filter(answer::Column::ClearedAt.is_null());
        found.answers =
            answers.all(db).await?.into_iter().map(|row| ((row.session_id, row.person_id), row.status)).collect();
        let records: Vec<(SessionId, PersonId, AttendanceStatus)> = attendance::Entity::find()
            .select_only()
            .columns([attendance::Column::SessionId, attendance::Column::PersonId, attendance::Column::Status])
            .filter(attendance::Column::SessionId.is_in(sessions()))
            .filter(among(attendance::Column::PersonId, people()))
            .into_tuple()
            .all(db)
            .await?;
        found.records = records.into_iter().map(|(session, person, status)| ((session, person), status)).collect();
        Ok(found)
    }

    /// How somebody wants to be reminded.
    #[must_use]
    pub fn wish(&self, person: PersonId) -> ReminderWish {
        self.wishes.get(&person).map_or(ReminderWish::Each, |wish| wish.reminders)
    }

    /// When somebody is left alone.
    #[must_use]
    pub fn quiet(&self, person: Option<PersonId>, house: Quiet) -> Quiet {
        let own = person.and_then(|id| self.wishes.get(&id)).and_then(|wish| wish.quiet.as_deref());
        own.and_then(Quiet::parse).unwrap_or(house)
    }

    /// What became of somebody in a session.
    #[must_use]
    pub fn record(&self, session: SessionId, person: PersonId) -> Option<AttendanceStatus> {
        self.records.get(&(session, person)).copied()
    }

    /// Why somebody is not reminded of a session by a mail of its own, as a text's key: by their wish, or by what they
    /// said and did. What begins before the first digest since they wanted any is reminded of by itself.
    #[must_use]
    pub fn unreminded(
        &self,
        house: &House<'_>,
        (event, session): (&event::Model, &session::Model),
        person: PersonId,
    ) -> Option<&'static str> {
        let wish = self.wishes.get(&person);
        match wish.map(|wish| (wish.reminders, wish)) {
            Some((ReminderWish::Off, _)) => Some("mail-moot-opted-out"),
            Some((ReminderWish::Digest, wish)) if digest::tells(house, wish, session) => Some("mail-moot-digest"),
            _ => self.settled(event, session, person),
        }
    }

    /// Why somebody need not be told what is on: they declined, and need not come.
    #[must_use]
    pub fn declined(&self, event: &event::Model, session: &session::Model, person: PersonId) -> Option<&'static str> {
        let declined = self.answers.get(&(session.id, person)) == Some(&AnswerStatus::Declined);
        (declined && !event.required).then_some("mail-moot-declined")
    }

    /// Why nobody need remind somebody of a session: they are not coming and need not, or did what the reminder is for.
    #[must_use]
    pub fn settled(&self, event: &event::Model, session: &session::Model, person: PersonId) -> Option<&'static str> {
        let answer = self.answers.get(&(session.id, person));
        let record = self.record(session.id, person);
        if let Some(why) = self.declined(event, session, person) {
            return Some(why);
        }
        match (answer, record, event.remind_whom) {
            (_, Some(AttendanceStatus::Excused | AttendanceStatus::Exempt), _) => Some("mail-moot-excused"),
            (Some(_), _, RemindWhom::Unanswered) => Some("mail-moot-has-answered"),
            (_, Some(record), RemindWhom::NotCheckedIn) if record.attended() => Some("mail-moot-checked-in"),
            _ => None,
        }
    }
}
