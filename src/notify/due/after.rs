//! What is mailed once a session is over: what to make up, thanks, the materials. Each once, whatever is added later.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{EventId, PersonId, SessionId};
use entity::state::{AttendanceStatus, EventStatus, ReminderWish, SessionStatus};
use entity::{attendance, event, material, reminder_run, session};
use sea_orm::sea_query::IntoCondition;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::House;
use super::moment::stamp;
use super::people::{Recipient, Whom};
use super::run::Seen;
use super::say::{Saying, write_all};
use super::standing::Standing;
use crate::db::Db;
use crate::error::Result;
use crate::outbox::Message;
use crate::scheduling::{Afterwards, afterwards};

/// How long after their moment thanks, and what is to be made up, are still of use: after a longer standstill, or a
/// sheet that is keyed in later, nothing is mailed.
const SOON: TimeDelta = TimeDelta::days(7);

/// For how long what is known of who came must have stayed as it is: a sheet of paper is keyed in line by line, and by
/// the first nobody can be said to have missed it.
const SETTLED: TimeDelta = TimeDelta::hours(1);

/// How long after a session its materials may come.
const MATERIALS: TimeDelta = TimeDelta::days(30);

/// Writes what follows sessions that are over; gives how many messages.
pub async fn write(db: &Db, house: &House<'_>, now: DateTime<Utc>) -> Result<usize> {
    let mut due = Vec::new();
    for seen in over(db.read(), house, now).await? {
        for one in afterwards::of_event(house.kinds, &seen.event) {
            let moment = seen.session.ends_at + house.after;
            let of_use = if one == Afterwards::Materials { MATERIALS } else { SOON };
            if moment <= now && now < moment + of_use && (one != Afterwards::MakeUp || seen.event.required) {
                due.push((seen.clone(), one));
            }
        }
    }
    due = open_ones(db.read(), due).await?;
    let due = ready(db.read(), due, now).await?;
    write_all(db, house, &due, now).await
}

impl Saying for Afterwards {
    fn whom(&self) -> (Whom, Option<Whom>) {
        match self {
            Self::MakeUp => (Whom::Roster, None),
            // Of the public nobody writes down who came.
            Self::Thanks => (Whom::Came, None),
            Self::Materials => (Whom::InvitedOrCame, Some(Whom::Public)),
        }
    }

    fn name(&self) -> String {
        self.run()
    }

    fn stands(&self, seen: &Seen, _: &reminder_run::Model) -> bool {
        seen.event.status == EventStatus::Scheduled && seen.session.status != SessionStatus::Cancelled
    }

    fn goes(
        &self,
        house: &House<'_>,
        seen: &Seen,
        standing: &Standing,
        to: &Recipient,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        if unsaid(standing, (&seen.event, &seen.session), *self, to.person).is_some() {
            return None;
        }
        let quiet = standing.quiet(to.person, house.quiet);
        Some(quiet.hold(now, DateTime::<Utc>::MAX_UTC, house.zone).unwrap_or(now))
    }

    fn message(&self, seen: &Seen, to: Recipient) -> Message {
        let detail = match to.registration {
            Some(id) => json!({ "registration": id.0 }),
            None => json!({ "starts_at": stamp(seen.session.starts_at) }),
        };
        let key = format!("{}:{}:{}", self.as_str(), seen.session.id, to.key());
        Message::new(self.kind(), key, to.address).of_session(&seen.session).to_person(to.person).saying(detail)
    }
}

/// Published sessions that ended lately, and of which people were told.
async fn over(db: &impl ConnectionTrait, house: &House<'_>, now: DateTime<Utc>) -> Result<Vec<Seen>, DbErr> {
    let rows = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(event::Column::Status.eq(EventStatus::Scheduled))
        .filter(event::Column::Mails.eq(true))
        .filter(session::Column::Status.ne(SessionStatus::Cancelled))
        .filter(session::Column::EndsAt.lte(now - house.after))
        .filter(session::Column::EndsAt.gt(now - house.after - MATERIALS))
        .filter(session::Column::ToldAt.is_not_null())
        .order_by_asc(session::Column::EndsAt)
        .order_by_asc(session::Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(session, event)| Some(Seen { event: event?, session })).collect())
}

