//! Who was told of a deed gets what takes it back.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{OutboxId, PersonId, RegistrationId, SeriesId, SessionId};
use entity::state::{EventStatus, MessageKind, MessageState, SessionStatus};
use entity::{event, outbox, session, undo_step};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::step::{Before, PUBLISH};
use crate::error::Result;
use crate::outbox::{Message, enqueue, withdraw, written_since};
use crate::scheduling::answer;
use crate::scheduling::audience::{Audience, invited};
use crate::scheduling::session as shown;
use crate::scheduling::tell::{Addressee, SeriesMail, Told, detail, told as mark_told};

/// What was told since a deed.
#[derive(Debug, Default)]
pub(super) struct Since {
    /// Of the deed; of a publication everything, for nothing of a draft stays told.
    pub deed: Vec<outbox::Model>,
    /// That a change of audience or people took somebody off or brought them: it stays, whatever becomes of the deed.
    pub shifts: Vec<outbox::Model>,
}

impl Since {
    /// Reads it. Messages of a lower SEQUENCE than the deed's are older, whatever the clocks of several servers say.
    pub async fn load(
        db: &impl ConnectionTrait,
        step: &undo_step::Model,
        before: &Before,
        present: &[session::Model],
    ) -> Result<Self> {
        let published = step.action == PUBLISH;
        let mut least: HashMap<SessionId, Option<i64>> = HashMap::new();
        for old in &before.sessions {
            let Some(row) = present.iter().find(|row| row.id == old.id) else { continue };
            let was = if row.series_id.is_some() { before.series } else { old.sequence.map(i64::from) };
            // Publishing leaves it as it is; anything else that is told raises it.
            least.insert(old.id, was.map(|was| was + i64::from(!published)));
        }
        let sessions: Vec<SessionId> = least.keys().copied().collect();
        let series: HashSet<SeriesId> =
            present.iter().filter(|row| least.contains_key(&row.id)).filter_map(|row| row.series_id).collect();
        let series: Vec<SeriesId> = series.into_iter().collect();
        let of_series = before.series.map(|was| was + i64::from(!published));
        let mut since = Self::default();
        for row in written_since(db, step.event_id, (&sessions, &series), step.created_at).await? {
            let least = row.session_id.map_or(of_series, |id| least.get(&id).copied().flatten());
            match Told::of(&row).filter(|_| row.kind != MessageKind::CoHost) {
                Some(told) if least.is_some_and(|least| told.sequence < least) => {}
                Some(told) if told.shift && !published => since.shifts.push(row),
                Some(_) | None => since.deed.push(row),
            }
        }
        since.shifts.retain(|row| row.state != MessageState::Dead);
        Ok(since)
    }
}

/// Tells those who have, or may have, what a deed told them; `restored` are the sessions after the deed and as they are
/// again, `told` and `shifts` what they heard of it and what of their own coming and going. An invitation is taken back
/// by a cancellation, a cancellation by a new invitation, a new time or place by the old one; of a series by what the
/// whole of it is again. Of what is over nobody hears. Gives how many messages that are.
pub(super) async fn take_back(
    db: &impl ConnectionTrait,
    event: &event::Model,
    restored: &[(session::Model, session::Model)],
    (told, shifts): (Vec<outbox::Model>, Vec<outbox::Model>),
    now: DateTime<Utc>,
) -> Result<usize> {
    let of_shifts: HashSet<OutboxId> = shifts.iter().map(|row| row.id).collect();
    let mut rows: Vec<outbox::Model> = told.into_iter().chain(shifts).collect();
    // Of what is as it was before, there is nothing to say.
    let restored: Vec<_> = restored.iter().filter(|(deed, session)| deed.sequence != session.sequence).collect();
    if rows.is_empty() || restored.is_empty() {
        return Ok(0);
    }
    rows.sort_by_key(|row| row.id);
    let (messages, anew, moot) = Default::default();
    let mut back = Back { event, rows: &rows, shifts: &of_shifts, now, messages, anew, moot };
    back.sessions(db, &restored).await?;
    back.series(db, &restored).await?;
    let Back { messages, anew, moot, .. } = back;
    let count = messages.len();
    withdraw(db, moot).await?;
    answer::clear(db, &anew.iter().copied().collect::<Vec<_>>(), now).await?;
    enqueue(db, messages, now).await?;
    mark_told(db, anew.into_iter().collect(), now).await?;
    Ok(count)
}

/// What takes a deed back, in the making.
struct Back<'a> {
    event: &'a event::Model,
    rows: &'a [outbox::Model],
    /// Which of them tell of somebody's own coming or going.
    shifts: &'a HashSet<OutboxId>,
    now: DateTime<Utc>,
    messages: Vec<Message>,
    /// Sessions of which somebody hears that they take place.
    anew: HashSet<SessionId>,
    /// What waits and fits no more.
    moot: Vec<outbox::Model>,
}

