//! One mail a morning: what is today, tomorrow and further ahead, as it stands when it is sent.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{PersonId, SessionId};
use entity::state::{EventStatus, MessageKind, ReminderWish, SessionStatus};
use entity::{event, outbox, session};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::facts::Facts;
use super::mail::headline;
use super::message::{Composed, Letter, Stationery, greeting, headline_of_many, mail};
use super::wishes;
use crate::error::{Error, Result};
use crate::scheduling::session as sessions;
use crate::view::format;

/// The sessions that digests speak of.
pub(super) type Agenda = HashMap<SessionId, (event::Model, session::Model)>;

/// Reads the sessions of the digests among some messages.
pub(super) async fn agenda(db: &impl ConnectionTrait, rows: &[outbox::Model]) -> Result<Agenda, DbErr> {
    let ids: HashSet<SessionId> = rows.iter().flat_map(named).collect();
    if ids.is_empty() {
        return Ok(Agenda::new());
    }
    let rows = session::Entity::find().find_also_related(event::Entity).filter(session::Column::Id.is_in(ids));
    let pairs = rows.all(db).await?.into_iter().filter_map(|(session, event)| Some((session.id, (event?, session))));
    Ok(pairs.collect())
}

/// The sessions that a digest names; none of any other message.
pub(super) fn named(row: &outbox::Model) -> Vec<SessionId> {
    let list = row.detail.as_ref().filter(|_| row.kind == MessageKind::Digest);
    let list = list.and_then(|detail| detail["sessions"].as_array());
    list.into_iter().flatten().filter_map(|id| id.as_i64().map(SessionId)).collect()
}

/// Makes the mail.
pub(super) fn compose(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    now: DateTime<Utc>,
) -> Result<Composed> {
    let lang = stationery.lang;
    let moot = |key: &str| Ok(Composed::Moot(lang.text(key)));
    let day = row.detail.as_ref().and_then(|detail| detail["day"].as_str()?.parse::<NaiveDate>().ok());
    let (Some(day), Some(person)) = (day, row.person_id) else {
        return Err(Error::internal(format!("digest {} is of no day or nobody", row.id)));
    };
    if facts.standing.wish(person) != ReminderWish::Digest {
        return moot("mail-moot-no-digest");
    }
    if stationery.zone.day(now) != day {
        return moot("mail-moot-day-over");
    }
    let evening = stationery.zone.midnight(day.succ_opt().unwrap_or(day));
    if let Some(at) = facts.standing.quiet(Some(person), stationery.house.quiet).hold(now, evening, stationery.zone) {
        return Ok(Composed::Later(at));
    }
    let lines = lines(facts, row, person, now);
    if lines.is_empty() {
        return moot("mail-moot-nothing-ahead");
    }
    let letter = letter(stationery, facts, row, day, &lines, now);
    let subject =
        lang.text_with("mail-subject-digest", [("day", format::date(lang, day, day)), ("n", lines.len().to_string())]);
    let mut mail = mail(stationery, facts, row, &letter, subject, now)?;
    mail.unsubscribe = letter.stop.map(|(_, url)| url);
    Ok(Composed::Mail(Box::new(mail)))
}

/// What is still to come of what it was to tell, by start.
fn lines<'a>(
    facts: &'a Facts,
    row: &outbox::Model,
    person: PersonId,
    now: DateTime<Utc>,
) -> Vec<&'a (event::Model, session::Model)> {
    let mut found: Vec<_> = named(row)
        .iter()
        .filter_map(|id| facts.agenda(*id))
        .filter(|(event, session)| {
            event.status == EventStatus::Scheduled
                && session.status == SessionStatus::Scheduled
                && session.ends_at > now
                && facts.standing.declined(event, session, person).is_none()
        })
        .collect();
    found.sort_by_key(|(_, session)| (session.starts_at, session.id));
    found
}

fn letter(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    day: NaiveDate,
    lines: &[&(event::Model, session::Model)],
    now: DateTime<Utc>,
) -> Letter {
    let lang = stationery.lang;
    let on = |days: i64| lines.iter().filter(|(_, session)| (session.day - day).num_days() == days).count();
    let line = |(event, session): &(event::Model, session::Model)| {
        let span = sessions::span(session);
        let clock = if span.all_day { lang.text("mail-digest-all-day") } else { format::clock(span.zone, span.start) };
        let when = match (span.day() - day).num_days() {
            0 => lang.text_with("mail-digest-today", [("clock", clock)]),
            1 => lang.text_with("mail-digest-tomorrow", [("clock", clock)]),
            _ => format::span(lang, &span, now),
        };
        let title = sessions::title(event, session);
        let title = if title.is_empty() { stationery.kinds.name(&event.kind, lang) } else { title };
        let place = sessions::location(event, session);
        let comma = if place.is_empty() { String::new() } else { lang.text("page-comma") };
        (when, headline_of_many(&format!("{title}{comma}{place}")))
    };
    Letter {
        greeting: greeting(lang, facts.name(row)),
        lead: lang.text_with("mail-lead-digest", [("today", on(0)), ("tomorrow", on(1))]),
        title: headline(&lang.text_with("mail-title-digest", [("day", format::date(lang, day, day))])),
        facts: lines.iter().map(|pair| line(pair)).collect(),
        button: (lang.text("mail-button-my"), format!("{}/my", stationery.public_url)),
        notes: Vec::new(),
        foot: lang.text("mail-foot-digest"),
        stop: wishes::stop(stationery, row),
    }
}