/// Those that are not done: most are, and of them nothing more need be read.
async fn open_ones(
    db: &impl ConnectionTrait,
    mut due: Vec<(Seen, Afterwards)>,
) -> Result<Vec<(Seen, Afterwards)>, DbErr> {
    if due.is_empty() {
        return Ok(due);
    }
    let begun: Vec<(SessionId, String, Option<DateTime<Utc>>)> = reminder_run::Entity::find()
        .select_only()
        .columns([reminder_run::Column::SessionId, reminder_run::Column::What, reminder_run::Column::DoneAt])
        .filter(reminder_run::Column::SessionId.is_in(due.iter().map(|(seen, _)| seen.session.id)))
        .into_tuple()
        .all(db)
        .await?;
    let begun: HashMap<_, _> = begun.into_iter().map(|(id, what, done)| ((id, what), done.is_some())).collect();
    due.retain(|(seen, one)| {
        let mut done = one.runs().map(|(_, what)| begun.get(&(seen.session.id, what)).copied());
        // All are begun together: where nobody had put a name down, there is no more than the first.
        done.next().flatten() != Some(true) || done.any(|done| done == Some(false))
    });
    Ok(due)
}

/// Those of which there is something to say: it is known who came, or there are materials.
async fn ready(
    db: &impl ConnectionTrait,
    mut due: Vec<(Seen, Afterwards)>,
    now: DateTime<Utc>,
) -> Result<Vec<(Seen, Afterwards)>, DbErr> {
    if due.is_empty() {
        return Ok(due);
    }
    let attended = AttendanceStatus::ALL.iter().copied().filter(|status| status.attended());
    let known = with_records(db, &due, attendance::Column::Status.is_in(attended)).await?;
    let changing = with_records(db, &due, attendance::Column::RecordedAt.gt(now - SETTLED)).await?;
    let materials: Vec<(EventId, Option<SessionId>)> = material::Entity::find()
        .select_only()
        .columns([material::Column::EventId, material::Column::SessionId])
        .filter(material::Column::EventId.is_in(due.iter().map(|(seen, _)| seen.event.id)))
        .into_tuple()
        .all(db)
        .await?;
    due.retain(|(seen, one)| match one {
        // Before anybody was marked as having come, nobody can be said to have missed it.
        Afterwards::MakeUp | Afterwards::Thanks => {
            known.contains(&seen.session.id) && !changing.contains(&seen.session.id)
        }
        Afterwards::Materials => materials
            .iter()
            .any(|(event, session)| *event == seen.event.id && session.is_none_or(|id| id == seen.session.id)),
    });
    Ok(due)
}

/// Those of the sessions of which there are such records of who came.
async fn with_records(
    db: &impl ConnectionTrait,
    due: &[(Seen, Afterwards)],
    such: impl IntoCondition,
) -> Result<HashSet<SessionId>, DbErr> {
    let found: Vec<SessionId> = attendance::Entity::find()
        .select_only()
        .column(attendance::Column::SessionId)
        .distinct()
        .filter(attendance::Column::SessionId.is_in(due.iter().map(|(seen, _)| seen.session.id)))
        .filter(such.into_condition())
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.into_iter().collect())
}

/// Why somebody is not told, as a text's key.
pub fn unsaid(
    standing: &Standing,
    (event, session): (&event::Model, &session::Model),
    one: Afterwards,
    person: Option<PersonId>,
) -> Option<&'static str> {
    let person = person?;
    let record = standing.record(session.id, person);
    match (one, record) {
        (Afterwards::MakeUp, None | Some(AttendanceStatus::Absent | AttendanceStatus::Excused)) => None,
        (Afterwards::MakeUp, Some(_)) => Some("mail-moot-made-up"),
        // A duty is told to everybody; thanks and materials only to those who want mail beside what must be.
        _ if standing.wish(person) == ReminderWish::Off => Some("mail-moot-opted-out"),
        (_, Some(record)) if record.attended() => None,
        (Afterwards::Thanks, _) => Some("mail-moot-not-there"),
        (Afterwards::Materials, _) => standing.declined(event, session, person),
    }
}
