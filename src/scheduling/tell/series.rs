//! Messages about a series: of the whole, or of one sitting of it where that is all there is to say.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{PersonId, SeriesId, SessionId};
use entity::state::{EventStatus, MessageKind, MessageState, RegistrationStatus, SessionStatus};
use entity::{event, outbox, series, session};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::{Value, json};

use super::OnDays;
use super::letters::{Addressee, Extent, Part, Turn, detail};
use crate::error::{Error, Result};
use crate::outbox::Message;
use crate::scheduling::audience::{Audience, invited_by_day};
use crate::scheduling::publish::sessions;
use crate::scheduling::registration::active;

/// The middle of the key of a message about a whole series.
#[must_use]
pub fn series_key(series: SeriesId, sequence: i64) -> String {
    format!("series:{series}:{sequence}")
}

/// SEQUENCE of a series: the sum of those of its sittings, of which `sessions` has all.
#[must_use]
pub fn series_sequence(sessions: &[session::Model], series: SeriesId) -> i64 {
    sessions.iter().filter(|one| one.series_id == Some(series)).map(|one| i64::from(one.sequence)).sum()
}

/// A series, as messages about it need it.
pub struct SeriesMail<'a> {
    event: &'a event::Model,
    row: series::Model,
    sittings: Vec<session::Model>,
    invited: OnDays,
    /// Who of the staff has a place by their own wish, and so is to come to all of it.
    placed: HashSet<PersonId>,
    /// When each address was last told of the whole.
    told: HashMap<String, DateTime<Utc>>,
    now: DateTime<Utc>,
}

impl<'a> SeriesMail<'a> {
    /// Reads it as it is now, in the transaction of what is told.
    pub async fn load(
        db: &impl ConnectionTrait,
        event: &'a event::Model,
        id: SeriesId,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let row = series::Entity::find_by_id(id).one(db).await?;
        let row = row.ok_or_else(|| Error::internal("sittings of a series that is gone"))?;
        let mut sittings = sessions(db, event.id).await?;
        sittings.retain(|sitting| sitting.series_id == Some(id));
        let days: BTreeSet<NaiveDate> = sittings.iter().map(|sitting| sitting.day).collect();
        let audience = Audience::load(db, event).await?;
        let people = invited_by_day(db, &audience, &days).await?;
        let invited =
            people.into_iter().map(|(day, people)| (day, people.iter().map(|member| member.person_id).collect()));
        let told = outbox::Entity::find()
            .select_only()
            .column(outbox::Column::Address)
            .column_as(outbox::Column::CreatedAt.max(), "newest")
            .filter(outbox::Column::SeriesId.eq(id))
            .filter(outbox::Column::Kind.ne(MessageKind::Cancellation))
            // Who never got it knows nothing of it.
            .filter(outbox::Column::State.ne(MessageState::Dead))
            .group_by(outbox::Column::Address)
            .into_tuple::<(String, DateTime<Utc>)>()
            .all(db)
            .await?;
        let placed = active(db, event.id).await?.into_iter().filter(|row| row.status == RegistrationStatus::Registered);
        let placed = placed.filter_map(|row| row.person_id).collect();
        Ok(Self { event, row, sittings, invited: invited.collect(), placed, told: told.into_iter().collect(), now })
    }

    /// SEQUENCE of the whole.
    #[must_use]
    pub fn sequence(&self) -> i64 {
        series_sequence(&self.sittings, self.row.id)
    }

    /// Whether somebody is invited to a sitting, or put their name down for all.
    fn invites(&self, who: &Addressee, sitting: &session::Model) -> bool {
        let as_staff = |person| {
            self.placed.contains(&person)
                || self.invited.get(&sitting.day).is_some_and(|people| people.contains(&person))
        };
        who.registration.is_some() || who.person_id.is_some_and(as_staff)
    }

    fn takes_place(&self, sitting: &session::Model) -> bool {
        self.event.status == EventStatus::Scheduled && sitting.status != SessionStatus::Cancelled
    }

    /// The sittings that take place and to which somebody is invited.
    fn theirs(&self, who: &Addressee) -> Vec<&session::Model> {
        self.sittings.iter().filter(|sitting| self.takes_place(sitting) && self.invites(who, sitting)).collect()
    }

