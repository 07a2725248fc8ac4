//! Taking an answer: whose it may be, to which sessions, and whether it still counts.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use entity::id::{EventId, PersonId, SessionId};
use entity::state::{AnswerVia, EventStatus, RegistrationStatus, SessionStatus};
use entity::{event, outbox, registration as registered, series, session};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::calendar::reply::{Attendee, Reply};
use crate::error::Result;
use crate::people::with_email;
use crate::scheduling::answer::{self, Given, Taken, assists};
use crate::scheduling::audience::{Audience, invited_by_day};
use crate::scheduling::registration;

/// What became of one answer, and of whom it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// `taken`, or why it changed nothing.
    pub verdict: &'static str,
    /// Of which event.
    pub event: Option<EventId>,
    /// Of which session, where it is one.
    pub session: Option<SessionId>,
    /// Of whom.
    pub person: Option<PersonId>,
}

impl Outcome {
    /// Nothing is known but why it changed nothing.
    pub(super) fn of(verdict: &'static str) -> Self {
        Self { verdict, ..Self::default() }
    }
}

/// What an answer is to.
struct Asked {
    event: event::Model,
    /// Those that it speaks of; one, or the sittings of a series.
    sessions: Vec<session::Model>,
    /// Every address that mail of it may have gone to finds these rows.
    mailed: Condition,
}

/// Takes one answer that came from `from`, in the caller's transaction.
pub(super) async fn take(
    db: &impl ConnectionTrait,
    from: &[String],
    reply: &Reply,
    said_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Outcome> {
    let [from] = from else { return Ok(Outcome::of("other-sender")) };
    let Some(attendee) = speaks_for(reply, from) else { return Ok(Outcome::of("other-sender")) };
    let asked = match asked(db, reply).await? {
        Ok(asked) => asked,
        Err(why) => return Ok(Outcome::of(why)),
    };
    let one = match asked.sessions.as_slice() {
        [one] => Some(one.id),
        _ => None,
    };
    let told = |verdict, person| Outcome { verdict, event: Some(asked.event.id), session: one, person };
    let ahead = match ahead(&asked, now) {
        Ok(ahead) => ahead,
        Err(why) => return Ok(told(why, None)),
    };
    let people = people_at(db, &asked, &attendee.address).await?;
    let (people, by) = if attendee.address == *from {
        (people, None)
    } else {
        match assists(db, &with_email(db, from).await?, &people).await? {
            Some((assistant, people)) => (people, Some(assistant)),
            None => return Ok(told("other-sender", None)),
        }
    };
    let who = match whose(db, &asked, &ahead, &people, attendee).await? {
        Ok(who) => who,
        Err("not-invited") if by.is_none() => return call_off(db, &asked, attendee, now).await,
        Err(why) => return Ok(told(why, None)),
    };
    let Some(status) = attendee.status else { return Ok(told("no-answer", Some(who.person))) };
    let given = Given {
        person: who.person,
        status,
        comment: comment(reply, attendee),
        sequence: Some(reply.sequence),
        stamp: reply.stamp.or(said_at),
        via: AnswerVia::Mail,
        by,
    };
    let mut seen = Vec::new();
    for session in ahead.iter().filter(|session| who.sessions.contains(&session.id)) {
        seen.push(answer::give(db, session, given.clone(), now).await?);
    }
    let verdict = match () {
        () if seen.contains(&Taken::Stands) => "taken",
        () if seen.contains(&Taken::Late) => "late",
        () => "older",
    };
    Ok(told(verdict, Some(who.person)))
}

/// For whom it speaks: the one whose address it came from, else the only one that is named.
fn speaks_for<'a>(reply: &'a Reply, from: &str) -> Option<&'a Attendee> {
    let own = reply.attendees.iter().find(|attendee| attendee.address == from);
    own.or(match reply.attendees.as_slice() {
        [only] => Some(only),
        _ => None,
    })
}

fn comment(reply: &Reply, attendee: &Attendee) -> String {
    match &attendee.delegate {
        Some(delegate) if reply.comment.is_empty() => format!("→ {delegate}"),
        Some(delegate) => format!("{} → {delegate}", reply.comment),
        None => reply.comment.clone(),
    }
}

