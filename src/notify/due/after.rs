//! What is mailed once a session is over: what to make up, thanks, the materials. Each once, whatever is added later.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{EventId, PersonId, SessionId};
use entity::state::{AttendanceStatus, EventStatus, ReminderWish, SessionStatus};
use entity::{attendance, event, material, reminder_run, session};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::House;
use super::moment::stamp;
use super::people::{Page, Recipient, Whom, page, with_registrations};
use super::run::{self, Ending, Occasion, Part, Seen};
use super::standing::Standing;
use crate::db::Db;
use crate::error::Result;
use crate::outbox::Message;
use crate::scheduling::{Afterwards, afterwards};

/// How long after their moment thanks, and what is to be made up, are still of use: after a longer standstill, or a
/// sheet that is keyed in later, nothing is mailed.
const SOON: TimeDelta = TimeDelta::days(7);

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
    let due = ready(db.read(), due).await?;
    let named = with_registrations(db.read(), due.iter().map(|(seen, _)| seen)).await?;
    let mut wanted = Vec::new();
    for (seen, one) in &due {
        let (staff, others) = whom(*one);
        wanted.push((occasion(seen, *one, staff), *one, staff));
        if let Some(others) = others.filter(|_| named.contains(&seen.session.id)) {
            wanted.push((occasion(seen, *one, others), *one, others));
        }
    }
    let occasions: Vec<Occasion> = wanted.iter().map(|(occasion, ..)| occasion.clone()).collect();
    let mut runs = run::open(db, &occasions, now).await?;
    let mut count = 0;
    for (occasion, one, whom) in wanted {
        if let Some(run) = runs.remove(&occasion) {
            count += write_run(db, house, run, one, whom, now).await?;
        }
    }
    Ok(count)
}

/// To whom of the staff, and to whom else.
const fn whom(one: Afterwards) -> (Whom, Option<Whom>) {
    match one {
        Afterwards::MakeUp => (Whom::Roster, None),
        Afterwards::Thanks => (Whom::Came, Some(Whom::Public)),
        Afterwards::Materials => (Whom::InvitedOrCame, Some(Whom::Public)),
    }
}

fn occasion(seen: &Seen, one: Afterwards, whom: Whom) -> Occasion {
    Occasion {
        session: seen.session.id,
        starts_at: seen.session.starts_at,
        what: format!("{}{}", one.run(), whom.suffix()),
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
    let done: HashSet<(SessionId, String)> = reminder_run::Entity::find()
        .select_only()
        .columns([reminder_run::Column::SessionId, reminder_run::Column::What])
        .filter(reminder_run::Column::SessionId.is_in(due.iter().map(|(seen, _)| seen.session.id)))
        .filter(reminder_run::Column::DoneAt.is_not_null())
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    due.retain(|(seen, one)| {
        let (staff, others) = whom(*one);
        [Some(staff), others].into_iter().flatten().any(|whom| {
            let what = format!("{}{}", one.run(), whom.suffix());
            !done.contains(&(seen.session.id, what))
        })
    });
    Ok(due)
}

/// Those of which there is something to say: it is known who came, or there are materials.
async fn ready(db: &impl ConnectionTrait, mut due: Vec<(Seen, Afterwards)>) -> Result<Vec<(Seen, Afterwards)>, DbErr> {
    if due.is_empty() {
        return Ok(due);
    }
    let attended = AttendanceStatus::ALL.iter().copied().filter(|status| status.attended());
    let known: Vec<SessionId> = attendance::Entity::find()
        .select_only()
        .column(attendance::Column::SessionId)
        .distinct()
        .filter(attendance::Column::SessionId.is_in(due.iter().map(|(seen, _)| seen.session.id)))
        .filter(attendance::Column::Status.is_in(attended))
        .into_tuple()
        .all(db)
        .await?;
    let known: HashSet<SessionId> = known.into_iter().collect();
    let materials: Vec<(EventId, Option<SessionId>)> = material::Entity::find()
        .select_only()
        .columns([material::Column::EventId, material::Column::SessionId])
        .filter(material::Column::EventId.is_in(due.iter().map(|(seen, _)| seen.event.id)))
        .into_tuple()
        .all(db)
        .await?;
    due.retain(|(seen, one)| match one {
        // Before anybody was marked as having come, nobody can be said to have missed it.
        Afterwards::MakeUp | Afterwards::Thanks => known.contains(&seen.session.id),
        Afterwards::Materials => materials
            .iter()
            .any(|(event, session)| *event == seen.event.id && session.is_none_or(|id| id == seen.session.id)),
    });
    Ok(due)
}

async fn write_run(
    db: &Db,
    house: &House<'_>,
    mut run: reminder_run::Model,
    one: Afterwards,
    whom: Whom,
    now: DateTime<Utc>,
) -> Result<usize> {
    let mut count = 0;
    while run.done_at.is_none() {
        let Some(seen) = Seen::load(db.read(), run.session_id).await? else { break };
        if seen.event.status != EventStatus::Scheduled || seen.session.status == SessionStatus::Cancelled {
            break;
        }
        let Page { people, standing, reached, looked_at } = page(db.read(), &seen, whom, run.reached).await?;
        let wanted =
            people.into_iter().filter(|to| unsaid(&standing, (&seen.event, &seen.session), one, to.person).is_none());
        let messages: Vec<_> = wanted
            .map(|to| {
                let quiet = standing.quiet(to.person, house.quiet);
                let goes = quiet.hold(now, DateTime::<Utc>::MAX_UTC, house.zone).unwrap_or(now);
                (goes, message(&seen, one, to))
            })
            .collect();
        let written = messages.len();
        if !run::write(db, &mut run, &seen, Part { messages, reached, end: Ending::after(looked_at) }, now).await? {
            break;
        }
        count += written;
    }
    Ok(count)
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

fn message(seen: &Seen, one: Afterwards, to: Recipient) -> Message {
    let registration = to.registration.map(|id| serde_json::json!({"registration": id.0}));
    Message {
        key: format!("{}:{}:{}", one.as_str(), seen.session.id, to.key()),
        kind: one.kind(),
        event_id: Some(seen.event.id),
        session_id: Some(seen.session.id),
        series_id: None,
        person_id: to.person,
        account_id: None,
        address: to.address,
        detail: registration.or_else(|| Some(serde_json::json!({"starts_at": stamp(seen.session.starts_at)}))),
    }
}