    /// The message that says what became of some sittings for somebody; None when there is nothing to say.
    pub(super) fn letter(
        &self,
        who: &Addressee,
        parts: &[&Part],
        told: &[session::Model],
        extent: Extent,
        end: &str,
    ) -> Option<Message> {
        let theirs = self.theirs(who);
        let id = |part: &&Part| told[part.at].id;
        let came: HashSet<SessionId> = parts.iter().filter(|part| part.turn == Turn::Comes).map(id).collect();
        let had = parts.iter().any(|part| part.turn != Turn::Comes)
            || self.told.contains_key(&who.address) && theirs.iter().any(|sitting| !came.contains(&sitting.id));
        let only_off = parts.iter().all(|part| part.turn == Turn::Goes);
        let ahead = theirs.iter().any(|sitting| sitting.ends_at > self.now);
        let single = parts.len() == 1
            && parts[0].turn != Turn::Comes
            && extent == Extent::Smallest
            && self.told.get(&who.address).is_some_and(|at| *at >= self.row.updated_at);
        let kind = match (theirs.is_empty(), had) {
            (true, false) => return None,
            (true, true) => MessageKind::Cancellation,
            (false, _) if single => return Some(self.of_one(who, parts[0], &told[parts[0].at], end)),
            (false, false) => MessageKind::Invitation,
            (false, true) if only_off && !ahead => MessageKind::Cancellation,
            (false, true) => MessageKind::Update,
        };
        let changes = if kind == MessageKind::Invitation { Value::Null } else { changes(parts, told) };
        Some(self.of_whole(who, kind, (changes, reason(parts)), end))
    }

    fn of_one(&self, who: &Addressee, part: &Part, session: &session::Model, end: &str) -> Message {
        let sequence = self.sequence();
        who.message(part.turn.kind(), (session, sequence), end).saying(detail(part.detail.as_deref(), sequence, who))
    }

    /// A message about the whole. In its detail: `except`, the sittings that are not this person's; `keeps`, that of a
    /// cancellation something stays, and so the calendar gets what that is; `changes` and `reason`.
    pub fn of_whole(&self, who: &Addressee, kind: MessageKind, said: (Value, Option<Value>), end: &str) -> Message {
        let sequence = self.sequence();
        let mut detail = detail(None, sequence, who);
        let except: Vec<SessionId> =
            self.sittings.iter().filter(|sitting| !self.invites(who, sitting)).map(|sitting| sitting.id).collect();
        // Who is off all of it gets it cancelled as a whole, whatever it was.
        if except.len() < self.sittings.len() && !except.is_empty() {
            detail["except"] = json!(except);
        }
        if kind == MessageKind::Cancellation && !self.theirs(who).is_empty() {
            detail["keeps"] = json!(true);
        }
        for (name, value) in [("changes", said.0), ("reason", said.1.unwrap_or_default())] {
            if !value.is_null() {
                detail[name] = value;
            }
        }
        let key = format!("{kind}:{}:{}{end}", series_key(self.row.id, sequence), who.mark);
        Message {
            event_id: Some(self.event.id),
            series_id: Some(self.row.id),
            ..Message::new(kind, key, who.address.clone()).to_person(who.person_id).saying(detail)
        }
    }

    /// Whether somebody is to come to any of it that is ahead.
    pub fn stays(&self, who: &Addressee) -> bool {
        self.theirs(who).iter().any(|sitting| sitting.ends_at > self.now)
    }

    /// A message of that kind that takes back what somebody has: what of the whole is theirs now, or that none is.
    pub fn taken_back(&self, who: &Addressee, kind: MessageKind) -> Message {
        let mut message = self.of_whole(who, kind, (Value::Null, None), "");
        if let Some(detail) = &mut message.detail {
            detail["undone"] = json!(true);
        }
        message
    }
}

/// What became of each sitting, in their order; what it was before stands beside it.
fn changes(parts: &[&Part], told: &[session::Model]) -> Value {
    let change = |part: &&Part| {
        let before = part.detail.as_ref().map_or(Value::Null, |detail| detail["before"].clone());
        json!({ "session": told[part.at].id, "turn": part.turn.as_str(), "before": before })
    };
    parts.iter().map(change).collect()
}

fn reason(parts: &[&Part]) -> Option<Value> {
    parts.iter().filter_map(|part| part.detail.as_ref()).map(|detail| detail["reason"].clone()).find(Value::is_string)
}