impl Back<'_> {
    /// Of sessions of no series.
    async fn sessions(
        &mut self,
        db: &impl ConnectionTrait,
        restored: &[&(session::Model, session::Model)],
    ) -> Result<()> {
        let audience = Audience::load(db, self.event).await?;
        let mut on_day: HashMap<NaiveDate, HashSet<PersonId>> = HashMap::new();
        let alone = restored.iter().filter(|(_, session)| session.series_id.is_none());
        for (deed, session) in alone.filter(|(_, session)| session.ends_at > self.now) {
            let wanted = match on_day.entry(session.day) {
                std::collections::hash_map::Entry::Occupied(there) => there.into_mut(),
                std::collections::hash_map::Entry::Vacant(empty) => {
                    let people = invited(db, &audience, session.day).await?;
                    empty.insert(people.into_iter().map(|member| member.person_id).collect())
                }
            };
            let scheduled = self.event.status == EventStatus::Scheduled && session.status == SessionStatus::Scheduled;
            for heard in heard(self.rows.iter().filter(|row| row.session_id == Some(session.id)), self.shifts) {
                let who = &heard.who;
                let invited = who.registration.is_some() || who.person_id.is_some_and(|id| wanted.contains(&id));
                let Some(kind) = heard.answer(scheduled && invited, &mut self.moot) else { continue };
                if kind != MessageKind::Cancellation {
                    self.anew.insert(session.id);
                }
                self.messages.push(message(self.event, deed, session, who, kind));
            }
        }
        Ok(())
    }

    /// Of a series, and of single sittings of one: what the whole is again.
    async fn series(
        &mut self,
        db: &impl ConnectionTrait,
        restored: &[&(session::Model, session::Model)],
    ) -> Result<()> {
        let series: HashSet<SeriesId> = restored.iter().filter_map(|(_, session)| session.series_id).collect();
        for id in series {
            let sittings: Vec<&session::Model> =
                restored.iter().map(|(_, row)| row).filter(|row| row.series_id == Some(id)).collect();
            let of_it = |row: &&outbox::Model| {
                row.series_id == Some(id) || sittings.iter().any(|sitting| row.session_id == Some(sitting.id))
            };
            let mail = SeriesMail::load(db, self.event, id, self.now).await?;
            for heard in heard(self.rows.iter().filter(of_it), self.shifts) {
                let Some(kind) = heard.answer(mail.stays(&heard.who), &mut self.moot) else { continue };
                if kind != MessageKind::Cancellation {
                    self.anew.extend(sittings.iter().filter(|row| row.ends_at > self.now).map(|row| row.id));
                }
                self.messages.push(mail.taken_back(&heard.who, kind));
            }
        }
        Ok(())
    }
}

/// What somebody has heard of one UID.
struct Heard<'a> {
    who: Addressee,
    /// The last that they have, or may have.
    last: Option<MessageKind>,
    /// That they come or go, on its way still.
    waiting: Option<&'a outbox::Model>,
}

impl Heard<'_> {
    /// What is to be said to somebody who is (`stands`) or is not to come, as it is again; nothing where what is on its
    /// way says so. What says the contrary goes to `moot`.
    fn answer(&self, stands: bool, moot: &mut Vec<outbox::Model>) -> Option<MessageKind> {
        match self.waiting {
            Some(row) if (row.kind != MessageKind::Cancellation) == stands => return None,
            Some(row) => moot.push(row.clone()),
            None => {}
        }
        contrary(self.last?, stands)
    }
}

/// Who heard what, by the messages about one UID in their order.
fn heard<'a>(rows: impl Iterator<Item = &'a outbox::Model>, shifts: &HashSet<OutboxId>) -> Vec<Heard<'a>> {
    let mut found: Vec<Heard<'a>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let Some(who) = addressee(row) else { continue };
        let place = *places.entry(who.mark.clone()).or_insert_with(|| {
            found.push(Heard { who, last: None, waiting: None });
            found.len() - 1
        });
        let shift = shifts.contains(&row.id);
        let waits = matches!(row.state, MessageState::Queued | MessageState::Failed) && row.leased_by.is_none();
        match (shift && waits, row.kind) {
            (true, _) => found[place].waiting = Some(row),
            // Who was brought meanwhile was told where and when, as others were told what changed.
            (false, MessageKind::Invitation) if shift => found[place].last = Some(MessageKind::Update),
            (false, kind) => found[place].last = Some(kind),
        }
    }
    found
}

/// Whom a message went to.
fn addressee(row: &outbox::Model) -> Option<Addressee> {
    let registration = row.detail.as_ref().and_then(|detail| detail["registration"].as_i64()).map(RegistrationId);
    let mark = match (registration, row.person_id) {
        (Some(id), _) => format!("r{id}"),
        (None, Some(id)) => id.to_string(),
        (None, None) => return None,
    };
    Some(Addressee { mark, person_id: row.person_id, registration, address: row.address.clone() })
}

/// What takes a message back from somebody who is (`stands`) or is not to come to the session as it is again.
const fn contrary(kind: MessageKind, stands: bool) -> Option<MessageKind> {
    match (kind, stands) {
        (MessageKind::Cancellation, true) => Some(MessageKind::Invitation),
        (MessageKind::Update, true) => Some(MessageKind::Update),
        (MessageKind::Invitation | MessageKind::Update, false) => Some(MessageKind::Cancellation),
        _ => None,
    }
}

fn message(
    event: &event::Model,
    deed: &session::Model,
    session: &session::Model,
    who: &Addressee,
    kind: MessageKind,
) -> Message {
    let was = shown::span(deed);
    let said = match kind {
        MessageKind::Update => json!({ "before": {
            "starts_at": was.start_text(), "ends_at": was.end_text(), "location": shown::location(event, deed),
        } }),
        _ => json!({ "undone": true }),
    };
    let sequence = session.sequence.into();
    who.message(kind, (session, sequence), "").saying(detail(Some(&said), sequence, who))
}
