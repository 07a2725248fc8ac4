//! Reminders before a session.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::state::{EventStatus, MessageKind, SessionStatus};
use entity::{event, mail_preference, reminder_run, session};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::moment::{LATEST, MOVED, Reminder, goes, latest, near, reminder_set, stamp};
use super::people::{Recipient, Whom};
use super::run::Seen;
use super::say::{Saying, write_all};
use super::standing::Standing;
use super::{House, Quiet};
use crate::dates::parse_duration;
use crate::db::Db;
use crate::error::Result;
use crate::outbox::Message;
use crate::scheduling::session as sessions;

/// A reminder to those for whom it is the latest by now and whose hours give it this moment: mostly to all.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Due {
    reminder: Reminder,
    /// Since when it goes to them.
    moment: DateTime<Utc>,
    /// What it is the latest of.
    of: Vec<Reminder>,
}

/// Writes the reminders that are due; gives how many. Each is written when it goes: whoever is taken off before is not
/// reminded, and whoever comes is.
pub async fn write(db: &Db, house: &House<'_>, now: DateTime<Utc>) -> Result<usize> {
    let quiets = quiets(db.read(), house).await?;
    let mut due = Vec::new();
    for seen in upcoming(db.read(), house, now).await? {
        due.extend(due_of(house, &quiets, &seen, now).into_iter().map(|one| (seen.clone(), one)));
    }
    write_all(db, house, &due, now).await
}

/// What is due of a session, to people of any hours: each reminder with each of its moments once.
fn due_of(house: &House<'_>, quiets: &HashSet<Quiet>, seen: &Seen, now: DateTime<Utc>) -> Vec<Due> {
    let set = near(reminder_set(house.kinds, &seen.event), seen.session.starts_at, now);
    if set.is_empty() {
        return Vec::new();
    }
    let span = sessions::span(&seen.session);
    let of: Vec<Reminder> = set.iter().filter_map(|text| Reminder::of(text, &span)).collect();
    let mut found: Vec<Due> = Vec::new();
    for quiet in quiets {
        if let Some((reminder, moment)) = latest(&of, (*quiet, house.zone), seen.session.told_at, now)
            && !found.iter().any(|one| one.moment == moment && one.reminder == *reminder)
        {
            found.push(Due { reminder: reminder.clone(), moment, of: of.clone() });
        }
    }
    found.sort_by_key(|one| one.moment);
    found
}

impl Saying for Due {
    fn whom(&self) -> (Whom, Option<Whom>) {
        (Whom::Invited, Some(Whom::Registered))
    }

    fn name(&self) -> String {
        let before = &self.reminder.before;
        if self.moment == self.reminder.at { before.clone() } else { format!("{before} {}", stamp(self.moment)) }
    }

    fn stands(&self, seen: &Seen, run: &reminder_run::Model) -> bool {
        seen.event.status == EventStatus::Scheduled
            && seen.session.status == SessionStatus::Scheduled
            && seen.session.starts_at == run.starts_at
    }

    fn goes(
        &self,
        house: &House<'_>,
        seen: &Seen,
        standing: &Standing,
        to: &Recipient,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let quiet = standing.quiet(to.person, house.quiet);
        let (reminder, moment) = latest(&self.of, (quiet, house.zone), seen.session.told_at, now)?;
        // To the others it goes by another run: it is not their moment yet, or was before.
        if *reminder != self.reminder || moment != self.moment {
            return None;
        }
        // What confirmed their place stands for it.
        if to.since.is_some_and(|since| reminder.at.min(moment) <= since) {
            return None;
        }
        if to.person.is_some_and(|person| standing.unreminded(house, (&seen.event, &seen.session), person).is_some()) {
            return None;
        }
        Some(goes(reminder, (quiet, house.zone), now))
    }

    fn message(&self, seen: &Seen, to: Recipient) -> Message {
        let (start, before) = (stamp(seen.session.starts_at), self.reminder.before.as_str());
        let mut detail = json!({ "before": before, "starts_at": start });
        if let Some(id) = to.registration {
            detail["registration"] = id.0.into();
        }
        // Colons part the key, so the time is written without them.
        let key = format!("reminder:{}:{}:{}:{}", seen.session.id, start.replace(':', ""), before, to.key());
        Message::new(MessageKind::Reminder, key, to.address)
            .of_session(&seen.session)
            .to_person(to.person)
            .saying(detail)
    }
}

/// Every quiet that somebody keeps, the house's among them.
async fn quiets(db: &impl ConnectionTrait, house: &House<'_>) -> Result<HashSet<Quiet>, DbErr> {
    let own: Vec<String> = mail_preference::Entity::find()
        .select_only()
        .column(mail_preference::Column::Quiet)
        .distinct()
        .filter(mail_preference::Column::Quiet.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(own.iter().filter_map(|text| Quiet::parse(text)).chain([house.quiet]).collect())
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
                .add(session::Column::StartsAt.lte(now + longest + MOVED))
                .add(event::Column::Reminders.is_not_null()),
        )
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(session, event)| Some(Seen { event: event?, session })).collect())
}
