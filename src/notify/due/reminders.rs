//! Reminders before a session.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::PersonId;
use entity::state::{EventStatus, MessageKind, SessionStatus};
use entity::{event, mail_preference, reminder_run, session};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::moment::{LATEST, Reminder, goes, latest, reminder_set, stamp};
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
    write_all(db, house, &due, now).await
}

impl Saying for Reminder {
    fn whom(&self) -> (Whom, Option<Whom>) {
        (Whom::Invited, Some(Whom::Registered))
    }

    fn name(&self) -> String {
        self.before.clone()
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
        person: Option<PersonId>,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        if person.is_some_and(|person| standing.unreminded(&seen.event, &seen.session, person).is_some()) {
            return None;
        }
        let quiet = standing.quiet(person, house.quiet);
        Some(goes(self, quiet, house.zone, seen.session.told_at, now))
    }

    fn message(&self, seen: &Seen, to: Recipient) -> Message {
        let start = stamp(seen.session.starts_at);
        let mut detail = json!({ "before": self.before, "starts_at": start });
        if let Some(id) = to.registration {
            detail["registration"] = id.0.into();
        }
        // Colons part the key, so the time is written without them.
        let key = format!("reminder:{}:{}:{}:{}", seen.session.id, start.replace(':', ""), self.before, to.key());
        Message::new(MessageKind::Reminder, key, to.address)
            .of_session(&seen.session)
            .to_person(to.person)
            .saying(detail)
    }
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
