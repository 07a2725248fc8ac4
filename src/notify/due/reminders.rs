//! Reminders before a session.

use chrono::{DateTime, TimeDelta, Utc};
use entity::state::{EventStatus, MessageKind, SessionStatus};
use entity::{event, mail_preference, reminder_run, session};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::moment::{LATEST, Reminder, goes, latest, reminder_set, stamp};
use super::people::{Page, Recipient, Whom, page, with_registrations};
use super::run::{self, Ending, Occasion, Part, Seen};
use super::{House, Quiet};
use crate::dates::parse_duration;
use crate::db::Db;
use crate::error::Result;
use crate::outbox::Message;
use crate::scheduling::session as sessions;

/// Quiet hours move a reminder by less than this.
const A_DAY: TimeDelta = TimeDelta::days(1);

/// Writes the reminders that are due; gives how many.
pub async fn write(db: &Db, house: &House<'_>, now: DateTime<Utc>) -> Result<usize> {
    let quiets = quiets(db.read(), house).await?;
    let opens = |reminder: &Reminder| {
        let fits = quiets.iter().map(|quiet| quiet.fit(reminder.at, reminder.deadline, house.zone));
        fits.min().unwrap_or(reminder.at)
    };
    let mut due = Vec::new();
    for seen in upcoming(db.read(), house, now).await? {
        let (set, span) = (reminder_set(house.kinds, &seen.event), sessions::span(&seen.session));
        if let Some(reminder) = latest(&set, &span, seen.session.told_at, opens, now) {
            due.push((seen, reminder));
        }
    }
    let named = with_registrations(db.read(), due.iter().map(|(seen, _)| seen)).await?;
    let wanted: Vec<_> = due
        .iter()
        .flat_map(|(seen, reminder)| [(seen, reminder, Whom::Invited), (seen, reminder, Whom::Registered)])
        .filter(|(seen, _, whom)| *whom == Whom::Invited || named.contains(&seen.session.id))
        .map(|(seen, reminder, whom)| (occasion(seen, reminder, whom), reminder, whom))
        .collect();
    let occasions: Vec<Occasion> = wanted.iter().map(|(occasion, ..)| occasion.clone()).collect();
    let mut runs = run::open(db, &occasions, now).await?;
    let mut count = 0;
    for (occasion, reminder, whom) in wanted {
        if let Some(run) = runs.remove(&occasion) {
            count += write_run(db, house, run, reminder, whom, now).await?;
        }
    }
    Ok(count)
}

/// Every quiet that somebody keeps, the house's among them.
async fn quiets(db: &impl ConnectionTrait, house: &House<'_>) -> Result<Vec<Quiet>, DbErr> {
    let own: Vec<String> = mail_preference::Entity::find()
        .select_only()
        .column(mail_preference::Column::Quiet)
        .distinct()
        .filter(mail_preference::Column::Quiet.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(own.iter().filter_map(|text| Quiet::parse(text)).chain([house.quiet, Quiet::NEVER]).collect())
}

/// Sessions of which some reminder may be due.
async fn upcoming(db: &impl ConnectionTrait, house: &House<'_>, now: DateTime<Utc>) -> Result<Vec<Seen>, DbErr> {
    let longest = house
        .kinds
        .iter()
        .flat_map(|(_, kind)| kind.reminders.iter())
        .filter_map(|text| parse_duration(text))
        .max()
        .unwrap_or(TimeDelta::zero());
    let rows = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(event::Column::Status.eq(EventStatus::Scheduled))
        .filter(event::Column::Mails.eq(true))
        .filter(session::Column::Status.eq(SessionStatus::Scheduled))
        .filter(session::Column::StartsAt.gt(now - LATEST))
        .filter(session::Column::EndsAt.gt(now))
        // Who was never told of a session, because an import brought it quietly, is not reminded of it.
        .filter(session::Column::ToldAt.is_not_null())
        .filter(
            // An event's own reminders may reach further than those of any kind.
            Condition::any()
                .add(session::Column::StartsAt.lte(now + longest + A_DAY))
                .add(event::Column::Reminders.is_not_null()),
        )
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(session, event)| Some(Seen { event: event?, session })).collect())
}

fn occasion(seen: &Seen, reminder: &Reminder, whom: Whom) -> Occasion {
    Occasion {
        session: seen.session.id,
        starts_at: seen.session.starts_at,
        what: format!("{}{}", reminder.before, whom.suffix()),
    }
}

/// Goes through the people whom nobody wrote for so far.
async fn write_run(
    db: &Db,
    house: &House<'_>,
    mut run: reminder_run::Model,
    reminder: &Reminder,
    whom: Whom,
    now: DateTime<Utc>,
) -> Result<usize> {
    let mut count = 0;
    while run.done_at.is_none() {
        let Some(seen) = Seen::load(db.read(), run.session_id).await? else { break };
        if !stands(&seen, &run) {
            break;
        }
        let page = page(db.read(), &seen, whom, run.reached).await?;
        let part = part(house, &seen, reminder, page, now);
        let written = part.messages.len();
        if !run::write(db, &mut run, &seen, part, now).await? {
            break;
        }
        count += written;
    }
    Ok(count)
}

/// Whether a session is still what the run reminds of.
fn stands(seen: &Seen, run: &reminder_run::Model) -> bool {
    seen.event.status == EventStatus::Scheduled
        && seen.session.status == SessionStatus::Scheduled
        && seen.session.starts_at == run.starts_at
}

/// The messages to a page of people.
fn part(house: &House<'_>, seen: &Seen, reminder: &Reminder, page: Page, now: DateTime<Utc>) -> Part {
    let Page { people, standing, reached, looked_at } = page;
    let unwanted = |one: &Recipient| {
        one.person.is_some_and(|person| standing.unreminded(&seen.event, &seen.session, person).is_some())
    };
    let messages = people.into_iter().filter(|one| !unwanted(one)).map(|one| {
        let quiet = standing.quiet(one.person, house.quiet);
        (goes(reminder, quiet, house.zone, seen.session.told_at, now), message(seen, reminder, one))
    });
    Part { messages: messages.collect(), reached, end: Ending::after(looked_at) }
}

fn message(seen: &Seen, reminder: &Reminder, to: Recipient) -> Message {
    let start = stamp(seen.session.starts_at);
    let mut detail = serde_json::json!({"before": reminder.before, "starts_at": start});
    if let Some(id) = to.registration {
        detail["registration"] = id.0.into();
    }
    Message {
        // Colons part the key, so the time is written without them.
        key: format!("reminder:{}:{}:{}:{}", seen.session.id, start.replace(':', ""), reminder.before, to.key()),
        kind: MessageKind::Reminder,
        event_id: Some(seen.event.id),
        session_id: Some(seen.session.id),
        series_id: None,
        person_id: to.person,
        account_id: None,
        address: to.address,
        detail: Some(detail),
    }
}
