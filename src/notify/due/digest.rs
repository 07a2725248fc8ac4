//! One mail a morning instead of single reminders: what is today and tomorrow, and what reminders would have said.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::id::{PersonId, SessionId};
use entity::state::{MessageKind, RegistrationStatus, ReminderWish};
use entity::{event, mail_preference, person, registration, session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::House;
use super::moment::{Reminder, reminder_set};
use super::run::PART;
use super::standing::Standing;
use crate::dates::Workdays;
use crate::db::Db;
use crate::error::Result;
use crate::outbox::{Message, enqueue_for};
use crate::people::{OrgTree, stays_of};
use crate::scheduling::ahead::{Ahead, Situation};
use crate::scheduling::{holidays, session as sessions};

/// How long after its time a morning's digest still goes: after a longer standstill the next morning's tells of all.
const MORNING: TimeDelta = TimeDelta::hours(6);

/// How far back a digest tells of reminders: beyond, somebody chose digests long ago and got none since.
const FAR: TimeDelta = TimeDelta::days(7);

/// Whether some digest tells somebody who wants digests of a session: one that came, or the next.
pub fn tells(house: &House<'_>, wish: &mail_preference::Model, session: &session::Model) -> bool {
    // When they chose it, or when the last one came: then it is within a morning.
    let since = wish.digest_until.unwrap_or(wish.updated_at);
    let today = house.zone.day(since);
    let at = |day: NaiveDate| house.zone.instant(day.and_time(house.digest_at)).ok();
    if at(today).is_some_and(|moment| moment <= since && since < moment + MORNING) {
        return true;
    }
    let first = if at(today).is_some_and(|moment| since < moment) { Some(today) } else { today.succ_opt() };
    let Some((day, moment)) = first.and_then(|day| Some((day, at(day)?))) else { return true };
    session.starts_at > moment || (session.all_day && session.day >= day)
}

/// Writes this morning's digests to those who had none; gives how many.
pub async fn write(db: &Db, house: &House<'_>, now: DateTime<Utc>) -> Result<usize> {
    let today = house.zone.day(now);
    let Ok(moment) = house.zone.instant(today.and_time(house.digest_at)) else { return Ok(0) };
    if now < moment || now >= moment + MORNING {
        return Ok(0);
    }
    let mut count = 0;
    let mut morning = None;
    loop {
        let wishes = undecided(db.read(), today).await?;
        if wishes.is_empty() {
            return Ok(count);
        }
        let morning = match &morning {
            Some(known) => known,
            None => morning.insert(Morning {
                today,
                workdays: holidays::load(db.read()).await?,
                tree: OrgTree::load(db.read()).await?,
            }),
        };
        count += write_part(db, house, morning, &wishes, now).await?;
    }
}

/// What all digests of a morning go by.
struct Morning {
    today: NaiveDate,
    workdays: Workdays,
    tree: OrgTree,
}

/// Some of those who get digests and for whom this morning's was not decided.
async fn undecided(db: &impl ConnectionTrait, today: NaiveDate) -> Result<Vec<mail_preference::Model>, DbErr> {
    mail_preference::Entity::find()
        .filter(mail_preference::Column::Reminders.eq(ReminderWish::Digest))
        .filter(open_on(today))
        .order_by_asc(mail_preference::Column::PersonId)
        .limit(PART)
        .all(db)
        .await
}

fn open_on(today: NaiveDate) -> Condition {
    Condition::any().add(mail_preference::Column::DigestDay.is_null()).add(mail_preference::Column::DigestDay.lt(today))
}

/// What one of them is told.
#[derive(Debug, Default)]
struct Told {
    /// Sessions today and tomorrow.
    near: Vec<SessionId>,
    /// Others of which reminders would have told.
    ahead: Vec<SessionId>,
}

async fn write_part(
    db: &Db,
    house: &House<'_>,
    morning: &Morning,
    wishes: &[mail_preference::Model],
    now: DateTime<Utc>,
) -> Result<usize> {
    let people: Vec<PersonId> = wishes.iter().map(|wish| wish.person_id).collect();
    let found = told(db.read(), house, morning, wishes, now).await?;
    let off = morning.workdays.is_off(morning.today);
    let rows = person::Entity::find().filter(person::Column::Id.is_in(people.iter().copied())).all(db.read()).await?;
    let addresses: HashMap<PersonId, String> = rows.into_iter().filter_map(|row| Some((row.id, row.email?))).collect();
    let mut messages = Vec::new();
    let (mut said, mut waiting) = (Vec::new(), Vec::new());
    for wish in wishes {
        let told = found.get(&wish.person_id);
        // What is further ahead waits for the next working day.
        if off && told.is_none_or(|told| told.near.is_empty()) {
            waiting.push(wish.person_id);
            continue;
        }
        said.push(wish.person_id);
        let (Some(told), Some(address)) = (told, addresses.get(&wish.person_id)) else { continue };
        let quiet = wish.quiet.as_deref().and_then(super::Quiet::parse).unwrap_or(house.quiet);
        let evening = house.zone.midnight(morning.today.succ_opt().unwrap_or(morning.today));
        let goes = quiet.hold(now, evening, house.zone).unwrap_or(now);
        messages.push((goes, message(morning.today, wish.person_id, address.clone(), told)));
    }
    let count = messages.len();
    let tx = db.begin().await?;
    enqueue_for(&tx, messages, now).await?;
    decided(&tx, morning.today, said, Some(now)).await?;
    decided(&tx, morning.today, waiting, None).await?;
    tx.commit().await?;
    Ok(count)
}

/// Notes that this morning's was decided, and up to when it told of reminders.
async fn decided(
    db: &impl ConnectionTrait,
    today: NaiveDate,
    people: Vec<PersonId>,
    until: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
    if people.is_empty() {
        return Ok(());
    }
    let mut update =
        mail_preference::Entity::update_many().col_expr(mail_preference::Column::DigestDay, Expr::value(today));
    if let Some(until) = until {
        update = update.col_expr(mail_preference::Column::DigestUntil, Expr::value(until));
    }
    // Where another server was faster its word stands.
    update.filter(mail_preference::Column::PersonId.is_in(people)).filter(open_on(today)).exec(db).await.map(drop)
}

/// What each of them is told; nobody is there without anything.
async fn told(
    db: &impl ConnectionTrait,
    house: &House<'_>,
    morning: &Morning,
    wishes: &[mail_preference::Model],
    now: DateTime<Utc>,
) -> Result<HashMap<PersonId, Told>, DbErr> {
    let people: Vec<PersonId> = wishes.iter().map(|wish| wish.person_id).collect();
    let stays = stays_of(db, &people).await?;
    let situation = Situation { tree: &morning.tree, stays: &stays };
    // Whole days began at midnight, wherever that was.
    let began = now - TimeDelta::days(1);
    let ahead = Ahead::load(db, &[situation], began).await?;
    let mut rows: HashMap<SessionId, (event::Model, session::Model)> =
        ahead.sessions().map(|pair| (pair.1.id, pair.clone())).collect();
    let mut invited: HashSet<(SessionId, PersonId)> = ahead.seats(situation).into_keys().collect();
    for (event, session, person) in registered(db, &people, began).await? {
        invited.insert((session.id, person));
        rows.entry(session.id).or_insert((event, session));
    }
    let sessions: HashSet<SessionId> = invited.iter().map(|(session, _)| *session).collect();
    let standing = Standing::load(db, &sessions, &people.iter().copied().collect()).await?;
    let since: HashMap<PersonId, DateTime<Utc>> = wishes
        .iter()
        .map(|wish| (wish.person_id, wish.digest_until.unwrap_or(wish.updated_at).max(now - FAR)))
        .collect();
    let mut found: HashMap<PersonId, Told> = HashMap::new();
    for (id, person) in invited {
        let Some((event, session)) = rows.get(&id).filter(|(event, session)| event.mails && session.told_at.is_some())
        else {
            continue;
        };
        let lasts = session.all_day && session.day == morning.today && session.ends_at > now;
        if session.starts_at <= now && !lasts {
            continue;
        }
        let days = (session.day - morning.today).num_days();
        if (0..2).contains(&days) {
            if standing.declined(event, session, person).is_none() {
                found.entry(person).or_default().near.push(id);
            }
        } else if standing.settled(event, session, person).is_none()
            && since.get(&person).is_some_and(|since| reminded(house, event, session, *since, now))
        {
            found.entry(person).or_default().ahead.push(id);
        }
    }
    Ok(found)
}

/// Whether a reminder would have come since.
fn reminded(
    house: &House<'_>,
    event: &event::Model,
    session: &session::Model,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> bool {
    let span = sessions::span(session);
    reminder_set(house.kinds, event).iter().filter_map(|text| Reminder::of(text, &span)).any(|reminder| {
        reminder.at > since && reminder.at <= now && session.told_at.is_none_or(|told| reminder.at > told)
    })
}

/// The sessions that begin after some moment, for which these people put their names down.
async fn registered(
    db: &impl ConnectionTrait,
    people: &[PersonId],
    after: DateTime<Utc>,
) -> Result<Vec<(event::Model, session::Model, PersonId)>, DbErr> {
    use entity::state::{EventStatus, SessionStatus};
    let rows = registration::Entity::find()
        .filter(registration::Column::PersonId.is_in(people.iter().copied()))
        .filter(registration::Column::Status.eq(RegistrationStatus::Registered))
        .all(db)
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let sittings = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(session::Column::EventId.is_in(rows.iter().map(|row| row.event_id)))
        .filter(session::Column::Status.eq(SessionStatus::Scheduled))
        .filter(session::Column::StartsAt.gt(after))
        .filter(event::Column::Status.eq(EventStatus::Scheduled))
        .all(db)
        .await?;
    let mut found = Vec::new();
    for (session, event) in sittings {
        let Some(event) = event else { continue };
        let named = rows.iter().filter(|row| row.event_id == event.id).filter_map(|row| row.person_id);
        found.extend(named.map(|person| (event.clone(), session.clone(), person)));
    }
    Ok(found)
}

fn message(today: NaiveDate, person: PersonId, address: String, told: &Told) -> Message {
    let mut sessions: Vec<_> = told.near.iter().chain(&told.ahead).map(|id| id.0).collect();
    sessions.sort_unstable();
    Message::new(MessageKind::Digest, format!("digest:{today}:{person}"), address)
        .to_person(Some(person))
        .saying(serde_json::json!({"day": today.to_string(), "sessions": sessions}))
}
