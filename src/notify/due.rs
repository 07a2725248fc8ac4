//! What must be said by now and is not in the outbox yet: reminders.
//!
//! Worked out afresh at each tick from what is there, so that a tick may be missed, repeated, or run on several
//! servers at once. The start stands in a reminder's key: a session that moved is reminded of anew.

use std::collections::HashSet;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use entity::id::{PersonId, SessionId};
use entity::state::{EventStatus, MessageKind, SessionStatus};
use entity::{event, outbox, session};
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::dates::parse_duration;
use crate::outbox::Message;
use crate::scheduling::{Kinds, registration, roster};

/// A reminder whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reminder {
    /// As the event or kind spells it: `P3D`.
    before: String,
    /// When it became due.
    at: DateTime<Utc>,
}

/// The reminders to put into the outbox now; none that are there already.
pub async fn reminders(db: &impl ConnectionTrait, kinds: &Kinds, now: DateTime<Utc>) -> Result<Vec<Message>, DbErr> {
    let mut due = Vec::new();
    for (session, event) in upcoming(db, kinds, now).await? {
        if let Some(reminder) = latest(&reminder_set(kinds, &event), session.starts_at, session.told_at, now) {
            due.push((event, session, reminder));
        }
    }
    let names = registration::active_of(db, due.iter().map(|(event, _, _)| event.id)).await?;
    let said = already(db, due.iter().map(|(_, session, _)| session.id)).await?;
    let mut messages = Vec::new();
    for (event, session, reminder) in due {
        let prefix = prefix(&session, &reminder);
        if said.contains(&prefix) {
            continue;
        }
        let people = roster::invited_to(db, &event, &session).await?;
        if let Some(rows) = names.get(&event.id) {
            let told: HashSet<_> = people.iter().filter(|member| member.email.is_some()).map(|m| m.person_id).collect();
            let detail = detail(&session, &reminder);
            messages.extend(registration::reminders(rows, &event, &session, &told, &prefix, &detail));
        }
        messages.extend(people.into_iter().filter_map(|member| {
            let address = member.email?;
            Some(message(
                &event,
                &session,
                &reminder,
                format!("{prefix}{}", member.person_id),
                member.person_id,
                address,
            ))
        }));
    }
    Ok(messages)
}

fn message(
    event: &event::Model,
    session: &session::Model,
    reminder: &Reminder,
    key: String,
    person: PersonId,
    address: String,
) -> Message {
    Message {
        key,
        kind: MessageKind::Reminder,
        event_id: Some(event.id),
        session_id: Some(session.id),
        person_id: Some(person),
        account_id: None,
        address,
        detail: Some(detail(session, reminder)),
    }
}

fn detail(session: &session::Model, reminder: &Reminder) -> serde_json::Value {
    serde_json::json!({"before": reminder.before, "starts_at": stamp(session.starts_at)})
}

/// The session's start as it stands in keys and details.
pub(super) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn prefix(session: &session::Model, reminder: &Reminder) -> String {
    // Colons part the key, so the time is written without them.
    let start = stamp(session.starts_at).replace(':', "");
    format!("reminder:{}:{start}:{}:", session.id, reminder.before)
}

/// Sessions that have not begun and of which some reminder may be due.
async fn upcoming(
    db: &impl ConnectionTrait,
    kinds: &Kinds,
    now: DateTime<Utc>,
) -> Result<Vec<(session::Model, event::Model)>, DbErr> {
    let longest = kinds
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
        .filter(session::Column::StartsAt.gt(now))
        // Who was never told of a session, because an import brought it quietly, is not reminded of it.
        .filter(session::Column::ToldAt.is_not_null())
        .filter(
            // An event's own reminders may reach further than those of any kind.
            Condition::any()
                .add(session::Column::StartsAt.lte(now + longest))
                .add(event::Column::Reminders.is_not_null()),
        )
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(session, event)| event.map(|event| (session, event))).collect())
}

fn reminder_set(kinds: &Kinds, event: &event::Model) -> Vec<String> {
    match event.reminders.as_ref().and_then(|own| own.as_array()) {
        Some(own) => own.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect(),
        None => kinds.get(&event.kind).map(|kind| kind.reminders.clone()).unwrap_or_default(),
    }
}

/// The reminder that is due: after a time of standstill the latest alone, not all that were missed. One that was due
/// when the invited were last told is not sent: what they were told stands for it.
fn latest(set: &[String], start: DateTime<Utc>, told: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<Reminder> {
    set.iter()
        .filter_map(|text| {
            let at = start.checked_sub_signed(parse_duration(text)?)?;
            Some(Reminder { before: text.clone(), at })
        })
        .filter(|reminder| reminder.at <= now)
        .max_by(|a, b| a.at.cmp(&b.at).then_with(|| b.before.cmp(&a.before)))
        .filter(|reminder| told.is_none_or(|told| reminder.at > told))
}

/// What has been said of these sessions, as key prefixes. All reminders of one moment were written in one transaction
/// with one time, so one key a session and time tells of all.
async fn already(
    db: &impl ConnectionTrait,
    sessions: impl Iterator<Item = SessionId>,
) -> Result<HashSet<String>, DbErr> {
    let rows: Vec<Option<String>> = outbox::Entity::find()
        .select_only()
        .expr_as(Func::min(Expr::col(outbox::Column::Key)), "key")
        .filter(outbox::Column::Kind.eq(MessageKind::Reminder))
        .filter(outbox::Column::SessionId.is_in(sessions.collect::<HashSet<_>>()))
        .group_by(outbox::Column::SessionId)
        .group_by(outbox::Column::CreatedAt)
        .into_tuple()
        .all(db)
        .await?;
    let keys = rows.into_iter().flatten();
    Ok(keys.filter_map(|key| key.rfind(':').map(|at| key[..=at].to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn due(told: Option<&str>, now: &str) -> Option<String> {
        let set = ["P3D".to_owned(), "PT1H".to_owned()];
        latest(&set, at("2024-03-12T01:00:00Z"), told.map(at), at(now)).map(|reminder| reminder.before)
    }

    #[test]
    fn only_the_latest_that_is_due_and_was_not_due_when_told() {
        let told = Some("2024-03-01T00:00:00Z");
        assert_eq!(due(told, "2024-03-09T00:59:59Z"), None);
        assert_eq!(due(told, "2024-03-09T01:00:00Z").as_deref(), Some("P3D"));
        assert_eq!(due(told, "2024-03-12T00:30:00Z").as_deref(), Some("PT1H"));
        assert_eq!(due(Some("2024-03-10T00:00:00Z"), "2024-03-10T00:01:00Z"), None);
        assert_eq!(due(Some("2024-03-10T00:00:00Z"), "2024-03-12T00:00:00Z").as_deref(), Some("PT1H"));
        assert_eq!(due(None, "2024-03-10T00:00:00Z").as_deref(), Some("P3D"));
    }
}