/// The sessions of a UID: of a published event, so that nobody learns of a draft.
async fn asked(db: &impl ConnectionTrait, reply: &Reply) -> Result<Result<Asked, &'static str>, DbErr> {
    let unknown = Ok(Err("unknown-uid"));
    let single = session::Entity::find().filter(session::Column::Uid.eq(reply.uid.as_str())).one(db).await?;
    let (event, sessions, mailed) = if let Some(session) = single {
        let mailed = Condition::any().add(outbox::Column::SessionId.eq(session.id));
        let mailed = match session.series_id {
            Some(series) => mailed.add(outbox::Column::SeriesId.eq(series)),
            None => mailed,
        };
        (session.event_id, vec![session], mailed)
    } else {
        let series = series::Entity::find().filter(series::Column::Uid.eq(reply.uid.as_str())).one(db).await?;
        let Some(series) = series else { return unknown };
        let mut rows = session::Entity::find()
            .filter(session::Column::SeriesId.eq(series.id))
            .order_by_asc(session::Column::StartsAt)
            .all(db)
            .await?;
        if let Some(slot) = reply.sitting {
            rows = slot.of(rows);
            if rows.is_empty() {
                return Ok(Err("unknown-sitting"));
            }
        }
        let mailed = Condition::any()
            .add(outbox::Column::SeriesId.eq(series.id))
            .add(outbox::Column::SessionId.is_in(rows.iter().map(|row| row.id)));
        (series.event_id, rows, mailed)
    };
    let event = event::Entity::find_by_id(event).one(db).await?;
    match event.filter(|event| event.published_at.is_some() && event.status != EventStatus::Draft) {
        Some(event) => Ok(Ok(Asked { event, sessions, mailed })),
        None => unknown,
    }
}

/// Those that can still be answered; why none can.
fn ahead(asked: &Asked, now: DateTime<Utc>) -> Result<Vec<session::Model>, &'static str> {
    if asked.event.status == EventStatus::Cancelled {
        return Err("cancelled");
    }
    let stands = |session: &&session::Model| session.status != SessionStatus::Cancelled;
    let ahead: Vec<_> = asked
        .sessions
        .iter()
        .filter(stands)
        .filter(|session| session.status == SessionStatus::Scheduled && session.ends_at > now)
        .cloned()
        .collect();
    match (ahead.is_empty(), asked.sessions.iter().any(|session| stands(&session))) {
        (false, _) => Ok(ahead),
        (true, true) => Err("over"),
        (true, false) => Err("cancelled"),
    }
}

/// Everyone whose address it is, or was when mail of this went there.
async fn people_at(db: &impl ConnectionTrait, asked: &Asked, address: &str) -> Result<HashSet<PersonId>, DbErr> {
    let mut people: HashSet<PersonId> = with_email(db, address).await?.into_iter().map(|person| person.id).collect();
    let rows = outbox::Entity::find()
        .filter(asked.mailed.clone())
        .filter(outbox::Column::PersonId.is_not_null())
        .filter(crate::people::is_address(outbox::Column::Address, address))
        .all(db)
        .await?;
    people.extend(rows.into_iter().filter_map(|row| row.person_id));
    Ok(people)
}

/// Who answers, and to which of the sessions they are invited.
struct Who {
    person: PersonId,
    sessions: HashSet<SessionId>,
}

/// The one of these people who is invited; where an address is that of several, the one whose name stands there.
async fn whose(
    db: &impl ConnectionTrait,
    asked: &Asked,
    ahead: &[session::Model],
    people: &HashSet<PersonId>,
    attendee: &Attendee,
) -> Result<Result<Who, &'static str>, DbErr> {
    let audience = Audience::load(db, &asked.event).await?;
    let days: BTreeSet<_> = ahead.iter().map(|session| session.day).collect();
    let by_day = invited_by_day(db, &audience, &days).await?;
    let mut found: Vec<(Who, String)> = Vec::new();
    for session in ahead {
        for member in by_day.get(&session.day).into_iter().flatten().filter(|m| people.contains(&m.person_id)) {
            match found.iter_mut().find(|(who, _)| who.person == member.person_id) {
                Some((who, _)) => drop(who.sessions.insert(session.id)),
                None => found.push((
                    Who { person: member.person_id, sessions: HashSet::from([session.id]) },
                    member.name.clone(),
                )),
            }
        }
    }
    if found.len() > 1 {
        found.retain(|(_, name)| *name == attendee.name);
        if found.len() != 1 {
            return Ok(Err("ambiguous"));
        }
    }
    Ok(found.pop().map(|(who, _)| who).ok_or("not-invited"))
}

/// Who put their name down and declines takes it off again.
async fn call_off(db: &impl ConnectionTrait, asked: &Asked, who: &Attendee, now: DateTime<Utc>) -> Result<Outcome> {
    let told = |verdict| Outcome { verdict, event: Some(asked.event.id), ..Outcome::default() };
    let row = registered::Entity::find()
        .filter(registered::Column::EventId.eq(asked.event.id))
        .filter(registered::Column::Status.ne(RegistrationStatus::Cancelled))
        .filter(crate::people::is_address(registered::Column::Email, &who.address))
        .one(db)
        .await?;
    let Some(row) = row else { return Ok(told("not-invited")) };
    if who.status != Some(entity::state::AnswerStatus::Declined) {
        return Ok(told("registered"));
    }
    let event = registration::hold(db, asked.event.id).await?;
    registration::call_off(db, &event, row.id, "public", now).await?;
    Ok(told("taken"))
}
